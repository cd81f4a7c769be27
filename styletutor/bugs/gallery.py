"""Runs with and without a bug, side by side with their losses."""

from dataclasses import dataclass, field, replace

import numpy as np
from matplotlib.ticker import NullLocator

from .. import plots
from ..backend import keras, tf
from ..errors import ImageError, refuses
from ..layer_names import STYLE_LAYERS
from ..messages import t
from ..style import squared_error
from ..vgg19 import load_vgg19
from .parts import RIGHT, find

CONTENT_LAYER = "block4_conv2"
STEPS = 30


@dataclass(frozen=True)
class Painted:
    """A finished run: the picture as it was saved, (1, H, W, 3) in [0, 1], and the total loss of each step."""

    image: np.ndarray = field(repr=False)
    losses: list[float] = field(repr=False)


@refuses(ImageError)
def paint(content, style, recipe=RIGHT, network=None, max_dim=128, steps=STEPS):
    """A style transfer by a recipe's parts, from the content image (1, H, W, 3): a `Painted`.

    The style image is taken at one and a half times the content's size.
    """
    return _run(*_set_up(content, style, recipe, network or load_vgg19(), max_dim), recipe, steps)


def _set_up(content, style, recipe, network, max_dim):
    """(content image as loaded, the compiled loss and gradient, the slider that holds the style weight)."""
    content, style, slider = recipe.load(content, max_dim), recipe.load(style, 3 * max_dim // 2), {}
    return content, recipe.compile(_loss(content, style, recipe, network), slider), slider


def _run(content, evaluate, slider, recipe, steps):
    slider["style"] = 2.0 if recipe.moved else 20.0
    picture, adam, losses = tf.Variable(content), keras.optimizers.Adam(recipe.rate), []
    for number in range(steps):
        if recipe.moved and number == steps // 2:
            slider["style"] = 40.0
        total, gradient = evaluate(tf.convert_to_tensor(recipe.look(picture, content)))
        losses.append(float(total))
        adam.apply_gradients([(gradient, picture)])
        picture.assign(recipe.keep(picture))
    return Painted(recipe.save(picture.numpy()) / np.float32(255), losses)


def _loss(content, style, recipe, network):
    """A function (image, weight) -> (total loss, its gradient)."""
    names = [*STYLE_LAYERS, CONTENT_LAYER]
    features = keras.Model(network.input, {name: network.get_layer(name).output for name in names})

    def answers(image):
        found = features(recipe.prepare(image))
        return [recipe.gram(found[name]) for name in STYLE_LAYERS], found[CONTENT_LAYER]

    grams, (_, things) = answers(style)[0], answers(content)

    def loss(image, weight):
        with tf.GradientTape() as tape:
            tape.watch(image)
            styles, found = answers(image)
            parts = [squared_error(g, wanted, True) for g, wanted in zip(styles, grams, strict=True)]
            total = weight * tf.add_n(parts) / len(parts) + squared_error(found, things, True)
        return total, tape.gradient(total, image)

    return loss


class Gallery:
    """The bugs by letter, all with the same pictures and network: `look("A")` shows one beside the right run."""

    def __init__(self, content, style, network=None, max_dim=128, steps=STEPS):
        self.pictures, self.network = (content, style), network or load_vgg19()
        self.max_dim, self.steps = max_dim, steps
        self._painted, self._set_up = {}, {}

    def painted(self, recipe):
        """What a recipe paints, once; recipes with the same loss share what was compiled."""
        if recipe not in self._painted:
            parts = recipe.load, recipe.prepare, recipe.gram, recipe.compile
            if parts not in self._set_up:
                self._set_up[parts] = _set_up(*self.pictures, recipe, self.network, self.max_dim)
            self._painted[recipe] = _run(*self._set_up[parts], recipe, self.steps)
        return self._painted[recipe]

    def pair(self, letter):
        """(right, faulty): two `Painted`s. Raises SettingsError for a letter that has no bug."""
        changes, both = find(letter)
        right = replace(RIGHT, **both)
        return self.painted(right), self.painted(replace(right, **changes))

    def look(self, letter):
        """A picture of both runs and of their losses."""
        return _draw(*self.pair(letter))


def _draw(right, faulty):
    ratios = [painted.image.shape[2] / painted.image.shape[1] for painted in (right, faulty)]
    figure, (*shown, curves) = plots.new_plot(
        1.9 * sum(ratios) + 3.6, 2.3, 0.05, 0.45, 0.3, 0.1, ncols=3, width_ratios=[*ratios, 1.6]
    )
    figure.subplots_adjust(wspace=0.2)
    pairs = zip(shown, (right, faulty), (t("right"), t("faulty")), plots.COLOURS[::4], strict=False)
    for ax, painted, title, colour in pairs:
        ax.imshow(painted.image[0])
        ax.set_title(plots.plain(title))
        ax.set_axis_off()
        steps = range(1, len(painted.losses) + 1)
        curves.plot(
            steps, painted.losses, label=plots.plain(title), color=colour, linestyle="-" if ax is shown[0] else "--"
        )
    curves.set_yscale("log")
    curves.yaxis.set_minor_locator(NullLocator())
    curves.set_xlabel(plots.plain(t("step")))
    curves.set_title(plots.plain(t("loss")))
    curves.legend(fontsize=7, frameon=False, labelcolor=plots.INK)
    return figure
