"""What the front end refuses, with the place and with what to write instead.

This runs before lowering, so that the passes after it meet only syntax that they know.
"""

from __future__ import annotations

from typing import Any, NoReturn

import gast

from srcgrad.errors import UnsupportedSyntaxError
from srcgrad.frontend.locations import Locations

_ELEMENTS = "write the elements out, as in (f(x[0]), f(x[1])), or compute on whole arrays"
_SUSPENDING = "return a list or an array instead"
_BEFORE = "do this outside of the differentiated function"

# The name of a syntax node, what people call it, and what to write instead.
REFUSED: dict[str, tuple[str, str]] = {
    "AsyncFor": ("'async for'", "use a for loop"),
    "AsyncFunctionDef": ("an asynchronous function", "use an ordinary function"),
    "AsyncWith": ("'async with'", _BEFORE),
    "Await": ("'await'", "await the value before, and pass it as an argument"),
    "ClassDef": ("a class in a function", "define the class outside of the function"),
    "DictComp": ("a dict comprehension", "write the dict out, as in {'a': f(a), 'b': f(b)}"),
    "Import": ("an import in a function", "import at the top of the module"),
    "ImportFrom": ("an import in a function", "import at the top of the module"),
    "Match": ("'match'", "use if and elif"),
    "Set": ("a set", "use a tuple or a list"),
    "SetComp": ("a set comprehension", _ELEMENTS),
    "Try": ("'try'", "test the condition with an if, or " + _BEFORE),
    "TryStar": ("'try'", "test the condition with an if, or " + _BEFORE),
    "TypeAlias": ("a type alias in a function", "define it at the top of the module"),
    "With": ("'with'", _BEFORE),
    "Yield": ("'yield'", _SUSPENDING),
    "YieldFrom": ("'yield from'", _SUSPENDING),
}

# Builtins that look at the running frame, which a derivative does not share.
_FRAME_READERS = {
    "eval": "write the expression itself",
    "exec": "write the statements themselves",
    "locals": "name the variables",
    "super": "name the class, as in Base.method(self, x)",
    "vars": "name the attributes",
}


def check(function: gast.FunctionDef | gast.Lambda, locations: Locations) -> None:
    """Raises ``UnsupportedSyntaxError`` at the first construct that is not supported."""
    body = function.body if isinstance(function.body, list) else [function.body]
    for node in body:
        _check(node, locations)


def _check(node: gast.AST, locations: Locations) -> None:
    kind = type(node)
    if kind in _LEAVES:
        return
    refused = REFUSED.get(kind.__name__)
    if refused is not None:
        what, hint = refused
        _refuse(node, locations, f"{what} cannot be differentiated", hint)
    special = _SPECIAL.get(kind)
    if special is not None:
        special(node, locations)
    for name in node._fields:
        if name in _NOT_EVALUATED:
            continue
        value = getattr(node, name)
        if isinstance(value, list):
            for child in value:
                if isinstance(child, gast.AST):
                    _check(child, locations)
        elif isinstance(value, gast.AST):
            _check(value, locations)


def _refuse(node: gast.AST, locations: Locations, message: str, hint: str) -> NoReturn:
    raise UnsupportedSyntaxError(message, locations.statement(node), hint)


# --- what depends on more than the kind of node -------------------------------------------------


def _subscript(node: Any, locations: Locations) -> None:
    if isinstance(node.ctx, gast.Del):
        message = "'del' of an item or a slice cannot be differentiated"
        _refuse(node, locations, message, "build a new container without it")


def _attribute(node: Any, locations: Locations) -> None:
    if isinstance(node.ctx, gast.Del):
        message = "'del' of an attribute cannot be differentiated"
        _refuse(node, locations, message, "leave the object as it is")


def _raise(node: Any, locations: Locations) -> None:
    if node.exc is None:
        message = "'raise' without an exception cannot be differentiated"
        _refuse(node, locations, message, "name the exception to raise")


def _call(node: Any, locations: Locations) -> None:
    name = node.func.id if isinstance(node.func, gast.Name) else ""
    hint = _FRAME_READERS.get(name)
    if hint is None or (name in ("vars", "super") and node.args):
        return
    _refuse(node, locations, f"'{name}' cannot be differentiated", hint)


_LEAVES = frozenset([gast.Name, gast.Constant, gast.Load, gast.Store, gast.Pass])
_NOT_EVALUATED = frozenset(["annotation", "returns", "ctx", "op", "ops", "type_params"])
_SPECIAL: dict[type, Any] = {
    gast.Subscript: _subscript,
    gast.Attribute: _attribute,
    gast.Raise: _raise,
    gast.Call: _call,
}
