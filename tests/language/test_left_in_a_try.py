"""A branch in a ``try`` that changes a list in one arm, and raises in none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad
from tests.language.checking import check

X = np.array([0.3, -1.2, 2.1, 0.7, -0.4])


def continued(x):
    log = []
    for v in x:
        try:
            if v < 0:
                continue
            log.append(v)
        finally:
            log.append(v * 2)
    return sum(i * each for i, each in enumerate(log))


def returned(x):
    log = []

    def step(v):
        try:
            if v < 0:
                return 0.0
            log.append(v)
            return v
        finally:
            log.append(v * 2)

    total = sum(step(v) for v in x)
    return total + sum(i * each for i, each in enumerate(log))


def with_a_handler(x):
    log = []
    for v in x:
        try:
            if v < 0:
                continue
            log.append(v)
        except ValueError:
            log.append(v * 2)
    return sum(i * each for i, each in enumerate(log))


@pytest.mark.parametrize("f", [continued, returned, with_a_handler], ids=lambda f: f.__name__)
def test_left(f: Callable[..., Any]) -> None:
    check(f, X, wrt=0)


def changed_before_an_error(x, n):
    log = []
    for v in x:
        try:
            if v < 0:
                log.append(v)
            log.append(x[n])
        except IndexError:
            log.append(v * 2)
    return sum(i * each for i, each in enumerate(log))


def raised_in_the_arm(x, n):
    log = []
    for v in x:
        try:
            if v < 0:
                log.append(v)
                if n > 3:
                    raise ValueError
            log.append(v)
        except ValueError:
            log.append(v * 2)
    return sum(i * each for i, each in enumerate(log))


@pytest.mark.parametrize("n", [1, 7])
@pytest.mark.parametrize("f", [changed_before_an_error, raised_in_the_arm])
def test_refused(f: Callable[..., Any], n: int) -> None:
    with pytest.raises(UnsupportedSyntaxError, match="changes a container"):
        grad(f)(X, n)
