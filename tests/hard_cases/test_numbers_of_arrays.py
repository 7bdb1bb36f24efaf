"""Arrays made of lists of numbers whose length is not known, and overwritten afterwards."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import value_and_grad

X = np.array([2.0, -3.0, 4.0, -1.5])


def by_a_mask(x):
    y = np.array([v * v for v in x])
    y[x < 0] = 0.0
    return np.sum(y)


def by_a_slice(x):
    y = np.asarray([np.sin(x[i]) for i in range(len(x))])
    y[:1] = x[1]
    return np.sum(y**2)


def by_an_index(x):
    items = []
    for v in x:
        items.append(v)
    y = np.stack(items)
    y[0] = 3.0
    y[np.array([1, 2])] = 0.5
    return np.sum(y * x)


def by_a_helper(x):
    def clipped(v, least):
        v[v < least] = least
        return v

    return np.sum(clipped(np.hstack(sorted(x)), 0.0) * np.arange(len(x)))


def under_a_condition(x):
    y = np.array([x[0]] * int(np.sum(x > 0)) + [x[1]])
    if x[2] > 0:
        np.copyto(y, 0.0, where=y > 0)
    np.put(y, [0], x[3])
    return np.sum(y**2)


def as_a_column(x):
    y = np.array([v * x[0] for v in x])[:, None].copy()
    y[1:] = 0.5
    return np.sum(y**2)


@pytest.mark.parametrize(
    "f", [by_a_mask, by_a_slice, by_an_index, by_a_helper, under_a_condition, as_a_column]
)
def test_gradient(f) -> None:
    value, bar = value_and_grad(f)(X)
    assert value == pytest.approx(f(X), rel=1e-14)
    for i, slope in enumerate(bar):
        step = 1e-6 * np.eye(4)[i]
        assert slope == pytest.approx((f(X + step) - f(X - step)) / 2e-6, rel=1e-6, abs=1e-8)
