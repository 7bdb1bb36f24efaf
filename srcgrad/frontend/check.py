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
_WITH = "np.errstate with constant settings may stand here; do everything else outside"
_BEFORE = "do this outside of the differentiated function"

# The name of a syntax node, what people call it, and what to write instead.
REFUSED: dict[str, tuple[str, str]] = {
    "AsyncFor": ("'async for'", "use a for loop"),
    "AsyncFunctionDef": ("an asynchronous function", "use an ordinary function"),
    "AsyncWith": ("'async with'", _BEFORE),
    "Await": ("'await'", "await the value before, and pass it as an argument"),
    "ClassDef": ("a class in a function", "define the class outside of the function"),
    "Import": ("an import in a function", "import at the top of the module"),
    "ImportFrom": ("an import in a function", "import at the top of the module"),
    "Match": ("'match'", "use if and elif"),
    "TryStar": ("'try'", "test the condition with an if, or " + _BEFORE),
    "TypeAlias": ("a type alias in a function", "define it at the top of the module"),
    "Yield": ("'yield'", _SUSPENDING),
    "YieldFrom": ("'yield from'", _SUSPENDING),
}

# Builtins that look at the running frame, which a derivative does not share.
_FRAME_READERS = {
    "eval": "write the expression itself",
    "exec": "write the statements themselves",
    "locals": "name the variables",
    "vars": "name the attributes",
}


def check(function: gast.FunctionDef | gast.Lambda, locations: Locations) -> None:
    """Raises ``UnsupportedSyntaxError`` at the first construct that is not supported."""
    body = function.body if isinstance(function.body, list) else [function.body]
    for node in body:
        _check(node, locations)
    nodes = list(gast.walk(function))
    at_once = {id(part) for node in nodes for part in _used_at_once(node)}
    for node in nodes:
        if isinstance(node, gast.GeneratorExp) and id(node) not in at_once:
            message = "a generator expression that is not given to a function"
            _refuse(node, locations, message, "write a list: [f(v) for v in x]")


def _used_at_once(node: Any) -> list[Any]:
    """The parts of a node that are iterated over where they stand.

    A generator expression elsewhere computes its elements when somebody asks for them, when what
    they are computed from may have changed; and gives them once.
    """
    match node:
        case gast.Call():
            return [*node.args, *(keyword.value for keyword in node.keywords)]
        case gast.Starred():
            return [node.value]
        case gast.Assign(targets=[gast.Tuple() | gast.List()]):
            return [node.value]
        case gast.Compare(ops=[gast.In() | gast.NotIn()]):
            return list(node.comparators)
    return []


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


def _with(node: Any, locations: Locations) -> None:
    """``with np.errstate(...)``; that the name means this, the specialiser finds out."""
    for item in node.items:
        call = item.context_expr
        plain = isinstance(call, gast.Call) and not call.args and item.optional_vars is None
        if not plain or not all(_is_setting(keyword) for keyword in call.keywords):
            _refuse(node, locations, "'with' cannot be differentiated", _WITH)


def _is_setting(keyword: Any) -> bool:
    value = keyword.value
    return bool(keyword.arg) and isinstance(value, gast.Constant) and type(value.value) is str


def _try(node: Any, locations: Locations) -> None:
    """Handlers that raise again what they have caught change nothing."""
    again = all(
        isinstance(stmt, gast.Raise) and stmt.exc is None
        for handler in node.handlers
        for stmt in handler.body
    )
    if node.finalbody or not again:
        what = "'finally'" if node.finalbody else "'try' whose handlers do not only raise again"
        hint = "test the condition with an if, or " + _BEFORE
        _refuse(node, locations, f"{what} cannot be differentiated", hint)


def _raise(node: Any, locations: Locations) -> None:
    if node.exc is None:
        message = "'raise' without an exception cannot be differentiated"
        _refuse(node, locations, message, "name the exception to raise")


def _call(node: Any, locations: Locations) -> None:
    name = node.func.id if isinstance(node.func, gast.Name) else ""
    hint = _FRAME_READERS.get(name)
    if hint is None or (name == "vars" and node.args):
        return
    _refuse(node, locations, f"'{name}' cannot be differentiated", hint)


_LEAVES = frozenset([gast.Name, gast.Constant, gast.Load, gast.Store, gast.Pass])
_NOT_EVALUATED = frozenset(["annotation", "handlers", "returns", "ctx", "op", "ops", "type_params"])
_SPECIAL: dict[type, Any] = {
    gast.Subscript: _subscript,
    gast.Attribute: _attribute,
    gast.Raise: _raise,
    gast.With: _with,
    gast.Try: _try,
    gast.Call: _call,
}
