"""Places in the user's source: the ``Loc`` of statements and expressions."""

from __future__ import annotations

from typing import Any

from srcgrad.errors import Loc


class Locations:
    """Makes the locations of one function.

    Attributes
    ----------
    file : str
        The file that the function is in.
    lines : tuple of str
        The lines of that file.
    function : str
        The name of the function.
    errstate : tuple of pairs of str
        The settings of ``with np.errstate(...)`` around the present statement.
    """

    def __init__(self, file: str, lines: tuple[str, ...], function: str) -> None:
        self.file = file
        self.lines = lines
        self.function = function
        self.errstate: tuple[tuple[str, str], ...] = ()

    def inside(self, function: str) -> Locations:
        """The locations of a function nested in this one."""
        return Locations(self.file, self.lines, function)

    def statement(self, node: Any) -> Loc:
        """A whole statement; of a compound one, its header."""
        return self.header(node) if _first_of_body(node) is not None else self.expression(node)

    def expression(self, node: Any) -> Loc:
        """An expression by itself, with the lines on which it stands."""
        last: int = node.end_lineno
        end = self._column(last, node.end_col_offset)
        return self._loc(node.lineno, self._column(node.lineno, node.col_offset), last, end)

    def header(self, node: Any) -> Loc:
        """The lines of a compound statement before its body."""
        first: int = node.lineno
        last = max(first, (_first_of_body(node) or first) - 1)
        while last > first and not _is_code(self.lines[last - 1]):
            last -= 1
        end = len(self.lines[last - 1].rstrip())
        return self._loc(first, self._column(first, node.col_offset), last, end)

    def within(self, statement: Loc, node: Any) -> Loc:
        """An expression of ``statement``, as the location of what the expression became.

        It quotes the whole statement, and points at the expression if that begins on the first
        line.
        """
        if node.lineno != statement.line:
            return statement
        return Loc(
            statement.file,
            statement.line,
            self._column(node.lineno, node.col_offset),
            node.end_lineno,
            self._column(node.end_lineno, node.end_col_offset),
            statement.text,
            statement.function,
            False,
            statement.indent,
            statement.errstate,
        )

    def _loc(self, line: int, column: int, end_line: int, end_column: int) -> Loc:
        lines = [text.rstrip() for text in self.lines[line - 1 : end_line]]
        indent = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
        text = tuple(_dedent(each, indent) for each in lines)
        return Loc(
            self.file,
            line,
            column,
            end_line,
            end_column,
            text,
            self.function,
            indent=indent,
            errstate=self.errstate,
        )

    def _column(self, line: int, offset: int) -> int:
        """Syntax trees count bytes; people and carets count characters."""
        text = self.lines[line - 1]
        return offset if text.isascii() else len(text.encode()[:offset].decode(errors="replace"))


def _dedent(text: str, indent: int) -> str:
    return text[min(indent, len(text) - len(text.lstrip())) :]


def _is_code(line: str) -> bool:
    stripped = line.strip()
    return bool(stripped) and not stripped.startswith("#")


def _first_of_body(node: Any) -> int | None:
    """The line on which the body of a compound statement begins, None for other nodes."""
    body = getattr(node, "body", None)
    if not isinstance(body, list):
        return None
    decorators = getattr(body[0], "decorator_list", None)
    line: int = (decorators or body)[0].lineno
    return line
