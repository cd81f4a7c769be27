"""How widgets stand in a panel: in rows that wrap, side by side, below each other."""

import html

import ipywidgets as widgets

from ..messages import t
from .controls import label

SLIDERS = (widgets.IntSlider, widgets.FloatSlider, widgets.FloatLogSlider, widgets.SelectionSlider)
LABELLED = (*SLIDERS, widgets.Dropdown, widgets.SelectMultiple, widgets.Text)
PHOTOS = "<style>.styletutor-photos>*>img{aspect-ratio:3/2;height:auto!important}</style>"  # no Layout says it


def row(*children):
    """Widgets beside each other, wrapping on a narrow page."""
    return widgets.HBox(children, layout=widgets.Layout(flex_flow="row wrap", align_items="flex-start"))


def beside(*pictures):
    """Pictures that stay beside each other: at most as wide as their captions, narrower on a narrow page."""
    for picture in pictures:
        picture.image.layout.width, picture.image.layout.object_position = "100%", "left bottom"
        picture.layout.flex, picture.layout.max_width = f"{picture.width} 1 0%", f"{picture.width}px"
    together = row(*pictures)
    together.layout.flex_flow = "row nowrap"
    return together


def photos_beside(*pictures):
    """Pictures beside each other in places of 3 : 2, which are lower too where they are narrower: no empty space."""
    together = beside(*pictures)
    together.children += (widgets.HTML(PHOTOS, layout=widgets.Layout(display="none")),)
    return together.add_class("styletutor-photos")


def column(*children):
    """Widgets below each other, their labels of one width, with room for a dropdown's longest option and to drag."""
    labelled = [c for c in children if isinstance(c, LABELLED) and c.style.description_width == "initial"]
    width = 2 + 0.85 * max((len(label(c)) for c in labelled), default=0)  # in ch; letters are narrower than digits
    for control in labelled:
        control.style.description_width = f"{width:.1f}ch"
        if isinstance(control, widgets.Dropdown):
            longest = 0.85 * max(map(len, dict(control.options)), default=0)
            control.layout.min_width = f"{width + longest + 6:.1f}ch"  # 6: the arrow, and the space around the text
            control.layout.max_width = "100%"
        elif isinstance(control, SLIDERS):
            control.layout.min_width = f"calc({width:.1f}ch + 170px)"  # half of it for the number
    return widgets.VBox(children, layout=widgets.Layout(margin="0 12px 0 0"))


def heading(text):
    """A line in bold above controls."""
    return widgets.HTML(f"<b>{html.escape(t(text))}</b>")
