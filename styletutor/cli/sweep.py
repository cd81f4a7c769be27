"""`styletutor sweep`: a picture for each combination of contents, styles and settings, on Dask; a table and a sheet."""

import importlib.util
import io
import signal
import sys
from contextlib import ExitStack, nullcontext

from ..errors import ImageError, StyleTutorError
from ..messages import counted, mark, t
from ..settings import presets
from .arguments import add_network, picture, pictures
from .interrupt import handler
from .progress import Progress, say

SUMMARY = "make a picture for each combination of pictures and settings, with a table and a contact sheet"
EPILOG = """\
CONTENT and STYLE are each a picture of the gallery, the path of a picture or of a folder of pictures, or an http(s)
address. --set may be repeated: there is a picture for each combination of the values. Layers of one value are joined
by "+": --set style_layers=block1_conv1,block1_conv1+block2_conv1 makes two values.

DIR gets the pictures, table.csv, table.md and sheet.png. What is done is kept, after Ctrl-C too: the same command goes
on where it was. A picture that fails is reported and left out, and the exit code is 2. Standard output carries the
paths of the tables and of the sheet.

Without --scheduler this machine does the work. With it a Dask cluster does, whose workers need nothing but this
package. Dask runs whatever it is sent: name only a scheduler that you trust, in a network that you trust.

  styletutor sweep chelsea coffee --style swirls mosaic --set style_weight=5,10,20 --set max_dim=192 -o weights
"""
MISSING = '"{python}" -m pip install "distributed>=2026.1" "cryptography>=46"'


def add_arguments(parser):
    """Declare what `styletutor sweep` understands."""
    names = t("one of {presets} (default: %(default)s)", presets=", ".join(presets()))
    parser.add_argument("content", metavar="CONTENT", nargs="+", help="the pictures to keep")
    parser.add_argument(
        "--style", metavar="STYLE", nargs="+", required=True, help="the pictures to take the style from"
    )
    parser.add_argument(
        "--set", metavar="NAME=A,B", action="append", default=[], dest="axes",
        help="a setting and its values; may be repeated (default: the preset's)",
    )  # fmt: skip
    parser.add_argument("-o", "--output", metavar="DIR", required=True, help="the folder for all that is made")
    parser.add_argument("--preset", metavar="NAME", default="quick", help=names)
    add_network(parser)
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--workers", type=int, metavar="N", help="processes to start (default: as cores and memory allow)"
    )
    where.add_argument(
        "--scheduler", metavar="ADDRESS", help="use a Dask cluster, such as tcp://HOST:8786 (default: this machine)"
    )


def run(args):
    """Do it: plan everything first, then make what is missing. Returns the exit code."""
    if not all(map(importlib.util.find_spec, ("distributed", "cryptography"))):
        say(t("a sweep needs Dask: {command}", command=MISSING.format(python=sys.executable)))
        return 1
    from .. import weights
    from ..sweep import plan, results

    axes = plan.axes(args.axes)
    loaded = weights.load(args.network)
    contents, styles = pictures(args.content), pictures(args.style)
    tasks, load = plan.tasks(contents, styles, axes, args.preset, picture, plan.digest(loaded.arrays))
    errors = {task.place: task.error for task in tasks if task.error}
    for sentence in dict.fromkeys(errors.values()):
        say(sentence)
    if len(errors) == len(tasks):
        raise ImageError(t("None of the pictures can be made."))
    folder = results.open_folder(args.output)
    found = {task.place: results.read(folder, task) for task in tasks if task.id}
    found = {place: record for place, record in found.items() if record}
    waiting = [task for task in tasks if task.id and task.place not in found]
    say(t("pictures: {total}, done already: {done}", total=len(tasks), done=len(found)))
    try:
        if waiting:
            _make(args, waiting, load, loaded, folder, found, errors)
    except KeyboardInterrupt:
        say(t("interrupted; pictures done: {count}; the same command goes on from there", count=len(found)))
        return 130
    for path in _report(folder, tasks, found, errors):
        print(path)
    if errors:
        one, many = mark("{count} of {total} pictures was left out"), mark("{count} of {total} pictures were left out")
        say(counted(one, many, len(errors), total=len(tasks)))
    return 2 if errors else 0


def _make(args, waiting, load, loaded, folder, found, errors):
    """Make the pictures that are waiting; what was measured goes into `found`, sentences into `errors`, by place."""
    from ..sweep import cluster, results

    with ExitStack() as stack:
        with nullcontext() if args.scheduler else handler(signal.SIG_IGN):  # its workers inherit it: Ctrl-C is ours
            client = stack.enter_context(_workers(args, waiting, loaded))
        progress = stack.enter_context(Progress(len(waiting), mark("picture"), "sweep"))
        for done, (task, made) in enumerate(cluster.paint(client, waiting, load, loaded), 1):
            if isinstance(made, StyleTutorError):
                errors[task.place] = str(made)
                progress.above(say, f"{', '.join(task.labels.values())}: {made}")
            else:
                found[task.place] = results.keep(folder, task, made)
            progress.reach(done, task.content)


def _workers(args, waiting, loaded):
    """The Dask client for the work, not entered yet."""
    from ..sweep import cluster

    if args.scheduler:
        return cluster.remote(args.scheduler)
    side = max(task.settings.style_dim + 2 * task.settings.margin for task in waiting)
    need = cluster.worker_memory(loaded.widths, side, side)
    count = cluster.workers_for(len(waiting), need, args.workers)
    say(t("workers: {count}, up to {need:.1f} GiB of memory each", count=count, need=need / 2**30))
    return cluster.local(count)


def _report(folder, tasks, found, errors):
    """Write the tables and the sheet; gives their paths."""
    from .. import atomic
    from ..sweep import report, results, sheet

    table = report.rows(folder, tasks, found, errors)
    drawing = sheet.draw(tasks, [results.picture(folder, task) if task.place in found else None for task in tasks])
    file = io.BytesIO()
    drawing.save(file, "PNG")
    contents = report.as_csv(table).encode(), report.as_markdown(table).encode(), file.getvalue()
    pairs = zip(results.REPORTS, contents, strict=True)
    return [atomic.save(folder / name, content, overwrite=True) for name, content in pairs]
