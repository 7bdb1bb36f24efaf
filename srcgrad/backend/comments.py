"""The user's lines beside what they became."""

from __future__ import annotations

import os
from collections.abc import Sequence

from srcgrad.backend.writer import Row
from srcgrad.ir.nodes import Loc

COLUMN = 39
LAST_COLUMN = 60
LIMIT = 100
SHORTEST = 16


def commented(rows: Sequence[Row], file: str) -> list[tuple[str, Loc | None]]:
    """The lines of one section, each with the place that it comes from.

    Statements of the backward part that belong to one line of the user's are a group; its first
    line shows the user's.  ``file`` is the one that needs no mention.
    """
    comments = _comments(rows, file)
    widths = [row.width for row, text in zip(rows, comments, strict=True) if text]
    fitting = [width + 2 for width in widths if width + 2 <= LAST_COLUMN]
    column = max((COLUMN, *fitting))
    result: list[tuple[str, Loc | None]] = []
    for row, comment in zip(rows, comments, strict=True):
        lines = row.text or [""]
        if comment:
            place = max(column, row.width + 2)
            if place + len(comment) > LIMIT:
                place = row.width + 2
            if len(lines) > 1 or place + len(comment) > LIMIT:
                indent = "    " * row.depth
                result.append((indent + _cut(comment, LIMIT - len(indent)), row.loc))
            else:
                lines[0] = lines[0].ljust(place) + comment
        result.extend((line, row.loc) for line in lines)
    return result


def _comments(rows: Sequence[Row], file: str) -> list[str]:
    """The comment of each row, empty for most."""
    result = []
    previous: tuple[str, int] | None = None
    depth = 0
    for row in rows:
        if row.depth < depth:
            previous = None
        depth = row.depth
        text = ""
        if row.loc is not None and row.lines:
            group = (row.loc.file, row.loc.line)
            if row.loc.adjoint and group != previous:
                text = _quote(row.loc, file, row.lines[0])
            previous = group if row.loc.adjoint else None
        result.append(text)
    return result


def _quote(loc: Loc, file: str, code: str) -> str:
    if not loc.text:
        return ""
    line = loc.text[0].strip()
    if line == code:
        return ""
    more = " ..." if len(loc.text) > 1 else ""
    where = f"{loc.line}" if loc.file == file else f"{os.path.basename(loc.file)}:{loc.line}"
    return f"# {where}: {line}{more}"


def _cut(text: str, width: int) -> str:
    # Where the code is far to the right, the comment is longer than the line rather than none.
    return text if len(text) <= width else text[: max(width - 4, SHORTEST)] + " ..."
