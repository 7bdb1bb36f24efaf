"""Lengths that follow from integers the program is given: that of ``z[n : 2 * n]``.

A type knows such a length only as a symbol.  What decides whether an array is broadcast is that the
length is not one; and that can be looked at before the program runs, for the shapes of inputs, and
the integers among them, are there.  So where a length exceeds one in the call that is compiled,
that becomes a guard, and its symbol is ``not_one``.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

import numpy as np

from srcgrad.ir.indices import index_parts, slice_bounds, slices_of
from srcgrad.ir.nodes import Apply, Const, Operand, Pack, Var
from srcgrad.ir.types import Array, Dim, Length, PackType, Scalar, Size, Symbol, Type, is_not_one
from srcgrad.ir.walk import variables
from srcgrad.specialise.places import (
    Computed,
    Expression,
    largest_in,
    least_in,
    power,
    quotient,
    remainder,
    root,
    slice_length,
    two_if_equal,
)

_ARITHMETIC: Mapping[Any, Callable[..., int]] = {
    **{op: op for op in (operator.add, operator.sub, operator.mul, operator.neg, min, max)},
    operator.floordiv: quotient,
    operator.mod: remainder,
}
"""The operations on integers that are followed, and what computes them without an error."""
_ROOTS: Mapping[Any, Callable[..., float]] = {np.sqrt: root, math.sqrt: root, operator.pow: power}
_ROUNDED: Mapping[Any, Callable[..., int]] = {int: int, round: round}
"""What makes an integer of a root of one: the rows of a matrix that is given as a vector."""


@dataclass(frozen=True, slots=True)
class Measure:
    """An integer, or the bound of a slice, and its value in the call that is compiled."""

    expression: Expression
    value: Any


_ONE = Measure(1, 1)


@dataclass(frozen=True, slots=True)
class Moving:
    """An integer that the index of a loop moves: ``i * scale + offset``."""

    index: Var
    scale: Measure
    offset: Measure

    def at(self, index: Measure) -> Measure | None:
        """The integer where the index is ``index``."""
        return _computed(operator.add, (_computed(operator.mul, (index, self.scale)), self.offset))


@dataclass
class Measures:
    """What is known of integers, and of the symbols in types.

    Attributes
    ----------
    demand : callable
        Takes an integer that has to exceed one.
    integers : dict
        The integers that are inputs, or computed from inputs.
    spans : dict
        The least and the largest value that the index of a loop has.
    moving : dict
        The integers that are the index of a loop, but for factors and what is added to it.
    lengths : dict
        The lengths of inputs, by their symbols.
    symbols : dict
        The lengths that integers may be, and what they are.
    demanded : dict
        What has to exceed one for a symbol of those to be right.
    """

    demand: Callable[[Expression], None]
    integers: dict[Var, Measure] = field(default_factory=dict)
    roots: dict[Var, Measure] = field(default_factory=dict)
    """The square roots of those, and other powers."""
    spans: dict[Var, tuple[Measure, Measure]] = field(default_factory=dict)
    moving: dict[Var, Moving] = field(default_factory=dict)
    lengths: dict[Symbol, Measure] = field(default_factory=dict)
    symbols: dict[Expression, Symbol] = field(default_factory=dict)
    demanded: dict[Symbol, Expression] = field(default_factory=dict)
    places: set[Operand] = field(default_factory=set)
    """The indices of loops that count up from zero, or from a larger number."""
    same: dict[Symbol, Length] = field(default_factory=dict)
    """What lengths are that are demanded to be others."""
    alike: dict[tuple[Hashable, ...], Symbol] = field(default_factory=dict)
    """The lengths of slices of which nothing is known but their bounds: those of ``x[k:]`` and
    ``A[i, k:]`` are one.  Each time that the body of a loop is looked at, its own are new ones: of
    what a trip leaves to the next, the length belongs to another ``k``."""

    def is_natural(self, operand: Operand) -> bool:
        """Whether an operand is known not to be negative: the index of ``range(n)`` is not."""
        span = self.spans.get(operand) if isinstance(operand, Var) else None
        least = None if span is None else span[0].expression
        return isinstance(least, int) and least >= 0

    def is_place(self, operand: Operand) -> bool:
        """Whether an operand is known not to be negative, whatever the end of the range."""
        return operand in self.places or self.is_natural(operand)

    # --- integers -------------------------------------------------------------------------------

    def note(self, target: Var, op: Callable[..., Any], args: tuple[Operand, ...]) -> None:
        """Notes what ``target``, which is ``op(*args)``, is computed from."""
        if not isinstance(target.type, Scalar) or target.type.dtype.kind != "i":
            self._note_root(target, op, args)
            return
        if op in _ROUNDED and len(args) == 1:
            (of,) = args
            rounded = self.integer(of) or (self.roots.get(of) if isinstance(of, Var) else None)
            found = _computed(_ROUNDED[op], (rounded,))
            self.integers.update([(target, found)] if found is not None else ())
            return
        if op in _ARITHMETIC and (len(args) == 2 or op is operator.neg):
            found = _computed(_ARITHMETIC[op], map(self.integer, args))
            if found is not None:
                self.integers[target] = found
            elif op in (operator.add, operator.sub, operator.mul):
                self._note_moving(target, op, *args)

    def _note_root(self, target: Var, op: Callable[..., Any], args: tuple[Operand, ...]) -> None:
        """Notes what ``np.sqrt(n)`` or ``n ** 0.5`` is, which may be rounded."""
        number = self.integer(args[0]) if op in _ROOTS and args else None
        exponents = args[1:] if op is operator.pow else ()
        if number is None or not isinstance(target.type, Scalar) or target.type.instead is not None:
            return
        if len(args) == len(exponents) + 1 and all(
            isinstance(e, Const) and type(e.value) is float for e in exponents
        ):
            values = (Measure(e.value, e.value) for e in exponents if isinstance(e, Const))
            found = _computed(_ROOTS[op], (number, *values))
            self.roots.update([(target, found)] if found is not None else ())

    def _note_moving(self, target: Var, op: Callable[..., Any], a: Operand, b: Operand) -> None:
        """Notes ``i + b``, ``i - b``, ``a + i``, ``i * b`` and ``a * i``."""
        if op is not operator.sub and b in self.moving:
            a, b = b, a
        by = self.integer(b)
        if a not in self.moving or by is None:
            return
        assert isinstance(a, Var)
        moved = self.moving[a]
        is_product = op is operator.mul
        scale = _computed(op, (moved.scale, by)) if is_product else moved.scale
        offset = _computed(op, (moved.offset, by))
        if scale is not None and offset is not None:
            self.moving[target] = Moving(moved.index, scale, offset)

    def count(self, index: Var, start: Operand, stop: Operand, step: Operand) -> None:
        """Notes what the index of a loop over a range may be."""
        bounds: list[Any] = [
            part.value if isinstance(part, Const) else -1 for part in (start, step)
        ]
        if all(type(bound) is int for bound in bounds) and bounds[0] >= 0 < bounds[1]:
            self.places.add(index)
        parts = tuple(map(self.integer, (start, stop, step)))
        least: Measure | None = parts[0]
        largest = _computed(operator.sub, (parts[1], _ONE))
        if parts[2] != _ONE:
            least, largest = _computed(least_in, parts), _computed(largest_in, parts)
        if least is not None and largest is not None:
            self.spans[index] = least, largest
            self.moving[index] = Moving(index, _ONE, Measure(0, 0))

    def integer(self, operand: Operand) -> Measure | None:
        """What is known of an integer."""
        if isinstance(operand, Const):
            return Measure(operand.value, operand.value) if type(operand.value) is int else None
        if not isinstance(operand, Var):
            return None
        if isinstance(operand.type, Size):
            return self.length(operand.type.length)
        return self.integers.get(operand)

    def length(self, dim: Dim) -> Measure | None:
        """What is known of a dimension."""
        if not isinstance(dim, Length):
            return None if dim is None else Measure(dim, dim)
        found = self.lengths.get(dim.symbol)
        if found is None and dim.symbol.made is not None:
            op, parts = dim.symbol.made
            measures = map(self.length, parts)
            found = reduce(lambda a, b: _computed(op, (a, b)), measures)
        if found is None or not dim.offset:
            return found
        moved = _computed(operator.add, (found, Measure(dim.offset, dim.offset)))
        return _computed(max, (moved, Measure(0, 0)))

    # --- lengths --------------------------------------------------------------------------------

    def identify(self, first: Type, after: Type) -> bool:
        """Whether lengths of what a trip of a loop hands on, sums or products of others, turn out
        to be those that it was given: they are equal in the call that is compiled, which is
        demanded.

        From then on they are one: what has such a length has the other (``known_as``).
        """
        if not isinstance(first, Array) or not isinstance(after, Array):
            return False
        if first.ndim != after.ndim or None in first.dims:
            return False
        pairs = [(a, b) for a, b in zip(first.dims, after.dims, strict=True) if a != b]
        found: list[tuple[Length, Length]] = []
        for a, b in pairs:
            if not isinstance(a, Length) or not isinstance(b, Length):
                return False
            ours, theirs = self.length(a), self.length(b)
            if ours is None or theirs is None or ours.value != theirs.value:
                return False
            if b.symbol.made is None or b.symbol in self.same or b.offset < 0:
                return False
            if a.offset or not a.symbol.fixed:
                return False
            found.append((a, b))
        for a, b in found:
            ours, theirs = self.length(a), self.length(b)
            assert ours is not None
            assert theirs is not None
            self.demand(Computed(two_if_equal, (ours.expression, theirs.expression)))
            self.same[b.symbol] = Length(a.symbol, -b.offset)
        return bool(found)

    def known_as(self, type_: Type) -> Type:
        """``type_`` with one length for those that are known to be equal."""
        if not self.same:
            return type_
        if isinstance(type_, PackType):
            return replace(type_, items=tuple(map(self.known_as, type_.items)))
        if not isinstance(type_, Array):
            return type_
        return replace(type_, dims=tuple(map(self._known_as, type_.dims)))

    def _known_as(self, dim: Dim) -> Dim:
        if not isinstance(dim, Length) or dim.symbol not in self.same:
            return dim
        other = self.same[dim.symbol]
        return Length(other.symbol, other.offset + dim.offset)

    def sizes(self, operands: Iterable[Operand]) -> Iterator[tuple[Var, Size]]:
        """The integers in operands that exceed one, as the lengths that they may be."""
        for operand in operands:
            if isinstance(operand, Pack):
                yield from self.sizes(operand.items)
            elif isinstance(operand, Var) and operand in self.integers:
                found = self.integers[operand]
                if found.value > 1:
                    symbol = self._symbol(found, found.expression)
                    yield operand, Size(Length(symbol))

    def sliced(
        self,
        source: Type,
        index: Operand,
        index_type: Type,
        found: Array,
        definitions: Mapping[Var, Apply],
    ) -> Array:
        """The type of ``x[index]``, of which ``found`` is known, where ``x`` is a ``source``."""
        dims = list(found.dims)
        for axis, part, dim in slices_of(source, index_type):
            bounds = slice_bounds(index_parts(index)[part])
            if dims[axis] is None and bounds is not None:
                dims[axis] = self._slice(self.length(dim), bounds)
                if dims[axis] is None and dim is not None:
                    key = (dim, *(_computation(bound, definitions) for bound in bounds))
                    dims[axis] = Length(self.alike.setdefault(key, Symbol()))
        return replace(found, dims=tuple(dims))

    def _slice(self, length: Measure | None, bounds: tuple[Operand, ...]) -> Dim:
        """The length of a slice, None if it is not known to exceed one."""
        start, stop, step = (
            Measure(None, None) if _is_absent(bound) else self.integer(bound) for bound in bounds
        )
        if not _is_absent(bounds[2]) and not _is_nonzero(bounds[2]):
            return None  # a step may be zero another time, which is an error
        moved = [self.moving[bound] for bound in bounds[:2] if bound in self.moving]
        if len(moved) == 2 and step is not None:
            return self._window(length, moved[0], moved[1], step)
        found = _computed(slice_length, (length, start, stop, step))
        if found is None or length is None or found.value <= 1:
            return None
        demanded = found.expression
        if _is_plain(start) and _is_plain(stop) and _is_absent(bounds[2]):
            # Then it depends on the length alone, which is quicker to look at.
            demanded = length.expression
            if start is not None and start.value:
                demanded = Computed(operator.sub, (demanded, start.value))
        return Length(self._symbol(found, demanded))

    def _window(self, length: Measure | None, start: Moving, stop: Moving, step: Measure) -> Dim:
        """The length of ``x[i * k + a : i * k + b]`` in a loop over ``i``.

        From the front on it never gets longer as ``i`` grows, so that the last one tells.
        """
        if start.index is not stop.index or start.scale != stop.scale or start.scale.value < 1:
            return None
        if step.value is not None and step.value < 0:
            return None
        least, largest = self.spans[start.index]
        lowest = start.at(least)
        shortest = _computed(slice_length, (length, start.at(largest), stop.at(largest), step))
        if lowest is None or shortest is None or lowest.value < 0 or shortest.value <= 1:
            return None
        if not isinstance(start.scale.expression, int):
            self.demand(Computed(operator.add, (start.scale.expression, 1)))
        self.demand(Computed(operator.add, (lowest.expression, 2)))
        self.demand(shortest.expression)
        return Length(Symbol(not_one=True))

    def _symbol(self, found: Measure, demanded: Expression) -> Symbol:
        symbol = self.symbols.get(found.expression)
        if symbol is None:
            symbol = self.symbols[found.expression] = Symbol(not_one=True, fixed=True)
            self.lengths[symbol] = found
            self.demanded[symbol] = demanded
        return symbol

    def long(self, operands: Iterable[Operand]) -> dict[Length, Length]:
        """The lengths of slices, as of ``x[1:-1]``, that exceed one in the call that is compiled,
        each with one of which that is known.
        """
        types = (var.type for operand in operands for var in variables(operand))
        dims = (dim for type_ in types if isinstance(type_, Array) for dim in type_.dims)
        found: dict[Length, Length] = {}
        for dim in dims:
            if isinstance(dim, Length) and not is_not_one(dim) and self._is_long(dim):
                found[dim] = Length(Symbol(not_one=True, fixed=True))
        return found

    def as_long(self, operands: Iterable[Operand], found: Array, infer: Callable[[], Type]) -> Type:
        """What ``infer`` says of an operation where inputs are as long as in the call that is
        compiled, if that is more than ``found``; as long as it takes is demanded then: that
        ``np.convolve(u, kernel, "same")`` is as long as ``u``, for an ``u`` as long as the kernel.
        """
        types = (var.type for operand in operands for var in variables(operand))
        dims = (dim for type_ in types if isinstance(type_, Array) for dim in type_.dims)
        lengths: dict[Symbol, Measure] = {}
        for symbol in {dim.symbol: None for dim in dims if isinstance(dim, Length)}:
            known = self.length(Length(symbol)) if symbol.fixed and symbol.not_one else None
            if known is not None and known.value > symbol.least:
                lengths[symbol] = known
        before = {symbol: symbol.least for symbol in lengths}

        def tried(most: int) -> int:
            for symbol, known in lengths.items():
                symbol.least = max(before[symbol], min(known.value, most))
            type_ = infer()
            for symbol, shortest in before.items():
                symbol.least = shortest
            return type_.dims.count(None) if isinstance(type_, Array) else len(found.dims)

        high = max((known.value for known in lengths.values()), default=0)
        best = tried(high) if lengths else len(found.dims)
        if best >= found.dims.count(None):
            return found
        low = 2
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if tried(middle) == best else (middle + 1, high)
        for symbol, known in lengths.items():
            shortest = min(known.value, low)
            if shortest > before[symbol]:
                self.demand(Computed(operator.sub, (known.expression, shortest - 2)))
                symbol.least = shortest
        return infer()

    def _is_long(self, dim: Length) -> bool:
        """Whether a length that is the same throughout a call, but for a literal that is taken
        off, exceeds one in the call that is compiled."""
        known = self.length(dim) if dim.symbol.fixed and dim.symbol.not_one else None
        return dim.offset < 0 and known is not None and known.value > 1

    def known_lengths(self) -> dict[Length, Var]:
        """The integers that are lengths in types, each by the length."""
        rows = ((self.symbols.get(m.expression), var) for var, m in self.integers.items())
        return {Length(symbol): var for symbol, var in rows if symbol is not None}

    def exceed_one(self, dims: Collection[Dim]) -> bool:
        """Whether all of ``dims`` are lengths of slices that exceed one in the call that is
        compiled, which is demanded then."""
        long = [dim for dim in dims if isinstance(dim, Length) and self._is_long(dim)]
        if len(long) < len(dims):
            return False
        self.demand_long(long)
        return True

    def demand_long(self, dims: Iterable[Length]) -> None:
        """Demands that slices of these lengths exceed one."""
        for dim in dims:
            whole = self.length(Length(dim.symbol))
            assert whole is not None
            self.demand(Computed(operator.sub, (whole.expression, -dim.offset)))
            dim.symbol.least = max(dim.symbol.least, 2 - dim.offset)

    def settle(self, type_: Type) -> Type:
        """``type_``, after demanding what it rests on."""
        for dim in type_.dims if isinstance(type_, Array) else ():
            if isinstance(dim, Length) and dim.symbol in self.demanded:
                self.demand(self.demanded.pop(dim.symbol))
        return type_


def _computation(operand: Operand, definitions: Mapping[Var, Apply]) -> Hashable:
    """What an integer is computed from, and how: the same for two that are surely equal."""
    if isinstance(operand, Const):
        return type(operand.value), operand.value
    if not isinstance(operand, Var) or not isinstance(operand.type, Scalar | Size):
        return object()  # an array of rank zero may be written in between
    stmt = definitions.get(operand)
    if stmt is None or stmt.op not in (operator.add, operator.sub, operator.mul):
        return operand
    return stmt.op, *(_computation(arg, definitions) for arg in stmt.args)


def with_symbols(type_: Array) -> Array:
    """``type_`` with a symbol for each length that is not known.

    It says that the length is the same wherever the symbol is mentioned: ``a * np.sin(a)`` does
    not broadcast, whatever ``a = x[x > 0]`` is.
    """
    dims = tuple(Length(Symbol()) if dim is None else dim for dim in type_.dims)
    return replace(type_, dims=dims)


def _computed(op: Callable[..., Any], args: Iterable[Measure | None]) -> Measure | None:
    """``op(*args)``, None if one of them is not known."""
    known: list[Measure] = []
    for arg in args:
        if arg is None:
            return None
        known.append(arg)
    value = op(*(arg.value for arg in known))
    if all(arg.expression is None or isinstance(arg.expression, int) for arg in known):
        return Measure(value, value)
    if op in (operator.add, operator.sub) and known[1].expression == 0:
        return known[0]
    if op is operator.mul and known[1].expression == 1:
        return known[0]
    return Measure(Computed(op, tuple(arg.expression for arg in known)), value)


def _is_nonzero(operand: Operand) -> bool:
    return isinstance(operand, Const) and type(operand.value) is int and operand.value != 0


def _is_plain(bound: Measure | None) -> bool:
    """Whether a bound is a literal that counts from the front, or absent."""
    return bound is not None and (
        bound.value is None or (isinstance(bound.expression, int) and bound.value >= 0)
    )


def _is_absent(bound: Operand) -> bool:
    return isinstance(bound, Const) and bound.value is None
