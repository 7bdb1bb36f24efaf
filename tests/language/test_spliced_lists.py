"""Slices of lists of unknown length that are assigned other numbers of elements."""

import numpy as np
import pytest

from tests.slopes import check_slope


def weighted(items):
    return sum((k + 1.0) * v for k, v in enumerate(items))


def shorter_from_the_end(x):
    items = [1.0 for _ in x]
    items[-2:] = [x[0]]
    return weighted(items)


def shorter(x):
    items = [v for v in x if v > 0]
    items[1:3] = [x[0] * x[-1]]
    return weighted(items)


def longer_and_shorter(x):
    items = [v for v in x if v > 0]
    items[:0] = [x[0]]
    items[1:1] = [x[-1], 2.0]
    items[1:3] = []
    items[1:2] = [x[-1] * 2, x[0]]
    items[1:3] = items[0:1]
    return weighted(items)


def from_both_ends(x):
    items = [v for v in x if v > 0]
    items[1:-1] = [x[0] ** 2, 3.0]
    items[-3:2] = [x[-1]]
    return weighted(items)


def backwards_bounds(x):
    items = [v for v in x if v > 0]
    items[3:1] = [x[0] * 5.0]
    return weighted(items)


def by_every_other(x):
    items = [v for v in [*x, *x] if v > 0]
    items[: 2 * len(x) : 2] = [v * w for v, w in zip(x, x[::-1])]
    return weighted(items)


def an_array(x):
    items = [v for v in x if v > 0]
    items[1:] = x[1:] * 2
    return weighted(items)


def bounds_of_the_loop(x):
    items = [v for v in x if v > 0]
    for k in range(len(x)):
        items[k : k + 1] = [items[k] * x[0], x[k]]
    return weighted(items)


@pytest.mark.parametrize("count", range(1, 5))
@pytest.mark.parametrize(
    "f",
    [
        *(shorter_from_the_end, shorter, longer_and_shorter, from_both_ends, backwards_bounds),
        *(by_every_other, an_array, bounds_of_the_loop),
    ],
)
def test_gradient(f, count):
    check_slope(f, np.array([1.3, 0.4, 1.7, 0.9])[:count])
