"""Training the packaged fast networks, on any of Keras' backends, with a checkpoint every minute to go on from.

The losses stay on the device and are fetched every few steps: a GPU would wait longer for them than a step takes.
"""

import math
import time
from functools import partial

from ..backend import keras
from ..errors import RunError
from ..fast.training import learning_rate
from ..messages import t
from ..pace import Budget
from . import checkpoint
from .fast_lessons import FETCHED


class FastTrainer:
    """A training in progress: iterate it for the numbers of its steps. What is left goes on when iterated again.

    lesson: a GalleryLesson or ArbitraryLesson; batch: step -> [crops, aims]. `history` holds the losses of the steps,
    {"total", "style", "content", …}, up to `FETCHED` steps late; `pace` is the last steps' seconds each; `told` is what
    a report is to say of the training, kept in its checkpoint.
    """

    def __init__(self, lesson, batch, budget=Budget(), seed=0, peak=2e-3, compiled=True):  # noqa: B008  (frozen)
        self.lesson, self.fast, self.batch, self.budget = lesson, lesson.fast, batch, budget
        self.seed, self.peak, self.told = seed, peak, {}
        self.number, self.seconds, self.pace, self.history = 0, 0.0, 0.0, []
        self._unread, self._read_at = 0, 0.0
        optimizer = keras.optimizers.Adam(peak, beta_2=0.99, global_clipnorm=10.0)
        jit = compiled and keras.backend.backend() == "jax"  # XLA makes TensorFlow slower on a processor
        lesson.compile(optimizer=optimizer, run_eagerly=not compiled, jit_compile=jit)
        optimizer.build(lesson.trainable_variables)

    @property
    def share(self):
        """The part of the budget that is used up, 0 to 1."""
        return self.budget.share(self.number, self.seconds)

    def variables(self):
        """All that a checkpoint has to keep."""
        return [*self.fast.variables().values(), *self.lesson.optimizer.variables, *self.fast.states()]

    def __iter__(self):
        return self

    def __next__(self):
        if self.share >= 1:
            self.collect()
            raise StopIteration
        started = time.perf_counter()
        self.lesson.optimizer.learning_rate = learning_rate(self.share, self.peak)
        self.lesson.train_on_batch(self.batch(self.number), return_dict=True)
        self.number += 1
        self._unread += 1
        if self._unread == FETCHED:
            self.collect()
        self.seconds += time.perf_counter() - started
        return self.number

    def collect(self):
        """Fetch the losses not fetched yet. Raises RunError where the training diverged."""
        recent = keras.ops.convert_to_numpy(self.lesson.recent)[FETCHED - self._unread :]
        self.history += [dict(zip(self.lesson.terms, row, strict=True)) for row in recent.tolist()]
        if self._unread:
            now = time.perf_counter()
            self.pace, self._read_at = (now - self._read_at) / self._unread, now
        self._unread = 0
        if self.history and not math.isfinite(self.history[-1]["total"]):
            raise RunError(t(
                "Step {number}: the training diverged; start again with another seed.", number=self.number,
            ))

    def run(self, path, report=lambda training: None):
        """Train to the end of the budget; `report` is called after each step. A stop leaves a checkpoint at `path`."""
        with checkpoint.kept(partial(self.save, path)) as stepped:
            for _ in self:
                report(self)
                stepped()

    def save(self, path):
        """Write a checkpoint. Raises SaveError, and RunError where the training diverged; then the last one is kept."""
        self.collect()
        about = {"number": self.number, "seconds": self.seconds, "seed": self.seed, "told": self.told}
        checkpoint.save(path, self.variables(), about)

    def resume(self, path):
        """Go on from a checkpoint where there is one. Raises WeightsError where it is damaged or of another one."""
        about = checkpoint.restore(path, self.variables(), {"seed": self.seed})
        if about:
            self.number, self.seconds = about["number"], about["seconds"]
            self.told = about.get("told", {})  # checkpoints of old have none
