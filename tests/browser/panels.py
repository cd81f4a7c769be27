"""Every public panel in one notebook, and how each is tried in a browser. A new panel is one more line of PANELS."""

from dataclasses import dataclass

import nbformat


@dataclass(frozen=True)
class Trial:
    """What makes a panel; a slider's label and a number to type into it; a function that its callback calls."""

    code: str
    slider: str
    typed: str
    calls: str


PANELS = {
    "ContentPanel": Trial(
        "ContentPanel(network, photo, max_dim=64, steps=20)", "Noise at the start", "0.3",
        "styletutor.reconstruction.LayerTarget",
    ),
    "FastPanel": Trial(
        'FastPanel(st.fast.FastNetwork(("swirls", "mosaic")), max_dim=64)', "Strength", "0.3", "styletutor.fast.stylize"
    ),
    "FrequencyPanel": Trial("FrequencyPanel(photo)", "Blur radius", "2.5", "styletutor.frequency.recipes.blur"),
    "GramPanel": Trial("GramPanel(network, photo)", "Channel c", "7", "styletutor.texture.channel_product"),
    "ImagePanel": Trial("ImagePanel(photo)", "Brightness", "0.2", "styletutor.pixels.brighten"),
    "LayerPanel": Trial(
        "LayerPanel(network, photo)", "Channel", "9", "styletutor.panels.layer_pictures.map_picture"
    ),
    "OptimizerPanel": Trial(
        "OptimizerPanel(network, max_dim=64)", "Its factor", "10", "styletutor.comparison.gradient_shares"
    ),
    "PicturesPanel": Trial("PicturesPanel(max_dim=96)", "Size", "160", "styletutor.gallery.load"),
    "StyleStudio": Trial(
        "StyleStudio(settings=st.Settings(max_dim=64))", "Style weight", "500", "styletutor.charts.bar_chart"
    ),
}  # fmt: skip
BEGINNING = """import styletutor as st

network, photo = st.load_vgg19("embedded"), st.gallery.load("coffee", 256)"""


def write_notebook(path, kernel, names=PANELS):
    """A notebook with a cell that imports and then a cell a panel; a panel's variable is its name in lower case."""
    cells = [nbformat.v4.new_code_cell(BEGINNING)]
    for name in names:
        variable = name.lower()
        cells.append(nbformat.v4.new_code_cell(f"{variable} = st.panels.{PANELS[name].code}\n{variable}"))
    metadata = {"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), path)
