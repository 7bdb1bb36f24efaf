"""``break``, ``continue`` and ``return`` in loops, and the ``else`` of loops."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from srcgrad import UnknownTypeError, UnsupportedSyntaxError, grad, value_and_grad, vjp
from tests.language.cases import Table, matrix, vector

case = Table()

SIGNED = np.array([[1.0, -2.0, 3.0], [1.5, 2.5, -3.5]])


# --- the programs of the issue ------------------------------------------------------------------


@case(2.0)
@case(9.5)
def newton(a):
    """The square root by Newton's method, with a cap on the iterations."""
    x = a
    err = x * x - a
    n = 0
    while abs(err) > 1e-12:
        x = x - err / (2 * x)
        err = x * x - a
        n += 1
        if n >= 50:
            break
    return x


@case(2.0)
def newton_over_a_range(a):
    x = a
    for _ in range(50):
        step = (x * x - a) / (2 * x)
        x = x - step
        if abs(step) < 1e-12:
            break
    return x


@pytest.mark.parametrize("f", [newton, newton_over_a_range])
@pytest.mark.parametrize("a", [2.0, 9.5])
def test_newton_has_the_slope_of_the_square_root(f, a):
    assert math.isclose(grad(f)(a), 0.5 / math.sqrt(a), rel_tol=1e-9)


@case(0.3, 1.2)
@case(0.3, 1.35)
@case(0.3, 5.0)
@case(0.9, 0.1)
def tail_after_a_break(x, c):
    s = 0.5 * x
    for _ in range(12):
        s = 1.5 * np.sin(s)
        if s > c:
            break
        s = s + x
    return s


@case(vector(), 0.9)
@case(vector(), 9.0)
def search(xs, c):
    for i in range(len(xs)):
        if xs[i] > c:
            y = xs[i] ** 2
            break
    else:
        y = np.sum(xs)
    return y * 3


@case(SIGNED, 4.0)
@case(SIGNED, 9.5)
@case(SIGNED, 400.0)
def inner_continue_outer_break(A, limit):
    s = 0.0
    for i in range(A.shape[0]):
        stop = False
        for j in range(A.shape[1]):
            if A[i, j] < 0:
                continue
            s = s + A[i, j] ** 2
            if s > limit:
                stop = True
                break
        if stop:
            break
        s = s * 0.9
    return s


@case(SIGNED, 0.6)
@case(SIGNED, 1.2)
@case(SIGNED, 60.0)
def return_from_nested_loops(A, c):
    s = 0.0
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            s = s + np.sin(A[i, j])
            if s > c:
                return s * A[i, j]
    return s


@case(3.0)
def endless_with_break(x):
    n = 0
    while True:
        x = x * 0.5
        n += 1
        if x < 0.1:
            break
    return x * n


@case(3.0)
def endless_with_return(x):
    while True:
        x = x * 0.5
        if x < 0.1:
            return x * x


@case(vector(3), 0.3 * matrix(3, 3), 60)
@case(vector(3), 0.3 * matrix(3, 3), 4)
def fixed_point(x, W, n):
    z = np.zeros_like(x)
    for _ in range(n):
        new = np.tanh(W @ z + x)
        if np.max(np.abs(new - z)) < 1e-10:
            break
        z = new
    return np.sum(z * z)


@case(2.1)
@case(0.5)
def backtracking(x):
    t = 1.0
    while True:
        y = x - t * x**3
        if y > 0:
            return y * y
        t *= 0.5


# --- several ways out ---------------------------------------------------------------------------


@case(0.7, 20)
@case(0.1, 20)
@case(2.2, 20)
@case(1.1, 3)
def break_and_return(x, n):
    s = x
    for i in range(2, n, 3):
        s = np.sin(s) * 1.5
        if s < 0.2:
            break
        s = s * i
        if s > 4:
            return s * x
        s = s - x
    return s


@case(0.4, 1)
@case(0.4, 3)
@case(1.4, 8)
@case(5.0, 8)
def two_breaks_and_an_else(x, n):
    s = x
    for i in range(n):
        if s > 4:
            s = s * x
            break
        s = s + np.exp(-s) * i
        if i == 4:
            break
        s = s * 1.2
    else:
        s = s * s
    return s + x


@case(0.5, 10, 2.0)
@case(0.5, 10, 20.0)
@case(2.5, 10, 2.0)
def break_in_a_nested_branch(x, n, c):
    s = x
    for i in range(n):
        s = s * 1.1
        if i > 2:
            y = s * 2
            if s > c:
                break
            s = s + y / 9
        s = s + np.sin(x)
    return s


@case(0.5, 10, 2.0)
@case(0.9, 10, 3.0)
@case(2.5, 3, 90.0)
def break_in_either_arm(x, n, c):
    s = x
    for i in range(n):
        if i % 2:
            s = s * 1.5
            if s > c:
                break
        else:
            s = np.sin(s) + x
            if s > c / 2:
                break
        s = s * 1.1
    return s * s


@case(vector(6), 1.0)
@case(vector(6), 3.0)
def continue_and_break(x, c):
    s = 0.0
    for v in x:
        if v < 0.8:
            continue
        s = s + v**2
        if s > c:
            break
        s = s * 0.9
    return s


@case(0.7, 9, 1.0)
@case(0.7, 9, 50.0)
def continue_or_break_in_one_branch(x, n, c):
    s = x
    for i in range(n):
        if i % 3 == 1:
            s = s + x
            if s > c:
                break
            continue
        s = s * (1 + x / 5)
    return s


@case(matrix(), 2.0)
@case(matrix(), 90.0)
def break_keeps_an_array(A, c):
    h = np.zeros(A.shape[1])
    for row in A:
        h = np.tanh(h + row)
        if np.sum(h) > c:
            break
        t = np.exp(h)
        h = t * row
    return np.sum(h * h)


@case(vector(), 3.0)
@case(vector(), 300.0)
def return_an_array_from_a_loop(x, c):
    def helper(v):
        for k in range(4):
            v = v * (1 + x)
            if np.sum(v) > c:
                return v * k
        return v

    return np.sum(helper(x) ** 2)


@case(vector(), 2.0, 3)
@case(vector(), 200.0, 3)
@case(vector(), 200.0, 0)
def return_an_array_of_another_shape(x, c, n):
    def helper(v):
        for k in range(n):
            v = v * 1.5
            if v[0] > c:
                return np.exp(v[k:])
        return v

    return np.sum(helper(x) ** 2)


@case(vector(), 3.0)
@case(vector(), 300.0)
def return_a_tuple_from_a_loop(x, c):
    def helper(v):
        for k in range(4):
            v = v * (1 + x)
            if np.sum(v) > c:
                return v * k, v
        return v, x

    a, b = helper(x)
    return np.sum(a * b)


@case(0.4, 0)
@case(0.4, 5)
def no_trips_at_all(x, n):
    s = x
    for _ in range(n):
        s = s * 3
        if s > 4:
            break
    else:
        s = s * s
    return s


@case(0.9)
def always_in_the_first_trip(x):
    for k in range(3):
        x = x * (k + 2)
        break
    return x


@case(0.4, 3.0)
@case(0.4, 0.1)
def while_else(x, c):
    n = 0
    while n < 6:
        x = x * 1.5
        if x > c:
            break
        n += 1
    else:
        x = x * x
    return x * (n + 1)


@case(0.4, 3.0)
@case(5.0, 3.0)
def while_that_assigns_in_its_test(x, c):
    s = x
    while (t := s * s) < 50:
        s = s + t + x
        if s > c:
            break
        s = s * 1.1
    return s * t


@case(0.4)
@case(2.0)
def return_in_the_else(x):
    for k in range(3):
        x = x * 1.3
        if x > 2:
            break
    else:
        return x * x
    return np.sin(x) * k


@case(0.4)
@case(1.3)
@case(9.0)
def else_of_an_inner_loop_breaks_the_outer(x):
    s = x
    for i in range(5):
        for j in range(3):
            s = s * 1.2
            if s > 6:
                break
        else:
            if s > 3:
                break
            s = s + i
            continue
        s = s - x * j
    return s


@case(vector(3), 5)
def three_loops(x, n):
    s = 0.0
    for i in range(n):
        for j in range(n):
            for k in range(3):
                s = s + x[k] * (i + 1) / (j + 1)
                if s > 4 * (i + 1):
                    break
                s = s * 1.01
            if s > 6 * (i + 1):
                break
            s = s + x[0]
        if s > 30:
            return s * x[1]
    return s


@case(1.7)
def condition_on_what_the_loop_overwrites(x):
    for _ in range(9):
        if x > 1:
            x = x / 2
            continue
        x = x * x * 3
        if x < 0.2:
            break
    return x


@case(0.5, 4)
def variable_of_the_loop_afterwards(x, n):
    for i in range(n):
        x = x * 2
        if x > 3:
            break
    return x * i


@case(1.5, 6)
def raises_in_a_loop_with_a_break(x, n):
    for i in range(n):
        if x < 0:
            raise ValueError("negative")
        x = x * 1.2
        if x > 2:
            break
    return x * i


@case(2.5)
def loop_that_returns_in_every_trip(x):
    for k in range(1, 4):
        if x > 2:
            return x * x * k
        else:
            return x
    return 0.0


# --- loops that are unrolled --------------------------------------------------------------------


@case([0.1, 0.5, 0.9, 0.3], 0.05)
@case([0.1, 0.5, 0.9, 0.3], 0.6)
@case([0.1, 0.5, 0.9, 0.3], 1.6)
def unrolled_break(xs, c):
    s = 0.0
    for x in xs:
        if x > c:
            break
        s = s + x * x
    else:
        s = s * 2
    return s


@case([1.1, 1.2, 1.3, 1.4], 2.0)
@case([1.1, 2.2, 1.3, 1.4], 2.0)
def unrolled_return(ws, x):
    for k, w in enumerate(ws):
        x = x * w
        if k == 2:  # known when compiling
            break
        if x > 3.0:
            return x * x
    return x


@case([1.1, -1.2, 1.3], 2.0)
def unrolled_continue(ws, x):
    for w in ws:
        if w < 0:
            continue
        x = x * w
    return x


@case([vector(), vector(seed=1), vector(seed=2)], 9.0)
@case([vector(), vector(seed=1), vector(seed=2)], 0.5)
def unrolled_over_arrays(ws, c):
    h = np.ones(4)
    for w in ws:
        h = np.tanh(w * h)
        if np.sum(h) < c:
            break
    return np.sum(h**2)


def test_too_many_trips_to_unroll():
    """Each trip would be nested in the one before."""
    with pytest.raises(UnknownTypeError) as caught:
        grad(unrolled_break)([0.01] * 21, 3.0)
    assert "21 elements" in caught.value.message
    assert caught.value.hint
    assert grad(unrolled_break)([0.01] * 20, 3.0) == [0.04] * 20


# --- names that end -----------------------------------------------------------------------------


@case(vector())
def deleted(x):
    y = x * 2
    z = y * x
    del y
    y, w = z, 3
    del (z, w)
    return np.sum(y)


@case(vector())
def deleted_in_a_loop(x):
    s = 0.0
    for v in x:
        t = v * v
        s = s + t
        del t
    return s


def test_a_deleted_name_is_unbound():
    def f(x):
        y = x * 2
        del y
        return y  # noqa: F821

    with pytest.raises(UnboundLocalError, match="y"):  # as in the function
        grad(f)(1.0)


def deleted_on_one_path(x, c):
    y = x * 2
    if c:
        del y
    return y


def deleted_in_the_trip_before(x, c):
    y = 1.0
    for _ in range(c):
        x = x * y
        del y
    return x


def deleted_before_a_break(x, c):
    y = 1.0
    for k in range(c):
        if k > 1:
            del y
            break
    return x * y


@pytest.mark.parametrize(
    "f", [deleted_on_one_path, deleted_in_the_trip_before, deleted_before_a_break]
)
def test_a_name_that_may_be_deleted(f):
    """The function would raise; the generated text has no ``del`` and would not."""
    with pytest.raises(UnsupportedSyntaxError, match="'y' is deleted on one path") as caught:
        grad(f)(1.5, 3)
    assert caught.value.hint


@case(vector(), True)
def deleted_on_one_path_and_not_needed(x, c):
    y = x * 2
    z = y * y
    if c:
        del y
    y = z
    return np.sum(y)


SCALE = 3.0


@case(vector())
def declared_global(x):
    global SCALE
    return np.sum(x * SCALE)


@case(vector())
def declared_nonlocal(x):
    k = 2.0

    def inner(v):
        nonlocal k
        return v * k

    return np.sum(inner(x) ** 2)


# --- the text, effects, pullbacks ---------------------------------------------------------------


def source(f, *args):
    g = grad(f)
    g(*args)
    return g.source


PINNED = """\
def tail_after_a_break_grad(x, c):
    # Forward
    s = 0.5 * x
    s_before = []
    stopped = False
    for _ in range(12):
        s_before.append(s)
        s = 1.5 * np.sin(s)
        if s > c:
            stopped = True
            break
        s = s + x

    # Backward
    s_bar = 1.0
    x_bar = 0.0
    for _ in range(len(s_before)):
        if not stopped:
            x_bar += s_bar
        s = s_before.pop()
        s_bar = 1.5 * s_bar * np.cos(s)
        stopped = False
    x_bar += 0.5 * s_bar
    return float(x_bar)
"""


def test_the_text_is_what_one_would_write():
    """Without the docstring and the comments that quote the user's lines."""
    text = source(tail_after_a_break, 0.3, 1.2)
    text = re.sub(r'^ +""".*"""\n', "", text, flags=re.MULTILINE)
    text = re.sub(r" +# \d+: .*", "", text)
    assert text.partition("import numpy as np\n\n\n")[2] == PINNED


def test_the_text_has_a_real_break():
    text = source(tail_after_a_break, 0.3, 1.2)
    assert "            stopped = True\n            break\n" in text
    assert text.count("stopped = False") == 2  # before the loop, and after the last trip's reverse
    assert "while True:" in source(endless_with_break, 3.0)


def test_a_nested_break_stays_where_it_is():
    text = source(break_in_a_nested_branch, 0.5, 10, 2.0)
    assert text.count("    break\n") == 1


def test_a_tail_without_adjoint_gives_no_flag():
    text = source(newton, 2.0)
    assert "stopped" not in text
    assert text.count("    break\n") == 1


def test_conditions_are_saved_once():
    """Which way the loop was left is one flag for the loop, not one value for each trip."""
    text = source(break_and_return, 0.7, 20)
    assert text.count(".append(") == 1  # s before its sine; the last product is multiplied once
    backward = text.partition("# Backward")[2]
    assert "        if s < 0.2:" in text
    assert "        if s < 0.2:" not in backward


def test_effects_happen_as_often_as_in_the_function(capsys):
    def f(x):
        for i in range(9):
            x = x * 1.5
            print(i)
            if x > 3:
                break
            print("on", i)
        return x

    f(1.0)
    expected = capsys.readouterr().out
    value_and_grad(f)(1.0)
    assert capsys.readouterr().out == expected
    assert "on 0" in expected


def test_a_pullback_can_be_called_twice():
    for c in (1.2, 5.0):
        _, pullback = vjp(lambda x, c=c: tail_after_a_break(x, c), 0.3)
        assert pullback(1.0) == pullback(1.0)
        assert pullback(2.0) == (2 * grad(tail_after_a_break)(0.3, c),)


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()
