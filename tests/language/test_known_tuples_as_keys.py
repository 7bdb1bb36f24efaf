"""Dicts whose keys are tuples that are known, filled where data say so."""

from __future__ import annotations

import numpy as np
import pytest

from tests.language.cases import Table

case = Table()
X = np.array([0.7, 1.3, 0.9, 1.1])


@case(X)
@case(X - 1.0)
def on_the_diagonal(x):
    e, t = {}, 0.0
    for i in range(4):
        if x[i] > 1:
            e[i, i] = x[i]
    for (i, _), v in e.items():
        t += v * x[i]
    return t


@case(X)
def keys_of_either_kind(x):
    e, t = {}, 0.0
    for i in range(3):
        if x[i] > 1:
            e[i, i + 1] = x[i]
        else:
            e[i + 1, i] = x[i] ** 2
    for i, j in e:
        t += e[i, j] * x[i] * x[j]
    return t


@case(X)
def in_nested_loops(x):
    e, t = {}, 0.0
    for i in range(3):
        for j in range(3):
            if x[i] * x[j] > 1:
                e[i, j] = x[i] * x[j]
    for k, v in e.items():
        i, j = k
        t += v * x[i] + j
    return t


@case(X)
def without_a_loop(x):
    e, t = {}, 0.0
    if x[0] > 0:
        e[1, 2] = x[0]
    if x[1] > 0:
        e[2, 3] = x[1]
    for (i, j), v in e.items():
        t += v * x[i] * j
    return t


@case(X)
def from_another(x):
    a, b, t = {(0, 1): x[0], (1, 2): x[1]}, {}, 0.0
    for (i, k), v in a.items():
        if v > 1:
            b[k, i] = v
    for (i, k), _ in a.items():
        if (k, i) in b:
            b[k, i] *= x[i]
    for (_, k), v in b.items():
        t += v * x[k]
    return t


@case(X)
def texts_and_numbers(x):
    e, t = {}, 0.0
    for i in range(4):
        if x[i] > 1:
            e["up", i] = x[i]
        else:
            e["down", i] = x[i] ** 2
    for (what, i), v in e.items():
        t += v * x[i] * (2 if what == "up" else 3)
    return t


@case(X)
def in_a_set(x):
    seen = set()
    for i in range(4):
        if x[i] > 1:
            seen.add((i, i))
    return x[0] * len(seen) + x[1] * ((1, 1) in seen) + x[2] * ((2, 2) in seen)


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()
