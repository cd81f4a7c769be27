"""Formulas as MathML, which browsers show by themselves: no script, no fonts, nothing from elsewhere."""

import re

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.errors import ExtensionError

_OTHERWISE = {r"\\([bB]igg?)\b": r"\\\1l", r"\\dots\b": r"\\ldots"}  # what docutils calls by one of its names only


def mathml(formula, block=False):
    """A LaTeX formula as a <math> element; ExtensionError for what can't be shown."""
    text = formula
    for pattern, name in _OTHERWISE.items():
        text = re.sub(pattern, name, text)
    try:
        return tex2mathml(text, as_block=block)
    except MathError as error:
        raise ExtensionError(f"no MathML for {formula!r}: {error}") from error


def _inline(writer, node):
    writer.body.append(mathml(node.astext()))
    raise nodes.SkipNode


def _block(writer, node):
    writer.body.append(f'<div class="formula">{mathml(node.astext(), block=True)}</div>\n')
    raise nodes.SkipNode


def setup(app):
    """For Sphinx: the renderer that conf.py names."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
