"""What gives one array again and again, filled anew: readers of files, and generators.

The derivative reads what was there when the function read it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, grad, value_and_grad, vjp
from tests.slopes import slopes

X = np.array([0.7, -1.3, 2.1])


def refilled() -> Iterator[np.ndarray]:
    buffer = np.zeros(3)
    for k in itertools.count(1):
        buffer[:] = k * np.arange(3.0) + 1.0
        yield buffer


def in_containers() -> Iterator[Any]:
    for buffer in refilled():
        yield {"all": buffer}, (buffer[1:], 2.0)


def counting() -> Callable[[], np.ndarray]:
    buffer = np.zeros(3)

    def following() -> np.ndarray:
        nonlocal buffer
        buffer += 1.0
        return buffer

    return following


batches: Iterator[np.ndarray]
records: Iterator[Any]
following: Callable[[], np.ndarray]


def begin() -> None:
    global batches, records, following
    batches, records = refilled(), in_containers()
    following = refilled().__next__


def in_turn(x):
    a = x * next(batches)
    b = x * next(batches)
    return np.sum(a * b)


def of_a_function(x):
    following = counting()
    return np.sum((x * following()) * (x * following()))


def of_what_it_holds(x):
    record, (rest, scale) = next(records)
    y = x[1:] * rest * scale * record["all"][1:]
    next(records)
    return np.sum(y * y)


def by_a_bound_method(x):
    return np.sum((x * following()) * (x * following()))


def as_a_mask(x):
    y = np.where(next(batches) > 1.5, x * x, x)
    next(batches)
    return np.sum(y * y)


def as_an_index(x):
    y = x[next(batches).astype(int) - 1]
    next(batches)
    return np.sum(y * y)


def as_an_exponent(x):
    y = np.abs(x) ** next(batches)
    next(batches)
    return np.sum(y)


def in_a_loop(x):
    y = x
    for _ in range(3):
        y = y + np.sin(y * next(batches))
    return np.sum(y)


def in_a_while(x):
    t = next(batches)
    while t[1] < 4.0:
        x = x + np.sin(x * t)
        t = next(batches)
    return np.sum(x)


def in_a_branch(x):
    t = next(batches)
    y = x * t if t[1] > 1.0 else x
    next(batches)
    return np.sum(y * y)


def as_a_view(x):
    t = np.asarray(next(batches))[1:]
    y = x[1:] * t
    next(batches)
    return np.sum(y * y)


@pytest.mark.parametrize(
    "f",
    [
        *(
            in_turn,
            of_a_function,
            by_a_bound_method,
            of_what_it_holds,
            as_a_mask,
            as_an_index,
            as_an_exponent,
        ),
        *(in_a_loop, in_a_while, in_a_branch, as_a_view),
    ],
    ids=lambda f: f.__name__,
)
def test_the_derivative_reads_what_was_there(f):
    def fresh(x):
        begin()
        return f(x)

    begin()
    value, x_bar = value_and_grad(f)(X.copy())
    np.testing.assert_allclose(value, fresh(X), rtol=1e-13)
    np.testing.assert_allclose(x_bar, slopes(fresh, X), rtol=1e-6)


def test_a_pullback_reads_what_was_there():
    begin()
    _, pullback = vjp(lambda x: np.sum(x * next(batches)), X.copy())
    next(batches)
    np.testing.assert_array_equal(pullback(1.0)[0], [1.0, 2.0, 3.0])


def test_where_nothing_is_called_again_there_is_no_copy():
    begin()
    derivative = grad(lambda x: np.sum(x * next(batches)))
    derivative(X.copy())
    assert "copied" not in derivative.source


def test_random_numbers_are_new_arrays():
    def f(x, rng):
        s = 0.0
        for _ in range(3):
            e = rng.normal(size=3)
            s = s + np.sum(np.sin(x * e)) * rng.random()
        return s

    derivative = grad(f)
    found = derivative(X.copy(), np.random.default_rng(0))
    assert "copied" not in derivative.source
    fresh = slopes(lambda x: f(x, np.random.default_rng(0)), X)
    np.testing.assert_allclose(found, fresh, rtol=1e-6)


# --- what is written on the way -------------------------------------------------------------------

shared = np.ones(3)


def writing() -> Iterator[float]:
    while True:
        shared[:] += 1.0
        yield 1.0


def resumed(x):
    y = x * shared
    next(writer)
    return np.sum(y * y)


def sent(x):
    y = x * shared
    writer.send(None)
    return np.sum(y * y)


def summed(x):
    y = x * shared
    sum(itertools.islice(writer, 2))
    return np.sum(y * y)


def of_a_map(x):
    y = x * shared
    next(mapped)
    return np.sum(y * y)


def write(value: float) -> float:
    shared[:] = value
    return value


writer: Any = writing()
mapped = map(write, itertools.count(1.0))


@pytest.mark.parametrize("f", [resumed, sent, summed, of_a_map], ids=lambda f: f.__name__)
def test_what_an_iterator_writes_is_found_in_what_it_runs(f):
    with pytest.raises(AliasingError, match="writes into an array that is read before"):
        grad(f)(X.copy())


LIBRARY: dict[str, Any] = {"np": np}
SOURCE = (
    "kept = None\n"
    "def setup(w):\n    global kept\n    kept = w\n"
    "def step():\n    kept[:] += 1.0\n    return kept\n"
    "class Reader:\n"
    "    def __init__(self):\n        self.buffer = np.zeros(3)\n"
    "    @property\n    def now(self):\n        self.buffer += 1.0\n        return self.buffer\n"
    "    def __getitem__(self, k):\n        self.buffer[:] = k + 1\n        return self.buffer\n"
    "Reader.__module__ = 'a_library'\n"
)
exec(compile(SOURCE, "a_library.pyc", "exec"), LIBRARY)
setup, step, Reader = LIBRARY["setup"], LIBRARY["step"], LIBRARY["Reader"]


def given_before(x):
    w = np.ones(3)
    setup(w)
    s = np.sum(w * x**2)
    step()
    return s + np.sum(w * x**2)


def part_given_before(x):
    w = np.ones((2, 3))
    setup(w)
    v, s = w[0], 0.0
    for _ in range(3):
        s = s + np.sum(v * x**2)
        step()
    return s * np.sum(w)


def steps(x):
    setup(np.ones(3))
    a = step()
    s = np.sum(a * x**2)
    step()
    return s * np.sum(a * x)


def properties(x):
    r = Reader()
    a = r.now
    s = np.sum(a * x**2)
    b = r.now
    return s * np.sum(b * x) + np.sum(a * x)


def items(x):
    r, s = Reader(), 0.0
    for i in range(3):
        s = s * x[0] + np.sum(np.sin(r[i] * x))
    return s


@pytest.mark.parametrize("f", [given_before, part_given_before, steps, properties, items])
def test_of_libraries_without_source(f):
    value, x_bar = value_and_grad(f)(X)
    assert np.isclose(value, f(X))
    np.testing.assert_allclose(x_bar, slopes(f, X), rtol=1e-5)
