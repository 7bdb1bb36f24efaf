"""Functions that are called as they are, because they cannot be looked into."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad

TABLE = np.arange(1.0, 4.0)


def one_hot(labels, classes):
    out = np.zeros((len(labels), classes))
    for i in range(len(labels)):
        out[i, labels[i]] += 1.0
    out.sort(axis=0)
    return out


def touch(w):
    w[0] = 100.0


def touch_again(w):
    touch(w)


def touch_view(w):
    part = w[1:]
    part *= 2
    part[0] = 5.0


def touch_global():
    TABLE[0] += 1.0


def sort_it(w):
    w.sort()


def test_writing_into_what_it_made_itself():
    labels = np.array([0, 2])
    gradient = grad(lambda x: np.sum(x * one_hot(labels, 3)))(np.ones((2, 3)))
    assert np.array_equal(gradient, one_hot(labels, 3))


@pytest.mark.parametrize("helper", [touch, touch_again, touch_view, sort_it])
def test_writing_into_an_argument(helper):
    def f(x):
        w = np.arange(1.0, 4.0)
        s = x * w
        helper(w)
        return np.sum(s * w)

    w = np.arange(1.0, 4.0)
    s = w.copy()
    helper(w)
    assert np.allclose(grad(f)(np.ones(3)), s * w)


def test_writing_into_a_global():
    def f(x):
        s = x * TABLE
        touch_global()
        return np.sum(s * TABLE)

    gradient = grad(f)(np.ones(3))
    assert np.array_equal(TABLE, [1.0, 2.0, 3.0])
    assert np.allclose(gradient, [2.0, 4.0, 9.0])
