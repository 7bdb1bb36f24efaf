"""Augmented assignments that NumPy refuses when the program runs raise what they raise there.

An array of one element does not grow to the shape of what is added to it in place, and some results
are read-only: the diagonal of a matrix, what is broadcast.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, UnsupportedSyntaxError, value_and_grad

X = np.array([0.3, -1.2, 0.7, 2.1, -0.4])


def zeros(x, n):
    acc = np.zeros(n)
    acc += x
    return (acc**2).sum()


def part_of_the_argument(x, n):
    a = x[:1] * n
    a += x
    return a.sum()


def masked(x, n):
    big = x[x > n - 3]
    big = big * 2
    big += x
    return big.sum()


def rows(x, n):
    acc = np.zeros((n, 2))
    for row in np.stack([x[:4], x[1:]]).reshape(-1, 2, 2):
        acc += row
    return (acc**2).sum()


def in_a_loop_that_ends(x, n):
    total = np.zeros(n)
    for i in range(3):
        total += x[i : i + 2]
        if i == 1:
            break
    return (total**2).sum()


def view(x, n):
    acc = np.ones(n)
    total = acc[:2]
    total *= x[:2]
    total += x[:2]
    return (total**2).sum()


def counted(x, n):
    k = np.ones(n, int)
    k += x > 0
    return (k * x).sum()


def seen(x, n):
    b = np.zeros(n, bool)
    b |= x > 0
    return (b * x).sum()


def in_a_dict(x, n):
    d = {"g": np.zeros(n)}
    d["g"] += x
    return (d["g"] ** 2).sum()


def to_a_power(x, n):
    a = np.full(n, 1.5)
    a **= np.abs(x)
    return (a[0] * x).sum()


def diagonal(x, n):
    d = np.diag(np.outer(x, x))
    d += n
    return d.sum()


def diagonal_handled(x, n):
    d = np.diag(np.outer(x, x))
    try:
        d *= n
    except ValueError:
        return x[0] ** 2
    return d.sum()


def broadcast(x, n):
    b = np.broadcast_to(x, (n, 5))
    b *= 2.0
    return b.sum()


def broadcast_number(x, n):
    b = np.broadcast_to(x[0], n)
    b += 1
    return b.sum()


def broadcast_number_handled(x, n):
    b = np.broadcast_to(x[0], n)
    try:
        b *= 2.0
    except ValueError:
        return x[0] ** 3
    return b.sum()


def element_of_broadcast_number_handled(x, n):
    b = np.broadcast_to(x[0], n)
    try:
        b[0] = 1.0
    except ValueError:
        return x[1] ** 2
    return b.sum()


PROGRAMS = [
    *(zeros, part_of_the_argument, masked, rows, in_a_loop_that_ends, view, counted, seen),
    *(in_a_dict, to_a_power, diagonal, diagonal_handled, broadcast, broadcast_number),
    *(broadcast_number_handled, element_of_broadcast_number_handled),
]


@pytest.mark.parametrize("f", PROGRAMS)
@pytest.mark.parametrize("order", [(5, 1, 2), (1, 5, 2), (2, 1, 5)], ids=str)
def test_value_gradient_or_exception(f: Any, order: tuple[int, ...]) -> None:
    gradient = value_and_grad(f)
    for n in order:
        try:
            expected = f(X.copy(), n)
        except ValueError:
            with pytest.raises((ValueError, AliasingError)):  # at run time, or before
                gradient(X, n)
            continue
        value, x_bar = gradient(X, n)
        np.testing.assert_allclose(value, expected, rtol=1e-14)
        step = 1e-6 * np.eye(len(X))
        slopes = [(f(X + h, n) - f(X - h, n)) / 2e-6 for h in step]
        np.testing.assert_allclose(x_bar, slopes, rtol=1e-6, atol=1e-8)


def test_each_raises_somewhere() -> None:
    """Or handles it: else the programs would test nothing."""
    handled = (diagonal_handled, broadcast_number_handled, element_of_broadcast_number_handled)
    for f in PROGRAMS:
        if f in handled:
            continue
        with pytest.raises(ValueError):
            [f(X.copy(), n) for n in (1, 2, 5)]


def grown_in_a_try(x, n):
    acc = np.zeros(n)
    try:
        acc += x
    except ValueError:
        return x[0] ** 2
    return (acc**2).sum()


def test_refused_in_a_try_where_it_may_raise() -> None:
    with pytest.raises(UnsupportedSyntaxError, match="may raise in a 'try'"):
        value_and_grad(grown_in_a_try)(X, 1)
    value, x_bar = value_and_grad(grown_in_a_try)(X, 5)
    np.testing.assert_allclose(value, np.sum(X**2))
    np.testing.assert_allclose(x_bar, 2 * X)
