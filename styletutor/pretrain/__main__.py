"""`python -m styletutor.pretrain`: paint, train, fold, calibrate, and write the weights with their report."""

import argparse
import signal
import sys
from pathlib import Path

from tqdm import tqdm

from .. import weights
from ..errors import StyleTutorError
from ..pace import Budget
from . import DATA

CALIBRATION = 48  # pictures


def parser():
    made = argparse.ArgumentParser("python -m styletutor.pretrain", description=__doc__)
    made.add_argument("--teacher", required=True, help="imagenet, or the path of the encoder's .npz")
    made.add_argument("--minutes", type=float, default=60, help="training time, stops left out (default 60)")
    made.add_argument("--steps", type=int, help="train this many steps instead")
    made.add_argument("--out", type=Path, default=DATA, help="where the weights go")
    made.add_argument("--work", type=Path, default=Path("pretrain"), help="where the checkpoint is kept")
    made.add_argument("--seed", type=int, default=0)
    made.add_argument("--start", choices=["embedded"], help="go on from the package's weights, not from random ones")
    made.add_argument("--bfloat16", action="store_true", help="compute in bfloat16, a third faster where it is native")
    made.add_argument("--paintings", type=int, default=3000, help="procedural pictures to paint first")
    made.add_argument("--crops", type=sizes, nargs="+", metavar="SIDExCOUNT", help="pictures a batch, one size in turn")
    made.add_argument("--rehearsed", type=sizes, metavar="SIDExCOUNT", help="pictures in the making")
    made.add_argument("--workers", type=int, default=0, help="processes that make the batches, for a GPU to be busy")
    begin = made.add_mutually_exclusive_group()
    begin.add_argument("--resume", action="store_true", help="go on from the checkpoint; fail without")
    begin.add_argument("--fresh", action="store_true", help="forget the checkpoint; else go on from one that is there")
    made.add_argument("--note", default="", help="a sentence for the report and the model card")
    made.add_argument("--fold-only", action="store_true", help="write what the checkpoint holds, without training")
    return made


def sizes(text):
    """ "128x24" as (128, 24)."""
    side, count = map(int, text.split("x"))
    return side, count


def main(arguments=None):
    options = parser().parse_args(arguments)
    # Here, because the processes that make batches import this module: without Keras they leave the GPU alone.
    from ..backend import keras
    from .pictures import CROPS, LARGE_CROPS, Pictures
    from .train import REHEARSED, Training

    def bar(items, total):
        return tqdm(items, "painting", total)

    if options.bfloat16:
        keras.config.set_dtype_policy("mixed_bfloat16")
    options.crops = options.crops or (LARGE_CROPS if options.start else CROPS)
    options.rehearsed = options.rehearsed or REHEARSED
    pictures = Pictures(
        options.seed, options.paintings, crops=options.crops, cache=options.work, progress=bar, workers=options.workers
    )
    start = weights.load(options.start).arrays if options.start else None
    training = Training(
        options.teacher, pictures, options.work / "checkpoint.npz", options.seed, start=start,
        rehearsed=options.rehearsed, workers=options.workers,
    )  # fmt: skip
    if options.fresh:
        training.checkpoint.unlink(missing_ok=True)
    if not training.resume() and options.resume:
        raise SystemExit(f"No checkpoint in {options.work}: leave out --resume to start.")
    if not options.fold_only:
        train(training, Budget(options.minutes, options.steps))
    finish(training, pictures, options)


def train(training, budget):
    """Train with a progress bar that shows the loss."""
    with tqdm(total=100, desc="training", bar_format="{desc} {percentage:5.1f}% |{bar}| {elapsed}{postfix}") as bar:

        def report(state, share):
            bar.set_postfix(step=state.step, loss=f"{state.loss:.3f}", refresh=False)
            bar.update(100 * share - bar.n)

        training.run(budget, report)


def finish(training, pictures, options):
    """Fold, calibrate and write what the training made."""
    from . import calibrate, publish, student
    from .pictures import SOURCES, held_out

    lessons = training.model.lessons
    arrays, facts = calibrate.calibrate(
        student.fold(training.student), student.heads(training.student, lessons), pictures.plain(CALIBRATION)
    )
    about = {
        "teacher": training.kind,
        "photographs": SOURCES,
        "stages": [*stages(options.start), stage(training, options)],
        "lessons": lessons,
        "held_out_errors": training.held_out(held_out()),
        "calibration": facts,
    }
    publish.publish(options.out, arrays, about)


def stages(start):
    """What the report says of the training before: a list, empty where this one began with random weights."""
    return weights.embedded_report()["stages"] if start else []


def stage(training, options):
    """What the report says of this training."""
    from ..backend import keras

    chosen = {name: getattr(options, name) for name in ("seed", "note", "bfloat16", "crops", "paintings")}
    if options.start:
        chosen["rehearsed"] = options.rehearsed
    trained = {"steps": training.step, "minutes": training.seconds / 60, "budget": options.minutes}
    return chosen | trained | {"backend": keras.backend.backend()}


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped; the same command goes on"))
    try:
        main()
    except (StyleTutorError, OSError) as error:
        sys.exit(str(error))
