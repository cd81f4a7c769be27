"""`python -m styletutor`: the same as the command `styletutor`."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
