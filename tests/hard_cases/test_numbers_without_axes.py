"""Axes of numbers, which have none, and other arguments of functions that are seldom given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcgrad import NoDerivativeError, value_and_grad
from tests.hard_cases.checking import Case, Table, matrix, vector

program = Table()
X, A = vector(4), matrix(2, 3)
FIRST = np.array(1)
WEIGHTS = np.arange(1.0, 60.0)


def weighed(y: Any) -> Any:
    return np.sum(np.ravel(y) ** 2 * WEIGHTS[: np.size(y)])


# --- axes of numbers ------------------------------------------------------------------------------


@program(X)
def an_element_repeated(x):
    return weighed(np.repeat(x[0], 3, axis=0)) * np.sum(np.repeat(x[1], [2], axis=-1))


@program(1.3)
@program(np.array(1.3))
def a_number_repeated(s):
    return weighed(s.repeat(2) if isinstance(s, np.ndarray) else np.repeat(s, 3, axis=0))


@program(X)
def reduced_along_an_axis(x):
    sums = np.sum(x[0], axis=0) * np.prod(x[1], axis=-1) * x[2].sum(axis=0)
    return sums * np.max(x[3], axis=0) + np.add.reduce(x[0] * x[1]) + np.sum(x[1], axis=())


@program(X, FIRST)
@program(A, FIRST)
@program(X, 1)
def what_an_argument_chooses(y, i):
    g = y[i]
    return np.sum(np.sum(g, axis=0)) * np.sum(np.prod(g, axis=0))


@program(X)
def products_of_one_number(x):
    return weighed(np.cumprod(x[0] * x[1])) + weighed(np.cumprod(x[2], axis=0) * x[3])


@program(X)
def a_number_padded(x):
    return np.sum(np.pad(x[0], 1)) * x[1]


# --- arguments that are seldom given --------------------------------------------------------------


@program(X, [9, -9, 1])
@program(X, 7)
@program(A, np.array([[7, -9], [1, 0]]))
@program(1.3, [4, 0])
def indices_out_of_bounds(x, i):
    around, within = np.take(x, i, mode="wrap"), np.take(x, i, mode="clip")
    return weighed(around) + np.sum(around * within)


@program(A, [5, -4])
def indices_out_of_bounds_along_axes(x, i):
    return weighed(x.take(i, 0, None, "wrap")) + weighed(np.take(x, i, axis=-1, mode="clip"))


@program(X, 7)
def the_next_of_a_ring(x, n):
    total = 0.0
    for i in range(n):
        total += np.take(x, i + 1, mode="wrap") * np.take(x, i, mode="wrap") ** 2
    return total


@program(A, [2, 1])
@program(A, np.array([0, 3]))
@program(A.astype(np.float32), (1, 2))
def repeated_as_often_as_a_list_says(x, counts):
    return weighed(np.repeat(x, counts, axis=0)) + weighed(x.T.repeat(counts, 1))


@program(X, [1, 0, 2, 3])
@program(matrix(2, 2), [1, 0, 2, 3])
@program(X, [2])
def repeated_flat(x, counts):
    return weighed(np.repeat(x, counts))


@program(A, A**2, wrt=(0, 1))
@program(X, 2.0, wrt=(0, 1))
def between_arrays_along_the_last_axis(a, b):
    return weighed(np.linspace(a, b, 4, axis=-1)) + weighed(np.linspace(b, a, 3, axis=-2))


@program(X, 0)
@program(A, 0)
def differences_of_order_zero(x, n):
    z = np.diff(x, n=n)
    z[0] = z[0] * 3
    return np.sum(z**2) + np.sum(x)


@program(X)
@program(A)
def padded_with_what_is_computed(x):
    y = np.pad(x, 2, constant_values=x.ravel()[0] ** 2)
    return weighed(y) + weighed(np.pad(np.ones(2), (1, 2), "constant", constant_values=y.sum()))


@program(X)
def padded_with_infinity(x):
    return np.sum(1 / np.pad(x, 1, constant_values=np.inf)) + np.sum(
        1 / np.pad(x * 0 + np.inf, 1, constant_values=x[0])
    )


@pytest.mark.parametrize("case", program.cases)
def test_gradient(case: Case) -> None:
    case.run()


# --- what raises, and what is refused -------------------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.mean(x[0], axis=0),
        lambda x: np.std(x[0], axis=0),
        lambda x: np.var(x[0], axis=-1),
        lambda x: np.sum(x[0], axis=(0,)),
        lambda x: np.sum(x[0], axis=1),
        lambda x: np.sum(np.diff(x[0])),
        lambda x: np.take(x, 9, mode="raise"),
        lambda x: np.take(x, 1, mode="around"),
        lambda x: np.sum(np.repeat(x, [1, 2])),
    ],
)
def test_what_numpy_raises_is_raised(f: Any) -> None:
    with pytest.raises((ValueError, IndexError)) as error:
        f(X)
    with pytest.raises(error.type) as same:
        value_and_grad(f)(X)
    assert str(same.value) == str(error.value)


def test_a_list_is_its_own_differences_of_order_zero() -> None:
    def f(x):
        return np.sum(np.asarray(np.diff([x[0], x[1]], n=0) * 2) ** 2)

    value, gradient = value_and_grad(f)(X)
    np.testing.assert_allclose(value, f(X))
    np.testing.assert_allclose(gradient, [4 * X[0], 4 * X[1], 0, 0])


def test_what_is_padded_with_two_numbers_is_refused() -> None:
    def f(x):
        return np.sum(np.pad(x, 1, constant_values=(x[0], x[1])))

    with pytest.raises(NoDerivativeError, match="one number for all that it adds"):
        value_and_grad(f)(X)
