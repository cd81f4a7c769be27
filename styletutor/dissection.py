"""One value of a feature map taken apart: patch, kernel, products, bias, ReLU; shown with its numbers.

A convolution's value is ReLU(Σ patch · kernel + bias) (Simonyan and Zisserman 2015, section 2.1; Goodfellow,
Bengio and Courville 2016, "Deep Learning", eq. 9.7), a pooling's the largest or the mean of 2 × 2 values.
"""

import html
from dataclasses import dataclass, field

import matplotlib
import numpy as np

from .backend import keras
from .drawing import MARK
from .errors import LayerError
from .messages import grouped, t


@dataclass(frozen=True, eq=False)
class ConvolutionValue:
    """One value of a convolution layer's feature map and what it is made of.

    patch (3, 3, c_in): the input around the position, zero outside the picture; kernel (3, 3, c_in); bias.
    products_sum = Σ patch · kernel, before_relu = products_sum + bias, value = max(before_relu, 0), computed
    in float64; feature: the same value as the network gave it. input_names: what the input channels are called.
    """

    layer: str
    channel: int
    row: int
    column: int
    patch: np.ndarray = field(repr=False)
    kernel: np.ndarray = field(repr=False)
    bias: float
    products_sum: float
    before_relu: float
    value: float
    feature: float
    input_names: tuple[str, ...] = ()

    @property
    def contributions(self):
        """What each input channel adds to the sum of products: (c_in,)."""
        return (self.patch.astype("float64") * self.kernel).sum((0, 1))

    def strongest_inputs(self, n=4):
        """The numbers of the n input channels that contribute most, either way, strongest first."""
        return [int(i) for i in np.argsort(-np.abs(self.contributions), kind="stable")[:n]]

    def __str__(self):
        return t(
            "{layer}, channel {channel}, row {row}, column {column}: Σ of {size:,} products {products} + bias "
            "{bias} = {before}, ReLU → {value}; the feature map says {feature}",
            layer=self.layer, channel=self.channel, row=self.row, column=self.column, size=self.patch.size,
            products=short(self.products_sum), bias=short(self.bias), before=short(self.before_relu),
            value=short(self.value), feature=short(self.feature),
        )

    def _repr_html_(self):
        shown, parts = self.strongest_inputs(), self.contributions
        ends = [np.abs(a[..., shown]).max() for a in (self.patch, self.kernel, self.patch * self.kernel)]
        rest, n = parts.sum() - parts[shown].sum(), len(parts) - len(shown)
        digits = decimals(max(np.abs(parts).max(), abs(self.products_sum), abs(self.bias)), 4)
        cards = "".join(self._card(i, ends, fixed(parts[i], digits)) for i in shown)
        terms = " + ".join([_term(parts[i], digits) for i in shown] + [_term(rest, digits)] * (n > 0))
        others = t(" (last: the other {n} input channels)", n=n) if n else ""
        total, before = fixed(self.products_sum, digits), fixed(self.before_relu, digits)
        result, feature = fixed(self.value, digits), fixed(self.feature, digits)
        return (
            _heading(self, t(
                "3 × 3 × {channels} inputs; the {shown} input channels that count most", channels=len(parts),
                shown=len(shown),
            ))
            + f"<div style='display:flex;flex-wrap:wrap;gap:6px 22px'>{cards}</div>"
            + _line(t("Sum of products: {terms} = <b>{total}</b>{others}", terms=terms, total=total, others=others))
            + _line(t(
                "{total} + bias {bias} = <b>{before}</b> → ReLU → {end}", total=total, bias=_term(self.bias, digits),
                before=before, end=_result(result, feature),
            ))
        )

    def _card(self, i, ends, total):
        patch, kernel = self.patch[..., i], self.kernel[..., i]
        name = self.input_names[i] if self.input_names else t("input channel {i}", i=i)
        grids = (
            _grid(patch, ends[0], name, "RdBu_r" if self.patch.min() < 0 else "viridis"),
            _grid(kernel, ends[1], t("kernel")),
            _grid(patch * kernel, ends[2], t("products, Σ = {total}", total=total)),
        )
        return "<div style='display:flex;align-items:center;gap:5px'>{}<b>×</b>{}<b>=</b>{}</div>".format(*grids)


@dataclass(frozen=True, eq=False)
class PoolingValue:
    """One value of a pooling layer: patch (2, 2) of the same channel, and its largest value or its mean.

    kind is "max pooling" or "average pooling"; feature: the same value as the network gave it.
    """

    layer: str
    kind: str
    channel: int
    row: int
    column: int
    patch: np.ndarray
    value: float
    feature: float

    def __str__(self):
        how = t("the largest") if self.kind == "max pooling" else t("the mean")
        numbers = ", ".join(short(x) for x in self.patch.ravel())
        return t(
            "{layer}, channel {channel}, row {row}, column {column}: {how} of {numbers} is {value}; the feature "
            "map says {feature}",
            layer=self.layer, channel=self.channel, row=self.row, column=self.column, how=how, numbers=numbers,
            value=short(self.value), feature=short(self.feature),
        )

    def _repr_html_(self):
        how = t("the largest of the four") if self.kind == "max pooling" else t("the mean of the four")
        end = np.abs(self.patch).max()
        result = _result(*(fixed(x, decimals(end, 4)) for x in (self.value, self.feature)))
        return (
            _heading(self, t("2 × 2 inputs of the same channel, {kind}", kind=t(self.kind)))
            + "<div style='display:flex;align-items:center;gap:10px'>"
            + _grid(self.patch, end, t("input channel {channel}", channel=self.channel), "viridis")
            + f"<span>→ {how} → {result}</span></div>"
        )


def dissect(layer, inputs, features, channel, row, column, input_names=()):
    """Take apart one value of a Keras layer's features (1, h, w, c), given the layer's inputs (1, h', w', c_in).

    Raises LayerError for a channel or position outside of the features.
    """
    height, width, channels = features.shape[1:]
    for what, index, size in ((t("channel"), channel, channels), (t("row"), row, height), (t("column"), column, width)):
        if not 0 <= index < size:
            raise LayerError(t(
                "{name} has no {what} {index} here: expected 0 to {last}.", name=layer.name, what=what, index=index,
                last=size - 1,
            ))
    at = layer.name, int(channel), int(row), int(column)
    feature = float(features[0, row, column, channel])
    if not isinstance(layer, keras.layers.Conv2D):
        return _dissect_pooling(layer, inputs, feature, *at[1:])
    kernels, biases = layer.get_weights()
    padded = np.pad(inputs[0], ((1, 1), (1, 1), (0, 0)))
    patch, kernel, bias = padded[row : row + 3, column : column + 3], kernels[..., channel], float(biases[channel])
    total = float((patch.astype("float64") * kernel).sum())
    return ConvolutionValue(*at, patch, kernel, bias, total, total + bias, max(total + bias, 0.0), feature, input_names)


def _dissect_pooling(layer, inputs, feature, channel, row, column):
    patch = inputs[0, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2, channel]
    largest = isinstance(layer, keras.layers.MaxPooling2D)
    kind, value = ("max pooling", patch.max()) if largest else ("average pooling", patch.mean(dtype="float64"))
    return PoolingValue(layer.name, kind, channel, row, column, patch, float(value), feature)


def short(number):
    """A number in about three digits, with a real minus sign."""
    size = abs(number)
    form = ".3g" if size == 0 or 1e-3 <= size < 999.5 else ",.0f" if 1 < size < 1e6 else ".1e"
    return grouped(number, form).replace("-", "−")


def decimals(largest, digits=3):
    """How many decimals give a number of this size that many digits; at most 6."""
    return 0 if largest == 0 else int(np.clip(digits - 1 - np.floor(np.log10(largest)), 0, 6))


def fixed(number, places):
    """A number with that many decimals, with a real minus sign and no negative zero."""
    return grouped(round(float(number), places) + 0.0, f",.{places}f").replace("-", "−")


def _term(number, places):
    """The same, a negative one in brackets, to stand in a sum."""
    text = fixed(number, places)
    return f"({text})" if text.startswith("−") else text


def _grid(values, end, caption, colours="RdBu_r"):
    """A table of numbers on a heat map's colours: RdBu_r from −end over white to end, or viridis from 0 to end."""
    low = -end if colours == "RdBu_r" else 0
    cells = matplotlib.colormaps[colours]((values - low) / max(end - low, 1e-12))[..., :3]
    texts = [[fixed(x, decimals(end)) for x in line] for line in values]
    rows = ("".join(map(_cell, *pair)) for pair in zip(texts, cells, strict=True))
    head = f"<caption style='caption-side:top;font-size:11px;white-space:nowrap'>{html.escape(caption)}</caption>"
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table style='border-collapse:separate;border-spacing:1px'>{head}{body}</table>"


def _cell(text, colour):
    ink = "#000" if colour @ (0.299, 0.587, 0.114) > 0.5 else "#fff"
    back = "#" + "".join(f"{round(255 * c):02x}" for c in colour)
    return (
        f"<td style='background:{back};color:{ink};min-width:42px;padding:2px 1px;text-align:center;"
        f"font-size:11px;line-height:1.35;white-space:nowrap'>{text}</td>"
    )


def _heading(value, text):
    where = t(
        "{layer}, channel {channel}, row {row}, column {column}", layer=value.layer, channel=value.channel,
        row=value.row, column=value.column,
    )
    return _line(f"<b>{t('One value taken apart')}</b>: {html.escape(where)}; {text}")


def _line(text):
    return f"<div style='margin:3px 0;line-height:1.5'>{text}</div>"


def _result(value, feature):
    value = f"<b style='border:2px solid {MARK};padding:0 6px'>{value}</b>"
    return t("{value}; the feature map says {feature}", value=value, feature=feature)
