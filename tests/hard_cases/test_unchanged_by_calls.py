"""Calls that are not looked into, and change nothing that the function reads."""

from __future__ import annotations

import collections
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, UnsupportedSyntaxError, value_and_grad

X = np.array([0.3, 0.7, 1.2])
W = np.array([1.0, 2.0, 3.0])
lock = threading.RLock()
CONFIG: dict[Any, Any] = {"gain": 2.0, "hits": 0}


def calls(does: Callable[..., Any]) -> Callable[[Any], Any]:
    """A function with a call that the compiler does not look into, and that calls another."""

    def called():
        with lock:
            does()

    def f(x):
        y = np.sum(W * x * x) * CONFIG["gain"]
        called()
        return y + CONFIG["gain"]

    return f


def check(does: Callable[..., Any]) -> None:
    """Compares with f's value, and with the derivative that does not know of the call."""
    value, found = value_and_grad(calls(does))(X)
    np.testing.assert_allclose(value, 2.0 * np.sum(W * X * X) + 2.0, rtol=1e-12)
    np.testing.assert_allclose(found, 4.0 * W * X, rtol=1e-12)


def refuse(does: Callable[..., Any]) -> None:
    with pytest.raises((AliasingError, UnsupportedSyntaxError)):
        value_and_grad(calls(does))


# --- what stopped the compiler -------------------------------------------------------------------


Point = collections.namedtuple("Point", "a b")


class Null:
    """Has every attribute, also those that Python asks for."""

    __slots__ = ()

    def __getattr__(self, name):
        raise KeyError(name)


class Stack(list):
    """A list whose own methods are not to be called while compiling."""

    def __iter__(self):
        raise RuntimeError("called")


null, stack, hooks = Null(), Stack([1.0, 2.0]), [print]


def replaces_a_field():
    return Point(1, 2)._replace(a=3).a


def asks_what_is_not_there():
    try:
        return null.info
    except KeyError:
        return None


def takes_the_first():
    return stack[0], len(stack)


@pytest.mark.parametrize("does", [replaces_a_field, asks_what_is_not_there, takes_the_first])
def test_what_is_not_the_users_is_not_called_on_and_on(does):
    check(does)
