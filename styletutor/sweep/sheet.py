"""The contact sheet of a sweep: what varies last goes across, the rest down, each row and column with its labels."""

import math
from pathlib import Path

import matplotlib
from PIL import Image, ImageDraw, ImageFont

from ..errors import shortened
from ..messages import t

SIDE, MOST = 160, 10**8  # pixels of a picture's longer side, and about as many on the whole sheet
GAP, LINE, LONGEST = 8, 19, 28  # pixels between pictures, a line's height, characters of a label
_INK, _PAPER, _EMPTY = "#222222", "#ffffff", "#e4e4e4"


def varying(tasks):
    """{axis: its labels in order} of the axes that have more than one, and {axis: label} of the others."""
    axes = {name: list(dict.fromkeys(task.labels[name] for task in tasks)) for name in tasks[0].labels}
    many = {name: labels for name, labels in axes.items() if len(labels) > 1}
    return many, {name: labels[0] for name, labels in axes.items() if name not in many}


def draw(tasks, paths):
    """A PIL image: the tasks' pictures, at most SIDE pixels each; where one is missing, a grey square says so.

    tasks: the whole product, in `plan.tasks`' order. paths: the picture's path, or None, for each of them. With one
    axis that varies, pictures follow each other in rows, each under its own label.
    """
    many, fixed = varying(tasks)
    labels = [[_lines(axis, task.labels[axis]) for axis in many] for task in tasks]
    side = min(SIDE, math.isqrt(MOST // len(tasks)))
    tiles = [_tile(path, side) for path in paths]
    if len(many) < 2:
        columns = min(len(tiles), math.ceil(math.sqrt(1.5 * len(tiles))))
        grid = _grid(tiles, columns)
        heads, names = [[]] * columns, [[]] * len(grid)
        captions = [list(map(_joined, labels[start : start + columns])) for start in range(0, len(labels), columns)]
    else:
        columns = len(many[list(many)[-1]])
        grid, captions = _grid(tiles, columns), None
        heads = [label[-1] for label in labels[:columns]]
        names = [_joined(label[:-1]) for label in labels[::columns]]
    return _Sheet(grid, heads, names, captions).drawn(", ".join(_label(*pair) for pair in fixed.items()))


def _label(axis, value):
    """What a row or column is called: a picture by its name, a setting with its value."""
    return shortened(value, LONGEST) if axis in ("content", "style") else f"{axis} = {value}"


def _lines(axis, value):
    """The same in lines: a setting that is too long for one begins a line with each of its layers."""
    text = _label(axis, value)
    return [text] if len(text) <= LONGEST else [f"{axis} =", *value.replace("+", "+\n").split("\n")]


def _joined(labels):
    """Several labels' lines, one below the other."""
    return [line for lines in labels for line in lines]


def _tile(path, side):
    """A picture that fits into side × side pixels; a grey one that says so where there is none."""
    if path is None:
        tile = Image.new("RGB", (side, side * 2 // 3), _EMPTY)
        ImageDraw.Draw(tile).text((side / 2, side / 3), t("failed"), _INK, _font(), anchor="mm")
        return tile
    with Image.open(path) as picture:  # our own, and found whole
        tile = picture.convert("RGB")
    scale = side / max(tile.size)
    return tile.resize([max(1, round(scale * length)) for length in tile.size], Image.Resampling.LANCZOS)


def _grid(tiles, columns):
    return [tiles[start : start + columns] for start in range(0, len(tiles), columns)]


def _font():
    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"), 14)


class _Sheet:
    """The places of everything on a sheet. heads, names: lines of text for each column and row.

    captions: for each row a list of lines for each tile, above it; or None.
    """

    def __init__(self, grid, heads, names, captions):
        self.grid, self.heads, self.names, self.captions, self.font = grid, heads, names, captions, _font()
        self.above = LINE * max(map(len, heads))
        self.left = max(map(self._width, names)) + GAP
        lines = captions or [[[] for _ in row] for row in grid]
        self.caption_heights = [LINE * max(map(len, row)) for row in lines]
        self.widths = [
            max([row[c].width for row in grid if c < len(row)] + [self._width(row[c]) for row in lines if c < len(row)]
                + [self._width(heads[c])])
            for c in range(len(grid[0]))
        ]  # fmt: skip
        self.heights = [
            max(max(tile.height for tile in row), LINE * len(name)) for row, name in zip(grid, names, strict=True)
        ]

    def _width(self, lines):
        return math.ceil(max(map(self.font.getlength, lines), default=0))

    def drawn(self, title):
        """The sheet, with a title in as many lines as it takes."""
        width = self.left + sum(self.widths) + GAP * (len(self.widths) + 1)
        title = self._wrapped(title, max(width, 320) - 2 * GAP)
        width = max(width, self._width(title) + 2 * GAP)
        top = GAP + LINE * len(title) + (GAP if title else 0)
        height = top + self.above + sum(self.heights) + sum(self.caption_heights) + GAP * (len(self.grid) + 1)
        picture = Image.new("RGB", (width, height), _PAPER)
        self.pen = ImageDraw.Draw(picture)
        self._write(GAP, GAP, title)
        lefts = [self.left + GAP + sum(self.widths[:c]) + GAP * c for c in range(len(self.widths))]
        for left, head in zip(lefts, self.heads, strict=True):
            self._write(left, top, head)
        top += self.above + GAP
        for number, row in enumerate(self.grid):
            self._write(GAP, top, self.names[number])
            for column, tile in enumerate(row):
                if self.captions:
                    self._write(lefts[column], top, self.captions[number][column])
                picture.paste(tile, (lefts[column], top + self.caption_heights[number]))
            top += self.caption_heights[number] + self.heights[number] + GAP
        return picture

    def _write(self, left, top, lines):
        for number, line in enumerate(lines):
            self.pen.text((left, top + number * LINE), line, _INK, self.font)

    def _wrapped(self, text, width):
        lines = []
        for word in text.split(", ") if text else []:
            longer = f"{lines[-1]}, {word}" if lines else word
            if lines and self._width([longer]) <= width:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines
