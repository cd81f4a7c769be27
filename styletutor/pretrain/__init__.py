"""How the embedded network was made: `python -m styletutor.pretrain --help`. Needs scikit-learn."""

from pathlib import Path

DATA = Path(__file__).parents[1] / "data"  # where the package's networks are, with their reports and cards
