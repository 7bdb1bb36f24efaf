"""Reductions with `where`, `initial` and `dtype`; products with zeros; einsum with an ellipsis."""

from __future__ import annotations

import itertools
import tracemalloc

import numpy as np
import pytest

from srcgrad import NoDerivativeError, grad
from tests.language.checking import check
from tests.parts import one_of

rng = np.random.default_rng(11)
A = rng.uniform(0.3, 1.7, size=(3, 4))
B = rng.uniform(0.3, 1.7, size=(2, 3, 4))
MASK = np.array([[1, 0, 1, 1], [0, 1, 1, 0], [1, 1, 0, 1]], dtype=bool)
ROW = np.array([True, False, True, True])
COLUMN = np.array([[True], [False], [True]])

AXES = [None, 0, 1, -1, (0, 1)]
WHERE = {"full": MASK, "row": ROW, "column": COLUMN}


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("mask", WHERE)
@pytest.mark.parametrize("name", ["sum", "mean", "prod", "var", "std"])
def test_where(name, mask, axis, keepdims):
    where = WHERE[mask]
    if name in ("mean", "var", "std") and mask != "full" and axis not in (None, (0, 1)):
        where = where | MASK  # an empty selection has no mean
    op = getattr(np, name)

    def by_function(x, w):
        return np.sum(op(x, axis=axis, keepdims=keepdims, where=w) ** 2)

    def by_method(x, w):
        return np.sum(getattr(x, name)(axis=axis, keepdims=keepdims, where=w) ** 3)

    for f in one_of(
        2, (by_function, by_method), [*WHERE].index(mask) + AXES.index(axis) + keepdims
    ):
        check(f, A, where)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("name", ["sum", "prod", "max", "min"])
@pytest.mark.parametrize("mask", [None, *WHERE])
def test_initial(name, mask, axis):
    """Each way of giving the first value with each of the values, others with the next case."""
    op, named = getattr(np, name), {} if mask is None else {"where": WHERE[mask]}

    def of_both(initial):
        check(
            lambda x, s: np.sum(op(x, axis=axis, initial=s, **named) ** 2), A, initial, wrt=(0, 1)
        )

    def of_array(initial):
        check(lambda x: np.sum(op(x, axis=axis, initial=initial, **named) ** 2), A)

    def of_initial(initial):
        check(lambda s: np.sum(op(A, axis=axis, initial=s, keepdims=True, **named) ** 2), initial)

    row = [None, *WHERE].index(mask) + AXES.index(axis)
    for place, initial in enumerate((-1.0, 0.9, 3.0)):
        for form in one_of(3, (of_both, of_array, of_initial), row + place):
            form(initial)


def test_where_as_written():
    check(lambda x: np.sum(x, initial=2.0) ** 2 + np.sum(np.max(x, axis=0, initial=1.0) ** 2), A)
    check(lambda x: np.sum(np.sum(x, axis=0, where=x > 1) ** 2), A)
    check(lambda x: np.sum(np.mean(x, axis=1, where=[True, False, True, True]) ** 2), A)
    check(lambda x: np.sum(x, where=True) * np.sum(x, initial=2.0) ** 2, A)
    check(lambda x: np.add.reduce(x, where=MASK, initial=1.5).prod(), A)
    check(lambda x: np.sum(np.multiply.reduce(x, 1, where=MASK) ** 2), A)
    check(lambda x: np.sum(np.maximum.reduce(x, 1, initial=0.0, where=MASK) ** 2), A)
    check(lambda x: np.var(x, where=MASK, ddof=1) + np.std(x, axis=1, where=MASK, ddof=0.5)[0], A)
    check(lambda x: np.var(x, axis=1, where=x > 0.8).sum() * x.std(where=ROW), A)


def test_nan_outside_of_the_mask():
    def f(x, w):
        return np.sum(np.log(x), where=w) + np.prod(np.sqrt(x), where=w) + np.mean(x, where=w)

    x = np.array([0.5, -1.0, 2.0])
    with np.errstate(invalid="ignore"):
        found = grad(f)(x, x > 0)
    product = np.sqrt(0.5 * 2.0)
    np.testing.assert_allclose(
        found, [1 / 0.5 + product / 2 / 0.5 + 0.5, 0.0, 1 / 2.0 + product / 2 / 2.0 + 0.5]
    )


def test_ties_with_the_first_value():
    x = np.array([1.0, 2.0, 2.0])
    np.testing.assert_array_equal(grad(lambda v: np.max(v, initial=2.0))(x), [0, 0, 0])
    np.testing.assert_array_equal(grad(lambda v: np.max(v, initial=1.0))(x), [0, 0.5, 0.5])
    x_bar, s_bar = grad(lambda v, s: np.max(v, initial=s), argnums=(0, 1))(x, 2.0)
    np.testing.assert_allclose(x_bar, [0, 1 / 3, 1 / 3])
    np.testing.assert_allclose(s_bar, 1 / 3)


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "var", "std"])
@pytest.mark.parametrize("of", [np.float32, np.float64])
@pytest.mark.parametrize("to", [np.float32, np.float64])
def test_dtype(name, of, to):
    op, x = getattr(np, name), A.astype(of)

    def f(x):
        return np.sum(op(x, axis=1, dtype=to) ** 2)

    found = grad(f)(x)
    assert found.dtype == of
    expected = grad(lambda x: np.sum(op(x, axis=1) ** 2))(A)
    np.testing.assert_allclose(found, expected, rtol=1e-5 if np.float32 in (of, to) else 1e-13)


def test_float32_stays_float32():
    x, w = A.astype(np.float32), MASK

    def f(x, w):
        total = np.sum(np.mean(x, axis=1, where=w) * np.max(x, axis=1, initial=0.5, where=w))
        return total + np.sum(np.var(x, axis=0, where=w)) + np.prod(x, where=w)

    assert "float64" not in grad(f).lower(x, w).source
    assert grad(f)(x, w).dtype == np.float32


def test_an_integer_dtype_rounds():
    assert not grad(lambda x: 0.0 * x[0, 0] + np.sum(x, dtype=int))(A).any()


def test_what_is_not_covered_is_refused():
    with pytest.raises(NoDerivativeError, match="correction"):
        grad(lambda x: np.var(x, correction=1))(A)


# --- products with zeros ------------------------------------------------------------------------


def exact_product(x, axis, y_bar):
    """The gradient of a product, each from the definition."""
    moved = np.moveaxis(x, axis, -1)
    found = np.zeros_like(moved)
    for index in np.ndindex(*moved.shape):
        rest = np.delete(moved[index[:-1]], index[-1])
        found[index] = np.prod(rest) * y_bar[index[:-1]]
    return np.moveaxis(found, -1, axis)


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
@pytest.mark.parametrize("zeros", [0, 1, 2, 5])
def test_zeros_along_an_axis(axis, zeros):
    x = B.copy()
    for k in rng.permutation(x.size)[:zeros]:
        x.ravel()[k] = 0.0
    x[:, :, 1] = np.where(zeros == 5, 0.0, x[:, :, 1])
    weights = rng.uniform(0.5, 1.5, size=np.prod(x, axis=axis).shape)
    found = grad(lambda x: np.sum(np.prod(x, axis=axis) * weights))(x)
    np.testing.assert_allclose(found, exact_product(x, axis, weights), rtol=1e-14, atol=0)


@pytest.mark.parametrize("zeros", list(itertools.product([0, 1], repeat=4)))
def test_zeros_of_a_vector(zeros):
    x = np.where(zeros, 0.0, A[0])
    expected = [np.prod(np.delete(x, i)) for i in range(4)]
    np.testing.assert_array_equal(grad(np_prod)(x) if any(zeros) else expected, expected)
    np.testing.assert_allclose(grad(np_prod)(x), expected, rtol=1e-15)
    both = np.stack([x, A[1]])
    np.testing.assert_allclose(
        grad(np_prod)(both),
        np.stack([np.prod(A[1]) * np.array(expected), np.prod(both) / A[1]]),
    )


def np_prod(x):
    return np.prod(x)


def test_zeros_over_several_axes():
    x = B.copy()
    x[0, 1, 2] = x[1, 2, 0] = x[1, 0, 0] = 0.0
    found = grad(lambda x: np.sum(np.prod(x, axis=(0, 2), keepdims=True)))(x)
    rows = np.moveaxis(x, 1, 0).reshape(3, 8)
    expected = exact_product(rows, 1, np.ones(3)).reshape(3, 2, 4)
    np.testing.assert_allclose(found, np.moveaxis(expected, 0, 1), rtol=1e-14)
    check(lambda x: np.sum(np.prod(x, axis=1, where=B > 1) ** 2 + np.prod(x, initial=2.0)), x)
    assert grad(np_prod)(np.zeros((0, 3))).shape == (0, 3)


def test_a_zero_takes_no_square_of_memory():
    x = np.ones(4000)
    x[7] = 0.0
    gradient = grad(np_prod)
    gradient(x)
    tracemalloc.start()
    found = gradient(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found[7] == 1.0
    assert np.count_nonzero(found) == 1
    assert peak < 20 * x.nbytes


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("zero", [False, True])
def test_cumulative_products(axis, zero):
    x = A.copy()
    if zero:
        x[1, 2] = x[2, 2] = x[0, 0] = 0.0
    check(lambda x: np.sum(np.sin(np.cumprod(x, axis=axis))), x)
    check(lambda x: np.sum(x.cumprod(axis) * 1.5), x)


# --- einsum -------------------------------------------------------------------------------------

C = rng.uniform(0.3, 1.7, size=(4, 5))
D = rng.uniform(0.3, 1.7, size=(1, 3, 4))


@pytest.mark.parametrize(
    ("subscripts", "operands"),
    [
        ("...j,jk->...k", (B, C)),
        ("...ij, jk -> ...ik", (B, C)),
        ("ij...,jk...->ik...", (A, C.T[:4, :4])),
        ("...,...", (A, B)),
        ("...,...->...", (B, D)),
        ("i...->...", (B,)),
        ("...i->...", (B,)),
        ("...ij->...ji", (B,)),
        ("...ii->...i", (B[:, :, :3],)),
        ("...ii", (B[:, :, :3],)),
        ("i...i->...", (rng.uniform(size=(3, 2, 3)),)),
        ("...ij,...j", (B, A[:2])),
        ("...ij,...kj->...ik", (B, D)),
        ("a...,b...->ab...", (A, B)),
        ("...", (A,)),
        ("ij...,j->i...", (A, A[0])),
        ("...a,...a,...->...", (B, A, A[:, 0])),
    ],
)
def test_ellipsis(subscripts, operands):
    def f(*operands):
        return np.sum(np.sin(np.einsum(subscripts, *operands)))

    names = ", ".join(f"x{i}" for i in range(len(operands)))
    lines = {1: lambda x0: f1(subscripts, x0), 2: lambda x0, x1: f2(subscripts, x0, x1)}
    lines[3] = lambda x0, x1, x2: np.sum(np.sin(np.einsum(subscripts, x0, x1, x2)))
    assert names
    check(lines[len(operands)], *operands, wrt=tuple(range(len(operands))))


def f1(subscripts, x):
    return np.sum(np.sin(np.einsum(subscripts, x)))


def f2(subscripts, x, y):
    return np.sum(np.sin(np.einsum(subscripts, x, y)))
