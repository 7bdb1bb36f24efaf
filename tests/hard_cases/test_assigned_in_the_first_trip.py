"""Names that the first trip of a loop assigns, and later trips read."""

# ruff: noqa: F821

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import SrcgradError, grad, value_and_grad
from srcgrad.testing import check_grads

PROGRAMS: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
X = np.array([1.0, 2.0, 0.3, 0.4])
LONG = np.linspace(0.1, 1.0, 300)


def program(*args: Any) -> Callable[..., Any]:
    def add(f: Callable[..., Any]) -> Callable[..., Any]:
        PROGRAMS.append((f, args))
        return f

    return add


@program(X)
def by_the_index(x):
    for i in range(4):
        if i == 0:
            h = x[0]
        else:
            h = np.sin(h) + x[i]
    return h


@program(X)
def by_the_index_with_continue(x):
    for i in range(len(x)):
        if i == 0:
            h = x[0]
            continue
        h = np.sin(h) + x[i]
    return h


@program(X)
def by_the_number_of_an_element(x):
    for i, v in enumerate(x):
        if i == 0:
            h = v
        else:
            h = np.sin(h) + v
    return h


@program(X)
def by_a_counter(x):
    n = 0
    while n < 4:
        if n == 0:
            h, g = x[0], 1
        else:
            h, g = np.sin(h) + x[n] * g, g * 0.5
        n += 1
    return h


@program(X, 3)
def by_a_counter_that_is_given(x, n):
    while n:
        if n == 3:
            h = x
        else:
            h = h * x
        n -= 1
    return np.sum(h)


@program(X)
def by_a_flag(x):
    first = True
    for v in x:
        if first:
            acc = v
            first = False
        else:
            acc = 0.6 * acc + 0.4 * v
    return acc * acc


@program(X)
def from_the_last_index_on(x):
    for i in reversed(range(len(x))):
        if i == len(x) - 1:
            h = x[i]
        else:
            h = np.sin(h) * x[i]
    return h


@program(X, 1)
def from_an_index_that_is_given(x, start):
    for i in range(start, len(x)):
        if i == start:
            h = x[i]
        else:
            h = np.sin(h) * x[i]
    return h


@program(np.diag(np.arange(1.0, 7)) + 0.1, np.arange(6.0))
def conjugate_gradients(A, b):
    x = np.ones(len(b))
    r = b - A @ x
    for k in range(4):
        rs = r @ r
        beta = rs / rs_old if k > 0 else 0
        p = r + beta * p if k > 0 else r
        alpha = rs / (p @ A @ p)
        x = x + alpha * p
        r = r - alpha * (A @ p)
        rs_old = rs
    return np.sum(x**2)


@program(X, 1e-3)
def until_it_changes_little(x, tol):
    it = 0
    while True:
        new = np.cos(x[1]) * (cur if it else x[0])
        if it and abs(new - cur) < tol:
            break
        cur = new
        it += 1
    return cur


@program(X)
def in_a_loop_inside(x):
    for j in range(3):
        for i in range(len(x)):
            if j == 0 and i == 0:
                h = x[0]
            else:
                h = np.sin(h) + x[i]
    return h


@program(X)
def written_by_loops_inside(x):
    for j in range(3):
        for k in range(2):
            if j + k == 0:
                y = x * 1.0
                z = np.zeros(4)
            elif k == 0:
                y[j] += y[j - 1] * x[k]
            else:
                z[j:] += y[j:] ** 2
    return np.sum(z * y)


@program(LONG)
def under_two_names(x):
    for i in range(len(x)):
        if i == 0:
            s = np.zeros(300)
            t = s
        else:
            s[i] = x[i] * t[i - 1] + x[0]
    return sum(t * s)


@program(X)
def list_that_grows(x):
    i = 0
    while i < len(x):
        if i == 0:
            acc = [x[0]]
        else:
            acc.append(np.sin(acc[-1]) * x[i])
        i += 1
    return sum(acc)


@program(LONG)
def list_made_anew(x):
    for i in range(len(x)):
        if i == 0:
            acc = [x[0]]
        else:
            acc = acc + [np.sin(acc[-1]) * x[i]]
    return sum(acc)


class State:
    def __init__(self, a, b):
        self.a, self.b = a, b


@program(X)
def object_that_changes(x):
    i = 0
    while i < len(x):
        if i == 0:
            s = State(x[0], x[1])
        else:
            s.a = np.sin(s.a) + x[i] * s.b
        i += 1
    return s.a * s.b


@program(X)
def pair(x):
    for i in range(len(x)):
        if i == 0:
            s = (x[0], x[1])
        else:
            s = (s[1], s[0] * x[i])
    return s[0] * s[1]


@program(X)
def lists_kept_by_a_list(x):
    keep = []
    for i in range(len(x)):
        if i % 3 == 0:
            acc = [x[i]]
            keep.append(acc)
        else:
            acc.append(np.sin(acc[-1]) * x[i])
    return sum(acc) * sum(keep[0])


@program(X, np.array([0, 1, 0, 1]))
def where_data_say_so_in_a_loop_of_few_trips(x, t):
    s = 0.0
    for i in range(len(x)):
        if t[i] == 0:
            h = x[i]
        else:
            h = h * x[i]
        s += h
    return s


@pytest.mark.parametrize("f, args", PROGRAMS, ids=[f.__name__ for f, _ in PROGRAMS])
def test_gradient(f, args):
    value, _ = value_and_grad(f)(*args)
    np.testing.assert_allclose(value, f(*args), rtol=1e-12)
    check_grads(f, args)


def test_reads_as_if_it_was_assigned_before() -> None:
    """The text is that of ``h = 0.0`` before the loop."""

    def before(x):
        h = 0.0
        for i in range(4):
            if i == 0:
                h = x[0]
            else:
                h = np.sin(h) + x[i]
        return h

    texts = []
    for f in (before, by_the_index):
        gradient = grad(f)
        gradient(X)
        lines = gradient.source.splitlines()[6:]
        texts.append([line.partition("#")[0].rstrip() for line in lines])
    assert texts[0] == [line.replace("h = None", "h = 0.0") for line in texts[1]]


def data_decide(x):
    s = 0.0
    for k in range(len(x)):
        if x[k] > 0:
            h = x[k] * 2
        else:
            s = s + h
    return s


def read_under_another_name(x):
    s = 0.0
    for j in range(len(x)):
        prev = h
        h = x[j]
        if j > 0:
            s += prev
    return h * s


def assigned_in_the_second_trip(x):
    for j in range(len(x)):
        if j == 0:
            continue
        if j == 1:
            h = x[j]
        else:
            h = np.sin(h) * x[j]
    return h


def a_loop_that_may_have_no_trip(x, n):
    for j in range(len(x)):
        for i in range(n):
            if j == 0:
                h = x[i]
            else:
                h = np.sin(h) * x[i]
    return h


REFUSED = [(data_decide, ()), (assigned_in_the_second_trip, ())]


@pytest.mark.parametrize("f, more", REFUSED, ids=[f.__name__ for f, _ in REFUSED])
def test_refused(f, more):
    with pytest.raises(SrcgradError, match="'h' is read here") as caught:
        grad(f)(LONG, *more)
    assert caught.value.loc is not None
    assert caught.value.hint == "assign 'h' before the loop"


def test_raised_as_the_function_does() -> None:
    """A loop that is unrolled raises where the function does, and only there."""
    gradient = grad(data_decide)
    np.testing.assert_allclose(gradient(np.array([1.0, -1.0, -2.0])), [4.0, 0.0, 0.0])
    for f in (data_decide, gradient):
        with pytest.raises(UnboundLocalError, match="'h'"):
            f(np.array([-1.0, 1.0, -2.0]))


def test_read_under_another_name() -> None:
    """The first trip binds a name that has no value to another, which raises in the function."""
    with pytest.raises(UnboundLocalError):
        read_under_another_name(X)
    with pytest.raises(SrcgradError, match="'h' is read here"):
        grad(read_under_another_name)(X)


def test_not_in_each_case_a_trip() -> None:
    gradient = grad(a_loop_that_may_have_no_trip)
    check_grads(lambda x: a_loop_that_may_have_no_trip(x, 3), (X,))
    np.testing.assert_allclose(gradient(X, 1), grad(by_rounds)(X))


def by_rounds(x):
    h = x[0]
    for _ in range(3):
        h = np.sin(h) * x[0]
    return h
