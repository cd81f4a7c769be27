"""Two sites beside each other, English at the top and Spanish in `es`: the way from one to the other.

Pages are files of the repository at their own paths, so that a link which works there works here. A link to a page of
the other language leads to the other site, and one to a file that is no page leads to the repository.
"""

import tomllib
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import download_reference, pending_xref

ROOT = Path(__file__).resolve().parent.parent
REPOSITORY = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["styletutor"]["repository"]
PATTERNS = {
    "en": ["docs/*.md", "notebooks/*.ipynb", "CHANGELOG.md", "CONTRIBUTING.md"],
    "es": ["docs/es/*.md", "notebooks/es/*.ipynb", "notebooks/es/GLOSARIO.md"],
}
FIRST = {"en": "docs/index", "es": "docs/es/index"}
TO_OTHER = {"en": "es/", "es": "../"}  # from the top of a site


def pages(language):
    """The names of a language's pages: their paths in the repository, without the suffix."""
    found = (path for pattern in PATTERNS[language] for path in ROOT.glob(pattern))
    return {path.relative_to(ROOT).with_suffix("").as_posix() for path in found}


def other(language):
    """The other of the two languages."""
    return "en" if language == "es" else "es"


def twin(page, language):
    """The page that says the same in the other language, else that language's first page."""
    path = Path(page)
    there = path.parent.parent / path.name if language == "es" else path.parent / "es" / path.name
    return there.as_posix() if there.as_posix() in pages(other(language)) else FIRST[other(language)]


def address(page, target, language):
    """The relative address of a page of the other language's site."""
    return "../" * page.count("/") + TO_OTHER[language] + target + ".html"


def _lead_elsewhere(app, doctree):
    """Give each link that no page of this site answers its address."""
    page, language = app.env.docname, app.config.language
    for node in list(doctree.findall(lambda n: isinstance(n, pending_xref | download_reference))):
        if node.get("reftype") != "myst" or node.get("refdomain") not in ("doc", None):
            continue
        target, anchor = node["reftarget"], node.get("reftargetid")
        if target in app.env.found_docs or target.startswith("#"):
            continue
        if target in pages(other(language)):
            uri = address(page, target, language) + (f"#{anchor}" if anchor else "")
        else:
            uri = _in_repository(app.env, target, node.get("refdomain"))
        if uri:
            node.replace_self(nodes.reference("", "", *node.children, refuri=uri))


def _in_repository(env, target, domain):
    name = target if domain == "doc" else env.relfn2path(target.partition("#")[0])[0]
    paths = [ROOT / (name + suffix) for suffix in ("", ".md", ".ipynb")]
    found = next((path for path in paths if path.exists()), None)
    kind = "tree" if found and found.is_dir() else "blob"
    return found and f"{REPOSITORY}/{kind}/main/{found.relative_to(ROOT).as_posix()}"


def _show_switch(app, page, template, context, doctree):
    language = app.config.language
    context["twin"] = address(page, twin(page, language), language)
    context["twin_language"] = other(language)


def setup(app):
    """For Sphinx."""
    app.connect("doctree-read", _lead_elsewhere, priority=100)  # before Sphinx collects what is to be downloaded
    app.connect("html-page-context", _show_switch)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
