"""Functions for the interpreter: their variables, and the text of each."""

from __future__ import annotations

import ast
import builtins
import functools
import linecache
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fuzz.interpreter import Run

LIBRARIES = ("numpy", "collections", "copy", "dataclasses", "functools", "itertools", "typing")
GENERATED = "<string>"
"""The file of the methods that dataclasses and named tuples write themselves."""


class Scope(dict[str, Any]):
    """The variables of one call, in front of those around it and of the globals.

    ``receiver`` is the first argument of the call: what ``super()`` speaks of.
    """

    def __init__(self, outer: Scope | None, names: dict[str, Any], run: Run) -> None:
        super().__init__()
        self.outer, self.globals, self.run = outer, names, run
        self.receiver: Any = None if outer is None else outer.receiver

    def look(self, name: str) -> Any:
        scope: Scope | None = self
        while scope is not None:
            if name in scope:
                return scope[name]
            scope = scope.outer
        if name in self.globals:
            return self.run.outside(self.globals[name])
        return getattr(builtins, name)

    def bind(
        self,
        node: ast.arguments,
        defaults: tuple[Any, ...],
        keywords: dict[str, Any],
        args: list[Any],
        kwargs: dict[str, Any],
    ) -> None:
        """Gives the parameters of a function what it is called with."""
        names = [a.arg for a in (*node.posonlyargs, *node.args)]
        bound = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
        bound.update(keywords)
        bound.update(zip(names, args, strict=False))
        if node.vararg is not None:
            bound[node.vararg.arg] = tuple(args[len(names) :])
        elif len(args) > len(names):
            raise TypeError("too many arguments")
        if node.kwarg is not None:
            known = {*names, *(a.arg for a in node.kwonlyargs)}
            bound[node.kwarg.arg] = {k: v for k, v in kwargs.items() if k not in known}
            kwargs = {k: v for k, v in kwargs.items() if k in known}
        bound.update(kwargs)
        self.update(bound)
        self.receiver = args[0] if args else None


class Closure:
    """A nested function or lambda."""

    def __init__(self, node: ast.FunctionDef | ast.Lambda, scope: Scope) -> None:
        self.node, self.scope = node, scope
        arguments = node.args
        self.defaults = tuple(scope.run.expression(e, scope) for e in arguments.defaults)
        named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        self.keywords = {a.arg: scope.run.expression(e, scope) for a, e in named if e is not None}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """For what takes functions only, as ``functools.partial`` does."""
        return self.scope.run.call(self, list(args), kwargs)


class Left(Exception):
    """A function returns."""

    def __init__(self, result: Any) -> None:
        self.result = result


def is_library(function: types.FunctionType) -> bool:
    """Whether a function is none of the program's."""
    module = function.__module__ or ""
    return module.partition(".")[0] in LIBRARIES or module.startswith("tests.fuzz.")


def is_generated(function: Any) -> bool:
    """Whether a method is one that has no text, as that of a dataclass has none."""
    return isinstance(function, types.FunctionType) and function.__code__.co_filename == GENERATED


@functools.cache
def _definitions(text: str) -> dict[tuple[str, int], ast.FunctionDef | ast.Lambda]:
    found: dict[tuple[str, int], ast.FunctionDef | ast.Lambda] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
            found[node.name, first] = node
        elif isinstance(node, ast.Lambda):
            found["<lambda>", node.lineno] = node
    return found


def definition(function: types.FunctionType) -> ast.FunctionDef | ast.Lambda:
    """The syntax tree of a function that was made from a file or a text in ``linecache``."""
    code = function.__code__
    lines = linecache.getlines(code.co_filename, function.__globals__)
    return _definitions("".join(lines))[code.co_name, code.co_firstlineno]
