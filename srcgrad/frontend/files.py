"""Parsed files: which definition in a file a code object was compiled from.

CPython compiles a call of a name that the module imports (``np.sin(x)``) differently from one of
another name, so what a code object looks like depends on what was compiled with it: the whole file,
or in notebooks and at prompts each of its statements by itself.
"""

from __future__ import annotations
import __future__

import ast
import bisect
import functools
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from srcgrad.frontend.trees import children, walk

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Span: TypeAlias = tuple[tuple[int, int], tuple[int, int]]

_FUTURE_FLAGS = functools.reduce(
    int.__or__, (getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
)


class Ambiguous(Exception):
    """Several definitions fit a code object, and nothing tells which it is."""


@dataclass(frozen=True, slots=True)
class Found:
    """A definition, and the name of the class around it (or "")."""

    node: Definition
    owner: str


class File:
    """A parsed file.

    Raises
    ------
    SyntaxError
        If the lines are not valid Python.
    """

    def __init__(self, name: str, lines: tuple[str, ...]) -> None:
        self.name = name
        self.lines = lines
        self._tree = ast.parse("".join(lines), name)
        self._starts = [_first_line(statement) for statement in self._tree.body]
        self._definitions: dict[int, list[Found]] = {}
        self._codes: dict[tuple[int, int], list[types.CodeType]] = {}

    def definition_of(self, code: types.CodeType) -> Found | None:
        """The definition that ``code`` was compiled from, None if the file does not hold it."""
        found = [each for index in self._covering(code) for each in self._at(index, code)]
        if len(found) > 1:
            node = _tell_apart([each.node for each in found], code)
            found = [each for each in found if each.node is node]
        return found[0] if found and self._proves(found[0].node, code) else None

    def _covering(self, code: types.CodeType) -> Iterator[int]:
        """The indices of the statements of the module on the first line of ``code``."""
        line = code.co_firstlineno
        index = bisect.bisect_right(self._starts, line) - 1
        while index >= 0 and (self._tree.body[index].end_lineno or 0) >= line:
            yield index
            index -= 1

    def _at(self, index: int, code: types.CodeType) -> Iterator[Found]:
        """The definitions in a statement of the module that stand where ``code`` says."""
        definitions = self._definitions.get(index)
        if definitions is None:
            definitions = self._definitions[index] = list(_definitions(self._tree.body[index], ""))
        for each in definitions:
            name = getattr(each.node, "name", "<lambda>")
            if name == code.co_name and _first_line(each.node) == code.co_firstlineno:
                yield each

    def _proves(self, node: Definition, code: types.CodeType) -> bool:
        """Whether compiling the statement around ``node``, or the whole file, gives ``code``."""
        known = self._codes.get((_WHOLE, code.co_flags & _FUTURE_FLAGS), ())
        if code in known:  # compiled for another already
            return True
        if any(code in self._compiled(index, code) for index in (*self._covering(code), _WHOLE)):
            return True
        # Test runners rewrite assert statements, so that the code differs though the source fits.
        rewritten = any(isinstance(child, ast.Assert) for child in walk(node))
        return rewritten and any(_alike(code, other) for other in self._compiled(_WHOLE, code))

    def _compiled(self, index: int, code: types.CodeType) -> list[types.CodeType]:
        """All code objects of a statement of the module, or of the whole module."""
        flags = code.co_flags & _FUTURE_FLAGS
        codes = self._codes.get((index, flags))
        if codes is None:
            body = self._tree.body if index == _WHOLE else [self._tree.body[index]]
            module = ast.Module(body=body, type_ignores=[])
            compiled = compile(module, self.name, "exec", flags=flags, dont_inherit=True)
            codes = self._codes[index, flags] = list(_codes(compiled))
        return codes


_WHOLE = -1


def _first_line(node: ast.AST) -> int:
    decorators = getattr(node, "decorator_list", None)
    first: Any = decorators[0] if decorators else node
    line: int = first.lineno
    return line


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from _codes(constant)


def _definitions(node: ast.AST, owner: str) -> Iterator[Found]:
    if isinstance(node, ast.ClassDef):
        owner = node.name
    elif isinstance(node, Definition):
        yield Found(node, owner)
    for child in children(node):
        yield from _definitions(child, owner)


# --- telling code objects apart -----------------------------------------------------------------


def _tell_apart(nodes: list[Definition], code: types.CodeType) -> Definition | None:
    """Of several lambdas on one line, the innermost whose body holds all instructions."""
    spans = list(_spans(code))
    if not spans:  # a constant, or Python was told not to keep columns
        nodes = [node for node in nodes if _outcome(node) == _essence(code)] or nodes
        if len({ast.dump(node) for node in nodes}) > 1:
            raise Ambiguous
        return nodes[0]
    start, end = min(first for first, _ in spans), max(last for _, last in spans)
    bodies = [(_body_span(node), node) for node in nodes if isinstance(node, ast.Lambda)]
    holding = [(span, node) for span, node in bodies if span[0] <= start and end <= span[1]]
    # Bodies that hold one instruction are nested in each other: the innermost starts last.
    return max(holding, key=lambda pair: pair[0][0])[1] if holding else None


def _spans(code: types.CodeType) -> Iterator[_Span]:
    """Where the instructions of a function stand, without those that stand for its start."""
    for line, end_line, column, end_column in code.co_positions():
        if line is None or end_line is None or column is None or end_column is None:
            continue
        if (line, column) != (end_line, end_column):
            yield (line, column), (end_line, end_column)


def _outcome(node: Definition) -> tuple[object, ...]:
    """The essence of what a lambda is compiled to where it captures nothing."""
    if not isinstance(node, ast.Lambda):
        return ()
    module = compile(ast.Expression(node), "", "eval", dont_inherit=True)
    return _essence(next(c for c in module.co_consts if isinstance(c, types.CodeType)))


def _essence(code: types.CodeType) -> tuple[object, ...]:
    return (code.co_code, code.co_consts, code.co_names, code.co_varnames, code.co_freevars)


def _body_span(node: ast.Lambda) -> _Span:
    body = node.body
    end = (body.end_lineno or body.lineno, body.end_col_offset or body.col_offset)
    return (body.lineno, body.col_offset), end


def _alike(running: types.CodeType, compiled: types.CodeType) -> bool:
    """Whether two code objects agree in all that rewriting of assertions leaves alone."""

    def outline(code: types.CodeType) -> tuple[object, ...]:
        names = tuple(name for name in code.co_varnames if not name.startswith("@"))
        counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount)
        return (code.co_name, code.co_firstlineno, counts, names, code.co_freevars)

    return outline(running) == outline(compiled) and set(compiled.co_names) <= set(running.co_names)
