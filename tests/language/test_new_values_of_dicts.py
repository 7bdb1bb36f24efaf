"""What a dict to which data add keys gets as new values: ``defaultdict(lambda: dict(n=0))``."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from srcgrad import value_and_grad
from srcgrad.testing import check_grads

X = np.array([1.3, 0.23, 2.6, 1.9, -0.1, 2.2])


def dicts_of_a_call(x):
    found = defaultdict(lambda: dict(n=0, total=0.0))
    for v in x:
        row = found[int(v)]
        row["n"] += 1
        row["total"] += v
    return sum(row["total"] ** 2 / row["n"] for row in found.values())


def lists_of_a_call(x):
    found = defaultdict(lambda: list())
    for v in x:
        found[int(v)].append(v)
    return sum(sum(row) ** 2 for row in found.values())


@pytest.mark.parametrize("f", [dicts_of_a_call, lists_of_a_call])
def test_gradient(f):
    """A call of the class makes a new one, as a display does."""
    check_grads(f, (X,))
    np.testing.assert_allclose(value_and_grad(f)(X)[0], f(X), rtol=1e-13)


def inner_keys_one_by_one(x):
    found = defaultdict(dict)
    for v in x:
        found[int(v)]["last"] = v
    return sum(row["last"] for row in found.values())


def inner_keys_of_setdefault(x):
    found = {}
    for v in x:
        found.setdefault(int(v), {})["last"] = v
    return sum(row["last"] for row in found.values())


def sparse(x):
    rows = defaultdict(dict)
    for i in range(2):
        for j in range(3):
            if x[3 * i + j] > 0.5:
                rows[i][j] = x[3 * i + j]
    total = 0.0
    for i in rows:
        for j in rows[i]:
            total += rows[i][j] ** 2 * (i + 2 * j)
    return total


def every_other(x):
    rows = {}
    for i, v in enumerate(x):
        if v > 0.2:
            rows.setdefault(i % 2, {})[i] = v
    return sum(v**2 * k for row in rows.values() for k, v in row.items())


@pytest.mark.parametrize(
    "f", [inner_keys_one_by_one, inner_keys_of_setdefault, sparse, every_other]
)
def test_inner_keys_that_are_added(f):
    """The dicts in such a dict may have different keys."""
    check_grads(f, (X,))
    np.testing.assert_allclose(value_and_grad(f)(X)[0], f(X), rtol=1e-13)
