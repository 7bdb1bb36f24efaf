"""What rules of the user's give: cotangents that fit the arguments.

That of a dict has the cotangents of its values under their keys, in any order, and so it is with
the fields of a named tuple or of a dataclass.  That of an array has its shape, and that of a number
is a number.  The first element of an array where a number belongs would be a wrong gradient that
nobody notices, and so would be an array that is broadcast on its way to the argument::

    def scaled_vjp(y_bar, y, x, s):
        return s * y_bar, x * y_bar         # np.sum(x * y_bar)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from inspect import BoundArguments
from typing import Any

import numpy as np

from srcgrad.errors import Loc, RuleError
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import UNDEFINED, Apply, Const, Operand, Pack, Var
from srcgrad.ir.types import (
    Array,
    Dim,
    ListOf,
    PackType,
    Unknown,
    dims_of,
    is_not_one,
    ndim_of,
    number_of,
)
from srcgrad.specialise import compiled
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.engine import Specialiser
from srcgrad.transform.arguments import by_parameter, is_open, spelled

_SUM = "sum it, as in np.sum(x * y_bar): a number has one derivative"
_SHAPE = "give one in the shape of the argument: undo what broadcasting has done"
_NONE = Const(None)


def one_each(arguments: BoundArguments, result: Operand) -> tuple[Operand, ...]:
    """The cotangents that a rule gives, one for each of its parameters."""
    values = by_parameter(arguments)
    is_container = len(values) == 1 and isinstance(values[0], Pack) and not is_open(arguments)
    if is_container or not isinstance(result, Pack) or not issubclass(result.kind, tuple):
        return (result,)
    return result.items


def _gathered(bars: tuple[Operand, ...], count: int, last: Operand | None) -> tuple[Operand, ...]:
    """Cotangents, of which those after the first ``count`` are for ``*last``, as one for each
    parameter: they may stand one by one, as the arguments do in a call, or in a tuple or a list."""
    rest = bars[count:]
    values = last.items if isinstance(last, Pack) else ()
    alone = rest[0] if len(rest) == 1 else None
    is_container = len(values) == 1 and isinstance(values[0], Pack)
    if not rest or is_none(alone) or (isinstance(alone, Pack) and not is_container):
        return bars
    return (*bars[:count], Pack(tuple, rest))


def is_none(bar: object) -> bool:
    """Whether a cotangent says that there is none; that of a rule that always raises is none."""
    return isinstance(bar, Const) and (bar.value is None or bar.value is UNDEFINED)


def check_structure(stmt: Apply, values: Sequence[Any], bars: Sequence[Any], loc: Loc) -> None:
    """Refuses what no cotangent of the arguments ``values`` of ``stmt`` can be: a list of several,
    a container for an array, more cotangents than there are arguments."""
    name = spelled(stmt.op)
    if any(not is_none(bar) for bar in bars[len(values) :]):
        message = f"the rule for {name} gives {len(bars)} cotangents, and takes {len(values)} "
        message += f"argument{'s' * (len(values) != 1)} of the function"
        raise RuleError(message, loc, "give one cotangent for each argument")
    first = bars[0] if bars else None
    if len(bars) == 1 and len(values) > 1 and _is_array(values[0]) and isinstance(first, Pack):
        message = f"the rule for {name} gives a {first.kind.__name__}, and has several cotangents"
        raise RuleError(message, loc, "return a tuple: x_bar, y_bar")


def _is_array(x: object) -> bool:
    return isinstance(x, Var) and not isinstance(x.type, ListOf | PackType)


@dataclass(frozen=True)
class Fitting:
    """Fits what the rule for an operation gives to the arguments of that.

    Attributes
    ----------
    holds_active : callable
        Whether something that is differentiated is in an argument.
    """

    sp: Specialiser
    stmt: Apply
    holds_active: Callable[[object], bool]
    loc: Loc

    def each(self, arguments: BoundArguments, bars: tuple[Operand, ...]) -> tuple[Operand, ...]:
        """The cotangents of the arguments, each in the structure of its argument."""
        values = by_parameter(arguments)
        if is_open(arguments):
            bars = _gathered(bars, len(values) - 1, values[-1])
        check_structure(self.stmt, values, bars, self.loc)
        rows = zip(arguments.signature.parameters, values, bars, strict=False)
        return tuple(self._fitted(x, bar, _called(name, x)) for name, x, bar in rows)

    def _fitted(self, x: object, bar: Operand, what: str) -> Operand:
        """``bar`` as the cotangent of ``x``, which messages call ``what``."""
        if is_none(bar):
            return bar
        if _is_array(x) and _is_container(bar):
            message = f"{self._rule()} gives a {_kind(bar)} for {what}, which is none"
            hint = "return its cotangent alone, or a tuple of all of them"
            raise RuleError(message, self.loc, hint)
        if not self.holds_active(x):
            return _NONE
        if isinstance(x, Pack):
            return self._by_key(x, bar, what)
        assert isinstance(x, Var)
        return bar if isinstance(x.type, ListOf | PackType) else self._shaped(x, bar, what)

    def _rule(self) -> str:
        return f"the rule for {spelled(self.stmt.op)}"

    # --- containers -----------------------------------------------------------------------------

    def _by_key(self, x: Pack, bar: Operand, what: str) -> Operand:
        """The cotangent of a container, with its keys in the order in which ``x`` has them."""
        keys: tuple[Any, ...] = x.keys or tuple(range(len(x.items)))
        given = self._parts(x, bar, keys, what)
        word = "the key" if x.kind is dict else "the field" if x.keys else "the element"
        missing = [k for k, v in zip(keys, x.items, strict=True) if self.holds_active(v)]
        missing = [key for key in missing if key not in given]
        if missing:
            message = f"{self._rule()} gives nothing for {word} {missing[0]!r} of {what}, which is "
            hint = "give a cotangent for each, and None for one without a derivative"
            raise RuleError(f"{message}differentiated", self.loc, hint)
        names = (f"{what}.{k}" if x.keys and x.kind is not dict else f"{what}[{k!r}]" for k in keys)
        rows = zip(keys, x.items, names, strict=True)
        items = (self._fitted(item, given.get(key, _NONE), name) for key, item, name in rows)
        return Pack(x.kind, tuple(items), x.keys)

    def _parts(self, x: Pack, bar: Operand, keys: tuple[Any, ...], what: str) -> dict[Any, Operand]:
        """What is in the cotangent of a container, by the keys of that; one that has none of its
        own has it in their order."""
        if not isinstance(bar, Pack):
            message = f"{self._rule()} gives for {what}, a {x.kind.__name__}, what is no display of"
            hint = "return one that stands in the rule, with a cotangent for each part"
            raise RuleError(f"{message} its parts", self.loc, hint)
        if bar.keys and (x.keys or not issubclass(bar.kind, tuple)):
            foreign = [key for key in bar.keys if key not in keys]
            if foreign:
                message = f"{self._rule()} gives a cotangent for {foreign[0]!r}, which {what} does "
                raise RuleError(f"{message}not have", self.loc, f"its keys are {list(keys)}")
            return dict(zip(bar.keys, bar.items, strict=True))
        if len(bar.items) != len(keys):
            message = f"{self._rule()} gives a {bar.kind.__name__} of {len(bar.items)} for {what}, "
            message += f"a {x.kind.__name__} of {len(keys)}"
            raise RuleError(message, self.loc, "give a cotangent for each part of it")
        return dict(zip(keys, bar.items, strict=True))

    # --- arrays and numbers ---------------------------------------------------------------------

    def _shaped(self, x: Var, bar: Operand, what: str) -> Operand:
        """The cotangent of an array or a number, which has its shape; where types do not tell, the
        program looks at run time."""
        message = f"{self._rule()} gives for {what}, "
        if _is_number(x):
            if isinstance(bar, Var):
                self._check_number(bar, f"{message}a number, an array of shape ")
            return bar
        if not isinstance(number_of(x.type), Array):
            return bar
        if _is_zero(bar):
            return _NONE
        return self._of_array(x, bar, f"{message}an array, ")

    def _check_number(self, bar: Var, message: str) -> None:
        """Refuses an array as the cotangent of a number."""
        type_ = number_of(bar.type)
        if isinstance(type_, Array) and any(map(is_not_one, type_.dims)):
            raise RuleError(f"{message}{_spelled(type_.dims)}", self.loc, _SUM)
        is_open = isinstance(type_, Unknown) and not type_.number
        if is_open or (isinstance(type_, Array) and any(dim != 1 for dim in type_.dims)):
            compiled.run(self.sp, _refuse_array, (bar, Const(message)), self.loc)

    def _of_array(self, x: Var, bar: Operand, message: str) -> Operand:
        """The cotangent of an array, which must not be broadcast to its shape."""
        have, want = dims_of(type_of(bar)), dims_of(x.type)
        assert want is not None
        if have is not None and _surely_differ(have, want):
            found = f"one of shape {_spelled(have)}" if have else "a number"
            wanted = f", and not of shape {_spelled(want)}" if have else ""
            raise RuleError(f"{message}{found}{wanted}", self.loc, _SHAPE)
        made = self.sp.builder.definitions.get(bar) if isinstance(bar, Var) else None
        is_looked_at = made is not None and made.op is intrinsics.own_cotangent
        if is_looked_at or (have == want and None not in want):
            return bar
        return self.sp.builder.apply(intrinsics.shaped, (bar, x), (), self.loc)


def _called(name: str, x: object) -> str:
    """What an argument is called in messages: as the caller calls it, if it is no container."""
    return (x.name or "an argument") if isinstance(x, Var) else f"'{name}'"


def _is_container(bar: Operand) -> bool:
    return isinstance(bar, Pack) or (isinstance(bar, Var) and isinstance(bar.type, ListOf))


def _kind(bar: Operand) -> str:
    return bar.kind.__name__ if isinstance(bar, Pack) else "list"


def _is_number(x: Var) -> bool:
    type_ = number_of(x.type)
    return ndim_of(type_) == 0 or (isinstance(type_, Unknown) and type_.number)


def _is_zero(bar: Operand) -> bool:
    """Whether a cotangent is a zero, which says the same as None."""
    return isinstance(bar, Const) and isinstance(bar.value, int | float) and bar.value == 0


def _surely_differ(a: tuple[Dim, ...], b: tuple[Dim, ...]) -> bool:
    """Whether two shapes differ whatever the lengths in them are."""
    return len(a) != len(b) or any(
        (isinstance(m, int) and isinstance(n, int) and m != n)
        or (m == 1 and is_not_one(n))
        or (n == 1 and is_not_one(m))
        for m, n in zip(a, b, strict=True)
    )


def _spelled(dims: Iterable[Dim]) -> str:
    """A shape in messages."""
    each = [str(dim) if isinstance(dim, int) else "n" for dim in dims]
    return f"({', '.join(each)}{',' * (len(each) == 1)})"


def _refuse_array(bar: Any, message: str) -> None:
    """Compiled like the user's functions."""
    if np.size(bar) != 1:
        raise ValueError(f"{message}{np.shape(bar)}")
