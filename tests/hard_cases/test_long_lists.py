"""Lists of many numbers that are not differentiated, over which a loop stays a loop."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import SrcgradError, UnknownTypeError, grad, value_and_grad
from srcgrad.testing import check_grads
from tests.slopes import slopes

PROGRAMS: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
X = np.array([1.0, 2.0, 0.3, 0.4])
PLACES = [0, 1, 2] * 100
WEIGHTS = [0.1 * i for i in range(300)]


def program(*args: Any) -> Callable[..., Any]:
    def add(f: Callable[..., Any]) -> Callable[..., Any]:
        PROGRAMS.append((f, args))
        return f

    return add


@program(X, PLACES)
def read_by_the_index(x, obs):
    s = 0.0
    for t in range(1, len(obs)):
        s += x[obs[t]] * x[obs[t - 1]]
    return s


@program(X, PLACES)
def iterated_over(x, obs):
    s = 0.0
    for o in obs:
        s += x[o] ** 2
    for i, o in enumerate(obs):
        s += x[o] * i
    for o in reversed(obs):
        s = 0.9 * s + x[o]
    return s


@program(X, PLACES)
def beside_an_array(x, obs):
    s = 0.0
    for a, o in zip(x, obs):
        s += x[o] * a
    return s


@program(X, WEIGHTS)
def floats(x, w):
    s = 0.0
    for i in range(len(w)):
        s += x[i % 4] * w[i]
    return s


@program(X, tuple(WEIGHTS))
def tuple_of_floats(x, w):
    s = 0.0
    for i, v in enumerate(w):
        s += x[i % 4] * v * w[0]
    return s


@program(X, [True, False, True] * 100)
def bools(x, w):
    s = 0.0
    for i in range(len(w)):
        if w[i]:
            s += x[i % 4]
        else:
            s -= x[i % 4] ** 2
    return s


@program(X)
def from_outside(x):
    s = 0.0
    for t in range(len(PLACES)):
        s += x[PLACES[t]] ** 2
    return s


@program(X, PLACES)
def what_has_to_be_known_in_few_trips(x, obs):
    """The loop is unrolled, and the elements are read one by one."""
    rows = (np.sin, np.cos, np.exp)
    s = 0.0
    for t in range(3):
        s += rows[t](x[obs[t]])
    return s


@pytest.mark.parametrize("f, args", PROGRAMS, ids=[f.__name__ for f, _ in PROGRAMS])
def test_gradient(f, args):
    check_grads(f, args, argnums=0)


def test_reads_the_list_itself() -> None:
    gradient = grad(read_by_the_index)
    gradient(X, PLACES)
    assert "obs[t - 1]" in gradient.source
    assert len(gradient.source.splitlines()) < 20


def test_other_lists() -> None:
    """Of other numbers, of another length, of another type, and short ones."""
    gradient = grad(read_by_the_index)
    gradient(X, PLACES)
    for obs in ([1, 0] * 150, [3] * 400, [0, 2, 1], np.array(PLACES), []):
        want = np.zeros(4)
        for before, after in itertools.pairwise(obs):
            want[before] += X[after]
            want[after] += X[before]
        np.testing.assert_allclose(gradient(X, obs), want)
    weighted = grad(floats)
    weighted(X, WEIGHTS)
    want = [sum(range(k, 300, 4)) for k in range(4)]
    np.testing.assert_allclose(weighted(X, list(range(300))), want)


def written(x, obs):
    s = 0.0
    for t in range(len(obs)):
        s += x[obs[t]]
        obs[t] = 3
    return s


def made_longer(x, obs):
    s = 0.0
    for o in obs:
        s += x[o]
        if len(obs) < 400:
            obs.append(2)
    return s


def test_where_it_is_changed():
    ours, theirs = list(PLACES), list(PLACES)
    value, gradient = value_and_grad(written)(X, ours)
    assert value == written(X, theirs)
    assert ours == theirs == [3] * len(PLACES)
    np.testing.assert_allclose(gradient, slopes(lambda x: written(x, list(PLACES)), X), rtol=1e-6)


def test_not_where_it_is_made_longer():
    with pytest.raises(SrcgradError):
        grad(made_longer)(X, list(PLACES))


def test_what_is_too_long() -> None:
    def text(x, letters):
        s = 0.0
        for letter in letters:
            s += x[0] if letter == "a" else x[1]
        return s

    with pytest.raises(UnknownTypeError, match="a text of 400 characters"):
        grad(text)(X, "abac" * 100)
    with pytest.raises(UnknownTypeError, match="known in each of the 300 trips") as caught:
        grad(floats)(X, [1, 2.5, 3] * 100)
    assert caught.value.loc is not None
    assert caught.value.loc.text == ("s += x[i % 4] * w[i]",)
    assert "np.array" in str(caught.value.hint)
