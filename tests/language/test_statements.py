"""Assignments, branches, returns and the statements that do nothing to values."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest

from srcgrad import AliasingError, grad, value_and_grad
from tests.hard_cases.checking import Case, leaves
from tests.language.cases import Table, matrix, vector

case = Table()


# --- assignment ---------------------------------------------------------------------------------


@case(1.3, 0.4, wrt=(0, 1))
def nested_tuples(x, y):
    (a, [b, c]), d = (x, (y, x * y)), 2.0
    a, b = b, a
    return a * a + 3 * b + c * d


@case(vector(5))
def unpacking_an_array(x):
    a, b, c, d, e = x
    return a * b + c * d * e


@case(matrix(2, 3))
def unpacking_rows(w):
    first, (a, b, c) = w
    return np.sum(first * b) + a * c


@case((1.3, 0.4, 0.8, 2.0))
def starred_targets(values):
    first, *middle, last = values
    *head, tail = middle
    return first * last + middle[1] * len(middle) + head[0] * tail


@case(1.3)
def chained_targets(x):
    a = b = x * x
    b = b + a
    return a * b


@case(1.3, 0.4, wrt=(0, 1))
def swap(x, y):
    x, y = y, x
    return x / y


@case(1.3)
def annotations(x: float) -> float:
    y: float = x * x
    z: list[float]
    z = [y]
    return z[0] * x


@case(1.3)
def docstring_and_pass(x):
    """Does nothing to x."""
    pass
    "a string that nobody reads"
    ...
    return x * x


@case(vector())
def rebinding(x):
    x = np.sin(x)
    x = x * x
    y = x
    x = y + x
    return np.sum(x * y)


# --- augmented assignment -----------------------------------------------------------------------


@case(1.3, 0.4, wrt=(0, 1))
def augmented_numbers(x, y):
    z = x
    z += y
    z *= x
    z -= y * y
    z /= x
    z **= 2
    z %= 100.0
    return z + x


@case(1.3, 0.4, wrt=(0, 1), expected=(1.0, 1.0))
def augmented_parameter_that_is_a_number(x, y):
    x += y
    return x


@case(np.float64(1.3))
def augmented_numpy_scalar(x):
    y = x
    y *= x
    return y + x


@case(vector(), vector(seed=1), wrt=(0, 1))
def augmented_private_array(x, y):
    z = x * y
    z += y
    z *= x
    z -= 1.0
    z /= y
    z **= 2
    return np.sum(z)


@case(matrix(3, 4), vector(4), wrt=(0, 1))
def augmented_by_something_smaller(a, b):
    z = a * 2
    z *= b
    z += 1
    return np.sum(z * z)


@case(matrix(3, 3), matrix(3, 3, 1), wrt=(0, 1))
def augmented_matrix_product(a, b):
    z = a + b
    z @= b
    return np.sum(z * a)


@case(vector(), vector(seed=1).astype(np.float32), wrt=(0, 1), rtol=1e-5)
def float64_plus_float32(x, y):
    z = x * 2
    z += y
    return np.sum(z * x)


@case(vector(), 3)
def augmented_in_a_loop(x, n):
    total = np.zeros(4)
    for i in range(n):
        total += np.sin(x * (i + 1))
    return np.sum(total**2)


@case(vector(), 3)
def augmented_state(x, n):
    h = x * 0.5
    for _ in range(n):
        h += np.tanh(h) * x
        h *= 0.9
    return np.sum(h * h)


@case(1.5, vector())
@case(-1.5, vector())
def augmented_in_a_branch(x, w):
    z = w * x
    if x > 0:
        z += x * x
    else:
        z *= x
    return np.sum(z)


@case(vector(), 3)
def two_names_that_move_together(x, n):
    y = x * 2
    z = y
    for _ in range(n):
        y += z
        z = y
    return np.sum(z)


@case(vector())
@case(-vector())
def other_arm(x):
    y = x * 2
    if x[0] > 0:
        y += 1
    else:
        z = y
        y = y * z
    return np.sum(y * x)


@case(np.array(1.5))
def augmented_private_0d_array(x):
    y = np.array(x)
    y += x
    y *= y
    return y


def test_float32_plus_float64_stays_float32():
    def f(x, y):
        z = x * 2
        z += y
        return np.sum(z * z)

    x, y = vector().astype(np.float32), vector(seed=1)
    dx, dy = grad(f, argnums=(0, 1))(x, y)
    assert (dx.dtype, dy.dtype) == (np.float32, np.float64)
    np.testing.assert_allclose(dx, 4 * (2 * x + y), rtol=1e-5)
    np.testing.assert_allclose(dy, 2 * (2 * x + y), rtol=1e-5)


def parameter_written(x):
    x += 1
    return np.sum(x)


def alias_of_a_parameter(x):
    y = x
    y *= 2
    return np.sum(y * x)


def view_of_a_parameter(x):
    y = x[1:]
    y -= 1
    return np.sum(y)


def reshaped_parameter(x):
    y = x.reshape(-1)
    y += 1
    return np.sum(y * y)


def two_names(x):
    y = x * 2
    z = y
    y += 1
    return np.sum(y * z)


def view_read_later(x):
    y = x * 2
    z = y[:2]
    y += x
    return np.sum(z)


def whole_read_after_its_view_was_written(x):
    y = x * 2
    z = y[:2]
    z += 1
    return np.sum(y)


def held_in_a_list(x):
    y = x * 2
    items = [y]
    y += 1
    return np.sum(items[0])


def second_name_in_a_loop(x):
    y = x * 2
    z = y
    for _ in range(3):
        y += z
    return np.sum(y)


def seen_in_the_next_trip(x):
    y = x * 2
    z = x * 3
    total = 0.0
    for _ in range(3):
        total = total + np.sum(z)
        z = y
        y += 1
    return total


def other_arm_of_a_later_trip(x):
    base = x * 2
    total = 0.0
    for i in range(3):
        if i == 0:
            y = base
            y += 1
        else:
            total = total + np.sum(base * x)
    return total


def made_before_the_loop(x):
    base = x * 2
    total = np.sum(x) * 0
    for _ in range(3):
        y = base
        y += 1
        total = total + np.sum(y * x)
    return total


def one_or_the_other(x):
    y = x * 2
    z = y if np.sum(x) > 0 else x
    z += 1
    return np.sum(z)


def captured_by_a_function(x):
    y = x * 2
    g = lambda: np.sum(y)
    y2 = y
    y2 += 1
    return g()


def helper_writes(y):
    y += 1
    return y


def written_by_a_helper(x):
    y = x * 2
    z = helper_writes(y)
    return np.sum(z * y)


def parameter_written_by_a_helper(x):
    return np.sum(helper_writes(x))


def broadcast_grows(x):
    y = x * 2
    y += np.ones((3, 1))
    return np.sum(y)


WRITES = (
    parameter_written,
    alias_of_a_parameter,
    view_of_a_parameter,
    reshaped_parameter,
    two_names,
    view_read_later,
    whole_read_after_its_view_was_written,
    held_in_a_list,
    second_name_in_a_loop,
    seen_in_the_next_trip,
    other_arm_of_a_later_trip,
    made_before_the_loop,
    one_or_the_other,
    written_by_a_helper,
    parameter_written_by_a_helper,
)


@pytest.mark.parametrize("f", WRITES, ids=lambda f: f.__name__)
def test_writes_that_others_see(f):
    Case(f, (vector(),)).run()


def test_a_write_that_would_change_the_shape_is_refused():
    with pytest.raises(AliasingError, match="would change the shape"):
        grad(broadcast_grows)(vector())


# --- branches -----------------------------------------------------------------------------------


@case(0.5, expected=0.5 * math.cos(0.5) + math.sin(0.5))
@case(1.5, expected=3.0)
@case(2.5, expected=-1.0)
def elif_chain(x):
    if x < 1:
        y = math.sin(x)
    elif x < 2:
        y = x
    else:
        y = 1.0
        x = 1 / x
        y = y - x - 1 / x / x + 1
        return y * 0 - 1 / x
    return y * x


@case(0.5)
@case(1.5)
def assigned_in_one_arm(x):
    y = x * x
    if x > 1:
        y = y * x
        z = y + 1
    else:
        z = 2 * y
    return y * z


@case(0.5, 0.2)
@case(0.5, -0.2)
@case(-0.5, 0.2)
@case(-0.5, -0.2)
def nested_branches(x, y):
    if x > 0:
        if y > 0:
            z = x * y
        else:
            z = x - y
        z = z * z
    else:
        z = x
        if y > 0:
            z = z * y
    return z + x


@case(-1.0, expected=0.0)
@case(0.5, expected=1.0)
@case(3.0, expected=6.0)
def guard_clauses(x):
    if x < 0:
        return 0.0
    if x < 1:
        return x
    y = x * x
    return y


@case(0.5)
@case(1.5)
@case(2.5)
@case(-2.5)
def returns_in_some_arms(x):
    y = x * x
    if x > 0:
        if x > 2:
            return y * y
        y = y + x
        if x > 1:
            y = math.sin(y)
        else:
            return y
    else:
        y = -y
    return y * x


@case(vector())
@case(-vector())
def branch_on_a_reduction(x):
    if np.sum(x) > 0:
        y = x * x
    else:
        y = np.sin(x)
    return np.sum(y * x)


@case(vector())
@case(-vector())
def arms_of_other_shapes(x):
    y = x[:2] if x[0] > 0 else x[1:] * x[1:]
    return np.sum(y * y)


@case(1.5, "square")
@case(1.5, "cube")
def branch_on_a_string(x, mode):
    if mode == "square":
        return x * x
    elif mode == "cube":
        return x**3
    raise ValueError(mode)


@case(1.5, True)
@case(1.5, False)
def branch_on_a_flag(x, flag):
    y = x * x
    if flag:
        y = y * x
    return y


@case(vector(), 1)
@case(vector(), 2)
@case(matrix(), 2)
def branch_on_the_rank(x, n):
    if x.ndim == 2:
        return np.sum(x[0] * x[1])
    if n == 1:
        return np.sum(x * x)
    return np.sum(x) ** 2


def test_the_branch_is_chosen_at_each_call():
    def f(x):
        if x > 1:
            return x * x
        return 3 * x

    df = grad(f)
    assert [df(v) for v in (0.5, 2.0, 0.7, 3.0)] == [3.0, 4.0, 3.0, 6.0]


# --- assert and raise ---------------------------------------------------------------------------


def test_raise_keeps_its_type_and_message():
    def f(x):
        if x < 0:
            raise ArithmeticError(f"{x} < 0") from ValueError("cause")
        return x * x

    df = grad(f)
    assert df(3.0) == 6.0
    with pytest.raises(ArithmeticError, match="^-1.0 < 0$") as caught:
        df(-1.0)
    assert isinstance(caught.value.__cause__, ValueError)


def test_assert():
    def f(x):
        y = x * x
        assert np.all(y < 4), f"{np.max(y):.1f} is too much"
        assert x.ndim == 1
        return np.sum(y)

    df = grad(f)
    np.testing.assert_array_equal(df(np.array([1.0, -0.5])), [2.0, -1.0])
    with pytest.raises(AssertionError, match=r"^9\.0 is too much$"):
        df(np.array([1.0, 3.0]))


def test_raise_in_both_arms_and_in_a_helper():
    def positive(v):
        if v > 0:
            return v
        elif v == 0:
            raise ZeroDivisionError("zero")
        else:
            raise ValueError("negative")

    def f(x):
        return positive(x) * positive(x + 1)

    df = grad(f)
    assert df(2.0) == 5.0
    with pytest.raises(ZeroDivisionError, match="zero"):
        df(0.0)
    with pytest.raises(ValueError, match="negative"):
        df(-3.0)


def test_effects_happen_once_in_order(capsys):
    def f(x):
        y = x * x
        print("first", y)
        if y > 1:
            print("second", x)
        return y * x

    assert grad(f)(2.0) == 12.0
    assert capsys.readouterr().out == "first 4.0\nsecond 2.0\n"


# --- names that are not assigned on the path that overwrites them --------------------------------


@case(vector(3), 0, wrt=0)
@case(vector(3), 1, wrt=0)
def overwritten_where_it_may_not_be_assigned(x, c):
    if c:
        y = x
    if x[0] > 0:
        y = x * x
    return np.sum(y)


@case(vector(3), 0, wrt=0)
@case(vector(3), 1, wrt=0)
@case(vector(3), 3, wrt=0)
def overwritten_after_a_loop_that_may_make_no_trip(x, n):
    for i in range(n):
        y = x * (i + 1)
    if n < 2:
        y = x * x
    return np.sum(y * y)


@case(vector(3), 0, wrt=0)
@case(vector(3), 4, wrt=0)
def overwritten_in_the_else_of_a_while(x, n):
    while n > 0:
        y = x * n
        n -= 1
        if n == 2:
            break
    else:
        y = x * x
    return np.sum(y * x)


@case(vector(3), 1, wrt=0)
@case(vector(3), 5, wrt=0)
def overwritten_after_an_attempt(x, i):
    try:
        y = x[i] * x
    except IndexError:
        pass
    if i >= len(x):
        y = x * x
    return np.sum(y)


@case(vector(3), 0, wrt=0)
@case(vector(3), 1, wrt=0)
def overwritten_and_of_a_length_of_its_own(x, c):
    total = 0.0
    if c:
        y = x[x > x[c]] * x[0]
    if c:
        total = np.sum(y) * x[1]
    if x[0] > 0 or not c:
        y = np.outer(x, x)[0, 1:]
    return np.sum(np.sin(y)) + total


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()


@pytest.mark.parametrize("program", case.cases)
def test_gradient_without_the_value(program):
    """What only the value needs is not computed, and need not be assigned."""
    wrt = program.options.get("wrt", 0)
    alone = grad(program.f, wrt)(*copy.deepcopy(program.args))
    _, beside = value_and_grad(program.f, wrt)(*copy.deepcopy(program.args))
    for got, want in zip(leaves(alone), leaves(beside), strict=True):
        np.testing.assert_allclose(got, want)
