"""What a function of which there is no source may change: all that its code may be about."""

from __future__ import annotations

import builtins
import dis
import types
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.analysis.unseen_classes import methods
from srcgrad.analysis.unseen_values import ALL, CONTAINERS, SOME, Given, Values, inner
from srcgrad.instances import is_instance, own_attributes

if TYPE_CHECKING:
    from srcgrad.analysis.unseen import Unseen


def go_through(unseen: Unseen, function: types.FunctionType, given: Given) -> Values:
    """What a call of the function may give; what it changes is noted."""
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    codes = tuple(_codes(function.__code__))
    names = {name for code in codes for name in code.co_names}
    around = {**vars(builtins), **function.__globals__}
    named = [around[name] for name in sorted(names) if name in around]
    named.extend(cell.cell_contents for cell in cells.values() if cell != types.CellType())
    at_hand = inner((*named, *given.everything(), *(function.__defaults__ or ())))
    at_hand = inner((*at_hand, *(part for each in at_hand for part in parts(each))))
    for instruction in (each for code in codes for each in dis.get_instructions(code)):
        name = instruction.argval
        match instruction.opname:
            case "STORE_GLOBAL" | "DELETE_GLOBAL":
                unseen.change(function.__globals__, name)
            case "STORE_DEREF" | "DELETE_DEREF" if name in cells:
                unseen.change(cells[name], name)
            case "STORE_ATTR" | "DELETE_ATTR":
                for each in at_hand:
                    unseen.set_attribute(each, name, ())
            case "STORE_SUBSCR" | "DELETE_SUBSCR" | "BINARY_OP" if _writes(instruction):
                for each in at_hand:
                    if isinstance(each, np.ndarray | list | dict):
                        unseen.change(each, ALL)
    for each in at_hand:
        _call(unseen, each, names, at_hand)
    return (*at_hand, SOME)


def _call(unseen: Unseen, value: Any, names: set[str], at_hand: Values) -> None:
    """Calls what the code may call: a function, and methods of an object that it names."""
    if isinstance(value, types.FunctionType | types.BuiltinFunctionType):
        unseen.call(value, Given(rest=at_hand))
    elif isinstance(value, types.ModuleType | np.ndarray) or type(value) in CONTAINERS:
        found = [getattr(value, name, None) for name in sorted(names)]
        for each in found:
            if callable(each) and not isinstance(each, type):
                unseen.call(each, Given(rest=at_hand))
    elif not isinstance(value, type):
        for name, method in methods(type(value)):
            if name in names:
                unseen.call(method, Given(((value,),)))


def _writes(instruction: dis.Instruction) -> bool:
    return instruction.opname != "BINARY_OP" or instruction.argrepr.endswith("=")


def parts(value: Any) -> Iterator[Any]:
    """What the attributes of an instance are."""
    if is_instance(value):
        yield from own_attributes(value).values()


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """The code of a function, and that of the functions in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)
