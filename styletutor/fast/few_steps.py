"""Any style in a few steps: its colours at once, then L-BFGS, most of it on a small picture.

Optimisation as Gatys, Ecker and Bethge 2016 do it ("Image Style Transfer Using Convolutional Neural Networks"), cut
short by three things. The start has the style's mean colour and covariance already (Pitié and Kokaram 2007). Large
strokes are painted at a quarter and a half of the size, where a step is cheap (coarse to fine, as in Gatys et al. 2017,
"Controlling Perceptual Factors in Neural Style Transfer"). At the full size only the shallow layers are asked, whose
strokes are fine.
"""

from dataclasses import dataclass

import numpy as np

from .. import edges, precision
from ..backend import tf
from ..errors import SettingsError, WeightsError, refuses
from ..images import resize
from ..model import loss_coefficients, shared_model
from ..optimizers import LBFGS
from ..settings import Settings
from ..style import blended
from ..vgg19 import load_vgg19, variant
from .layers import ColourMoments, ColourTransport

LARGEST = 512  # pixels: the longer side of what is optimised; a larger picture gets the change, enlarged
SMALLEST = 32  # pixels: the shorter side of the smallest level
MARGIN = 16  # pixels of the mirrored picture around it, for what the network makes of a border
DEEP = Settings.preset("quick", style_weight=20.0, content_layers="block4_conv2")
SHALLOW = DEEP.replace(
    style_layers=("block1_conv1", "block2_conv1", "block3_conv1"), layer_weights={}, content_layers="block3_conv1"
)


@dataclass(frozen=True)
class Level:
    """A share of the picture's size, how often the loss is evaluated there, and the settings that make the loss."""

    share: float
    evaluations: int
    settings: Settings


LARGE = (Level(1 / 4, 12, DEEP), Level(1 / 2, 4, DEEP), Level(1, 2, SHALLOW))
SMALL = (Level(1 / 2, 12, DEEP), Level(1, 8, DEEP))  # for pictures whose steps are cheap


class FewSteps:
    """Paints a picture in the style of another: `read` a style once, then `apply` it to as many pictures as wanted.

    network: whose features the loss compares, a VGG19; None is the embedded one.
    """

    @refuses(WeightsError)
    def __init__(self, network=None):
        self.network = variant(network or load_vgg19("embedded"), precision=precision.choose())

    @refuses(SettingsError)
    def read(self, *styles, blend=None):
        """The `Aims` of a style image (1, h, w, 3), or of several, weighed by `blend`, such as (2, 1).

        In the place of an image its Aims may stand: what was computed of them isn't computed again.
        """
        return Aims(self.network, styles, blend)

    @refuses(SettingsError)
    def apply(self, image, aims):
        """The image (1, H, W, 3) in the style of what `read` gave."""
        image = np.asarray(image, "float32")
        recoloured = np.asarray(ColourTransport()([image, aims.colours]))
        base = _sized(recoloured, min(1, LARGEST / max(image.shape)))
        margin = min(MARGIN, *(side - 1 for side in base.shape[1:3]))
        made = before = around = edges.mirrored(base, margin)
        for level in LARGE if max(image.shape) > LARGEST / 2 else SMALL:
            content = _sized(around, level.share)
            made = self._optimised(level, _changed(content, before, made), content, aims.grams(level))
            before = content
        height, width = base.shape[1:3]
        return _changed(recoloured, base, made[:, margin : margin + height, margin : margin + width])

    def _optimised(self, level, start, content, grams):
        """The image after a level's evaluations; the last step is taken without a look at where it leads."""
        model = _model(self.network, level)
        targets = {"style": grams, "content": model.compiled(tf.constant(content))["content"]}
        coefficients = loss_coefficients(level.settings)
        loss, optimizer = model.compiled_loss(level.settings.relative), LBFGS(start)
        for _ in range(level.evaluations):
            losses, gradient = loss(tf.constant(optimizer.ask()), targets, coefficients)
            optimizer.tell(float(losses["total"]), gradient.numpy())
        return optimizer.ask()


class Aims:
    """What a style asks for: `colours`, their moments (1, 12), and Gram matrices of levels, made when needed.

    styles: images, and Aims of others.
    """

    def __init__(self, network, styles, blend):
        self.network, self.styles, self.blend, self._seen = network, styles, blend, {}
        moments = [s.colours if isinstance(s, Aims) else np.asarray(ColourMoments()(s)) for s in styles]
        self.colours = np.average(moments, 0, blend).astype("float32")

    def grams(self, level):
        """{style layer: the Gram matrix (1, c, c) of the style at the level's share of its size}."""
        if level not in self._seen:
            self._seen[level] = blended([self._grams_of(style, level) for style in self.styles], self.blend)
        return self._seen[level]

    def _grams_of(self, style, level):
        if isinstance(style, Aims):
            return style.grams(level)
        return _model(self.network, level).compiled(tf.constant(_sized(style, level.share)))["style"]


def _model(network, level):
    return shared_model(network, level.settings.style_layers, level.settings.content_layers)


def _sized(image, share):
    """The image at a share of its size, with at least SMALLEST pixels a side where it has as many."""
    share = max(share, min(1, SMALLEST / min(image.shape[1:3])))
    return resize(image, size=tuple(round(side * share) for side in image.shape[1:3]))


def _changed(image, before, after):
    """The image with what changed from `before` to `after` at another size; its own details stay."""
    size = image.shape[1:3]
    return np.clip(image + resize(after, size=size) - resize(before, size=size), 0, 1)
