"""How the embedded network was made: `python -m styletutor.pretrain --help`. Needs scikit-image, scipy and tqdm."""
