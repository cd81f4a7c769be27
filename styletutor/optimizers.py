"""Gradient descent on a picture: Adam, SGD and L-BFGS behind one interface, all inside [0, 1]. NumPy alone.

Each asks and is told: `ask()` gives the image to evaluate, `tell(loss, gradient, rate)` what came of it.
One evaluation at a time, so a run can be stopped after any of them. `tell` changes no array in place: a copy
made by `copy.copy` before it is the optimiser as it was.
"""

import math

import numpy as np

STEEPEST = 1e18  # gradients are cut here, so that their squares and sums fit in float32


def make_optimizer(settings, image):
    """The optimiser that the settings name, starting from an image."""
    if settings.optimizer == "lbfgs":
        return LBFGS(image)
    if settings.optimizer == "sgd":
        return SGD(image, settings.beta_1)
    return Adam(image, settings.beta_1, settings.beta_2, settings.epsilon)


def history(settings, size):
    """Bytes of what the optimiser that the settings name remembers of a picture of size (height, width)."""
    picture = 3 * 4 * size[0] * size[1]
    return 2 * picture * (LBFGS.pairs_of(picture) if settings.optimizer == "lbfgs" else 1)


def warm_cosine(share, peak, warm_up, least):
    """A training's rate: linear warm-up from `least` of the peak on, then half a cosine to 0.

    share: the part of the training that is over, 0 to 1; warm_up: the part that the warm-up takes. Source: Loshchilov
    and Hutter 2017, "SGDR", eq. 5, without restarts.
    """
    if share < warm_up:
        return peak * max(share / warm_up, least)
    return peak * 0.5 * (1 + math.cos(math.pi * (share - warm_up) / (1 - warm_up)))


class Adam:
    """Adam (Kingma and Ba 2015), in the order of operations given before their section 2.1, as Keras has it.

    There epsilon is added to √v before the bias correction. After each step the image is clipped to [0, 1].
    """

    def __init__(self, image, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
        self.image = image
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, np.float32(max(epsilon, 1e-30))  # 0 / 0 is no step
        self.reset()

    def reset(self):
        """Forget the moments."""
        self.count = 0
        self.mean, self.square = np.zeros_like(self.image), np.zeros_like(self.image)

    def forget(self):
        """The loss has other weights now. Adam's running means adapt by themselves."""

    def ask(self):
        """The image to evaluate."""
        return self.image

    def tell(self, loss, gradient, rate):
        """Take one step down the gradient of the image last asked for."""
        gradient = np.clip(gradient, -STEEPEST, STEEPEST)
        self.count += 1
        self.mean = self.mean + (1 - self.beta_1) * (gradient - self.mean)
        self.square = self.square + (1 - self.beta_2) * (gradient * gradient - self.square)
        rate = rate * (1 - self.beta_2**self.count) ** 0.5 / (1 - self.beta_1**self.count)
        self.image = np.clip(self.image - np.float32(rate) * self.mean / (np.sqrt(self.square) + self.epsilon), 0, 1)


class SGD:
    """Gradient descent with momentum, clipped to [0, 1]."""

    def __init__(self, image, momentum=0.0):
        self.image, self.momentum = image, momentum
        self.reset()

    def reset(self):
        """Forget the velocity."""
        self.velocity = np.zeros_like(self.image)

    def forget(self):
        """The loss has other weights now. Nothing to forget."""

    def ask(self):
        """The image to evaluate."""
        return self.image

    def tell(self, loss, gradient, rate):
        """Take one step down the gradient of the image last asked for."""
        gradient = np.clip(gradient, -STEEPEST, STEEPEST)
        self.velocity = np.float32(self.momentum) * self.velocity - np.float32(rate) * gradient
        self.image = np.clip(self.image + self.velocity, 0, 1)


class LBFGS:
    """Limited-memory BFGS (Nocedal and Wright 2006, algorithm 7.4) projected on [0, 1], with backtracking.

    A step that doesn't lower the loss enough (Armijo's rule) is shortened; `image` is the last that did.
    Pixels at a bound that the gradient pushes outward stay out of the step. The rate is ignored.
    """

    FIRST_STEP = 0.02  # the largest change of a pixel in the first step
    LONGEST_STEP = 0.3  # the same for later steps: beyond it the curvature says nothing
    ARMIJO = 1e-4
    MEMORY, LEAST, HISTORY = 20, 3, 2**29  # pairs of steps and changes; fewer where they would take more bytes

    def __init__(self, image, memory=None):
        self.image, self.trial = image, image
        self.memory = memory or self.pairs_of(image.nbytes)
        self.reset()

    @classmethod
    def pairs_of(cls, size):
        """How many pairs are kept for a picture of so many bytes."""
        return min(cls.MEMORY, max(cls.LEAST, cls.HISTORY // (2 * size)))

    def reset(self):
        """Forget the curvature and the last loss."""
        self.trial = self.image
        self.forget()

    def forget(self):
        """The loss has other weights now: what was learnt of the old one is wrong."""
        self.pairs = ()  # (s, y, s·y), the oldest first
        self.loss = self.gradient = None

    def ask(self):
        """The image to evaluate."""
        return self.trial

    def tell(self, loss, gradient, rate=None):
        """Accept the trial and choose the next, or shorten the step."""
        if self.loss is not None:
            moved = self.trial - self.image
            slope = float(np.vdot(self.gradient, moved))
            if loss > self.loss + self.ARMIJO * slope:
                return self._shorten(loss, slope)
            change = gradient - self.gradient
            curvature = np.vdot(moved, change)
            if curvature > 1e-10 * np.vdot(change, change):
                self.pairs = (*self.pairs, (moved, change, curvature))[-self.memory :]
        self.image, self.loss, self.gradient, self.shortened = self.trial, loss, gradient, 0
        self._choose_direction()

    def _choose_direction(self):
        gradient = self.gradient
        free = ((self.image > 0) | (gradient < 0)) & ((self.image < 1) | (gradient > 0))
        self.direction = self._two_loop(np.where(free, gradient, 0)) * free
        if np.vdot(self.direction, gradient) >= 0 and self.pairs:  # not downhill: the curvature misleads
            self.pairs = ()
            self.direction = self._two_loop(np.where(free, gradient, 0))
        self.length = min(1.0, self.LONGEST_STEP / max(float(np.abs(self.direction).max()), 1e-30))
        self._try()

    def _shorten(self, loss, slope):
        """Go to the minimum of the parabola through what is known along the step; start afresh if that fails thrice."""
        self.shortened += 1
        if self.shortened > 3 and self.pairs:
            self.pairs, self.shortened = (), 0
            return self._choose_direction()
        above = loss - self.loss - slope
        self.length *= min(max(-0.5 * slope / above, 0.1), 0.5) if above > 0 else 0.5
        self._try()

    def _try(self):
        self.trial = np.clip(self.image + np.float32(self.length) * self.direction, 0, 1)

    def _two_loop(self, gradient):
        """The quasi-Newton direction -H·g; without history a step whose largest entry is FIRST_STEP."""
        if not self.pairs:
            return -gradient * np.float32(self.FIRST_STEP / max(np.abs(gradient).max(), 1e-30))
        q, alphas = gradient.copy(), []
        for moved, change, curvature in reversed(self.pairs):
            alphas.append(np.vdot(moved, q) / curvature)
            q -= alphas[-1] * change
        moved, change, curvature = self.pairs[-1]
        q *= curvature / np.vdot(change, change)
        for (moved, change, curvature), alpha in zip(self.pairs, reversed(alphas), strict=True):
            q += (alpha - np.vdot(change, q) / curvature) * moved
        return -q
