"""`styletutor board`: content layers and depths of style on one sheet."""

from .arguments import picture
from .progress import Progress, say

SUMMARY = "compare content layers and depths of style on one board"
EPILOG = """\
CONTENT and STYLE are each a picture of the gallery, the path of a picture, or an http(s) address. Twenty short runs
take about a minute with the embedded network. Standard output carries the path that was written and nothing else.

  styletutor board coffee swirls -o board.png
"""


def add_arguments(parser):
    """Declare what `styletutor board` understands."""
    parser.add_argument("content", metavar="CONTENT", help="the picture to keep")
    parser.add_argument("style", metavar="STYLE", help="the picture to take the style from")
    parser.add_argument("-o", "--output", metavar="OUT", required=True, help="the file to write: .png, .jpg, .webp …")
    parser.add_argument("--overwrite", action="store_true", help="replace OUT where it exists (default: refuse)")
    parser.add_argument(
        "--size", type=int, metavar="PIXELS", default=128, help="longer side of each picture (default: %(default)s)"
    )
    parser.add_argument(
        "--steps", type=int, metavar="N", default=30, help="number of steps of each picture (default: %(default)s)"
    )
    parser.add_argument(
        "--network",
        metavar="NAME",
        default="embedded",
        help="embedded, imagenet, random, or the path of an .h5 or .npz file (default: %(default)s)",
    )


def run(args):
    """Do it: check everything first, then load TensorFlow. Returns the exit code."""
    from .. import images, plots, settings

    images.check_target(args.output, args.overwrite)
    settings.Settings(max_dim=args.size, steps=args.steps)  # raises SettingsError for what can't be
    content, style = (picture(source, args.size) for source in (args.content, args.style))
    for image in (content, style):
        images.check_size(image)

    from .. import board
    from ..vgg19 import load_vgg19

    network, done = load_vgg19(args.network), []
    say(network.source)
    with Progress(len(board.CONTENT_LAYERS) * len(board.DEPTHS), "picture", "board") as progress:
        for square in board.squares(content, style, network, args.size, args.steps, board.CONTENT_LAYERS, board.DEPTHS):
            done.append(square)
            progress.reach(len(done))
    sheet = images.load_image(plots.png(board.draw(done)), None)
    images.save_image(sheet, args.output, overwrite=args.overwrite)
    print(args.output)
    return 0
