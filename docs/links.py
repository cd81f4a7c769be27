"""Checks a built site: every address in its pages leads to a file, and to a place in it, or to another site on purpose.

    python docs/links.py FOLDER
"""

import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"script": "src", "img": "src", "source": "src", "iframe": "src", "link": "href"}  # the rest is followed


class Page(HTMLParser):
    """The ids of a page, and its addresses as (tag, address)."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.addresses = {"", "top"}, []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        """Called for each opening tag."""
        found = dict(attributes)
        self.ids |= {found[name] for name in ("id", "name") if found.get(name)}
        self.addresses += [(tag, found[name], found) for name in ("href", "src") if found.get(name)]


page = cache(Page)


def problems(folder):
    """One line for each address that leads nowhere, and for each file that a page would load from another site."""
    folder = Path(folder).resolve()
    for path in sorted(folder.rglob("*.html")):
        if "_static" in path.parts:  # parts of the theme, not pages
            continue
        for tag, address, attributes in page(path).addresses:
            problem = _problem(folder, path, tag, address, attributes)
            if problem:
                yield f"{path.relative_to(folder)}: {address}: {problem}"


def _problem(folder, path, tag, address, attributes):
    parts = urlsplit(address)
    if parts.scheme == "data":
        return None
    if parts.scheme or parts.netloc:
        loaded = tag in LOADED and attributes.get("rel") not in ("canonical", "alternate")
        return "is loaded from another site" if loaded else None
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    target = target / "index.html" if target.is_dir() else target
    if not target.is_relative_to(folder) or not target.is_file():
        return "no such file"
    if parts.fragment and target.suffix == ".html" and unquote(parts.fragment) not in page(target).ids:
        return "no such place in the page"
    return None


def main(folder):
    """Print the problems; returns 1 where there are any."""
    found = list(problems(folder))
    print("\n".join(found) or f"{len(list(Path(folder).rglob('*.html')))} pages, and every link leads somewhere.")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
