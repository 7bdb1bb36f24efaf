"""What cannot be changed of containers from outside is refused with what they are."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest

from srcgrad import AliasingError, SrcgradError, grad

X = np.array([0.7, 1.3, 0.9])


class Box:
    def __init__(self):
        self.d = {"a": 1.0}
        self.items = [1.0]


BOX = Box()


def _deleted(x):
    del BOX.d["a"]
    return x[0]


@pytest.mark.parametrize(
    ("f", "what"),
    [
        (_deleted, "'BOX.d', a dict from outside"),
    ],
)
def test_what_is_changed(f, what):
    """It is no array, and none is to be made of it."""
    with pytest.raises(AliasingError, match=f"this changes {what}") as error:
        grad(f)(X)
    assert "of its own" in str(error.value)
    assert (BOX.d, BOX.items) == ({"a": 1.0}, [1.0])


def test_arguments():
    def put(x, d):
        d["a"] = 3.0
        return x[0] * d["a"]

    def deleted(x, d):
        del d["a"]
        return x[0]

    given = {"a": 1.0}
    np.testing.assert_array_equal(grad(put)(X, given)[:2], [3.0, 0.0])
    assert given == {"a": 3.0}
    with pytest.raises(AliasingError, match="this changes a dict that the function was given"):
        grad(deleted)(X, given)
    assert given == {"a": 3.0}


def test_other_objects():
    def put(x, queue):
        queue[0] = 3
        return x[0] * len(queue)

    with pytest.raises(AliasingError, match="from outside"):
        grad(put)(X, deque([1, 2]))


def test_a_matrix_is_refused_as_such():
    def put(x, A):
        A[0, 0] = 3.0
        return x[0] * A[0, 0]

    with pytest.raises(SrcgradError, match="subclass of numpy.ndarray"):
        grad(put)(X, np.asmatrix(np.eye(2)))
