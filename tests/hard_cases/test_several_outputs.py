"""Functions with several results that are written into arrays; arguments that say nothing new."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad
from srcgrad.errors import AliasingError, UnsupportedSyntaxError
from tests.slopes import check_slope

W = np.arange(1.0, 5.0)
X = np.array([0.65, 1.35, 0.95, 1.7])


def by_position(x):
    q, r = np.zeros(4), np.zeros(4)
    np.divmod(x, 0.4, q, r)
    return np.sum(q * r * x * W)


def by_name(x):
    q, r = np.zeros(4), np.zeros(4)
    a, b = np.divmod(x, 0.4, out=(q, r))
    return np.sum(q * r * x * W) + np.sum(a * b)


def one_of_two(x):
    q, r = np.zeros(4), np.zeros(4)
    _, b = np.divmod(x, 0.4, q)
    c, _ = np.divmod(x * 2, 0.7, out=(None, r))
    np.divmod(x, 0.3, None, q[:])
    return np.sum(q * b * r * c * W)


def into_an_operand(x):
    x = x * 1
    r = np.zeros(4)
    np.divmod(x, 0.4, r, x)
    y = x * r
    np.divmod(y, x, x[::-1], r)
    return np.sum(y * r * x * W)


def into_rows(x):
    r = np.zeros((3, 4))
    np.divmod(x, 0.4, None, r[1])
    np.divmod(x, 0.3, out=(r[0], r[2]))
    return np.sum(r * x * W)


def with_usual_arguments(x):
    x = x * 1
    np.multiply(x, x, out=x, casting="same_kind")
    np.sin(x, x, order="K", subok=True, dtype=None)
    return np.sum(np.exp(x, casting="same_kind") * W)


@pytest.mark.parametrize(
    "f", [by_position, by_name, one_of_two, into_an_operand, into_rows, with_usual_arguments]
)
def test_gradient(f):
    check_slope(f, X)


def into_one_array(x):
    q = np.zeros(6)
    np.divmod(x, 0.4, q[1:5], q[2:])
    return np.sum(q[:4] * x)


def test_results_that_would_overwrite_each_other():
    with pytest.raises(AliasingError, match="two results may be written into the same memory"):
        grad(into_one_array)(X)


def under_a_mask(x):
    q, r = np.zeros(4), np.zeros(4)
    np.divmod(x, 0.4, out=(q, r), where=x > 1)
    return np.sum(q * r * x)


def fractions(x):
    q, r = np.zeros(4), np.zeros(4)
    np.modf(W, q, r)
    return np.sum(q * r * x)


def exponents(x):
    q, r = np.zeros(4), np.zeros(4, int)
    np.frexp(W, out=(q, r))
    return np.sum(q * r * x)


@pytest.mark.parametrize("f", [under_a_mask, fractions, exponents])
def test_what_is_not_known(f):
    with pytest.raises(UnsupportedSyntaxError, match="writes into arrays is not known here"):
        grad(f)(X)
