"""What NumPy refuses to write into the array of a call: the gradient raises what f raises."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import value_and_grad
from srcgrad.errors import CertainError, SrcgradError, UnsupportedSyntaxError
from srcgrad.testing import check_grads
from tests.frontend.programs import make

X = np.array([0.5, 1.5, 1.2])
A = np.array([[1.0, 2.0, 0.5], [0.3, 1.1, 0.7], [0.9, 0.2, 1.3]])
ONE = np.array([1.5])


def program(line, before=""):
    """The line where the program may get, and where it does."""
    return make(
        "def f(x, A):\n"
        "    ints = np.zeros(len(x), dtype=int)\n"
        "    bools = np.zeros(len(x), dtype=bool)\n"
        "    narrow = np.ones(len(x), dtype=np.float32)\n"
        "    wide = np.zeros((4, len(x)))\n"
        "    four = np.zeros(4)\n"
        f"    {before or 'pass'}\n"
        "    if x[0] > 0:\n"
        f"        {line}\n"
        "    rest = np.sum(bools * x) + np.sum(wide * x) + np.sum(four)\n"
        "    return np.sum(x * A) + np.sum(ints * x) + rest\n"
    )[0]


def assert_raises_as_f(f, *args):
    with pytest.raises((TypeError, ValueError)) as wanted:
        f(*(arg.copy() for arg in args))
    with pytest.raises((TypeError, ValueError)) as caught:
        value_and_grad(f, argnums=tuple(range(len(args))))(*args)
    assert type(caught.value) is type(wanted.value), caught.value


@pytest.mark.parametrize(
    "line",
    [
        "np.multiply(x, x, out=ints)",
        "np.multiply(x, 2.0, ints)",
        "np.multiply(x, x, out=bools)",
        "np.add(x, ints, out=(ints,))",
        "np.sqrt(x, out=ints, where=x > 1)",
        "np.matmul(A, x, out=ints)",
        "np.clip(x, 0.0, 1.0, out=ints)",
        "x.clip(0.0, 1.0, out=ints)",
        "np.round(x, out=ints)",
        "np.divmod(x, 0.3, ints, narrow)",
        "np.std(A, axis=0, out=ints)",
        "np.concatenate([x[:1], x[1:]], out=ints)",
        "np.einsum('ij,j->i', A, x, out=narrow)",
        "np.copyto(ints, x)",
        "np.copyto(ints, 2.5)",
        "np.copyto(ints, x, where=x > 1)",
        "np.copyto(narrow, x, casting='safe')",
        "np.putmask(ints, x > 1, x)",
        "np.putmask(narrow, x > 1, x)",
        "np.place(ints, x > 1, x)",
        "np.place(narrow, x > 1, x)",
        "np.dot(A, x, out=ints)",
        "np.dot(A, x, out=narrow)",
        "A.dot(x, out=narrow)",
    ],
)
def test_dtypes_that_do_not_hold_the_result(line):
    assert_raises_as_f(program(line), X, A)


@pytest.mark.parametrize("x", [X, ONE])
@pytest.mark.parametrize(
    "line",
    [
        "np.add(x, A[: len(x), : len(x)], out=x)",
        "np.multiply(x[:1, None], x[:1], out=x[:1])",
        "np.cumsum(x, out=four)",
        "np.sum(A[:1, : len(x)], axis=0, out=four)",
        "np.matmul(A[: len(x), : len(x)], x, out=four)",
        "np.concatenate([x[:1]], out=four)",
    ],
)
def test_shapes_that_an_assignment_would_broadcast(line, x):
    assert_raises_as_f(program(line), x, A[:, :1] if len(x) == 1 else A)


@pytest.mark.parametrize("made", ["np.zeros(A.shape, order='F')", "np.zeros(A.shape).T", "A.T"])
def test_np_dot_wants_the_order_of_c(made):
    assert_raises_as_f(program("np.dot(A, A, out=C)", f"C = {made}"), X, A)


@pytest.mark.parametrize(
    "line",
    [
        "np.add(x, 1.0, out=wide)",
        "np.exp(x, wide[:, :])",
        "np.matmul(A, x, out=wide)",
        "np.multiply(x, x, out=wide[0])",
        "np.multiply(x, x, out=wide.T[:, 0])",
        "np.greater(x, 1.0, out=bools)",
        "np.greater(x, 1.0, out=wide[1])",
        "np.cumsum(x * 3.1, out=ints)",
        "np.cumsum(x, out=x)",
        "np.sum(A, axis=0, out=ints)",
        "np.mean(A, axis=0, out=x)",
        "np.take(x, [0, 1, 1], out=wide[0])",
        "np.dot(A, x, out=wide[1])",
        "np.dot(A, A, out=wide[:3])",
        "np.dot(A, x, out=x.copy())",
        "np.divmod(x, 0.7, None, wide[0])",
        "np.clip(x, 0.0, 1.0, out=wide)",
        "np.putmask(ints, x > 1, 2.7)",
        "np.putmask(narrow, x > 1, 2.5)",
        "np.putmask(ints, x > 1, [2.7, 1.4])",
        "np.copyto(narrow, 2.5, casting='safe')",
        "np.copyto(ints, x, casting='unsafe')",
        "np.copyto(narrow, x)",
    ],
)
def test_what_numpy_writes_is_written(line):
    check_grads(program(line), (X, A), argnums=(0, 1))


def test_a_try_catches_it():
    def f(x):
        counts = np.zeros(len(x), dtype=int)
        try:
            np.multiply(x, x, out=counts)
        except TypeError:
            return np.sum(x * 3)
        return np.sum(counts * x)

    value, bar = value_and_grad(f)(X)
    assert value == f(X)
    np.testing.assert_array_equal(bar, [3.0, 3.0, 3.0])


def test_where_nothing_goes_around_it_the_line_is_named():
    def f(x):
        counts = np.zeros(len(x), dtype=int)
        np.multiply(x, x, out=counts)
        return np.sum(counts * x)

    with pytest.raises(CertainError, match="Cannot cast ufunc 'multiply' output") as refused:
        value_and_grad(f)(X)
    assert refused.value.loc.text == ("np.multiply(x, x, out=counts)",)


def test_a_number_that_may_be_either_kind():
    """``np.copyto`` asks which of Python's and NumPy's numbers it is."""

    def f(x, n):
        narrow = np.ones(len(x), dtype=np.float32)
        k = 2.0
        for i in range(n):
            k = k * x[i]
        np.copyto(narrow, k, casting="safe")
        return float(np.sum(narrow)) + np.sum(x)

    with pytest.raises(UnsupportedSyntaxError, match="'safe'"):
        value_and_grad(f)(X, 0)


def test_a_new_array_is_not_asked_for_its_order():
    def f(A, x):
        C = np.zeros(A.shape)
        for i in range(len(A)):
            np.dot(A, x, out=C[i])
        return np.sum(C * A)

    derivative = value_and_grad(f, argnums=(0, 1))
    derivative(A, X)
    assert "flags" not in derivative.source
    check_grads(f, (A, X), argnums=(0, 1))


def test_nothing_of_the_users_runs():
    """The compiler asks NumPy with samples, and no function of the user's, nor a generator."""
    seen = []
    noted = np.frompyfunc(lambda v: seen.append(v) or v, 1, 1)
    rng = np.random.default_rng(0)
    state = rng.bit_generator.state

    def by_function(x):
        out = np.zeros(len(x))
        noted(x, out=out)
        return np.sum(out)

    def by_generator(x):
        out = np.zeros(len(x), dtype=np.float32)
        rng.random(out=out, dtype=np.float32)
        return np.sum(out * x)

    for f in (by_function, by_generator):
        with pytest.raises(SrcgradError):
            value_and_grad(f)(X)
    assert not seen
    assert rng.bit_generator.state == state
