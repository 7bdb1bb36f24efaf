"""Exits from a loop that is unrolled inside of one that is not: the branches follow one another."""

import itertools

import numpy as np
import pytest

from srcgrad import vjp
from srcgrad.testing import check_grads

X = np.array([0.3, -0.5, 0.2])


def returned(x, s, steps=2):
    v = x * 1.0
    for _ in range(steps):
        for i in range(3):
            if v[1] < s:
                v -= np.tanh(x)
                if x[i - 1] < 0.25:
                    v[0] = x[1]
                    return np.sum(v) + s
                v[:] = np.exp(v)
            else:
                v[1] += 0.4 * v[0]
            buffers = [v.copy(), v, v]
            buffers[i][0] = np.tanh(v[1] + s)
    return np.sum(v**2)


def stopped(x, s, steps=3):
    v = x * 1.0
    for _ in range(steps):
        done = False
        for i in (0, 1, 2):
            v[i] = v[i] * s + v[i - 1]
            if v[i] > 0.2:
                if v[i - 1] < 0.1:
                    done = True
                    break
                v[0] += 0.5
        if done:
            break
        v *= 0.9
    return np.sum(v**2)


@pytest.mark.parametrize("f", [returned, stopped])
def test_every_part_runs_once(f):
    def called(x, s):
        return f(x, s)

    for x, s in itertools.product([X, -X], [0.3, -0.9, 5.0]):
        check_grads(f, (x, s), argnums=(0, 1))
        value, pull_back = vjp(called, x, s)
        assert value == f(x, s)
        _, again = vjp(called, x, s)
        for bar, other in zip(pull_back(1.0), again(1.0), strict=True):
            np.testing.assert_array_equal(bar, other)
