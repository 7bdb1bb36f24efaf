"""Masks and singular points: the gradient is finite where the derivative is."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.hard_cases.checking import Case, Table, vector

program = Table()
V = vector()
Z = np.array([-1.5, 0.0, 0.5, 2.0])


@program(np.array([1000.0, -1.0]), expected=np.array([1.0, math.exp(-1)]))
def masked_exp(z):
    return np.sum(np.where(z < 0, np.exp(z), z))


@program(
    np.array([0.0, 2.0]),
    np.array([1.0, 3.0]),
    wrt=(0, 1),
    expected=(np.array([0.0, -0.75]), np.array([0.0, 0.5])),
)
def masked_division(b, a):
    return np.sum(np.where(b != 0, a / b, 0))


@program(Z, expected=np.array([0.0, 0.0, 0.5**0.5, 0.5 / 2**0.5]))
def masked_sqrt(z):
    return np.sum(np.where(z > 0, np.sqrt(z), 0.0)[[1, 3]]) + np.where(z > 0, np.sqrt(z), 0.0)[2]


@program(Z, expected=np.array([0.0, 0.0, 2.0, 0.5]))
def masked_log(z):
    return np.sum(np.where(z > 0, np.log(z), 0.0))


@program(Z, expected=np.array([0.0, 0.0, 2.0 * math.log(0.5) / 0.5, math.log(2.0)]))
def masked_chain(z):
    y = np.log(z)
    return np.sum(np.where(z > 0, y * y, 5.0))


@program(Z, expected=np.array([0.0, 0.0, 1.0, 1.0]))
def relu(z):
    return np.sum(np.maximum(z, 0))


@program(
    Z,
    expected=np.array([0.0, 0.0, 0.5**0.5, 0.5 / 2**0.5]) * 0
    + np.array([0, 0, 0.5 / 0.5**0.5, 0.5 / 2**0.5]),
)
def relu_under_a_root(z):
    return np.sum(np.sqrt(np.maximum(z, 1e-300)) * (z > 0))


@program(Z, expected=np.array([0.0, 0.0, 0.5 / 0.5**0.5, 0.5 / 2**0.5]))
def root_of_a_selection(z):
    return np.sum(np.where(z > 0, np.sqrt(np.where(z > 0, z, 1.0)), 0.0))


@program(Z, expected=np.array([0.0, 0.0, 1.0, 0.0]))
def clipped(z):
    return np.sum(np.clip(z, 0.1, 1.0))


@program(np.array([0.0, 0.0]), expected=np.array([0.0, 0.0]))
def root_times_zero(z):
    return np.sum(np.sqrt(z) * 0.0)


@program(np.array([0.0, 2.0]), expected=np.array([0.0, 4.0]))
def powers_at_zero(x):
    return np.sum(x**2) + np.sum(x**0)


@program(np.array([0.0, 4.0]), expected=np.array([0.0, 0.25]))
def element_beside_a_pole(x):
    return np.sqrt(x)[1]


@program(np.array([0.0, 4.0]), expected=np.array([0.0, 0.25]))
def mask_index_beside_a_pole(x):
    return np.sum(np.sqrt(x)[x > 0])


@program(np.array([0.0, 4.0]), expected=np.array([0.0, 0.25]))
def loop_beside_a_pole(x):
    s = 0.0
    y = np.sqrt(x)
    for i in range(2):
        if x[i] > 0:
            s = s + y[i]
    return s


@program(np.array([0.0, 4.0]), expected=np.array([0.0, 0.25]))
def loop_with_a_pole_in_it(x):
    s = 0.0
    for i in range(2):
        y = np.sqrt(x[i])
        s = s + (y if x[i] > 0 else 0.0)
    return s


@program(np.array([[0.0, 4.0], [9.0, 1.0]]), expected=np.array([[0.0, 0.25], [0.0, 0.0]]))
def reduction_beside_a_pole(x):
    y = np.sqrt(x)
    return np.max(y[0])


@program(np.array([1.0, np.inf]), expected=np.array([math.exp(-1) * -1.0, 0.0]))
def infinities(x):
    return np.sum(np.exp(-x))


@program(np.array([800.0, -800.0, 0.0]), expected=np.array([1.0, 0.0, 0.5]))
def stable_softplus(z):
    return np.sum(np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))) + 0.5 * z[2]


@program(np.array([800.0, -800.0]), expected=np.array([1.0, 0.0]))
def logaddexp(z):
    return np.sum(np.logaddexp(0, z))


@program(np.array([1.0, 1.0, 0.5]), expected=np.array([0.5, 0.5, 0.0]))
def tie_of_max(x):
    return np.max(x)


@program(
    np.array([1.0, 2.0]),
    np.array([1.0, 0.0]),
    wrt=(0, 1),
    expected=(np.array([0.5, 1.0]), np.array([0.5, 0.0])),
)
def tie_of_maximum(x, y):
    return np.sum(np.maximum(x, y))


@program(np.array([0.0, -1.0]), expected=np.array([0.0, -1.0]))
def abs_at_zero(x):
    return np.sum(np.abs(x))


@program(np.array([0.0, 2.0, 3.0]), expected=np.array([6.0, 0.0, 0.0]))
def product_with_a_zero(x):
    return np.prod(x)


@program(np.array([2.0, 2.0]), expected=np.array([0.0, 0.0]))
def std_of_equal_numbers(x):
    return np.std(x) * 0.0


LOG_SLOPE = np.array([0.0, 0.0, 2.0 * math.log(0.5) / 0.5, math.log(2.0)])


@program(Z, expected=LOG_SLOPE)
def masked_power(z):
    return np.sum(np.where(z > 0, np.log(z) ** 2, 5.0))


@program(Z, expected=LOG_SLOPE)
def masked_chain_through_a_branch(z):
    y = np.log(z)
    y = y if y[3] < 0 else y * -1.0
    return np.sum(np.where(z > 0, y * y, 5.0))


@program(Z, expected=LOG_SLOPE)
def singular_only_in_one_branch(z):
    if z[3] > 0:
        y = np.log(z)
    else:
        y = z * z
    return np.sum(np.where(z > 0, y * y, 5.0))


@program(Z, expected=LOG_SLOPE)
def masked_through_nested_branches(z):
    y = np.log(z)
    if z[3] > 0:
        t = y * 2.0
        if z[0] < 0:
            t = t / 2.0
        y = t * 1.0
    return np.sum(np.where(z > 0, y * y, 5.0))


@program(Z, expected=LOG_SLOPE + np.array([0.0, 0.0, 2.0, 2.0]))
def two_masked_values_of_one_branch(z):
    if z[3] > 0:
        y, t = np.log(z), 2 * z
    else:
        y, t = z, z * z
    a = np.where(z > 0, y * y, 5.0)
    b = np.where(z > 0.25, t, 5.0)
    return np.sum(a) + np.sum(b)


@program(Z, expected=LOG_SLOPE)
def masked_numbers_in_a_loop(z):
    s = 0.0
    for i in range(4):
        s = s + np.where(z[i] > 0, np.log(z[i]) ** 2, 0.0)
    return s


@program(Z, expected=np.array([0.0, 0.0, 1 - 4 * math.cos(2.0), 1 - 0.25 * math.cos(0.5)]))
def masked_chain_of_two_uses(z):
    y = 1 / z
    return np.sum(np.where(z > 0, np.sin(y) + y * z + z, 5.0))


@program(Z, np.ones((3, 4)), expected=np.array([0.0, 0.0, 6.0, 1.5]))
def masked_before_a_broadcast(z, c):
    return np.sum(np.where(z > 0, np.log(z) * c, 5.0))


@program(V, np.array(True))
def array_mask_without_dimensions(x, flag):
    y = x * 2 if flag else x * x
    return np.sum(y * flag)


@program(V)
def scalar_mask(x):
    return np.sum(x * (x.sum() > 2)) + np.sum(np.where(np.array(True), x, 0.0))


@pytest.mark.parametrize("case", program.cases)
def test_gradient(case: Case) -> None:
    case.run()
