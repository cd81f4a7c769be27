"""What LayerPanel shows: a picture with its caption for each part of it."""

from dataclasses import dataclass

from .. import drawing, inspection, plots
from ..messages import t


@dataclass(frozen=True)
class View:
    """What was chosen: an Inspection, and in it a layer, a channel, a position (row, column), ways of showing."""

    look: inspection.Inspection
    layer: str
    channel: int
    order: tuple[int, ...]
    at: tuple[int, int]
    all_channels: bool
    same_scale: bool

    @property
    def features(self):
        """The layer's output (1, h, w, c)."""
        return self.look.outputs[self.layer]

    @property
    def feature_map(self):
        """The channel's feature map (h, w)."""
        return self.features[0, ..., self.channel]

    @property
    def value(self):
        """The activation at the position."""
        return float(self.feature_map[self.at])


def map_picture(view):
    """(PNG, caption) of the feature map, or of all channels' maps."""
    return (_all_maps if view.all_channels else _one_map)(view)


def _one_map(view):
    scale = view.look.statistics(view.layer) if view.same_scale else inspection.statistics(view.feature_map)
    low, high = scale.minimum, scale.maximum
    height, width = view.feature_map.shape
    return drawing.png(drawing.heat_map(view.feature_map, mark=view.at, low=low, high=high)), (t(
        "Feature map of channel {channel} of {layer}: {height} × {width} values; colours from {low:.4g} (dark) to "
        "{high:.4g} (bright). The framed value, row {row}, column {column}: {value:.4g}.",
        channel=view.channel, layer=view.layer, height=height, width=width, low=low, high=high, row=view.at[0],
        column=view.at[1], value=view.value,
    ))


def _all_maps(view):
    sheet = drawing.contact_sheet(view.features[0], view.order, view.channel, shared=view.same_scale)
    largest = view.look.statistics(view.layer).maximum
    one, own = t("one colour scale up to {largest:.4g}", largest=largest), t("each on its own colour scale")
    colours = one if view.same_scale else own
    return drawing.png(sheet), (t(
        "The feature maps of all {count} channels of {layer}, {colours}. Framed: channel {channel}, whose mean "
        "activation is {mean:.4g}.",
        count=len(view.order), layer=view.layer, colours=colours, channel=view.channel,
        mean=view.feature_map.mean(),
    ))


def photo_picture(view):
    """(image, caption) of the photograph with the receptive field of the value framed."""
    image, rectangle = view.look.image, view.look.receptive_field(view.layer, *view.at)
    top, left, bottom, right = rectangle
    height, width = image.shape[1:3]
    share = 100 * (bottom - top) * (right - left) / (height * width)
    return inspection.receptive_field_overlay(image, rectangle), (t(
        "The receptive field of the framed value: rows {top} to {bottom}, columns {left} to {right} of the "
        "{height} × {width} picture, {share:.3g} % of it.",
        top=top, bottom=bottom - 1, left=left, right=right - 1, height=height, width=width, share=share,
    ))


def field_picture(view):
    """(image, caption) of the receptive field alone, enlarged."""
    crop = inspection.receptive_field_crop(view.look.image, view.look.receptive_field(view.layer, *view.at))
    return plots.enlarge(crop, 256), t(
        "All that the value sees: {height} × {width} pixels.", height=crop.shape[1], width=crop.shape[2],
    )


def histogram_picture(view):
    """(PNG, caption) of the histogram of the channel's activations, the value marked."""
    values = view.feature_map
    return drawing.png(drawing.histogram(values, view.value)), (t(
        "The {count:,} activations of channel {channel}, counts on a logarithmic axis. The line: {value:.4g}; "
        "{smaller:,} are smaller.",
        count=values.size, channel=view.channel, value=view.value, smaller=(values < view.value).sum(),
    ))


def top5_picture(classes):
    """(figure, caption) of [(class, probability)]."""
    names = ", ".join(f"{name.replace('_', ' ')} {100 * share:.1f} %" for name, share in classes)
    return plots.bars(dict(classes), "probability"), t(
        "ImageNet's classifier sees in this picture: {names}.", names=names,
    )


def statistics_text(view, compare_with=None):
    """The statistics of the layer's output and of the channel as text; compare_with: another Inspection beside."""
    table = {view.layer: view.look.statistics(view.layer)}
    table[t("channel {channel}", channel=view.channel)] = inspection.statistics(view.feature_map)
    if compare_with is not None:
        table[t("{layer}, not skipped", layer=view.layer)] = compare_with.statistics(view.layer)
    return str(inspection.OutputTable(table))
