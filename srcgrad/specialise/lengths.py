"""The lengths of the arrays that a function of the program is given and gives back.

The lengths in the types of its parameters are symbols of its own.  A call says what they are, and
so which lengths its result has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.types import Array, Dim, Length, Symbol, Type, is_not_one, number_of
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.carried_shapes import Carried, Fixed, Shape, Tree
from srcgrad.specialise.join import join_types, same
from srcgrad.specialise.values import Value


def own_lengths(shape: Shape, fresh: dict[Symbol, Symbol]) -> Shape:
    """The shape of a parameter, with symbols of its own; ``fresh`` has those of the others."""
    if isinstance(shape, Tree):
        return replace(shape, items=tuple(own_lengths(item, fresh) for item in shape.items))
    if not isinstance(shape, Carried) or not isinstance(shape.type, Array):
        return shape
    dims: list[Dim] = []
    for dim in shape.type.dims:
        if isinstance(dim, Length):
            symbol = fresh.setdefault(dim.symbol, Symbol(not_one=dim.symbol.not_one))
            dim = Length(symbol, dim.offset)
        dims.append(dim)
    return replace(shape, type=replace(shape.type, dims=tuple(dims)))


def symbols_of(type_: Type) -> set[Symbol]:
    """The symbols in the type of an array."""
    dims = type_.dims if isinstance(type_, Array) else ()
    return {dim.symbol for dim in dims if isinstance(dim, Length)}


def with_own_symbols(shape: Shape, given: set[Symbol]) -> Shape:
    """A result whose lengths, unless they are those of parameters, differ from call to call.

    Two that are equal in one call may not be in another: each gets a symbol of its own.
    """
    if isinstance(shape, Tree):
        return replace(shape, items=tuple(with_own_symbols(item, given) for item in shape.items))
    if not isinstance(shape, Carried) or not isinstance(shape.type, Array):
        return shape
    dims: list[Dim] = []
    for dim in shape.type.dims:
        if isinstance(dim, Length) and dim.symbol not in given:
            dim = Length(Symbol(not_one=True)) if is_not_one(dim) else None
        dims.append(dim)
    type_ = replace(shape.type, dims=tuple(dims))
    return replace(shape, type=type_, own=frozenset(symbols_of(type_) - given))


def instance(shape: Shape, lengths: Mapping[Symbol, Dim]) -> Shape:
    """The result of one call."""
    if isinstance(shape, Tree):
        return replace(shape, items=tuple(instance(item, lengths) for item in shape.items))
    if not isinstance(shape, Carried) or not isinstance(shape.type, Array):
        return shape
    fresh: dict[Symbol, Symbol] = {}

    def at_call(dim: Dim) -> Dim:
        if not isinstance(dim, Length):
            return dim
        if dim.symbol not in lengths:
            symbol = fresh.setdefault(dim.symbol, Symbol(not_one=dim.symbol.not_one))
            return Length(symbol, dim.offset)
        given = lengths[dim.symbol]
        if dim.offset == 0:
            return given
        plain = isinstance(given, Length) and given.offset == 0
        return Length(given.symbol, dim.offset) if plain and isinstance(given, Length) else None

    dims = tuple(map(at_call, shape.type.dims))
    return replace(shape, type=replace(shape.type, dims=dims))


def _leaves(shape: Shape, value: Value) -> Iterator[tuple[Type, Type]]:
    """The types of a parameter's parts, each with that of the argument."""
    if isinstance(shape, Carried):
        yield shape.type, number_of(type_of(value))  # type: ignore[arg-type]
    elif isinstance(shape, Tree) and isinstance(value, Pack):
        for item, part in zip(shape.items, value.items, strict=True):
            yield from _leaves(item, part)


def lengths_of(params: Mapping[str, Shape], bound: Mapping[str, Value]) -> dict[Symbol, Dim]:
    """What the lengths in the parameters' types are in a call."""
    found: dict[Symbol, Dim] = {}
    for key, shape in params.items():
        for wanted, given in _leaves(shape, bound[key]):
            if isinstance(wanted, Array) and isinstance(given, Array):
                for to, dim in zip(wanted.dims, given.dims, strict=False):
                    if isinstance(to, Length) and to.offset == 0:
                        found.setdefault(to.symbol, dim)
    return found


def accepts(params: Mapping[str, Shape], bound: Mapping[str, Value]) -> dict[Symbol, Dim] | None:
    """What the lengths are in a call, None if the function does not take these arguments."""
    if not all(_fits(shape, bound[key]) for key, shape in params.items()):
        return None
    lengths = lengths_of(params, bound)
    for key, shape in params.items():
        for wanted, given in _leaves(shape, bound[key]):
            if isinstance(wanted, Array):
                assert isinstance(given, Array)
                if not all(map(lambda a, b: _is_length(a, b, lengths), wanted.dims, given.dims)):
                    return None
    return lengths


def _is_length(wanted: Dim, given: Dim, lengths: Mapping[Symbol, Dim]) -> bool:
    if not isinstance(wanted, Length):
        return wanted is None or wanted == given
    if wanted.offset or given is None or lengths.get(wanted.symbol) != given:
        return False
    return is_not_one(given) or not wanted.symbol.not_one


def _fits(shape: Shape, value: Value) -> bool:
    """Whether a finished function takes ``value``, whatever its lengths are."""
    if isinstance(shape, Fixed):
        return same(shape.value, value)
    if isinstance(shape, Tree):
        if not isinstance(value, Pack) or (value.kind, value.keys) != (shape.kind, shape.keys):
            return False
        pairs = zip(shape.items, value.items, strict=False)
        return len(shape.items) == len(value.items) and all(_fits(s, v) for s, v in pairs)
    if not isinstance(value, Var | Const) or not isinstance(shape, Carried):
        return False
    given = number_of(type_of(value))
    if isinstance(shape.type, Array):
        alike = isinstance(given, Array) and given.dtype == shape.type.dtype
        return alike and isinstance(given, Array) and given.ndim == shape.type.ndim
    return given == shape.type or join_types(shape.type, given) == shape.type
