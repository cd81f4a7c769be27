"""Pictures to begin with: photographs that scikit-image and matplotlib bring along, and styles painted here.

No picture needs a connection, and none is written anywhere. `styletutor download pictures` adds two more.
"""

import difflib
import functools
import importlib.util
from pathlib import Path

from . import download
from .errors import ImageError, refuses
from .messages import either, mark, t

_PHOTOGRAPHS = {  # name: the package that brings it, the file in it, its caption
    "astronaut": (
        "skimage",
        "data/astronaut.png",
        mark("The astronaut Eileen Collins, photographed by NASA, in the public domain; from scikit-image."),
    ),
    "chelsea": (
        "skimage",
        "data/chelsea.png",
        mark("Chelsea the cat, photographed by Stefan van der Walt, CC0; from scikit-image."),
    ),
    "coffee": (
        "skimage",
        "data/coffee.png",
        mark("A cup of coffee at Pikolo Espresso Bar, photographed by Rachel Michetti, CC0; from scikit-image."),
    ),
    "rocket": (
        "skimage",
        "data/rocket.jpg",
        mark("A Falcon 9 rocket lifts off, photographed by SpaceX, in the public domain; from scikit-image."),
    ),
    "grace_hopper": (
        "matplotlib",
        "mpl-data/sample_data/grace_hopper.jpg",
        mark("The computer scientist Grace Hopper in navy uniform, in the public domain; from matplotlib."),
    ),
}
_STYLES = {  # name of a painter in styletutor.painters: its caption
    "swirls": mark("Thick oil strokes: a night wind turns in blue round yellow whorls."),
    "geometry": mark("Hard-edged circles, triangles, checks and needles, translucent where they overlap."),
    "mosaic": mark("Small stones in rings and petals round medallions, with dark grout between them."),
    "ink_waves": mark("A woodcut of breaking waves: indigo lines that follow each crest, and a red sun."),
    "pointillism": mark("Dots of pure colour that the eye mixes to rows of lavender, cypresses and a low sun."),
    "stained_glass": mark("A rose window: jewel-coloured panes between lead lines, lit from behind."),
    "autumn": mark("Slabs of paint from a palette knife: trees in flaming leaves and a pond that mirrors them."),
    "linocut": mark("Leaves and flowers carved in lino, printed in a few flat inks on a night-green ground."),
}
_DOWNLOADED = {  # name: a resource of styletutor.download, its kind, its caption
    "labrador": ("content", mark("A yellow Labrador looking up, from TensorFlow's style transfer tutorial.")),
    "kandinsky": (
        "style",
        mark("Vassily Kandinsky, Composition VII, 1913, from TensorFlow's style transfer tutorial."),
    ),
}


PAINTED = tuple(_STYLES)


def names():
    """The name of every picture, photographs first: a tuple of str."""
    return contents() + styles()


def contents():
    """The names of the photographs, which make good contents: a tuple of str; labrador once it is downloaded."""
    return (*_PHOTOGRAPHS, *_downloaded("content"))


def styles():
    """The names of the painted pictures, which make good styles: a tuple of str; kandinsky once it is downloaded."""
    return (*_STYLES, *_downloaded("style"))


@refuses(ImageError)
def describe(name):
    """A caption of one sentence: what the picture shows, and who took a photograph.

    Raises ImageError for an unknown name. Source: the notes of skimage.data, and matplotlib's change 1599.
    """
    _check(name)
    return t(_STYLES.get(name) or (_PHOTOGRAPHS.get(name) or _DOWNLOADED[name])[-1])


@refuses(ImageError)
def load(name, max_dim=512):
    """Load a picture as an image: float32 (1, H, W, 3), RGB in [0, 1], longer side at most max_dim pixels.

    Never enlarged; max_dim=None keeps the size, for a painted style 512 × 512 or 512 × 640 pixels. The first
    load of a style paints it. Raises ImageError for an unknown name, a max_dim that isn't a positive whole
    number, or a photograph whose package isn't installed.
    Source: a file of scikit-image or matplotlib, or a function of styletutor.painters.
    """
    from .images import load_image  # here, so that listing the names stays quick

    _check(name)
    if name in _DOWNLOADED:
        return load_image(download.find(download.TUTORIAL_PICTURES[name]), max_dim)
    return load_image(_paint(name) if name in _STYLES else _photograph(name), max_dim)


def _downloaded(kind):
    """The names of the downloaded pictures of a kind that are on this machine."""
    return [
        name for name, (its_kind, _) in _DOWNLOADED.items()
        if its_kind == kind and download.find(download.TUTORIAL_PICTURES[name])
    ]  # fmt: skip


def _check(name):
    """Raise ImageError, with the nearest names, unless there is a picture of this name."""
    if isinstance(name, str) and name in names():
        return
    near = difflib.get_close_matches(str(name).lower(), names(), cutoff=0.5)
    if near:
        raise ImageError(t(
            "The gallery has no picture {name!r}; did you mean {near}? The names are {names}.",
            name=name, near=either(near), names=", ".join(names()),
        ))
    raise ImageError(t(
        "The gallery has no picture {name!r}; the names are {names}.", name=name, names=", ".join(names())
    ))


def _photograph(name):
    """The path of a photograph inside its package, found without importing it.

    Importing matplotlib would create its settings folder, and skimage.data may ask the network for files.
    """
    package, file, _ = _PHOTOGRAPHS[name]
    spec = importlib.util.find_spec(package)
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder, file)
        if path.is_file():
            return path
    raise ImageError(t(
        "The photograph {name} comes with {package}, which is not installed or lacks {file}.", name=name,
        package=package, file=file,
    ))


@functools.cache
def _paint(name):
    """A painted style at its full size: uint8 (H, W, 3), kept in memory and read-only."""
    from . import painters  # here, because SciPy takes a while to import

    picture = getattr(painters, name)()
    picture.setflags(write=False)
    return picture
