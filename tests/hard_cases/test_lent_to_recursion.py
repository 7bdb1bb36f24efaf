"""Functions that call themselves, and memory that a library fills anew or writes into.

The library has no source: it gives one buffer again and again, and keeps what it is given.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad, vjp
from tests.slopes import slopes

X = np.array([0.7, -1.3, 2.1, 0.4])
SOURCE = """
def setup(w):
    global kept, count
    kept, count = w, 0
def frame():
    global count
    count += 1
    if count > 5:
        return None
    kept[...] += 1
    return count
def buffers():
    b, k = np.zeros(4), 0
    while True:
        k += 1
        b[:] = np.arange(4) * k + 1.0
        yield b
def places():
    b, k = np.zeros(2, int), 0
    while True:
        b[:] = k % 4, (k + 1) % 4
        k += 1
        yield b
def numbers():
    b = np.zeros((), int)
    while True:
        b[...] = (b + 1) % 3
        yield b
"""
library: Any = types.ModuleType("a_library_without_source")
library.np = np
exec(compile(SOURCE, "a_library_without_source.pyc", "exec"), library.__dict__)
sys.modules[library.__name__] = library  # where its functions say that they are
setup, frame = library.setup, library.frame

batches: Iterator[np.ndarray]
places: Iterator[np.ndarray]
numbers: Iterator[Any]


def begin() -> None:
    global batches, places, numbers
    batches, places, numbers = library.buffers(), library.places(), library.numbers()
    setup(np.zeros(4))


def depth(x):
    return int(abs(x[0]) * 3)


# --- what one buffer holds, in turn ---------------------------------------------------------------


def given_to_a_function(x):
    def h(n, w):
        return np.sum(w * x**2) if n == 0 else np.sum(np.sin(w * x)) + h(n - 1, w) * x[0]

    return h(depth(x), next(batches)) * h(depth(x) + 1, next(batches))


def taken_in_a_function(x):
    def h(n):
        if n == 0:
            return np.sum(x)
        w = next(batches)
        return np.sum(np.sin(w * x)) + h(n - 1) * x[1]

    return h(depth(x))


def filled_before_it_is_read(x):
    def h(n, w):
        next(batches)
        return np.sum(w * x**2) if n == 0 else h(n - 1, w) + np.sum(np.sin(w * x))

    return h(depth(x), next(batches))


def given_back(x):
    def following(n):
        return next(batches) if n == 0 else following(n - 1)

    a = x * following(depth(x))
    return np.sum(a * x * following(1 + depth(x)) * a)


def between_two(x):
    def even(n, w):
        return np.sum(np.sin(w * x)) if n == 0 else odd(n - 1, w) * x[0]

    def odd(n, w):
        return np.sum(w * x) if n == 0 else even(n - 1, next(batches)) + np.sum(w * x**2)

    return even(depth(x) * 2, next(batches)) * odd(depth(x), next(batches))


def places_in_a_function(x):
    def h(n, i):
        y = np.zeros(4)
        y[i] = x[n] ** 2
        return y if n == 0 else h(n - 1, next(places)) + y * x

    return np.sum(h(depth(x), next(places)))


def places_of_writes(x):
    y = x.copy()
    for k in range(3):
        y[next(places)] = x[k] * y[k + 1]
        np.add.at(y, next(places), x[k] ** 2)
    return np.sum(y**2 * np.arange(1.0, 5.0))


def conditions(x):
    s = x[0]
    for k in range(4):
        c = next(numbers)
        if c:
            s = s * x[k]
    return s * np.sum(x)


def bounds(x):
    n, s = next(numbers), x[0]
    for k in range(n + n):
        s = s * x[k]
    m = next(numbers)
    for k in range(m):
        s = s * x[k]
    next(numbers)
    return s * np.sum(x)


def or_what_is_differentiated(x):
    a = next(batches) if x[0] > 0 else x * 2
    s = np.sum(np.sin(a * x))
    next(batches)
    return s * x[0]


# --- what was given to it -------------------------------------------------------------------------


def read_between_calls(x):
    w = np.ones(4)
    setup(w)

    def h(n):
        if frame() is not None and n > 0:
            return np.sum(w * x**2) + h(n - 1)
        return np.sum(x * w)

    return h(depth(x))


def read_on_both_sides(x):
    w = np.ones(4)
    setup(w)

    def h(n):
        if n == 0:
            return np.sum(w * x)
        s = np.sum(np.sin(w * x))
        t = h(n - 1)
        frame()
        return s + t * np.sum(w * x)

    return h(depth(x))


def given_and_written_after(x):
    w = np.ones(4)
    setup(w)

    def h(n, v):
        return np.sum(v * v * x) if n == 0 else h(n - 1, v) * x[n]

    a = h(depth(x), w) * h(depth(x), x * 3)
    frame()
    return a * h(depth(x), w) + np.sum(w * x**2)


def lent_by_a_function(x):
    w = np.ones(4)

    def h(n, v):
        if n == 0:
            setup(v)
            return np.sum(v * x)
        return h(n - 1, v) * x[n]

    a = np.sum(w * x**2) * h(depth(x), w)
    b = np.sum(w * x**3)
    frame()
    return a * b * np.sum(w * x)


def made_by_a_function(x):
    def made(n):
        if n == 0:
            w = np.ones(4)
            setup(w)
            return w
        return made(n - 1)

    w = made(depth(x))
    s = np.sum(w * x**2)
    frame()
    return s * np.sum(w * x)


def elements(x):
    w = np.ones(4)
    setup(w)

    def h(i, s):
        if i == len(x):
            return s
        frame()
        return h(i + 1, s * x[i] * w[i] if w[i] > 2 else s + w[i] * x[i] ** 2)

    return h(0, x[0])


def places_that_were_given(x):
    i = np.array([0, 1])
    setup(i)
    y = x.copy()
    y[i] = x[2] ** 2
    frame()
    y[i] = y[i] * x[3]
    frame()
    return np.sum(y**2)


def lent_or_differentiated(x):
    w = np.ones(4)
    setup(w)
    v = w if x[0] > 0 else x * 2
    s = np.sum(v**2 * x)
    frame()
    return s * np.sum(v * x)


BUFFERS = [
    *(given_to_a_function, taken_in_a_function, filled_before_it_is_read, given_back, between_two),
    *(places_in_a_function, places_of_writes, conditions, bounds, or_what_is_differentiated),
]
LENT = [
    *(read_between_calls, read_on_both_sides, given_and_written_after, lent_by_a_function),
    *(made_by_a_function, elements, places_that_were_given, lent_or_differentiated),
]


@pytest.mark.parametrize("f", [*BUFFERS, *LENT], ids=lambda f: f.__name__)
@pytest.mark.parametrize("x", [X, np.array([-0.9, 1.3, 0.6, 0.4])], ids=["one", "other"])
def test_the_derivative_reads_what_the_function_read(f, x):
    def fresh(x):
        begin()
        return f(x)

    begin()
    value, x_bar = value_and_grad(f)(x.copy())
    np.testing.assert_allclose(value, fresh(x), rtol=1e-13)
    np.testing.assert_allclose(x_bar, slopes(fresh, x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("f", [given_to_a_function, filled_before_it_is_read, read_on_both_sides])
def test_a_pullback(f):
    begin()
    wanted = grad(f)(X.copy())
    begin()
    _, pullback = vjp(f, X.copy())
    next(batches)
    frame()
    np.testing.assert_allclose(pullback(1.0)[0], wanted)


def test_where_nothing_is_called_after_there_is_no_copy():
    def f(x):
        w = np.ones(4)
        setup(w)

        def h(n, v):
            return np.sum(v * x) if n == 0 else h(n - 1, v) * x[n] + np.sum(v * x)

        return h(depth(x), w)

    begin()
    derivative = grad(f)
    derivative(X.copy())
    assert "h_vjp" in derivative.source and "cop" not in derivative.source
