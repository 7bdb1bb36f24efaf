"""``try`` whose handlers go on: with a constant, another value, the next trip, another error."""

from __future__ import annotations

import math

import numpy as np
import pytest

from srcgrad import AliasingError, UnsupportedSyntaxError, grad, value_and_grad
from tests.language.cases import Table, vector

case = Table()


class Singular(Exception):
    """An error of the user's own."""


def solved(a, b):
    if abs(a) < 0.1:
        raise Singular(f"{a} is too small")
    return b / a


# --- handlers that return or assign -----------------------------------------------------


@case(2.0)
@case(-2.0)
def returning_a_constant(x):
    try:
        y = math.sqrt(x) * x
    except ValueError:
        return 0.0
    return y * y


@case(2.0)
@case(-2.0)
def returning_either_way(x):
    try:
        return math.sqrt(x) * x
    except ValueError:
        return -1.0


@case(2.0)
@case(-2.0)
def assigning_a_constant(x):
    try:
        y = math.log(x)
    except ValueError:
        y = 3.0
    return y * x


@case(2.0)
@case(-2.0)
def an_append(x):
    out = []
    try:
        out.append(x)
        out.append(math.sqrt(x))
    except ValueError:
        pass
    return sum(out)


@case(2.0)
@case(0.5)
def the_old_value(x):
    y = x * x
    try:
        y = math.log(x - 1)
    except (ValueError, ZeroDivisionError):
        pass
    return y * x


@case(2.0)
@case(0.5)
def another_value(x):
    y = x * x
    try:
        y = math.log(x - 1)
    except (ValueError, ZeroDivisionError) as error:
        assert error.args  # noqa: PT017
        y = y * math.sin(x)
    return y * x


@case(2.0, 1.0)
@case(0.01, 1.0)
def raised_by_a_helper(x, b):
    try:
        y = solved(x, b)
    except Singular:
        y = 10 * b
    return y * x


@case(2.0, 0.5)
@case(-2.0, 0.5)
@case(2.0, 0.0)
def one_handler_for_each(x, c):
    try:
        y = math.sqrt(x) / c
    except ValueError:
        y = x * x
    except ZeroDivisionError:
        y = x**3
    return y * x


@case(2.0, 0.5)
@case(-2.0, 0.5)
@case(2.0, 0.0)
def a_name_like_that_of_the_error(x, c):
    try:
        y = math.sqrt(x) / c
        error = 2.0
    except ValueError as e:
        y, error = x * len(e.args), x
    except ZeroDivisionError:
        y, error = x**3, 0.5
    return y * error


@case(2.0)
@case(-2.0)
def with_an_else(x):
    try:
        y = math.sqrt(x)
    except ValueError:
        y = x
    else:
        y = y * x * x
    return y * x


@case(2.0)
@case(-2.0)
def a_flag(x):
    try:
        y = math.sqrt(x)
        found = True
    except ValueError:
        found = False
    return y * x if found else x * x


@case(2.0)
@case(-2.0)
def nested(x):
    try:
        try:
            y = math.sqrt(x)
        except ValueError:
            y = math.log(x + 1.5)
    except ValueError:
        y = x * 7
    return y * x


@case(2.0)
@case(-2.0)
def in_a_handler(x):
    try:
        y = math.sqrt(x)
    except ValueError:
        try:
            y = math.log(-x)
        except ValueError:
            y = 1.0
    return y * x


@case(2.0)
@case(-2.0)
def the_caught_error_is_used(x):
    try:
        y = math.sqrt(x)
    except ValueError as error:
        y = x * len(error.args)
    return y * x


@case(2.0)
@case(-2.0)
def a_function_that_tries(x):
    def safe(z):
        try:
            return math.sqrt(z)
        except ValueError:
            return 0.0

    return safe(x) * x + safe(x + 1) * safe(-x)


def halved(x, n):
    if n == 0:
        return math.sqrt(x - 1)
    try:
        y = halved(x * 0.5, n - 1)
    except ValueError:
        return x * x
    return y * x


@case(30.0, 2)
@case(3.0, 2)
def in_a_recursion(x, n):
    return halved(x, n)


# --- what decides by raising is kept, needed or not -------------------------------------


@case(2.0)
@case(-2.0)
def nobody_needs_the_value(x):
    try:
        math.sqrt(x)
    except ValueError:
        return x * x
    return x


@case(2.0)
@case(-2.0)
def a_zero_derivative(x):
    try:
        n = int(math.sqrt(x))
    except ValueError:
        n = 5
    return x * n


@case(2.0, [1.0, 2.0], 5)
@case(2.0, [1.0, 2.0], 1)
def an_index(x, items, k):
    y = np.zeros(3)
    try:
        y[k] = 1.0
    except IndexError:
        return x * x
    return x * items[0]


@case(-1.0)
@case(2.0)
def the_same_value_before(x):
    with np.errstate(invalid="ignore"):
        a = np.sqrt(x)
    with np.errstate(invalid="raise"):
        try:
            b = np.sqrt(x)
        except FloatingPointError:
            return x * x
    return 0 * a + b if x > 0 else b


@case(np.array([1.0, 2.0, 3.0]))
@case(np.array([1.0, 0.1, 3.0]))
def floating_point_errors(x):
    try:
        with np.errstate(over="raise"):
            y = np.exp(100 / x)
    except FloatingPointError:
        y = x
    return np.sum(np.log(y) * x * x)


# --- loops ------------------------------------------------------------------------------


@case(0.5, np.array([1.0, 3.0, 0.2, 2.0]))
def the_next_trip(x, v):
    s = 1.0
    for t in v:
        try:
            y = math.sqrt(t - x)
            z = y * s
        except ValueError:
            continue
        s = s + z * x
    return s


@case(0.5, np.array([1.0, 3.0, 0.2, 2.0]))
@case(0.1, np.array([1.0, 3.0, 0.2, 2.0]))
def leaving_the_loop(x, v):
    s = 1.0
    for t in v:
        try:
            y = math.sqrt(t - x)
        except ValueError:
            break
        s = s + y * x * s
    else:
        s = s * x
    return s


@case(0.5, np.array([1.0, 3.0, 0.2, 2.0]))
@case(0.1, np.array([1.0, 3.0, 0.2, 2.0]))
def returning_from_a_loop(x, v):
    s = 1.0
    for t in v:
        try:
            s = s + math.sqrt(t - x) * s
        except ValueError:
            return s * s
        if s > 100:
            return s
    return s * x


@case(0.5, np.array([1.0, 3.0, 0.2, 2.0]))
def the_old_value_in_a_loop(x, v):
    s = 1.0
    for t in v:
        try:
            s = s * math.sqrt(t - x)
        except ValueError:
            s = s * x
    return s


@case(4.0)
@case(0.2)
def as_long_as_it_goes(x):
    s = x
    while True:
        try:
            s = math.log(s) * 1.5
        except ValueError:
            break
        x = x * 1.1
    return s * x


@case(np.array([1.0, 2.0, 3.0]), np.array([0.5, 5.0, 0.2]))
def elements(x, v):
    out = np.zeros(len(v))
    for i in range(len(v)):
        try:
            out[i] = math.sqrt(x[i] - v[i])
        except ValueError:
            out[i] = x[i] ** 2
    return np.sum(out * x)


@case(np.array([1.0, 2.0, 3.0]), np.array([0.5, 5.0, 0.2]))
def a_buffer_of_its_own(x, v):
    s = 0.0
    for i in range(len(v)):
        try:
            row = x.copy()
            row[i] *= 3.0
            s = s + math.sqrt(row[i] - v[i]) * np.sum(row * row)
        except ValueError:
            s = s * x[i]
    return s


@case(np.array([1.0, 2.0, 3.0]), np.array([0.5, 5.0, 0.2]))
def a_list(x, v):
    out = []
    for i in range(len(v)):
        try:
            out.append(math.sqrt(x[i] - v[i]))
        except ValueError:
            out.append(x[i] * x[i])
    return sum(out) * out[0]


@case(np.array([1.0, 2.0, 3.0]), np.array([0.5, 5.0, 0.2]))
def a_list_of_some(x, v):
    out = []
    for i in range(len(v)):
        try:
            out.append(math.sqrt(x[i] - v[i]))
        except ValueError:
            pass
    return sum(out) * len(out) + x[0]


@case(np.array([1.0, 2.0, 3.0]), np.array([0.5, 5.0, 0.2]))
def a_loop_inside(x, v):
    s = 1.0
    try:
        t = 1.0
        for i in range(len(v)):
            t = t * math.sqrt(x[i] + v[i]) + x[i]
        s = t * t
    except ValueError:
        s = x[0]
    return s * x[1]


@case(np.array([1.0, 2.0, -9.0]), np.array([0.5, 5.0, 0.2]))
def a_loop_inside_that_raises(x, v):
    try:
        t = 1.0
        for i in range(len(v)):
            t = t * math.sqrt(x[i] + v[i]) + x[i]
        s = t * t
    except ValueError:
        s = x[0] * x[2]
    return s * x[1]


# --- what is not active, and what is known ----------------------------------------------


@case(2.0, {"n": 2})
@case(2.0, {})
def a_setting(x, cfg):
    try:
        n = int(cfg["n"])
    except KeyError:
        n = 3
    return x**n


@case(2.0, "4")
@case(2.0, "many")
def an_inactive_body(x, text):
    try:
        n = int(text)
    except ValueError:
        n = 3
    return x * n


@case(2.0, [1.0, 2.0])
@case(2.0, [1.0])
def a_list_that_is_too_short(x, items):
    try:
        first, second = items[0], items[1]
    except (IndexError, KeyError) as error:
        first, second = 3.0, len(error.args)
    except ValueError:
        return x
    return x * first + x**2 * second


@case(vector())
def nothing_in_it_can_raise(x):
    try:
        n = len(x)
    except TypeError:
        n = 1
    return np.sum(x * x) / n


# --- other errors, and 'finally' --------------------------------------------------------


@case(2.0)
def another_error(x):
    try:
        y = math.sqrt(x)
    except ValueError as error:
        raise KeyError("x") from error
    return y * x


@case(2.0)
@case(-2.0)
def an_error_or_a_value(x):
    try:
        y = math.sqrt(x)
    except ValueError:
        if x < -3:
            raise
        y = x
    return y * x


@case(2.0)
@case(-2.0)
def finally_(x):
    try:
        y = math.sqrt(x)
    except ValueError:
        y = x
    finally:
        x = x * 2
    return y * x


@case(2.0)
def finally_without_handlers(x):
    y = x
    try:
        y = math.sqrt(x)
    finally:
        y = y * x
    return y * x


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()


def test_the_other_error_is_raised():
    with pytest.raises(KeyError) as caught:
        grad(another_error)(-1.0)
    assert isinstance(caught.value.__cause__, ValueError)
    with pytest.raises(ValueError, match="math domain error|nonnegative"):
        grad(an_error_or_a_value)(-4.0)


def test_an_error_that_is_not_caught():
    def f(x, d):
        try:
            y = math.sqrt(x) * d
        except ZeroDivisionError:
            y = 1.0
        return y * x

    with pytest.raises(ValueError, match="math domain error|nonnegative"):
        grad(f)(-4.0, 1.0)


def test_effects_are_those_of_the_function(capsys):
    def f(x):
        try:
            print("try")
            y = math.sqrt(x)
            print("done")
        except ValueError:
            print("failed")
            return 0.0
        else:
            print("else")
        finally:
            print("finally")
        return y

    for x in (4.0, -4.0):
        f(x)
        want = capsys.readouterr().out
        assert value_and_grad(f)(x) == (f(x), 0.25 if x > 0 else 0.0)
        assert capsys.readouterr().out == 2 * want


def test_finally_before_an_error(capsys):
    def f(x):
        try:
            y = math.sqrt(x)
        finally:
            print("finally")
        return y

    with pytest.raises(ValueError, match="math domain error|nonnegative"):
        grad(f)(-1.0)
    assert capsys.readouterr().out == "finally\n"
    assert grad(f)(4.0) == 0.25


def test_nan():
    def f(x):
        try:
            return math.log(x)
        except ValueError:
            return float("nan")

    value, gradient = value_and_grad(f)(-1.0)
    assert math.isnan(value)
    assert gradient == 0.0


# --- refused ----------------------------------------------------------------------------


def half_done(x):
    y = x
    try:
        y = x * 2
        z = math.sqrt(x)
    except ValueError:
        z = y
    return z


def half_done_and_used_later(x):
    y = x
    try:
        y = x * 2
        z = math.sqrt(x)
    except ValueError:
        z = 1.0
    return z * y


def a_write(x):
    out = np.zeros(2)
    try:
        out[0] = x
        out[1] = math.sqrt(x)
    except ValueError:
        pass
    return np.sum(out)


def a_sum_in_place(x):
    out = np.zeros(2)
    out[0] = x
    view = out[:1]
    try:
        view += math.sqrt(x)
    except ValueError:
        pass
    return np.sum(out)


def a_view_that_may_be_a_copy(x):
    a = np.stack([x * np.ones(2), x * np.ones(2)]).T
    try:
        flat = a.T.swapaxes(0, 1).reshape(-1)
        flat[0] = 3.0
    except ValueError:
        return x
    return np.sum(a)


def test_a_test_of_a_view_is_not_caught():
    with pytest.raises(AliasingError, match="cannot be tested"):
        grad(a_view_that_may_be_a_copy)(2.0)


@pytest.mark.parametrize("f", [half_done, half_done_and_used_later, a_write, a_sum_in_place])
def test_refused(f):
    with pytest.raises(UnsupportedSyntaxError, match="'try'") as caught:
        grad(f)(2.0)
    assert caught.value.hint
    assert caught.value.loc is not None


def one_name_for_two_errors(x, text):
    k = 1
    try:
        try:
            k = int(text)
        except KeyError as e:
            k = len(e.args) + 2
    except ValueError as e:
        k = len(e.args) + 4
    return x[1] * k


@pytest.mark.parametrize("text", ["3", "three"])
def test_handlers_may_share_a_name(text):
    x = np.array([0.5, 1.5])
    np.testing.assert_array_equal(
        grad(one_name_for_two_errors)(x, text), [0.0, one_name_for_two_errors(x, text) / 1.5]
    )


def test_functions_of_handlers_read_what_they_capture():
    def f(x):
        rows = [[x * 2 for _ in range(2)] for _ in range(2)]
        try:
            rows[0].insert(0, x)
        except Exception:
            scaled = lambda w: w + x
            scaled(x)
        return np.sum(rows[0][0])

    x = np.array([0.5, 1.5])
    assert value_and_grad(f)(x)[0] == f(x)
    np.testing.assert_array_equal(grad(f)(x), np.ones(2))
