"""Names outside that are assigned by a call, and read by the function that makes it."""

import numpy as np
import pytest

from srcgrad import grad
from srcgrad.errors import UnsupportedSyntaxError

K = 2.0
COUNT = 0


def change_k():
    global K
    K = 3.0


def by_another():
    change_k()


def count():
    global COUNT
    COUNT = 1


def read_before(x):
    y = K
    change_k()
    return x * y


def read_after(x):
    by_another()
    return x * K


def decides(x):
    a = x if K > 2.5 else 2 * x
    change_k()
    return a


@pytest.fixture(autouse=True)
def restored(monkeypatch):
    monkeypatch.setitem(globals(), "K", 2.0)
    monkeypatch.setitem(globals(), "COUNT", 0)


@pytest.mark.parametrize("f", [read_before, read_after, decides])
def test_a_global_that_a_call_assigns_is_not_read(f):
    with pytest.raises(
        UnsupportedSyntaxError, match="assigns to 'K', which is read here"
    ) as caught:
        grad(f)(1.5)
    assert "as an argument" in str(caught.value)
    assert K == 2.0, "nothing has run"


def test_a_cell_that_a_call_assigns_is_not_read():
    k = 2.0

    def change():
        nonlocal k
        k = 3.0

    def f(x):
        y = k
        change()
        return x * y

    with pytest.raises(UnsupportedSyntaxError, match="assigns to 'k'"):
        grad(f)(1.5)
    assert k == 2.0


def test_what_is_not_read_may_be_assigned():
    def f(x):
        count()
        return np.sin(x) * K

    np.testing.assert_allclose(grad(f)(0.3), 2 * np.cos(0.3))
    assert COUNT == 1
