"""Reading a name that no trip and no branch has assigned raises, whatever reads it."""

import numpy as np
import pytest

from srcgrad import value_and_grad
from tests.slopes import check_at

FOUND = np.array([0.4, 1.3, 0.7])
NOT_FOUND = np.array([0.4, 0.3, 0.7])


def an_index(x):
    for i in range(len(x)):
        if x[i] > 1:
            j = i
            break
    return x[j] ** 2


def the_last(x):
    for i in range(len(x)):
        if x[i] > 1:
            j = i
    return x[j] ** 2


def a_bound(x):
    for i in range(len(x)):
        if x[i] > 1:
            j = i
    return np.sum(x[:j] ** 2)


def a_place_that_is_written(x):
    y = np.sin(x)
    for i in range(len(x)):
        if x[i] > 1:
            j = i
    y[j] = 2.0
    return np.sum(y)


def an_array(x):
    for i in range(len(x)):
        if x[i] > 1:
            y = x * i
    return np.sum(y)


def a_condition(x):
    i, s = 0, x[0]
    while i < len(x):
        if x[i] > 1:
            k = i
        i += 1
    if k == 1:
        s = s * 2
    return s


def in_one_arm(x):
    if x[1] > 1:
        j = 2
    s = x[0] ** 2
    return s * x[j]


def under_another_condition(x):
    n = 0
    for i in range(len(x)):
        if x[i] > 1:
            last = i
        n += 1
    return np.sum(x[last]) if n else 0.0


@pytest.mark.parametrize(
    "f",
    [
        *(an_index, the_last, a_bound, a_place_that_is_written, an_array, a_condition, in_one_arm),
        under_another_condition,
    ],
)
def test_raises(f):
    check_at(f, FOUND)
    g = value_and_grad(f)
    g(FOUND)
    for call in (f, g, value_and_grad(f)):
        with pytest.raises(UnboundLocalError):
            call(NOT_FOUND)


def test_a_loop_that_is_left_says_what_it_has_assigned():
    def f(x):
        for i in range(len(x)):
            if x[i] > 1:
                return x[i] ** 2
        return x[0]

    g = value_and_grad(f)
    check_at(f, FOUND, NOT_FOUND)
    g(FOUND)
    assert "UnboundLocalError" not in g.source
