"""The website: its pages and links, without executing the lessons; what names the place where it is published."""

import importlib
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import styletutor as st

ROOT = Path(__file__).parent.parent
URLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["styletutor"]
LESSONS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def docs():
    """A function that imports a module of docs/."""
    sys.path.insert(0, str(ROOT / "docs"))
    yield importlib.import_module
    sys.path.remove(str(ROOT / "docs"))
    for name in ("build", "docstrings", "languages", "links", "mathml"):  # names that others may have too
        sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def site(docs, tmp_path_factory):
    """The Spanish site, unexecuted, where it would stand beside the English one, whose pages are empty here."""
    folder = tmp_path_factory.mktemp("site")
    options = ["-t", "unexecuted"]
    assert docs("build").build(folder / "es", "es", *options, doctrees=folder.with_suffix(".doctrees")) == 0
    for page in docs("languages").pages("en"):
        path = folder / f"{page}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return folder


def test_every_link_leads_somewhere(site, docs):
    """Within the site and to the English one; no page loads anything from another site, nor does a style."""
    assert list(docs("links").problems(site)) == []
    styles = list(site.rglob("*.css"))
    assert styles and not any(re.search(r"url\(['\"]?(https?:)?//|@import\W+http", css.read_text()) for css in styles)


def test_every_lesson_has_its_page(site):
    """It says its language, stands in the list beside the first page, and leads to its English twin; formulas show."""
    first = (site / "es" / "docs" / "es" / "index.html").read_text(encoding="utf-8")
    for lesson in LESSONS:
        page = (site / "es" / "notebooks" / "es" / f"{lesson}.html").read_text(encoding="utf-8")
        assert f'href="../../notebooks/es/{lesson}.html"' in first
        assert f'href="../../../notebooks/{lesson}.html" hreflang="en"' in page
        assert '<html lang="es"' in page and "google.colab" not in page
    assert "<math" in (site / "es" / "notebooks" / "es" / "05_style_transfer.html").read_text(encoding="utf-8")
    assert (site / "es" / "_static" / "STIXGeneral.ttf").is_file()  # course.css names it


def test_each_lesson_is_a_page_in_both_languages(docs):
    """And so are the other texts of docs/; a page without a twin leads to the other language's first page."""
    languages = docs("languages")
    assert {f"notebooks/{lesson}" for lesson in LESSONS} <= languages.pages("en")
    assert {f"notebooks/es/{lesson}" for lesson in LESSONS} <= languages.pages("es")
    assert {"docs/index", "docs/api", "CONTRIBUTING"} <= languages.pages("en")
    assert languages.twin("docs/api", "en") == "docs/es/index"
    assert languages.twin("docs/es/index", "es") == "docs/index"


def test_a_broken_link_is_found(docs, tmp_path):
    """A missing page, a missing place in a page, and what would be loaded from elsewhere are each named."""
    (tmp_path / "a.html").write_text(
        '<p id="here"><a href="b.html">x</a><a href="#there">x</a><a href="#here">x</a><a href="a.html">x</a>'
        '<a href="https://example.org/">x</a><script src="https://example.org/x.js"></script>'
    )
    found = [line.split(": ", 1)[1] for line in docs("links").problems(tmp_path)]
    assert found == [
        "b.html: no such file",
        "#there: no such place in the page",
        "https://example.org/x.js: is loaded from another site",
    ]


def test_formulas_that_cannot_be_shown_are_refused(docs):
    """A LaTeX command that MathML's writer doesn't know stops the build."""
    assert "<mfrac>" in docs("mathml").mathml(r"\big(\frac{1}{2}, \dots\big)")
    with pytest.raises(docs("mathml").ExtensionError, match="nosuch"):
        docs("mathml").mathml(r"\nosuch{x}")


def test_docstrings_are_shown_as_they_are(docs):
    """Names between backticks become code, and no sign of reStructuredText changes the rest."""
    assert docs("docstrings").restructured("`a_`s, *b, |d|, c_") == r"``a_``\ s, \*b, \|d\|, c\_"


def test_the_package_page_names_everything():
    """Each public name of the package has its entry."""
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\.\. auto\w+:: (?:styletutor\.)?(\w+)$", text, re.M))
    assert named == set(st.__all__) | {"Settings"}


def test_badges_lead_to_the_projects_own_place():
    """In both READMEs Binder, Colab and the website are those of the addresses in pyproject.toml, in that language."""
    name = URLS["repository"].removeprefix("https://github.com/")
    owner, project = name.split("/")
    assert URLS["website"] == f"https://{owner}.github.io/{project}/"
    for readme, folder in (("README.md", ""), ("README.es.md", "es/")):
        text = (ROOT / readme).read_text(encoding="utf-8")
        lesson = f"notebooks/{folder}00_start_here.ipynb"
        assert f"](https://mybinder.org/v2/gh/{name}/main?urlpath=lab/tree/{lesson})" in text
        assert f"](https://colab.research.google.com/github/{name}/blob/main/{lesson})" in text
        assert f"]({URLS['website']}{folder})" in text


def test_the_workflow_publishes_what_the_command_builds():
    """It runs docs/build.py with the tested versions, may write nothing but the pages, and uploads that folder."""
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "site.yml").read_text(encoding="utf-8"))
    build, publish = workflow["jobs"]["build"], workflow["jobs"]["publish"]
    assert [step["run"] for step in build["steps"] if "run" in step] == [
        'python -m pip install -c constraints.txt -e ".[test]"', "python docs/build.py",
    ]  # fmt: skip
    assert workflow["permissions"] == {"contents": "read"} and "permissions" not in build
    assert publish["permissions"] == {"pages": "write", "id-token": "write"} and publish["needs"] == "build"
    assert build["steps"][-1]["with"]["path"] == "build/site"
