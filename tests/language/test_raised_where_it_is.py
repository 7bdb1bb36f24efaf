"""What handlers see of what was done before an error, and errors raised where they stand."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad, value_and_grad
from tests.language.cases import Table, vector

case = Table()


class Machine:
    """An object from outside."""

    def __init__(self) -> None:
        self.depth = 0
        self.last = 0.0


MACHINE = Machine()


# --- a handler sees what was done before anything could raise -----------------------------------


@case(2.0)
@case(-2.0)
def a_list_grows_before_the_error(x):
    try:
        errors = []
        try:
            errors.append("a")
            if x < 0:
                raise ValueError
        except ValueError:
            raise TypeError(",".join(errors)) from None
        y = x * 2
    except TypeError as e:
        y = x * len(str(e))
    return y * y


@case(2.0)
@case(-2.0)
def counted_before_the_error(x):
    class_ = {"tries": 0, "sum": 1.0}
    try:
        class_["tries"] += 1
        if x < 0:
            raise ValueError
        y = x
    except ValueError:
        y = x * class_["tries"] + 2.0 * class_["sum"]
    return y * y + class_["tries"]


def deeper(x):
    try:
        MACHINE.depth += 1
        if x < 0:
            raise ValueError
        return x * x * MACHINE.depth
    finally:
        MACHINE.depth -= 1


def test_an_object_from_outside_is_left_as_it_was() -> None:
    derivative = value_and_grad(deeper)
    for _ in range(2):
        with pytest.raises(ValueError):
            derivative(-2.0)
        assert MACHINE.depth == 0
        assert derivative(3.0) == (9.0, 6.0)
        assert MACHINE.depth == 0


# --- what certainly raises is raised where it stands --------------------------------------------


@case(vector())
@case(-vector())
def a_missing_key_after_something_that_may_raise(x):
    z = 0.0
    if x[0] > 0:
        try:
            w = np.log(x)
            z = {"a": 1.0}["b"] * np.sum(w)
        except KeyError:
            z = 3.0
    return np.sum(x) * (z + 1.0)


@case(vector())
@case(-vector())
def a_missing_key_in_a_handler(x):
    z = 1.0
    if x[0] > 0:
        try:
            if x[1] < 0:
                raise KeyError
            z = 2.0
        except KeyError:
            z = {"a": 1.0}["b"]
    return np.sum(x) * z


@case(vector())
@case(-vector())
def an_error_in_a_handler_that_another_handles(x):
    try:
        try:
            if x[0] < 0:
                raise KeyError
            z = x[1]
        except KeyError:
            z = [x[0]][1]
    except IndexError:
        z = 2.0 * x[1]
    return z * z


@case(np.array([1.0, -1.0, 1.0, 1.0]))
@case(np.array([-1.0, 1.0, 1.0, 1.0]))
def past_the_end_of_a_list_that_was_left_before(x):
    values, s = [x[0], x[1]], 0.0
    if x[3] > 0:
        for i in range(5):
            if values[i] < 0:
                break
            s = s + values[i] * i
    return s + x[3]


@case(np.array([1.0, -1.0, 1.0, 1.0]))
def past_the_end_after_a_return(x):
    values, s = [x[0], x[1]], 0.0
    for i in range(4):
        if values[i] < 0:
            return s * x[2] + values[i] ** 2
        s = s + values[i]
    return s


@case(vector())
def no_largest_of_nothing(x):
    try:
        return max([]) * x[0]
    except ValueError:
        return x[1] + (min(()) if x[0] < -9 else 1.0)


@case(vector())
def the_text_of_an_error(x):
    total = 0.0
    try:
        y = x.foo * 2
    except AttributeError as e:
        total += x[0] * len(str(e))
    try:
        y = [][0]
    except IndexError as e:
        total += x[1] * len(str(e))
    best = None
    try:
        y = 2.0 * x[0] + best
    except TypeError as e:
        total += x[2] * len(str(e))
    try:
        y = [x].foo
    except AttributeError as e:
        y = x * len(str(e))
    return total + np.sum(y)


@pytest.mark.parametrize("one", case.cases)
def test_derivatives(one):
    one.run()


def _outcome(f: Callable[..., Any], *args: Any) -> tuple[type, str]:
    try:
        f(*copy.deepcopy(args))
    except Exception as error:
        return type(error), str(error)
    raise AssertionError("nothing was raised")


def past_the_end(x):
    values, s = [x[0], x[1]], 0.0
    for i in range(4):
        if values[i] < 0:
            break
        s = s + values[i]
    return s


def test_the_error_of_the_function() -> None:
    x = np.ones(3)
    assert _outcome(value_and_grad(past_the_end), x) == _outcome(past_the_end, x)


# --- what handlers could see half done is refused -----------------------------------------------


def torn_and_seen(x):
    made = []
    for v in x:
        try:
            made.append(v * 3)
            if v < 0:
                raise ValueError
            made.append(v * v)
        except ValueError:
            made.pop()
            made.append(x[0])
    return sum(made)


def torn_and_told(x):
    made = []
    try:
        made.append(x[0] * 2)
        y = x[1] * 2
        made.append(y)
        if y < 0:
            raise ValueError
    except ValueError:
        raise RuntimeError(f"had {len(made)}") from None
    return sum(made)


def torn_outside(x):
    try:
        MACHINE.last = np.sum(x) * 0.0
        if x[0] < 0:
            raise ValueError
    except ValueError:
        MACHINE.depth = MACHINE.depth + int(MACHINE.last)
        raise
    return x[0]


def put_by_pieces(x):
    a = x * 2
    try:
        np.put(a, [0, 9], x[1] ** 2)
    except IndexError:
        pass
    return a[0] * a[2]


def put_flat_by_pieces(x):
    a = x * 2
    try:
        a.flat[[0, 9]] = x[1]
    except IndexError:
        pass
    return a[0] * a[2]


def a_result_that_is_written_when_it_raises(x):
    a = x * 2
    with np.errstate(over="raise"):
        try:
            np.exp(x, out=a)
        except FloatingPointError:
            pass
    return a[1] * a[2]


def an_update_that_is_written_when_it_raises(x):
    a = x * 2
    with np.errstate(over="raise"):
        try:
            a **= 400
        except FloatingPointError:
            pass
    return a[1] * a[2]


def a_part_that_is_written_when_it_raises(x):
    a = x * 2
    with np.errstate(over="raise"):
        try:
            a[1:] *= 1e308
        except FloatingPointError:
            pass
    return a[1] * a[2]


REFUSED = [
    torn_and_seen, torn_and_told, torn_outside, put_by_pieces, put_flat_by_pieces,
    a_result_that_is_written_when_it_raises, an_update_that_is_written_when_it_raises,
    a_part_that_is_written_when_it_raises,
]  # fmt: skip


@pytest.mark.parametrize("f", REFUSED)
def test_refused(f):
    with pytest.raises(UnsupportedSyntaxError, match="before something that may raise"):
        grad(f)(vector())
