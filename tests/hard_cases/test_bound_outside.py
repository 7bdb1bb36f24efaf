"""Calls in the function itself that change what it reads, through what they are bound to.

A method that is bound outside, a buffer of which an array shows the memory, a ``methodcaller``.
"""

from __future__ import annotations

import ctypes
import logging
import operator
import struct
import sys
import threading
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, NoDerivativeError, UnsupportedSyntaxError, value_and_grad
from srcgrad.testing import check_grads
from tests.slopes import slopes

X = np.array([0.3, 0.7, 1.2])
lock = threading.Lock()
log = logging.getLogger("bound outside")

W = np.ones(3)
store = W.__setitem__
raw = bytearray(24)
shown = np.frombuffer(raw)
block = (ctypes.c_double * 3)()
of_block = np.ctypeslib.as_array(block)
ITEMS: list[float] = []
TABLE: dict[str, float] = {}
put, put_first = TABLE.__setitem__, TABLE.setdefault
append = operator.methodcaller("append", 1.0)
sort = operator.methodcaller("sort")
polynomial = np.poly1d([1.0, 2.0, 3.0])


class Layer:
    """An object with a method that its caller knows by name."""

    def __init__(self) -> None:
        self.weights = np.array([1.0, 2.0, 3.0])

    def scaled(self, by: float = 2.0) -> np.ndarray:
        return self.weights * by


layer = Layer()
scaled = operator.methodcaller("scaled")
weights = operator.attrgetter("weights")
second = operator.itemgetter(1)


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    W[:] = 1.0
    raw[:] = struct.pack("3d", 1.0, 2.0, 3.0)
    of_block[:] = 1.0
    yield
    ITEMS.clear()
    TABLE.clear()


# --- what writes ----------------------------------------------------------------------------------


def a_bound_method(x):
    y = np.sum(x * W * x)
    store(0, W[0] + 1)
    return y * W[0]


def a_bound_method_in_a_loop(x):
    y = 0.0
    for i in range(3):
        store(i, i + 1.0)
        y = y + np.sum(np.sin(W * x))
    return y


def into_the_buffer_of_an_array(x):
    y = np.sum(np.sin(x * shown))
    struct.pack_into("d", raw, 0, shown[0] + 1)
    return y * np.sum(shown * x)


def into_the_memory_of_an_array(x):
    y = np.sum(np.sin(x * of_block))
    ctypes.memset(block, 0, 8)
    return y * np.sum(of_block * x)


def a_method_caller_on_a_list(x):
    y = np.sum(x**2) * len(ITEMS)
    append(ITEMS)
    return y + len(ITEMS) * np.sum(x)


def a_new_key(x):
    put("a", TABLE.get("a", 0) + 1)
    return np.sum(x**2) * TABLE["a"]


def a_key_that_is_put_once(x):
    k = put_first("k", 2.0)
    return np.sum(x**k) * TABLE["k"]


@pytest.mark.parametrize(
    "f",
    [
        a_bound_method,
        a_bound_method_in_a_loop,
        into_the_buffer_of_an_array,
        into_the_memory_of_an_array,
        a_new_key,
        a_key_that_is_put_once,
    ],
)
def test_what_is_read_before_or_after_is_not_written(f):
    with pytest.raises((AliasingError, UnsupportedSyntaxError)) as raised:
        value_and_grad(f)(X)
    assert raised.value.loc is not None
    assert raised.value.loc.file == __file__


def test_a_key_that_is_not_there_raises_what_python_raises():
    def f(x):
        log.info("about to read")
        return np.sum(x) * TABLE["a"]

    with pytest.raises(UnsupportedSyntaxError, match="'a'"):
        value_and_grad(f)(X)


def test_a_key_that_is_not_there_is_caught():
    def note():
        with lock:
            log.info("about to read")

    def f(x):
        note()
        try:
            k = TABLE["a"]
        except KeyError:
            k = 2.0
        return np.sum(x * x) * k

    check_grads(f, (X,))


# --- callables that take something --------------------------------------------------------------


def with_a_method_caller(x):
    return np.sum(scaled(layer) * x * x)


def with_one_made_here(x):
    return np.sum(operator.methodcaller("scaled", 3.0)(layer) * x * x)


def with_an_attribute_getter(x):
    return np.sum(weights(layer) * x * x)


def with_an_item_getter(x):
    return second(x) * np.sum(x)


def with_what_cannot_be_hashed(x):
    return np.sum(x**2) * polynomial(0.5) + sum(map(polynomial, [0.5, 0.6])) * x[0]


@pytest.mark.parametrize(
    "f",
    [
        with_a_method_caller,
        with_one_made_here,
        with_an_attribute_getter,
        with_an_item_getter,
        with_what_cannot_be_hashed,
    ],
)
def test_what_takes_something_is_gone_through(f: Callable[[Any], Any]):
    check_grads(f, (X,))


def test_what_cannot_be_hashed_has_no_derivative():
    with pytest.raises(NoDerivativeError):
        value_and_grad(lambda x: np.sum(polynomial(x)))(X)


# --- what calls without a source hand out ---------------------------------------------------------

hidden = types.ModuleType("hidden_module_of_bound_outside")
sys.modules[hidden.__name__] = hidden
exec(
    "import numpy as np\n"
    "W = np.ones(3)\n"
    "ITEMS = []\n"
    "def bump(): W[0] += 1\n"
    "def get(): return W\n"
    "def add(): ITEMS.append(1)\n",
    vars(hidden),
)


def test_what_a_call_without_a_source_hands_out_is_read_when_it_is_there():
    def f(x):
        w = hidden.get()
        y = np.sum(np.tanh(w * x))
        hidden.bump()
        return y * np.sum(w * x)

    def fresh(x):
        hidden.W[:] = 1.0
        return f(x)

    hidden.W[:] = 1.0
    value, x_bar = value_and_grad(f)(X)
    np.testing.assert_allclose(value, fresh(X))
    np.testing.assert_allclose(x_bar, slopes(fresh, X), rtol=1e-6)
    hidden.W[:] = 1.0


def test_what_a_call_without_a_source_hands_out_is_read():
    def f(x):
        w = hidden.get()
        return np.sum(np.tanh(w * x)) * np.sum(w * x)

    check_grads(f, (X,))


def test_a_list_that_a_call_without_a_source_adds_to_is_not_read():
    def f(x):
        hidden.add()
        return np.sum(x) * len(hidden.ITEMS)

    with pytest.raises(UnsupportedSyntaxError):
        value_and_grad(f)(X)


def test_a_list_that_a_method_caller_makes_longer():
    derivative = value_and_grad(a_method_caller_on_a_list)
    x, before = np.array([0.3, 0.4]), list(ITEMS)
    for _ in range(2):
        n = len(ITEMS)
        value, gradient = derivative(x)
        assert len(ITEMS) == n + 1
        np.testing.assert_allclose(value, n * np.sum(x**2) + (n + 1) * np.sum(x))
        np.testing.assert_allclose(gradient, 2 * n * x + n + 1)
    ITEMS[:] = before
