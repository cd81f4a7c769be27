"""LayerPanel: look inside the network, one layer, one channel, one value at a time."""

import ipywidgets as widgets

from .. import gallery, images, inspection, vgg19
from ..errors import SettingsError, refuses
from ..messages import t
from . import layer_pictures as pictures
from .base import Panel
from .controls import button, checkbox, dropdown, slider
from .layout import column, row


class LayerPanel(Panel):
    """Pick a layer, a channel and a position: see the feature map, what it sees of the picture, and its making.

    network: from `load_vgg19`; None loads "auto". image: (1, H, W, 3), or whatever `load_image` takes; None is
    a picture of the gallery. Its longer side is at most max_dim pixels. Raises ImageError, WeightsError.
    """

    @refuses(SettingsError)
    def __init__(self, network=None, image=None, max_dim=256):
        super().__init__()
        self.network = network or vgg19.load_vgg19()
        self.image = gallery.load("chelsea", max_dim) if image is None else images.load_image(image, max_dim)
        images.check_size(self.image)
        self._looks = {}
        self._spot = 0.5, 0.5  # the position as a share of height and width: the same place in every layer
        self._make_controls()
        self._make_pictures()
        self._follow_layer()
        self.controls["channel"].value = inspection.strongest_channels(self._features, 1)[0]
        self._go_to_strongest()
        self._link()
        self._arrange()

    @property
    def inspection(self):
        """The Inspection that is shown: with preprocess_input, or without where that box is ticked."""
        return self._look(not self.controls["skip_preprocess"].value)

    @property
    def view(self):
        """What the controls say, as a View."""
        order = self._order()
        return pictures.View(
            self.inspection, self.controls["layer"].value, order[self.controls["channel"].value], order,
            (self.controls["row"].value, self.controls["column"].value),
            self.controls["all_channels"].value, self.controls["same_scale"].value,
        )

    def _make_controls(self):
        names = vgg19.layer_names(self.network)
        self.add("layer", dropdown("Layer", names, names[3], "The layer of VGG19 whose output you see"))
        self.add("channel", slider("Channel", 0, 0, 1, "Which of the layer's feature maps you see"))
        self.add("row", slider("Row", 0, 0, 1, "Row of the framed value in the feature map, counted from the top"))
        self.add("column", slider("Column", 0, 0, 1, "Column of the framed value, counted from the left"))
        for control in self.controls.values():
            control.style.description_width, control.layout.width = "64px", "304px"
        self.add("all_channels", checkbox(
            "all channels at once", False, "Show the feature maps of all channels of the layer, the chosen one framed"
        ))
        self.add("sort", checkbox(
            "strongest channel first", False, "Order the channels by their mean activation, the largest first"
        ))
        self.add("same_scale", checkbox(
            "one colour scale for all channels", False,
            "The same colours for the same values in all channels of the layer, so that they can be compared",
        ))
        self.add("skip_preprocess", checkbox(
            "skip preprocess_input (a trap)", False,
            "Feed the picture × 255 as RGB, as TensorFlow's tutorial does; VGG19 expects BGR minus a mean colour",
        ))
        self.add("strongest", button(
            "Strongest place", "Go to the largest value of this feature map: where the channel responds most",
            "crosshairs",
        ))
        self.add("top5", button(
            "Top 5", "What ImageNet's classifier sees in the picture; its weights must be on this machine", "list-ol"
        ))

    def _make_pictures(self):
        shape = self.image.shape[1] / self.image.shape[2]  # height by width
        for name, height, width, lines in (
            ("map", min(400, 460 * shape), 460, 2),
            ("photo", min(240, 300 * shape), 300, 3),
            ("field", 160, 140, 2),
            ("histogram", 160, 301, 3),
            ("top5", 160, 420, 2),
        ):
            picture = self.picture(name, round(height), width)
            picture.layout.width = f"{width + 4}px"  # neither may move what stands beside or below
            picture.caption.layout.min_height = f"{18 * lines}px"
        self.pictures["top5"].layout.display = "none"
        self.readout.layout.min_height = "72px"
        self.taken_apart = widgets.HTML(layout=widgets.Layout(min_height="290px"))

    def _link(self):
        self.link(self._draw, "channel", "all_channels", "same_scale", "skip_preprocess")
        self.link(self._change_layer, "layer")
        self.link(self._change_order, "sort")
        self.link(self._change_position, "row", "column")
        self.link(self._go_to_strongest, "strongest")
        self.link(self._show_top5, "top5")

    def _arrange(self):
        *controls, strongest, top5 = self.controls.values()
        shown = self.pictures
        left = column(*controls, row(strongest, top5), shown["photo"])
        right = column(shown["map"], self.readout, row(shown["field"], shown["histogram"]), shown["top5"])
        self.children = [self.alert, row(left, right), self.taken_apart]

    def _look(self, preprocess):
        if preprocess not in self._looks:
            self._looks[preprocess] = inspection.Inspection(self.network, self.image, preprocess)
        return self._looks[preprocess]

    @property
    def _features(self):
        return self.inspection.outputs[self.controls["layer"].value]

    def _order(self):
        if self.controls["sort"].value:
            return tuple(inspection.strongest_channels(self._features))
        return tuple(range(self._features.shape[-1]))

    def _change_layer(self):
        self._follow_layer()
        self._draw()

    def _change_order(self):
        self.controls["channel"].description = t("Rank") if self.controls["sort"].value else t("Channel")
        self._draw()

    def _change_position(self):
        if not self.quiet:
            height, width = self._features.shape[1:3]
            self._spot = (self.controls["row"].value + 0.5) / height, (self.controls["column"].value + 0.5) / width
            self._draw()

    def _go_to_strongest(self):
        with self.quietly():
            place = inspection.strongest_place(self.view.feature_map)
            self.controls["row"].value, self.controls["column"].value = place
        self._change_position()

    def _follow_layer(self):
        """Fit the sliders to the layer and stay at the same spot of the picture."""
        height, width, channels = self._features.shape[1:]
        with self.quietly():
            self.controls["channel"].max = channels - 1
            for name, size, share in (("row", height, self._spot[0]), ("column", width, self._spot[1])):
                self.controls[name].max = size - 1
                self.controls[name].value = int(share * size)

    def _draw(self):
        if self.quiet:
            return
        view = self.view
        self.pictures["map"].show(*pictures.map_picture(view))
        self.pictures["photo"].show(*pictures.photo_picture(view), photo=True)
        self.pictures["field"].show(*pictures.field_picture(view), photo=True)
        self.pictures["histogram"].show(*pictures.histogram_picture(view))
        skipped = self.controls["skip_preprocess"].value
        self.say(pictures.statistics_text(view, self._look(True) if skipped else None))
        self.taken_apart.value = view.look.take_apart(view.layer, view.channel, *view.at)._repr_html_()

    def _show_top5(self):
        press = self.controls["top5"]
        press.disabled = True
        try:
            self.pictures["top5"].show(*pictures.top5_picture(vgg19.predict_top5(self.image)))
            self.pictures["top5"].layout.display = None
        finally:
            press.disabled = False
