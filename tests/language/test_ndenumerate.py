"""``np.ndenumerate``: the elements of an array with their places, as they are when asked for."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad.testing import check_grads

A = np.random.default_rng(4).normal(size=(2, 3)) + 2


def weighted(a):
    total = 0.0
    for (i, j), v in np.ndenumerate(a):
        total += v**2 * (i + 1) * (j + 2)
    return total


def transposed(a):
    b = np.empty((3, 2))
    for (i, j), v in np.ndenumerate(a):
        b[j, i] = v * np.sin(v)
    return np.sum(b * np.arange(6.0).reshape(3, 2))


def written_on_the_way(a):
    b, total = a.copy(), 0.0
    for place, v in np.ndenumerate(b):
        b[1, 2] += v * sum(place)
        total += v**2
    return total + b[1, 2]


def of_a_vector(a):
    for (i,), v in np.ndenumerate(a[0]):
        if v > 1e3:
            break
        a[0, i] = v**3
    return np.sum(a[0] * a[1])


def in_a_comprehension(a):
    return sum([v * place[1] for place, v in np.ndenumerate(a) if place[0] != 1])


@pytest.mark.parametrize(
    "f", [weighted, transposed, written_on_the_way, of_a_vector, in_a_comprehension]
)
def test_gradient(f):
    check_grads(f, (A,), rtol=1e-6)
