"""Operators between containers: concatenation, repetition, unions and what else sets have."""

from __future__ import annotations

import collections
import operator
import types
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.types import Array, Scalar, Type, Unknown, number_of
from srcgrad.specialise import (
    calls,
    containers,
    entries,
    growing,
    iterate,
    lists,
    lists_in_dicts,
    object_keys,
    set_methods,
    undecided,
)
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.classes import class_of
from srcgrad.specialise.values import Args, Handler, Held, Kwargs, Method, OpenDictOf, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def _add(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """Concatenation of lists and tuples."""
    if all(class_of(sp, arg) is list for arg in args):
        viewed = [sp.heap.view(arg) for arg in args]
        if any(map(lists.is_dynamic, viewed)):
            return containers.new_list(sp, lists.concatenate(sp, viewed[0], viewed[1], loc, name))
    if all(isinstance(arg, Pack | Held | Const | Ref) for arg in args):
        kinds = [class_of(sp, arg) for arg in args]
        if kinds[0] in (list, tuple) and kinds[0] is kinds[1]:
            parts = [iterate.all_elements(sp, arg, loc) for arg in args]
            return containers.same_kind(sp, kinds[0], (*parts[0], *parts[1]))
    return None


def _is_integer(type_: Type) -> bool:
    """Whether a value is an integer, Python's or NumPy's, or a number that may be one.

    What may be an array too is none: whether it repeats a list is not known.
    """
    match number_of(type_):
        case Scalar() as number:
            whole = number.dtype.kind in "iub"
            return whole or (number.instead is not None and _is_integer(number.instead))
        case Unknown(there=Array() | Scalar() as there):
            return _is_integer(there)
        case Unknown(number=is_number):
            return is_number
    return False


def _mul(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """Repetition of lists and tuples."""
    for sequence, given in (args, args[::-1]):
        if not isinstance(given, Const | Var) or not _is_integer(type_of(given)):
            continue
        viewed = sp.heap.view(sequence)
        if isinstance(viewed, Var) and lists.is_dynamic(viewed):
            count = undecided.as_integer(sp, given, loc)
            return containers.new_list(sp, growing.repeated(sp, viewed, count, loc))
        if isinstance(sequence, Pack | Held | Ref):
            kind = class_of(sp, sequence)
            if kind in (list, tuple):
                count = undecided.as_integer(sp, given, loc)
            if kind is list:
                items = Pack(list, iterate.all_elements(sp, sequence, loc))  # type: ignore[arg-type]
                return containers.new_list(sp, growing.repeated(sp, items, count, loc))
            if kind is tuple:
                times = sp.constant(count, "the number of repetitions")
                elements = iterate.all_elements(sp, sequence, loc)
                return containers.same_kind(sp, tuple, elements * times)
    return None


def _or(sp: Specialiser, args: Args, loc: Loc) -> Value | None:
    """The union of dicts, which is a defaultdict if one of them is, as the first of those."""
    kinds = {class_of(sp, arg) for arg in args}
    if not kinds <= _DICTS:
        return None
    if kinds == {dict} and not any(isinstance(sp.heap.view(arg), OpenDictOf) for arg in args):
        first, second = (entries.entries(sp, arg, loc) for arg in args)
        return containers.make_dict(sp, {**first, **second})
    making = [arg for arg in args if class_of(sp, arg) is collections.defaultdict]
    if not all(isinstance(arg, Ref) for arg in making):
        return None
    made = calls.invoke(sp, Const(dict), args[:1], {}, loc)
    calls.invoke(sp, Method(made, "update"), args[1:], {}, loc)
    if not making or not isinstance(made, Ref):
        return made
    return lists_in_dicts.shared(sp, made, making[0].kind)  # type: ignore[union-attr]


_DICTS = {dict, collections.defaultdict, collections.Counter, collections.OrderedDict}


def _of_sets(op: Any) -> Handler:
    def combine(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        object_keys.combine(sp, args, loc)
        if set_methods.are_sets(sp, *args):
            return set_methods.operated(sp, op, args[0], args[1], loc)
        found = set_methods.operated_with_any(sp, op, args[0], args[1], loc)
        if found is not None:
            return found
        set_methods.check_operands(sp, op, args, loc)
        if op is operator.or_:
            return _or(sp, args, loc) or _union_of_types(args)
        return None

    return combine


def _union_of_types(args: Args) -> Const | None:
    """``int | float | None``, as ``isinstance`` is given it."""
    values: list[Any] = [arg.value for arg in args if isinstance(arg, Const)]
    kinds = {type(value) for value in values}
    if len(values) < len(args) or not kinds & _TYPES or kinds - _TYPES - {type(None)}:
        return None
    return Const(operator.or_(*values))


_TYPES = {type, types.UnionType}


def _between_sets(op: Any) -> Handler:
    def compare(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        if set_methods.are_sets(sp, *args):
            return set_methods.compared(sp, op, args[0], args[1], loc)
        return None

    return compare


OPERATORS: dict[Any, Handler] = {
    operator.add: _add,
    operator.mul: _mul,
    operator.or_: _of_sets(operator.or_),
    operator.and_: _of_sets(operator.and_),
    operator.sub: _of_sets(operator.sub),
    operator.xor: _of_sets(operator.xor),
    operator.le: _between_sets(operator.le),
    operator.lt: _between_sets(operator.lt),
    operator.ge: _between_sets(operator.ge),
    operator.gt: _between_sets(operator.gt),
}
