"""The table of a sweep, as CSV and as Markdown: a line for each picture, with its settings, losses and time."""

import csv
import io

from . import results

_FIRST = ("total", "style", "content", "total_variation")  # terms of the loss, before those of each layer


def rows(folder, tasks, found, errors):
    """[{column: value}], a row for each task in their order, all with the same columns.

    found: {task's place: what `results.read` gives}. errors: {task's place: sentence}.
    """
    terms = list(dict.fromkeys([*_FIRST, *(name for one in found.values() for name in one["losses"])]))
    return [_row(folder, task, found.get(task.place), errors.get(task.place, ""), terms) for task in tasks]


def _row(folder, task, found, error, terms):
    found = found or {"losses": {}}
    path = results.picture(folder, task).relative_to(folder).as_posix() if "id" in found else ""
    row = task.labels | {name: found.get(name, task.labels.get(name, "")) for name in ("steps", "seconds")}
    losses = {f"loss/{name}": found["losses"].get(name, "") for name in terms}
    return row | losses | {"picture": path, "error": error}


def as_csv(table):
    """Rows as CSV text, with all the digits of the numbers."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(table[0]))
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue()


def as_markdown(table):
    """Rows as a Markdown table, numbers with four digits, without the columns that are empty throughout."""
    columns = [name for name in table[0] if any(row[name] != "" for row in table)]
    numbers = {name: any(isinstance(row[name], float) for row in table) for name in columns}
    lines = [columns, ["---:" if numbers[name] else "---" for name in columns]]
    lines += [[_cell(row[name]) for name in columns] for row in table]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(value):
    """A value in a table's cell, where a bar would end the cell."""
    return f"{value:.4g}" if isinstance(value, float) else str(value).replace("|", "\\|")
