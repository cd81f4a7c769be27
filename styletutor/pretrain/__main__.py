"""`python -m styletutor.pretrain`: paint, train, fold, calibrate, and write the weights with their report."""

import argparse
import signal
import sys
from pathlib import Path

from tqdm import tqdm

from .. import weights
from ..errors import StyleTutorError

CALIBRATION = 48  # pictures
DATA = Path(__file__).parents[1] / "data"


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
    begin = made.add_mutually_exclusive_group()
    begin.add_argument("--resume", action="store_true", help="go on from the checkpoint; fail without")
    begin.add_argument("--fresh", action="store_true", help="forget the checkpoint; else go on from one that is there")
    made.add_argument("--note", default="", help="a sentence for the report and the model card")
    made.add_argument("--fold-only", action="store_true", help="write what the checkpoint holds, without training")
    return made


def main(arguments=None):
    options = parser().parse_args(arguments)
    from ..backend import keras
    from .pictures import CROPS, LARGE_CROPS, Pictures
    from .train import Budget, Training

    def bar(items):
        return tqdm(items, "painting")

    if options.bfloat16:
        keras.config.set_dtype_policy("mixed_bfloat16")
    crops = LARGE_CROPS if options.start else CROPS
    pictures = Pictures(options.seed, options.paintings, crops=crops, cache=options.work, progress=bar)
    start = weights.load(options.start).arrays if options.start else None
    training = Training(options.teacher, pictures, options.work / "checkpoint.npz", options.seed, start=start)
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
            bar.set_postfix(step=state.step, loss=f"{state.errors['loss']:.3f}", refresh=False)
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
        "seed": training.seed,
        "steps": training.step,
        "minutes": training.seconds / 60,
        "budget": options.minutes,
        "note": options.note,
        "photographs": SOURCES,
        "bfloat16": options.bfloat16,
        "start": start_facts(options.start),
        "lessons": lessons,
        "held_out_errors": training.held_out(held_out()),
        "calibration": facts,
    }
    publish.publish(options.out, arrays, about)


def start_facts(start):
    """What the report says of the weights that training went on from; None where it began with random ones."""
    if start is None:
        return None
    report = weights.embedded_report()
    return {name: report[name] for name in ("sha256", "seed", "steps", "minutes", "budget", "note")}


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped; the same command goes on"))
    try:
        main()
    except (StyleTutorError, OSError) as error:
        sys.exit(str(error))
