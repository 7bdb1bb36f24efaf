"""What both arms of a branch do is not done before what may raise in one of them."""

import warnings

import numpy as np
import pytest

from srcgrad import value_and_grad
from tests.slopes import check_slope

X = np.array([1.5, 0.4, 0.7])


def outcome(f, *args):
    """What calling ``f`` comes to: its error, or none, and the warnings on the way.

    Of a failed assertion pytest says more, in further lines.
    """
    with warnings.catch_warnings(record=True) as told, np.errstate(all="warn"):
        warnings.simplefilter("always")
        try:
            f(*args)
        except Exception as error:
            return type(error), str(error).splitlines()[0], []
    return None, "", [str(each.message) for each in told]


# --- the same at the end of both arms --------------------------------------------


def checked_element(x, checks, k):
    if checks:
        if k >= len(x):
            raise ValueError("too far")
        y = x[k]
    else:
        y = x[k]
    return y * y


def asserted_element(x, checks, k):
    if checks:
        assert k < len(x), "too far"
        y = x[k]
    else:
        y = x[k]
    return y * y


def element_of_a_closure(x, checks, k):
    def look(k):
        if checks:
            if k >= len(x):
                raise KeyError("too far")
            return x[k]
        return x[k]

    return look(k) ** 2


@pytest.mark.parametrize("f", [checked_element, asserted_element, element_of_a_closure])
@pytest.mark.parametrize(("checks", "k"), [(1, 2), (1, 9), (0, 2), (0, 9)])
def test_an_element_that_one_arm_looks_after(f, checks, k):
    assert outcome(value_and_grad(f), X, checks, k) == outcome(f, X, checks, k)
    if k < len(X):
        check_slope(lambda x: f(x, checks, k), X)


def handled_element(x, checks, k):
    try:
        if checks:
            if k >= len(x):
                raise ValueError("too far")
            y = x[k]
        else:
            y = x[k]
    except ValueError:
        return x[0] * 3
    except IndexError:
        return x[0] * 5
    return y * y


@pytest.mark.parametrize(
    ("checks", "k", "slope"), [(1, 2, 1.4), (1, 9, 3.0), (0, 2, 1.4), (0, 9, 5.0)]
)
def test_the_handler_of_the_first_error_runs(checks, k, slope):
    value, bar = value_and_grad(handled_element)(X, checks, k)
    assert value == handled_element(X, checks, k)
    np.testing.assert_allclose(np.sum(bar), slope)


def checked_quotient(x, checks):
    if checks:
        if x == 0:
            raise ValueError("zero")
        y = 1 / x
    else:
        y = 1 / x
    return y * y


def quotient_after_another_error(x, checks):
    if checks:
        z = [2.0, 3.0][int(x) + 5]
        y = 1 / x
    else:
        z = 2.0
        y = 1 / x
    return y * y * z


@pytest.mark.parametrize("f", [checked_quotient, quotient_after_another_error])
@pytest.mark.parametrize("checks", [0, 1])
def test_a_quotient_that_one_arm_looks_after(f, checks):
    assert outcome(value_and_grad(f), 0.0, checks) == outcome(f, 0.0, checks)


def checked_product(A, w, checks):
    if checks:
        if len(w) != A.shape[1]:
            raise TypeError("shapes")
        y = A @ w
    else:
        y = A @ w
    return np.sum(y**2)


def test_a_product_of_what_fits():
    A = np.ones((2, 6))
    for w in (np.ones(6), np.ones(5)):
        f = value_and_grad(checked_product)
        assert outcome(f, A, w, 1) == outcome(checked_product, A, w, 1)
        assert outcome(f, A, w, 0)[0] is outcome(checked_product, A, w, 0)[0]


# --- branches on one condition ---------------------------------------------------


def quotient_then_element(x, c, v, k):
    y = z = 0.0
    if c:
        y = 1 / x
    w = v[k]
    if c:
        z = y * 2 + w
    return y * x * x + z * x


def element_then_quotient(x, c, v, k):
    y = z = 0.0
    if c:
        y = v[k]
    w = 1 / x
    if c:
        z = y * 2 + w
    return w * w + y * x * x + z * x


@pytest.mark.parametrize("f", [quotient_then_element, element_then_quotient])
@pytest.mark.parametrize(("x", "k"), [(0.0, 9), (0.0, 1), (2.0, 9), (2.0, 1)])
@pytest.mark.parametrize("c", [0, 1])
def test_what_stands_between_two_branches_on_one_condition(f, x, c, k):
    args = (x, c, np.ones(3), k)
    assert outcome(value_and_grad(f), *args) == outcome(f, *args)


def handled_between(x, c):
    y = z = 0.0
    try:
        if c:
            y = 1 / x
        w = [1.0, 2.0][int(x) + 5]
        if c:
            z = y * 2 + w
    except ZeroDivisionError:
        return x * 3
    except IndexError:
        return x * 5
    return y + z


def test_the_handler_of_the_first_of_two_errors_runs():
    assert value_and_grad(handled_between)(0.0, 1) == (0.0, 3.0)
    assert value_and_grad(handled_between)(0.0, 0) == (0.0, 5.0)


# --- conditions that are no numbers ----------------------------------------------


def alike_either_way(x):
    try:
        if x > 0:
            y = 3 * x
        else:
            y = 3 * x
    except ValueError:
        return np.sum(x)
    return np.sum(y)


def test_a_try_still_asks_an_array_whether_it_is_true():
    check_slope(alike_either_way, X)
    check_slope(alike_either_way, X[:1])


# --- settings of NumPy -----------------------------------------------------------


def logarithm_with_other_settings(x, c):
    if c:
        with np.errstate(divide="raise"):
            y = np.log(x)
    else:
        with np.errstate(divide="ignore"):
            y = np.log(x)
    return np.sum(y[1:])


def logarithm_with_settings_of_one_arm(x, c):
    if c:
        with np.errstate(divide="ignore"):
            y = np.log(x)
    else:
        y = np.log(x)
    return np.sum(y[1:] * x[1:])


def logarithm_again_that_raises(x, c):
    with np.errstate(divide="ignore"):
        y = np.log(x)
    with np.errstate(divide="raise"):
        z = np.log(x)
    return np.sum(y[1:] * z[1:]) * c


@pytest.mark.parametrize(
    "f",
    [
        logarithm_with_other_settings,
        logarithm_with_settings_of_one_arm,
        logarithm_again_that_raises,
    ],
)
@pytest.mark.parametrize("c", [0, 1])
def test_each_is_computed_with_its_own_settings(f, c):
    x = np.array([0.0, 2.0, 3.0])
    error, text, told = outcome(value_and_grad(f), x, c)
    want, message, warned = outcome(f, x, c)
    assert (error, text) == (want, message)
    assert ("divide by zero encountered in log" in told) == bool(warned)
