"""Sums of hundreds of numbers, one by one: they are written in several statements."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import value_and_grad

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def of_a_list(xs):
    return sum(xs)


@program
def of_squares(xs):
    return sum(v * v for v in xs)


@program
def with_a_start(xs):
    return sum((v * 2 for v in xs), 1.5) * xs[0]


@program
def of_a_sum(xs):
    return xs[1] * np.exp(sum(xs) / 100) - sum(-v for v in xs)


@program
def of_windows(xs):
    return sum(sum(xs[i : i + 2]) * xs[i] for i in range(len(xs) - 1))


@program
def under_a_condition(xs):
    return xs[0] * 2 if all(v < 100 for v in xs) else xs[1]


def _slopes(f: Callable[..., Any], xs: list[float]) -> list[float]:
    h = 1e-6
    ends = [
        [f([v + sign * h * (i == k) for i, v in enumerate(xs)]) for sign in (1, -1)]
        for k in range(len(xs))
    ]
    return [float(up - down) / (2 * h) for up, down in ends]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f: Callable[..., Any]) -> None:
    xs = [float(v) for v in np.random.default_rng(7).normal(size=200)]
    value, gradient = value_and_grad(f)(xs)
    assert value == pytest.approx(f(xs), rel=1e-12)
    np.testing.assert_allclose(gradient, _slopes(f, xs), rtol=1e-5, atol=1e-6)


def test_statements() -> None:
    """A sum of some numbers is one expression, and one of many is no deeper than is readable."""
    numbers = [float(i) for i in range(120)]
    for count, statements in ((30, 1), (120, 3)):
        derivative = value_and_grad(of_squares)
        derivative(numbers[:count])
        sums = [
            node
            for node in ast.walk(ast.parse(derivative.source))
            if isinstance(node, ast.Assign | ast.Return) and _additions(node) > 1
        ]
        assert len(sums) == statements
        assert sum(map(_additions, sums)) == count - 1
        assert max(map(_additions, sums)) <= 60


def _additions(node: ast.AST) -> int:
    return sum(isinstance(inner, ast.Add) for inner in ast.walk(node))
