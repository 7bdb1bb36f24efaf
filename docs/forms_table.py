"""Writes docs/forms.md: every form of Python in a table, with an example and the test of it.

    python docs/forms_table.py

The rows are data, in docs/forms: what people write, the test that covers it in depth, an example,
and, where it matters, ``refused`` (the error and its hint) or a ``note``.  A test runs every
example and compares the page.
"""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).resolve().parent
SECTIONS = {
    "writes": "In-place writes",
    "control": "Control flow",
    "containers": "Containers",
    "filled": "Containers that data fill",
    "iteration": "Comprehensions and iterators",
    "functions": "Functions",
    "objects": "Objects",
    "outside": "State outside of the function",
}
HEAD = """# Forms of Python, one by one

Each example is run by the test suite: where it is supported, its gradient is compared with finite
differences with respect to every parameter that holds floating-point numbers, the arguments stay
as they are (or are changed as the function changes them, where that is the form), a second call
agrees, and so does a pullback that is called twice; where it is refused, the error is the one given
here. `x` and `y` are vectors, `A` and `B` square matrices, `s` is a
float, `n` an int, `items` a list of two vectors, and `d` a dictionary of two; `np` is NumPy. The
last column is the test that covers the form in depth.
"""


@dataclass(frozen=True)
class Row:
    """A form: what people write, its test, an example that defines ``f``.

    ``refused`` is the error that the example meets and a part of its hint, None where it is
    supported; ``note`` says what else there is to know.  An example that ``changes`` objects leaves
    them as the function does, in each of two calls.
    """

    form: str
    test: str
    program: str
    refused: tuple[str, str] | None = None
    note: str = ""
    changes: bool = False


def sections() -> Iterator[tuple[str, list[Row]]]:
    """The rows of the page by the titles of its sections."""
    for name, title in SECTIONS.items():
        rows = runpy.run_path(str(DOCS / "forms" / f"{name}.py"))["ROWS"]
        yield title, [Row(*row[:3], **(row[3] if len(row) > 3 else {})) for row in rows]


def page() -> str:
    """The text of docs/forms.md."""
    parts = [HEAD]
    for title, rows in sections():
        parts.append(f"## {title}\n\n<table>\n<tr><th>form</th><th>example</th><th>test</th></tr>")
        parts.extend(_cells(row) for row in rows)
        parts.append("</table>\n")
    return "\n".join(parts)


def _cells(row: Row) -> str:
    status = "supported"
    if row.refused is not None:
        error, hint = row.refused
        status = f"**refused** (`{error}`): {hint}"
    what = "\n\n".join(part for part in (row.form, status, row.note) if part)
    example = f"```python\n{row.program.strip()}\n```"
    test = row.test.replace("::", " `", 1) + "`"
    return "\n\n".join(["<tr><td>", what, "</td><td>", example, "</td><td>", test, "</td></tr>"])


if __name__ == "__main__":
    (DOCS / "forms.md").write_text(page())
