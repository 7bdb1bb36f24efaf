"""Tuples whose length data decide: ``if v > 0: path = path + (v,)``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import SrcgradError, grad, value_and_grad
from tests.slopes import check_at

POINTS = [
    np.array([0.91, 0.31, 0.62, 0.73]),
    np.array([0.11, 0.83, 0.21, 0.57]),
    np.array([0.15, 0.25, 0.35, 0.45]),
    np.array([0.95, 0.85, 0.72, 0.64]),
]
PROGRAMS: list[Callable[..., Any]] = []
REFUSED: list[tuple[Callable[..., Any], str]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


def refused(text: str) -> Callable[..., Any]:
    def add(f: Callable[..., Any]) -> Callable[..., Any]:
        REFUSED.append((f, text))
        return f

    return add


@program
def with_what_came_last(x):
    path = (x[0],)
    for v in x[1:]:
        if v > 0.5:
            path = path + (v * path[-1],)
    return sum(p**2 for p in path) * len(path)


@program
def from_nothing(x):
    path = ()
    for v in x:
        if v > 0.5:
            path += (v, v**2)
    return sum(path) + max(path, default=0.0) + len(path) * x[0]


@program
def in_two_branches(x):
    path = ()
    if x[0] > 0.5:
        path = path + (x[0],)
    if x[1] > 0.5:
        path = path + (x[1] * 2,)
    s = 0.0
    for p in path:
        s += p**2
    return s + len(path) * x[2]


@program
def longer_and_shorter(x):
    path = (x[0], x[1])
    for v in x:
        path = (*path, v) if v > 0.5 else path[1:]
    return sum((i + 1) * p for i, p in enumerate(path)) + x[3]


@program
def in_an_array(x):
    path = (x[0],)
    for v in x:
        if v > 0.5:
            path = (v, *path)
    return np.sum(np.array(path) ** 2) + math.hypot(*path)


@program
def of_indices(x):
    kept = ()
    for i in range(len(x)):
        if x[i] > 0.5:
            kept = kept + (i,)
    if kept == (0, 2, 3):
        return x[0] * x[2]
    return sum(x[i] ** 2 for i in kept) + x[1] * (2 in kept)


@program
def of_pairs(x):
    pairs = ((0.5, 1.0),)
    for v in x:
        if v > 0.5:
            pairs = pairs + ((v, v**2),)
    a, b = zip(*pairs, strict=True)
    return sum(p * q for p, q in pairs) + sum(a) * sum(b)


@program
def unpacked_by_its_length(x):
    t = (x[0],) if x[1] > 0.5 else (x[0], x[2])
    if len(t) == 2:
        p, q = t
        return p * q
    return t[0] ** 2


@program
def none_at_first(x):
    path = None
    for v in x:
        if v > 0.5:
            path = (v,) if path is None else path + (v,)
    return sum(path) * 2 if path is not None else x[0]


def some(x):
    return (x[0], x[1]) if x[0] > 0.2 else None


@program
def of_two_lengths_or_none(x):
    t = some(x) if x[1] > 0.4 else (x[0], x[1], x[2])
    return x[0] if t is None else t[0] * t[-1]


@program
def one_after_the_other(x):
    low, high = (), (x[0],)
    for v in x:
        if v > 0.5:
            high = high + (v,)
        else:
            low = low + (v,)
    both = low + high
    return sum((i + 1) * v for i, v in enumerate(both)) + sum(high + tuple(w for w in x if w > 0.3))


@program
def an_index(x):
    at = (0, 1) if x[0] > 0.5 else (0,)
    return np.sum(x.reshape(2, 2)[at] ** 2)


@program
def a_shape(x):
    shape = (2, 2) if x[0] > 0.5 else (4,)
    return np.sum(x.reshape(shape)[0] ** 2)


@program
def compared(x):
    best = (0.0, ())
    for i in range(4):
        found = (x[i], (x[i],) * i)
        if found > best:
            best = found
    return best[0] * sum(best[1])


@program
def exchanged(x):
    a, b = (), (x[0],)
    for v in x:
        if v > 0.5:
            a, b = b, a + (v,)
    return sum(a) * 2 + sum(b)


@program
def the_array_in_it_is_written(x):
    z = x * 2
    rows = (z,)
    for v in x:
        if v > 0.5:
            rows = rows + (z,)
    z[0] = 5.0
    return sum(np.sum(row) for row in rows)


@program
def in_a_while(x):
    path, i = (), 0
    while i < 4 and sum(path) < 1.2:
        path = path + (x[i] * 2,)
        i += 1
    return path[-1] * len(path) + path[0]


@program
def in_a_list(x):
    paths, path = [], ()
    for v in x:
        path = path + (v,)
        if v > 0.5:
            paths.append(path)
            path = ()
    return sum(sum(p) ** 2 for p in paths) + 0 * x[0]


@program
def in_a_dict(x):
    sides = {"low": (), "high": ()}
    for v in x:
        side = "high" if v > 0.5 else "low"
        sides[side] = sides[side] + (v,)
    return sum(sides["low"]) ** 2 + sum(sides["high"]) * len(sides["low"])


class Walk:
    def __init__(self):
        self.path = ()

    def add(self, v):
        if v > 0.4:
            self.path = self.path + (v,)


@program
def in_an_object(x):
    walk = Walk()
    for v in x:
        walk.add(v)
    return sum(v**2 for v in reversed(walk.path)) + x[0]


@program
def in_a_recursion(x):
    def walk(i, path):
        if i == len(x):
            return sum(path) * 1.0
        if x[i] > 0.5:
            path = path + (x[i] ** 2,)
        return walk(i + 1, path)

    return walk(0, (x[0],))


@program
def not_written(x):
    path = (x[0],)
    if x[1] > 0.5:
        path = path + (x[1],)
    try:
        path[0] = 3.0
    except TypeError:
        return sum(path)
    return 0.0


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f: Callable[..., Any]) -> None:
    check_at(f, *POINTS)


def test_returned_beside_the_value() -> None:
    def f(x):
        path = ()
        for v in x:
            if v > 0.5:
                path = path + (v,)
        return sum(path), path

    for x in POINTS[:2]:
        (value, path), gradient = value_and_grad(f, has_aux=True)(x)
        assert (value, path) == f(x)
        np.testing.assert_array_equal(gradient, x > 0.5)


def beyond_its_end(x):
    path = ()
    for v in x:
        if v > 0.5:
            path = path + (v,)
    return path[0] * path[1] * path[2]


def unpacked(x):
    path = ()
    for v in x:
        if v > 0.5:
            path = path + (v,)
    a, b, c = path
    return a * b * c


@pytest.mark.parametrize("f", [beyond_its_end, unpacked])
def test_what_raises(f: Callable[..., Any]) -> None:
    check_at(f, POINTS[0])
    with pytest.raises(Exception) as raised:
        f(POINTS[2])
    with pytest.raises(raised.type):
        grad(f)(POINTS[2])


@refused("whether these are one tuple")
def the_same_one(x):
    path = first = (x[0],)
    for v in x:
        if v > 0.5:
            path = path + (v,)
    return sum(path) * (1.0 if path is first else 2.0)


@refused("must be known")
def axes(x):
    axis = (0, 1) if x[0] > 0.5 else (0,)
    return np.sum(np.sum(x.reshape(2, 2), axis=axis))


@refused("must be known")
def a_key(x):
    path = ()
    for i in range(4):
        if x[i] > 0.5:
            path = path + (i,)
    return {path: x[0]}[path]


@program
def its_elements_change(x):
    path = ()
    for v in x:
        if v > 0.5:
            path = path + ([v],)
    for values in path:
        values.append(x[0])
    return sum(sum(values) for values in path) + 0.0


@pytest.mark.parametrize(("f", "text"), REFUSED, ids=[f.__name__ for f, _ in REFUSED])
def test_refused(f: Callable[..., Any], text: str) -> None:
    with pytest.raises(SrcgradError, match=text) as raised:
        grad(f)(POINTS[0])
    assert raised.value.loc is not None
