"""GramPanel: a Gram matrix's entry taken apart, two pictures' matrices compared, what a shuffle keeps."""

from functools import lru_cache

import ipywidgets as widgets
import numpy as np

from .. import gallery, images, texture
from ..errors import SettingsError, refuses
from ..messages import grouped, mark, t
from ..vgg19 import load_vgg19
from . import gram_pictures
from .base import Panel
from .controls import button, checkbox, dropdown, slider
from .layout import beside, column, row

SAME = mark("the same")
LABEL = "140px"  # the width of the first column's labels
DECADES = 3  # powers of ten on the logarithmic heat maps
GRAMS = ("gram_1", "gram_2", "difference")
MAPS_1, MAPS_2 = (tuple(f"{kind}_{i}" for kind in ("picture", "map_c", "map_d", "product")) for i in (1, 2))
SHUFFLES = [
    ("nothing", "nothing"),
    (mark("positions of the features"), "positions"),
    (mark("pixels of the picture"), "pixels"),
    (mark("tiles of the picture"), "tiles"),
]
VERDICTS = {
    "nothing": mark("Nothing is shuffled."),
    "positions": mark("Positions are shuffled, in all channels alike: the same products, summed in another order."),
    "pixels": mark("Pixels are shuffled before the network: convolutions see other neighbours, features differ."),
    "tiles": mark("Tiles are shuffled before the network: features that see across a tile's edge differ."),
    "raw": mark("Pixels change places, each with its red, green and blue: the same products in another order."),
}


class GramPanel(Panel):
    """The Gram matrix of a layer: take an entry apart, compare two pictures, shuffle and see what stays.

    network: from `load_vgg19`; None loads "auto". image: what `load_image` takes, shown at up to max_dim
    pixels; None is the gallery's first style. layer: the one to begin with.
    Raises LayerError, ImageError, WeightsError.
    """

    @refuses(SettingsError)
    def __init__(self, network=None, image=None, layer="block2_conv1", max_dim=256):
        super().__init__()
        self.network, self.max_dim = network or load_vgg19(), max_dim
        self.image = self._load(gallery.styles()[0]) if image is None else images.load_image(image, max_dim)
        self.plain = lru_cache(maxsize=4)(self._plain)
        self.shuffled = lru_cache(maxsize=4)(self._shuffled)
        self.plain(SAME, layer)  # raises for an unknown layer or a picture that is too small
        self._add_controls(layer)
        self._add_pictures()
        self.link(self._go_to_strongest, "layer", "strongest")
        self.link(self._draw, "c", "d", "log", "second", "shuffle", "tile", "seed")
        self._lay_out()
        self._go_to_strongest()

    def _add_controls(self, layer):
        self.add("layer", dropdown(
            "Layer", texture.layers(self.network), layer, "Whose features: a layer's or the picture's colours"
        ))
        self.add("c", slider("Channel c", 0, 0, 1, "The first channel: a row of the Gram matrix"))
        self.add("d", slider("Channel d", 1, 0, 1, "The second channel: a column of the Gram matrix"))
        self.add("strongest", button(
            "Strongest pair", "Go to the first picture's largest entry off the diagonal", "crosshairs"
        ))
        self.add("log", checkbox("Logarithmic colours", True, "Colours follow the entries' powers of ten"))
        self.add("second", dropdown(
            "Second picture", [SAME, *gallery.names()], SAME, "What the first picture is compared with"
        ))
        self.add("shuffle", dropdown(
            "Shuffle in it", SHUFFLES, "nothing", "What changes places in the second picture or its features"
        ))
        self.add("tile", widgets.SelectionSlider(
            options=[2, 4, 8, 16, 32], value=16, description=t("Tile (px)"),
            tooltip=t("The side of the tiles that are shuffled"), layout=widgets.Layout(width="340px"),
        ))
        self.add("seed", slider("Shuffle number", 0, 0, 99, "Each number is another way to shuffle"))
        for name in ("layer", "c", "d"):
            self.controls[name].style.description_width = LABEL
        self.controls["strongest"].layout.margin = f"2px 8px 2px {LABEL}"
        self.controls["log"].layout.width = "auto"

    def _add_pictures(self):
        for names, height, width in ((GRAMS, 200, 262), (MAPS_1 + MAPS_2, 140, 190)):
            for name in names:
                picture = self.picture(name, height, width)
                picture.caption.layout.height = "66px"

    def _lay_out(self):
        box, shown = self.controls, self.pictures
        self.readout.layout.margin = "0 0 12px 0"
        self.compose(
            (
                column(box["layer"], box["c"], box["d"], row(box["strongest"], box["log"])),
                column(box["second"], box["shuffle"], box["tile"], box["seed"]),
            ),
            beside(*(shown[name] for name in GRAMS)),
            (self.readout,),
            beside(*(shown[name] for name in MAPS_1)),
            beside(*(shown[name] for name in MAPS_2)),
        )

    def _load(self, name):
        return gallery.load(name, self.max_dim)

    def _plain(self, name, layer):
        return texture.layer_style(self.image if name == SAME else self._load(name), layer, self.network)

    def _shuffled(self, name, layer, shuffle, seed, tile):
        return texture.shuffle_style(self.plain(name, layer), shuffle, seed, tile, self.network)

    def _go_to_strongest(self):
        gram = self.plain(SAME, self.controls["layer"].value).gram
        with self.quietly():
            for name, channel in zip("cd", texture.strongest_pair(gram), strict=True):
                self.controls[name].max = len(gram) - 1
                self.controls[name].value = channel
        self._draw()

    def _draw(self):
        if self.quiet:
            return
        value = {name: control.value for name, control in self.controls.items() if hasattr(control, "value")}
        layer, shuffle, pair = value["layer"], value["shuffle"], (value["c"], value["d"])
        self.controls["tile"].disabled = shuffle != "tiles"
        self.controls["seed"].disabled = shuffle == "nothing"
        first = self.plain(SAME, layer)
        second = self.shuffled(value["second"], layer, shuffle, value["seed"], value["tile"])
        products = [texture.channel_product(style.features, *pair) for style in (first, second)]
        self._draw_grams(first.gram, second.gram, pair)
        self._draw_picture(1, first, products[0], "nothing")
        self._draw_picture(2, second, products[1], shuffle)
        for number in (1, 2):
            self._draw_maps(number, products, pair)
        self._tell((first, second), products, pair, shuffle)

    def _draw_grams(self, first, second, pair):
        decades = DECADES if self.controls["log"].value else None
        top = float(max(first.max(), second.max()))
        low, log = (f"≤ {short(top / 10**decades, 2)}", t(", logarithmic")) if decades else ("0", "")
        for number, gram in enumerate((first, second), 1):
            self.pictures[f"gram_{number}"].show(
                gram_pictures.gram_map(gram, top, decades, pair),
                t(
                    "Gram matrix of picture {number}, {size} × {size}: dark {low}, yellow {top}{log}. Framed: G[{c}, "
                    "{d}] = {value}",
                    number=number, size=len(gram), low=low, top=short(top), log=log, c=pair[0], d=pair[1],
                    value=short(gram[pair], 4),
                ),
            )
        self.pictures["difference"].show(
            gram_pictures.difference_map(second - first, top, decades, pair),
            t(
                "Matrix 2 − matrix 1, relative distance {distance}: white {low}, dark red {top}, dark blue "
                "−{top}{log}. Framed: {value}",
                distance=short(texture.style_distance(second, first)), low=low, top=short(top), log=log,
                value=short(second[pair] - first[pair]),
            ),
        )

    def _draw_picture(self, number, style, product, shuffle):
        image, seen = style.image, t("framed is what the strongest position sees")
        if shuffle == "positions" and style.layer != texture.PICTURE:
            seen = t("its features are shuffled: a position no longer tells where in it they come from")
        elif not product.product.any():
            seen = t("nowhere in it are both channels active")
        else:
            box = texture.seen_by(self.network, style.layer, *product.strongest, *image.shape[1:3])
            image = gram_pictures.framed(image, box)
        self.pictures[f"picture_{number}"].show(image, t(
            "Picture {number}; {seen}", number=number, seen=seen,
        ), photo=True)

    def _draw_maps(self, number, products, pair):
        product = products[number - 1]
        for name, channel in zip(("map_c", "map_d"), pair, strict=True):
            values, top = getattr(product, name), max(getattr(p, name).max() for p in products)
            self.pictures[f"{name}_{number}"].show(
                gram_pictures.feature_map(values, top),
                t(
                    "Feature map of channel {channel}: mean {mean}, largest {largest}", channel=channel,
                    mean=short(values.mean()), largest=short(values.max()),
                ),
            )
        self.pictures[f"product_{number}"].show(
            gram_pictures.product_map(product.product, max(p.product.max() for p in products)),
            t(
                "Their product: mean {mean} = G[{c}, {d}], largest {largest} at row {row}, column {column}",
                mean=short(product.value, 4), c=pair[0], d=pair[1], largest=short(product.product.max()),
                row=product.strongest[0], column=product.strongest[1],
            ),
        )

    def _tell(self, styles, products, pair, shuffle):
        first, second = styles
        lines = [
            t(
                "G[{c}, {d}] of picture {number}: {entry} in the matrix, {mean} as the mean of {count:,} products.",
                c=pair[0], d=pair[1], number=number, entry=short(style.gram[pair], 5), mean=short(product.value, 5),
                count=product.product.size,
            )
            for number, style, product in zip((1, 2), styles, products, strict=True)
        ]
        mean, relative = (texture.style_distance(second.gram, first.gram, kind) for kind in (False, True))
        zero = t(" (zero but for rounding)") if 0 < relative < 1e-9 else ""
        lines.append(t(
            "Style distance of picture 2 from 1: mean squared {mean}, relative ‖G₂ − G₁‖² / ‖G₁‖² = "
            "{relative}{zero}.",
            mean=short(mean), relative=short(relative), zero=zero,
        ))
        raw = first.layer == texture.PICTURE and shuffle != "nothing"
        self.say("\n".join([*lines, t(VERDICTS["raw" if raw else shuffle])]))


def short(number, digits=3):
    """A number in so many digits, as 12,345 rather than 1.23e+04, with a real minus sign."""
    if number == 0:
        return "0"
    power = int(np.floor(np.log10(abs(float(number)))))
    form = f",.{max(0, digits - 1 - power)}f" if -4 <= power < 7 else f".{digits - 1}e"
    return grouped(float(number), form).replace("-", "−")
