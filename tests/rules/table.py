"""The table of operations: every rule has at least one row.

A row is data: an operation, a function that uses it as users do, and arguments.  The test beside
this file runs each in several dtypes and memory layouts.
"""

from __future__ import annotations

import math
import operator
from itertools import count
from typing import Any

import numpy as np

from tests.rules.driver import Row

_seeds = count()


def A(*shape: int) -> np.ndarray:
    """Numbers of both signs, away from zero."""
    rng = np.random.default_rng(next(_seeds))
    return rng.uniform(0.2, 1.8, shape) * rng.choice([-1.0, 1.0], shape)


def P(*shape: int) -> np.ndarray:
    """Positive numbers."""
    return np.random.default_rng(next(_seeds)).uniform(0.3, 2.0, shape)


def U(*shape: int) -> np.ndarray:
    """Numbers between -0.9 and 0.9."""
    return np.random.default_rng(next(_seeds)).uniform(-0.9, 0.9, shape)


ROWS: list[Row] = []


def row(op: Any, f: Any, *args: Any, **options: Any) -> None:
    ROWS.append(Row(op, f, args, **options))


def applied(op: Any, **options: Any) -> Any:
    """``op`` of one array, with these options."""
    return lambda x: op(x, **options)


# --- unary --------------------------------------------------------------------------------------

row(np.sin, lambda x: np.sin(x), A(3))
row(np.cos, lambda x: np.cos(x), A(2, 3))
row(np.tan, lambda x: np.tan(x), U(3))
row(np.arcsin, lambda x: np.arcsin(x), U(3))
row(np.arccos, lambda x: np.arccos(x), U(3))
row(np.arctan, lambda x: np.arctan(x), A(3))
row(np.sinh, lambda x: np.sinh(x), A(3))
row(np.cosh, lambda x: np.cosh(x), A(3))
row(np.tanh, lambda x: np.tanh(x), A(2, 1, 3))
row(np.arcsinh, lambda x: np.arcsinh(x), A(3))
row(np.arccosh, lambda x: np.arccosh(x), P(3) + 1)
row(np.arctanh, lambda x: np.arctanh(x), U(3))
row(np.exp, lambda x: np.exp(x), A(3))
row(np.exp, lambda x: np.exp(x), 0.7)
row(np.exp, lambda x: np.exp(x), np.float64(0.7))
row(np.exp, lambda x: np.exp(x), np.array(0.7))
row(np.exp, lambda x: np.exp(x), np.zeros((0, 3)))
row(np.exp2, lambda x: np.exp2(x), A(3))
row(np.expm1, lambda x: np.expm1(x), A(3))
row(np.log, lambda x: np.log(x), P(3))
row(np.log2, lambda x: np.log2(x), P(3))
row(np.log10, lambda x: np.log10(x), P(3))
row(np.log1p, lambda x: np.log1p(x), P(3))
row(np.sqrt, lambda x: np.sqrt(x), P(2, 3))
row(np.sqrt, lambda x: np.sqrt(x), 0.3)
row(np.cbrt, lambda x: np.cbrt(x), A(3))
row(np.square, lambda x: np.square(x), A(3))
row(np.reciprocal, lambda x: np.reciprocal(x), A(3))
row(np.negative, lambda x: np.negative(x), A(3))
row(operator.neg, lambda x: -x, A(3))
row(operator.neg, lambda x: -x, 0.5)
row(np.positive, lambda x: np.positive(x), A(3))
row(operator.pos, lambda x: +x, A(3))
row(np.absolute, lambda x: np.abs(x), A(3))
row(np.absolute, lambda x: np.abs(x), np.zeros(2), expected=(np.zeros(2),))
row(np.fabs, lambda x: np.fabs(x), A(3))
row(operator.abs, lambda x: abs(x), A(3))
row(abs, lambda x: abs(x), A(3))
row(abs, lambda x: abs(x), -0.5)
row(np.deg2rad, lambda x: np.deg2rad(x), A(3))
row(np.radians, lambda x: np.radians(x), A(3))
row(np.rad2deg, lambda x: np.rad2deg(x), A(3))
row(np.degrees, lambda x: np.degrees(x), A(3))
row(np.sinc, lambda x: np.sinc(x), A(3))
row(np.sinc, lambda x: np.sinc(x), np.zeros(2))
row(np.nan_to_num, lambda x: np.nan_to_num(x), A(3))
row(np.conjugate, lambda x: np.conj(x), A(3))
row(np.ndarray.conj, lambda x: x.conj(), A(3))
row(np.ndarray.conjugate, lambda x: x.conjugate(), A(3))
row(np.real, lambda x: np.real(x), A(3))
row(np.ndarray.real, lambda x: x.real, A(3))

# --- binary -------------------------------------------------------------------------------------

for _shapes in (((3,), (3,)), ((2, 3), (3,)), ((2, 1), (3,)), ((), (3,)), ((1, 1), (2, 3))):
    row(np.add, lambda a, b: np.add(a, b), A(*_shapes[0]), A(*_shapes[1]))
    row(operator.sub, lambda a, b: a - b, A(*_shapes[0]), A(*_shapes[1]))
    row(operator.mul, lambda a, b: a * b, A(*_shapes[0]), A(*_shapes[1]))
    row(operator.truediv, lambda a, b: a / b, A(*_shapes[1]), A(*_shapes[0]))
    row(operator.pow, lambda a, b: a**b, P(*_shapes[0]), A(*_shapes[1]))
row(operator.add, lambda a, b: a + b, A(3), 2.0)
row(operator.add, lambda a, b: a + b, 0.5, 2.0)
row(operator.add, lambda a, b: a + b, 1, A(3))
row(operator.mul, lambda a, b: a * b, 0.5, np.float64(2.0))
row(operator.mul, lambda a, b: a * b, 2, 1.5)
row(operator.mul, lambda a, b: a * b, np.arange(3), A(3))
row(operator.mul, lambda a, b: a * b, np.array([True, False, True]), A(3))
row(operator.truediv, lambda a, b: a / b, 1, A(3))
row(np.subtract, lambda a, b: np.subtract(a, b), A(3), A(3))
row(np.multiply, lambda a, b: np.multiply(a, b), A(3), A(3))
row(np.true_divide, lambda a, b: np.divide(a, b), A(3), A(3))
row(np.remainder, lambda a, b: np.mod(a, b), A(4) * 3, A(4))
row(operator.mod, lambda a, b: a % b, A(4) * 3, A(4))
row(operator.mod, lambda a, b: a % b, 3.3, 0.7)
row(np.fmod, lambda a, b: np.fmod(a, b), A(4) * 3, A(4))
row(np.divmod, lambda a, b: np.divmod(a, b)[1], A(4) * 3, A(4))
row(divmod, lambda a, b: divmod(a, b)[1], 3.3, 0.7)
row(np.arctan2, lambda a, b: np.arctan2(a, b), A(3), A(2, 3))
row(np.hypot, lambda a, b: np.hypot(a, b), A(3), A(3))
row(np.hypot, lambda a, b: np.hypot(a, b), np.zeros(2), np.zeros(2),
    expected=(np.zeros(2), np.zeros(2)))  # fmt: skip
row(np.logaddexp, lambda a, b: np.logaddexp(a, b), A(3), A(3))
row(np.logaddexp2, lambda a, b: np.logaddexp2(a, b), A(3), A(3))
row(np.copysign, lambda a, b: np.copysign(a, b), A(4), A(4), wrt=(0,))
row(np.heaviside, lambda a, b: np.heaviside(a, b), A(4), 0.5)
row(np.maximum, lambda a, b: np.maximum(a, b), A(4), A(4))
row(np.maximum, lambda x: np.maximum(x, 0.0), A(2, 3), call=lambda x: (x, 0.0))
row(np.maximum, lambda x: np.maximum(x, 0.0), np.array([-1.0, 0.0, 1.0]),
    call=lambda x: (x, 0.0), expected=(np.array([0.0, 0.0, 1.0]),))  # fmt: skip
row(np.maximum, lambda a, b: np.maximum(a, b), np.ones(2), np.ones(2),
    expected=(np.full(2, 0.5), np.full(2, 0.5)))  # fmt: skip
row(np.minimum, lambda a, b: np.minimum(a, b), A(4), A(3, 4))
row(np.minimum, lambda x: np.minimum(x, 0.5), A(4), call=lambda x: (x, 0.5))
row(np.fmax, lambda a, b: np.fmax(a, b), A(4), A(4))
row(np.fmax, lambda x: np.fmax(x, 0.0), A(4), call=lambda x: (x, 0.0))
row(np.fmin, lambda a, b: np.fmin(a, b), A(4), A(4))
row(np.fmin, lambda x: np.fmin(x, 0.0), A(4), call=lambda x: (x, 0.0))
row(np.where, lambda x, a, b: np.where(x > 0, a, b), A(2, 3), A(3), A(2, 1),
    call=lambda x, a, b: (x > 0, a, b), wrt=(1, 2))  # fmt: skip
row(np.where, lambda a: np.where([1, 0, 2], a, 0.0), A(3),
    call=lambda a: (np.array([1, 0, 2]), a, 0.0))  # fmt: skip
row(np.where, lambda a, b: np.where(True, a, b), 0.5, 0.25, call=lambda a, b: (True, a, b))
row(np.clip, lambda x: np.clip(x, -0.5, 0.7), A(6), call=lambda x: (x, -0.5, 0.7))
row(np.clip, lambda x: np.clip(x, None, 0.7), A(6), call=lambda x: (x, None, 0.7))
row(np.clip, lambda x: np.clip(x, -0.5, None), A(6), call=lambda x: (x, -0.5, None))
row(np.clip, lambda x, a, b: np.clip(x, a, b), A(3, 4), -P(4), P(3, 1))
row(np.clip, lambda x: np.clip(0.1, x, 2.0), A(6), call=lambda x: (0.1, x, 2.0))
row(np.clip, lambda x: np.clip(x, min=0.1), A(5), call=lambda x: (x,), kwargs={"min": 0.1})
row(np.ndarray.clip, lambda x: x.clip(-0.5, 0.7), A(6), call=lambda x: (x, -0.5, 0.7))
row(np.ndarray.clip, lambda x: x.clip(max=0.7), A(6), kwargs={"max": 0.7})

# --- powers -------------------------------------------------------------------------------------

row(operator.pow, lambda x: x**2, A(3), call=lambda x: (x, 2))
row(operator.pow, lambda x: x**3, A(2, 3), call=lambda x: (x, 3))
row(operator.pow, lambda x: x**4, A(3), call=lambda x: (x, 4))
row(operator.pow, lambda x: x**-1, A(3), call=lambda x: (x, -1))
row(operator.pow, lambda x: x**0.5, P(3), call=lambda x: (x, 0.5))
row(operator.pow, lambda x: x**1.5, np.array([0.0, 1.0]), call=lambda x: (x, 1.5),
    expected=(np.array([0.0, 1.5]),))  # fmt: skip
row(operator.pow, lambda x: x**0, A(3), call=lambda x: (x, 0))
row(operator.pow, lambda x: x**1, A(3), call=lambda x: (x, 1))
row(operator.pow, lambda x, p: x**p, 1.3, 0.4)
row(operator.pow, lambda x: x**2, 1.3, call=lambda x: (x, 2))
row(operator.pow, lambda p: 2**p, A(3), call=lambda p: (2, p))
row(operator.pow, lambda x, p: x**p, A(4), np.array([0.0, 1.0, 2.0, 3.0]), wrt=(0,))
row(np.power, lambda a, b: np.power(a, b), P(3), A(3))
row(np.power, lambda x: np.power(x, 2), A(3), call=lambda x: (x, 2))
row(np.float_power, lambda a, b: np.float_power(a, b), P(3), A(3))
row(pow, lambda x: pow(x, 2), 1.3, call=lambda x: (x, 2))
row(math.pow, lambda x, p: math.pow(x, p), 1.3, 0.4)

# --- numbers ------------------------------------------------------------------------------------

row(math.sin, lambda x: math.sin(x), 0.4)
row(math.cos, lambda x: math.cos(x), 0.4)
row(math.tan, lambda x: math.tan(x), 0.4)
row(math.asin, lambda x: math.asin(x), 0.4)
row(math.acos, lambda x: math.acos(x), 0.4)
row(math.atan, lambda x: math.atan(x), 0.4)
row(math.atan2, lambda a, b: math.atan2(a, b), 0.4, -0.7)
row(math.sinh, lambda x: math.sinh(x), 0.4)
row(math.cosh, lambda x: math.cosh(x), 0.4)
row(math.tanh, lambda x: math.tanh(x), np.float64(0.4))
row(math.asinh, lambda x: math.asinh(x), 0.4)
row(math.acosh, lambda x: math.acosh(x), 1.4)
row(math.atanh, lambda x: math.atanh(x), 0.4)
row(math.exp, lambda x: math.exp(x), 0.4)
row(math.exp2, lambda x: math.exp2(x), 0.4)
row(math.expm1, lambda x: math.expm1(x), 0.4)
row(math.log, lambda x: math.log(x), 0.4)
row(math.log, lambda x, b: math.log(x, b), 0.4, 3.0)
row(math.log1p, lambda x: math.log1p(x), 0.4)
row(math.log2, lambda x: math.log2(x), 0.4)
row(math.log10, lambda x: math.log10(x), 0.4)
row(math.sqrt, lambda x: math.sqrt(x), 0.4)
row(math.cbrt, lambda x: math.cbrt(x), 0.4)
row(math.hypot, lambda a, b: math.hypot(a, b), 0.4, -0.7)
row(math.fsum, lambda x: math.fsum(x), np.array([0.4, -0.7, 1.5]))
row(math.hypot, lambda a, b, c: math.hypot(a, b, c), 0.4, -0.7, 1.5)
row(math.hypot, lambda a, b: math.hypot(a, b), 0.0, 0.0, expected=(0.0, 0.0))
row(math.dist, lambda a, b: math.dist([a, b], [1.0, 2.0]), 0.4, -0.7,
    call=lambda a, b: ([a, b], [1.0, 2.0]))  # fmt: skip
row(math.dist, lambda a, b: math.dist((a, 1), (b, 3)), 0.4, -0.7,
    call=lambda a, b: ((a, 1), (b, 3)))  # fmt: skip
row(math.dist, lambda p, q: math.dist(p, q), A(3), A(3))
row(math.dist, lambda p, q: math.dist(p, q), np.ones(2), np.ones(2),
    expected=(np.zeros(2), np.zeros(2)))  # fmt: skip
row(math.erf, lambda x: math.erf(x), 0.4)
row(math.erfc, lambda x: math.erfc(x), 0.4)
row(math.degrees, lambda x: math.degrees(x), 0.4)
row(math.radians, lambda x: math.radians(x), 0.4)
row(math.fabs, lambda x: math.fabs(x), -0.4)
row(math.fmod, lambda a, b: math.fmod(a, b), 3.3, 0.7)
row(math.copysign, lambda a, b: math.copysign(a, b), 0.4, -0.7, wrt=(0,))
row(float, lambda x: float(x), np.float64(0.4))
row(max, lambda a, b: max(a, b), 0.4, 0.7)
row(max, lambda a: max(a, 0.0), 0.4, call=lambda a: (a, 0.0))
row(max, lambda a, b, c: max(a, b, c), 0.4, 0.7, 0.5)
row(max, lambda a, b: max([a, b]), 0.4, 0.7, call=lambda a, b: ([a, b],))
row(min, lambda a, b: min(a, b), 0.4, 0.7)
row(min, lambda a: min(a, 1.0), 0.4, call=lambda a: (a, 1.0))
row(sum, lambda a, b: sum((a, b)), 0.4, 0.7, call=lambda a, b: ((a, b),))
row(sum, lambda a, b: sum([a, b]), A(3), A(2, 3), call=lambda a, b: ([a, b],))
row(sum, lambda x: sum(x), A(3))
row(sum, lambda x: sum(x), A(2, 3))

# --- reductions ---------------------------------------------------------------------------------

for _np, _method in (
    (np.sum, np.ndarray.sum),
    (np.mean, np.ndarray.mean),
    (np.prod, np.ndarray.prod),
    (np.max, np.ndarray.max),
    (np.min, np.ndarray.min),
    (np.amax, np.amin),
    (np.var, np.ndarray.var),
    (np.std, np.ndarray.std),
):
    for _op in (_np, _method):
        row(_op, applied(_op), A(4))
        row(_op, applied(_op), A(2, 3))
        row(_op, applied(_op), np.array(0.7) if _np not in (np.std,) else A(2))
        for _axis in (0, 1, -1, (0, 2), (1, 2)):
            for _options in ({"axis": _axis}, {"axis": _axis, "keepdims": True}):
                row(_op, applied(_op, **_options), A(2, 3, 4), kwargs=_options)
        _options = {"axis": None, "keepdims": True}
        row(_op, applied(_op, **_options), A(2, 3), kwargs=_options)
        row(_op, applied(_op, axis=0), A(4), kwargs={"axis": 0})
row(np.sum, lambda x: np.sum(x), np.zeros((0, 3)))
row(np.sum, lambda x: np.sum(x), 0.5)
row(np.mean, lambda x: np.mean(x), 0.5)
row(np.var, lambda x: np.var(x, ddof=1), A(2, 3), kwargs={"ddof": 1})
row(np.std, lambda x: np.std(x, ddof=1, axis=1), A(2, 3), kwargs={"ddof": 1, "axis": 1})
row(np.std, lambda x: np.std(x), np.ones(3), expected=(np.zeros(3),))
for _x, _norm_options in (
    (A(3), {}), (A(2, 3), {}), (A(2, 3, 2), {}), (A(2, 3), {"axis": 1}), (A(2, 3), {"axis": 0}),
    (A(2, 3), {"axis": -1, "keepdims": True}), (A(2, 3), {"keepdims": True}),
    (A(2, 3, 2), {"axis": (0, 2)}), (A(2, 3), {"ord": "fro"}), (A(3), {"ord": 2}),
    (A(2, 3), {"ord": 2, "axis": 1}), (A(3), {"ord": 1}), (A(2, 3), {"ord": 1, "axis": 0}),
):  # fmt: skip
    row(np.linalg.norm, applied(np.linalg.norm, **_norm_options), _x, kwargs=_norm_options)
row(np.linalg.norm, lambda x: np.linalg.norm(x, np.inf), A(3), call=lambda x: (x, np.inf))
row(np.linalg.norm, lambda x: np.linalg.norm(x, np.inf, axis=1, keepdims=True), A(2, 3),
    kwargs={"ord": np.inf, "axis": 1, "keepdims": True})  # fmt: skip
row(np.linalg.norm, lambda x: np.linalg.norm(x, -np.inf, 1), A(2, 3),
    call=lambda x: (x, -np.inf, 1))  # fmt: skip
row(np.linalg.norm, lambda x: np.linalg.norm(x), np.zeros(3), expected=(np.zeros(3),))
row(np.linalg.norm, lambda x: np.linalg.norm(x, axis=1), np.array([[0.0, 0.0], [3.0, 4.0]]),
    kwargs={"axis": 1}, expected=(np.array([[0.0, 0.0], [0.6, 0.8]]),))  # fmt: skip
row(np.prod, lambda x: np.prod(x), np.array([2.0, 0.0, 3.0]))
row(np.prod, lambda x: np.prod(x), np.array([2.0, 0.0, 0.0]))
row(np.prod, lambda x: np.prod(x, axis=1), np.array([[2.0, 0.0, 3.0], [1.0, 4.0, 2.0]]),
    kwargs={"axis": 1})  # fmt: skip
_some_zeros = np.where(np.arange(24) % 7 == 0, 0, A(24)).reshape(2, 3, 4)
row(np.prod, lambda x: np.prod(x, axis=(0, 2)), _some_zeros, kwargs={"axis": (0, 2)})
row(np.max, lambda x: np.max(x), np.array([1.0, 3.0, 3.0]), expected=(np.array([0, 0.5, 0.5]),))
row(np.add.reduce, lambda x: np.add.reduce(x), A(2, 3))
row(np.add.reduce, lambda x: np.add.reduce(x, axis=None), A(2, 3), kwargs={"axis": None})
row(np.multiply.reduce, lambda x: np.multiply.reduce(x), A(2, 3))
row(np.maximum.reduce, lambda x: np.maximum.reduce(x), A(2, 3))
row(np.minimum.reduce, lambda x: np.minimum.reduce(x, axis=1), A(2, 3), kwargs={"axis": 1})
row(np.ptp, lambda x: np.ptp(x, axis=1), A(2, 3), kwargs={"axis": 1})
for _op in (np.cumsum, np.ndarray.cumsum):
    row(_op, lambda x: np.cumsum(x), A(4))
    row(_op, lambda x: np.cumsum(x), A(2, 3))
    row(_op, lambda x: np.cumsum(x, axis=1), A(2, 3), kwargs={"axis": 1})
    row(_op, lambda x: np.cumsum(x, axis=0), A(2, 3), kwargs={"axis": 0})
for _op in (np.cumprod, np.ndarray.cumprod):
    row(_op, lambda x: np.cumprod(x), A(4))
    row(_op, lambda x: np.cumprod(x), np.array([2.0, 0.0, 3.0, 4.0]))
row(np.cumprod, lambda x: np.cumprod(x), 0.5)
row(np.median, lambda x: np.median(x), A(5))
row(np.median, lambda x: np.median(x), A(6))
row(np.median, lambda x: np.median(x), A(3, 4))
row(np.median, lambda x: np.median(x), 0.7)
row(np.median, lambda x: np.median(x, axis=0), A(3, 4), kwargs={"axis": 0})
row(np.median, lambda x: np.median(x, axis=-1), A(3, 4), kwargs={"axis": -1})
row(np.median, lambda x: np.median(x, axis=(0, 2)), A(2, 3, 4), kwargs={"axis": (0, 2)})
row(
    np.median, lambda x: np.median(x, axis=1, keepdims=True), A(3, 4),
    kwargs={"axis": 1, "keepdims": True},
)  # fmt: skip
row(
    np.median, lambda x: np.median(x), np.array([1.0, 2.0, 1.0, 3.0]),
    expected=(np.array([0.25, 0.5, 0.25, 0.0]),),
)  # fmt: skip
row(np.median, lambda x: np.median(x), np.ones(3), expected=(np.full(3, 1 / 3),))
row(np.trapezoid, lambda y: np.trapezoid(y), A(5))
row(np.trapezoid, lambda y: np.trapezoid(y), A(1))
row(
    np.trapezoid,
    lambda y: np.trapezoid(y, dx=0.5, axis=1),
    A(2, 3, 2),
    kwargs={"dx": 0.5, "axis": 1},
)
row(np.trapezoid, lambda y, x: np.trapezoid(y, x), A(5), A(5))
row(np.trapezoid, lambda y, x: np.trapezoid(y, x), A(3, 4), A(4))
row(np.trapezoid, lambda y, x: np.trapezoid(y, x), A(3, 4), A(3, 4))
row(np.trapezoid, lambda y, x: np.trapezoid(y, x, axis=0), A(3, 4), A(3), kwargs={"axis": 0})
row(np.trapezoid, lambda y, x: np.trapezoid(y, x, axis=0), A(3, 4), A(3, 4), kwargs={"axis": 0})
row(
    np.trapezoid, lambda y, dx: np.trapezoid(y, dx=dx), A(2, 3), 0.7,
    call=lambda y, dx: (y, None, dx),
)  # fmt: skip
row(
    np.bincount, lambda w: np.bincount(np.array([2, 0, 2, 5]), weights=w, minlength=8), A(4),
    call=lambda w: (np.array([2, 0, 2, 5]), w), kwargs={"minlength": 8},
)  # fmt: skip
row(np.diff, lambda x: np.diff(x), A(4))
row(np.diff, lambda x: np.diff(x, axis=0), A(3, 2), kwargs={"axis": 0})

# --- products -----------------------------------------------------------------------------------

# Whether the vectors have two numbers or three must be known for the type of a cross product.
for _shapes in (((3,), (3,)), ((4, 3), (3,)), ((3,), (4, 3)), ((2, 1, 3), (4, 3)), ((0, 3), (3,))):
    row(np.cross, lambda a, b: np.cross(a, b), A(*_shapes[0]), A(*_shapes[1]), loose=True)
row(
    np.cross, lambda a, b: np.cross(a, b, axis=0), A(3, 4), A(3, 4),
    kwargs={"axis": 0}, loose=True,
)  # fmt: skip
row(
    np.cross, lambda a, b: np.cross(a, b, axisa=0), A(3, 4), A(4, 3),
    kwargs={"axisa": 0}, loose=True,
)  # fmt: skip
row(
    np.cross, lambda a, b: np.cross(a, b, axisa=0, axisc=0), A(3, 1), A(4, 3),
    kwargs={"axisa": 0, "axisc": 0}, loose=True,
)  # fmt: skip
for _shapes in (
    ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)),
    ((5, 2, 3), (5, 3, 4)), ((1, 2, 3), (5, 3, 4)), ((2, 3), (5, 3, 4)), ((5, 2, 3), (3,)),
    ((3,), (5, 3, 4)), ((4, 1, 2, 3), (5, 3, 2)), ((0, 3), (3, 2)),
):  # fmt: skip
    row(operator.matmul, lambda a, b: a @ b, A(*_shapes[0]), A(*_shapes[1]))
    row(np.matmul, lambda a, b: np.matmul(a, b), A(*_shapes[0]), A(*_shapes[1]))
for _shapes in (
    ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)), ((5, 2, 3), (3,)), ((3,), (5, 3, 4)), ((), (2, 3)), ((2, 3), ()),
):  # fmt: skip
    row(np.dot, lambda a, b: np.dot(a, b), A(*_shapes[0]), A(*_shapes[1]))
row(np.dot, lambda a, b: np.dot(a, b), 0.5, A(3))
row(np.ndarray.dot, lambda a, b: a.dot(b), A(2, 3), A(3))
for _shapes in (
    ((3,), (3,)), ((2, 3), (3,)), ((3,), (2, 3)), ((2, 3), (4, 3)), ((5, 2, 3), (4, 3)),
    ((), (2, 3)),
):  # fmt: skip
    row(np.inner, lambda a, b: np.inner(a, b), A(*_shapes[0]), A(*_shapes[1]))
for _shapes in (((3,), (4,)), ((2, 3), (4,)), ((3,), ())):
    row(np.outer, lambda a, b: np.outer(a, b), A(*_shapes[0]), A(*_shapes[1]))
row(np.vdot, lambda a, b: np.vdot(a, b), A(3), A(3))
row(np.vdot, lambda a, b: np.vdot(a, b), A(2, 3), A(2, 3))
row(np.trace, lambda a: np.trace(a), A(3, 3))
row(np.ndarray.trace, lambda a: a.trace(), A(3, 4))
row(np.kron, lambda a, b: np.kron(a, b), A(3), A(2))
row(np.kron, lambda a, b: np.kron(a, b), A(3, 2), A(2, 4))
row(np.tensordot, lambda a, b: np.tensordot(a, b), A(2, 3, 4), A(3, 4, 5))
row(np.tensordot, lambda a, b: np.tensordot(a, b, 1), A(2, 3), A(3, 4),
    call=lambda a, b: (a, b, 1))  # fmt: skip
row(np.tensordot, lambda a, b: np.tensordot(a, b, 0), A(2), A(3, 4), call=lambda a, b: (a, b, 0))
row(np.tensordot, lambda a, b: np.tensordot(a, b, 1), A(3), A(3), call=lambda a, b: (a, b, 1))
row(np.tensordot, lambda a, b: np.tensordot(a, b, ((2, 0), (0, 1))), A(2, 3, 4), A(4, 2, 5),
    kwargs={"axes": ((2, 0), (0, 1))})  # fmt: skip
row(np.tensordot, lambda a, b: np.tensordot(a, b, ((0, 2), (1, 0))), A(2, 3, 4), A(4, 2, 5),
    kwargs={"axes": ((0, 2), (1, 0))})  # fmt: skip


def contraction(subscripts: str, count: int) -> Any:
    """``np.einsum`` with these subscripts, of ``count`` operands."""
    if count == 1:
        return lambda a: np.einsum(subscripts, a)
    if count == 2:
        return lambda a, b: np.einsum(subscripts, a, b)
    return lambda a, b, c: np.einsum(subscripts, a, b, c)


for _subscripts, *_shapes in (
    ("ij,jk->ik", (2, 3), (3, 4)), ("ij, jk", (2, 3), (3, 4)), ("ij->", (2, 3)),
    ("ij->j", (2, 3)), ("ij->ji", (2, 3)), ("ii->i", (3, 3)), ("ii", (3, 3)),
    ("iij->j", (3, 3, 2)),
    ("iii->i", (3, 3, 3)), ("i,i->", (3,), (3,)), ("i,j->ij", (3,), (2,)),
    ("ij,k->i", (2, 3), (4,)),
    ("bij,bjk->bik", (2, 3, 4), (2, 4, 2)), ("i,ij,j->", (2,), (2, 3), (3,)),
    ("ij,ij->i", (2, 3), (2, 3)), ("ij,ij->ij", (2, 3), (1, 3)), ("ii,ij->j", (3, 3), (3, 2)),
    (",i->i", (), (3,)),
    # A summed axis of length one meets a longer one.
    ("ij,ij->", (1, 4), (3, 4)), ("i,i->", (1,), (3,)), ("ij,jk->ik", (3, 1), (4, 5)),
    ("ij,jk->ik", (3, 4), (1, 5)), ("...i,...i", (1, 3), (2, 1)), ("i,ij,j->", (1,), (3, 4), (1,)),
    ("ij,j->", (3, 1), (4,)), ("ij,ij,ij->", (1, 3), (4, 1), (1, 1)), ("ii,i->", (3, 3), (1,)),
    ("ii,ij->", (1, 1), (3, 2)), ("bij,bjk->bik", (1, 2, 3), (4, 1, 5)),
    ("iij,j,k->", (2, 2, 1), (3,), (4,)),
):  # fmt: skip
    row(
        np.einsum,
        contraction(_subscripts, len(_shapes)),
        *(A(*_shape) for _shape in _shapes),
        call=lambda *xs, _subscripts=_subscripts: (_subscripts, *xs),
    )
row(np.einsum, lambda a, b: np.einsum("ij,jk->ik", a, b, optimize=True), A(2, 3), A(3, 4),
    call=lambda a, b: ("ij,jk->ik", a, b), kwargs={"optimize": True})  # fmt: skip

# --- shapes -------------------------------------------------------------------------------------

row(np.reshape, lambda x: np.reshape(x, (3, 2)), A(2, 3), call=lambda x: (x, (3, 2)))
row(np.reshape, lambda x: np.reshape(x, -1), A(2, 3), call=lambda x: (x, -1))
row(np.ndarray.reshape, lambda x: x.reshape(np.array([3, 2])), A(2, 3),
    call=lambda x: (x, np.array([3, 2])), loose=True)  # fmt: skip
row(np.reshape, lambda x: np.reshape(x, (3, 2), order="F"), A(2, 3), call=lambda x: (x, (3, 2)),
    kwargs={"order": "F"})  # fmt: skip
row(np.reshape, lambda x: np.reshape(x, ()), A(1), call=lambda x: (x, ()))
row(np.ndarray.reshape, lambda x: x.reshape(3, 2), A(2, 3), call=lambda x: (x, 3, 2))
row(np.ndarray.reshape, lambda x: x.reshape((3, -1)), A(2, 3), call=lambda x: (x, (3, -1)))
row(np.ravel, lambda x: np.ravel(x), A(2, 3))
row(np.ravel, lambda x: np.ravel(x, order="F"), A(2, 3), kwargs={"order": "F"})
row(np.ndarray.ravel, lambda x: x.ravel(), A(2, 3))
row(np.ndarray.flatten, lambda x: x.flatten(), A(2, 3))
row(np.expand_dims, lambda x: np.expand_dims(x, 1), A(2, 3), call=lambda x: (x, 1))
row(np.expand_dims, lambda x: np.expand_dims(x, (0, -1)), A(3), call=lambda x: (x, (0, -1)))
row(np.squeeze, lambda x: np.squeeze(x), A(2, 1, 3), loose=True)
row(np.squeeze, lambda x: np.squeeze(x, axis=1), A(2, 1, 3), kwargs={"axis": 1})
row(np.ndarray.squeeze, lambda x: x.squeeze(0), A(1), call=lambda x: (x, 0))
row(np.atleast_1d, lambda x: np.atleast_1d(x), np.array(0.5))
row(np.atleast_2d, lambda x: np.atleast_2d(x), A(3))
row(np.atleast_3d, lambda x: np.atleast_3d(x), A(2, 3))
row(np.atleast_3d, lambda x: np.atleast_3d(x), A(3))
row(np.transpose, lambda x: np.transpose(x), A(2, 3))
row(np.transpose, lambda x: np.transpose(x, (2, 0, 1)), A(2, 3, 4), call=lambda x: (x, (2, 0, 1)))
row(np.permute_dims, lambda x: np.permute_dims(x, (1, 2, 0)), A(2, 3, 4),
    call=lambda x: (x, (1, 2, 0)))  # fmt: skip
row(np.ndarray.transpose, lambda x: x.transpose(), A(2, 3))
row(np.ndarray.transpose, lambda x: x.transpose(1, -1, 0), A(2, 3, 4),
    call=lambda x: (x, 1, -1, 0))  # fmt: skip
row(np.ndarray.transpose, lambda x: x.transpose((1, 2, 0)), A(2, 3, 4),
    call=lambda x: (x, (1, 2, 0)))  # fmt: skip
row(np.ndarray.T, lambda x: x.T, A(2, 3))
row(np.ndarray.T, lambda x: x.T, A(3))
row(np.ndarray.T, lambda x: x.T, A(2, 3, 4))
row(np.ndarray.mT, lambda x: x.mT, A(2, 3, 4))
row(np.matrix_transpose, lambda x: np.matrix_transpose(x), A(2, 3, 4))
row(np.swapaxes, lambda x: np.swapaxes(x, 0, -1), A(2, 3, 4), call=lambda x: (x, 0, -1))
row(np.ndarray.swapaxes, lambda x: x.swapaxes(1, 2), A(2, 3, 4), call=lambda x: (x, 1, 2))
row(np.moveaxis, lambda x: np.moveaxis(x, 0, -1), A(2, 3, 4), call=lambda x: (x, 0, -1))
row(np.moveaxis, lambda x: np.moveaxis(x, (0, 1), (2, 0)), A(2, 3, 4),
    call=lambda x: (x, (0, 1), (2, 0)))  # fmt: skip
row(np.broadcast_to, lambda x: np.broadcast_to(x, (2, 3)), A(3), call=lambda x: (x, (2, 3)))
row(np.broadcast_to, lambda x: np.broadcast_to(x, (2, 3)), A(2, 1), call=lambda x: (x, (2, 3)))
row(np.broadcast_arrays, lambda a, b: np.broadcast_arrays(a, b)[0], A(2, 1), A(3))
row(np.flip, lambda x: np.flip(x), A(2, 3))
row(np.flip, lambda x: np.flip(x, 1), A(2, 3), call=lambda x: (x, 1))
row(np.fliplr, lambda x: np.fliplr(x), A(2, 3))
row(np.flipud, lambda x: np.flipud(x), A(2, 3))
row(np.roll, lambda x: np.roll(x, 1), A(2, 3), call=lambda x: (x, 1))
row(np.roll, lambda x: np.roll(x, -1, axis=1), A(2, 3), call=lambda x: (x, -1), kwargs={"axis": 1})
row(np.roll, lambda x: np.roll(x, (1, 2), (0, 1)), A(2, 3), call=lambda x: (x, (1, 2), (0, 1)))
row(np.tile, lambda x: np.tile(x, 2), A(3), call=lambda x: (x, 2))
row(np.tile, lambda x: np.tile(x, (2, 3)), A(3), call=lambda x: (x, (2, 3)))
row(np.tile, lambda x: np.tile(x, 2), A(2, 3), call=lambda x: (x, 2))
row(np.repeat, lambda x: np.repeat(x, 2), A(2, 3), call=lambda x: (x, 2))
row(np.repeat, lambda x: np.repeat(x, 3, axis=1), A(2, 3), call=lambda x: (x, 3),
    kwargs={"axis": 1})  # fmt: skip
row(np.ndarray.repeat, lambda x: x.repeat(2), A(3), call=lambda x: (x, 2))
row(np.repeat, lambda x: np.repeat(x, 3, axis=0), 0.5, call=lambda x: (x, 3), kwargs={"axis": 0})
for _repeats in ([2, 0, 1], (3,), np.array([1, 2, 1])):
    row(np.repeat, lambda x, r=_repeats: np.repeat(x, r), A(3), call=lambda x, r=_repeats: (x, r))
    row(np.repeat, lambda x, r=_repeats: np.repeat(x, r, axis=1), A(2, 3),
        call=lambda x, r=_repeats: (x, r), kwargs={"axis": 1})  # fmt: skip
row(np.repeat, lambda x: np.repeat(x, [2, 0, 1, 1]), A(2, 2), call=lambda x: (x, [2, 0, 1, 1]))
row(np.repeat, lambda x: np.repeat(x, [2]), 0.5, call=lambda x: (x, [2]))
row(np.triu, lambda x: np.triu(x), A(3, 3))
row(np.triu, lambda x: np.triu(x, 1), A(3, 4), call=lambda x: (x, 1))
row(np.tril, lambda x: np.tril(x, -1), A(3, 3), call=lambda x: (x, -1))
row(np.diag, lambda x: np.diag(x), A(3))
row(np.diag, lambda x: np.diag(x, 1), A(3), call=lambda x: (x, 1))
row(np.diag, lambda x: np.diag(x), A(3, 3))
row(np.diag, lambda x: np.diag(x, -1), A(3, 4), call=lambda x: (x, -1))
row(np.diagflat, lambda x: np.diagflat(x), A(3))
row(np.diagflat, lambda x: np.diagflat(x, -1), A(3), call=lambda x: (x, -1))
row(np.diagflat, lambda x: np.diagflat(x, k=2), A(2, 2), kwargs={"k": 2})
row(np.diagonal, lambda x: np.diagonal(x), A(3, 4))
row(np.ndarray.diagonal, lambda x: x.diagonal(1), A(3, 4), call=lambda x: (x, 1))

# --- joining ------------------------------------------------------------------------------------

row(np.concatenate, lambda a, b: np.concatenate((a, b)), A(2, 3), A(1, 3),
    call=lambda a, b: ((a, b),))  # fmt: skip
row(np.concatenate, lambda a, b: np.concatenate([a, b], axis=1), A(2, 3), A(2, 2),
    call=lambda a, b: ([a, b],), kwargs={"axis": 1})  # fmt: skip
row(np.concatenate, lambda a, b: np.concatenate([a, b], axis=-1), A(2, 2, 3), A(2, 2, 2),
    call=lambda a, b: ([a, b],), kwargs={"axis": -1})  # fmt: skip
row(np.concatenate, lambda a, b: np.concatenate([a, b], axis=2), A(2, 2, 3, 1), A(2, 2, 2, 1),
    call=lambda a, b: ([a, b],), kwargs={"axis": 2})  # fmt: skip
row(np.concatenate, lambda a, b: np.concatenate([a, b], axis=None), A(2, 3), A(2),
    call=lambda a, b: ([a, b],), kwargs={"axis": None})  # fmt: skip
row(np.concatenate, lambda a, b: np.concatenate((a, [1.0], b)), A(3), A(2),
    call=lambda a, b: ((a, [1.0], b),))  # fmt: skip
row(np.concat, lambda a, b: np.concat((a, b)), A(3), A(2), call=lambda a, b: ((a, b),))
row(np.stack, lambda a, b: np.stack((a, b)), A(3), A(3), call=lambda a, b: ((a, b),))
row(np.stack, lambda a, b: np.stack([a, b], axis=1), A(3), A(3), call=lambda a, b: ([a, b],),
    kwargs={"axis": 1})  # fmt: skip
row(np.stack, lambda a, b: np.stack([a, b], axis=-1), A(2, 3), A(2, 3),
    call=lambda a, b: ([a, b],), kwargs={"axis": -1})  # fmt: skip
row(np.stack, lambda a, b: np.stack([a, b]), 0.5, 0.7, call=lambda a, b: ([a, b],))
row(np.stack, lambda x: np.stack(x, axis=1), A(2, 3), kwargs={"axis": 1})
row(np.vstack, lambda a, b: np.vstack((a, b)), A(3), A(2, 3), call=lambda a, b: ((a, b),))
row(np.hstack, lambda a, b: np.hstack((a, b)), A(3), A(2), call=lambda a, b: ((a, b),))
row(np.hstack, lambda a, b: np.hstack((a, b)), A(2, 3), A(2, 1), call=lambda a, b: ((a, b),))
row(np.hstack, lambda a, b: np.hstack((a, b)), 0.5, A(2), call=lambda a, b: ((a, b),))
row(np.column_stack, lambda a, b: np.column_stack((a, b)), A(3), A(3, 2),
    call=lambda a, b: ((a, b),))  # fmt: skip
row(np.split, lambda x: np.split(x, 3)[1], A(6), call=lambda x: (x, 3))
row(np.split, lambda x: np.split(x, [1, 3], axis=1)[0], A(2, 4), call=lambda x: (x, [1, 3]),
    kwargs={"axis": 1})  # fmt: skip
row(np.array_split, lambda x: np.array_split(x, 2)[0], A(5), call=lambda x: (x, 2))
row(np.pad, lambda x: np.pad(x, 1), A(2, 3), call=lambda x: (x, 1))
row(np.pad, lambda x: np.pad(x, ((0, 1), (2, 0))), A(2, 3), call=lambda x: (x, ((0, 1), (2, 0))))
for _mode in ("edge", "reflect", "symmetric", "wrap"):
    row(np.pad, applied(np.pad, pad_width=(4, 2), mode=_mode), A(3),
        call=lambda x, _mode=_mode: (x, (4, 2), _mode))  # fmt: skip
    row(np.pad, applied(np.pad, pad_width=((0, 1), (5, 2)), mode=_mode), A(2, 3),
        call=lambda x, _mode=_mode: (x, ((0, 1), (5, 2)), _mode))  # fmt: skip


def convolution(mode: str) -> Any:
    """``np.convolve`` in this mode."""
    return lambda a, v: np.convolve(a, v, mode)


for _mode in ("full", "same", "valid"):
    for _n, _m in ((5, 3), (3, 5), (4, 4), (5, 2), (5, 1)):
        row(
            np.convolve,
            convolution(_mode),
            A(_n),
            A(_m),
            call=lambda a, v, _mode=_mode: (a, v, _mode),
        )

# --- reading ------------------------------------------------------------------------------------

I = np.array([0, 2, 0])
J = np.array([[1], [0]])
M = np.array([True, False, True])


def index(key: Any, *shape: int) -> None:
    x = A(*shape)
    row(operator.getitem, lambda x: x[key], x, call=lambda x: (x, key))


for _key in (0, -1, slice(1, None), slice(None, -1), slice(None, None, -1), slice(None, None, 2),
             slice(-2, None), slice(3, 0, -2), ..., None, I, J, M, [0, 1], [], slice(0, 0),
             np.int64(1), True, (), np.array(1)):  # fmt: skip
    index(_key, 3)
    index(_key, 3, 4)
for _key in ((0, 1), (slice(None), 1), (..., 0), (0, ...), (None, 0), (slice(1, None), None, ...),
             (I, 0), (0, I), (I, I), (I, J), (slice(None), I), (I, slice(None), J), (J, I, 0),
             (0, slice(None), I), (M, 0), (M, I[:2]), (..., I), (I, None, J), (slice(1), M),
             (I, ..., 1), (None, I, None, 0)):  # fmt: skip
    index(_key, 3, 3, 3)
index(np.eye(3, dtype=bool), 3, 3)
index(np.eye(3, dtype=bool), 3, 3, 2)
index((..., 0), 3)
index((0, 0), 3, 3)
index((), 3)
row(np.take, lambda x: np.take(x, I), A(3), call=lambda x: (x, I))
row(np.take, lambda x: np.take(x, I), A(2, 3), call=lambda x: (x, I))
row(np.take, lambda x: np.take(x, I, axis=0), A(3, 2), call=lambda x: (x, I), kwargs={"axis": 0})
row(np.take, lambda x: np.take(x, I, axis=1), A(2, 3), call=lambda x: (x, I), kwargs={"axis": 1})
row(np.take, lambda x: np.take(x, J, axis=-1), A(2, 2, 3), call=lambda x: (x, J),
    kwargs={"axis": -1})  # fmt: skip
row(np.ndarray.take, lambda x: x.take(1), A(3), call=lambda x: (x, 1))
for _mode in ("raise", "wrap", "clip"):
    row(np.take, lambda x, m=_mode: np.take(x, [2, -1, 2], mode=m), A(3),
        call=lambda x: (x, [2, -1, 2]), kwargs={"mode": _mode})  # fmt: skip
for _mode in ("wrap", "clip"):
    row(np.take, lambda x, m=_mode: np.take(x, 7, mode=m), A(3), call=lambda x: (x, 7),
        kwargs={"mode": _mode})  # fmt: skip
    row(np.take, lambda x, m=_mode: np.take(x, [7, -5], axis=1, mode=m), A(2, 3),
        call=lambda x: (x, [7, -5]), kwargs={"axis": 1, "mode": _mode})  # fmt: skip
    row(np.take, lambda x, m=_mode: np.take(x, [9, -8, 1], mode=m), A(2, 3),
        call=lambda x: (x, [9, -8, 1]), kwargs={"mode": _mode})  # fmt: skip
row(np.take_along_axis, lambda x: np.take_along_axis(x, I, 0), A(3), call=lambda x: (x, I, 0))
row(np.take_along_axis, lambda x: np.take_along_axis(x, J, 1), A(2, 3), call=lambda x: (x, J, 1))
row(np.take_along_axis, lambda x: np.take_along_axis(x, J.T, 0), A(2, 2),
    call=lambda x: (x, J.T, 0))  # fmt: skip
row(np.sort, lambda x: np.sort(x), A(5))
row(np.sort, lambda x: np.sort(x, axis=0), A(3, 4), kwargs={"axis": 0})

# --- creation -----------------------------------------------------------------------------------

row(np.full, lambda v: np.full((2, 3), v), 0.5, call=lambda v: ((2, 3), v))
row(np.full, lambda v: np.full((2, 3), v), A(3), call=lambda v: ((2, 3), v))
row(np.full_like, lambda a, v: np.full_like(a, v), A(2, 3), 0.5, wrt=(1,))
row(np.arange, lambda a: np.arange(a, 3.05, 0.5), 0.4, call=lambda a: (a, 3.05, 0.5))
row(np.arange, lambda a, s: np.arange(a, 3.05, s), 0.4, 0.5, call=lambda a, s: (a, 3.05, s))
row(np.arange, lambda a: np.arange(a), 3.5)
row(np.linspace, lambda a, b: np.linspace(a, b, 5), 0.5, 2.0, call=lambda a, b: (a, b, 5))
row(np.linspace, lambda a, b: np.linspace(a, b, 4, endpoint=False), 0.5, 2.0,
    call=lambda a, b: (a, b, 4), kwargs={"endpoint": False})  # fmt: skip
row(np.linspace, lambda a, b: np.linspace(a, b, 3), A(2), 2.0, call=lambda a, b: (a, b, 3))
row(np.linspace, lambda a, b: np.linspace(a, b, 3, axis=-1), A(2), 2.0,
    call=lambda a, b: (a, b, 3), kwargs={"axis": -1})  # fmt: skip
row(np.linspace, lambda a, b: np.linspace(a, b, 3, axis=1), A(2), A(3, 2),
    call=lambda a, b: (a, b, 3), kwargs={"axis": 1})  # fmt: skip
row(np.linspace, lambda a, b: np.linspace(a, b, 3, axis=-1), 0.5, 2.0,
    call=lambda a, b: (a, b, 3), kwargs={"axis": -1})  # fmt: skip
row(np.array, lambda x: np.array(x), A(3))
row(np.array, lambda a, b: np.array([a, b]), 0.5, 0.7, call=lambda a, b: ([a, b],))
row(np.array, lambda a, b: np.array([[a, 1.0], [0.0, b]]), 0.5, 0.7,
    call=lambda a, b: ([[a, 1.0], [0.0, b]],))  # fmt: skip
row(np.array, lambda a, b: np.array([a, b]), A(3), A(3), call=lambda a, b: ([a, b],))
row(np.array, lambda a, b: np.array(((a, b), (b, a))), A(3), A(3),
    call=lambda a, b: (((a, b), (b, a)),))  # fmt: skip
row(np.array, lambda a: np.array([[[a, 1]]]), 0.5, call=lambda a: ([[[a, 1]]],))
row(np.asarray, lambda x: np.asarray(x), A(3))
row(np.asarray, lambda a, b: np.asarray((a, b)), 0.5, 0.7, call=lambda a, b: ((a, b),))
row(np.asanyarray, lambda x: np.asanyarray(x), A(3))
row(np.ascontiguousarray, lambda x: np.ascontiguousarray(x), A(2, 3))
row(np.asfortranarray, lambda x: np.asfortranarray(x), A(2, 3))
row(np.asfortranarray, lambda x: np.asfortranarray(x), 0.5)
row(np.copy, lambda x: np.copy(x), A(2, 3))
row(np.ndarray.copy, lambda x: x.copy(), A(2, 3))
row(np.ndarray.astype, lambda x: x.astype(np.float64), A(3), call=lambda x: (x, np.float64))
row(np.ndarray.astype, lambda x: x.astype(float, copy=False), A(3), call=lambda x: (x, float),
    kwargs={"copy": False})  # fmt: skip
row(np.float64, lambda x: np.float64(x), 0.5)
row(np.float32, lambda x: np.float32(x), 0.5, expected=(1.0,))
row(np.float16, lambda x: np.float16(x), np.float32(0.5), expected=(np.float32(1),))
row(np.longdouble, lambda x: np.longdouble(x), 0.5)
row(np.ndarray.item, lambda x: x.item(), A(1))

# --- averages -----------------------------------------------------------------------------------

row(np.average, applied(np.average), A(3, 4))
row(np.average, applied(np.average, axis=1, keepdims=True), A(3, 4),
    kwargs={"axis": 1, "keepdims": True})  # fmt: skip
row(np.average, lambda a, w: np.average(a, None, w), A(5), P(5), call=lambda a, w: (a, None, w))
row(np.average, lambda a, w: np.average(a, None, w), A(3, 4), P(3, 4),
    call=lambda a, w: (a, None, w))  # fmt: skip
for _axis in (0, 1, -1):
    row(np.average, lambda a, w, axis=_axis: np.average(a, axis, w), A(3, 3), P(3, 3),
        call=lambda a, w, axis=_axis: (a, axis, w))  # fmt: skip
    row(np.average, lambda a, w, axis=_axis: np.average(a, axis, w), A(3, 3), P(3),
        call=lambda a, w, axis=_axis: (a, axis, w))  # fmt: skip
    row(np.average, lambda a, w, axis=_axis: np.average(a, axis, w, keepdims=True), A(2, 2, 2),
        P(2), call=lambda a, w, axis=_axis: (a, axis, w), kwargs={"keepdims": True})  # fmt: skip
row(np.average, lambda a: np.average(a, 0, [1, 2, 3]), A(3, 2),
    call=lambda a: (a, 0, np.array([1, 2, 3])))  # fmt: skip
row(np.average, lambda w: np.average(np.arange(3), 0, w), P(3),
    call=lambda w: (np.arange(3), 0, w))  # fmt: skip

# --- reductions that leave out nan --------------------------------------------------------------

_GAP = A(3, 4)
_GAP[0, 1] = _GAP[2, 3] = np.nan
for _op in (np.nansum, np.nanprod, np.nanmean, np.nanvar, np.nanstd, np.nanmax, np.nanmin):
    row(_op, applied(_op), A(3, 4))
    row(_op, applied(_op), A(5))
    if _op is not np.nanstd:
        row(_op, applied(_op), np.array(0.7))
    row(_op, applied(_op, axis=0), A(3, 4), kwargs={"axis": 0})
    row(_op, applied(_op, axis=(1, 0)), A(3, 4), kwargs={"axis": (1, 0)})
    row(_op, applied(_op, axis=-1, keepdims=True), A(3, 4), kwargs={"axis": -1, "keepdims": True})
    row(_op, applied(_op), _GAP)
    row(_op, applied(_op, axis=1), _GAP, kwargs={"axis": 1})
    row(_op, applied(_op, axis=0, keepdims=True), _GAP, kwargs={"axis": 0, "keepdims": True})
row(np.nanvar, lambda x: np.nanvar(x, ddof=1), _GAP, kwargs={"ddof": 1})
row(np.nanstd, lambda x: np.nanstd(x, axis=1, ddof=1), _GAP, kwargs={"axis": 1, "ddof": 1})

# --- what is constant wherever it is differentiable ---------------------------------------------

Z = A(2, 3)
S = np.diag([2.0, 3.0, 4.0]) + 0.5
for _op, _f, *_args in (
    (np.floor, lambda x: np.floor(x), Z), (np.sign, lambda x: np.sign(x), Z),
    (operator.gt, lambda x: x > 0, Z, 0), (operator.floordiv, lambda x: x // 2, Z, 2),
    (np.round, lambda x: np.round(x), Z), (np.zeros_like, lambda x: np.zeros_like(x), Z),
    (np.argmax, lambda x: np.argmax(x, axis=1), Z, 1), (np.shape, lambda x: np.shape(x), Z),
    (np.ndarray.shape, lambda x: x.shape, Z), (len, lambda x: len(x), Z),
    (np.ndarray.ndim, lambda x: x.ndim, Z), (np.ndarray.size, lambda x: x.size, Z),
    (np.ndarray.dtype, lambda x: x.dtype, Z), (np.size, lambda x: np.size(x, 1), Z, 1),
    (np.isfinite, lambda x: np.isfinite(x), Z), (np.any, lambda x: np.any(x, axis=0), Z, 0),
    (np.argsort, lambda x: np.argsort(x), Z), (np.count_nonzero, lambda x: np.count_nonzero(x), Z),
    (np.nonzero, lambda x: np.nonzero(x), Z), (np.ix_, lambda: np.ix_([0, 1], I), [0, 1], I),
    (np.eye, lambda: np.eye(3), 3), (np.eye, lambda: np.eye(3, 4), 3, 4),
    (np.identity, lambda: np.identity(3), 3), (np.zeros, lambda: np.zeros((2, 3)), (2, 3)),
    (np.ones, lambda: np.ones(3), 3), (np.arange, lambda: np.arange(3), 3),
    (np.arange, lambda: np.arange(1, 7, 2), 1, 7, 2), (np.tri, lambda: np.tri(3), 3),
    (math.floor, lambda x: math.floor(x), 0.5), (int, lambda x: int(x), 0.5),
    (round, lambda x: round(x), 0.6), (np.int64, lambda x: np.int64(x), 3.7),
    (np.logical_not, lambda x: np.logical_not(x), Z), (operator.and_, lambda a: a & M, M, M),
    (operator.invert, lambda a: ~a, M), (np.ones_like, lambda x: np.ones_like(x), Z),
    (operator.add, lambda: 1 + 2, 1, 2), (operator.truediv, lambda: 1 / 2, 1, 2),
    (operator.pow, lambda: 2**3, 2, 3), (operator.pow, lambda: 2**-3, 2, -3),
    (operator.neg, lambda: -True, True), (operator.lt, lambda: 1 < 2.0, 1, 2.0),
    (np.sum, lambda: np.sum(M), M), (np.mean, lambda: np.mean(I), I),
    (np.meshgrid, lambda: np.meshgrid(I, M), I, np.arange(4)),
    (np.indices, lambda: np.indices((2, 3)), (2, 3)), (np.result_type, lambda: 0, Z, np.float32),
    (np.where, lambda x: np.where(x > 0), Z > 0), (operator.not_, lambda x: not x, 0.5),
    (np.bincount, lambda x: 0, I), (np.median, lambda x: np.median(x), Z),
    (np.median, lambda x: np.median(x), I),
    (np.unique, lambda x: np.unique(x), Z), (np.unique, lambda x: np.unique(x), I),
    (np.histogram, lambda x: np.histogram(x), I), (np.histogram, lambda x: 0, I, 4),
    (np.interp, lambda x: 0, I, I, I), (np.interp, lambda x: 0, 1.5, [1.0, 2.0], [2, 3]),
    (np.polyval, lambda p, x: 0, [1.0, 2.0], I), (np.polyval, lambda p, x: 0, [1.0, 2.0], 3.0),
    (np.polyfit, lambda x: 0, np.arange(4), np.arange(4) ** 2, 2),
    (np.hanning, lambda: 0, 4), (np.hamming, lambda: 0, 1), (np.blackman, lambda: 0, 0),
    (np.bartlett, lambda: 0, -1), (np.percentile, lambda a: 0, I, 10.0),
    (np.quantile, lambda a: 0, I, 0.5), (np.linalg.norm, lambda a: 0, I),
    (np.linalg.inv, lambda a: 0, S),
    (np.linalg.inv, lambda a: 0, np.array([S, S])), (np.linalg.pinv, lambda a: 0, S[:2]),
    (np.linalg.cholesky, lambda a: 0, S), (np.linalg.det, lambda a: 0, S),
    (np.linalg.det, lambda a: 0, np.array([S, S])), (np.linalg.eigvalsh, lambda a: 0, S),
    (np.linalg.inv, lambda a: 0, np.array([[2, 1], [1, 2]])),
    (np.setdiff1d, lambda a: 0, I, [1]), (np.setdiff1d, lambda a: 0, Z, I),
    (np.union1d, lambda a: 0, I, I), (np.union1d, lambda a: 0, Z, [1]),
    (np.intersect1d, lambda a: 0, I, [1, 2]), (np.isin, lambda a: np.isin(a, I), Z, I),
    (np.isin, lambda a: 0, 2, [1, 2]), (np.nanargmax, lambda a: np.nanargmax(a), Z),
    (operator.getitem, lambda: 0, np.mgrid, np.s_[0:3, -1:2.5:0.5]),
    (operator.getitem, lambda: 0, np.mgrid, np.s_[0:3]),
    (operator.getitem, lambda: 0, np.mgrid, np.s_[0:3,]),
    (operator.getitem, lambda: 0, np.mgrid, np.s_[1:2:5j, :4, 3:0:-1]),
    (operator.getitem, lambda: 0, np.ogrid, np.s_[0:3, :2]),
    (operator.getitem, lambda: 0, np.ogrid, np.s_[0:1:0.5, 0:3:2]),
    (operator.getitem, lambda: 0, np.ogrid, np.s_[-1:1:3j]),
):  # fmt: skip
    row(_op, _f, *_args, wrt=())
