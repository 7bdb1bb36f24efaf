"""What the call of a method means, once it is known on what it is called."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.ops import OPS
from srcgrad.ir.types import UNKNOWN, Array, ListOf, Object, Scalar, Unknown, number_of
from srcgrad.specialise import (
    added,
    calls,
    certain,
    compiled,
    container_methods,
    containers,
    disturbed,
    either,
    growing,
    handed,
    iterate,
    left,
    objects,
    optional,
    outside_sets,
    set_methods,
    subclasses,
    texts,
    undecided,
    writers,
    writes,
)
from srcgrad.specialise.builder import constant_of
from srcgrad.specialise.classes import PYTHONS, class_of
from srcgrad.specialise.draws import type_of_draw
from srcgrad.specialise.values import Args, Held, Kwargs, Method, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


_SPELLED_OUT: dict[str, Any] = {
    "__getitem__": operator.getitem,
    "__setitem__": operator.setitem,
    "__delitem__": operator.delitem,
    "__contains__": operator.contains,
    "__len__": len,
}
"""The methods by which operations on arrays and containers are called: ``key=x.__getitem__``."""


def call(sp: Specialiser, method: Method, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value:
    """The result of a method."""
    receiver = set_methods.of_constant(sp, method.receiver)
    operation = _SPELLED_OUT.get(method.name)
    if operation is not None and not kwargs and class_of(sp, receiver) in (list, dict, np.ndarray):
        return calls.invoke(sp, Const(operation), (receiver, *args), {}, loc, name)
    if isinstance(receiver, Var):
        receiver = optional.present(sp, receiver, loc)
    if isinstance(receiver, Held) and isinstance(receiver.example, tuple):
        receiver = handed.opened(sp, receiver)
    if isinstance(receiver, Const) and type(receiver.value) is tuple:
        receiver = Pack(tuple, tuple(map(Const, receiver.value)))
    if isinstance(receiver, Var) and isinstance(receiver.type, Array):
        made = _of_array(sp, receiver, method.name, args, kwargs, loc, name)
        if made is not None:
            return made
    if isinstance(receiver, Held):
        outside_sets.check_method(sp, receiver, method.name, loc)
        receiver = outside_sets.before(sp, receiver, method.name, loc)
    if isinstance(receiver, Var | Held):
        writes.check_method(_class_of_receiver(receiver), method.name, args, kwargs, loc)
    if isinstance(receiver, Var) and isinstance(number_of(receiver.type), Array | Scalar | Unknown):
        function = getattr(np.ndarray, method.name, None)
        if function is not None and calls.find(OPS, function) is not None:
            writes.check_call(function, (receiver, *args), kwargs, loc)
            return calls.apply(sp, function, (receiver, *args), kwargs, loc, name)
    if isinstance(receiver, Var) and isinstance(receiver.type, ListOf):
        return growing.method(sp, receiver, receiver, method.name, args, loc, kwargs)
    if isinstance(receiver, Ref):
        changed = left.method(sp, receiver, method.name, args, kwargs, loc)
        if changed is not None:
            return changed
    result = objects.method(sp, receiver, method.name, args, kwargs, loc, name)
    if result is not None:
        return result
    if isinstance(receiver, Held) and isinstance(receiver.example, list | tuple | dict):
        subclasses.check_method(receiver, method.name, loc)
        done = added.method(sp, receiver, method.name, args, kwargs, loc)
        if done is not None:
            return done
        if method.name in ("items", "keys", "values"):
            sp.inputs.log.walked(receiver.place)
        receiver = handed.opened(sp, receiver)
    if isinstance(receiver, Pack | Ref):
        return _method_of_pack(sp, receiver, method.name, args, kwargs, loc)
    if isinstance(receiver, Const) and isinstance(receiver.value, str):
        found = _of_text(sp, receiver.value, method.name, args, kwargs, loc)
        if found is not None:
            return found
    if isinstance(receiver, Const):
        known_method = Const(getattr(receiver.value, method.name))
        made = calls.invoke(sp, known_method, args, kwargs, loc, name)
        if isinstance(made, Var) and made.type == UNKNOWN:
            made.type = texts.type_of_method(receiver, method.name)
        return made
    disturbed.hand_over_lists(sp, None, (*args, *kwargs.values()), loc, receiver, method.name)
    bound = sp.operand(method, loc)
    result = calls.call_opaque(sp, bound, args, kwargs, loc, name)
    if isinstance(result, Var):
        given = {key: sp.heap.frozen(value) for key, value in kwargs.items()}
        drawn = type_of_draw(receiver, method.name, tuple(map(sp.heap.frozen, args)), given)
        result.type = texts.type_of_method(receiver, method.name) if drawn == UNKNOWN else drawn
    return result


def _of_text(
    sp: Specialiser, text: str, name: str, args: Args, kwargs: Kwargs, loc: Loc
) -> Value | None:
    """What a method of a known string gives, if all that it is given is known."""
    if name == "join" and len(args) == 1 and set_methods.is_known(sp, args[0]):
        args = (Pack(tuple, iterate.all_elements(sp, args[0], loc)),)  # type: ignore[arg-type]
    given = [sp.heap.frozen(arg) for arg in (*args, *kwargs.values())]
    known = [constant_of(arg) for arg in given if isinstance(arg, Const | Pack)]
    values = [constant.value for constant in known if constant is not None]
    if len(values) < len(given):
        return None
    by_name = dict(zip(kwargs, values[len(args) :], strict=True))
    made = certain.computed(loc, getattr(text, name), *values[: len(args)], **by_name)
    if isinstance(made, list):
        return containers.make_list(sp, tuple(map(Const, made)))
    return Const(made)


def _of_array(
    sp: Specialiser, receiver: Var, method: str, args: Args, kwargs: Kwargs, loc: Loc, name: str
) -> Value | None:
    """The result of a method of an array that is more than an operation on it; else None."""
    assert isinstance(receiver.type, Array)
    function = getattr(np.ndarray, method, None)
    in_arms = either.call(sp, function, (receiver, *args), kwargs, loc, name)
    if in_arms is not None:
        return in_arms
    written = writers.write_by_call(sp, function, (receiver, *args), kwargs, loc)
    if written is not None:
        return written
    if method == "item" and args and not kwargs:
        key = args[0] if len(args) == 1 else Pack(tuple, args)  # type: ignore[arg-type]
        if receiver.type.ndim == (1 if isinstance(key, Var | Const) else len(args)):
            element = calls.index(sp, receiver, sp.operand(key, loc), loc)
            return call(sp, Method(element, "item"), (), {}, loc, name)
    return _to_list(sp, receiver, loc) if method == "tolist" and not args else None


def _to_list(sp: Specialiser, array: Var, loc: Loc) -> Value | None:
    """``x.tolist()``: a list of Python's numbers, or one of the lists of the rows."""
    assert isinstance(array.type, Array)
    kind: Any = PYTHONS.get(array.type.dtype.kind)
    if kind is not None and undecided.is_undecided(array):
        kind = np.ndarray.item
    by = {1: _numbers, 2: _rows}.get(array.type.ndim)
    if kind is None or by is None:
        return None
    return compiled.run(sp, by, (array, Const(kind)), loc)


def _numbers(array: Any, kind: Any) -> Any:
    return [kind(number) for number in array]


def _rows(array: Any, kind: Any) -> Any:
    return [[kind(number) for number in row] for row in array]


def _class_of_receiver(receiver: Var | Held) -> type | None:
    """The class of what a method is called on, None where it is not known."""
    if isinstance(receiver, Held):
        return type(receiver.example)
    if isinstance(receiver.type, Object):
        return receiver.type.cls
    if isinstance(receiver.type, ListOf):
        return list
    return np.ndarray if isinstance(receiver.type, Array) else None


def _method_of_pack(
    sp: Specialiser, pack: Pack | Ref, name: str, args: Args, kwargs: Kwargs, loc: Loc
) -> Value:
    """A method of a list, tuple, dict or named tuple that is known element by element."""
    result = container_methods.method(sp, pack, name, args, kwargs, loc)
    if result is None:
        message = f"'{pack.kind.__name__}.{name}' cannot be differentiated"
        raise UnsupportedSyntaxError(message, loc, "build a new container")
    return result
