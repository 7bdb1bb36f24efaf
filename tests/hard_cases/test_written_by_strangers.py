"""Calls of which nothing is known may write into any array that they get at.

The derivative reads such an array again: that is refused, where something has read it before.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import types
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, NoDerivativeError, grad
from tests.slopes import check_at

X = np.array([0.7, -1.3, 2.1, 0.4])
POINTER = ctypes.POINTER(ctypes.c_double)
OTHERS = np.array([7.0, 8.0])
lock = threading.RLock()


class Kernel:
    """What an installed package has, of which the source is not read."""

    def __init__(self, kept: Any = None) -> None:
        self.kept = kept

    def __call__(self, values: np.ndarray) -> None:
        values *= 2.0

    def halve(self, values: np.ndarray) -> None:
        values /= 2.0

    def double_kept(self) -> None:
        self.kept *= 2.0


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes of the class one of an installed package."""
    package = types.ModuleType("strangers_kernels")
    package.__file__ = "/lib/site-packages/strangers_kernels.py"
    monkeypatch.setitem(sys.modules, package.__name__, package)
    monkeypatch.setattr(Kernel, "__module__", package.__name__)


kernel = Kernel()


def weights() -> np.ndarray:
    return np.array([3.0, 1.0, 2.0, 5.0])


def locked(work: Any, *args: Any) -> Any:
    with lock:  # this is not looked into
        return work(*args)


def moves_memory(w):
    ctypes.memmove(w.ctypes.data, OTHERS.ctypes.data, 16)


def sets_memory_by_a_pointer(w):
    ctypes.memset(w.ctypes.data_as(POINTER), 0, 16)


def sets_memory_by_an_address(w):
    ctypes.memset(ctypes.c_void_p(w.ctypes.data), 0, 16)


def calls_an_object(w):
    locked(kernel, w)


def calls_a_method(w):
    locked(kernel.halve, w)


def calls_it_on_a_part(w):
    locked(kernel, w[:2])


def calls_it_on_a_list(w):
    locked(kernel.halve, [w][0])


def lets_it_keep_the_array(w):
    kept = locked(Kernel, w)
    locked(kept.double_kept)


STRANGERS = [
    moves_memory,
    calls_an_object,
    calls_a_method,
    calls_it_on_a_part,
    calls_it_on_a_list,
]
AND_MORE = [
    sets_memory_by_a_pointer,
    sets_memory_by_an_address,
    lets_it_keep_the_array,
]


@pytest.mark.parametrize("stranger", [*STRANGERS, *AND_MORE], ids=lambda f: f.__name__)
def test_an_array_that_was_read_before_is_not_given_to_a_stranger(stranger):
    def f(x):
        w = weights()
        y = x * w
        stranger(w)
        return np.sum(y * y)

    with pytest.raises(AliasingError, match="into an array that is read before"):
        grad(f)(X)


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda f: f.__name__)
def test_a_stranger_may_write_into_a_copy(stranger):
    def f(x):
        w = weights()
        y = x * w
        stranger(w.copy())
        return np.sum(y * y)

    check_at(f, X)


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda f: f.__name__)
def test_a_stranger_may_write_into_what_nobody_has_read(stranger):
    def f(x):
        w = weights()
        stranger(w)
        y = x * w
        return np.sum(y * y)

    check_at(f, X)


def test_what_a_stranger_writes_is_not_differentiated():
    def f(x):
        y = 2.0 * x
        ctypes.memset(y.ctypes.data, 0, 16)
        return np.sum(y)

    with pytest.raises(NoDerivativeError, match="not looked into"):
        grad(f)(X)
