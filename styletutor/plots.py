"""Arrays -> pictures of them: matplotlib Figures (never pyplot, whose state threads would share) and colour maps."""

import io
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from matplotlib.ticker import NullLocator
from PIL import ImageFont

from . import messages
from .errors import ImageError, refuses, shortened
from .messages import t

# Okabe and Ito's palette, told apart by colour-blind readers
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#F0E442", "#000000")
WIDEST = 10  # inches: about what a page has room for
INK = "#797979"  # axes and text: 4.3 to 1 on white and on JupyterLab's dark page; no grey has more on both


class Plot(Figure):
    """A Figure that a notebook shows as a cell's last line, without pyplot."""

    def _repr_png_(self):
        return png(self)


@refuses(ImageError)
def plain(text):
    """Text that matplotlib draws literally, in one line: dollar signs would start a formula.

    Characters that its font lacks, emoji for instance, become boxes; those that can't be printed their escapes.
    """
    known = get_font(findfont("DejaVu Sans")).get_char_index
    return "".join(c if known(ord(c)) else "\N{WHITE SQUARE}" for c in shortened(text)).replace("$", r"\$")


@refuses(ImageError)
def font(size):
    """A font of so many pixels for charts drawn with Pillow: its own in English, DejaVu Sans for Spanish's accents."""
    if messages.language() == "en":
        return ImageFont.load_default(size)
    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"), round(0.85 * size))


@refuses(ImageError)
def png(figure):
    """The figure as a PNG's bytes, transparent around the plots, so that it sits on a light or dark page."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", transparent=True)
    return buffer.getvalue()


@refuses(ImageError)
def colour_map(values, name="viridis", low=None, high=None):
    """Values (h, w) -> image (1, h, w, 3) in [0, 1]; low and high are the ends of the scale (default: the extremes)."""
    values = np.asarray(values, "float32")
    low = float(values.min()) if low is None else low
    high = float(values.max()) if high is None else high
    scaled = (values - low) / max(high - low, 1e-12)
    return matplotlib.colormaps[name](np.clip(scaled, 0, 1))[None, ..., :3].astype("float32")


@refuses(ImageError)
def difference_map(values, limit=None):
    """Signed values (h, w) -> image (1, h, w, 3): blue below zero, white at zero, red above, ±limit at the ends."""
    limit = float(np.abs(values).max()) if limit is None else limit
    return colour_map(values, "RdBu_r", -limit, limit)


@refuses(ImageError)
def enlarge(image, side):
    """An image (1, h, w, 3) with each pixel repeated a whole number of times, its longer side at most `side`."""
    times = max(1, side // max(image.shape[1:3]))
    return image.repeat(times, 1).repeat(times, 2)


@refuses(ImageError)
def new_plot(width=5.0, height=2.6, left=0.75, bottom=0.5, top=0.3, right=0.15, **grid):
    """(figure, axes): an empty Plot, its text readable on light and dark pages; sizes and margins in inches.

    The margins are fixed because fitting them to the text takes matplotlib longer than drawing the plot.
    """
    figure = Plot(figsize=(width, height), dpi=96)
    axes = figure.subplots(**grid)
    figure.subplots_adjust(left / width, bottom / height, 1 - right / width, 1 - top / height)
    for ax in np.atleast_1d(np.asarray(axes, object)).ravel():
        ax.set_facecolor("none")
        ax.tick_params(colors=INK, labelsize=8)
        ax.spines[:].set_color(INK)
        for label in (ax.xaxis.label, ax.yaxis.label, ax.title):
            label.set_color(INK)
            label.set_fontsize(9)
    return figure, axes


@refuses(ImageError)
def side_by_side(height=2.8, **images):
    """Images (1, H, W, 3) next to each other, each under its keyword as title (underscores become spaces).

    height: of each image in inches; less where all of them would be wider than a page. A title that the table of
    messages holds is shown in the reader's language; so are the names and labels below.
    """
    widths = [image.shape[2] / image.shape[1] for image in images.values()]
    height = min(height, WIDEST / max(sum(widths), 1e-9))  # a page would make all of it smaller, its words too
    figure, axes = new_plot(
        height * sum(widths), height + 0.3, 0, 0, 0.3, 0, ncols=len(images), squeeze=False, width_ratios=widths
    )
    figure.subplots_adjust(wspace=0.03)
    for ax, width, (title, image) in zip(axes[0], widths, images.items(), strict=True):
        ax.imshow(np.clip(image[0], 0, 1))
        title = messages.title(title.replace("_", " "))
        ax.set_title(plain(title), fontsize=min(12, 72 * height * width / (0.66 * max(len(title), 1))))  # em a letter
        ax.set_axis_off()
    return figure


@refuses(ImageError)
def histogram(values, mark=None, label="activation"):
    """How often each value occurs, on a logarithmic count axis; `mark` draws a line at one value."""
    figure, ax = new_plot(4, 2.2)
    ax.hist(np.ravel(values), bins=40, color=COLOURS[0], log=True)
    if mark is not None:
        ax.axvline(mark, color=COLOURS[4], linewidth=2)
    ax.set_xlabel(plain(t(label)))
    ax.set_ylabel(t("count"))
    return figure


@refuses(ImageError)
def loss_curves(history, terms=("total", "style", "content", "total_variation")):
    """A curve for each term over the steps, on a logarithmic axis; history is a list of dicts of floats."""
    figure, ax = new_plot(6.4, 2.6, right=1.55)  # the legend stands there
    for colour, term in zip(COLOURS * 3, terms, strict=False):
        values = np.array([losses.get(term, 0.0) for losses in history], float)
        if (values > 0).any():
            words = term if "/" in term else term.replace("_", " ")  # style/block1_conv1 is a layer's name
            steps = np.arange(1, len(values) + 1)
            ax.plot(steps, np.where(values > 0, values, np.nan), color=colour, label=plain(t(words)))
    ax.set_yscale("log")
    ax.yaxis.set_minor_locator(NullLocator())  # minor ticks would take most of the drawing's time
    ax.set_xlabel(t("step"))
    ax.set_ylabel(t("weighted loss"))
    if ax.lines:
        ax.legend(fontsize=7, frameon=False, labelcolor=INK, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


@refuses(ImageError)
def bars(values, label=""):
    """A horizontal bar for each {name: value}."""
    figure, ax = new_plot(4.5, 0.8 + 0.25 * len(values), left=1.6)
    names = [plain(t(name)) for name in values]
    ax.barh(names, list(values.values()), color=[COLOURS[i % len(COLOURS)] for i in range(len(names))])
    ax.invert_yaxis()
    ax.set_xlabel(plain(t(label)))
    return figure
