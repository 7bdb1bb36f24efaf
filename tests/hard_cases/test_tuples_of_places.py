"""Places that a tuple holds, and conditions that count as numbers."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import NoDerivativeError, grad
from srcgrad.testing import check_grads

X = np.array([0.3, 0.2, 0.5])
A = np.arange(6.0).reshape(2, 3) + 0.5


def of_a_vector(x):
    return np.sum(np.take(x, (0, 2)) ** 2)


def by_the_method(x):
    return np.sum(x.take((0, 2, 2)) ** 2)


def of_numbers_before(x):
    i = len(x) - 1
    return np.sum(np.take(x, (0, i)) ** 2)


def of_rows(A):
    return np.sum(np.take(A, (0, 1, 0), axis=0) ** 2)


def of_columns(A):
    return np.sum(A.take((0, -1), axis=1) ** 3)


def of_the_last_axis(A):
    return np.sum(np.take(A, ((0, 2), (1, 1)), axis=-1) ** 2)


def of_all_elements(A):
    return np.sum(np.take(A, ((0, 1), (5, 1))) ** 2)


def beyond_the_end(x):
    return np.sum(np.take(x, (0, 5), mode="wrap") ** 2)


def put_at_places(x):
    y = np.zeros(3)
    np.put(y, (0, 0, 2), x)
    return np.sum(y**2)


def put_around(x):
    y = np.ones(4)
    np.put(y, [-1, 5, 9], x, mode="wrap")
    return np.sum(y**2 * np.arange(4.0))


def put_at_the_ends(A):
    B = A * 2
    B.put([-7, 2, 90], A[0] ** 2, mode="clip")
    return np.sum(B**2)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        *((put_around, X), (put_at_the_ends, A)),
        *((of_a_vector, X), (by_the_method, X), (of_numbers_before, X), (of_rows, A)),
        *((of_columns, A), (of_the_last_axis, A), (of_all_elements, A), (beyond_the_end, X)),
        (put_at_places, X),
    ],
)
def test_a_tuple_of_places(f, x):
    check_grads(f, (x,), rtol=1e-6)


@pytest.mark.parametrize("places", [(0, 2), (1, 1, 2), [0, 2], (0, -1)])
def test_places_that_are_given(places):
    def taken(x, places):
        return np.sum(np.take(x, places) ** 2)

    def taken_from_columns(A, places):
        return np.sum(np.take(A, places, axis=1) ** 2)

    def of_an_array(x, places):
        return np.sum(x[np.array(places)] ** 2) + np.sum(x.take(np.asarray(places)))

    def put(x, places):
        y = np.zeros(3)
        np.put(y, places, x[: len(places)])
        return np.sum(y**2)

    for f, x in ((taken, X), (taken_from_columns, A), (of_an_array, X), (put, X)):
        check_grads(lambda x, f=f: f(x, places), (x,), rtol=1e-6)
        want = grad(lambda x, f=f: f(x, np.array(places)))(x)
        np.testing.assert_allclose(grad(f)(x, places), want)


def test_conditions_are_no_places():
    with pytest.raises(NoDerivativeError, match="masks"):
        grad(lambda x: np.sum(np.take(x, (True, False)) ** 2))(X)


@pytest.mark.parametrize("often", [True, False, 2])
def test_repeated_by_a_condition(often):
    def known(x):
        return np.sum(np.repeat(x, often) ** 2)

    def along_an_axis(A):
        return np.sum(np.repeat(A, often, axis=1) ** 2)

    def given(A, often):
        return np.sum(A.repeat(often) ** 2)

    for f, x in ((known, X), (along_an_axis, A), (lambda A: given(A, often), A)):
        check_grads(f, (x,), rtol=1e-6)
    np.testing.assert_allclose(grad(given)(A, often), 2 * A * often)


@pytest.mark.parametrize("x", [X, X - 0.2])
def test_repeated_where_the_data_say_so(x):
    def f(x):
        return np.sum(np.repeat(x, x[0] > 0.2) ** 2)

    np.testing.assert_allclose(grad(f)(x), 2 * x * (x[0] > 0.2))


@pytest.mark.parametrize(
    "labels",
    [
        *(lambda x: x > 0.25, lambda x: (x > 0.25).tolist(), lambda x: [v > 0.25 for v in x]),
        *(lambda x: [True, False, True], lambda x: np.array([0, 1, 1], np.uint8)),
        lambda x: np.array([1, 2, 1]) if x[0] > 0.0 else x > 0.25,
    ],
)
def test_conditions_that_are_counted(labels):
    """``np.bincount`` takes them for 0 and 1; as an index they would be a mask."""

    def f(x):
        sums = np.bincount(labels(x), x**2)
        return np.sum(sums**2 * np.arange(1.0, len(sums) + 1.0))

    def pair(x):
        return np.sum(np.bincount(x > 0.25, weights=x) ** 2 * np.array([1.0, 3.0]))

    check_grads(f, (X,), rtol=1e-6)
    check_grads(pair, (X[:2],), rtol=1e-6)  # two conditions are a mask of the two sums too


@pytest.mark.parametrize("n", [0, 1, 3, 300])
@pytest.mark.parametrize("mode", ["raise", "wrap", "clip"])
@pytest.mark.parametrize("places", [[1, 0], [], 1, np.uint8(1), np.array([2, 1], np.uint8)])
@pytest.mark.parametrize("values", [lambda x: x[:2] * 3, lambda x: x[0], lambda x: x[:0]])
def test_put_into_any_length(n, mode, places, values):
    """An array of nothing raises what NumPy raises; what has no values writes nothing."""
    places = np.array(places, int) if isinstance(places, list) else places

    def f(x):
        y = x.copy()
        np.put(y, places, values(x), mode=mode)
        return np.sum(y**2)

    x = np.linspace(0.5, 1.0, n)
    try:
        f(x)
    except (IndexError, ValueError) as error:
        with pytest.raises(type(error)):
            grad(f)(x)
    else:
        direction = np.sin(np.arange(n))
        slope = (f(x + 1e-6 * direction) - f(x - 1e-6 * direction)) / 2e-6
        np.testing.assert_allclose(grad(f)(x) @ direction, slope, atol=1e-7)


def test_few_bits_for_a_place_beyond_the_end():
    x, places = np.linspace(0.5, 1.0, 300), np.array([1, 200], np.uint8)
    found = grad(lambda x: np.sum(np.take(x, places, mode="wrap") ** 2))(x)
    assert found.nonzero()[0].tolist() == [1, 200]
