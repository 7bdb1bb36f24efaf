"""``items * count``, where only running the program tells the count."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import value_and_grad
from srcgrad.testing import check_grads

X = np.array([0.3, 1.4, 0.8, 0.6])


def table(x):
    n = int(np.sum(x > 0.5))
    found = [0.0] * n
    for i in range(n):
        found[i] = x[i] * 2
    return sum(found) + len(found) * x[0]


def several(x):
    found = [x[0], x[1] ** 2] * int(x[1] * 2)
    found[0] = 2 * x[3]
    return sum(v * v for v in found)


def in_place(x):
    found = [x[0]]
    found *= int(x[1] * 2)
    found.append(x[2])
    return np.sum(np.array(found) ** 2)


def arrays(x):
    rows = int(x[1] * 2) * [x * 2]
    return np.sum(np.stack(rows) ** 2)


def written_afterwards(x):
    row = np.zeros(2)
    rows = int(x[1] * 2) * [row]
    row[0] = x[0]
    return np.sum(np.stack(rows) ** 2)


def never(x):
    found = [x[0]] * -int(x[1])
    return len(found) + sum(found) + x[0]


def between(x):
    n = np.sum(x > 0.5)
    found = [1.0] + [0.0] * (n - 1) + [x[0]]
    for k in range(1, n):
        found[k] = found[k - 1] * x[k] + x[0]
    return found[-1] * found[n - 1]


def of_unknown_length(x):
    found = [v for v in x if v > 0.5]
    found = found * int(x[1] * 2)
    found *= len(found) // 2
    return sum(found) * found[-1]


PROGRAMS = [table, several, in_place, arrays, written_afterwards, never, between, of_unknown_length]


@pytest.mark.parametrize("f", PROGRAMS)
@pytest.mark.parametrize("x", [X, X[::-1] + 0.25])
def test_programs(f, x) -> None:
    assert value_and_grad(f)(x)[0] == pytest.approx(f(x), rel=1e-15)
    check_grads(f, (x,))


def test_what_is_in_it_is_one_thing() -> None:
    def f(x):
        rows = [[0.0, 0.0]] * int(x[1] * 2)
        rows[0][1] = x[0]
        return rows[1][1] * x[2]

    assert value_and_grad(f)(X)[0] == f(X) != 0.0
    check_grads(f, (X,))
