"""What Python certainly refuses: calls with known values, and what is no iterable.

An iterator is made of something where Python makes it, and what is wrong with that is wrong there,
whether anybody asks the iterator for its elements or not.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import CertainError, Loc, UnsupportedSyntaxError
from srcgrad.instances import in_class
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Const, Operand, Try, Var
from srcgrad.ir.types import Array, Object, Scalar, Unknown, number_of
from srcgrad.specialise import branches
from srcgrad.specialise.builder import constant_of, type_of
from srcgrad.specialise.classes import classes_of
from srcgrad.specialise.values import (
    ITERABLES,
    EnumerateOf,
    GeneratorOf,
    MapOf,
    RangeOf,
    Value,
    ZipOf,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_ERRORS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What Python's own functions raise where they are given what they do not take."""


def computed(loc: Loc, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What a function of Python's or NumPy's gives for values that are known.

    Raises
    ------
    CertainError
        Where it raises: the program does so when it gets there.
    """
    try:
        return function(*args, **kwargs)
    except _ERRORS as error:
        text = f"there is no key {error}" if isinstance(error, KeyError) else str(error)
        raise CertainError(text, loc, error) from None


def key(sp: Specialiser, value: Value, what: str, loc: Loc, hint: str = "") -> Any:
    """A key of a dict, or an element of a set, which must be known and have a hash; ``hint`` says
    what else the program can do."""
    known = sp.constant(value, what, hint)
    computed(loc, hash, known)
    return known


def element_of_set(sp: Specialiser, value: Value, loc: Loc) -> Any:
    """An element of a set, which must be known."""
    return key(sp, value, "an element of a set", loc, _FOR_SETS)


_FOR_SETS = "of numbers in an array, np.unique(xs) gives those that differ, in their order"


def check_hash(sp: Specialiser, value: Value, loc: Loc) -> None:
    """Whether something can be looked for in a set or a dict: it must have a hash."""
    classes = () if isinstance(value, ITERABLES) else classes_of(sp, value)
    if classes and all(in_class(cls, "__hash__") is None for cls in classes):
        raise _refuse(f"unhashable type: '{_name(classes[0])}'", loc)


def is_trying(sp: Specialiser) -> bool:
    """Whether this stands in a ``try``, or is called in one, which errors decide about."""
    return any(isinstance(running.now, Try) for running in sp.running)


def _refuse(text: str, loc: Loc, kind: type[Exception] = TypeError) -> CertainError:
    return CertainError(text, loc, kind(text))


# --- what is iterated over ------------------------------------------------------------------------


def check_iterable(sp: Specialiser, value: Value, loc: Loc, template: str = "") -> None:
    """What ``iter`` of a value raises, if that is known."""
    if isinstance(value, Var) and isinstance(value.type, Array) and value.type.dims == ():
        raise _refuse("iteration over a 0-d array", loc)
    classes = () if isinstance(value, ITERABLES) else classes_of(sp, value)
    if classes and not any(map(_is_iterable, classes)):
        text = template or "'{}' object is not iterable"
        text = text.format(_name(classes[0]))
        hint = "loop over a range, an array, a list or a tuple"
        raise CertainError(text, loc, TypeError(text), hint)


def check_made_of(sp: Specialiser, values: tuple[Value, ...], loc: Loc) -> None:
    """What making an iterator of values raises; of one whose class is not known, a ``try`` finds
    out when it runs."""
    for value in values:
        check_iterable(sp, value, loc)
        if is_trying(sp):
            try_iterable(sp, value, loc)


def try_iterable(sp: Specialiser, value: Value, loc: Loc) -> None:
    """Emits ``iter`` of a value whose class is not known."""
    if isinstance(value, Var) and isinstance(value.type, Unknown | Object):
        sp.builder.apply(iter, (value,), (), loc)


def check_reversible(sp: Specialiser, value: Value, loc: Loc) -> None:
    """What ``reversed`` of a value raises, if that is known."""
    if isinstance(value, RangeOf):
        return
    if isinstance(value, ITERABLES):
        kind = _iterator(value)
        if kind is None:
            message = "an iterator is reversed, which Python does not do"
            raise UnsupportedSyntaxError(message, loc, "make a list of it first")
        raise _refuse(f"'{kind}' object is not reversible", loc)
    if isinstance(value, Var) and isinstance(value.type, Array) and value.type.dims == ():
        raise _refuse("len() of unsized object", loc)
    classes = classes_of(sp, value)
    if classes and not any(map(_is_reversible, classes)):
        raise _refuse(f"'{_name(classes[0])}' object is not reversible", loc)


def _iterator(value: Value) -> str | None:
    """The name of the class of an iterator."""
    if isinstance(value, MapOf):
        own = isinstance(value.function, Const) and value.function.value is intrinsics.itself
        return None if own else "map"
    kinds = {ZipOf: "zip", EnumerateOf: "enumerate"}
    if isinstance(value, GeneratorOf):
        return "generator"
    return kinds.get(type(value))


def _is_iterable(cls: type) -> bool:
    if issubclass(cls, np.generic):
        return False  # which has an index for all that
    return any(in_class(cls, name) is not None for name in ("__iter__", "__getitem__"))


def _is_reversible(cls: type) -> bool:
    if in_class(cls, "__reversed__") is not None:
        return True
    sequence = all(in_class(cls, name) is not None for name in ("__len__", "__getitem__"))
    return sequence and not issubclass(cls, np.generic)


def _name(cls: type) -> str:
    """The name of a class in Python's messages."""
    own = issubclass(cls, np.generic | np.ndarray)
    return f"numpy.{cls.__name__}" if own else cls.__name__


# --- ranges ---------------------------------------------------------------------------------------


def check_bounds(sp: Specialiser, parts: list[Operand], loc: Loc) -> None:
    """What ``range`` of these raises."""
    known = [constant_of(part) for part in parts]
    if None not in known:
        computed(loc, range, *(each.value for each in known if each is not None))
        return
    if len(parts) > 3:
        raise _refuse(f"range expected at most 3 arguments, got {len(parts)}", loc)
    for part in parts:
        check_index(sp, part, "range", loc)
    if len(parts) == 3 and is_trying(sp):
        zero = ValueError("range() arg 3 must not be zero")
        is_zero = sp.builder.apply(operator.eq, (parts[2], Const(0)), (), loc)
        branches.raise_if(sp, is_zero, zero, loc)


def check_index(sp: Specialiser, operand: Operand, what: str, loc: Loc) -> None:
    """What ``what`` raises for something that is to be an int, if that is known."""
    known = constant_of(operand)
    if known is not None:
        computed(loc, operator.index, known.value)
        return
    number = number_of(type_of(operand))
    if isinstance(number, Scalar) and number.dtype.kind == "f":
        message = f"the argument of {what} is a float; a differentiated int is taken as a float"
        hint = "leave it out of argnums, or declare it an int in its class, if it has one"
        raise UnsupportedSyntaxError(message, loc, hint)
    if isinstance(number, Array) and number.ndim:
        raise _refuse("only integer scalar arrays can be converted to a scalar index", loc)
    classes = classes_of(sp, operand)
    if classes and not any(in_class(cls, "__index__") is not None for cls in classes):
        raise _refuse(f"'{_name(classes[0])}' object cannot be interpreted as an integer", loc)
