"""Augmented assignment: it changes a container, rebinds a number, and may write into an array."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from srcgrad.analysis.changing import is_changeable
from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.instances import in_class
from srcgrad.ir.nodes import Apply, Const, Operand, Var
from srcgrad.ir.started import as_array as array_type
from srcgrad.ir.started import is_either
from srcgrad.ir.types import UNKNOWN, Array, Scalar, Type, Unknown, is_some_number, number_of
from srcgrad.specialise import (
    added,
    beside_lists,
    calls,
    container_methods,
    growing,
    left,
    lists,
    optional,
    outside_sets,
    own_containers,
    set_methods,
    undecided,
)
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.classes import class_of
from srcgrad.specialise.containers import write
from srcgrad.specialise.stores import as_array
from srcgrad.specialise.values import Args, Handler, Held, Kwargs, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

IN_PLACE = {
    operator.iadd: operator.add,
    operator.isub: operator.sub,
    operator.imul: operator.mul,
    operator.itruediv: operator.truediv,
    operator.ifloordiv: operator.floordiv,
    operator.imod: operator.mod,
    operator.ipow: operator.pow,
    operator.imatmul: operator.matmul,
    operator.iand: operator.and_,
    operator.ior: operator.or_,
    operator.ixor: operator.xor,
    operator.ilshift: operator.lshift,
    operator.irshift: operator.rshift,
}
"""The operators of augmented assignment, and those that do the same to a new object."""

_SET_OPERATORS = {
    operator.ior: operator.or_,
    operator.iand: operator.and_,
    operator.isub: operator.sub,
    operator.ixor: operator.xor,
}


def _refuse_object(sp: Specialiser, op: Any, value: Value, loc: Loc) -> None:
    """Refuses to change an object from outside in place, of which no more than the class is known:
    a set that was given is not to be changed, and others have methods for it."""
    outside_sets.check_change(sp, value, loc)
    is_object = isinstance(value, Held) or (isinstance(value, Var) and is_changeable(value))
    kind = class_of(sp, value) if is_object else None
    if kind is not None and in_class(kind, f"__{op.__name__}__") is not None:
        message = f"an augmented assignment changes a {kind.__name__} in place"
        raise UnsupportedSyntaxError(message, loc, "call the method that does so: update, extend")


def _in_place(op: Any, base: Any) -> Handler:
    """``x += e``: a rebinding of numbers and tuples; of an array, a write (checked later)."""

    def augment(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        kind = class_of(sp, args[0])
        own_containers.ask(sp, args[0])
        if kind is list and _makes_array(sp, op, args[1]):
            return calls.invoke(sp, Const(base), args, kwargs, loc, name)
        if isinstance(args[0], Ref):
            changed = _augment(sp, op, args[0], args[1], loc)
            if changed is not None:
                return changed
        elif lists.is_dynamic(args[0]) and op in (operator.iadd, operator.imul):
            _change_element(sp, op, args[0], args[1], loc)
        elif isinstance(args[0], Held) and _extends(sp, op, args[0], args[1], loc):
            return args[0]
        elif kind in (list, dict):
            message = "an augmented assignment changes a list or dict in place"
            raise UnsupportedSyntaxError(message, loc, "write `items = items + more`")
        _refuse_object(sp, op, args[0], loc)
        given = args[0]
        target = optional.present(sp, given, loc) if isinstance(given, Var) else given
        if (
            not isinstance(given, Var)
            or not isinstance(target, Var)
            or not _may_be_array(target.type)
        ):
            return calls.invoke(sp, Const(base), args, kwargs, loc, name)
        operand = optional.present(sp, sp.operand(args[1], loc), loc)
        beside_lists.check(sp, base, (given, operand), loc)
        if isinstance(target.type, Array) or beside_lists.is_display(operand):
            operand = as_array(sp, operand, loc)
            written = Const(1.0) if op is operator.itruediv else operand
            undecided.check_in_place(sp, target, written, loc)
        result = Var(name, _type_after(sp, base, target, operand))
        stmt = Apply(result, op, (target, operand), (), loc)
        sp.builder.definitions[result] = stmt
        sp.builder.emit(stmt)
        return result

    return augment


def _extends(sp: Specialiser, op: Any, held: Held, other: Value, loc: Loc) -> bool:
    """``log += more`` and ``known |= more`` of what is outside; whether it was done."""
    name = {operator.iadd: "extend", operator.ior: "update"}.get(op)
    return name is not None and added.method(sp, held, name, (other,), {}, loc) is not None


def _type_after(sp: Specialiser, base: Any, target: Var, operand: Operand) -> Type:
    """The type of what ``target`` is after an augmented assignment: that of an array stays."""
    if not is_either(target.type):
        return target.type
    made = sp.builder.infer(base, (target, operand), ())
    return made if array_type(made) == array_type(target.type) else UNKNOWN


def _makes_array(sp: Specialiser, op: Any, other: Value) -> bool:
    """Whether NumPy, which is asked before the list, makes an array of ``items += other``."""
    type_ = number_of(type_of(other)) if isinstance(other, Var | Const) else None
    if isinstance(type_, Unknown) and type_.there is not None:
        type_ = type_.there  # None raises, whichever of both is asked
    is_numpys_number = isinstance(type_, Scalar) and type_.python is False
    if isinstance(type_, Array) or (is_numpys_number and op is operator.iadd):
        return True
    return isinstance(other, Var) and beside_lists.is_array(sp, other)


def _may_be_array(type_: Type) -> bool:
    return isinstance(type_, Array | Unknown) and not is_some_number(type_)


def _change_element(sp: Specialiser, op: Any, xs: Value, other: Value, loc: Loc) -> None:
    """``rows[i] += other`` of a list in one of unknown length, which has no identity there.

    Raises
    ------
    NoIdentity
        Always: what asks for it knows how to begin again.
    """
    assert isinstance(xs, Var)
    if op is operator.iadd:
        growing.method(sp, xs, xs, "extend", (other,), loc)
    write(sp, xs, xs, loc)


def _augment(sp: Specialiser, op: Any, ref: Ref, other: Value, loc: Loc) -> Value | None:
    """``ref += other`` and the like; None if the class of ``ref`` has no such operator."""
    pack = sp.heap.contents[ref]
    if (
        ref.kind is list
        and op is operator.iadd
        and left.method(sp, ref, "extend", (other,), {}, loc)
    ):
        return ref
    if ref.kind is list and op is operator.iadd:
        container_methods.method(sp, ref, "extend", (other,), {}, loc)
    elif isinstance(pack, Var) or ref.kind is list:
        return growing.augment(sp, op, ref, pack, other, loc)
    elif issubclass(ref.kind, dict) and op is operator.ior:
        container_methods.update(sp, ref, other, loc)
    elif ref.kind is set and op in _SET_OPERATORS:
        if not set_methods.augment(sp, op, _SET_OPERATORS[op], ref, other, loc):
            return None
    else:
        return None
    return ref


AUGMENTED: dict[Any, Handler] = {op: _in_place(op, base) for op, base in IN_PLACE.items()}
