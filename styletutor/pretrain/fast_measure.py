"""How near the packaged fast networks come to optimisation: distances, seconds, and a contact sheet.

`python -m styletutor.pretrain.fast_measure --teacher PATH --contents a.jpg b.jpg` measures every style of the gallery
network beside 200 steps of `stylize` with the preset quick, and prints a table. `--into` writes it into
the report and the model card. The pictures that optimisation made are kept in `--work`.
"""

import argparse
import hashlib
import sys
import time
from pathlib import Path

import numpy as np
from tqdm import tqdm

from .. import atomic, fast, gallery, images
from ..errors import StyleTutorError
from . import fast_publish, measure

STEPS, SIDE = 200, 512


def optimised(content, name, style, folder, steps=STEPS):
    """What 200 steps of optimisation make of a content image and a style, made once and kept in a folder.

    The file's name tells all that decides it, for the preset changes, and so does what "auto" finds.
    """
    from ..settings import Settings
    from ..transfer import stylize
    from ..vgg19 import load_vgg19

    settings, network = Settings.preset("quick", max_dim=SIDE, steps=steps), load_vgg19()
    told = hashlib.sha256(f"{settings.to_json()} {network.source}".encode() + content.tobytes() + style.tobytes())
    path = Path(folder) / f"{name}-{told.hexdigest()[:12]}.npy"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        run = stylize(content, style, settings, network)
        for _ in run:
            pass
        with atomic.replacing(path) as file:
            np.save(file, run.image)
    return np.load(path)


def pairs(contents, styles, every):
    """(content's name, style's name): each style with one content in turn, or with every one."""
    if every:
        return [(content, style) for style in styles for content in contents]
    return [(list(contents)[i % len(contents)], style) for i, style in enumerate(styles)]


def compare(paint, contents, styles, chosen, judge, folder):
    """Rows of style and content distances, and the pictures [(made, optimised)].

    paint: (content image, style's name) -> image; contents, styles: {name: image}; chosen: as from `pairs`.
    """
    rows, pictures = [], []
    for content, style in tqdm(chosen, "pairs"):
        photograph, painting = contents[content], styles[style]
        paint(photograph, style)  # the first of a size is traced
        started = time.perf_counter()
        made = paint(photograph, style)
        seconds = time.perf_counter() - started
        slow = optimised(photograph, f"{content}-{style}", painting, folder)
        far, near = judge(made, photograph, painting), judge(slow, photograph, painting)
        rows.append(
            {"content": content, "side": max(made.shape), "style": style, "seconds": seconds, "fast": far.style}
            | {"optimised": near.style, "fast_content": far.content, "optimised_content": near.content}
        )
        pictures.append((made, slow))
    return rows, pictures


def table(rows):
    """The rows as lines of text."""
    lines = [f"{'content':14s} {'style':14s} {'fast':>7s} {'optim.':>7s} {'ratio':>6s} {'content':>8s} {'optim.':>7s}"]
    for r in rows:
        lines.append(
            f"{r['content']:14s} {r['style']:14s} {r['fast']:7.4f} {r['optimised']:7.4f} "
            f"{r['fast'] / r['optimised']:6.2f} {r['fast_content']:8.3f} {r['optimised_content']:7.3f}"
        )
    return "\n".join(lines)


def main(arguments=None):
    made = argparse.ArgumentParser("python -m styletutor.pretrain.fast_measure", description=__doc__)
    made.add_argument("--teacher", required=True, help="imagenet, or the path of the encoder's .npz")
    made.add_argument("--contents", nargs="+", required=True, type=Path, help="photographs that were not trained on")
    made.add_argument("--styles", nargs="+", type=Path, help="pictures for the arbitrary network to be measured with")
    made.add_argument("--network", type=Path, help="an .npz to measure, default the packaged one")
    made.add_argument("--work", type=Path, default=Path("pretrain"), help="where the optimised pictures are kept")
    made.add_argument("--side", type=int, default=SIDE, help="of the photographs, in pixels (default 512)")
    made.add_argument("--every", action="store_true", help="every style with every content, not with one in turn")
    made.add_argument("--sheet", type=Path, help="where to save the contact sheet (.png or .jpg)")
    made.add_argument("--into", type=Path, help="folder whose report and model card get the figures")
    options = made.parse_args(arguments)
    contents = {path.stem: images.load_image(path, options.side) for path in options.contents}
    if options.styles:
        kind, network = "arbitrary", fast.arbitrary_network()
        styles = {path.stem: images.load_image(path, SIDE) for path in options.styles}
    else:
        kind, network = "gallery", fast.load(options.network) if options.network else fast.gallery_network()
        styles = {name: gallery.load(name, SIDE) for name in network.names}

    def paint(photograph, style):
        return network.apply(photograph, network.read(styles[style]) if options.styles else network.code(style))

    chosen = pairs(contents, styles, options.every)
    judge = measure.Judge(options.teacher)
    rows, pictures = compare(paint, contents, styles, chosen, judge, options.work / f"optimised-{options.side}")
    tqdm.write(table(rows), file=sys.stdout)
    if options.sheet:
        beside = [image for pair in pictures for image in pair]  # the fast one left, the optimised one right
        measure.contact_sheet(beside, 4, SIDE).save(options.sheet)
    if options.into:
        fast_publish.rewrite(options.into, kind, fast_publish.read(options.into, kind) | {"distances": rows})


if __name__ == "__main__":
    try:
        main()
    except StyleTutorError as error:
        sys.exit(str(error))
