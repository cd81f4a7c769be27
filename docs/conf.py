"""What Sphinx asks: `python docs/build.py` builds the site with it, once for each language."""

import hashlib
import os
from pathlib import Path

import matplotlib
from docutils import nodes
from languages import FIRST, PATTERNS, REPOSITORY, ROOT

import styletutor

language = "es" if tags.has("es") else "en"  # noqa: F821 (Sphinx gives it: `sphinx-build -t es`)
project, author = "styletutor", "The styletutor authors"
copyright, release = author, styletutor.__version__

root_doc, include_patterns = FIRST[language], PATTERNS[language]
exclude_patterns = [".*", "build", "dist", "styletutor", "tests", "docs/_*"]
extensions = ["myst_nb", "sphinx.ext.autodoc", "mathml", "languages", "docstrings"]
nitpicky = True
nitpick_ignore_regex = [("py:class", r"numpy\..*")]  # types of records' fields; their pages are elsewhere
autodoc_member_order, autodoc_preserve_defaults, autodoc_typehints = "bysource", True, "none"

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
html_math_renderer = "mathml"


def _digest():
    """What lessons compute depends on: the package. Their outputs are kept as long as it stays the same."""
    files = sorted(p for p in (ROOT / "styletutor").rglob("*") if p.suffix in (".py", ".toml", ".npz", ".json"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


nb_execution_mode = "off" if tags.has("unexecuted") else "cache"  # noqa: F821
nb_execution_cache_path = str(ROOT / "build" / "lessons" / f"{language}-{_digest()}")  # both have the same code
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_merge_streams = True
nb_ipywidgets_js = {}  # what would show widgets comes from elsewhere; a panel is a sheet of its pictures; see `setup`
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]
os.environ |= {"STYLETUTOR_LANG": language, "TF_CPP_MIN_LOG_LEVEL": "3"}

html_theme = "sphinx_book_theme"
html_title = "styletutor"
formulas = Path(matplotlib.get_data_path(), "fonts", "ttf", "STIXGeneral.ttf")  # the course has it anyway
html_static_path, templates_path = ["_static", str(formulas)], ["_templates"]
html_css_files, html_favicon = ["course.css"], "_static/icon.svg"
html_copy_source = False
html_last_updated_fmt = None
html_theme_options = {
    "repository_url": REPOSITORY,
    "repository_branch": "main",
    "use_repository_button": True,
    "use_download_button": False,
    "launch_buttons": {
        "notebook_interface": "jupyterlab",
        "binderhub_url": "https://mybinder.org",
        "colab_url": "https://colab.research.google.com",
    },
    "navbar_persistent": [],
    "home_page_in_toc": True,
    "article_header_end": ["language.html", "article-header-buttons.html"],
}


def _leave_out_widgets(app, page, template, context, doctree):
    scripts = context["script_files"]
    context["script_files"] = [s for s in scripts if "widget-state" not in getattr(s, "attributes", {}).get("type", "")]


def _name_pictures(app, doctree):
    alt = {"en": "what the cell above shows", "es": "lo que muestra la celda de arriba"}[language]
    for image in doctree.findall(nodes.image):
        image.setdefault("alt", alt)  # else a screen reader spells the name of its file


def setup(app):
    """For Sphinx: pages without the state of widgets, half a megabyte that nothing would read; pictures named."""
    app.connect("html-page-context", _leave_out_widgets, priority=900)
    app.connect("doctree-read", _name_pictures)
