"""Keeps the lessons of notebooks/es in step with the English ones: same cells, same code, translated text.

    python .ci/translations.py          copies code across, then lists the texts to translate; 1 where there are any
    python .ci/translations.py --check  writes nothing; lists whatever is not in step, code too

Each Markdown cell of notebooks/es says in its metadata, under "translates", which English text it translates: the
beginning of its SHA-256. After translating a cell anew, run with --done LESSON CELL to say so.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

ENGLISH = Path(__file__).parent.parent / "notebooks"
MARK = "translates"


def read(path):
    """A notebook as its JSON; an empty one where there is no file."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"cells": []}


def mark_of(cell):
    """What a translation of this English cell carries in its metadata."""
    return hashlib.sha256("".join(cell["source"]).encode()).hexdigest()[:12]


def translated(english, spanish):
    """(the Spanish notebook as it should be, what is to be translated: [(cell's id, "missing" or "stale")])."""
    have = {cell["id"]: cell for cell in spanish["cells"] if cell["cell_type"] == "markdown"}
    cells, todo = [], []
    for cell in english["cells"]:
        if cell["cell_type"] != "markdown":
            cells.append(cell)
            continue
        mine = have.get(cell["id"])
        if mine is None:
            todo.append((cell["id"], "missing"))
            mine = cell
        elif mine["metadata"].get(MARK) != mark_of(cell):
            todo.append((cell["id"], "stale"))
        cells.append(mine)
    return english | {"cells": cells}, todo


def compare(folder=ENGLISH, write=False):
    """One line for each thing out of step; with `write`, code is copied across and what can't be is left."""
    lines = []
    for path in sorted(folder.glob("*.ipynb")):
        target = folder / "es" / path.name
        present = read(target)
        wanted, todo = translated(read(path), present)
        lines += [f"{path.name}: {name} is {state}" for name, state in todo]
        if wanted != present and write:
            target.parent.mkdir(exist_ok=True)
            target.write_text(json.dumps(wanted, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        elif wanted != present:
            lines.append(f"{path.name}: code, order or metadata differ")
    names = {path.name for path in folder.glob("*.ipynb")}
    return lines + [f"{p.name}: no lesson of this name" for p in (folder / "es").glob("*.ipynb") if p.name not in names]


def done(lesson, name, folder=ENGLISH):
    """Say that a cell of a lesson translates the English text as it is now. Raises LookupError where there is none."""
    target = folder / "es" / lesson
    if target not in target.parent.glob("*.ipynb"):
        raise LookupError(f"No lesson {lesson}, expected a file's name in {folder / 'es'}.")
    notebook, english = read(target), {cell["id"]: cell for cell in read(folder / lesson)["cells"]}
    cell = next((cell for cell in notebook["cells"] if cell["id"] == name and cell["cell_type"] == "markdown"), None)
    if cell is None or name not in english:
        raise LookupError(f"{lesson} has no text {name}, expected a Markdown cell's id.")
    cell["metadata"][MARK] = mark_of(english[name])
    target.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main():
    """See the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--done", nargs=2, metavar=("LESSON", "CELL"), help="this cell is translated anew")
    args = parser.parse_args()
    try:
        if args.done:
            done(*args.done)
    except LookupError as error:
        print(error, file=sys.stderr)
        return 2
    lines = compare(write=not args.check)
    print("\n".join(lines) or "The Spanish lessons are in step.")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
