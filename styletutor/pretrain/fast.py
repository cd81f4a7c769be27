"""`python -m styletutor.pretrain.fast gallery`: train the gallery's styles in one network, and publish it.

`arbitrary` instead of `gallery` trains the network for any style, which begins as the packaged gallery network.
The same command goes on from its checkpoint after a stop. `--start packaged` begins with the packaged weights. With
the environment variable KERAS_BACKEND=jax it needs no TensorFlow.
"""

import argparse
import json
import logging
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
from tqdm import tqdm

from .. import atomic, gallery
from ..backend import keras
from ..errors import SaveError, StyleTutorError, WeightsError
from ..fast import ArbitraryNetwork, FastNetwork, arbitrary_network, gallery_network
from ..settings import Settings
from ..vgg19 import load_vgg19
from . import fast_publish, teacher
from .fast_crops import Examples, MixedCrops, StyleCrops, Turns
from .fast_trainer import ArbitraryLesson, FastTrainer, GalleryLesson
from .pictures import PHOTOGRAPHS, Pictures
from .supply import Supply
from .train import Budget

CHECKPOINT_SECONDS = 120
STYLE_SIDE = 512
SOURCES = (
    f"the {len(PHOTOGRAPHS)} photographs that scikit-image carries (astronaut, cat, coffee, rocket, Hubble deep field, "
    "motorcycle, textures and others) and the two of scikit-learn"
)
log = logging.getLogger(__name__)


def save(training, path):
    """Write a checkpoint, in place of the last one at once. Where it can't be, a warning: the training goes on.

    Raises RunError where the training diverged; then the last one stands.
    """
    training.collect()
    arrays = {str(i): keras.ops.convert_to_numpy(v) for i, v in enumerate(training.variables())}
    about = {"number": training.number, "seconds": training.seconds, "seed": training.seed}
    try:
        atomic.write_arrays(path, {"about": json.dumps(about), **arrays})
    except SaveError as error:
        log.warning("%s", error)


def resume(training, path):
    """Go on from a checkpoint where there is one. Raises WeightsError where it is of another training."""
    if not path.is_file():
        return
    with np.load(path, allow_pickle=False) as file:
        about, variables = json.loads(str(file["about"])), training.variables()
        values = [file[str(i)] for i in range(len(file.files) - 1)]
    if [v.shape for v in values] != [tuple(v.shape) for v in variables] or about["seed"] != training.seed:
        raise WeightsError(f"{path} is of another training ({about}): give another --work, or remove it.")
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    training.number, training.seconds = about["number"], about["seconds"]
    log.info("going on from step %d", training.number)


def run(training, checkpoint):
    """Train to the end of the budget with a progress bar and a checkpoint every two minutes, also at a stop."""
    saved, shown = time.monotonic(), 0
    with tqdm(total=100, desc="training", bar_format="{desc} {percentage:5.1f}% |{bar}| {elapsed}{postfix}") as bar:
        try:
            for step in training:
                if len(training.history) > shown:
                    shown, recent = len(training.history), training.history[-100:]
                    means = {n: f"{np.mean([h[n] for h in recent]):.3f}" for n in ("total", "style", "content")}
                    bar.set_postfix(step=step, **means, each=f"{1000 * training.pace:.0f} ms", refresh=False)
                bar.update(100 * training.share - bar.n)
                if time.monotonic() - saved > CHECKPOINT_SECONDS:
                    save(training, checkpoint)
                    saved = time.monotonic()
        finally:
            save(training, checkpoint)


def parser():
    made = argparse.ArgumentParser("python -m styletutor.pretrain.fast", description=__doc__)
    made.add_argument("network", choices=["gallery", "arbitrary"])
    made.add_argument("--minutes", type=float, default=60, help="training time, stops left out (default 60)")
    made.add_argument("--work", type=Path, default=Path("pretrain"), help="where the checkpoint is kept")
    made.add_argument("--out", type=Path, default=fast_publish.DATA, help="where the weights go")
    made.add_argument("--teacher", help="imagenet, or the path of an encoder's .npz: whose features the loss compares")
    made.add_argument("--start", choices=["packaged"], help="go on from the package's weights, not from random ones")
    made.add_argument("--seed", type=int, default=0)
    made.add_argument("--side", type=int, default=192, help="of a crop, in pixels (default 192)")
    made.add_argument("--count", type=int, default=4, help="crops a step (default 4)")
    made.add_argument("--style-side", type=int, default=224, help="of a style's crop, for arbitrary (default 224)")
    made.add_argument("--style-weight", type=float, default=10.0, help="in the loss (default 10, as in quick)")
    made.add_argument("--peak", type=float, default=2e-3, help="highest learning rate")
    made.add_argument("--paintings", type=int, default=400, help="procedural pictures to paint first")
    made.add_argument("--workers", type=int, default=0, help="processes that make the batches, for a GPU to be busy")
    made.add_argument("--note", default="", help="a sentence for the report and the model card")
    made.add_argument("--publish-only", action="store_true", help="write what the checkpoint holds, without training")
    return made


def main(arguments=None):
    options = parser().parse_args(arguments)
    settings = Settings.preset("quick", style_weight=options.style_weight, max_dim=STYLE_SIDE)

    def bar(items, total):
        return tqdm(items, "painting", total)

    if options.workers:  # they import this module again; this process has its GPU already
        os.environ["JAX_PLATFORMS"] = "cpu"
    pictures = Pictures(options.seed, options.paintings, 256, cache=options.work, progress=bar, workers=options.workers)
    crops = MixedCrops(options.seed, options.side, options.count, pictures.paintings)
    make = gallery_training if options.network == "gallery" else arbitrary_training
    training = make(options, settings, crops)
    checkpoint = options.work / f"{options.network}.npz"
    resume(training, checkpoint)
    try:
        if not options.publish_only:
            run(training, checkpoint)
    finally:
        training.batch.close()
    finish(training, options)


def judge(options):
    """The network that the loss looks through: a teacher, or the embedded one."""
    if options.teacher and options.teacher != "imagenet":
        return teacher.encoder_network(teacher.read(options.teacher))
    return load_vgg19(options.teacher or "embedded")


def _kind(given):
    return {None: "embedded", "imagenet": "imagenet"}.get(given, "encoder")


def gallery_training(options, settings, crops):
    """The training of the gallery's styles that the options ask for."""
    fast = FastNetwork(gallery.PAINTED, options.seed)
    if options.start:
        fast.set_arrays(gallery_network().arrays())
    styles = {name: gallery.load(name, STYLE_SIDE) for name in fast.names}
    lesson = GalleryLesson(fast, settings, judge(options), styles)
    return _training(options, lesson, crops, Turns(options.seed, options.count, len(styles)))


def arbitrary_training(options, settings, crops):
    """The training of the network for any style."""
    fast = ArbitraryNetwork(options.seed)
    if options.start:
        fast.set_arrays(arbitrary_network().arrays())
    else:
        fast.begin(gallery_network())
    styles = StyleCrops(options.seed, options.style_side, options.count, crops.paintings, crops.pictures)
    return _training(options, ArbitraryLesson(fast, settings, judge(options)), crops, styles)


def _training(options, lesson, crops, styles):
    budget = Budget(options.minutes)
    batch = Supply(Examples(crops, styles), options.workers)
    return FastTrainer(lesson, batch, budget, options.seed, options.peak)


def finish(training, options):
    """Publish what was trained, with what the report says of it."""
    before = fast_publish.stages(options.network) if options.start else []
    stage = {name: getattr(options, name) for name in ("seed", "side", "count", "style_weight", "peak")}
    stage |= {"steps": training.number, "minutes": training.seconds / 60, "budget": options.minutes}
    stage |= {"judge": _kind(options.teacher), "backend": keras.backend.backend()}
    if options.network == "arbitrary":
        stage["style_side"] = options.style_side
    about = {"photographs": SOURCES, "stages": [*before, stage]}
    about["settings"] = training.lesson.settings.to_python()
    if options.note:
        about["note"] = options.note
    if options.network == "gallery":
        about["styles"] = list(training.fast.names)
    fast_publish.publish(options.out, options.network, training.fast, about)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped; the same command goes on"))
    try:
        main()
    except StyleTutorError as error:
        sys.exit(str(error))
