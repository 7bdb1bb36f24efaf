"""Attributes that ``__getattr__`` answers for, and those that a ``__getattribute__`` decides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad, value_and_grad
from tests.slopes import check_at

X = np.array([0.7, -1.3, 2.1])
ASKED: list[str] = []


class Settings:
    def __init__(self) -> None:
        self.weights = np.array([1.0, 2.0, 3.0])

    def __getattr__(self, name: str) -> float:
        if name == "gain":
            return 2.0
        raise AttributeError(name)


class Around:
    """One that has another, and all that it has."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Options(dict[str, float]):
    def __getattr__(self, name: str) -> float:
        return self[name]


class Counting:
    gain = 3.0

    def __getattr__(self, name: str) -> float:
        ASKED.append(name)
        return 2.0

    @property
    def scale(self) -> float:
        ASKED.append("scale")
        return 4.0


class Slotted:
    __slots__ = ("gain",)

    def __getattr__(self, name: str) -> float:
        return 3.0


class Closed:
    """One that lets nobody ask it anything."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)


class Watched:
    def __init__(self) -> None:
        self.gain = 2.0

    def __getattribute__(self, name: str) -> Any:
        ASKED.append(name)
        return object.__getattribute__(self, name)


settings, around, options = Settings(), Around(Settings()), Options(gain=2.0)
counting, slotted, closed, watched = Counting(), Slotted(), Closed(), Watched()


def answered(x):
    return np.sum(x * x * settings.weights) * settings.gain


def handed_on(x):
    return np.sum(x * x * around.weights) * around.gain


def an_item(x):
    return np.sum(x * x) * options.gain


def with_a_default(x):
    return np.sum(x * x) * getattr(settings, "gain", 5.0) * getattr(settings, "other", 7.0)


def asked_whether_it_is_there(x):
    return np.sum(x * x) * (2.0 if hasattr(settings, "gain") and not hasattr(around, "x") else 1.0)


def made_here(x):
    made = Settings()
    return np.sum(x * x * made.weights) * made.gain


def closed_ones_beside_it(x):
    pair = (closed, 2.0)
    return np.sum(x * x) * pair[1] if closed is not None else 0.0


@pytest.mark.parametrize(
    "f",
    [
        *(answered, handed_on, an_item, with_a_default, asked_whether_it_is_there, made_here),
        closed_ones_beside_it,
    ],
    ids=lambda f: f.__name__,
)
def test_attributes(f):
    check_at(f, X)


def test_it_is_followed_when_it_changes():
    def f(x):
        return np.sum(x) * own.gain

    own = Settings()
    derivative = grad(f)
    np.testing.assert_array_equal(derivative(X), np.full(3, 2.0))
    own.gain = 5.0
    np.testing.assert_array_equal(derivative(X), np.full(3, 5.0))
    del own.gain
    np.testing.assert_array_equal(derivative(X), np.full(3, 2.0))


@pytest.mark.parametrize(
    ("f", "asked"),
    [
        (lambda x: np.sum(x) * counting.other, ["other"]),
        (lambda x: np.sum(x) * counting.scale, ["scale"]),
        (lambda x: np.sum(x) * counting.gain, []),
    ],
)
def test_it_is_asked_once(f, asked):
    ASKED.clear()
    grad(f)(X)
    assert asked == ASKED


def test_what_decides_all_attributes_is_asked_by_the_program_alone():
    def f(x):
        return np.sum(x) * watched.gain

    derivative = value_and_grad(f)
    derivative(X)
    ASKED.clear()
    value, x_bar = derivative(X)
    assert "__class__" not in ASKED
    np.testing.assert_allclose(value, 3.0)
    np.testing.assert_array_equal(x_bar, np.full(3, 2.0))


def test_a_slot_with_nothing_in_it_is_refused():
    with pytest.raises(UnsupportedSyntaxError, match="by a '__getattr__' that is not looked into"):
        grad(lambda x: np.sum(x) * slotted.gain)(X)
