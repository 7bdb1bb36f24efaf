"""Uses of what may be None: tests of it, and what raises an exception where it is None.

A test gives the flag of a ``PerhapsOf``, and where that is known (``found_out.py``) it is the
container, or None.  Where it is not known, reading an attribute or an element raises what Python
raises for None.  It may be handed to what the compiler looks into; everything else is refused.
"""

from __future__ import annotations

import operator
import types
from typing import TYPE_CHECKING, Any

from srcgrad.errors import CertainError, Loc
from srcgrad.instances import in_class, is_users
from srcgrad.ir import intrinsics
from srcgrad.ir.lists import list_append
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.types import PY_BOOL, Array, Scalar, number_of
from srcgrad.specialise import (
    branches,
    calls,
    chosen_functions,
    compiled,
    conditions,
    dunders,
    inlining,
    missing,
    perhaps,
)
from srcgrad.specialise.builder import constant_of, type_of
from srcgrad.specialise.classes import class_of, class_of_instance
from srcgrad.specialise.values import (
    Args,
    Closure,
    Held,
    Kwargs,
    Method,
    OneOf,
    PartialOf,
    PerhapsOf,
    PerhapsSet,
    Ref,
    SuperOf,
    Value,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_READING = frozenset(
    (
        *(getattr, setattr, delattr, len, iter, intrinsics.unpack),
        *(operator.getitem, operator.setitem, operator.delitem, operator.contains),
    )
)
"""What reads, or changes, its first argument, which must not be None."""
_TESTING = frozenset(
    (operator.is_, operator.is_not, operator.not_, bool, isinstance, intrinsics.truth)
)
_KEEPING = {
    intrinsics.pack: range(2, 1 << 30),
    intrinsics.set_cell: range(1, 2),
    intrinsics.note_read: range(1),
    intrinsics.note_perhaps: range(1),
    intrinsics.itself: range(1),
    list_append: range(1, 2),
    setattr: range(2, 3),
    object.__setattr__: range(2, 3),
    operator.setitem: range(2, 3),
}
"""What keeps its arguments at these places as they are."""


def settled(sp: Specialiser, value: Value) -> Value:
    """``value``; if it is known by now whether it is there, what it is then."""
    if isinstance(value, OneOf):
        return chosen_functions.settled(sp, value)
    if not isinstance(value, PerhapsOf):
        return value
    known = sp.found_out.known(value.there)
    if known is None:
        return value
    return value.content if known else Const(None)


def check(value: Value, loc: Loc) -> None:
    """Whether a value is there, or known to be None.

    Raises
    ------
    UnknownTypeError
        If it is not known whether it is.
    """
    if isinstance(value, PerhapsOf):
        raise perhaps.refused(value, loc)


# --- tests ----------------------------------------------------------------------------------------


def negated(sp: Specialiser, cond: Operand, loc: Loc) -> Operand:
    """``not cond``."""
    made = sp.builder.definitions.get(cond) if isinstance(cond, Var) else None
    if made is not None and made.op is operator.not_ and type_of(made.args[0]) == PY_BOOL:
        return made.args[0]
    found = sp.builder.apply(operator.not_, (cond,), (), loc)
    assert isinstance(found, Var | Const)
    return found


def is_one(sp: Specialiser, value: PerhapsOf, other: Value, loc: Loc) -> Operand:
    """``value is other``."""
    if perhaps.is_none(other):
        return negated(sp, value.there, loc)
    if isinstance(other, PerhapsOf):
        raise perhaps.refused(other, loc)
    if isinstance(value.content, OneOf):  # whose number is known only where it is there
        return compiled.run(sp, _is_there_and_one, (value, other), loc)  # type: ignore[return-value]
    found = calls.invoke(sp, Const(operator.is_), (value.content, other), {}, loc)
    if isinstance(found, Var):
        return sp.builder.apply(operator.and_, (value.there, found), (), loc)
    if not isinstance(found, Const):
        raise perhaps.refused(value, loc)
    return value.there if found.value else found


def _is_there_and_one(value: Any, other: Any) -> bool:
    return value is not None and value is other


def truth(sp: Specialiser, value: PerhapsOf, loc: Loc) -> bool | Operand:
    """``value`` as a condition."""
    heap = sp.heap.save()
    with sp.builder.nested() as body:
        try:
            found = conditions.truth(sp, value.content, loc)
        except CertainError:  # which None does not raise
            raise perhaps.refused(value, loc) from None
    if sp.heap.contents != heap:
        raise perhaps.refused(value, loc)
    if not isinstance(found, bool) or body:  # what has to be computed is there in an arm
        return compiled.run(sp, _is_there_and_true, (value,), loc)  # type: ignore[return-value]
    return value.there if found else False


def _is_there_and_true(value: Any) -> bool:
    return value is not None and (True if value else False)  # noqa: SIM210, as conditions are asked


def is_instance(sp: Specialiser, value: PerhapsOf, classes: Value, loc: Loc) -> Operand:
    """``isinstance(value, classes)``."""
    both = [
        calls.invoke(sp, Const(isinstance), (each, classes), {}, loc)
        for each in (value.content, Const(None))
    ]
    if not all(isinstance(found, Const) for found in both):
        raise perhaps.refused(value, loc)
    there, absent = (found.value for found in both)  # type: ignore[union-attr]
    if there is absent:
        return Const(there)
    return value.there if there else negated(sp, value.there, loc)


# --- uses -----------------------------------------------------------------------------------------


def present(sp: Specialiser, value: Value, error: Exception, loc: Loc) -> Value:
    """What is there: the program raises ``error`` if that is None."""
    value = settled(sp, value)
    if not isinstance(value, PerhapsOf):
        return value
    branches.raise_if(sp, negated(sp, value.there, loc), error, loc)
    return value.content


def iterated(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """What is there, of which somebody asks for the elements."""
    return present(sp, value, TypeError("'NoneType' object is not iterable"), loc)


def called(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """What is there, which is called."""
    return present(sp, value, TypeError("'NoneType' object is not callable"), loc)


def admitted(
    sp: Specialiser, callee: Value, args: Args, kwargs: Kwargs, iterated_over: range, loc: Loc
) -> tuple[Args, Kwargs]:
    """The arguments of a call, in which that may be None which ``callee`` knows to handle.

    Raises
    ------
    UnknownTypeError
        If there is another.
    """
    if not any(isinstance(value, PerhapsOf) for value in (*args, *kwargs.values())):
        return args, kwargs
    for value in (*args, *kwargs.values()):
        if isinstance(value, PerhapsSet):  # whose reader has not asked whether it is there
            raise perhaps.refused(value, loc)
    args = tuple(settled(sp, arg) for arg in args)
    kwargs = {key: settled(sp, value) for key, value in kwargs.items()}
    if looks_into(sp, callee):
        return args, kwargs
    function = callee.value if isinstance(callee, Const) else None
    taken = range(len(args)) if calls.find(_TESTING, function) else range(0)
    kept = calls.find(_KEEPING, function) or taken
    found = list(args)
    for i, arg in enumerate(args):
        if not isinstance(arg, PerhapsOf) or i in kept:
            continue
        if i in iterated_over or (i == 1 and function is intrinsics.generated):
            found[i] = iterated(sp, arg, loc)
        elif i == 1 and function is operator.getitem and _has_no_key_none(sp, args[0]):
            found[i] = present(sp, arg, KeyError(None), loc)
        elif i == 0 and calls.find(_READING, function):
            found[i] = present(sp, arg, _raised_by_reading(function, args, arg, loc), loc)
        elif _computes(function) and not kwargs:
            found[i] = present(sp, arg, _raised_by_computing(sp, function, args, i, loc), loc)
        else:
            raise perhaps.refused(arg, loc)
    for value in kwargs.values():
        if isinstance(value, PerhapsOf):
            raise perhaps.refused(value, loc)
    return tuple(found), kwargs


def _has_no_key_none(sp: Specialiser, value: Value) -> bool:
    """Whether a value is a dict whose keys are known, and None is none of them."""
    viewed = sp.heap.view(value)
    if isinstance(viewed, Held) and type(viewed.example) is dict:
        return None not in sp.inputs.keys(viewed)
    return isinstance(viewed, Pack) and viewed.kind is dict and None not in viewed.keys


def looks_into(sp: Specialiser, callee: Value) -> bool:
    """Whether a call is inlined, or puts what it is given into a container."""
    if isinstance(callee, Closure | PartialOf):
        return True
    if isinstance(callee, Method):
        receiver = callee.receiver
        if isinstance(receiver, Ref) and receiver.kind is list:
            return callee.name == "append"
        return isinstance(receiver, SuperOf) or class_of_instance(receiver) is not None
    if not isinstance(callee, Const):
        return class_of_instance(callee) is not None
    function = callee.value
    if calls.find(sp.structural, function) is not None:
        return False
    if isinstance(function, types.FunctionType):
        return inlining.is_inlinable(function)
    if isinstance(function, type):
        return is_users(function) or (issubclass(function, tuple) and hasattr(function, "_fields"))
    return isinstance(function, types.MethodType)


def _raised_by_reading(function: Any, args: Args, value: PerhapsOf, loc: Loc) -> Exception:
    """What Python raises where the first argument of ``function`` is None."""
    if function is intrinsics.unpack:
        return TypeError("cannot unpack non-iterable NoneType object")
    others = [constant_of(arg) if isinstance(arg, Const | Pack) else None for arg in args[1:]]
    try:
        function(None, *(0 if other is None else other.value for other in others))
    except (TypeError, AttributeError) as error:
        return type(error)(*error.args)
    raise perhaps.refused(value, loc)


def _raised_by_computing(
    sp: Specialiser, function: Any, args: Args, position: int, loc: Loc
) -> Exception:
    """What Python raises where the argument of an operator at ``position`` is None."""
    value = args[position]
    assert isinstance(value, PerhapsOf)
    others = [arg for i, arg in enumerate(args) if i != position]
    if not any(_may_compute_with_none(other, function, position == 0) for other in others):
        examples = [
            None if arg is value else missing.example(class_of(sp, arg), arg) for arg in args
        ]
        try:
            function(*examples)
        except TypeError as error:
            return TypeError(*error.args)
    raise perhaps.refused(value, loc)


def _computes(function: Any) -> bool:
    """Whether a function is an operator that computes or compares."""
    return bool(calls.find(missing.ARITHMETIC, function) or calls.find(dunders.IN_PLACE, function))


def _may_compute_with_none(value: Value, function: Any, is_right: bool) -> bool:
    """Whether a value, an operand of an operator, may be of a class that has one for None."""
    if isinstance(value, PerhapsOf):
        return True
    if isinstance(value, Var):
        return not isinstance(number_of(value.type), Scalar | Array)
    cls = class_of_instance(value)
    if cls is None or function not in dunders.BINARY:
        return cls is not None
    return dunders.is_written(in_class(cls, dunders.BINARY[function][is_right]))
