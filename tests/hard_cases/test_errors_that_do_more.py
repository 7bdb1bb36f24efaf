"""Exceptions of the user's that change something when they are made."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad, vjp

X = np.array([1.0, 2.0, 3.0])


class Counted(Exception):
    """An error that counts how often it is made."""

    made = 0

    def __init__(self, *args):
        Counted.made += 1


class Logged(Counted):
    """One that does so because of its base."""


class New(Exception):
    """One that counts before it is there."""

    def __new__(cls, *args):
        Counted.made += 1
        return super().__new__(cls)


@pytest.fixture(autouse=True)
def restored(monkeypatch):
    monkeypatch.setattr(Counted, "made", 0)


@pytest.mark.parametrize("kind", [Counted, Logged, New])
def test_one_that_nobody_raises(kind):
    def f(x):
        error = kind("a")
        return np.sum(x)

    np.testing.assert_allclose(grad(f)(X), 1.0)
    assert Counted.made == 1
    _, pullback = vjp(f, X)
    pullback(1.0)
    assert Counted.made == 2


def test_one_that_is_raised_and_caught():
    def f(x):
        try:
            if x[0] > 0:
                raise Counted("a")
            y = x
        except Counted:
            y = 2 * x
        return np.sum(y)

    np.testing.assert_allclose(grad(f)(X), 2.0)
    assert Counted.made == 1


def test_one_in_an_arm_that_is_not_taken():
    def f(x):
        if x[0] > 9:
            raise Counted("a")
        return np.sum(x)

    np.testing.assert_allclose(grad(f)(X), 1.0)
    assert Counted.made == 0


def test_one_in_each_trip():
    def f(x):
        s = 0.0
        for i in range(len(x)):
            error = Counted(i)
            s += x[i]
        return s

    np.testing.assert_allclose(grad(f)(X), 1.0)
    assert Counted.made == 3
