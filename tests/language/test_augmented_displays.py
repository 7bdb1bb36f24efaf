"""Lists and tuples on the right of an augmented assignment to an array."""

from __future__ import annotations

import numpy as np
import pytest

from tests.slopes import check_slope

W = np.arange(1.0, 5.0)


def lists_and_tuples(x):
    x = x * 1
    x *= [1, 2, 3, 4]
    x[:2] += (1.0, x[3])
    x -= [x[0], 1, 2, x[1]]
    x **= [2, 1, 2, 1]
    return np.sum(x * W)


def of_two_dimensions(x):
    y = x.reshape(2, 2) * 1
    y /= [[1, 2], [3, 4]]
    y @= [[1, 2], [3, 5]]
    y += [x[:2], x[2:]]
    return np.sum(y**2)


def of_integers_and_bools(x):
    n = np.array([1, 2, 3, 4])
    n += [1, 1, 1, 1]
    n //= (2, 1, 1, 3)
    m = n > 1
    m &= [True, False, True, True]
    return np.sum(x * n * m)


def by_a_name(x):
    steps = [1, 2, 0, 2]
    y = x * 1
    z = y[:]
    y *= steps
    steps.append(3)
    for k in range(2):
        y += [k, x[0], 1, 0]
    if x[0] > 0:
        z -= steps[1:]
    return np.sum(y * z * W)


@pytest.mark.parametrize(
    "f", [lists_and_tuples, of_two_dimensions, of_integers_and_bools, by_a_name]
)
def test_gradient(f):
    check_slope(f, np.array([0.6, 1.4, 0.8, 1.2]))
