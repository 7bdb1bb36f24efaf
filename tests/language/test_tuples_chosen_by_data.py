"""Tuples that are elements of containers from outside, chosen by data or by a branch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import SrcgradError, grad
from tests.slopes import check_slope

EDGES = [(0, 1), (0, 2), (1, 2), (1, 3)]
PAIRS = tuple(EDGES)
BY_NUMBER = dict(enumerate(EDGES))
BY_PAIR = {(0, 1): (0, 1), (1, 0): (1, 2)}
NAMED = [("a", 1), ("b", 2), ("a", 3), ("c", 0)]
NESTED = [(0, (1, 2)), (1, (2, 3)), (2, (0, 0)), (3, (1, 1))]
WITH_NONE = [(0, None), (1, 2), (2, 0), (3, 1)]
FIRST, SECOND = (0, 1), (2, 3)
RAGGED = [(0,), (0, 1), (1, 2, 3), ()]
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def shortest_tree(w):
    parent, total = list(range(4)), 0.0
    for k in np.argsort(w):
        u, v = EDGES[k]
        a, b = u, v
        while parent[a] != a:
            a = parent[a]
        while parent[b] != b:
            b = parent[b]
        if a == b:
            continue
        parent[a] = b
        total += w[k] * w[u] * (k + 1)
    return total


@program
def one_of_them(w):
    u, v = EDGES[int(np.argmin(w))]
    return w[u] * w[v] ** 2


@program
def an_element_of_one(w):
    order, t = np.argsort(w), 0.0
    for i in range(len(w)):
        t += EDGES[order[i]][1] * w[i]
    return t


@program
def of_a_tuple(w):
    s = 0.0
    for k in np.argsort(w):
        u, v = PAIRS[k]
        s = 0.5 * s + w[u] * w[v] * k
    return s


@program
def of_a_dict(w):
    s = 0.0
    for k in np.argsort(w):
        u, v = BY_NUMBER[k]
        s = 0.5 * s + w[u] * w[v] * k
    return s


@program
def by_a_pair(w):
    k = np.argmin(w[:2])
    u, v = BY_PAIR[k, 1 - k]
    return w[u] ** 2 * w[v]


@program
def with_texts(w):
    s = 0.0
    for k in np.argsort(w):
        name, j = NAMED[k]
        s += w[j] ** 2 if name == "a" else w[j] * k
    return s


@program
def in_tuples(w):
    s = 0.0
    for k in np.argsort(w):
        i, (a, b) = NESTED[k]
        s += w[i] * w[a] ** 2 - w[b]
    return s


@program
def with_none(w):
    s = 0.0
    for k in np.argsort(w):
        i, a = WITH_NONE[k]
        if a is not None:
            s += w[i] * w[a] ** 2 * k
    return s


@program
def as_an_index(w):
    A = np.outer(w, w**2)
    return A[PAIRS[np.argmax(w)]] * w[0]


@program
def compared(w):
    e = EDGES[np.argmax(w)]
    if e == (0, 1):
        return w[0]
    return w[1] ** 2 if e in PAIRS[:2] else w[e[1]] ** 3


@program
def longer_by_one(w):
    return sum(w[j] * (i + 1) for i, j in enumerate(EDGES[np.argmax(w)] + (2,)))


@program
def of_a_branch(w):
    a, b = FIRST if w[0] > 0.3 else SECOND
    c, d = FIRST if w[1] < 0.3 else (1, 3)
    return w[a] * w[b] + w[c] ** 2 * w[d]


@program
def carried_by_a_loop(w):
    e, g = EDGES[0], FIRST
    for k in np.argsort(w):
        if w[k] > 0.3:
            e = EDGES[k]
    for k in range(len(w)):
        if w[k] > 0.6:
            g = SECOND
    return w[e[0]] * w[e[1]] + w[g[0]] * w[g[1]]


@program
def none_at_first(w):
    best = g = None
    for k in np.argsort(w):
        if best is None or w[EDGES[k][1]] < 0.4:
            best = EDGES[k]
        if w[k] > 0.6:
            g = SECOND
    return w[best[0]] * w[best[1]] + (w[0] if g is None else w[g[0]] ** 2)


@program
def while_it_is_large(w):
    e, s = EDGES[0], 1.0
    while s > 0.01:
        s *= 0.5 * w[e[0]]
        e = EDGES[e[1]]
    return s * w[e[0]]


@program
def kept_in_a_list(w):
    taken = [EDGES[k] for k in np.argsort(w) if w[k] > 0.2]
    return sum(w[a] * w[b] ** 2 for a, b in taken)


@program
def of_a_call(w):
    def deeper(e, c):
        if c < 0.1:
            return w[e[0]]
        return w[e[1]] * deeper(EDGES[e[1]], c * w[e[0]] * 0.5)

    return deeper(EDGES[1], 1.0)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_gradient(f, seed):
    check_slope(f, np.random.default_rng(seed).random(4) + 0.05)


def test_an_argument_and_a_closure_cell():
    def program(w, edges):
        s = 0.0
        for k in np.argsort(w):
            (u, v), (a, b) = edges[k], pairs[k]
            s = 0.5 * s + w[u] * w[v] * w[a] ** (b + 1)
        return s

    x = np.array([0.9, 0.5, 1.1, 0.2])
    pairs = EDGES
    for edges in (EDGES, EDGES[::-1], PAIRS, BY_NUMBER):
        expected = check_slope(lambda w, edges=edges: program(w, edges), x)
        np.testing.assert_allclose(grad(program)(x, edges), expected)


def test_what_has_changed_since_is_read_again():
    edges = [(0, 1), (1, 2), (2, 0)]

    def f(w):
        u, v = edges[np.argmax(w)]
        return w[u] * w[v] ** 2

    gradient, x = grad(f), np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(gradient(x), [6.0, 0.0, 1.0])
    edges[2] = (1, 0)
    np.testing.assert_allclose(gradient(x), [4.0, 1.0, 0.0])
    edges.append((2, 2))
    np.testing.assert_allclose(gradient(x), [4.0, 1.0, 0.0])


def test_tuples_of_different_lengths():
    def f(w):
        return sum(w[j] for j in RAGGED[np.argmax(w)])

    w = np.array([0.3, 0.9, 0.5, 0.2])
    for i in range(4):
        check_slope(f, np.roll(w, i))


def test_many_tuples_of_different_lengths():
    ragged = RAGGED * 20

    def f(w):
        return sum(w[j] for j in ragged[np.argmax(w)])

    with pytest.raises(SrcgradError, match="give its tuples one length, or make them lists"):
        grad(f)(np.array([0.3, 0.9, 0.5, 0.2]))


def test_beyond_the_end():
    def f(w):
        u, v = EDGES[np.argmax(w)]
        return w[u] * w[v]

    with pytest.raises(IndexError):
        grad(f)(np.array([0.3, 0.9, 0.5, 0.2, 1.0]))
