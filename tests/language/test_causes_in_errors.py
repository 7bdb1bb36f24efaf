"""Errors that say what is behind them: a function without a rule, an index that is a float."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import SrcgradError, grad
from srcgrad.testing import check_grads

X = np.array([1.0, 2.0, 0.3])
LINES = [(0, 1, 0.3), (1, 2, 0.4)]


def product_added(x):
    G = np.zeros((2, 3))
    G[0] += np.unwrap(x)
    return G.sum()


def product_written(x):
    J = np.zeros((3, 2))
    for i in range(2):
        J[:, i] = np.unwrap(x)
    return J.sum()


def result_written(x):
    A = np.unwrap(np.outer(x, x))
    A[0][1] = 2.0
    return A.sum()


def array_like_a_result(x):
    y = np.empty_like(np.unwrap(x))
    y[0] = x[0]
    return y[0]


def counted_without_end(x):
    s = t = 1.0
    for k in itertools.count(1, 0.5):
        t = t * x[2] / k
        s += t
        if abs(t) < 1e-12:
            break
    return s


def counted_beside(x):
    return sum(k * v * v for k, v in zip(itertools.count(0.5), x))


def round_and_round(x):
    s = 0.0
    for w, v in zip(itertools.cycle(x[:2]), x):
        s += w * v * v
    return s


def paths_of_tuples(x):
    paths, t = [((), 0.0)], 0
    while t < np.sum(x > 0.0):
        longer = []
        for path, s in paths:
            for k in range(2):
                longer.append((path + (k,), s + x[t] * (k + 1)))
        paths = longer[:2]
        t += 1
    return sum(s * len(path) for path, s in paths)


def indices_among_numbers(lines):
    G = np.zeros((3, 3))
    for i, j, g in lines:
        G[i, j] -= g
    return G.sum()


def elements_at_indices(lines):
    s = 0.0
    for i, _, g in lines:
        s += g * X[i]
    return s


def elements_at_indices_rebound(lines):
    s = 0.0
    for i, _, g in lines:
        s = s + g * X[i]
    return s


def number_or_array(x, m):
    G = np.ones((2, 3))
    G[0] += x if m > 0 else np.ones((1, 3))
    return np.sum(G * x)


def attribute_of_a_function(x):
    def f(v):
        return v * v

    f.calls = 1
    return np.sum(f(x))


def attribute_of_an_array(x):
    x.label = "x"
    return np.sum(x)


def attribute_of_a_dict(x):
    d = {"x": x}
    d.label = "x"
    return np.sum(d["x"])


RULE = "numpy.unwrap has no derivative rule"
FLOAT = "an index here counts as a float"
WHERE = "pass the indices in an argument of their own"
OBJECT = "make a new object"
CASES: list[tuple[Callable[..., Any], tuple[Any, ...], str, str]] = [
    (product_added, (X,), RULE, "write out what numpy.unwrap does"),
    (product_written, (X,), RULE, "write out what numpy.unwrap does"),
    (result_written, (X,), RULE, "write out what numpy.unwrap does"),
    (array_like_a_result, (X,), RULE, "write out what numpy.unwrap does"),
    (counted_without_end, (X,), "'itertools.count' is iterated over", "while True"),
    (counted_beside, (X,), "'itertools.count' is iterated over", "enumerate(xs, 1)"),
    (round_and_round, (X,), "'itertools.cycle' is iterated over", "xs[i % len(xs)]"),
    (paths_of_tuples, (X,), "tuples of different lengths", "path + [k]"),
    (indices_among_numbers, (LINES,), FLOAT, WHERE),
    (elements_at_indices, (LINES,), FLOAT, WHERE),
    (elements_at_indices_rebound, (LINES,), FLOAT, WHERE),
    (number_or_array, (X, 1), "what is written into the array", "G[...] = G[...]"),
    (attribute_of_a_function, (X,), "'f.calls'", OBJECT),
    (attribute_of_an_array, (X,), "'x.label'", OBJECT),
    (attribute_of_a_dict, (X,), "'.label' of a dict", OBJECT),
]


@pytest.mark.parametrize("f, args, message, hint", CASES, ids=[f.__name__ for f, *_ in CASES])
def test_message(f, args, message, hint):
    with pytest.raises(SrcgradError) as caught:
        grad(f)(*args)
    assert message in caught.value.message
    assert hint in str(caught.value.hint)
    assert caught.value.loc is not None


def test_the_hints_hold() -> None:
    def product(x):
        J = np.zeros((3, 2))
        v = np.unwrap([1.0, 2.0, 3.0])
        J[:, 0] = [float(v[0]), float(v[1]), float(v[2])]
        return np.sum(J[:, 0] * x)

    def indices(lines, x):
        G = np.zeros((3, 3))
        for i, j, g in lines:
            G[i, j] -= g * x[i]
        return np.sum(G**2)

    def counted(x):
        s, t, k = 1.0, 1.0, 1
        while True:
            t = t * x[2] / k
            s += t
            if abs(t) < 1e-12:
                break
            k += 1
        return s + sum(k * v * v for k, v in enumerate(x, 1))

    def repeated(x):
        weights = [1.0, 2.0]
        return sum(weights[i % len(weights)] * v * v for i, v in enumerate(x))

    def paths_of_lists(x):
        paths = [([], 0.0)]
        for t in range(len(x)):
            longer = []
            for path, s in paths:
                for k in range(2):
                    longer.append((path + [k], s + x[t] * (k + 1)))
            paths = longer[:2]
        return sum(s * len(path) for path, s in paths)

    check_grads(paths_of_lists, (X,))
    check_grads(counted, (X,))
    check_grads(repeated, (X,))
    np.testing.assert_allclose(grad(product)(X), [1.0, 2.0, 3.0])
    check_grads(indices, (LINES, X), argnums=1)


def with_replacement(x):
    s = 0.0
    for i, j in itertools.combinations_with_replacement(range(len(x)), 2):
        s += x[i] * x[j] * (1 + i)
    return s


def permuted(x):
    s = 0.0
    for i, j in itertools.permutations(range(len(x)), r=2):
        s += x[i] * x[j] ** 2
    return s


def all_permuted(x):
    return sum(a * b**2 * c**3 for a, b, c in itertools.permutations([x[0], x[1], x[2]]))


@pytest.mark.parametrize("f", [with_replacement, permuted, all_permuted])
def test_selections(f):
    check_grads(f, (X,))
