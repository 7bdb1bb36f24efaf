"""What a specialisation rests on, and whether it fits a call.

The entry of a handle tests the same in generated code (``backend/guards.py``).
"""

from __future__ import annotations

import builtins
import sys
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np

from srcgrad.errors import AliasingError, Loc, UnsupportedSyntaxError
from srcgrad.frontend import lower
from srcgrad.instances import is_filled, is_setting
from srcgrad.ir.nodes import Apply, Const, Operand, Pack
from srcgrad.ir.ops import DERIVATIVES
from srcgrad.ir.walk import blocks, operands, statements, used, variables
from srcgrad.leads import kinds_of_rows, leads_to
from srcgrad.pipeline import Derivative
from srcgrad.specialise.places import (
    Attribute,
    Builtin,
    Cell,
    Computed,
    Expression,
    Global,
    Guard,
    Parameter,
    Place,
    Test,
    form_of,
    layout,
    module_of,
)


def guards_of(function: types.FunctionType, derivative: Derivative) -> tuple[Guard, ...]:
    """What a derivative rests on.

    A function that may be made anew for each call is guarded by its code alone, and so it must not
    appear in the derivative as itself.  Where it does, being called, it is guarded by identity, and
    so it is if it or another function of the same code has a rule.
    """
    inputs = derivative.program.specialiser.inputs
    unread = _unread(function, derivative)
    named = {id(f) for f in _functions_named(derivative)}
    with_rules = {f.__code__ for f in DERIVATIVES if isinstance(f, types.FunctionType)}
    exact = {
        place: function
        for function, place in inputs.functions.items()
        if id(function) in named or function.__code__ in with_rules
    }
    found: list[Guard] = []
    for guard in derivative.program.guards:
        # That an object calls this function matters, whether it reads the object or not.
        if guard.place.root in unread and guard.value is not function:
            continue
        if guard.test is Test.CODE and guard.place in exact:
            found.append(Guard(guard.place, Test.IDENTITY, exact[guard.place]))
        found.append(guard)
    return tuple(found)


def check_modules(function: types.FunctionType, derivative: Derivative) -> None:
    """Refuses names that would be read elsewhere than where they were found.

    A global is found again by the name of its module, and two modules may have one name.
    """
    loc, own = derivative.program.function.loc, module_of(function)
    read = _modules_read(derivative)
    hint = "import it in the ordinary way"
    for guard in derivative.program.guards:
        module = guard.value if guard.test is Test.IDENTITY else None
        if not isinstance(module, types.ModuleType) or module.__name__ not in read:
            continue
        if sys.modules.get(module.__name__) is not module:
            message = f"module '{module.__name__}' is not the one in sys.modules"
            raise UnsupportedSyntaxError(message, loc, hint)
    for helper in derivative.program.specialiser.inputs.functions:
        name = module_of(helper)
        module = sys.modules.get(name)
        namespace = function.__globals__ if name == own else getattr(module, "__dict__", None)
        if helper.__globals__ is not namespace and name in read:
            message = f"the globals of '{helper.__name__}' are not those of module '{name}'"
            raise UnsupportedSyntaxError(message, loc, hint)


def _modules_read(derivative: Derivative) -> set[str]:
    """The modules of which globals are read."""
    roots = (guard.place.root for guard in derivative.program.guards)
    return {root.module for root in roots if isinstance(root, Global)}


def _unread(function: types.FunctionType, derivative: Derivative) -> set[Parameter]:
    """The parameters that neither the function nor its derivative looks at."""
    lowered = lower(function)
    read = {var for stmt in statements(lowered.body.body) for var in used(stmt)}
    for block in (lowered.body, *(b for s in statements(lowered.body.body) for b in blocks(s))):
        read.update(var for result in block.results for var in variables(result))
    names = {p.name for p in lowered.params if p.value not in read}
    return {Parameter(name) for name in names - set(derivative.program.wrt)}


def _functions_named(derivative: Derivative) -> list[types.FunctionType]:
    """The Python functions that the derivative calls or passes on, as they are."""
    bodies = [f.body for f in (derivative.lean, *derivative.functions.values())]
    every = [stmt for body in bodies for stmt in statements(body.body)]
    named: list[Any] = [stmt.op for stmt in every if isinstance(stmt, Apply)]
    for stmt in every:
        named.extend(c for operand in operands(stmt) for c in _constants(operand))
        named.extend(c for b in blocks(stmt) for r in b.results for c in _constants(r))
    named.extend(c for body in bodies for result in body.results for c in _constants(result))
    return [value for value in named if isinstance(value, types.FunctionType)]


def _constants(operand: Operand) -> list[Any]:
    if isinstance(operand, Const):
        return [operand.value]
    items = operand.items if isinstance(operand, Pack) else ()
    return [value for item in items for value in _constants(item)]


def check_overlap(
    guards: Iterable[Guard],
    derivative: Derivative,
    function: types.FunctionType,
    arguments: Mapping[str, Any],
    given: Mapping[str, Any],
) -> None:
    """Refuses arguments that the function writes and that share memory with others.

    Nor may something lead to one that it writes which is handed to code that is not looked into.
    """
    loc = derivative.program.function.loc
    for guard in guards:
        if guard.test is Test.AWAY and not holds(guard, function, arguments, given):
            _refuse_leading(guard, derivative.program.specialiser.inputs.handed_out[guard.place])
        if guard.test is Test.APART and not holds(guard, function, arguments):
            others = " or ".join(map(str, guard.value))
            message = f"{guard.place} is written, and shares memory with {others}"
            raise AliasingError(message, replace(loc, text=()), "pass a copy of one of them")


def _refuse_leading(guard: Guard, loc: Loc) -> NoReturn:
    changed = " or ".join(f"'{place}'" for place in guard.value)
    message = f"'{guard.place}' is read here by code that is not looked into, and leads to "
    message += f"{changed}, which the function changes"
    hint = "pass a copy of what is changed, or let it read what that needs of the object"
    raise AliasingError(message, loc, hint)


_OF_IDENTITY = (Test.SAME, Test.DISTINCT, Test.AWAY)


def holds(
    guard: Guard,
    function: types.FunctionType,
    arguments: Mapping[str, Any],
    given: Mapping[str, Any] | None = None,
) -> bool:
    """Whether a guard holds for a call; what the entry tests in generated code.

    Which objects are one is asked of the arguments as they were ``given``, if they were copied.
    """
    if given is not None and guard.test in _OF_IDENTITY:
        arguments = given
    try:
        return _fits(guard, lambda place: _at(place, function, arguments))
    except (LookupError, AttributeError, TypeError, ValueError):
        return False  # the path leads nowhere: arguments of another form


def _at(place: Place, function: types.FunctionType, arguments: Mapping[str, Any]) -> Any:
    match place.root:
        case Parameter(name):
            value = arguments[name]
        case Global(module, name):
            value = _names(function, module)[name]
        case Builtin(module, name):
            value = _names(function, module).get(name, getattr(builtins, name))
        case Cell(name):
            value = cells_of(function)[name].cell_contents
    for step in place.path:
        value = getattr(value, step.name) if isinstance(step, Attribute) else value[step.key]
    return value


def _names(function: types.FunctionType, module: str) -> dict[str, Any]:
    """The globals of a module."""
    own = module == module_of(function)
    return function.__globals__ if own else vars(sys.modules[module])


def cells_of(function: types.FunctionType) -> dict[str, types.CellType]:
    return dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))


def _is_present(place: Place, look: Callable[[Place], Any]) -> bool:
    """Whether an object, or a module, has an attribute, or a dict a key."""
    if not place.path:
        assert isinstance(place.root, Global)
        return hasattr(sys.modules[place.root.module], place.root.name)
    step, owner = place.path[-1], look(place.owner)
    return hasattr(owner, step.name) if isinstance(step, Attribute) else step.key in owner


def _fits(guard: Guard, look: Callable[[Place], Any]) -> bool:
    if guard.test is Test.PRESENT:
        return _is_present(guard.place, look) is guard.value
    if guard.test is Test.FILLED:
        return is_filled(guard.value, look(guard.place.owner))
    value = look(guard.place)
    match guard.test:
        case Test.TYPE:
            return type(value) is guard.value
        case Test.IDENTITY:
            return value is guard.value
        case Test.EQUAL:
            if type(value) is not type(guard.value):
                return False
            if isinstance(value, float | tuple | range | slice):
                return repr(value) == repr(guard.value)  # as (1,) == (True,), and 0.0 == -0.0
            return bool(value == guard.value)
        case Test.LENGTH:
            return bool(len(value) == guard.value)
        case Test.AT_LEAST:
            return bool(len(value) >= guard.value)
        case Test.KEYS:
            return bool(tuple(value) == guard.value)
        case Test.LAID_OUT:
            return bool(layout(value) == guard.value)
        case Test.SPELLED:
            return bool(repr(tuple(value)) == guard.value)
        case Test.CODE:
            return isinstance(value, types.FunctionType) and value.__code__ is guard.value
        case Test.ARRAY:
            return type(value) is np.ndarray and form_of(value) == guard.value
        case Test.APART:
            return not any(np.may_share_memory(value, look(other)) for other in guard.value)
        case Test.AWAY:
            return not leads_to(value, map(look, guard.value))
        case Test.SAME:
            return value is look(guard.value)
        case Test.DISTINCT:
            objects = [value, *map(look, guard.value)]
            return len(set(map(id, objects))) == len(objects)
        case Test.SETTING:
            return is_setting(value)
        case Test.ELEMENTS:
            kinds = guard.value
            return set(map(type, value)) == (kinds if isinstance(kinds, frozenset) else {kinds})
        case Test.ROWS:
            return kinds_of_rows(value) == {guard.value}
        case Test.LONG:
            return all(_evaluated(expression, look) > 1 for expression in guard.value)


def _evaluated(expression: Expression, look: Callable[[Place], Any]) -> Any:
    """The value of an integer that is computed from what is at places."""
    if isinstance(expression, Computed):
        return expression.op(*(_evaluated(arg, look) for arg in expression.args))
    return look(expression) if isinstance(expression, Place) else expression
