"""Numbers that are Python's before a loop or a branch, and of single precision after it."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import value_and_grad
from tests.hard_cases.checking import Case, Table

program = Table()
NARROW = np.array([1.5, 0.4, 2.1], dtype=np.float32)


@program(NARROW)
def squares_are_added(x):
    s = 0.0
    for v in x:
        s += v * v
    return s


@program(NARROW)
def sums_are_added(x):
    s = 0.0
    for i in range(len(x)):
        s += np.sum(x[i:] ** 2)
    return s


@program(NARROW)
def scaled_in_a_while(x):
    s, k = 1.0, 0
    while k < 3:
        s *= 1 + 0.1 * x[k]
        k += 1
    return s


@program(NARROW)
def added_in_a_branch(x):
    s = 0.0
    for v in x:
        if v > 1:
            s += v * v
        else:
            s -= 0.5
    return s * np.sum(s * x)


@program(NARROW)
def divided_and_raised(x):
    s = 2.0
    for v in x:
        s /= v
        s **= 2
        s = np.sin(s) + s
    return -s


@program(NARROW, 0.1, wrt=(0, 1))
def beside_a_number(x, w):
    s = w
    for v in x:
        s += v * w
    return s


@program(NARROW, 0.1, 0.3, wrt=(1, 2), expected=(0.3, 0.1))
def which_stays_double(x, w, z):
    s = w
    if x[0] > 2:
        s = x[0]
    s *= z
    return s


@program(NARROW, 3.0)
def maybe_an_array(x, n):
    s = 0.0
    for v in x[:, None]:
        s = s + v
    return np.sum(s * s) * n


@program(NARROW, NARROW * 2, wrt=(0, 1))
def largest_and_smallest_of_a_list(x, y):
    found = []
    for k in range(3):
        y = y + 0.1 * x
        x = x + 0.2 * y
        found.append(0.5 * np.sum(x * x * y))
    return max(found) - 0.3 * min(found)


def test_the_text_of_a_sum_in_single_precision():
    source = value_and_grad(squares_are_added).lower(NARROW).source
    assert "_unbroadcast" not in source
    assert value_and_grad(which_stays_double, (1, 2))(NARROW, 0.1, 0.3)[1] == (0.3, 0.1)


@pytest.mark.parametrize("case", program.cases)
def test_gradient(case: Case) -> None:
    case.run()
