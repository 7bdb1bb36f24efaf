"""Products in their leanest order: signs outside, numbers first, then arrays.

::

    (1 / n) * (2 * r)      ->    2 / n * r
    y_bar * -np.sin(x)     ->    -(y_bar * np.sin(x))
    a + -b                 ->    a - b

Every array factor costs a pass over memory; the numbers among the factors are multiplied first.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, field

import numpy as np

from srcgrad.errors import Loc
from srcgrad.ir.nodes import Apply, Const, Function, Operand, Stmt, Var
from srcgrad.ir.types import Array, Scalar, Type, dtype_of, number_of, same_dtype
from srcgrad.ir.walk import targets
from srcgrad.specialise.builder import type_of
from srcgrad.transform.rewrite import Rewriting, rewrite
from srcgrad.transform.simplify.dead import is_pure


def arrange_products(function: Function) -> Function:
    """``function`` with the products of its adjoint part in their leanest order."""
    return rewrite(function, _step)


_NEAR = 24
"""How many statements are looked through for one that stands right before another."""
_ARRANGED = frozenset(
    (operator.mul, operator.truediv, operator.neg, operator.add, operator.sub, np.ndarray.sum)
)


def _step(program: Rewriting, stmt: Stmt) -> None:
    if isinstance(stmt, Apply) and stmt.loc.adjoint and stmt.op in _ARRANGED:
        result = None
        mark = len(program.builder.body)
        if stmt.op in (operator.mul, operator.truediv, operator.neg):
            result = _product(program, stmt)
        elif stmt.op in (operator.add, operator.sub):
            result = _sum(program, stmt)
        else:
            result = _numbers_out_of_sum(program, stmt)
        made = {var for new in program.builder.body[mark:] for var in targets(new)}
        is_new = isinstance(result, Var) and result in made
        if not is_new and _is_handle(program, stmt.target, result):
            del program.builder.body[mark:]
            result = None
        if result is not None and _agree(type_of(result), stmt.target.type):
            if isinstance(result, Var) and is_new:
                result.type = stmt.target.type
            program.rename(stmt.target, result)
            return
    program.keep(stmt)


def _is_handle(program: Rewriting, product: Var, result: Operand | None) -> bool:
    """Whether a product and its value would be one array, which is written by one of the names."""
    return isinstance(result, Var) and any(map(program.is_stored, (product, result)))


def _agree(a: Type, b: Type) -> bool:
    """Whether a product rearranged has the dtype and the rank that it had.

    Its lengths are the same in any case: it has the same factors.  ``1.0 * v`` is not ``v``, nor
    ``5 * v``, where that may be an array of integers.
    """
    a, b = number_of(a), number_of(b)
    if isinstance(a, Scalar) and isinstance(b, Scalar):
        return a.dtype == b.dtype
    if isinstance(a, Array) and isinstance(b, Array):
        return a.dtype == b.dtype and a.ndim == b.ndim and (a.is_like or not b.is_like)
    return a == b


@dataclass
class _Factors:
    """A product taken apart."""

    constant: float | int = 1
    numbers: list[Operand] = field(default_factory=list)
    divisors: list[Operand] = field(default_factory=list)
    arrays: list[tuple[bool, Operand]] = field(default_factory=list)  # (divides?, factor)


def _product(program: Rewriting, stmt: Apply) -> Operand | None:
    factors = _Factors()
    depth = _collect(program, stmt, False, factors, stmt.loc, True)
    if not _are_exact(factors, stmt):
        return None
    if depth < 2 and factors.constant == 1 and not _trivial(stmt):
        return None
    mark = len(program.builder.body)
    result = _rebuild(program, factors, stmt)
    if result is not None and not _agree(type_of(result), stmt.target.type):
        del program.builder.body[mark:]
        return None
    return result


def _are_exact(factors: _Factors, stmt: Apply) -> bool:
    """Whether the numbers of a product may meet each other before they meet its arrays.

    ``2 * n`` of an ``np.int8`` overflows where ``2 * r * n`` does not, and that of an
    ``np.float32`` is rounded.  The quotient of integers is a ``float64``, whatever they are.
    """
    wanted = dtype_of(stmt.target.type)

    def is_exact(number: Operand, kinds: str) -> bool:
        type_ = number_of(type_of(number))
        if not isinstance(type_, Scalar) or type_.python:
            return True
        return same_dtype(type_.dtype, wanted) or type_.dtype.kind in kinds

    return all(is_exact(number, "") for number in factors.numbers) and all(
        is_exact(divisor, "iu") for divisor in factors.divisors
    )


def _trivial(stmt: Apply) -> bool:
    return any(isinstance(arg, Const) and arg.value == 1 for arg in stmt.args)


def _collect(
    program: Rewriting, operand: Operand | Apply, divides: bool, into: _Factors, loc: Loc, top: bool
) -> int:
    """Takes a product apart, through the temporaries that only it uses; gives their number."""
    stmt = operand if isinstance(operand, Apply) else _inner(program, operand, loc)
    if stmt is not None and stmt.op is operator.neg:
        into.constant = -into.constant
        return 1 + _collect(program, stmt.args[0], divides, into, loc, False)
    if stmt is not None and stmt.op is operator.mul:
        return 1 + sum(_collect(program, arg, divides, into, loc, False) for arg in stmt.args)
    if stmt is not None and stmt.op is operator.truediv:
        a, b = stmt.args
        depth = _collect(program, a, divides, into, loc, False)
        _factor(b, not divides, into)
        return 1 + depth
    assert not isinstance(operand, Apply)
    negated = _negated_number(program, operand)
    if negated is not None:
        into.constant = -into.constant
        operand = negated
    _factor(operand, divides, into)
    return 0


def _negated_number(program: Rewriting, operand: Operand) -> Operand | None:
    """``k`` where a factor is ``-k``, a number that the program has computed."""
    stmt = program.definition(operand, operator.neg)
    if stmt is None:
        return None
    type_ = number_of(type_of(stmt.args[0]))
    return stmt.args[0] if isinstance(type_, Scalar) and type_.dtype.kind == "f" else None


def _inner(program: Rewriting, operand: Operand, loc: Loc) -> Apply | None:
    stmt = program.definition(operand)
    if stmt is None or stmt.kwargs or not stmt.loc.adjoint or program.uses[stmt.target] != 1:
        return None
    return stmt if _is_local(program, stmt) else None


def _is_local(program: Rewriting, stmt: Apply) -> bool:
    """Whether ``stmt`` stands in the block under construction and reads what is still there."""
    if _reads_stored(program, stmt):
        return False
    return any(other is stmt for other in reversed(program.builder.body[-_NEAR:]))


def _factor(operand: Operand, divides: bool, into: _Factors) -> None:
    if isinstance(operand, Const) and type(operand.value) in (int, float) and operand.value != 0:
        if not divides or operand.value in (-1, 1):
            into.constant *= operand.value
        else:
            into.divisors.append(operand)
        return
    if isinstance(number_of(type_of(operand)), Scalar):
        (into.divisors if divides else into.numbers).append(operand)
    else:
        into.arrays.append((divides, operand))


def _rebuild(program: Rewriting, factors: _Factors, stmt: Apply) -> Operand | None:
    apply = program.builder.apply
    loc = stmt.loc

    def times(a: Operand | None, b: Operand) -> Operand:
        return b if a is None else apply(operator.mul, (a, b), (), loc)

    constant = factors.constant
    negative = constant == -1 and bool(factors.numbers or not _only_divisors(factors))
    result: Operand | None = None if constant in (1, -1) else Const(_plain(constant))
    if constant == -1 and not negative:
        result = Const(-1)
    for number in factors.numbers:
        result = times(result, number)
    divisors = list(factors.divisors)
    arrays = _in_order(factors, starts=result is None)
    if result is not None:
        for divisor in divisors:
            result = apply(operator.truediv, (result, divisor), (), loc)
        divisors = []
    for divides, array in arrays:
        if divides:
            one: Operand = Const(1) if result is None else result
            result = apply(operator.truediv, (one, array), (), loc)
        else:
            result = times(result, array)
    for i, divisor in enumerate(divisors):
        first = Const(1) if result is None and i == 0 else result
        assert first is not None
        result = apply(operator.truediv, (first, divisor), (), loc)
    if result is None:
        result = Const(1.0 if dtype_of(stmt.target.type) == np.float64 else 1)
    if negative:
        result = apply(operator.neg, (result,), (), loc)
    if isinstance(result, Const) and isinstance(number_of(stmt.target.type), Array):
        return None
    return result


def _in_order(factors: _Factors, starts: bool) -> list[tuple[bool, Operand]]:
    """The arrays of a product: what is multiplied, what divides, and then what is of integers.

    ``2 * k * k`` of small integers wraps around, and ``k`` that a product ``starts`` with does not.
    """
    arrays = sorted(factors.arrays, key=lambda pair: (_is_late(pair), pair[0]))
    late = [pair for pair in arrays if _is_late(pair)]
    divisors = [pair for pair in arrays if pair[0]]
    return late + divisors if starts and len(late) == 1 == len(arrays) - len(divisors) else arrays


def _is_late(pair: tuple[bool, Operand]) -> bool:
    divides, array = pair
    return not divides and _is_of_integers(array)


def _is_of_integers(array: Operand) -> bool:
    """Whether an array is of integers, and not of booleans."""
    dtype = dtype_of(type_of(array))
    return dtype is not None and dtype.kind in "iu"


def _only_divisors(factors: _Factors) -> bool:
    """Whether nothing is multiplied: then the sign goes into the numerator, ``-1 / x``."""
    return not factors.numbers and all(divides for divides, _ in factors.arrays)


def _plain(constant: float | int) -> float | int:
    """``2`` rather than ``2.0``: a Python number takes the dtype of what it multiplies."""
    return int(constant) if float(constant).is_integer() and abs(constant) < 2**31 else constant


def _sum(program: Rewriting, stmt: Apply) -> Operand | None:
    """``a + -b`` is ``a - b``, ``a + a`` is ``2 * a``."""
    a, b = stmt.args
    apply = program.builder.apply
    if stmt.op is operator.add and a is b:
        return _twice(program, a, stmt)
    for zero, other in ((a, b), (b, a)):
        if stmt.op is operator.add and isinstance(zero, Const) and zero.value == 0:
            return other
    plain = tuple(_without_one(program, term, stmt) for term in stmt.args)
    if plain != stmt.args:
        return apply(stmt.op, plain, (), stmt.loc, stmt.target.name)
    second = _inner_negation(program, b)
    if second is not None:
        op = operator.sub if stmt.op is operator.add else operator.add
        return apply(op, (a, second), (), stmt.loc, stmt.target.name)
    first = _inner_negation(program, a)
    if first is not None and stmt.op is operator.add:
        return apply(operator.sub, (b, first), (), stmt.loc, stmt.target.name)
    return None


def _without_one(program: Rewriting, term: Operand, stmt: Apply) -> Operand:
    """``x`` where a term is ``1.0 * x``, which was kept since ``x`` is written elsewhere."""
    inner = _inner(program, term, stmt.loc)
    if inner is None or inner.op is not operator.mul or not _trivial(inner):
        return term
    one, x = inner.args
    is_one = isinstance(one, Const) and isinstance(number_of(type_of(x)), Array)
    return x if is_one and _agree(type_of(x), type_of(term)) else term


def _twice(program: Rewriting, operand: Operand, stmt: Apply) -> Operand:
    """``a + a`` as ``2 * a``, or as ``c * x`` where ``a`` is a constant times ``x``."""
    inner = program.definition(operand, operator.mul)
    if inner is not None and program.uses[inner.target] == 2 and not _reads_stored(program, inner):
        constant, x = inner.args
        is_plain = isinstance(constant, Const) and type(constant.value) in (int, float)
        if is_plain and type_of(x) == stmt.target.type and isinstance(constant, Const):
            doubled = 2 * constant.value
            if doubled == 1:
                return x
            return program.builder.apply(operator.mul, (Const(_plain(doubled)), x), (), stmt.loc)
    return program.builder.apply(operator.mul, (Const(2), operand), (), stmt.loc, stmt.target.name)


def double_terms(function: Function) -> Function:
    """``function`` with sums of a value and itself as products, after equal values were shared."""

    def step(program: Rewriting, stmt: Stmt) -> None:
        is_sum = isinstance(stmt, Apply) and stmt.op is operator.add and stmt.loc.adjoint
        if is_sum and isinstance(stmt, Apply) and stmt.args[0] is stmt.args[1]:
            result = _twice(program, stmt.args[0], stmt)
            is_handle = _is_handle(program, stmt.target, result)
            if not is_handle and _agree(type_of(result), stmt.target.type):
                program.rename(stmt.target, result)
                return
        program.keep(stmt)

    return rewrite(function, step)


def _numbers_out_of_sum(program: Rewriting, stmt: Apply) -> Operand | None:
    """``(2 * x).sum()`` is ``2 * x.sum()``: one number times a sum instead of an array."""
    inner = _inner(program, stmt.args[0], stmt.loc)
    if inner is None or inner.op not in (operator.mul, operator.neg):
        return None
    factors = _Factors()
    _collect(program, inner, False, factors, stmt.loc, True)
    products = [array for divides, array in factors.arrays if not divides]
    products.sort(key=_is_of_integers)
    if len(products) != len(factors.arrays) or not products:
        return None
    if factors.constant == 1 and not factors.numbers and not factors.divisors:
        return None
    if not _are_exact(factors, stmt):
        return None
    if all(map(_is_of_integers, products)):
        return None
    apply = program.builder.apply
    array = products[0]
    for other in products[1:]:
        array = apply(operator.mul, (array, other), (), stmt.loc)
    total = apply(np.ndarray.sum, (array, *stmt.args[1:]), stmt.kwargs, stmt.loc)
    outside = _Factors(factors.constant, factors.numbers, factors.divisors, [(False, total)])
    return _rebuild(program, outside, stmt)


def _inner_negation(program: Rewriting, operand: Operand) -> Operand | None:
    stmt = program.definition(operand, operator.neg)
    if stmt is None or program.uses[stmt.target] != 1 or _reads_stored(program, stmt):
        return None
    return stmt.args[0]


def _reads_stored(program: Rewriting, stmt: Apply) -> bool:
    """Whether ``stmt`` reads what may be written between it and here, and must stay where it is."""
    if not any(map(program.is_stored, stmt.args)):
        return False
    for other in reversed(program.builder.body[-_NEAR:]):
        if other is stmt:
            return False
        if not isinstance(other, Apply) or not is_pure(other):
            break
    return True
