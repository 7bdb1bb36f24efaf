"""An array that a variable takes over from another is not written while that is read."""

import numpy as np
import pytest

from srcgrad.testing import check_grads

X = np.array([0.3, -0.2, 0.5, 0.1])
Y = np.array([0.4, 0.1, -0.3, 0.2])


def returned_in_a_branch(x, y):
    b = x
    b[0:] *= np.cos(y)
    x[0:3:2] -= y[:-1:2]
    if np.sum(x) > 0.5:
        return np.sum(y * y)
    for i in range(2):
        x[3:] -= 0.4
        s = y[i]
    return np.sum(x) + np.sum(np.sin(y))


def shared_with_the_forward_part(x, y):
    c = np.cos(y)
    if x[0] > 0:
        r = np.sum(np.sin(y)) + np.sum(c * x)
    else:
        r = np.sum(c) + np.sum(x)
    return r + y[0] * y[1] + np.sum(c * c)


@pytest.mark.parametrize("f", [returned_in_a_branch, shared_with_the_forward_part])
@pytest.mark.parametrize("shift", [0.0, -1.0, 1.0])
def test_gradient(f, shift):
    check_grads(f, (X + shift, Y), argnums=(0, 1))


def emptied_after_it_was_taken_over(x, y):
    v = x * 1.0
    w = y.copy()
    for i in range(len(x)):
        x[i] = x[i] if np.sum(v) > 1.25 else np.dot(x, x)
    np.copyto(w, v)
    return np.sum(w) + np.sum(y) + np.sum(x * x)


def test_a_shadow_that_is_emptied_after_it_was_taken_over(rng):
    x, y = 0.3 * rng.normal(size=(2, 3))
    check_grads(emptied_after_it_was_taken_over, (x, y), argnums=(0, 1))
    check_grads(emptied_after_it_was_taken_over, (abs(x) + 1, y), argnums=(0, 1))
