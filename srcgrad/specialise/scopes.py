"""What a function reads from outside: its free names and its defaults, each with its place."""

from __future__ import annotations

import builtins
import types
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from srcgrad.errors import CertainError, Loc, UnsupportedSyntaxError
from srcgrad.frontend import lower
from srcgrad.ir.nodes import LATE, Const
from srcgrad.specialise.places import Attribute, Builtin, Cell, Global, Item, Place, Test, module_of
from srcgrad.specialise.values import Closure, Scope, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Frame, Specialiser


_TRUSTED = (
    *("srcgrad.rules", "srcgrad.ir.intrinsics", "srcgrad.transform"),
    "srcgrad.specialise.counter_class",
    *("srcgrad.specialise.deque_class", "srcgrad.specialise.object_keys_class"),
    "srcgrad.specialise.ordered_class",
    "srcgrad.specialise.tuple_class",
)


def free(sp: Specialiser, name: str, frame: Frame, loc: Loc) -> Value:
    """The value of a name that a function reads but does not define."""
    if name in frame.captures:
        if frame.captures[name] is LATE:
            raise UnsupportedSyntaxError(f"'{name}' is called before it is defined", loc)
        return frame.captures[name]
    scope = frame.scope
    if name in scope.cells:
        place, content = scope.cells[name]
        return sp.inputs.read(place, content)
    if name in scope.names:
        content = scope.names[name]
        if scope.trusted:
            return Const(content)
        return sp.inputs.read(Place(Global(scope.module, name)), content)
    if name == "__class__":  # which any module has too
        text = "super(): __class__ cell not found"
        raise CertainError(text, loc, RuntimeError(text))
    if hasattr(builtins, name):
        found = getattr(builtins, name)
        if not scope.trusted:
            sp.inputs.guard(Place(Builtin(scope.module, name)), Test.IDENTITY, found)
        return Const(found)
    raise UnsupportedSyntaxError(f"name '{name}' is not defined", loc)


def scope_of(sp: Specialiser, function: types.FunctionType) -> Scope:
    """Where the free names of a user's function are found."""
    place = sp.inputs.functions.get(function)
    found = sp.inputs.scopes.get((function, place))
    if found is None:  # closures that two calls give may be one but for what they capture
        found = sp.inputs.scopes[function, place] = _scope_of(sp, function, place)
    return found


def _scope_of(sp: Specialiser, function: types.FunctionType, place: Place | None) -> Scope:
    names = function.__code__.co_freevars
    if names and place is None and function.__code__ is not sp.root:
        message = f"the closure of '{function.__name__}' cannot be found again"
        hint = "give it a name in a module or a function"
        raise UnsupportedSyntaxError(message, hint=hint)
    cells: dict[str, tuple[Place, Any]] = {}
    for i, (name, cell) in enumerate(zip(names, function.__closure__ or (), strict=True)):
        if place is None:  # the differentiated function itself: its cells are shared by name
            where = Place(Cell(name))
        else:
            where = Place(place.root, (*place.path, *_closure_step(i)))
        try:
            cells[name] = (where, cell.cell_contents)
        except ValueError:
            continue  # an empty cell: reading the name is an error, as it is in the function
    module = module_of(function)
    return Scope(module, function.__globals__, cells, _is_own(module))


def own(function: types.FunctionType) -> Closure | None:
    """A function of the compiler's own, with all that it needs to be inlined anywhere; None if it
    is the user's, or defined in another function."""
    if not _is_own(module_of(function)) or function.__closure__:
        return None
    found = _OWN.get(function)
    if found is None:
        scope = Scope(module_of(function), function.__globals__, {}, True)
        defaults = {name: Const(value) for name, value in _defaults(function)}
        found = _OWN[function] = Closure(lower(function), scope, {}, defaults)
    return found


_OWN: dict[types.FunctionType, Closure] = {}


def _is_own(module: str) -> bool:
    return module.startswith(_TRUSTED)


def _defaults(function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    """The defaults of a function by the names of its parameters."""
    code, defaults = function.__code__, function.__defaults__ or ()
    names = code.co_varnames[: code.co_argcount]
    yield from zip(names[len(names) - len(defaults) :], defaults, strict=True)
    yield from (function.__kwdefaults__ or {}).items()


def _closure_step(i: int) -> tuple[Any, ...]:
    return (Attribute("__closure__"), Item(i), Attribute("cell_contents"))


def defaults_of(
    sp: Specialiser, function: types.FunctionType, is_trusted: bool
) -> dict[str, Value]:
    """The defaults of a function; they are part of what the specialisation rests on."""
    defaults = function.__defaults__ or ()
    code = function.__code__
    names = code.co_varnames[: code.co_argcount]
    place = sp.inputs.functions.get(function)
    found: dict[str, Value] = {}
    rows: list[tuple[str, str, int | str, Any]] = [
        (n, "__defaults__", i, v)
        for i, (n, v) in enumerate(zip(names[len(names) - len(defaults) :], defaults, strict=True))
    ]
    if defaults and place is not None and not is_trusted:
        # They belong to the last parameters: with more of them, each is another's.
        sp.inputs.guard(place.attribute("__defaults__"), Test.LENGTH, len(defaults))
    rows += [(n, "__kwdefaults__", n, v) for n, v in (function.__kwdefaults__ or {}).items()]
    for param, attribute, key, value in rows:
        if place is None or is_trusted:
            found[param] = Const(value)
        else:
            found[param] = sp.inputs.read(place.attribute(attribute).item(key), value)
    return found
