"""Builds the website, lessons executed, in both languages, and checks its links.

    python docs/build.py [FOLDER]     by default build/site; open index.html there

A lesson is executed when its code or the package has changed; outputs are kept in build/lessons. The environment is
that of the tests.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

import links
from languages import FIRST

ROOT = Path(__file__).resolve().parent.parent
FORWARD = """<!doctype html>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={0}">
<title>styletutor</title>
<a href="{0}">styletutor</a>
"""


def build(folder, language, *options, builder="html", doctrees=ROOT / "build" / "doctrees"):
    """Run Sphinx for one language; returns its exit status. Warnings are errors."""
    command = [sys.executable, "-m", "sphinx", "-b", builder, "-W", "--keep-going", "-q", "-c", ROOT / "docs"]
    command += ["-t", language, *options, "-d", doctrees / language, ROOT, folder]
    path = os.pathsep.join([str(ROOT / "docs"), str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.run([str(part) for part in command], env=os.environ | {"PYTHONPATH": path}).returncode


def main():
    """See the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "site")
    parser.add_argument("--unexecuted", action="store_true", help="leave the outputs out: for a quick look")
    parser.add_argument("--linkcheck", action="store_true", help="ask other sites too whether links lead somewhere")
    args = parser.parse_args()
    options = ["-t", "unexecuted"] if args.unexecuted else []
    sites = {"en": args.folder, "es": args.folder / "es"}
    failed = [build(ROOT / "build" / "pages" / language, language, *options) for language in sites]
    if args.linkcheck:
        failed += [build(ROOT / "build" / "linkcheck" / name, name, *options, builder="linkcheck") for name in sites]
    if any(failed):
        return 1
    for language, folder in sites.items():
        shutil.copytree(ROOT / "build" / "pages" / language, folder, dirs_exist_ok=True)
        (folder / "index.html").write_text(FORWARD.format(f"{FIRST[language]}.html"), encoding="utf-8")
    return links.main(args.folder)


if __name__ == "__main__":
    sys.exit(main())
