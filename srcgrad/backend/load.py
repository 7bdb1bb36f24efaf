"""Source text becomes a function that lives where the user's function lives.

The function's globals are the user's, which are not written to: what the text needs besides them
(``np``, helpers, injected objects) reaches it through a closure.  Names of the user's own closure
are bound to the user's own cells, so that rebinding them is seen.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import linecache
import types
from collections.abc import Mapping
from typing import Any

from srcgrad.backend.layout import Emitted

_FACTORY = "_srcgrad_factory"


def load(
    emitted: Emitted,
    namespace: dict[str, Any],
    cells: Mapping[str, types.CellType],
    injected: Mapping[str, Any],
    filename_hint: str,
) -> types.FunctionType:
    """The function that ``emitted`` describes.

    Parameters
    ----------
    emitted : Emitted
        The text and what it needs.
    namespace : dict
        The globals of the user's function; they become those of the new one.
    cells : mapping of str to cell
        The closure of the user's function, by name.
    injected : mapping of str to object
        More objects that the text reads by name.
    filename_hint : str
        What tracebacks call the file, such as ``grad of loss, model.py:12``.
    """
    filename = register(emitted.source, filename_hint)
    provided = _provided(emitted, namespace, injected)
    module = ast.parse(emitted.source, filename)
    # What both have is a module, whose name the text has from the user's function, or a function
    # of the program, which has the name of the one that it was made of.
    taken = {*provided, *_defined(module)}
    cells = {name: cell for name, cell in cells.items() if name not in taken}
    tree = _in_factory(module, emitted.name, [*provided, *cells])
    code = compile(tree, filename, "exec")
    inner = next(const for const in code.co_consts if isinstance(const, types.CodeType))
    # Unlike ``exec``, this writes nothing into the user's globals.
    factory = types.FunctionType(inner, namespace)
    made = factory(**provided, **dict.fromkeys(cells))
    function = _bound(made, cells)
    function.__qualname__ = emitted.name
    function.__module__ = namespace.get("__name__", "__main__")
    return function


_NUMBERS: dict[str, dict[str, int]] = {}
"""The texts that have one name, which differ in their numbers: by hint, then by text."""


def register(source: str, hint: str) -> str:
    """Makes ``source`` known to tracebacks and debuggers; gives the file name it has there."""
    texts = _NUMBERS.setdefault(hint, {})
    number = texts.setdefault(source, len(texts) + 1)
    filename = f"<srcgrad {hint}>" if number == 1 else f"<srcgrad {hint} #{number}>"
    # Without a time of modification, the entry is never thrown out.
    lines = source.splitlines(keepends=True)
    linecache.cache[filename] = (len(source), None, lines, filename)
    return filename


def _provided(
    emitted: Emitted, namespace: Mapping[str, Any], injected: Mapping[str, Any]
) -> dict[str, Any]:
    """The objects that the text reads through its closure."""
    for path in emitted.submodules:
        importlib.import_module(path)
    provided: dict[str, Any] = {
        name: importlib.import_module(path) for name, path in emitted.imports.items()
    }
    provided.update(emitted.injected)
    provided.update(injected)
    for name in emitted.builtins:
        # The user's module may have a global of this name.
        if name in namespace:
            provided[name] = getattr(builtins, name)
    return provided


def _defined(module: ast.Module) -> set[str]:
    """The functions that the text defines."""
    return {stmt.name for stmt in module.body if isinstance(stmt, ast.FunctionDef)}


def _in_factory(module: ast.Module, name: str, parameters: list[str]) -> ast.Module:
    """A module that defines a function which makes the function of ``module``.

    Imports are left out: the factory has parameters for what they bind.
    """
    arguments = ast.arguments([], [ast.arg(p) for p in parameters], None, [], [], None, [])
    result = ast.Return(ast.Name(name, ast.Load()))
    factory = ast.fix_missing_locations(ast.FunctionDef(_FACTORY, arguments, [result], [], None))
    factory.body[:0] = [s for s in module.body if not isinstance(s, ast.Import | ast.ImportFrom)]
    return ast.Module([factory], [])


def _bound(made: types.FunctionType, cells: Mapping[str, types.CellType]) -> types.FunctionType:
    """``made`` with the user's cells in its closure."""
    own = dict(zip(made.__code__.co_freevars, made.__closure__ or (), strict=True))
    closure = tuple(cells.get(name, cell) for name, cell in own.items())
    function = types.FunctionType(
        made.__code__, made.__globals__, made.__name__, made.__defaults__, closure
    )
    function.__kwdefaults__ = made.__kwdefaults__
    function.__doc__ = made.__doc__
    return function
