"""`python -m styletutor.pretrain`: paint, train, fold, calibrate, and write the weights with their report."""

import argparse
from pathlib import Path

from tqdm import tqdm

from .. import weights
from ..pace import Budget
from . import DATA, command
from .command import sizes, whole

CALIBRATION = 48  # pictures


def parser():
    made = argparse.ArgumentParser("python -m styletutor.pretrain", description=__doc__)
    made.add_argument("--teacher", required=True, help="imagenet, once `styletutor download imagenet` has "
                      "fetched it, or the path of the encoder's .npz")
    made.add_argument("--minutes", type=command.minutes, default=60, help="training time, stops left out (default 60)")
    made.add_argument("--steps", type=whole(1), help="train this many steps instead")
    made.add_argument("--out", type=Path, default=DATA, help="where the weights go")
    made.add_argument("--work", type=Path, default=Path("pretrain"), help="where the checkpoint is kept")
    made.add_argument("--seed", type=whole(0), default=0)
    made.add_argument("--start", choices=["embedded"], help="go on from the package's weights, not from random ones")
    made.add_argument("--bfloat16", action="store_true", help="compute in bfloat16, a third faster where it is native")
    made.add_argument("--paintings", type=whole(1), default=3000, help="procedural pictures to paint first")
    made.add_argument("--crops", type=sizes, nargs="+", metavar="SIDExCOUNT", help="pictures a batch, one size in turn")
    made.add_argument("--rehearsed", type=sizes, metavar="SIDExCOUNT", help="pictures in the making")
    made.add_argument("--workers", type=whole(0), default=0, help="processes that make batches, for a GPU to be busy")
    begin = made.add_mutually_exclusive_group()
    begin.add_argument("--resume", action="store_true", help="go on from the checkpoint; fail without")
    begin.add_argument("--fresh", action="store_true", help="forget the checkpoint; else go on from one that is there")
    begin.add_argument("--fold-only", action="store_true", help="write what the checkpoint holds, without training; "
                       "what was told to the training stands, for the report too")
    made.add_argument("--note", default="", help="a sentence for the report and the model card")
    return made


def main(arguments=None):
    options = parser().parse_args(arguments)
    # Here, because the processes that make batches import this module: without Keras they leave the GPU alone.
    from ..backend import keras
    from . import checkpoint, teacher
    from .pictures import CROPS, LARGE_CROPS, Pictures
    from .train import REHEARSED, Training

    def bar(items, total):
        return tqdm(items, "painting", total)

    path = options.work / "checkpoint.npz"
    if (options.resume or options.fold_only) and not path.is_file():
        raise SystemExit(f"No checkpoint in {options.work}: leave out --resume and --fold-only to start.")
    options.out.mkdir(parents=True, exist_ok=True)
    teacher.load(options.teacher)  # what can't be read is said before minutes of painting
    if options.fold_only:
        recall(options, checkpoint.told(path))
    if options.bfloat16:
        keras.config.set_dtype_policy("mixed_bfloat16")
    options.crops = options.crops or (LARGE_CROPS if options.start else CROPS)
    options.rehearsed = options.rehearsed or REHEARSED
    pictures = Pictures(
        options.seed, options.paintings, crops=options.crops, cache=options.work, progress=bar, workers=options.workers
    )
    start = weights.load(options.start).arrays if options.start else None
    training = Training(
        options.teacher, pictures, path, options.seed, start=start, rehearsed=options.rehearsed,
        workers=options.workers, before=weights.embedded_report()["stages"] if options.start else [],
    )  # fmt: skip
    if options.fresh:
        path.unlink(missing_ok=True)
    training.resume()
    if not options.fold_only:
        train(training, options)
    finish(training, pictures, options)


def train(training, options):
    """Train with a progress bar that shows the loss."""
    budget = Budget(options.minutes, options.steps)
    if budget.share(training.step, training.seconds) < 1:  # else the checkpoint is of a command before this one
        training.told = told(options)
    with tqdm(total=100, desc="training", bar_format="{desc} {percentage:5.1f}% |{bar}| {elapsed}{postfix}") as bar:

        def report(state, share):
            bar.set_postfix(step=state.step, loss=f"{state.loss:.3f}", refresh=False)
            bar.update(100 * share - bar.n)

        bar.update(100 * budget.share(training.step, training.seconds))
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
        "stages": [*training.before, stage(training, options)],
        "lessons": lessons,
        "held_out_errors": training.held_out(held_out()),
        "calibration": facts,
    }
    publish.publish(options.out, arrays, about)


def stage(training, options):
    """What the report says of this training: what it was told when it ran, whatever the command that folds it says."""
    kept = training.told or told(options)  # checkpoints of old have none
    note = {"note": options.note or kept["note"]}
    return kept | note | {"steps": training.step, "minutes": training.seconds / 60}


def recall(options, kept):
    """Give the options the values that a training was told, so that its network and its pictures are built again."""
    chosen = {name: kept[name] for name in ("seed", "bfloat16", "crops", "paintings", "rehearsed") if name in kept}
    vars(options).update(chosen, **{"start": "embedded" if "rehearsed" in kept else None} if kept else {})


def told(options):
    """What the report says of a training before it begins: its options, and what it runs on."""
    from ..backend import device, keras

    chosen = {name: getattr(options, name) for name in ("seed", "note", "bfloat16", "crops", "paintings")}
    if options.start:
        chosen["rehearsed"] = options.rehearsed
    chosen["budget"] = None if options.steps else options.minutes
    return chosen | {"backend": keras.backend.backend(), "device": device()}


if __name__ == "__main__":
    command.run(main)
