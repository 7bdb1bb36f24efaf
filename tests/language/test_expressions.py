"""Every kind of expression."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.language.cases import Table, matrix, vector

case = Table()


# --- arithmetic ---------------------------------------------------------------------------------


@case(0.7, 1.3, wrt=(0, 1), expected=(1.3 + 1 / 1.3 - 1, 0.7 - 0.7 / 1.3**2 + 1))
def four_operations(x, y):
    return x * y + x / y - x + y


@case(0.7, 1.3, wrt=(0, 1))
@case(vector(), vector(seed=1), wrt=(0, 1))
@case(matrix(), vector(), wrt=(0, 1))
@case(np.array(0.7), vector(), wrt=(0, 1))
@case(0.7, vector(), wrt=(0, 1))
def arithmetic(x, y):
    return np.sum(x * y - x / y + (x + y) ** 2 - 3 / x + 2.0**y + x**y - -x + +y)


@case(7.3, 2.1, wrt=(0, 1), expected=(1.0, -3.0))
def modulo(x, y):
    return x % y


@case(7.3, 2.1, wrt=(0, 1), expected=(2.1, 7.3))
def floor_division_is_flat(x, y):
    return x // y + x * y


@case(matrix(3, 4), matrix(4, 2), wrt=(0, 1))
def matrix_product(a, b):
    return np.sum((a @ b) ** 2)


@case(vector(), np.array([1, 2, 3, 4]))
def integer_arithmetic(x, n):
    return np.sum(x * ((n << 2) | 1) + x * (n >> 1) + x * (n & 3) - x * (n ^ 2) + x * ~n)


@case(vector(), vector(seed=3) > 1)
def boolean_masks(x, mask):
    return np.sum(x**2 * (mask & (x > 0.5))) + np.sum(x * ~mask) + np.sum(x * (mask | (x < 1)))


@case(1.3)
def literals(x):
    return x * 3 + x * 0.25 + x * 1e-3 + x * True + x * 0x10 - x * 1_000


# --- comparisons and boolean operators ----------------------------------------------------------


@case(0.3, expected=0.6)
@case(1.3, expected=1.0)
@case(2.3, expected=math.cos(2.3))
def chained_comparison(x):
    if 0 < x < 1 != 2:
        return x * x
    if 1 <= x < 2:
        return x
    return math.sin(x)


@case(0.3, 2.0, wrt=(0, 1), expected=(2.0, 0.3))
@case(2.5, 2.0, wrt=(0, 1), expected=(1.0, 0.0))
@case(-0.5, 2.0, wrt=(0, 1), expected=(0.0, 1.0))
def boolean_operators(x, y):
    if x > 0 and y > 1 and not x > y:
        return x * y
    if x > y or (x > 0 and y == 7):
        return x + 0 * y
    return y + 0 * x


@case(0.0, 2.0, wrt=1, expected=3.0)
@case(0.4, 2.0, wrt=(0, 1), expected=(3.0, 0.0))
def or_gives_a_value(x, y):
    return 3 * (x or y)


@case(0.4, 2.0, wrt=(0, 1), expected=(0.0, 3.0))
def and_gives_a_value(x, y):
    return 3 * (x and y)


@case(0.3)
@case(1.4)
@case(5.0)
def conditional_expression(x):
    y = x**2 if x > 1 else math.sin(x)
    return y * (x if x < 2 else 3.0 if x < 4 else x**3)


@case(1.5)
def comparisons_of_every_kind(x):
    a = x if x >= 1.5 else 0.0
    b = x * x if x <= 1.5 else 0.0
    c = x**3 if x == 1.5 else x**3 + 0 * x
    d = 2 * x if x != 0.0 else 0.0
    return a * 0 + b * 0 + 0 * c + d * x


@case(1.5, "left", expected=3.0)
@case(1.5, "right", expected=4.0)
def strings_compare(x, side):
    if side == "left":
        return x * x
    if side in ("right", "middle") and side not in ["middle"]:
        return 4 * x
    return x


@case(2.0, None, expected=4.0)
@case(2.0, 3.0, expected=3.0)
def identity_with_none(x, scale):
    if scale is None:
        scale = 2 * x
        return scale * x / 2
    return x * scale if scale is not None else x


# --- subscripts ---------------------------------------------------------------------------------


@case(vector(6))
def integer_index(x):
    return x[0] * x[-1] + x[2] ** 3 * x[2]


@case(vector(6))
def slices(x):
    y = x[1:4] * x[:3] + x[-3:] + x[::2] * x[5:2:-1]
    return np.sum(y * y) + np.sum(x[:] * x[::-1]) + np.sum(x[4:1]) + np.sum(x[100:])


@case(matrix(4, 5))
def two_axes(a):
    return (
        a[0, 1] * a[2][3]
        + np.sum(a[1] * a[:, 0:].sum())
        + np.sum(a[1:3, ::2] ** 2)
        + np.sum(a[..., 0] * a[..., -1])
        + np.sum(a[:, None, 1] * a[None, 0, :4])
        + np.sum(a[-1, ...])
    )


@case(vector(6), np.array([0, 2, 2, 5]))
def integer_array_index(x, i):
    return np.sum(x[i] ** 2) + np.sum(x[[1, 1, 3]] * x[i[:3]])


@case(matrix(4, 5), np.array([0, 2, 2]), np.array([1, 1, 4]))
def mixed_index(a, i, j):
    return np.sum(a[i, j] ** 2 + a[i, 0]) + np.sum(a[1, j] * a[i][:, 2]) + np.sum(a[1:, j] ** 3)


@case(vector(6))
def mask_index(x):
    return np.sum(x[x > 0.8] ** 2) + np.sum(x[~(x > 0.8)])


@case(vector(6), 2, 5)
def index_from_arguments(x, i, j):
    return x[i] * x[j] + np.sum(x[i:j] ** 2) + x[-i] + np.sum(x[: j - i] * x[j - i : 2 * (j - i)])


@case(vector(6))
def slice_object(x):
    window = slice(1, 4)
    return np.sum(x[window] ** 2) + np.sum(x[slice(None, None, 2)])


# --- attributes, methods, calls -----------------------------------------------------------------


@case(matrix(3, 3))
def attributes(a):
    return np.sum(a.T @ a) * a.size + a.ndim * a.mean() + a.shape[0] * a.T[0, 1] + len(a) * a.max()


@case(matrix(3, 4))
def methods(a):
    return (a.sum(axis=0) ** 2).sum() + a.reshape(-1)[3] + a.ravel().dot(a.reshape(12)) + a.T.min()


@case(vector())
def keywords(x):
    return np.sum(a=np.clip(a=x, a_min=0.5, a_max=1.0) ** 2, axis=0)


@case(vector(), vector(seed=2), wrt=(0, 1))
def keywords_of_operands(x, y):
    return np.sum(np.clip(x, max=y) ** 2) + np.sum(np.clip(a=x, a_max=y, a_min=0.5) * y)


@case(vector())
def star_arguments(x):
    pair = (x, 0.9)
    options = {"axis": 0, "keepdims": True}
    return np.sum(np.maximum(*pair) ** 2, **options)[0]


@case(vector())
def lambdas(x):
    square = lambda v, scale=3.0: scale * v * v
    return np.sum(square(x) + square(x, scale=2.0) + (lambda v: v * x)(x))


@case(1.3)
def walrus(x):
    if (y := x * x) > 1:
        return y * (z := y + 1) + z
    return y


@case(vector())
def walrus_in_a_call(x):
    return np.sum((y := np.sin(x)) * x) + np.sum(y)


@case(1.3)
def math_functions(x):
    y = math.sin(x) * math.exp(-x) + math.log(x) / math.sqrt(x) + math.tanh(x) ** 2
    y += math.pow(x, 2.5) + math.hypot(x, 2.0) + math.atan2(x, 2.0) + math.fabs(-x)
    y += math.cos(x) + math.tan(x) + math.log1p(x) + math.expm1(x) + math.cosh(x) + math.sinh(x)
    return y + math.pi * x + math.floor(x) * x + math.log(x, 3.0) + math.log10(x) + math.log2(x)


@case(-1.3)
@case(np.float64(-1.3))
def builtin_functions(x):
    return abs(x) + max(x, -2.0, x * x) + min(x, 3.0) * pow(x, 2) + float(x) * 2 + sum((x, x * x))


@case(1.7)
def rounding_is_flat(x):
    return x * round(x) + x * int(x)


# --- displays -----------------------------------------------------------------------------------


@case(1.3, 0.4, wrt=(0, 1))
def displays(x, y):
    pair, items, table = (x, y), [x * y, y], {"a": x, 3: y, (1, 2): x + y}
    return pair[0] * items[0] + items[-1] * table["a"] + table[3] * table[1, 2] + len(table) * x


@case(1.3, 0.4, wrt=(0, 1))
def starred_displays(x, y):
    first = [x, y]
    both = [*first, x * y, *(y, y * y)]
    table = {**{"a": x, "b": y}, "a": x * x}
    return both[0] * both[2] + both[4] + table["a"] * table["b"] + (*first, 1)[1]


@case(1.3, 0.4, wrt=(0, 1))
def nested_displays(x, y):
    tree = {"w": [(x, y), (y, x * y)], "b": (x,)}
    (a, b), second = tree["w"]
    return a * b + second[1] * tree["b"][0] + tree["w"][1][0]


@case(1.3, 0.4, wrt=(0, 1))
def concatenated_lists(x, y):
    items = [x] + [y] * 2 + [x * y]
    pair = (x,) + (y, 2.0)
    return items[0] * items[2] + items[3] * pair[1] + sum(items[1:3]) + items[::-1][0]


@case(1.3)
def f_strings(x):
    if x < 0:
        raise ValueError(f"x is {x:.3f}, and {x!r} is negative: {'no' + 'pe':>{10}}")
    assert x > 0, f"{x} is not positive"
    return x * x


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()
