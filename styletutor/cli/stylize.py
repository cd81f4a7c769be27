"""`styletutor stylize`: one picture in the style of another; with --fast at once, and whole folders."""

import os
import signal

from ..errors import ImageError, RunError, SaveError, SettingsError, shortened
from ..messages import counted, mark, t
from ..settings import Settings, presets
from . import fast
from .arguments import add_network, is_folder, number, picture
from .interrupt import handler
from .progress import Progress, say

SUMMARY = "give one picture the style of another"
EPILOG = """\
CONTENT and STYLE are each a picture of the gallery (listed above), the path of a picture, or an http(s) address. A
gallery name means the gallery's picture even where a file is called the same; ./NAME means the file.

The result is written to OUT when all steps are done, or when Ctrl-C is pressed: then it is the best picture so far,
and the exit code is 130. Standard output carries the path that was written and nothing else.

With --fast a trained network makes the picture in one pass: in the gallery's painted styles and blends of them, in the
style of any other picture, or in the one style of an .npz that was trained in lesson 08. CONTENT may then be a folder,
and OUT one for the results: their paths follow each other in the order of the names. A file that is no picture is
reported and left out, and the exit code is 2.

  styletutor stylize chelsea swirls -o chelsea-swirls.png
  styletutor stylize holiday swirls --also mosaic --style-blend 3,1 -o painted --fast
"""

_OPTIONS = {  # option: (its name in Settings, type, metavar, help)
    "--steps": ("steps", int, "N", mark("number of optimisation steps")),
    "--size": ("max_dim", int, "PIXELS", mark("longer side of the result; a picture is never enlarged")),
    "--style-weight": ("style_weight", float, "W", mark("weight of the style loss, a pure number")),
    "--content-weight": ("content_weight", float, "W", mark("weight of the content loss, a pure number")),
    "--tv-weight": ("tv_weight", float, "W", mark("weight of the total variation loss; higher is smoother")),
    "--style-layers": ("style_layers", str, "A,B", mark("layers whose Gram matrices are matched")),
    "--content-layers": ("content_layers", str, "A,B", mark("layers whose features are kept")),
    "--optimizer": ("optimizer", str, "NAME", mark("adam, lbfgs or sgd")),
    "--init": (
        "init", str, "NAME", mark("what to start from: content, style or noise; --start names a picture instead")
    ),
    "--seed": ("seed", int, "N", mark("seed of the noise that --init noise starts from")),
    "--scales": ("scales", int, "N", mark("levels of the pyramid, each half the next, worked from coarse to fine")),
    "--margin": (
        "margin", int, "PIXELS", mark("continue each picture, mirrored, while the network sees it: clean edges")
    ),
    "--pooling": ("pooling", str, "NAME", mark("max or avg")),
    "--precision": ("precision", str, "NAME", mark("float32, bfloat16, or auto: whichever is faster on this machine")),
    "--style-scale": ("style_scale", float, "F", mark("enlarge the style picture, and so its strokes, by this factor")),
}
_LISTS = {  # option: (its name in Settings, metavar, help); numbers separated by commas
    "--layer-weights": (
        "layer_weights",
        "A=F,B=F",
        mark("factors of layers, for instance block1_conv1=0.2,block5_conv1=3 (default: 1)"),
    ),
    "--style-blend": (
        "style_blend", "F,G", mark("how much each style picture counts, STYLE first (default: all alike)")
    ),
}
_FLAGS = {
    "--preserve-colour": ("preserve_colour", mark("keep the content's colours (default: the style's)")),
    "--match-colours": (
        "match_colours", mark("give the style picture the content's colours beforehand (default: its own)")
    ),
}


def add_arguments(parser):
    """Declare what `styletutor stylize` understands."""
    from .. import gallery

    contents, styles = ", ".join(gallery.contents()), ", ".join(gallery.styles())
    keep = t("the picture to keep; in the gallery: {contents}", contents=contents)
    take = t("the picture to take the style from; in the gallery: {styles}", styles=styles)
    parser.add_argument("content", metavar="CONTENT", help=keep)
    parser.add_argument("style", metavar="STYLE", help=take)
    parser.add_argument("-o", "--output", metavar="OUT", required=True, help="the file to write: .png, .jpg, .webp …")
    parser.add_argument("--overwrite", action="store_true", help="replace OUT where it exists (default: refuse)")
    names = t("one of {presets} (default: %(default)s)", presets=", ".join(presets()))
    parser.add_argument("--preset", metavar="NAME", default="quick", help=names)
    for option, (name, kind, metavar, text) in _OPTIONS.items():
        default = getattr(Settings.preset("quick"), name)
        default = t("as the network was trained") if default is None else default
        default = ",".join(default) if isinstance(default, tuple) else f"{default:g}" if kind is float else default
        text = t("{text} (default: the preset's; quick: {default})", text=t(text), default=default)
        parser.add_argument(option, dest=name, type=kind, metavar=metavar, help=text)
    for option, (name, metavar, text) in _LISTS.items():
        parser.add_argument(option, dest=name, metavar=metavar, help=text)
    for option, (name, text) in _FLAGS.items():
        parser.add_argument(option, dest=name, action="store_true", default=None, help=text)
    parser.add_argument(
        "--also",
        metavar="STYLE",
        action="append",
        default=[],
        help="another style picture to blend in; may be repeated (default: STYLE alone)",
    )
    parser.add_argument(
        "--fast", action="store_true",
        help="one pass through a trained network (default: optimise, in many steps)"
    )
    parser.add_argument(
        "--strength", type=float, metavar="F", help="with --fast, from 0, the content, to 1, the style (default: 1)"
    )
    parser.add_argument("--mask", metavar="PICTURE", help="white where the style goes (default: everywhere)")
    parser.add_argument("--start", metavar="PICTURE", help="a picture to start from (default: what --init says)")
    parser.add_argument(
        "--timelapse", metavar="FILM", help="also write a film of the run: .gif, .webp or .png (default: none)"
    )
    add_network(parser)


def run(args):
    """Do it: check everything first, then load TensorFlow and optimise. Returns the exit code."""
    if args.fast:
        return fast.run(args, [name for name, *_ in (*_OPTIONS.values(), *_LISTS.values(), *_FLAGS.values())])
    if args.strength is not None:
        raise SettingsError(t("--strength mixes the content into what --fast makes: add --fast."))
    if is_folder(args.content):
        raise ImageError(t(
            "{path} is a folder: the pictures in it are stylised with --fast.", path=shortened(args.content),
        ))
    settings = _settings(args)
    from .. import images, timelapse, weights

    if os.path.isfile(args.output) and not args.overwrite:
        raise SaveError(t("{output} exists already; choose another name, or add --overwrite.", output=args.output))
    images.check_target(args.output, args.overwrite)
    if args.timelapse is not None:
        images.check_target(args.timelapse, args.overwrite, timelapse.FORMATS)
        if os.path.abspath(args.timelapse) == os.path.abspath(args.output):
            raise SaveError(t("The film and the picture can't both be {path}.", path=shortened(args.output)))
    if args.network not in ("auto", "random"):
        weights.load(args.network)
    content = picture(args.content, settings.max_dim)
    styles = [picture(source, settings.style_dim) for source in (args.style, *args.also)]
    others = {n: picture(getattr(args, n), settings.max_dim) for n in ("mask", "start") if getattr(args, n) is not None}
    for image in (content, *styles):
        images.check_size(image)

    from ..transfer import stylize
    from ..vgg19 import load_vgg19

    work = stylize(content, styles, settings, load_vgg19(args.network), **others)
    recording = timelapse.Recording() if args.timelapse else None
    code = _optimise(work, recording)
    if not work.number:
        say(t("stopped before the first step was done; nothing was written"))
        return code
    with handler(signal.SIG_IGN):
        images.save_image(work.image, args.output, work.settings, overwrite=args.overwrite)
        if recording:
            film = [step.image for step in recording.frames]
            timelapse.save([work.content, *film, work.image], args.timelapse, overwrite=args.overwrite)
    if code:
        one, many = mark("kept the best picture of {count} step"), mark("kept the best picture of {count} steps")
        say(counted(one, many, work.number))
    print(args.output)
    return code


def _settings(args):
    changes = {name: getattr(args, name) for name, *_ in (*_OPTIONS.values(), *_FLAGS.values())}
    for name in ("style_layers", "content_layers"):
        if changes[name] is not None:
            changes[name] = tuple(filter(None, (layer.strip() for layer in changes[name].split(","))))
    if args.style_blend is not None:
        changes["style_blend"] = tuple(number(part) for part in args.style_blend.split(","))
    if args.layer_weights is not None:
        pairs = (part.partition("=") for part in args.layer_weights.split(","))
        changes["layer_weights"] = {layer.strip(): number(factor) for layer, _, factor in pairs}
    return Settings.preset(args.preset, **{name: value for name, value in changes.items() if value is not None})


def _optimise(work, recording):
    """Do the steps. The first Ctrl-C ends them after the present one, the second at once. Returns the exit code.

    recording: a timelapse.Recording of them, or None: its pictures take memory that nobody has counted.
    """
    pressed = []

    def stop(*_):
        if pressed:
            raise KeyboardInterrupt
        pressed.append(True)

    try:
        with handler(stop):
            say(t("The network is {source}.", source=work.network.source))
            with Progress(work.settings.steps, mark("step"), "stylize") as progress:
                for step in work:
                    if recording:
                        recording.add(step)
                    progress.reach(step.number, t("loss {loss:.4g}", loss=step.losses["total"]))
                    if pressed:
                        break
    except KeyboardInterrupt:
        pressed.append(True)
    except RunError as error:
        say(error)
        return 2
    return 130 if pressed else 0
