"""`python -m styletutor.pretrain.fast gallery`: train the gallery's styles in one network, and publish it.

`arbitrary` instead of `gallery` trains the network for any style, which begins as the packaged gallery network.
The same command goes on from its checkpoint after a stop. `--start packaged` begins with the packaged weights. With
the environment variable KERAS_BACKEND=jax it needs no TensorFlow.
"""

import argparse
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ..gallery import PAINTED
from . import DATA, command
from .command import whole


def parser():
    made = argparse.ArgumentParser("python -m styletutor.pretrain.fast", description=__doc__)
    made.add_argument("network", choices=["gallery", "arbitrary"])
    made.add_argument("--minutes", type=command.minutes, default=60, help="training time, stops left out (default 60)")
    made.add_argument("--work", type=Path, default=Path("pretrain"), help="where the checkpoint is kept")
    made.add_argument("--out", type=Path, default=DATA, help="where the weights go")
    made.add_argument("--judges", nargs="+", default=["embedded"], metavar="JUDGE", help="whose features the loss "
                      "compares: embedded (default), imagenet, or the path of an encoder's .npz; of several, the mean")
    made.add_argument("--halved", action="store_true", help="judge half the size as well, which sees larger motifs")
    made.add_argument("--bfloat16", action="store_true", help="let the judges but an encoder compute in bfloat16, a "
                      "fifth faster where it is native")
    made.add_argument("--emphasis", nargs="+", default={}, action=Weighed, metavar="STYLE=TIMES",
                      help="how much more the style of a gallery style weighs")
    made.add_argument("--start", choices=["packaged"], help="go on from the package's weights, not from random ones")
    made.add_argument("--seed", type=whole(0), default=0)
    made.add_argument("--side", type=int, default=192, help="of a crop, in pixels (default 192)")
    made.add_argument("--count", type=int, default=4, help="crops a step (default 4)")
    made.add_argument("--style-side", type=int, default=224, help="of a style's crop, for arbitrary (default 224)")
    made.add_argument("--style-weight", type=float, default=10.0, help="in the loss (default 10, as in quick)")
    made.add_argument("--peak", type=float, default=2e-3, help="highest learning rate")
    made.add_argument("--paintings", type=whole(1), default=400, help="procedural pictures to paint first")
    made.add_argument("--workers", type=whole(0), default=0, help="processes that make batches, for a GPU to be busy")
    made.add_argument("--note", default="", help="a sentence for the report and the model card")
    made.add_argument("--publish-only", action="store_true", help="write what the checkpoint holds, without training")
    return made


class Weighed(argparse.Action):
    """STYLE=TIMES … as {style: times}."""

    def __call__(self, parser, namespace, values, option_string=None):
        try:
            found = {name: float(times) for name, times in (value.split("=") for value in values)}
        except ValueError:
            found = {"": 0}
        if not set(found) <= set(PAINTED) or namespace.network != "gallery":
            parser.error(f"{option_string}: expected STYLE=TIMES with the gallery's styles {', '.join(PAINTED)}")
        setattr(namespace, self.dest, found)


def main(arguments=None):
    options = parser().parse_args(arguments)
    # Here, because the processes that make batches import this module: without Keras they leave the GPU alone.
    from . import fast_start
    from .pictures import Pictures

    def bar(items, total):
        return tqdm(items, "painting", total)

    path = options.work / f"{options.network}.npz"
    if options.publish_only and not path.is_file():
        raise SystemExit(f"No checkpoint at {path}: leave out --publish-only to start.")
    pictures = Pictures(options.seed, options.paintings, 256, cache=options.work, progress=bar, workers=options.workers)
    training = fast_start.training(options, pictures)
    training.resume(path)
    try:
        if not options.publish_only:
            if training.share < 1:  # else the checkpoint is of a command before this one
                training.told = told(training, options)
            train(training, path)
    finally:
        training.batch.close()
    finish(training, options)


def train(training, path):
    """Train with a progress bar that shows the mean losses of the last hundred steps and the time of one."""
    shown = 0
    with tqdm(total=100, desc="training", bar_format="{desc} {percentage:5.1f}% |{bar}| {elapsed}{postfix}") as bar:

        def report(state):
            nonlocal shown
            if len(state.history) > shown:
                shown, recent = len(state.history), state.history[-100:]
                means = {n: f"{np.mean([h[n] for h in recent]):.3f}" for n in ("total", "style", "content")}
                bar.set_postfix(step=state.number, **means, each=f"{1000 * state.pace:.0f} ms", refresh=False)
            bar.update(100 * state.share - bar.n)

        training.run(path, report)


def finish(training, options):
    """Publish what was trained, with what the report says of it: as it was told when it ran."""
    from . import fast_publish
    from .fast_crops import SOURCES

    about = {"photographs": SOURCES} | (training.told or told(training, options))  # checkpoints of old have none
    *before, stage = about["stages"]
    about["stages"] = [*before, stage | {"steps": training.number, "minutes": training.seconds / 60}]
    if options.note:
        about["note"] = options.note
    if options.network == "gallery":
        about["styles"] = list(training.fast.names)
    fast_publish.publish(options.out, options.network, training.fast, about)


def told(training, options):
    """What the report says of a training before it begins: the stages until then, and this one's options."""
    from ..backend import keras
    from . import fast_publish

    before = fast_publish.stages(options.network) if options.start else []
    if training.told:  # what is packaged may be this training by now
        before = training.told["stages"][:-1]
    stage = {name: getattr(options, name) for name in ("seed", "side", "count", "style_weight", "peak")}
    stage |= {"budget": options.minutes}
    stage |= {"judges": [given if given in ("embedded", "imagenet") else "encoder" for given in options.judges]}
    stage |= {name: getattr(options, name) for name in ("halved", "bfloat16", "emphasis")}
    stage["backend"] = keras.backend.backend()
    if options.network == "arbitrary":
        stage["style_side"] = options.style_side
    about = {"stages": [*before, stage], "settings": training.lesson.settings.to_python()}
    return about | ({"note": options.note} if options.note else {})


if __name__ == "__main__":
    command.run(main)
