"""What there certainly is not: the element that ``pop`` takes out, something to reduce or zip."""

from functools import reduce

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from tests.slopes import check_slope

X = np.array([0.7, 1.2, 1.6])


def product(a, b):
    return a * b


def deleted_in_a_branch(x):
    items = list(x)
    if x[0] > 100:
        del items[1]
    return sum(items) * x[0]


def popped_in_a_branch(x):
    items = list(x)
    last = x[0]
    if x[0] > 100:
        last = items.pop(-2)
    return sum(items) * last


@pytest.mark.parametrize("f", [deleted_in_a_branch, popped_in_a_branch])
def test_an_element_that_there_is_not(f):
    """An array of one element has one, as the compiler knows."""
    check_slope(f, X[:1])


def zip_of_nothing(x):
    total = x[0]
    for _ in zip():
        total = total * 2
    return total * len(list(zip())) + x[1] ** 2


def handled(x):
    try:
        best = reduce(product, [v for v in x if v > 5])
    except TypeError:
        best = x[0]
    return best * x[1]


@pytest.mark.parametrize("f", [zip_of_nothing, handled])
def test_what_is_not_needed(f):
    check_slope(f, X)


def test_zip_of_no_rows():
    def f(x):
        rows = [[v, 2.0] for v in x]
        return sum(sum(column) for column in zip(*rows)) + 1.0

    value, x_bar = value_and_grad(f)(np.zeros(0))
    assert value == 1.0
    assert x_bar.shape == (0,)
    check_slope(f, X)


def deleted(x):
    items = list(x)
    del items[5]
    return sum(items)


def reduced(x):
    return reduce(product, [v for v in x if v > 5])


def reduced_array(x):
    return reduce(product, x[x > 5])


@pytest.mark.parametrize(
    ("f", "error"), [(deleted, IndexError), (reduced, TypeError), (reduced_array, TypeError)]
)
def test_the_exception_is_that_of_the_function(f, error):
    for function in (f, grad(f)):
        with pytest.raises(error):
            function(X[:1])
