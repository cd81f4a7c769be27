"""`styletutor download`: what the course can use and doesn't bring along."""

from .. import download
from ..errors import SettingsError
from ..messages import t
from .progress import Progress, say

SUMMARY = "fetch what the course can use and doesn't bring along"
EPILOG = """\
  imagenet    VGG19's weights trained on ImageNet, 80 MB: with them, --network auto and the lessons use the full network
  classifier  the same with its classification head, 575 MB, and ImageNet's class names: for the top-5 in lesson 02
  pictures    the two pictures of TensorFlow's tutorial, 0.3 MB: they join the gallery as labrador and kandinsky
  hub         Magenta's network for any style from TensorFlow Hub, for fast.load_hub and lesson 08
  lite        the same in two TensorFlow Lite files, 3 MB, for fast.load_tflite

Each file is fetched once, checked against what was published, where anything was, and kept in the cache folder:
$STYLETUTOR_CACHE, else styletutor in your user's cache folder. Standard output carries the files' paths and nothing
else.
"""


WHATS = ("imagenet", "classifier", "pictures", "hub", "lite")


def add_arguments(parser):
    """Declare what `styletutor download` understands."""
    parser.add_argument("what", metavar="WHAT", nargs="?", choices=WHATS, help="see below")
    parser.add_argument(
        "--list", action="store_true", help="list what is here: state, bytes, path (default: fetch WHAT)"
    )
    parser.add_argument(
        "--remove", metavar="WHAT", choices=WHATS, help="remove WHAT from the cache folder (default: fetch it)"
    )


def resources(what):
    """The files that make up one of WHATS: a tuple of download.Resource."""
    from .. import weights
    from ..fast import hub, lite

    if what == "imagenet":
        return (weights.IMAGENET,)
    if what == "classifier":
        return (weights.CLASSIFIER, weights.CLASS_NAMES)
    if what == "hub":
        return (hub.resource(hub.MAGENTA),)
    if what == "lite":
        return tuple(lite.MAGENTA_PAIR.values())
    return tuple(download.TUTORIAL_PICTURES.values())


def run(args):
    """Fetch each file that is not here yet, or list or remove files. Returns the exit code."""
    if sum((args.what is not None, args.list, args.remove is not None)) != 1:
        raise SettingsError(t("styletutor download takes one of WHAT, --list and --remove WHAT."))
    if args.list:
        return _list()
    if args.remove:
        return _remove(args.remove)
    for resource in resources(args.what):
        path = download.find(resource)
        if path is None:
            say(t("fetching {address}", address=resource.url))
            with Progress(resource.size, "B", resource.name) as progress:
                path = download.fetch(resource, lambda done, size, bar=progress: bar.reach(done))
        else:
            say(t("{name} is here already", name=resource.name))
        print(path)
    return 0


def _list():
    """A line for each copy on this machine: what, whether it is whole, bytes, path."""
    for what in WHATS:
        for resource in resources(what):
            for path, fault in download.copies(resource):
                state = "damaged" if fault else "whole"
                print(what, state, path.stat().st_size, path, sep="\t")
    say(t("downloads go to {folder}", folder=download.cache_dir()))
    return 0


def _remove(what):
    """Remove the files of WHAT from our cache folder; each one's path is printed."""
    removed = [found for resource in resources(what) if (found := download.remove(resource))]
    for path, _ in removed:
        print(path)
    freed = sum(size for _, size in removed)
    nothing = t("{what} is not in the cache folder", what=what)
    say(t("{freed:,} bytes are free again", freed=freed) if removed else nothing)
    return 0
