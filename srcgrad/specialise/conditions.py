"""What a value is as a condition: decided at compile time, or a test at run time."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from srcgrad.errors import Loc
from srcgrad.instances import is_instance
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.specialise import dunders, lists, logs, open_dicts, tested
from srcgrad.specialise.classes import class_of_instance
from srcgrad.specialise.values import (
    Closure,
    GeneratorOf,
    Held,
    Method,
    OneOf,
    Opened,
    PartialOf,
    PerhapsOf,
    Value,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def truth(sp: Specialiser, value: Value, loc: Loc) -> bool | Operand:
    """``value`` as a condition: decided, or an operand to test at run time."""
    is_container = isinstance(value, Held) and not is_instance(value.example)
    if class_of_instance(value) is not None and not is_container:
        return _truth_of_instance(sp, value, loc)
    if isinstance(value, PerhapsOf):
        return tested.truth(sp, value, loc)
    value = sp.heap.view(value)
    if isinstance(value, Const):
        return bool(value.value)
    if isinstance(value, Pack) and value.kind is not slice:
        return bool(value.items)
    if isinstance(value, Closure | PartialOf | GeneratorOf):
        return True
    if isinstance(value, OneOf) and all(truth(sp, v, loc) is True for v in value.options.values()):
        return True
    if isinstance(value, Method) and not isinstance(value.receiver, Var | Method):
        return True
    if isinstance(value, Held) and isinstance(value.example, list | tuple | dict):
        count = logs.length(sp, value, loc)
        return bool(sp.inputs.length(value)) if count is None else count
    if lists.is_dynamic(value) or isinstance(value, Opened):
        filled = is_filled(sp, value)
        return length(sp, value, loc) if filled is None else filled
    return sp.operand(value, loc)


def is_filled(sp: Specialiser, value: Value) -> bool | None:
    """Whether there is anything in a list of unknown length, or in a dict or a set to which data
    add, if a test has found that out."""
    value = value.at if isinstance(value, Opened) else value
    return sp.found_out.is_filled(value) if isinstance(value, Var) else None


def length(sp: Specialiser, value: Value, loc: Loc) -> Operand:
    """How much is in a list of unknown length, or in a dict or a set to which data add."""
    if isinstance(value, Opened):
        return open_dicts.count(sp, value, loc)
    return sp.builder.apply(len, (sp.operand(value, loc),), (), loc)


def decided(sp: Specialiser, value: Value, loc: Loc) -> Operand:
    """Something that is as true as ``value``, and no container."""
    viewed = sp.heap.view(value)
    if lists.is_dynamic(viewed) or isinstance(viewed, Opened):
        count = length(sp, viewed, loc)
        return sp.builder.apply(operator.gt, (count, Const(0)), (), loc)
    found = truth(sp, value, loc)
    return Const(found) if isinstance(found, bool) else found


def _truth_of_instance(sp: Specialiser, value: Value, loc: Loc) -> bool | Operand:
    for name in ("__bool__", "__len__"):
        found = dunders.special(sp, value, name, (), loc)
        if found is not None:
            return truth(sp, found, loc)
    return bool(value.items) if isinstance(value, Pack) and issubclass(value.kind, tuple) else True
