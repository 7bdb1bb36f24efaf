"""What the front end refuses, with the place and with what to write instead.

This runs before lowering, so that the passes after it meet only syntax that they know.
"""

from __future__ import annotations

from typing import Any, NoReturn

import gast

from srcgrad.errors import UnsupportedSyntaxError
from srcgrad.frontend.lazy import used_at_once
from srcgrad.frontend.locations import Locations
from srcgrad.frontend.trees import children, walk

_ELEMENTS = "write the elements out, as in (f(x[0]), f(x[1])), or compute on whole arrays"
_SUSPENDING = "return a list or an array instead"
_YIELD = (
    "'{}' as a value, in a 'try' or 'with', or beside a 'return' with a value or a 'next' whose "
    "StopIteration nothing catches"
)
_BEFORE = "do this outside of the differentiated function"

# The name of a syntax node, what people call it, and what to write instead.
REFUSED: dict[str, tuple[str, str]] = {
    "AsyncFor": ("'async for'", "use a for loop"),
    "AsyncFunctionDef": ("an asynchronous function", "use an ordinary function"),
    "AsyncWith": ("'async with'", _BEFORE),
    "Await": ("'await'", "await the value before, and pass it as an argument"),
    "ClassDef": ("a class in a function", "define the class outside of the function"),
    "Match": ("'match'", "use if and elif"),
    "TryStar": ("'try' with 'except*'", "test the condition with an if, or " + _BEFORE),
    "TypeAlias": ("a type alias in a function", "define it at the top of the module"),
    "Yield": (_YIELD.format("yield"), _SUSPENDING),
    "YieldFrom": (_YIELD.format("yield from"), _SUSPENDING),
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
    at_once = used_at_once(function)
    for node in walk(function) if at_once else ():
        if isinstance(node, gast.Call):
            _assigning_beside_a_generator(node, at_once, locations)


def _assigning_beside_a_generator(node: Any, at_once: set[Any], locations: Locations) -> None:
    """A generator expression would read the name as the other argument assigns it."""
    arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
    if at_once.isdisjoint(arguments):
        return
    if any(map(_assigns, arguments)):
        message = "':=' beside a generator expression cannot be differentiated"
        _refuse(node, locations, message, "assign the name in a statement before")


def _assigns(node: Any) -> bool:
    """Whether an expression has a ``:=``; what is in a comprehension may be its own."""
    if isinstance(node, gast.ListComp | gast.SetComp | gast.DictComp | gast.GeneratorExp):
        return _assigns(node.generators[0].iter)
    return isinstance(node, gast.NamedExpr) or any(map(_assigns, children(node)))


def _check(node: gast.AST, locations: Locations, handling: bool = False) -> None:
    """``handling`` says whether ``node`` stands in a handler of an exception."""
    kind = type(node)
    if kind in _LEAVES:
        return
    refused = REFUSED.get(kind.__name__)
    if refused is not None:
        what, hint = refused
        _refuse(node, locations, f"{what} cannot be differentiated", hint)
    if isinstance(node, gast.Raise) and node.exc is None and not handling:
        message = "'raise' without an exception cannot be differentiated"
        _refuse(node, locations, message, "name the exception to raise")
    if kind in (gast.FunctionDef, gast.Lambda):
        handling = False
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
                    _check(child, locations, handling)
        elif isinstance(value, gast.AST):
            _check(value, locations, handling)


def _refuse(node: gast.AST, locations: Locations, message: str, hint: str) -> NoReturn:
    raise UnsupportedSyntaxError(message, locations.statement(node), hint)


# --- what depends on more than the kind of node -------------------------------------------------


def _attribute(node: Any, locations: Locations) -> None:
    if isinstance(node.ctx, gast.Del):
        message = "'del' of an attribute cannot be differentiated"
        _refuse(node, locations, message, "leave the object as it is")


def _try(node: Any, locations: Locations) -> None:
    """What a ``finally`` does, it does before the statement is left, by whatever way."""
    leaving = _leaving(node.finalbody, False)
    if leaving is not None:
        what = "'finally' that leaves the statement cannot be differentiated"
        _refuse(leaving, locations, what, "leave it after the 'finally'")
    for handler in node.handlers:
        if handler.type is not None:
            _check(handler.type, locations)
        for child in handler.body:
            _check(child, locations, True)


def _leaving(nodes: list[Any], in_loop: bool) -> Any:
    """The first statement among ``nodes`` that ends more than they."""
    for node in nodes:
        if isinstance(node, gast.Return) or (
            isinstance(node, gast.Break | gast.Continue) and not in_loop
        ):
            return node
        if isinstance(node, gast.FunctionDef | gast.Lambda | gast.expr):
            continue
        inside = in_loop or isinstance(node, gast.For | gast.While)
        found = _leaving(children(node), inside)
        if found is not None:
            return found
    return None


def _call(node: Any, locations: Locations) -> None:
    name = node.func.id if isinstance(node.func, gast.Name) else ""
    hint = _FRAME_READERS.get(name)
    if hint is None or (name == "vars" and node.args):
        return
    _refuse(node, locations, f"'{name}' cannot be differentiated", hint)


_LEAVES = frozenset([gast.Name, gast.Constant, gast.Load, gast.Store, gast.Pass, gast.alias])
_NOT_EVALUATED = frozenset(["annotation", "handlers", "returns", "ctx", "op", "ops", "type_params"])
_SPECIAL: dict[type, Any] = {
    gast.Attribute: _attribute,
    gast.Try: _try,
    gast.Call: _call,
}
