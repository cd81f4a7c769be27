"""Takes outputs, execution counts and editors' leftovers out of notebooks: `python .ci/strip_outputs.py NOTEBOOK…`.

Ends with 1 where it had to change one, so that a commit waits for the change to be added.
"""

import json
import sys
from pathlib import Path

KEPT = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}
KEPT |= {"language_info": {"name": "python"}}


def stripped(notebook):
    """The notebook with what is written by hand, and nothing that running it adds."""
    cells = []
    for cell in notebook["cells"]:
        metadata = {name: value for name, value in cell["metadata"].items() if name in ("tags", "translates")}
        if "remove-cell" in metadata.get("tags", ()):  # the cell for Google Colab: folded, until someone looks
            metadata["jupyter"] = {"source_hidden": True}
        cell = cell | {"metadata": metadata}
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
        cells.append(cell)
    return notebook | {"cells": cells, "metadata": KEPT}


def main(paths):
    """Strip each notebook; returns 1 where any of them changed."""
    changed = False
    for path in map(Path, paths):
        text = path.read_text(encoding="utf-8")
        clean = json.dumps(stripped(json.loads(text)), indent=1, ensure_ascii=False) + "\n"
        if clean != text:
            path.write_text(clean, encoding="utf-8")
            print(f"{path}: outputs taken out")
            changed = True
    return int(changed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
