"""Keys that are None until a loop has found one: ``if best is None or d[k] > d[best]``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import value_and_grad
from srcgrad.testing import check_grads

POINTS = (
    np.array([1.3, 0.23, 2.6, 1.9, -0.1]),
    np.array([-1.1, -2.2, -0.5, -3.3, 1.4]),
    np.array([0.6, 2.2, 3.4]),
)
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


def sums_of(x):
    sums = {}
    for v in x:
        sums[int(v)] = sums.get(int(v), 0.0) + v
    return sums


@program
def the_largest_sum(x):
    sums, best = sums_of(x), None
    for k in sums:
        if best is None or sums[k] > sums[best]:
            best = k
    return sums[best] ** 2


@program
def in_order(x):
    sums, best = sums_of(x), None
    for k in sorted(sums):
        if best is None or sums[k] > sums[best]:
            best = k
    return sums[best] ** 2


@program
def written(x):
    sums, best = sums_of(x), None
    for k in sums:
        if best is None or sums[k] > sums[best]:
            best = k
    sums[best] = 3 * x[0]
    return sum((k + 1) * v for k, v in sums.items())


@program
def the_longest_list(x):
    rows, best = {}, None
    for v in x:
        rows.setdefault(int(v), []).append(v)
    for k, row in rows.items():
        if best is None or len(row) > len(rows[best]):
            best = k
    rows[best].append(x[0] ** 2)
    return sum(rows[best])


def first_above(x, bound):
    for i, v in enumerate(x):
        if v > bound:
            return i
    return None


@program
def none_is_a_key(x):
    found = {}
    for bound in (0.5, 1.5, 2.5, 9.5):
        found[first_above(x, bound)] = bound * x[0]
    return sum(v if k is None else v * (k + 2) for k, v in found.items())


@program
def with_a_default(x):
    return sums_of(x).get(first_above(x, 2.0), x[0]) ** 2


@program
def taken_out(x):
    sums = sums_of(x)
    sums.pop(first_above(x, 2.0), None)
    return sum(sums.values()) + 0.0


@program
def elements_of_sets(x):
    seen = {first_above(x, 2.0)}
    for v in x:
        seen.add(int(v))
    return x[0] ** len(seen) + (x[1] if None in seen else x[2])


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    compiled = value_and_grad(f)
    for x in POINTS:
        check_grads(f, (x,))
        np.testing.assert_allclose(compiled(x)[0], f(x), rtol=1e-13)


@pytest.mark.parametrize("f", [the_largest_sum, in_order])
def test_none_that_is_no_key(f):
    with pytest.raises(KeyError) as caught:
        value_and_grad(f)(np.zeros(0))
    assert caught.value.args == (None,)
