"""Rules of the user's that compute in place, or write into what they are given.

What a rule writes is its own: neither the caller's arrays nor those that the derivative reads
again change, and what a rule gives is what it gave, whatever is played back afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, register_vjp, vjp
from srcgrad.ir.ops import DERIVATIVES
from tests.hard_cases.checking import Case

X = np.array([0.3, -1.2, 0.7, 2.1])
Y = np.array([1.1, 0.4, -0.6, 0.9])
BUFFER = np.zeros(4)
PAIR = np.zeros((2, 4))
CALLS: list[int] = []


@pytest.fixture(autouse=True)
def rules_stay_as_they_are() -> Iterator[None]:
    before = dict(DERIVATIVES)
    CALLS.clear()
    yield
    DERIVATIVES.clear()
    DERIVATIVES.update(before)


def check(f: Callable[..., Any], *args: Any) -> None:
    """The gradient by finite differences, twice, and the pullback, called again and again."""
    Case(f, args, tuple(range(len(args)))).run()
    _, pullback = vjp(f, *args)
    first = [part.copy() for part in pullback(1.0)]
    for part in pullback(2.0):
        part[...] = 17.0  # it is the caller's
    for again, known in zip(pullback(1.0), first, strict=True):
        np.testing.assert_array_equal(again, known)
    for got, known in zip(grad(f, tuple(range(len(args))))(*args), first, strict=True):
        np.testing.assert_allclose(got, known)


# --- the functions --------------------------------------------------------------------------------


def square(x):
    return x**2


def exponential(x):
    return np.exp(x)


def rectified(x):
    return np.maximum(x, 0)


def log_sum(x):
    return np.log(np.sum(np.exp(x)))


def half(x):
    return np.sum(x * x) * 0.5


def product(x, y):
    return x * y


def waves(x):
    return np.sin(x), np.cos(x)


def same(x):
    return x.copy()


# --- arrays of the rule's own ---------------------------------------------------------------------


def multiplied(y_bar, y, x):
    r = y_bar * 2
    r *= x
    return r


def shrunk(y_bar, y, x):
    r = 2 * x
    r -= x
    r += x
    r /= 1.0
    return r * y_bar


def copied(y_bar, y, x):
    r = y_bar.copy()
    r *= 2 * x
    return r


def filled(y_bar, y, x):
    r = y_bar * 1.0
    r[:] = r * 2 * x
    return r


def given_out(y_bar, y, x):
    r = y_bar + 0
    np.multiply(r, 2 * x, out=r)
    return r


def scale(r, v):
    r *= v


def helped(y_bar, y, x):
    r = y_bar * 2
    scale(r, x)
    return r


def into_the_cotangent(y_bar, y, x):
    y_bar *= 2
    y_bar *= x
    return y_bar


def into_the_argument(y_bar, y, x):
    x *= y_bar
    return 2 * x


@pytest.mark.parametrize(
    "rule",
    [
        *(multiplied, shrunk, copied, filled, given_out, helped, into_the_cotangent),
        into_the_argument,
    ],
)
def test_squares(rule):
    register_vjp(square)(rule)
    check(lambda x: np.sum(square(x)) + np.sum(x), X)
    check(lambda x: np.sum(square(square(x)) * x), X)
    check(lambda x: np.sum(square(x) + square(x * 2)), X)
    check(lambda x: np.sum(square(x) * x), X)
    check(lambda x: np.sum((square(x) + x) * x), X)


@pytest.mark.parametrize(
    "rule", [multiplied, copied, filled, into_the_cotangent, into_the_argument]
)
def test_in_loops_and_branches(rule):
    register_vjp(square)(rule)

    def loop(x):
        for i in range(3):
            x = square(x) * 0.3 + np.sin(x) * i
        return np.sum(x)

    def branches(x):
        total = 0.0
        for row in (x, x * 0.5):
            if row[0] > 0.2:
                row = square(row) + row
            while np.sum(row) < 6.0:
                row = square(row) * 0.3 + 1.0
            total += np.sum(row * square(row))
        return total

    check(loop, X)
    check(branches, X)


def lean_square(x):
    return np.sum(square(x)) + np.sum(x)


def test_what_is_the_rules_own_is_bound_anew():
    register_vjp(square)(multiplied)
    g = grad(lean_square)
    np.testing.assert_allclose(g(X), 2 * X + 1)
    assert "multiplied" not in g.source
    assert "copy" not in g.source


def by_the_result(y_bar, y, x):
    r = y * 1
    r *= y_bar
    return r


def by_one(y_bar, y, x):
    r = y_bar * 1.0
    r *= y
    return r


def into_the_result(y_bar, y, x):
    y *= y_bar
    return y


@pytest.mark.parametrize("rule", [by_the_result, by_one, into_the_result])
def test_exponentials(rule):
    register_vjp(exponential)(rule)
    check(lambda x: np.sum(exponential(x) * x), X)
    check(lambda x: np.sum(np.exp(x) * exponential(x)), X)
    check(lambda x: np.sum(exponential(x)) + np.sum(exponential(x) ** 3), X)

    def program(x):
        y = exponential(x)
        return np.sum(y * y * y) + np.sum(exponential(y) * 0.1) + np.sum(y)

    check(program, X)


def of_log_sum(y_bar, y, x):
    p = np.exp(x - y)
    p *= y_bar
    return p


def test_log_sum_exp():
    register_vjp(log_sum)(of_log_sum)
    check(lambda x: log_sum(x) + np.sum(np.exp(x - log_sum(x))), X)
    check(lambda x: log_sum(x) * 2 + log_sum(x * x), X)


def of_tanh(y_bar, y, x):
    d = 1 - y**2
    d *= y_bar
    return d


def test_saved_values_stay_for_the_next_call_of_a_pullback():
    def tanh(x):
        return np.tanh(x)

    register_vjp(tanh)(of_tanh)
    _, pullback = vjp(lambda x: np.sum(tanh(x)), X)
    for _ in range(3):
        np.testing.assert_allclose(pullback(1.0)[0], 1 - np.tanh(X) ** 2)

    def program(x):
        y = tanh(x)
        return np.sum((1 - y**2) * y)

    check(program, X)


# --- what a rule is given -------------------------------------------------------------------------


def of_the_textbook(y_bar, y, x):
    y_bar[x <= 0] = 0
    return y_bar


def by_a_step(y_bar, y, x):
    x[x < 0] = 0
    x[x > 0] = 1
    return y_bar * x


@pytest.mark.parametrize("rule", [of_the_textbook, by_a_step])
def test_rectifiers(rule):
    register_vjp(rectified)(rule)

    def twice(x, y):
        z = x * y
        return np.sum(rectified(z) + z)

    def weighted(x, y):
        t = rectified(x) + rectified(-y) + x
        return np.sum(t * np.array([1.0, 2.0, 3.0, 4.0]))

    def after(x):
        z = np.sin(x)
        a = np.sum(z * z * z)
        return np.sum(rectified(z)) * a

    check(twice, X, Y)
    check(weighted, X, Y)
    check(after, X)
    check(lambda x: np.sum(rectified(x) * x) + np.sum(rectified(x)), X)


def into_both(z_bar, z, x, y):
    x *= z_bar
    y *= z_bar
    return y, x


def test_one_array_as_two_arguments():
    """Each parameter of a rule is an array of its own, as it is where two arrays are given."""
    register_vjp(product)(into_both)
    check(lambda x: np.sum(product(x, x)), X)
    check(lambda x: np.sum(product(x, x) * product(np.sin(x), x)), X)
    check(lambda x: np.sum(product(x, x[::-1])) + np.sum(product(x[:2], x[1:3])), X)
    check(lambda x, y: np.sum(product(x, y) * x), X, Y)


def of_waves(y_bar, y, x):
    sine_bar, cosine_bar = y_bar
    sine, cosine = y
    sine_bar *= cosine
    cosine_bar *= sine
    sine_bar -= cosine_bar
    return sine_bar


def test_parts_of_a_tuple():
    register_vjp(waves)(of_waves)

    def program(x):
        sine, cosine = waves(x)
        again, _ = waves(sine)
        return np.sum(sine * cosine * again) + np.sum(waves(cosine)[1])

    check(program, X)


def test_cotangents_of_the_caller_stay():
    register_vjp(square)(into_the_cotangent)
    _, pullback = vjp(square, X)
    y_bar = np.ones(4)
    np.testing.assert_allclose(pullback(y_bar)[0], 2 * X)
    np.testing.assert_array_equal(y_bar, np.ones(4))


def test_in_recursion():
    register_vjp(square)(into_the_cotangent)
    register_vjp(rectified)(by_a_step)

    def down(v, n):
        if n == 0:
            return square(v)
        w = square(down(v * 0.5, n - 1)) * 0.1
        return w + rectified(v)

    def loss(x, n):
        return np.sum(down(x, n))

    Case(loss, (X, 3)).run()
    np.testing.assert_allclose(grad(loss)(X, 0), 2 * X)


def test_single_precision():
    register_vjp(square)(into_the_cotangent)
    got = grad(lean_square)(X.astype(np.float32))
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, 2 * X + 1, rtol=1e-6)


# --- what a rule gives ----------------------------------------------------------------------------


def the_argument(y_bar, y, x):
    return x if y_bar == 1 else x * y_bar


def the_argument_early(y_bar, y, x):
    if y_bar == 1:
        return x
    return x * y_bar


@pytest.mark.parametrize("rule", [the_argument, the_argument_early])
def test_the_argument_itself_where_the_program_writes_it(rule):
    register_vjp(half)(rule)

    def element(x):
        a = x * 1.0
        a[0] = a[1] * a[2]
        return half(a)

    def loop(x):
        a = x * 1.0
        for i in range(3):
            a[i] = a[i + 1] * a[i]
        return half(a)

    def argument(x):
        x[:2] = x[2:]
        return half(x)

    def afterwards(x):
        a = x * 1.0
        t = half(a)
        a[0] = a[1] * 3
        return t + np.sum(a * a)

    for program in (element, loop, argument, afterwards):
        check(program, X)


def test_the_cotangent_itself():
    register_vjp(same)(lambda y_bar, y, x: y_bar)

    def program(x):
        u = same(x)
        u[1] *= 3
        w = same(u)
        w[0] = u[2] * 2
        z = same(same(w))
        z *= u
        return np.sum(z * w)

    check(program, X)


def views(z_bar, z, x, y):
    x_bar = np.empty_like(PAIR)
    x_bar[0] = z_bar
    x_bar[1] = z_bar
    x_bar *= (y, x)
    return x_bar[0], x_bar[1]


def test_views_of_one_array():
    register_vjp(product)(views)
    check(lambda x, y: np.sum(product(x, y) * product(y, x)), X, Y)


# --- rules that are called ------------------------------------------------------------------------


def into_a_buffer(y_bar, y, x):
    np.multiply(y_bar, x, out=BUFFER)
    np.multiply(BUFFER, 2, out=BUFFER)
    return BUFFER


def counted(y_bar, y, x):
    CALLS.append(1)
    y_bar *= x
    x[:] = 0.0
    y[:] = 0.0
    return 2 * y_bar


def closure():
    k, buffer = 2.0, np.zeros(4)

    def of_square(y_bar, y, x):
        np.multiply(y_bar, x, out=buffer)
        x[:] = y[:] = y_bar[:] = 0.0
        buffer[:] *= k
        return buffer

    return of_square


class Object:
    def __init__(self) -> None:
        self.kept = np.zeros(4)

    def of_square(self, y_bar, y, x):
        x *= y_bar
        self.kept[:] = 2 * x
        return self.kept


@pytest.mark.parametrize("rule", [into_a_buffer, counted, closure(), Object().of_square])
def test_rules_that_do_more(rule):
    register_vjp(square)(rule)
    check(lambda x: np.sum(square(x)) + np.sum(x), X)
    check(lambda x: np.sum(square(x) * square(np.sin(x))), X)
    check(lambda x: np.sum(square(x) + square(x * 2)), X)

    def loop(x):
        for i in range(3):
            x = square(x) * 0.3 + np.sin(x) * i
        return np.sum(x)

    def writing(x):
        a = x.copy()
        a[0] = a[1] * a[2]
        t = np.sum(square(a) * a)
        a[1:] = 3.0 * a[:3] * t
        return np.sum(square(a)) + t

    check(loop, X)
    Case(writing, (X,)).run()


def test_the_argument_itself_of_a_rule_that_is_called():
    k = 1.0

    def the_argument(y_bar, y, x):
        return x if k else None

    register_vjp(half)(the_argument)

    def loop(x):
        a = x * 1.0
        for i in range(3):
            a[i] = a[i + 1] * a[i]
        return half(a)

    def argument(x):
        x[:2] = x[2:]
        return half(x)

    Case(loop, (X,)).run()
    Case(argument, (X,)).run()


def test_both_arguments_of_a_rule_that_is_called():
    def of_product(z_bar, z, x, y):
        CALLS.append(1)
        x *= z_bar
        y *= z_bar
        return y, x

    register_vjp(product)(of_product)
    check(lambda x: np.sum(product(x, x) * product(np.sin(x), x)), X)
    check(lambda x, y: np.sum(product(x, y) * x), X, Y)


# --- gates ----------------------------------------------------------------------------------------


class Rectifier:
    def forward(self, x):
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dz):
        dz[self.mask] = 0
        return dz


class Sigmoid:
    def forward(self, x):
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, dz):
        s = self.out
        dz *= s
        dz *= 1 - s
        return dz


class Multiply:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dz):
        self.x *= dz
        self.y *= dz
        return self.y, self.x


SHARED = Multiply()


def rectify(x):
    return Rectifier().forward(x)


def rectify_vjp(dz, z, x):
    gate = Rectifier()
    gate.forward(x)
    return gate.backward(dz)


def squash(x):
    return Sigmoid().forward(x)


def squash_vjp(dz, z, x):
    gate = Sigmoid()
    gate.forward(x)
    return gate.backward(dz)


def multiply(x, y):
    return Multiply().forward(x, y)


def multiply_vjp(dz, z, x, y):
    gate = Multiply()
    gate.forward(x, y)
    return gate.backward(dz)


def shared_vjp(dz, z, x, y):
    """Remembers its inputs in an object from outside, and so is called."""
    SHARED.forward(x, y)
    return SHARED.y * dz, SHARED.x * dz


@pytest.mark.parametrize("of_product", [multiply_vjp, shared_vjp])
def test_gates(of_product):
    register_vjp(rectify)(rectify_vjp)
    register_vjp(squash)(squash_vjp)
    register_vjp(multiply)(of_product)

    def circuit(x, y):
        h = multiply(x, y) + squash(x)
        h = rectify(h) + h * 2
        for _ in range(2):
            h = multiply(squash(h), multiply(h, np.cos(h))) + rectify(x * y)
        return np.sum(multiply(h, h))

    def writing(x, y):
        h = x.copy()
        h[0] = rectify(h)[2] * h[1]
        h = multiply(h, y)
        h[1] = squash(h)[1] * 2
        return np.sum(multiply(h, h))

    check(circuit, X, Y)
    Case(writing, (X, Y), (0, 1)).run()
    check(lambda x, y: np.sum(rectify(x) + x * 2) + np.sum(rectify(x * y) + x), X, Y)
