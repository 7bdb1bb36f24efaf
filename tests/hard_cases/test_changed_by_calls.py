"""Calls that are not looked into change what is outside, one call further on, or in hidden ways.

What the function reads of it afterwards would be read too early; what the derivative reads again,
too late.  Where nobody reads it, anybody may change it.
"""

from __future__ import annotations

import contextlib
import functools
import operator
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, SrcgradError, UnsupportedSyntaxError, grad, value_and_grad

X = np.array([1.0, 2.0, 3.0])
STEP = 1e-6
REFUSED: list[Callable[..., Any]] = []
GOES_ON: list[Callable[..., Any]] = []


class Settings:
    """What a program keeps beside its arrays."""

    gain = 1.0

    def bump(self, by: Any = 1) -> float:
        self.gain += 1
        return 1.0


class Louder(Settings):
    """One whose method does what that of its base does."""

    def bump(self, by: Any = 1) -> float:
        return super().bump(by)


class Entered:
    """A context that changes the settings."""

    def __enter__(self) -> None:
        settings.bump()

    def __exit__(self, *error: Any) -> None:
        pass


class Counted(Exception):
    """An error that counts how often it is made."""

    made = 0

    def __init__(self, *args: Any) -> None:
        Counted.made += 1


class Shown:
    """An object that counts how often it is printed."""

    times = 1.0

    def __str__(self) -> str:
        self.times += 1
        return "shown"


lock = threading.RLock()
settings, louder, entered, shown = Settings(), Louder(), Entered(), Shown()
ALL = [settings, louder]
HANDLERS = {"bump": settings.bump}
TABLE = {"gain": 1.0, "calls": 0}
ITEMS = [1.0]
W = np.ones(3)
ROWS = np.ones((3, 2))
LOG: list[Any] = []
BUFFER = np.zeros(3)


def make_cell() -> tuple[Callable[..., Any], ...]:
    k = 1.0

    def get():
        return k

    def put(v):
        nonlocal k
        k = v

    return get, put


get, put = make_cell()


def restore() -> None:
    for each in (settings, louder, shown):
        vars(each).clear()
    TABLE.update(gain=1.0, calls=0)
    ITEMS[:], W[:], Counted.made = [1.0], 1.0, 0
    put(1.0)
    hits.cache_clear()


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    restore()
    yield
    restore()


def refused(f: Callable[..., Any]) -> Callable[..., Any]:
    REFUSED.append(f)
    return f


def goes_on(f: Callable[..., Any]) -> Callable[..., Any]:
    GOES_ON.append(f)
    return f


def set_gain(v):
    settings.gain = v


def with_a_caller():
    with contextlib.nullcontext():
        operator.methodcaller("bump")(settings)


def set_item(v):
    TABLE["gain"] = v


def add_item(v):
    ITEMS.append(v)


def write(a):
    a[:] = 4


def note():
    LOG.append(1)
    TABLE["calls"] += 1
    BUFFER[0] += 1


def load():
    with lock:
        set_gain(3.0)


def load_item():
    with lock:
        set_item(3.0)


def load_items():
    with lock:
        add_item(3.0)


def by_name():
    with lock:
        setattr(settings, "gain", 3.0)


def by_method():
    with lock:
        return settings.bump()


def by_lambda():
    with lock:
        (lambda: settings.bump())()


def by_super():
    with lock:
        louder.bump()


def by_context():
    with entered:
        pass


def by_handler():
    with lock:
        HANDLERS["bump"]()


def by_thread():
    with lock:
        thread = threading.Thread(target=set_gain, args=(3.0,))
    thread.start()
    thread.join()


def one_by_one():
    with lock:
        for each in ALL:
            each.bump()


def by_a_generator():
    with lock:
        list(generated())


def generated():
    yield settings.bump()


@contextlib.contextmanager
def context():
    settings.bump()
    yield


def by_the_largest():
    with lock:
        max(ALL, key=id).bump()
        min(ALL, key=id).bump()


def by_a_nested_one():
    def inner():
        found.bump()

    found = settings
    with lock:
        inner()


def by_a_generated_context():
    with context():
        pass


CHANGING = [
    *(load, by_name, by_method, by_lambda, by_super, by_context, by_handler, by_thread),
    *(one_by_one, by_a_generator, by_the_largest, by_a_nested_one, by_a_generated_context),
]


@pytest.mark.parametrize("change", CHANGING, ids=lambda f: f.__name__)
def test_an_attribute_is_not_read_after_it_was_changed(change):
    owner = louder if change is by_super else settings

    def f(x):
        change()
        return np.sum(x) * owner.gain

    with pytest.raises(UnsupportedSyntaxError, match="changes 'gain' of a .*read after") as found:
        value_and_grad(f)(X)
    assert "return what it changes" in str(found.value)
    assert "gain" not in vars(owner), "nothing has run"


@pytest.mark.parametrize("change", CHANGING, ids=lambda f: f.__name__)
def test_an_attribute_is_read_before_it_is_changed(change):
    owner = louder if change is by_super else settings

    def f(x):
        y = x * owner.gain
        change()
        return np.sum(y**2)

    value, gradient = value_and_grad(f)(X)
    np.testing.assert_allclose(value, np.sum(X**2))
    np.testing.assert_allclose(gradient, 2 * X)
    assert owner.gain > 1


@refused
def an_item(x):
    load_item()
    return np.sum(x) * TABLE["gain"]


@refused
def how_many_items(x):
    load_items()
    return np.sum(x) * len(ITEMS)


@refused
def in_the_next_trip(x):
    s = 0.0
    for i in range(len(x)):
        s += x[i] * settings.gain
        load()
    return s


@refused
def written_before_by_the_function(x):
    settings.gain = 5.0
    load()
    return np.sum(x) * settings.gain


@refused
def a_cell(x):
    put(4.0)
    return np.sum(x) * get()


@refused
def a_cell_in_a_loop(x):
    s = 0.0
    for i in range(3):
        s += np.sum(x) * get()
        put(i + 2.0)
    return s


@functools.lru_cache(None)
def hits(i):
    settings.gain += 1
    return 1.0


@refused
def by_a_cached_function(x):
    hits(1)
    return np.sum(x) * settings.gain


@refused
def by_a_slot(x):
    settings.__setattr__("gain", 7.0)
    return np.sum(x) * settings.gain


@refused
def by_the_dict_of_the_object(x):
    vars(settings).update(gain=7.0)
    return np.sum(x) * settings.gain


@refused
def by_a_method_caller(x):
    with_a_caller()
    return np.sum(x) * settings.gain


@refused
def by_a_vectorised_method(x):
    np.vectorize(settings.bump)([1, 2])
    return np.sum(x) * settings.gain


@refused
def by_a_vectorised_function(x):
    np.vectorize(Settings.bump)([settings])
    return np.sum(x) * settings.gain


@refused
def by_printing(x):
    print(shown)
    return np.sum(x) * shown.times


@refused
def by_an_error(x):
    try:
        raise Counted()
    except Counted:
        pass
    return np.sum(x) * Counted.made


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_what_was_changed_is_not_read(f):
    with pytest.raises(SrcgradError, match="which is read|this changes a dict"):
        value_and_grad(f)(X)
    assert not vars(settings), "nothing has run"


def scratch(a):
    with lock:
        write(a)


def an_array(x):
    y = x * W
    scratch(W)
    return np.sum(y)


def a_view(x):
    v = W[1:]
    y = x[1:] * v
    scratch(v)
    return np.sum(y)


def its_rows(x):
    y = x @ ROWS
    with_rows()
    return np.sum(y)


def with_rows():
    with lock:
        write_rows(ROWS)


def write_rows(rows):
    for row in rows:
        write(row)


def by_an_index_with_a_name(x):
    y = x * W
    with_index()
    return np.sum(y)


def with_index():
    with lock:
        write_part(W, slice(1, 3))


def write_part(a, part):
    b = a[part]
    b += 1


def one_that_the_function_made(x):
    b = np.ones(3)
    y = x * b
    scratch(b)
    return np.sum(y)


def an_array_in_each_trip(x):
    s = 0.0
    for _ in range(len(x)):
        s += np.sum(x * W)
        scratch(W)
    return s


@pytest.mark.parametrize(
    "f",
    [
        an_array,
        a_view,
        its_rows,
        by_an_index_with_a_name,
        one_that_the_function_made,
        an_array_in_each_trip,
    ],
)
def test_an_array_that_the_derivative_reads_again_is_not_written(f):
    with pytest.raises(AliasingError, match="writes into an array that is read before"):
        grad(f)(X)
    np.testing.assert_array_equal(W, 1.0)


@goes_on
def a_log(x):
    with_lock()
    return np.sum(x**2) * settings.gain


def with_lock():
    with lock:
        note()


@goes_on
def another_key(x):
    with_lock()
    return np.sum(x**2) * TABLE["gain"]


@goes_on
def logs_in_a_loop(x):
    s = 0.0
    for i in range(len(x)):
        s += x[i] ** 2 * settings.gain * W[i]
        with_lock()
    return s


@goes_on
def another_object(x):
    other()
    return np.sum(x**2) * settings.gain


def other():
    with lock:
        louder.bump()


@goes_on
def its_own_object(x):
    return np.sum(x**2) * own() * settings.gain


def own():
    with lock:
        mine = Louder()
        return mine.bump()


@goes_on
def written_before_it_is_read(x):
    scratch(W)
    return np.sum(x**2 * W)


@goes_on
def written_and_not_read(x):
    scratch(BUFFER)
    b = np.ones(3)
    scratch(b)
    return np.sum(x**2 * b * W)


@goes_on
def a_copy(x):
    return np.sum(x**2 * W) * first(W)


def first(a):
    with lock:
        return sorted_first(a.copy())


def sorted_first(a):
    a.sort()
    return float(a[0])


@goes_on
def a_sum_of_elements(x):
    return np.sum(x**2 * W) * added()


def added():
    with lock:
        return total(W)


def total(a):
    t = a[0]
    t += a[1]
    for v in a:
        t += v
    double = a * 2
    double += 1
    return t


@pytest.mark.parametrize("f", GOES_ON, ids=lambda f: f.__name__)
def test_what_nobody_reads_may_be_changed(f):
    def at(x: np.ndarray) -> float:
        restore()
        return float(f(x))

    want = [(at(X + e) - at(X - e)) / (2 * STEP) for e in STEP * np.eye(3)]
    value = at(X)
    restore()
    got, gradient = value_and_grad(f)(X)
    np.testing.assert_allclose(got, value)
    np.testing.assert_allclose(gradient, want, rtol=1e-6)


def executes(values=X):
    exec("values[0]")


def test_a_text_is_executed_where_parameters_have_defaults():
    def f(x):
        executes()
        return np.sum(x * x)

    np.testing.assert_array_equal(grad(f)(X), 2.0 * X)
