"""What is None or an array, depending on data, where Python or NumPy go through it."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import UnknownTypeError, value_and_grad


def array(x):
    return x if x[0] > 5 else None


def summed(x):
    a = array(x)
    return sum(a) * x[1]


def joined(x):
    a = array(x)
    return np.sum(np.concatenate([a, x * x, a]) ** 2)


def largest(x):
    a = x[0] if x[0] > 5 else None
    return max(a, x[1]) * min(x[1], a)


@pytest.mark.parametrize("f", [summed, joined, largest])
def test_what_raises_for_none(f):
    x = np.array([7.0, 2.0, 0.3])
    slopes = [(f(x + h) - f(x - h)) / 2e-6 for h in 1e-6 * np.eye(3)]
    value, x_bar = value_and_grad(f)(x)
    np.testing.assert_allclose(value, f(x), rtol=1e-14)
    np.testing.assert_allclose(x_bar, slopes, rtol=1e-6)
    x[0] = 1.0
    with pytest.raises((TypeError, ValueError)) as raised:
        f(x)
    with pytest.raises(raised.type):
        value_and_grad(f)(x)


def stacked(x):
    a = array(x)
    return np.sum(np.stack([a, a]))


def beside(x):
    a = array(x)
    return np.sum(np.hstack([a, x]))


def iterated_over(x):
    a, s = array(x), 0.0
    for v in a:
        s += v
    return s


def the_largest_of_it(x):
    a = array(x)
    return max(a)


@pytest.mark.parametrize("f", [stacked, beside, iterated_over, the_largest_of_it])
def test_what_is_refused(f):
    message = r"a is None or not here, depending on data: [^\n]+\n(.*\n)*hint: test it first: if a"
    with pytest.raises(UnknownTypeError, match=message):
        value_and_grad(f)(np.array([7.0, 2.0, 0.3]))


def test_it_is_tested_first():
    def f(x):
        a, s = array(x), 0.0
        if a is not None:
            for v in a:
                s += v
            s += np.sum(np.stack([a, x * a])) + max(a)
        return s * x[0]

    x = np.array([7.0, 2.0, 0.3])
    slopes = [(f(x + h) - f(x - h)) / 2e-6 for h in 1e-6 * np.eye(3)]
    np.testing.assert_allclose(value_and_grad(f)(x)[1], slopes, rtol=1e-6)
