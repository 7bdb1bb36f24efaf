"""Functions that no user writes: what the front end, the rules and the passes put into programs."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import Loc, NoDerivativeError, UnsupportedSyntaxError
from srcgrad.ir import intrinsics
from srcgrad.ir import lists as list_ops
from srcgrad.ir.nodes import Const, Var
from srcgrad.ir.types import (
    UNKNOWN,
    Array,
    Dim,
    Length,
    ListOf,
    PackType,
    Scalar,
    Type,
    Unknown,
    dims_of,
    is_not_one,
    ndim_of,
)
from srcgrad.specialise import (
    advanced,
    calls,
    certain,
    containers,
    cotangent,
    iterate,
    lists,
    open_methods,
    optional,
    put_there,
)
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.classes import class_of_instance
from srcgrad.specialise.values import (
    Args,
    Closure,
    GeneratorOf,
    Handler,
    Kwargs,
    Opened,
    Ref,
    Value,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


# --- of the front end -----------------------------------------------------------------------------


def _entering(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if isinstance(args[0], Const) and args[0].value is np.errstate:
        return Const(None)
    hint = "only np.errstate may stand here; do this outside of the differentiated function"
    raise UnsupportedSyntaxError("'with' cannot be differentiated", loc, hint)


def _manager(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if isinstance(args[0], Ref) and class_of_instance(args[0]) is not None:
        return args[0]
    hint = "np.errstate with constant settings, and instances of a class of your own, made in the "
    hint += "function, may stand here; do everything else outside"
    raise UnsupportedSyntaxError("'with' cannot be differentiated", loc, hint)


def _trace_of(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    error = sp.operand(args[0], loc)
    return sp.builder.apply(getattr, (error, Const("__traceback__")), (), loc)


def _passes_on(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if isinstance(args[0], Const) and not args[0].value:
        return Const(None)
    message = "the '__exit__' of this may keep errors back, if what it returns is true"
    raise UnsupportedSyntaxError(message, loc, "use 'try' and 'except' for that")


def _leave(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if isinstance(args[0], GeneratorOf):
        args[0].left.append(loc)
    return Const(None)


def _join_text(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if all(isinstance(arg, Const) for arg in args):
        return Const("".join(arg.value for arg in args if isinstance(arg, Const)))
    return None


def _nth(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    return iterate.nth(sp, args[0], sp.operand(args[1], loc), loc)


# --- what rules may ask ---------------------------------------------------------------------------


def _is_active(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    operand = sp.operand(args[0], loc)
    if isinstance(operand, Var):  # which a rule may have compared with None before
        operand = optional.untested(sp, operand)
    return Const(sp.is_active(operand))


def _refuse(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    raise NoDerivativeError(sp.constant(args[0], "the message"), loc)


def _is_display(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if isinstance(args[0], Var) and isinstance(args[0].type, Unknown):
        message = "whether this makes an array of an array or of a list is not known"
        raise NoDerivativeError(message, loc, "copy an array with np.copy")
    return Const(not lists.is_dynamic(sp.heap.view(args[0])))


def _rank_of(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    type_ = type_of(sp.operand(args[0], loc))
    rank = ndim_of(type_.item) if isinstance(type_, ListOf) else None
    if rank is None:
        raise NoDerivativeError("arrays of unknown rank are joined", loc)
    return Const(rank)


def _fills(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """Whether a value has the shape of each element of a list, which ``sum`` may have broadcast."""
    v, xs = (type_of(sp.operand(arg, loc)) for arg in args)
    whole, dims = dims_of(v), dims_of(xs.item) if isinstance(xs, ListOf) else None
    if whole is None or dims is None or len(whole) != len(dims):
        return Const(False)
    return Const(all(is_not_one(a) or (a == b == 1) for a, b in zip(dims, whole, strict=True)))


def _is_shaped_as(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """Whether a value has the shape of each element of a list that is not None."""
    x, xs = (type_of(sp.operand(arg, loc)) for arg in args)
    item = xs.item if isinstance(xs, ListOf) else UNKNOWN
    if isinstance(item, Unknown) and item.there is not None:
        item = item.there
    return Const(x == item and _is_fixed(x))


def _is_fixed(type_: Type) -> bool:
    """Whether all values of a type have one shape throughout a call."""
    match type_:
        case Scalar():
            return True
        case Array(dims=dims):
            return all(map(_is_fixed_dim, dims))
        case ListOf(item=item, length=length):
            return _is_fixed_dim(length) and _is_fixed(item)
        case PackType(items=items):
            return all(map(_is_fixed, items))
    return False


def _is_fixed_dim(dim: Dim) -> bool:
    return isinstance(dim, int) or (isinstance(dim, Length) and dim.symbol.fixed)


def _inserted_at(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    xs, i = args
    if isinstance(i, Const) and i.value == 0:
        return i
    if not isinstance(i, Var) or not sp.inputs.measures.is_place(i):
        return None
    count = calls.invoke(sp, Const(len), (xs,), {}, loc)
    last = calls.invoke(sp, Const(operator.sub), (count, Const(1)), {}, loc)
    return calls.invoke(sp, Const(min), (i, last), {}, loc)


def _taken_from(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    xs, i = args
    is_known = isinstance(i, Const) and i.value >= 0
    if is_known or sp.inputs.measures.is_place(sp.operand(i, loc)):
        return i
    left = calls.invoke(sp, Const(len), (xs,), {}, loc)
    count = calls.invoke(sp, Const(operator.add), (left, Const(1)), {}, loc)
    return calls.invoke(sp, Const(operator.mod), (i, count), {}, loc)


def _append(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    with put_there.moving(sp):
        longer = lists.append(sp, sp.heap.view(args[0]), args[1], loc, name)
        return containers.new_list(sp, longer) if isinstance(args[0], Ref) else longer


def _defined(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    sp.fill_late(sp.running[-1].frame, sp.constant(args[0], "a name"), args[1])
    return Const(None)


def _generated(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """A generator expression, which asks for ``iter`` of what it goes over where it stands."""
    function, part = args
    assert isinstance(function, Closure)
    certain.check_made_of(sp, (part,), loc)
    if isinstance(sp.heap.view(part), Opened):
        part = open_methods.taken(sp, part)
    return advanced.made(sp, GeneratorOf(function, part, sp.trip), loc)


INTERNAL: dict[Any, Handler] = {
    intrinsics.defined: _defined,
    intrinsics.entering: _entering,
    intrinsics.generated: _generated,
    intrinsics.leave: _leave,
    intrinsics.manager: _manager,
    intrinsics.passes_on: _passes_on,
    intrinsics.trace_of: _trace_of,
    intrinsics.join_text: _join_text,
    intrinsics.itself: lambda sp, args, *_: args[0],
    intrinsics.nth: _nth,
    intrinsics.cast: cotangent.cast,
    intrinsics.expand: cotangent.expand,
    intrinsics.unbroadcast: cotangent.unbroadcast,
    intrinsics.zero: cotangent.zero,
    intrinsics.is_active: _is_active,
    intrinsics.refuse: _refuse,
    list_ops.inserted_at: _inserted_at,
    list_ops.taken_from: _taken_from,
    list_ops.is_display: _is_display,
    list_ops.list_append: _append,
    list_ops.rank_of: _rank_of,
    list_ops.fills: _fills,
    list_ops.is_shaped_as: _is_shaped_as,
}
