"""Reading a name that no trip and no branch has assigned raises, whatever reads it."""

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from tests.slopes import check_at, slopes

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


def on_one_of_two_ways_out(x):
    for i in range(len(x)):
        if x[i] > 1:
            k = i
            break
        if x[i] < 0.35:
            break
    else:
        return np.sum(x)
    return np.sum(x[k] * x)


def where_the_loop_is_not_left(x):
    y = x * x
    for i in range(len(x)):
        if x[i] > 1:
            k = i
            break
    else:
        return np.sum(y[k])
    return np.sum(y[k] * y)


def under_a_flag_of_the_users(x):
    y = x * x
    stopped = x[0] > 0
    for i in range(len(x)):
        if x[i] > 1:
            k = i
            stopped = True
    return np.sum(y[k] * y) if stopped else np.sum(y)


def under_the_flag_of_the_trip_before(x):
    y, s, before = x * x, 0.0, True
    for i in range(len(x)):
        now = x[i] > 0.35
        if now and x[1] > 1:
            k = 0
        if before:
            s = s + np.sum(y[k])
        before = now
    return s


def in_the_condition_of_a_loop(x):
    if x[1] > 1:
        k = 0
    s, j = 0.0, 0
    while j < len(x) and x[k] < 0.6:
        s = s + x[j] ** 2
        j += 1
        k = j - 1
    return s


@pytest.mark.parametrize(
    "f",
    [
        *(on_one_of_two_ways_out, where_the_loop_is_not_left, under_a_flag_of_the_users),
        *(under_the_flag_of_the_trip_before, in_the_condition_of_a_loop, an_index),
        *(the_last, a_bound, a_place_that_is_written, an_array, a_condition, in_one_arm),
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


def test_an_index_is_asked_for_where_the_derivative_alone_reads_it():
    g = grad(where_the_loop_is_not_left)
    np.testing.assert_allclose(g(FOUND), slopes(where_the_loop_is_not_left, FOUND), rtol=1e-6)
    with pytest.raises(UnboundLocalError):
        g(NOT_FOUND)


def _both_ways(x):
    for i in range(len(x)):
        if x[i] > 1:
            k = i
            break
        if x[i] < 0.35:
            k = 0
            break
    else:
        return np.sum(x)
    return np.sum(x[k] * x)


def _with_a_flag(x):
    found = False
    for i in range(len(x)):
        if x[i] > 1:
            k = i
            found = True
    if not found:
        return np.sum(x)
    return np.sum(x[k] * x)


@pytest.mark.parametrize("f", [_both_ways, _with_a_flag])
def test_what_conditions_tell_is_not_asked(f):
    check_at(f, FOUND, NOT_FOUND)
    g = value_and_grad(f)
    g(FOUND)
    assert "UnboundLocalError" not in g.source


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


def left_before_it_is_read(x, n):
    s = np.sum(x)
    have = x[0] > 1
    if have:
        u = np.cos(x)
    for _ in range(n):
        if not have:
            break
        s = s + np.sum(np.sin(u))
    return s


def no_trip_reads_it(x, n):
    for i in range(n):
        w = np.sin(x)
        for _ in range(i):
            inner = np.sum(np.exp(w))
    s = x[0]
    for _ in range(1, n):
        s = s * 0.5 + np.tanh(inner) * x[0]
    return s


def given_by_a_loop_in_an_arm(x, n):
    s = x[0] ** 2
    if x[-1] > 0.1:
        for i in range(n):
            a = x[i] * x[0]
    if x[0] > 1:
        return s
    if n == 0:
        return s * 2
    return s + a


@pytest.mark.parametrize("f", [left_before_it_is_read, no_trip_reads_it, given_by_a_loop_in_an_arm])
@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_nothing_reads_it_where_the_program_does_not(f, n):
    for x in (FOUND, FOUND[::-1].copy(), np.array([1.4, 0.3, 0.7])):
        for gradient in (grad(f)(x, n), value_and_grad(f)(x, n)[1]):
            np.testing.assert_allclose(gradient, slopes(lambda x: f(x, n), x), rtol=1e-6, atol=1e-9)


limit = 1


def test_a_name_is_none_of_the_module():
    def f(x):
        if x[0] > 0.5:
            raise ValueError
        if x[0] > 0.5:
            limit = 1
        return x[1] * 2 if limit == 1 else x[1]

    for call in (f, grad(f), value_and_grad(f)):
        with pytest.raises(ValueError):
            call(FOUND + 1)
        with pytest.raises(UnboundLocalError, match="'limit'"):
            call(NOT_FOUND)
