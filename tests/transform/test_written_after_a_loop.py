"""What is written after a loop alone is no reason to hand a shadow from trip to trip.

The array is the last that the loop made, and nobody has it but those who write it; where somebody
has (a list, another name, the caller), what is written is seen there.
"""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad
from tests.hard_cases.checking import Case

X = np.array([[0.3, 1.2, -0.4], [0.9, 0.5, 0.7], [-0.6, 0.8, 1.1]])
V = np.array([0.4, -0.7, 1.3])


def doubled(X):
    total = np.zeros(3)
    for x in X:
        total = total + x * x
    total[0] = 1.0
    total *= 2
    return np.sum(total**3)


def a_list_has_them(X):
    total = np.zeros(3)
    seen = []
    for x in X:
        total = total + x * x
        seen.append(total)
    total[1] *= 3.0
    return np.sum(total) + np.sum(np.stack(seen) ** 2)


def a_name_has_the_one_before(X):
    total = before = X[0] * 2
    for x in X:
        before = total
        total = total * x
    total[1] *= 3.0
    before[0] += total[2]
    return np.sum(total * before)


def a_name_has_the_first(X):
    first = X[0] * X[1]
    total = first
    for x in X[1:]:
        total = np.sin(total) + x
    total[:2] *= first[1:]
    return np.sum(total * first)


def a_view_is_written(X):
    total = np.zeros(3)
    for x in X:
        total = total + x * x
        part = total[1:]
    part *= total[:2]
    return np.sum(total**2)


def in_a_loop(X):
    value = 0.0
    kept = np.zeros(3)
    for i in range(3):
        total = np.ones(3)
        for x in X:
            total = total * x + kept
        total[i] = 0.5 * value
        kept = total
        value += np.sum(total**2)
    return value


def read_by_the_reverse(X):
    total = np.ones(3)
    for x in X:
        total = np.sin(total) * x
    total *= total
    total[1:] *= total[:-1]
    return np.sum(np.exp(total))


def while_data_say(X):
    total = X[0].copy()
    i = 0
    while np.sum(total) < 4 and i < 3:
        total = total + X[i] ** 2
        i += 1
    total[0] *= total[1]
    return np.prod(total)


def perhaps_another_name(X, flag):
    total = X[0] * 2
    other = total if flag else X[1] * 1
    for x in X:
        total = total * 0.5 + x
    total[0] *= other[2]
    other[1] = total[0]
    return np.sum(total * other)


def twice(X):
    total = np.zeros(3)
    for x in X:
        total = total + x * x
    total *= 2
    for x in X:
        total = total * x
    total[0] += total[1] ** 2
    return np.sum(total**2)


@pytest.mark.parametrize(
    "f",
    [
        doubled,
        a_list_has_them,
        a_name_has_the_one_before,
        a_name_has_the_first,
        a_view_is_written,
        in_a_loop,
        read_by_the_reverse,
        while_data_say,
        twice,
    ],
)
def test_gradients(f):
    Case(f, (X,), 0).run()
    if f is not a_view_is_written:
        Case(f, (X[:0] if f in (doubled, twice) else X[:2],), 0).run()


@pytest.mark.parametrize("flag", [True, False])
def test_another_name(flag):
    Case(perhaps_another_name, (X, flag), 0).run()
    Case(perhaps_another_name, (X[:2], flag), 0).run()


def of_the_caller(v, n):
    """Without a trip it is the argument itself that is written."""
    total = v
    for _ in range(n):
        total = total * 2 + v**2
    total[0] *= total[1]
    return np.sum(total**2) + np.sum(v)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_the_array_of_the_caller(n):
    Case(of_the_caller, (V, n), 0).run()


def test_the_forward_sweep_keeps_nothing():
    source = grad(doubled).lower(X).source
    assert "append" not in source
    assert "total_bar_before" not in grad(read_by_the_reverse).lower(X).source
