"""`styletutor stylize --fast`: a picture, or a folder of them in one go, each in one pass."""

import os
from pathlib import Path

from ..errors import ImageError, SaveError, SettingsError, StyleTutorError, shortened
from ..messages import counted, mark, t
from ..settings import Settings
from .arguments import exists, files, is_folder, number, picture
from .interrupt import handler
from .progress import Progress, say

KEEPS = ("max_dim", "preserve_colour", "style_blend")  # of the settings, what has a meaning here
DEFAULTS = {"mask": None, "start": None, "timelapse": None, "preset": "quick", "network": "auto"}


def run(args, settings_names):
    """Do it: check what was asked for first, then load the network. Returns the exit code.

    settings_names: the arguments that would change the settings of an optimisation.
    """
    _refuse_others(args, settings_names)
    whole_folder = is_folder(args.content)
    if not whole_folder:
        _check_paths(args)
    options, styles = _options(args), _styles(args)
    if whole_folder:
        from .. import fast

        jobs = _jobs(args)
        return _each(jobs, {"style": fast.read(**styles)} | options, args.overwrite)
    print(_job(args.content, args.output, styles | options, args.overwrite))
    return 0


def _refuse_others(args, names):
    """Raise SettingsError for an option that says something about the optimisation that there isn't."""
    given = [n for n in names if n not in KEEPS and getattr(args, n) is not None]
    given += [n for n, default in DEFAULTS.items() if getattr(args, n) != default]
    if given:
        option = "--" + given[0].replace("_", "-")
        raise SettingsError(t("{option} says how to optimise, and --fast doesn't: leave one out.", option=option))


def _check_paths(args):
    """Raise ImageError or SaveError where there is no picture to read, or none can be written."""
    from .. import images

    folder_meant = Path(args.output).suffix.lower() not in images.SAVE_FORMATS  # OUT, for the results of one
    if folder_meant and not exists(args.content):
        raise ImageError(t("There is no file or folder {path}.", path=shortened(args.content)))
    images.check_target(args.output, args.overwrite)


def _options(args):
    """What else `fast.stylize` takes. Raises SettingsError."""
    from ..fast.styling import checked_strength

    size = Settings(max_dim=512 if args.max_dim is None else args.max_dim).max_dim
    strength = checked_strength(1.0 if args.strength is None else args.strength)
    return {"preserve_colour": bool(args.preserve_colour), "max_dim": size, "strength": strength}


def _jobs(args):
    """(picture, file to write) for each file of the folder CONTENT, by name; makes the folder OUT."""
    from ..images import SAVE_FORMATS

    source, target = Path(args.content), Path(args.output)
    names = files(source)
    try:
        target.mkdir(exist_ok=True)
        if os.path.samefile(source, target):
            raise SaveError(t("The results would lie among the pictures; choose another folder with -o."))
    except OSError as error:
        if isinstance(error, SaveError):
            raise
        raise SaveError(t(
            "{path} can't be used: {error}.", path=shortened(error.filename), error=error.strerror,
        )) from error
    kept = {name: name if Path(name).suffix.lower() in SAVE_FORMATS else f"{Path(name).stem}.png" for name in names}
    return [(str(source / name), target / kept[name]) for name in names]


def _styles(args):
    """What `fast.stylize` takes as its style and its blend: names, pictures, or a network that was trained.

    Raises SettingsError, ImageError or WeightsError.
    """
    from .. import fast, images

    names = [args.style, *args.also]
    weights = [number(part) for part in (args.style_blend or ",".join("1" * len(names))).split(",")]
    if len(weights) != len(names):
        raise SettingsError(t(
            "--style-blend has {given} numbers for {wanted} styles: give one for each.", given=len(weights),
            wanted=len(names),
        ))
    weights = Settings(style_blend=weights).style_blend
    if names == [args.style] and args.style.endswith(".npz"):
        return {"style": fast.load(args.style)}
    if all(name in fast.names() for name in names):
        style = dict.fromkeys(names, 0.0)
        for name, weight in zip(names, weights, strict=True):
            style[name] += weight
        return {"style": style}
    pictures = [picture(name, 512) for name in names]
    for image in pictures:
        images.check_size(image)
    return {"style": pictures, "blend": weights}


def _job(source, target, options, overwrite):
    """Stylise a picture and write it; gives the path. options: what `fast.stylize` takes beside the picture."""
    from .. import fast, images

    image = picture(source, options["max_dim"])
    return images.save_image(fast.stylize(image, **options), target, overwrite=overwrite)


def _each(jobs, options, overwrite):
    """Every picture in turn; one that fails is reported and left out. Ctrl-C ends it after the present one."""
    from .. import images

    failed, pressed, taken = 0, [], set()
    with handler(lambda *_: pressed.append(True)), Progress(len(jobs), mark("picture"), "stylize") as progress:
        for count, (source, target) in enumerate(jobs, 1):
            try:
                if target in taken:
                    raise SaveError(t(
                        "{path} was written already, for another picture of that name.", path=shortened(target),
                    ))
                images.check_target(target, overwrite)
                progress.above(print, _job(source, target, options, overwrite))
                taken.add(target)
            except StyleTutorError as error:
                failed += 1
                progress.above(say, error)
            progress.reach(count, t("left out: {failed}", failed=failed) if failed else "")
            if pressed:
                return 130
    if failed:
        one, many = mark("{count} of {total} files was left out"), mark("{count} of {total} files were left out")
        say(counted(one, many, failed, total=len(jobs)))
    return 2 if failed else 0
