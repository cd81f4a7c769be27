"""Tables of text that show themselves."""

import html

from .messages import t


class Table:
    """What shows as a table in a notebook and as aligned text elsewhere; `rows` yields tuples of str, a row each.

    HEAD: the columns' names, which are translated. WORDS: how many columns, from the left, hold words and not numbers.
    """

    HEAD, WORDS = (), 1

    def _repr_html_(self):
        def row(cells, tag):
            return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        return f"<table>{row(map(t, self.HEAD), 'th')}{''.join(row(cells, 'td') for cells in self.rows())}</table>"

    def __str__(self):
        rows = [tuple(map(t, self.HEAD)), *self.rows()]
        widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
        sides = [str.ljust] * self.WORDS + [str.rjust] * (len(widths) - self.WORDS)
        lines = ([side(*pair) for side, *pair in zip(sides, cells, widths, strict=True)] for cells in rows)
        return "\n".join("  ".join(line) for line in lines)
