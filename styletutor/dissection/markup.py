"""Dissected values as HTML, with their numbers in small tables on a heat map's colours."""

import html

import matplotlib
import numpy as np

from ..drawing import MARK
from ..messages import grouped, t


def convolution(value):
    """A ConvolutionValue: the input channels that count most, each patch × kernel, then the sum, the bias and ReLU."""
    shown, parts = value.strongest_inputs(), value.contributions
    ends = [np.abs(a[..., shown]).max() for a in (value.patch, value.kernel, value.patch * value.kernel)]
    rest, n = parts.sum() - parts[shown].sum(), len(parts) - len(shown)
    digits = decimals(max(np.abs(parts).max(), abs(value.products_sum), abs(value.bias)), 4)
    cards = "".join(_card(value, i, ends, fixed(parts[i], digits)) for i in shown)
    terms = " + ".join([_term(parts[i], digits) for i in shown] + [_term(rest, digits)] * (n > 0))
    others = t(" (last: the other {n} input channels)", n=n) if n else ""
    total, before = fixed(value.products_sum, digits), fixed(value.before_relu, digits)
    result, feature = fixed(value.value, digits), fixed(value.feature, digits)
    return (
        _heading(value, t(
            "3 × 3 × {channels} inputs; the {shown} input channels that count most", channels=len(parts),
            shown=len(shown),
        ))
        + f"<div style='display:flex;flex-wrap:wrap;gap:6px 22px'>{cards}</div>"
        + _line(t("Sum of products: {terms} = <b>{total}</b>{others}", terms=terms, total=total, others=others))
        + _line(t(
            "{total} + bias {bias} = <b>{before}</b> → ReLU → {end}", total=total, bias=_term(value.bias, digits),
            before=before, end=_result(result, feature),
        ))
    )


def pooling(value):
    """A PoolingValue: its four inputs, and what becomes of them."""
    how = t("the largest of the four") if value.kind == "max pooling" else t("the mean of the four")
    end = np.abs(value.patch).max()
    result = _result(*(fixed(x, decimals(end, 4)) for x in (value.value, value.feature)))
    return (
        _heading(value, t("2 × 2 inputs of the same channel, {kind}", kind=t(value.kind)))
        + "<div style='display:flex;align-items:center;gap:10px'>"
        + _grid(value.patch, end, t("input channel {channel}", channel=value.channel), "viridis")
        + f"<span>→ {how} → {result}</span></div>"
    )


def _card(value, i, ends, total):
    patch, kernel = value.patch[..., i], value.kernel[..., i]
    name = value.input_names[i] if value.input_names else t("input channel {i}", i=i)
    grids = (
        _grid(patch, ends[0], name, "RdBu_r" if value.patch.min() < 0 else "viridis"),
        _grid(kernel, ends[1], t("kernel")),
        _grid(patch * kernel, ends[2], t("products, Σ = {total}", total=total)),
    )
    return "<div style='display:flex;align-items:center;gap:5px'>{}<b>×</b>{}<b>=</b>{}</div>".format(*grids)


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
