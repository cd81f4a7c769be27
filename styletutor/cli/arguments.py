"""What several commands take: pictures, numbers, a network."""

import os


def add_network(parser):
    """Declare --network."""
    parser.add_argument(
        "--network",
        metavar="NAME",
        default="auto",
        help="auto (ImageNet's VGG19 where it was downloaded, else the embedded network), embedded, imagenet, random, "
        "or the path of an .h5 or .npz file (default: %(default)s)",
    )


def number(text):
    """The number that a text says, or the text, for Settings to complain about."""
    try:
        return float(text)
    except ValueError:
        return text


def picture(source, max_dim):
    """The image that CONTENT or STYLE names. A bare word that names nothing is taken for a misspelt gallery name."""
    from .. import gallery, images, quiet

    bare = not (set(source) & set("/\\.") or os.path.exists(source))
    if source in gallery.names() or bare:
        return gallery.load(source, max_dim)
    with quiet.silent_stderr():  # libtiff says a line of its own about a damaged file; ours is the one that counts
        return images.load_image(source, max_dim)
