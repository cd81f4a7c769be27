"""The training loop: seeded, by the clock or by steps, with a checkpoint every minute to go on from."""

import math
import time
from contextlib import closing
from pathlib import Path

import numpy as np

from ..backend import keras
from ..errors import WeightsError
from ..optimizers import warm_cosine
from ..weights import QUARTER_WIDTHS
from . import checkpoint, student, teacher
from .rehearsal import Rehearsal
from .supply import Supply

ops = keras.ops
PEAK, PEAK_CONTINUED, WARM_UP = 2e-3, 1e-3, 0.05
REHEARSED = (128, 4)  # side in pixels, pictures
FITTED = 40  # pictures that the heads are fitted on


def learning_rate(share, peak=PEAK, warm_up=WARM_UP):
    """The optimiser's rate at a share of the budget."""
    return warm_cosine(share, peak, warm_up, 0.02)


class Training:
    """One training run that can stop at any step and go on later as if it had not.

    teaching: "imagenet" or the path of the encoder's .npz; pictures: has `batch(step)`; path: of its checkpoint.
    start: arrays to go on from instead of random weights; then without BatchNorm, at a lower rate, and every other
    batch is one of a `Rehearsal` of `rehearsed` = (side, count) pictures. workers: processes that make the batches,
    or 0. before: what is known of the training that made `start`, kept in the checkpoint. `step` and `seconds` count
    what was trained, stops left out; `loss` is the last step's; `told` is what a report is to say of it besides, kept
    in the checkpoint too.
    """

    def __init__(
        self, teaching, pictures, path, seed=0, widths=None, compiled=True, start=None, rehearsed=REHEARSED,
        workers=0, before=(),
    ):  # fmt: skip
        self.pictures, self.checkpoint, self.seed, self.workers = pictures, Path(path), seed, workers
        self.before, self.told = list(before), {}
        network = teacher.load(teaching)
        self.kind = "imagenet" if str(teaching) == "imagenet" else "encoder"
        lessons = teacher.LESSONS[self.kind]
        self.rehearsal, self.peak = None, PEAK
        if start is None:
            channels = {lesson: network.output[source].shape[-1] for lesson, (source, _) in lessons.items()}
            self.student = student.build(lessons, channels, widths or QUARTER_WIDTHS, seed)
        else:
            self.student = student.continued(start, lessons, network, list(pictures.plain(FITTED, 96)))
            self.rehearsal, self.peak = Rehearsal(self.student, pictures, seed, *rehearsed), PEAK_CONTINUED
        self.model = student.Distiller(network, self.student, lessons)
        optimizer = keras.optimizers.AdamW(PEAK, weight_decay=0.02, beta_1=0.9, beta_2=0.98, global_clipnorm=5.0)
        optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
        self.model.compile(optimizer=optimizer, run_eagerly=not compiled)
        optimizer.build(self.model.trainable_variables)
        self.step, self.seconds, self.loss = 0, 0.0, math.nan

    def run(self, budget, report=lambda training, share: None):
        """Train until the budget is used up; `report` is called after each step. A stop leaves a checkpoint."""
        painted = Supply(self.pictures.batch, self.workers, stride=2 if self.rehearsal else 1)
        with checkpoint.kept(self.save) as stepped, closing(painted):
            while budget.share(self.step, self.seconds) < 1:
                start, paired = time.monotonic(), self.rehearsal is not None and self.step % 2 == 1
                batch = self.rehearsal.batch(self.step) if paired else painted(self.step)
                self._one(batch, paired, budget)
                self.seconds += time.monotonic() - start
                report(self, budget.share(self.step, self.seconds))
                stepped()

    def _one(self, batch, paired, budget):
        self.model.optimizer.learning_rate = learning_rate(budget.share(self.step, self.seconds), self.peak)
        flag = {"y": np.ones(len(batch), "float32")} if paired else {}
        self.loss = float(self.model.train_on_batch(batch, **flag, return_dict=True)["loss"])
        if not math.isfinite(self.loss):
            raise WeightsError(f"Training diverged at step {self.step}: start again with another seed.")
        self.step += 1

    def _variables(self):
        rehearsed = self.rehearsal.variables if self.rehearsal else []
        return [*self.student.variables, *self.model.optimizer.variables, *rehearsed]

    def save(self):
        """Write the checkpoint: network, optimiser, step and seconds. Raises SaveError; then the last one is kept."""
        about = {"step": self.step, "seconds": self.seconds, "seed": self.seed, "kind": self.kind}
        about |= {"before": self.before, "told": self.told}
        checkpoint.save(self.checkpoint, self._variables(), about)

    def resume(self):
        """Go on from the checkpoint where there is one; says whether there was.

        Raises WeightsError where it is damaged, or of another seed, teacher or network.
        """
        about = checkpoint.restore(self.checkpoint, self._variables(), {"seed": self.seed, "kind": self.kind})
        if about:
            self.step, self.seconds = about["step"], about["seconds"]
            self.before = about.get("before", self.before)  # checkpoints of old have neither
            self.told = about.get("told", {})
        return about is not None

    def held_out(self, image):
        """Relative squared error of each lesson on an image (1, h, w, 3), as it is after training."""
        predicted = self.student(image, training=False)
        truth = student.targets(self.model.lessons, self.model.teacher(image, training=False))
        return {
            lesson: float(ops.convert_to_numpy(student.relative_error(predicted[lesson], target)))
            for lesson, target in truth.items()
        }
