"""What the commands of this folder share: arguments, refused while they are read, and how a command ends."""

import argparse
import signal
import sys

from ..errors import StyleTutorError

SMALLEST = 32  # pixels: the teacher's deepest layers need four


def run(main):
    """Run a command. SIGTERM and Ctrl-C stop it, and what goes wrong outside the code ends it in one sentence."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on")
    except ModuleNotFoundError as error:
        sys.exit(f"{error}: `pip install -e .[test]` brings all that a training needs.")
    except (StyleTutorError, OSError) as error:
        sys.exit(str(error))


def whole(least):
    """A reader of whole numbers that are at least `least`."""
    return _reader(int, lambda number: number >= least, f"a whole number, at least {least}")


def minutes(text):
    """A time above 0, in minutes."""
    return _reader(float, lambda number: 0 < number < 1e6, "a number of minutes above 0")(text)


def sizes(text):
    """ "128x24" as (128, 24): pixels, pictures."""
    expected = f"SIDExCOUNT, such as 128x4, with a side of at least {SMALLEST} pixels"
    return _reader(_pair, lambda pair: pair[0] >= SMALLEST and pair[1] >= 1, expected)(text)


def _pair(text):
    side, count = map(int, text.split("x"))
    return side, count


def _reader(read, fits, expected):
    def checked(text):
        try:
            value = read(text)
        except ValueError:
            value = None
        if value is None or not fits(value):
            raise argparse.ArgumentTypeError(f"{text!r} is not {expected}")
        return value

    return checked
