"""``np.array`` of what ``np.squeeze`` gives, and of numbers of which nobody knows the kind."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from srcgrad.errors import NoDerivativeError
from tests.hard_cases.checking import Table

X = np.array([0.7, -1.2, 1.5, 0.4])
Y = np.array([0.4, 0.1, -0.3, 0.2])
case = Table()


@case(X, Y, wrt=(0, 1))
def a_copy_of_what_is_written(x, y):
    q = np.squeeze(x)
    x *= 1.1
    p = np.array(q)
    q *= y
    return np.sum(p * x)


@case(X.reshape(2, 2), Y, wrt=(0, 1))
def a_copy_that_is_asked_for(x, y):
    q = np.squeeze(x)
    x[0] *= y[0]
    p = np.array(q, copy=True)
    x[1] *= y[:2]
    return np.sum(p * x)


@case(X, Y, wrt=(0, 1))
@case(-X, Y, wrt=(0, 1))
def a_bool_or_a_number(x, y):
    a = (x[1] > 0 and x[1] * y[1]) or y[1] ** 2
    z = np.array([a, 1.0])
    return np.sum(z * z)


@case(X, Y, wrt=(0, 1))
@case(-X, Y, wrt=(0, 1))
def asked_for_its_class(x, y):
    a = x[0] < 0 or x[1] * y[1]
    parts = list(a) if isinstance(a, (tuple, np.ndarray)) else [a, x[0]]
    return parts[0] * parts[1] * 1.0


@pytest.mark.parametrize("program", case.cases)
def test_of_what_is_hardly_known(program):
    program.run()


def test_a_length_of_one_is_another_signature():
    def f(x):
        q = np.squeeze(x)
        return np.sum(np.array(q) ** 2) * (1 + np.ndim(q))

    gradient = grad(f)
    for shape in ((4,), (1, 4), (1,), (1, 1), (2, 1, 2)):
        x = X[: np.prod(shape)].reshape(shape)
        np.testing.assert_allclose(gradient(x), 2 * x * (1 + np.squeeze(x).ndim))


def test_an_array_or_a_list():
    def f(x):
        q = np.squeeze(x[x > 0].reshape(1, -1))
        return np.sum(np.array(q) ** 2)

    with pytest.raises(NoDerivativeError, match="of an array or of a list is not known") as refused:
        value_and_grad(f)(X)
    assert refused.value.hint == "copy an array with np.copy"

    def copied(x):
        q = np.squeeze(x[x > 0].reshape(1, -1))
        return np.sum(np.copy(q) ** 2)

    np.testing.assert_allclose(grad(copied)(X), np.where(X > 0, 2 * X, 0))
