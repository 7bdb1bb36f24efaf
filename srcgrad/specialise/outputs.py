"""What NumPy refuses to write into the array that a call names: floats into one of integers.

An assignment, which is what these calls become, would convert the values, and repeat those of a
result that is shorter.  NumPy itself is asked: it gets something of the types that the call has.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import CertainError, Loc, UnsupportedSyntaxError
from srcgrad.ir.alternatives import first, has_other, other
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.ops import OPS
from srcgrad.ir.types import (
    Array,
    Known,
    ListOf,
    PackType,
    Scalar,
    Type,
    dims_of,
    dtype_of,
    is_not_one,
    is_some_number,
    ndim_of,
    number_of,
)
from srcgrad.rules import scattered
from srcgrad.specialise import calls, undecided
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.stores import as_array
from srcgrad.specialise.values import Args, Kwargs

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

Named = dict[str, Operand]


def check(
    sp: Specialiser,
    function: Any,
    args: tuple[Operand, ...],
    kwargs: Named,
    out: Var,
    result: Operand,
    loc: Loc,
) -> None:
    """Whether a function may write its result into ``out``.

    Raises
    ------
    CertainError
        If dtypes or ranks do not allow it.  What depends on lengths is tested at run time.
    """
    check_dtypes(function, args, kwargs, (out,), loc)
    check_shape(sp, function, args, out, result, loc)


def check_dtypes(
    function: Any, args: tuple[Operand, ...], kwargs: Named, outs: tuple[Var | None, ...], loc: Loc
) -> None:
    """Whether a function may write into arrays of these dtypes; None is where it writes nothing.

    Raises
    ------
    CertainError
        If it may not.
    """
    if _is_in(function, _TAKING):  # an index of a sample would be too large for it
        args = (*args[:1], Const(0), *args[2:])
    if calls.find(OPS, function) is not None:  # no function of the user's, as np.frompyfunc has
        check_types(_with_outs(function, outs), args, kwargs, loc, (TypeError, ValueError))


def check_types(
    call: Callable[..., Any],
    args: tuple[Operand, ...],
    kwargs: Named,
    loc: Loc,
    kinds: tuple[type[Exception], ...] = (TypeError,),
) -> None:
    """Whether a call raises for any values of the types that are given, as it does for some.

    ``kinds`` are the errors that types alone decide about.

    Raises
    ------
    CertainError
        If it does.
    """
    try:
        rows = [list(_samples(operand)) for operand in (*args, *kwargs.values())]
    except _NoSampleError:
        return
    errors = [
        _raised(call, row[: len(args)], dict(zip(kwargs, row[len(args) :], strict=True)), kinds)
        for row in itertools.product(*rows)
    ]
    if None not in errors:
        assert errors[0] is not None
        raise CertainError(str(errors[0]), loc, errors[0]) from None
    found = next((error for error in errors if error is not None), None)
    if found is not None:
        raise UnsupportedSyntaxError(str(found), loc, "convert the number with float or np.float64")


def check_written(
    sp: Specialiser, function: Any, args: tuple[Operand, ...], kwargs: Named, loc: Loc
) -> None:
    """Whether a function may write its last argument into its first, an array.

    Of one that may be of integers, the program is asked whether it is where that matters.

    Raises
    ------
    CertainError
        If it may not.
    """
    array = args[0]
    if isinstance(array, Var) and undecided.is_undecided(array) and not kwargs:
        undecided.check_in_place(sp, array, as_array(sp, args[-1], loc), loc)
        args = (Var(array.name, first(number_of(array.type))), *args[1:])
    check_types(function, args, kwargs, loc)


_TAKING = frozenset((np.take, np.ndarray.take))
_OTHERS = (ArithmeticError, LookupError, TypeError, ValueError)
"""Errors that values decide about, or lengths, which those of a sample say nothing of."""


def _raised(
    call: Callable[..., Any],
    args: Iterable[Any],
    kwargs: dict[str, Any],
    kinds: tuple[type[Exception], ...],
) -> Exception | None:
    with np.errstate(all="ignore"):
        try:
            call(*args, **kwargs)
        except kinds as error:
            return error
        except _OTHERS:
            return None
    return None


def _with_outs(function: Any, outs: tuple[Var | None, ...]) -> Callable[..., Any]:
    """A function that calls another, and writes what that gives into arrays of the right shapes.

    So only the types of ``outs`` make it raise; where the call itself does, nothing is said.
    """

    def call(*args: Any, **kwargs: Any) -> None:
        try:
            found = function(*args, **kwargs)
        except _OTHERS:
            return
        found = found if isinstance(found, tuple) else (found,)
        arrays = tuple(
            None if out is None else np.zeros(np.shape(result), _dtype(out))
            for out, result in zip(outs, found, strict=True)
        )
        function(*args, **kwargs, out=arrays if len(arrays) > 1 else arrays[0])

    return call


def _dtype(out: Var) -> np.dtype[Any]:
    assert isinstance(out.type, Array)
    return out.type.dtype


# --- the dtype that a reduction computes in -----------------------------------------------------


_SUMMING = frozenset(
    (
        *(np.sum, np.ndarray.sum, np.prod, np.ndarray.prod, np.mean, np.ndarray.mean),
        *(np.cumsum, np.ndarray.cumsum, np.cumprod, np.ndarray.cumprod),
        *(np.add.reduce, np.multiply.reduce, np.nansum, np.nanprod),
    )
)
"""What adds up, or multiplies, in the dtype of the array that it writes into."""
_SUMMING_INSIDE = frozenset(
    (
        *(np.var, np.ndarray.var, np.std, np.ndarray.std, np.nanmean, np.nanvar, np.nanstd),
        *(np.add.accumulate, np.add.reduceat, np.multiply.accumulate, np.multiply.reduceat),
        *(np.einsum, np.trace, np.ndarray.trace, np.median, np.nanmedian, np.quantile),
        *(np.nanquantile, np.percentile, np.nanpercentile, np.nancumsum, np.nancumprod),
    )
)
"""What does so in some of its steps."""


def in_dtype_of(
    sp: Specialiser, function: Any, args: Args, kwargs: Kwargs, out: Var, loc: Loc
) -> tuple[Args, Kwargs]:
    """The arguments of a call that writes into ``out``; a reduction gets a ``dtype``.

    NumPy sums numbers of single precision in double precision if that is what the array is of.

    Raises
    ------
    UnsupportedSyntaxError
        If it does so in some of its steps only.
    """
    inside = _is_in(function, _SUMMING_INSIDE)
    if "dtype" in kwargs or not (inside or _is_in(function, _SUMMING)):
        return args, kwargs
    third = args[2] if len(args) > 2 and not inside else None
    if isinstance(third, Const) and third.value is None:  # the dtype, by position
        args, third = args[:2], None
    with sp.builder.nested():
        result = sp.operand(calls.invoke(sp, Const(function), args, kwargs, loc), loc)
    dtype = dtype_of(type_of(result))
    if third is not None or dtype is None or np.result_type(dtype, _dtype(out)) == dtype:
        return args, kwargs
    if inside or np.float16 in (dtype.type, _dtype(out).type):
        message = f"'{function.__name__}' computes in the dtype of the array that it writes into"
        hint = f"which is {_dtype(out)}: convert what it is given with astype({_dtype(out)!s})"
        raise UnsupportedSyntaxError(message, loc, hint)
    return args, {**kwargs, "dtype": Const(_dtype(out).type)}


# --- something of a type ------------------------------------------------------------------------


class _NoSampleError(Exception):
    """Nothing is known of which there could be a sample."""


def _samples(operand: Operand) -> Iterable[Any]:
    """Values of each of the types that an operand may have; arrays have one element."""
    if isinstance(operand, Const):
        return [_plain(operand.value)]
    if isinstance(operand, Pack):
        if operand.kind not in (list, tuple):
            raise _NoSampleError
        parts = itertools.product(*map(_samples, operand.items))
        return [operand.kind(part) for part in parts]
    return _samples_of_type(type_of(operand))


def _plain(value: Any) -> Any:
    """A value that a call cannot change, as it would the state of a generator."""
    if isinstance(value, tuple | list):
        for part in value:
            _plain(part)
    elif not isinstance(value, _PLAIN):
        raise _NoSampleError
    return value


_PLAIN = (bool, int, float, complex, str, type(None), type, np.dtype, np.generic)


def _samples_of_type(type_: Type) -> list[Any]:
    if isinstance(type_, Known):
        return [_plain(type_.value)]
    if isinstance(type_, ListOf):
        return [[sample] for sample in _samples_of_type(type_.item)]
    if isinstance(type_, PackType) and type_.kind in (list, tuple):
        parts = itertools.product(*map(_samples_of_type, type_.items))
        return [type_.kind(part) for part in parts]
    number = number_of(type_)
    if has_other(number):
        return [
            sample for one in (first(number), other(number)) for sample in _samples_of_type(one)
        ]
    if is_some_number(number):
        return [1.0, np.float64(1.0)]
    if isinstance(number, Array):
        return [np.ones((1,) * number.ndim, number.dtype)]
    if not isinstance(number, Scalar):
        raise _NoSampleError
    one = number.dtype.type(1)
    own = {True: [one.item()], False: [one], None: [one.item(), one]}
    return own[number.python]


# --- shapes -------------------------------------------------------------------------------------

_BROADCASTING = frozenset((np.clip, np.ndarray.clip, np.outer, np.quantile, np.percentile))
"""Functions besides ufuncs that write one result many times into an array that is larger."""


def check_shape(
    sp: Specialiser, function: Any, args: tuple[Operand, ...], out: Var, result: Operand, loc: Loc
) -> None:
    """Whether a function may write a result of this shape into ``out``.

    Raises
    ------
    CertainError
        If ranks do not allow it.
    """
    wanted, have = ndim_of(out.type), ndim_of(type_of(result))
    if wanted is None or have is None:
        return
    broadcasts = isinstance(function, np.ufunc) or _is_in(function, _BROADCASTING)
    if broadcasts and have > wanted:
        text = f"non-broadcastable output operand of rank {wanted} for a result of rank {have}"
        raise CertainError(text, loc, ValueError(text))
    if not broadcasts and have != wanted:
        message = f"an output of rank {wanted} is given for a result of rank {have}"
        raise UnsupportedSyntaxError(message, loc, "give it one of the rank of the result")
    exact = _core_rank(function, args) if broadcasts else have
    if _may_be_repeated(out, result, exact):
        calls.invoke(sp, Const(scattered.check_shape), (result, out, Const(exact)), {}, loc)
    if function in (np.dot, np.ndarray.dot) and not _is_c_array(sp, out):
        calls.invoke(sp, Const(scattered.check_order), (out,), {}, loc)


def _is_in(function: Any, table: frozenset[Any]) -> bool:
    return bool(calls.find(table, function))


def _core_rank(function: Any, args: tuple[Operand, ...]) -> int:
    """How many of the last axes of a result a ufunc computes with: they are not repeated."""
    signature = getattr(function, "signature", None)
    if signature is None:
        return 0
    if function is np.matmul:
        return sum((ndim_of(type_of(arg)) or 0) > 1 for arg in args[:2])
    core = signature.split("->")[1].strip("()")
    return len(core.split(",")) if core else 0


def _may_be_repeated(out: Var, result: Operand, exact: int) -> bool:
    """Whether an assignment may repeat the result along one of its last ``exact`` axes."""
    if not exact:
        return False
    have, wanted = dims_of(type_of(result)), dims_of(out.type)
    assert have is not None
    assert wanted is not None
    pairs = zip(have[-exact:], wanted[-exact:], strict=True)
    return any(not is_not_one(r) and (r is None or r != w) for r, w in pairs)


_IN_C_ORDER = {np.zeros: 2, np.empty: 2, np.ones: 2, np.full: 3}
"""Functions that make arrays in the order of C, unless they are given more arguments than these."""


def _is_c_array(sp: Specialiser, operand: Operand) -> bool:
    """Whether an array surely lies in the order of C: a new one, or a row or rows of one."""
    stmt = sp.builder.definitions.get(operand) if isinstance(operand, Var) else None
    if stmt is None:
        return False
    if stmt.op is operator.getitem:
        return _takes_rows(stmt.args[1]) and _is_c_array(sp, stmt.args[0])
    most: int | None = calls.find(_IN_C_ORDER, stmt.op)
    named = {name for name, _ in stmt.kwargs}
    return most is not None and len(stmt.args) <= most and named <= {"shape", "dtype"}


def _takes_rows(index: Operand) -> bool:
    """Whether an index is an integer, or a slice without a step."""
    if isinstance(index, Const) and isinstance(index.value, slice):
        return index.value.step is None
    if isinstance(index, Pack):
        return index.kind is slice and index.items[2] == Const(None)
    return isinstance(number_of(type_of(index)), Scalar)
