"""How well a network transfers style: distances under the teacher's features, over pairs of pictures.

`python -m styletutor.pretrain.measure --teacher PATH --contents a.jpg b.jpg --styles c.jpg` prints a table and
saves a contact sheet. The teacher optimises the very features that it judges by; `--judge imagenet` asks VGG19.
"""

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from ..backend import keras
from ..errors import StyleTutorError
from ..images import to_pil
from . import publish, teacher

STYLE, CONTENT = ("aux1", "aux2", "aux3"), "aux4"


@dataclass(frozen=True)
class Distances:
    """style: 0 is the style picture, 1 the content picture; content: 0 is the content picture."""

    style: float
    content: float


class Judge:
    """Measures results with the features of a teacher: of VGG19, or what an encoder's heads make of its own."""

    def __init__(self, path):
        self.model = teacher.load(path)
        known = self.model.output
        self.style_features = [name for name in STYLE if name in known] or [f"block{b}_conv1" for b in (1, 2, 3)]
        self.content_feature = CONTENT if CONTENT in known else "block4_conv1"

    def __call__(self, result, content, style):
        """Distances of a result, all images (1, h, w, 3), result and content of one size.

        style is Σ_l ‖G_l(result) - G_l(style)‖² / ‖G_l(style)‖² over relu1_1 … relu3_1, divided by the same
        for the content picture; content is ‖F(result) - F(content)‖² / ‖F(content)‖² at relu4_1.
        """
        seen = [self._see(image) for image in (result, content, style)]
        far = [self._style(features, seen[2]) for features in seen[:2]]
        held = seen[1][self.content_feature]
        lost = float(np.sum((seen[0][self.content_feature] - held) ** 2) / np.sum(held**2))
        return Distances(far[0] / far[1], lost)

    def _see(self, image):
        features = self.model(np.asarray(image, "float32"), training=False)
        return {name: keras.ops.convert_to_numpy(value) for name, value in features.items()}

    def _style(self, features, target):
        total = 0.0
        for name in self.style_features:
            found, wanted = _gram(features[name]), _gram(target[name])
            total += float(np.sum((found - wanted) ** 2) / np.sum(wanted**2))
        return total


def _gram(features):
    flat = features.reshape(-1, features.shape[-1])
    return flat.T @ flat / len(flat)


def compare(networks, contents, styles, settings, judge, progress=iter):
    """Stylise every pair with every network: {(network's name, content's, style's): (Distances, image)}.

    networks, contents, styles: dicts by name.
    """
    from ..transfer import stylize

    results = {}
    for label, network in networks.items():
        for (c, content), (s, style) in progress([(a, b) for a in contents.items() for b in styles.items()]):
            run = stylize(content, style, settings, network)
            for _ in run:
                pass
            results[label, c, s] = judge(run.image, run.content, run.style), run.image
    return results


def means(results):
    """Each network's mean Distances over its pairs, by name."""
    found = {}
    for (label, _, _), (distances, _) in results.items():
        found.setdefault(label, []).append((distances.style, distances.content))
    return {label: Distances(*np.mean(values, 0).tolist()) for label, values in found.items()}


def record(folder, results, settings):
    """Write the means into the report in a folder, and into its model card."""
    report = json.loads((folder / publish.REPORT).read_text())
    found = means(results)
    report["distances"] = {
        "settings": settings.to_python(),
        "pairs": len(results) // len(found),
        "mean": {label: asdict(distances) for label, distances in found.items()},
    }
    publish.rewrite(folder, report)


def table(results):
    """The distances as lines of text: one a network and pair, and each network's mean."""
    lines = [f"{'network':20s} {'content':14s} {'style':14s} {'style d.':>9s} {'content d.':>10s}"]
    for label, mean in means(results).items():
        rows = {key[1:]: value[0] for key, value in results.items() if key[0] == label}
        for (content, style), d in (rows | {("mean", ""): mean}).items():
            lines.append(f"{label:20s} {content:14s} {style:14s} {d.style:9.4f} {d.content:10.4f}")
    return "\n".join(lines)


def contact_sheet(images, columns, size=256):
    """Images in rows of `columns` pictures, as a PIL image."""
    sheet = Image.new("RGB", (columns * size, -(-len(images) // columns) * size))
    for i, image in enumerate(images):
        picture = to_pil(image)
        picture.thumbnail((size, size))
        sheet.paste(picture, (i % columns * size, i // columns * size))
    return sheet


def main(arguments=None):
    from ..images import load_image
    from ..settings import Settings
    from ..vgg19 import load_vgg19

    made = argparse.ArgumentParser("python -m styletutor.pretrain.measure", description=__doc__)
    made.add_argument("--teacher", required=True, help="imagenet, or the path of the encoder's .npz")
    made.add_argument("--judge", help="whose features measure: imagenet, or an encoder (default: the teacher)")
    made.add_argument("--contents", nargs="+", required=True, type=Path)
    made.add_argument("--styles", nargs="+", required=True, type=Path)
    made.add_argument("--networks", nargs="+", default=["embedded"], help="weights to compare, or teacher")
    made.add_argument("--preset", default="quick")
    made.add_argument("--sheet", type=Path, help="where to save the contact sheet (.png)")
    made.add_argument("--into", type=Path, help="folder whose report and model card get the means, the teacher's only")
    options = made.parse_args(arguments)
    if options.into and options.judge:
        made.error("--into keeps what the teacher judges: leave out --judge")
    settings = Settings.preset(options.preset)

    def network(name):
        if name != "teacher":
            return load_vgg19(name)
        if options.teacher == "imagenet":
            return load_vgg19("imagenet")
        return teacher.encoder_network(teacher.read(options.teacher))

    def load(paths):
        return {path.stem: load_image(path, settings.max_dim) for path in paths}

    contents, styles = load(options.contents), load(options.styles)
    networks = {Path(name).stem: network(name) for name in options.networks}
    judge = Judge(options.judge or options.teacher)
    results = compare(networks, contents, styles, settings, judge, lambda items: tqdm(items, "pairs"))
    tqdm.write(table(results), file=sys.stdout)
    if options.into:
        record(options.into, results, settings)
    if options.sheet:
        contact_sheet([image for _, image in results.values()], len(styles)).save(options.sheet)


if __name__ == "__main__":
    try:
        main()
    except StyleTutorError as error:
        sys.exit(str(error))
