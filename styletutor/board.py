"""Which layer does what: a board of short runs, a row for each content layer, a column for each depth of style.

After Gatys, Ecker and Bethge 2016, "Image Style Transfer Using Convolutional Neural Networks", section 3.2.
"""

from dataclasses import dataclass, field

import numpy as np

from . import plots
from .errors import ImageError, refuses
from .layer_names import STYLE_LAYERS
from .settings import Settings
from .transfer import stylize
from .vgg19 import load_vgg19

CONTENT_LAYERS = ("block2_conv2", "block3_conv2", "block4_conv2", "block5_conv2")
DEPTHS = (1, 2, 3, 4, 5)  # style layers from block1 up to this block


@dataclass(frozen=True)
class Square:
    """One picture of a board, (1, H, W, 3): its content layer, and the block up to which style is compared."""

    content_layer: str
    depth: int
    image: np.ndarray = field(repr=False)


def squares(content, style, network=None, max_dim=128, steps=30, content_layers=CONTENT_LAYERS, depths=DEPTHS):
    """Run all combinations, from the content image with L-BFGS, with the weights of "quick": yields `Square`s.

    content, style: images (1, H, W, 3), or whatever `load_image` takes. Raises as `stylize` does.
    """
    network = network or load_vgg19()
    for layer in content_layers:
        for depth in depths:
            settings = Settings.preset(
                "quick", content_layers=(layer,), style_layers=STYLE_LAYERS[:depth], optimizer="lbfgs",
                max_dim=max_dim, steps=steps,
            )  # fmt: skip
            run = stylize(content, style, settings, network)
            for _ in run:
                pass
            yield Square(layer, depth, run.image)


@refuses(ImageError)
def draw(board, height=1.5):
    """`Square`s as one picture: content layers from top to bottom, depths from left to right. A plots.Plot."""
    board = list(board)
    rows, columns = (list(dict.fromkeys(getattr(s, name) for s in board)) for name in ("content_layer", "depth"))
    width = height * board[0].image.shape[2] / board[0].image.shape[1]
    figure, axes = plots.new_plot(
        width * len(columns) + 1.2, height * len(rows) + 0.4, 1.2, 0.05, 0.35, 0.05,
        nrows=len(rows), ncols=len(columns), squeeze=False,
    )  # fmt: skip
    figure.subplots_adjust(wspace=0.04, hspace=0.04)
    for square in board:
        ax = axes[rows.index(square.content_layer), columns.index(square.depth)]
        ax.imshow(np.clip(square.image[0], 0, 1))
        ax.set(xticks=[], yticks=[])
    for ax, depth in zip(axes[0], columns, strict=True):
        ax.set_title("block1" if depth == 1 else f"block1–{depth}")
    for ax, layer in zip(axes[:, 0], rows, strict=True):
        ax.set_ylabel(layer, rotation=0, ha="right", va="center")
    return figure
