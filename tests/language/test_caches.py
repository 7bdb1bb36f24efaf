"""Tuples of arrays that a loop appends, some of them elements of other lists that it appends to."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import value_and_grad
from srcgrad.testing import check_grads


def pairs(W, X):
    h, cache = [X[0]], []
    for x in X:
        h.append(h[-1] @ W)
        cache.append((x, h[-1]))
    return cache[-1][1].sum() + sum(np.sum(a * b) for a, b in cache)


def backwards(W, X):
    h, cache = [X[0]], []
    for x in X:
        z = h[-1] @ W
        h.append(z)
        cache.append((x, h[-2], z))
    return sum(np.sum(x * a * b) for x, a, b in reversed(cache))


def gates(W, X):
    h = [np.zeros(len(X[0]))]
    c, cache = [h[0]], []
    for x in X:
        i, f = np.tanh(x @ W + h[-1]), 1 / (1 + np.exp(-(x @ W)))
        c.append(f * c[-1] + i)
        h.append(np.tanh(c[-1]))
        cache.append((x, h[-2], c[-2], {"i": i, "f": f}))
    total = 0.0
    for t in range(len(cache) - 1, -1, -1):
        x, before, cell, gate = cache[t]
        total += np.sum(x * before) + np.sum(cell * gate["i"] * gate["f"])
    return total


def growing_parts(W, X):
    h, cache = [X[0]], []
    for t, x in enumerate(X):
        h.append(np.concatenate([h[-1], x * W[0]]))
        cache.append((h[-1], x[: t + 1]))
    return sum(np.sum(a**2) * np.sum(b) for a, b in cache)


@pytest.mark.parametrize("f", [pairs, backwards, gates, growing_parts])
@pytest.mark.parametrize(("n", "steps"), [(2, 4), (3, 1), (1, 2), (1, 1)])
def test_gradient(f, n, steps) -> None:
    rng = np.random.default_rng(n)
    W, X = rng.normal(size=(n, n)), rng.normal(size=(steps, n))
    assert value_and_grad(f)(W, X)[0] == pytest.approx(f(W, X), rel=1e-12)
    check_grads(f, (W, X))
