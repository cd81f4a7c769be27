"""`styletutor download`: what the course can use and doesn't bring along."""

from .. import download
from .progress import Progress, say

SUMMARY = "fetch what the course can use and doesn't bring along"
EPILOG = """\
  imagenet    VGG19's weights trained on ImageNet, 80 MB: with them, --network auto and the lessons use the full network
  classifier  the same with its classification head, 575 MB, and ImageNet's class names: for the top-5 in lesson 02
  pictures    the two pictures of TensorFlow's tutorial, 0.3 MB: they join the gallery as labrador and kandinsky

Each file is fetched once, checked against what was published, and kept in the cache folder: $STYLETUTOR_CACHE, else
styletutor in your user's cache folder. Standard output carries the files' paths and nothing else.
"""


def add_arguments(parser):
    """Declare what `styletutor download` understands."""
    parser.add_argument("what", metavar="WHAT", choices=("imagenet", "classifier", "pictures"), help="see below")


def resources(what):
    """The files that make up "imagenet", "classifier" or "pictures": a tuple of download.Resource."""
    from .. import weights

    if what == "imagenet":
        return (weights.IMAGENET,)
    if what == "classifier":
        return (weights.CLASSIFIER, weights.CLASS_NAMES)
    return tuple(download.TUTORIAL_PICTURES.values())


def run(args):
    """Fetch each file that is not here yet. Returns the exit code."""
    for resource in resources(args.what):
        path = download.find(resource)
        if path is None:
            say(f"fetching {resource.url}")
            with Progress(resource.size, "B", resource.name) as progress:
                path = download.fetch(resource, lambda done, size, bar=progress: bar.reach(done))
        else:
            say(f"{resource.name} is here already")
        print(path)
    return 0
