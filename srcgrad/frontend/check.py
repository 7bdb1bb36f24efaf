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
_PURE = "build a new value with np.where or np.concatenate; in-place writes come in a later version"
_BREAK = "let the loop run on with a condition: np.where(done, x, step(x)), or a while loop"

# The name of a syntax node, what people call it, and what to write instead.
REFUSED: dict[str, tuple[str, str]] = {
    "AsyncFor": ("'async for'", "use a for loop"),
    "AsyncFunctionDef": ("an asynchronous function", "use an ordinary function"),
    "AsyncWith": ("'async with'", _BEFORE),
    "Await": ("'await'", "await the value before, and pass it as an argument"),
    "Break": ("'break'", _BREAK),
    "ClassDef": ("a class in a function", "define the class outside of the function"),
    "Continue": ("'continue'", "put the rest of the loop body under an if"),
    "Delete": ("'del'", "leave the name alone: it disappears with the function"),
    "DictComp": ("a dict comprehension", "write the dict out, as in {'a': f(a), 'b': f(b)}"),
    "GeneratorExp": ("a generator expression", _ELEMENTS),
    "Import": ("an import in a function", "import at the top of the module"),
    "ImportFrom": ("an import in a function", "import at the top of the module"),
    "ListComp": ("a list comprehension", _ELEMENTS + "; np.stack joins arrays"),
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

_LOOPS = (gast.For, gast.While)
_FUNCTIONS = (gast.FunctionDef, gast.Lambda)


def check(function: gast.FunctionDef | gast.Lambda, locations: Locations) -> None:
    """Raises ``UnsupportedSyntaxError`` at the first construct that is not supported."""
    body = function.body if isinstance(function.body, list) else [function.body]
    for node in body:
        _check(node, locations, False)


def _check(node: gast.AST, locations: Locations, in_loop: bool) -> None:
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
    if in_loop and kind is gast.Return:
        message = "'return' in a loop cannot be differentiated"
        _refuse(node, locations, message, "assign the result and return it after the loop")
    if kind in _LOOPS:
        in_loop = True
    elif kind in _FUNCTIONS:
        in_loop = False
    for name in node._fields:
        if name in _NOT_EVALUATED:
            continue
        value = getattr(node, name)
        if isinstance(value, list):
            for child in value:
                if isinstance(child, gast.AST):
                    _check(child, locations, in_loop)
        elif isinstance(value, gast.AST):
            _check(value, locations, in_loop)


def _refuse(node: gast.AST, locations: Locations, message: str, hint: str) -> NoReturn:
    raise UnsupportedSyntaxError(message, locations.statement(node), hint)


# --- what depends on more than the kind of node -------------------------------------------------


def _subscript(node: Any, locations: Locations) -> None:
    if isinstance(node.ctx, gast.Store):
        message = "assignment to an item or a slice cannot be differentiated yet"
        _refuse(node, locations, message, _PURE)


def _attribute(node: Any, locations: Locations) -> None:
    if isinstance(node.ctx, gast.Store):
        message = "assignment to an attribute cannot be differentiated yet"
        _refuse(node, locations, message, "make a new object, or assign to a name and return it")


def _aug_assign(node: Any, locations: Locations) -> None:
    target = node.target
    if isinstance(target, gast.Subscript):
        message = "in-place update of an item or a slice cannot be differentiated yet"
        _refuse(target, locations, message, _PURE)
    if isinstance(target, gast.Attribute):
        message = "in-place update of an attribute cannot be differentiated yet"
        _refuse(target, locations, message, "assign to a name and return it")


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
    gast.AugAssign: _aug_assign,
    gast.Raise: _raise,
    gast.Call: _call,
}
