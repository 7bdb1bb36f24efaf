"""Elements that the reverse of a block reads again instead of saving them."""

import numpy as np
import pytest

from srcgrad.testing import check_grads


def written_under_a_mask(x, m):
    v = x.copy()
    for _ in range(2):
        c = v[1]
        v[v > 0.4] = np.sin(c)
        v *= c
        v[2:] *= m
    return np.sum(v)


def written_through_a_view(x, m):
    v = x.copy()
    for i in range(3):
        c = v[1]
        head = v[:2]
        head[:] = np.sin(head * c)
        v *= c
        tail = v[2:]
        tail *= m * c
    return np.sum(v)


def written_by_a_helper(x, m):
    def scale(a, c):
        a[:2] *= 1.5
        a *= c

    v = x.copy()
    for i in range(2):
        scale(v, v[0])
        v[2:] -= m * v[1]
    return np.sum(v * v)


@pytest.mark.parametrize("f", [written_under_a_mask, written_through_a_view, written_by_a_helper])
def test_what_was_written_since_is_not_read_again(f):
    check_grads(f, (np.array([0.6, 0.9, 0.1, 0.3]), np.array([0.3, 0.7])), argnums=(0, 1))
