"""Functions that call themselves with arrays that they have made, and give back the last of them.

What such a function gives may be what it was given or what it has filled.  It is right as long as
nobody writes into the one or the other after the call; it is refused otherwise.
"""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import AliasingError, MutationError, grad, value_and_grad
from tests.hard_cases.checking import differences
from tests.language.cases import Table, vector

case = Table()


def shifted(u, n):
    if n == 0:
        return u
    new = np.empty_like(u)
    new[0] = u[0]
    new[1:] = 0.5 * u[:-1] * u[1:]
    return shifted(new, n - 1)


@case(vector(5), 3)
@case(vector(5), 0)
def an_array_for_each_call(x, n):
    return np.sum(shifted(x, n) ** 2)


@case(vector(5), 2)
def a_copy_of_the_result_is_written(x, n):
    y = shifted(x, n).copy()
    y[0] *= 3
    return np.sum(y * x)


def swapped(u, v, n):
    if n == 0:
        return u, v
    new_u, new_v = np.empty(3), np.empty(3)
    new_u[:] = v
    new_v[:] = u * v
    return swapped(new_u, new_v, n - 1)


@case(vector(3), 3)
@case(vector(3), 0)
def two_arrays(x, n):
    u, v = swapped(x, x[::-1] / 2, n)
    return np.sum(u * v**2)


def ping(u, n):
    if n == 0:
        return u
    new = np.empty(3)
    new[0], new[1:] = u[2], u[:2] ** 2
    return pong(new, n - 1)


def pong(u, n):
    if n == 0:
        return u
    new = np.empty(3)
    new[0], new[1:] = u[2] * u[1], u[:2]
    return ping(new, n - 1)


@case(vector(3), 4)
def by_turns(x, n):
    return np.sum(ping(x, n) * x)


def until(u, n):
    if n == 0:
        return u
    new = np.zeros(3)
    for k in range(3):
        if u[k] > 0.9:
            new[k] = u[k] ** 2
            continue
        new[k] = u[k] + 1
    if new.sum() > 8:
        return until(new, 0)
    return until(new, n - 1)


@case(vector(3), 5)
def early_ends(x, n):
    return np.sum(until(x, n) * x)


def both(u, n):
    if n <= 0:
        return u
    new = np.zeros(3)
    new[:] = u * u[::-1]
    return both(new, n - 1) + both(new, n - 2)


@case(vector(3), 3)
def two_calls(x, n):
    return np.sum(both(x, n))


def crossed(u, v, n):
    if n == 0:
        return u
    u += v
    return crossed(v, u, n - 1)


@case(vector(3), 3)
def one_array_or_the_other(x, n):
    u, v = x * 1.0, x * 2
    return np.sum(crossed(u, v, n) * u * v)


def scaled(v, n):
    if n == 0:
        return v if v[0] > 0.5 else v.copy()
    v[0] *= v[1]
    return scaled(v, n - 1)


@case(vector(3), 2)
@case(vector(3) + 1, 2)
def itself_or_a_copy(x, n):
    u = x.copy()
    return np.sum(scaled(u, n) * u)


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()
    args = [np.copy(arg) if isinstance(arg, np.ndarray) else arg for arg in program.args]
    np.testing.assert_array_equal(value_and_grad(program.f)(*program.args)[0], program.f(*args))


# --- arrays that are written after the call -------------------------------------------------------


def written_before_it_returns(u, n):
    if n == 0:
        return u
    new = np.empty_like(u)
    new[:] = u * u[0]
    last = written_before_it_returns(new, n - 1)
    new[0] = 7 * u[1]
    return last


def filled_again(u, n):
    if n == 0:
        return u
    new = np.zeros(3)
    last = u
    for k in range(2):
        new[k] = u[k] * u[2]
        last = filled_again(new, n - 1)
    return last


def result_written(u, n):
    if n == 0:
        return u
    new = np.zeros(3)
    new[:2] = u[1:] * u[:2]
    last = result_written(new, n - 1)
    last[0] = last[0] * last[1]
    return last


def by_a_helper(u, n):
    if n == 0:
        return u
    new = np.zeros(3)
    new[:] = u * u[0]
    last = by_a_helper(new, n - 1)
    scaled(new, 2)
    return last


FUNCTIONS = (written_before_it_returns, filled_again, result_written, by_a_helper)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_right_or_refused(function):
    def f(x, n):
        return np.sum(function(x * 1.0, n) * x)

    for n in (1, 2, 3):
        x = vector(3)
        try:
            found = grad(f)(x, n)
        except (AliasingError, MutationError):
            continue
        want = differences(f, (x, n), (0,))[0]
        np.testing.assert_allclose(found, want, rtol=1e-6, atol=1e-7)


def caller_writes(x, n):
    u = x.copy()
    y = scaled(u, n)
    u[1] = 5 * x[2]
    return np.sum(y * u)


def caller_writes_the_result(x, n):
    u = x * 2
    y = crossed(u, x * 1.0, n)
    y[1] *= x[2]
    return np.sum(y * u)


@pytest.mark.parametrize("f", [caller_writes, caller_writes_the_result])
def test_refused(f):
    with pytest.raises(MutationError, match="is written, and may be what it was given") as caught:
        grad(f)(vector(3), 3)
    assert "copy first" in caught.value.hint


# --- which array it is ----------------------------------------------------------------------------


def shared(x, n):
    return np.sum(x) if np.shares_memory(shifted(x, n), x) else np.sum(x * x)


def one_and_the_same(x, n):
    y = shifted(x, n)
    return np.sum(y) * (2.0 if id(y) == id(x) else 1.0)


def strides(x, n):
    y = shifted(x[::2], n)
    return np.sum(y) * y.strides[0]


def flags(x, n):
    y = shifted(x[::2], n)
    return np.sum(y) * (2.0 if y.flags.c_contiguous else 1.0)


def flags_by_name(x, n):
    y = shifted(x[::2], n)
    return np.sum(y) * (2.0 if y.flags["OWNDATA"] else 1.0)


@pytest.mark.parametrize("f", [shared, one_and_the_same, strides, flags, flags_by_name])
def test_programs_that_ask_which_array_it_is(f):
    with pytest.raises((AliasingError, MutationError)):
        grad(f)(vector(4), 0)
