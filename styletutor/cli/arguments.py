"""What several commands take: pictures, folders of pictures, numbers, a network."""

import os
from pathlib import Path

from ..errors import ImageError, shortened
from ..messages import t


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

    bare = not (set(source) & set("/\\.") or exists(source))
    if source in gallery.names() or bare:
        return gallery.load(source, max_dim)
    with quiet.silent_stderr():  # libtiff says a line of its own about a damaged file; ours is the one that counts
        return images.load_image(source, max_dim)


def exists(source):
    """Whether CONTENT or STYLE names anything: a picture of the gallery, a file or folder that is there, an address."""
    from .. import gallery
    from ..images.loading import is_address

    return source in gallery.names() or os.path.exists(source) or is_address(source)


def is_folder(source):
    """Whether it names a folder; a gallery name means the gallery's picture."""
    from .. import gallery

    return source not in gallery.names() and os.path.isdir(source)


def pictures(sources):
    """Pictures' names, paths and addresses, each once; a folder stands for its files, by name. Raises ImageError."""
    found = []
    for source in sources:
        found += [str(Path(source, name)) for name in files(source)] if is_folder(source) else [source]
    return list(dict.fromkeys(found))


def files(folder):
    """The names of a folder's files, sorted, without hidden ones. Raises ImageError, also where it holds none."""
    try:
        names = sorted(e.name for e in os.scandir(folder) if not e.name.startswith(".") and not e.is_dir())
    except OSError as error:
        raise ImageError(t(
            "{path} can't be used: {error}.", path=shortened(error.filename), error=error.strerror,
        )) from error
    if not names:
        raise ImageError(t("The folder {path} holds no files.", path=shortened(folder)))
    return names
