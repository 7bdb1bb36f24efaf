"""Differentiated lists of more floats than a loop takes one by one: each is one input."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad, value_and_grad, vjp

XS = [float(v) for v in np.linspace(0.1, 1.0, 300)]
FUNCTIONS = []


def program(f):
    FUNCTIONS.append(f)
    return f


@program
def squared(xs):
    return np.sum(np.array(xs) ** 2)


@program
def called_by_numpy(xs):
    return np.sum(xs) * np.dot(xs, xs) + np.mean(np.sin(xs)) + np.linalg.norm(np.asarray(xs))


@program
def summed(xs):
    return sum(xs)


@program
def in_loops(xs):
    s = 0.0
    for v in xs:
        s += v**2
    for i in range(1, len(xs)):
        s += xs[i] * xs[i - 1]
    return s + sum(a * b for a, b in zip(xs, xs[2:]))


@program
def taken_apart(xs):
    a, b, *rest = xs
    return a * b + rest[2] + max(xs) * sorted(xs)[5]


@program
def no_element(xs):
    return float(len(xs))


@program
def written(xs):
    ys = xs
    xs[0] = xs[1] ** 2
    return sum(ys) * ys[0]


@program
def made_longer(xs):
    xs.append(xs[0])
    ys = xs
    ys += [xs[3]]
    return np.sum(np.array(xs) ** 2)


@program
def written_in_a_loop(xs):
    ys = xs
    for i in range(1, len(xs)):
        xs[i] = 0.9 * xs[i - 1] + xs[i]
    return ys[-1] ** 2


@program
def sorted_in_place(xs):
    xs.sort(key=lambda v: -v)
    return xs[0] ** 2 + xs.pop()


@program
def given_to_what_writes(xs):
    def put(ys):
        ys[0] = 3 * ys[1]

    put(xs)
    return sum(v * v for v in xs)


def check(f, derivative, xs):
    given = list(xs)
    value, xs_bar = derivative(given)
    assert given == xs
    assert value == pytest.approx(f(list(xs)), rel=1e-14)  # sum() is compensated from 3.12 on
    assert type(xs_bar) is list
    assert set(map(type, xs_bar)) == set(map(type, xs))
    v = np.cos(np.arange(len(xs)))
    first, last = (
        f([type(x)(x + h * d) for x, d in zip(xs, v, strict=True)]) for h in (1e-6, -1e-6)
    )
    np.testing.assert_allclose(np.dot(xs_bar, v), (first - last) / 2e-6, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("f", FUNCTIONS)
def test_floats(f):
    derivative = value_and_grad(f)
    check(f, derivative, XS)
    assert len(derivative.source) < 2500
    source = derivative.source
    check(f, derivative, XS[:260])
    assert derivative.source == source


@pytest.mark.parametrize("f", [squared, summed, written])
def test_other_numbers_and_lengths(f):
    derivative = value_and_grad(f)
    for xs in (XS, list(np.array(XS)), XS[:257], XS[:6], [1.0] * 300):
        check(f, derivative, xs)


def test_one_list_for_two_parameters():
    def f(xs, ys):
        return sum(a * b for a, b in zip(xs, ys))

    xs_bar, ys_bar = grad(f, argnums=(0, 1))(XS, XS)
    assert xs_bar == ys_bar == XS
    assert xs_bar is not ys_bar


def test_in_other_containers():
    def f(params):
        return np.sum(np.array(params["w"]) ** 2) * params["b"][0]

    found = grad(f)({"w": XS, "b": (2.0, 1.0)})
    np.testing.assert_allclose(found["w"], 4 * np.array(XS))
    assert found["b"] == (pytest.approx(np.sum(np.array(XS) ** 2)), 0.0)


def cubes(xs):
    s = 0.0
    for i in range(len(xs)):
        s += xs[i] ** 3
    return s


def test_a_pullback_does_not_see_what_becomes_of_the_list():
    for change in (lambda xs: xs.__setitem__(5, 99.0), lambda xs: xs.clear()):
        for f, expected in ((cubes, 3 * np.array(XS) ** 2), (summed, np.ones(300))):
            xs = list(XS)
            _, pullback = vjp(f, xs)
            change(xs)
            np.testing.assert_allclose(pullback(1.0)[0], expected)


def test_nor_of_one_that_is_not_differentiated():
    ws = list(XS)

    def weighted(x):
        s = 0.0
        for w in ws:
            s += w * x**2
        return s

    _, pullback = vjp(weighted, 2.0)
    ws.clear()
    np.testing.assert_allclose(pullback(1.0)[0], 4 * sum(XS))


@pytest.mark.parametrize("wrt", [0, (0, 1)])
def test_which_lists_are_one(wrt):
    def f(x, y):
        return sum(x) * 3 if x is y else sum(x)

    one = [1.0 + i for i in range(300)]
    other, g = list(one), value_and_grad(f, wrt)
    for a, b in ((one, one), (one, other), (one, one)):
        assert g(a, b)[0] == f(a, b)
