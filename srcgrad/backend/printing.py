"""One statement of Python's ``ast`` as text.

:func:`ast.unparse` prints, on one line.  Where that is too long, or has parentheses that may not be
needed, ``astor`` prints, which breaks long lines.  What it prints is parsed back and compared with
the tree; where the two differ, or astor puts in parentheses that nobody needs, or cannot be
imported, it stays as ``unparse`` has it.
"""

from __future__ import annotations

import ast
import functools
import io
import re
import tokenize
import warnings
from collections.abc import Callable

LIMIT = 100
_GROUPING = re.compile(r"(^|[^\w\])])\(")
"""A parenthesis that is not that of a call."""
_PLAIN_STRING = re.compile(r"([bfBF]?)'([^'\"\\]*)'")


def print_statement(node: ast.stmt, indent: int = 0) -> list[str]:
    """The lines of a statement that owns no block, without indentation.

    ``indent`` is the number of columns that the lines will be moved to the right.
    """
    lines = _printed_lines(node, indent)
    if any("'" in line for line in lines):
        text = _with_double_quotes("\n".join(lines))
        return text.split("\n") if _means(text, node) else lines
    return lines


def _with_double_quotes(text: str) -> str:
    """``text`` with its plain strings in double quotes."""
    rows = text.split("\n")
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except tokenize.TokenError:
        return text
    opening: tokenize.TokenInfo | None = None
    for token in tokens:
        # From Python 3.12 an f-string is several tokens, and its ends are two of them.
        if token.type == getattr(tokenize, "FSTRING_START", -1):
            opening = token
        if token.type == getattr(tokenize, "FSTRING_END", -1) and opening is not None:
            _requote(rows, opening, token)
            opening = None
        quoted = _PLAIN_STRING.fullmatch(token.string)
        if token.type == tokenize.STRING and quoted and token.start[0] == token.end[0]:
            row, (_, start), (_, end) = token.start[0] - 1, token.start, token.end
            rows[row] = f'{rows[row][:start]}{quoted[1]}"{quoted[2]}"{rows[row][end:]}'
    return "\n".join(rows)


def _requote(rows: list[str], opening: tokenize.TokenInfo, closing: tokenize.TokenInfo) -> None:
    """Gives an f-string on one line double quotes, if it has no other quotes in it."""
    row, start, end = opening.start[0] - 1, opening.end[1], closing.start[1]
    plain = opening.string.endswith("'") and not opening.string.endswith("'''")
    if closing.start[0] - 1 != row or not plain or set(rows[row][start:end]) & set("'\"\\"):
        return
    rows[row] = f'{rows[row][: start - 1]}"{rows[row][start:end]}"{rows[row][end + 1 :]}'


_LONG_STRING = re.compile("\"\"\"|'''")
_NARROWEST = 30
"""Fewer columns than this are not for astor to fill."""


def _printed_lines(node: ast.stmt, indent: int) -> list[str]:
    plain = _unparsed(node)
    if len(plain) <= LIMIT - indent and not _GROUPING.search(plain):
        return plain.split("\n")
    # astor cannot break lines of next to no width.
    for width in (max(LIMIT - indent, 40), max(79 - indent, 40)):
        text = _printed(node, width)
        # A string on several lines would get the indentation into it.  Where the two texts agree,
        # there is nothing to compare.
        if text is None or _LONG_STRING.search(text) or (text != plain and not _means(text, node)):
            break
        lines = text.split("\n")
        if max(map(len, lines)) <= LIMIT - indent and text.count("(") <= plain.count("(") + (
            len(lines) > 1
        ):
            return lines
    return plain.split("\n")


def print_header(node: ast.For | ast.While | ast.If | ast.With | ast.FunctionDef) -> str:
    """The first line of a statement that owns a block; its body does not count."""
    match node:
        case ast.For():
            inner: ast.stmt = ast.For(node.target, node.iter, [ast.Pass()], [])
        case ast.While():
            inner = ast.While(node.test, [ast.Pass()], [])
        case ast.With():
            inner = node
        case ast.If():
            inner = ast.If(node.test, [ast.Pass()], [])
        case _:
            inner = ast.FunctionDef(node.name, node.args, [ast.Pass()], [], None)
    text = _unparse(inner)
    return text[: text.rindex("\n")]


def _unparse(node: ast.stmt) -> str:
    node.lineno = getattr(node, "lineno", 1)  # `ast.unparse` asks for it
    return ast.unparse(node)


def _unparsed(node: ast.stmt) -> str:
    text = _unparse(node)
    bare = _without_parentheses(node, text)
    return bare if bare == text or _means(bare, node) else text


def _without_parentheses(node: ast.stmt, text: str) -> str:
    """The text of a statement whose value is a tuple, without the tuple's parentheses."""
    value = getattr(node, "value", None)
    if isinstance(value, ast.Tuple) and len(value.elts) > 1 and text.endswith(")"):
        inside = ast.unparse(value)
        if text.endswith(inside):
            text = text[: -len(inside)] + inside[1:-1]
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
        inside = ast.unparse(node.targets[0])
        if text.startswith(inside) and inside.startswith("("):
            text = inside[1:-1] + text[len(inside) :]
    return text


@functools.cache
def _astor() -> Callable[[ast.AST, Callable[[list[str]], str]], str] | None:
    """The printer of astor, imported when something is printed for the first time."""
    with warnings.catch_warnings():
        # astor mentions node classes that newer versions of Python deprecate.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            import astor
        except (ImportError, AttributeError):
            return None

    def to_source(node: ast.AST, pretty: Callable[[list[str]], str]) -> str:
        return str(astor.to_source(node, pretty_source=pretty))

    return to_source


def _printed(node: ast.stmt, width: int) -> str | None:
    """What astor makes of a statement, in lines of at most about ``width`` columns."""
    to_source = _astor()
    if to_source is None or width < _NARROWEST:
        return None
    from astor.source_repr import split_lines

    def pretty(parts: list[str]) -> str:
        return "".join(split_lines(parts, maxline=width))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            text = to_source(node, pretty)
        except AttributeError:
            # Node classes that astor does not know.
            return None
    return "\n".join(line.rstrip() for line in text.rstrip("\n").split("\n"))


def _means(text: str, node: ast.stmt) -> bool:
    """Whether ``text`` is parsed to ``node``."""
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return False
    return len(body) == 1 and _same(body[0], node)


@functools.cache
def _compared(fields: tuple[str, ...]) -> tuple[str, ...]:
    """Those fields of a node that say what it means."""
    ignored = ("kind", "type_comment", "type_params", "ctx")
    return tuple(name for name in fields if name not in ignored)


def _same(a: object, b: object) -> bool:
    """Whether two trees have the same nodes and values."""
    if type(a) is not type(b):
        return False
    if isinstance(a, ast.AST):
        return all(
            _same(getattr(a, name, None), getattr(b, name, None)) for name in _compared(a._fields)
        )
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same, a, b))
    return bool(a == b) and repr(a) == repr(b)
