"""Names that nested functions assign: what the functions around them see afterwards."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad, value_and_grad
from tests.language.cases import Table, vector

case = Table()


@case(vector(4), 0.3)
@case(vector(1), 0.3)
def a_filter_with_a_state(x, rate):
    state, steps = 0.0, 0

    def smooth(v):
        nonlocal state, steps
        state += rate * (v - state)
        steps += 1
        return state

    return sum([smooth(v) ** 2 for v in x]) / steps


@case(vector(3))
def evaluations_are_counted(x):
    count = 0
    best = np.inf

    def objective(v):
        nonlocal count, best
        count += 1
        value = np.sum((v - 1) ** 2) + v[0]
        if value < best:
            best = value
        return value

    for _ in range(3):
        at = objective(x)
        slopes = np.array([(objective(x + 0.1 * e) - at) / 0.1 for e in np.eye(len(x))])
        x = x - 0.2 * slopes
    return best + 0.1 * count * at


@case(1.7, 1e-4)
@case(1.7, 10.0)
def in_the_condition_of_a_while(x, tolerance):
    error, trips = 1.0, 0

    def newton(v):
        nonlocal error, trips
        new = v - (v * v - x) / (2 * v)
        error, trips = abs(new - v), trips + 1
        return new

    v = x
    while error > tolerance and trips < 20:
        v = newton(v)
    return v * trips + error


@case(vector(3))
@case(vector(0))
def two_of_one_factory(x):
    def make(start):
        total = start

        def add(v):
            nonlocal total
            total = total * 0.5 + v
            return total

        def get():
            return total

        return add, get

    add_one, one = make(0.2)
    add_two, two = make(1.0)
    for v in x:
        add_one(v)
        add_two(v * v)
    return one() * two() + np.sum(x)


@case(vector(4))
def leaves_of_a_tree_walked_by_recursion(w):
    best, path = -np.inf, []
    below = {0: [1, 2], 1: [3], 2: [3], 3: []}

    def visit(node, cost):
        nonlocal best
        path.append(node)
        if not below[node] and cost > best:
            best = cost
        for other in below[node]:
            visit(other, cost + w[node] * w[other])
        path.pop()

    visit(0, w[0])
    return best + len(path)


@case(vector(4))
def inside_another_nested_function(x):
    total = 0.0

    def outer(v):
        def inner(u):
            nonlocal total
            total += u * v
            return total

        inner(v)
        return inner(2.0) * total

    y = outer(x[0])
    for v in x:
        if v < 0.5:
            continue
        y += outer(v)
        if total > 6:
            break
    else:
        total -= 1
    return y * total


@case(vector(3))
def names_that_are_others(x):
    """A parameter, a local variable and a default of the same name."""
    n = 0.0

    def up(v):
        nonlocal n
        n += v

    def parameter(n):
        return n * 2

    def local():
        n = 7.0
        return n

    default = lambda n=n: n + 1
    for v in x:
        up(v)
    return n * parameter(n) + local() + default() + default(n) + sum([n * v for v in x])


@case(vector(3), 0.4)
def parameters(x, s):
    """Of which one is an array that is changed in place."""
    x = x.copy()

    def push(k):
        nonlocal x, s
        x *= k
        s = s * x[0] + 1
        x = x + s

    push(2.0)
    push(x[1])
    return np.sum(x**2) * s


@case(vector(5), 0)
@case(vector(5), 2)
@case(vector(3), 3)
def buffers_that_change_places(u, n):
    a, b = u.copy(), np.zeros_like(u)

    def step():
        nonlocal a, b
        b[1:-1] = a[1:-1] + 0.1 * a[2:] * a[:-2]
        a, b = b, a

    for _ in range(n):
        step()
    return np.sum(a**2) + b[0]


@case(vector(3))
def functions_that_data_choose(x):
    s = 1.0

    def scale(v):
        nonlocal s
        s *= v

    def add(v):
        nonlocal s
        s += v * v

    for v in x:
        change = scale if v > 1 else add
        change(v)
    return s


@case(vector(3))
def assigned_by_a_loop_too(x):
    v = 0.0

    def doubled():
        nonlocal v
        v = v * 2
        return v

    s = 0.0
    for v in x:
        s += doubled()
    return s * v


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()


def test_nothing_is_left_of_the_list():
    def closed(x):
        s = 1.0

        def step(v):
            nonlocal s
            s = np.sin(s) * v

        for v in x:
            step(v)
        return s

    def direct(x):
        s = 1.0
        for v in x:
            s = np.sin(s) * v
        return s

    x = vector(3)
    np.testing.assert_array_equal(grad(closed)(x), grad(direct)(x))
    assert "[0]" not in value_and_grad(closed).lower(x).source


def assigned_after_the_function(x):
    def up():
        nonlocal n
        n += 1

    n = 0
    up()
    return np.sum(x) * n


def assigned_in_arms(x):
    if x[0] > 1:
        n = 0
    else:
        n = 1

    def up():
        nonlocal n
        n += 1

    up()
    return np.sum(x) * n


def deleted(x):
    n = 0

    def up():
        nonlocal n
        n += 1

    up()
    y = np.sum(x) * n
    del n
    return y


@pytest.mark.parametrize("f", [assigned_after_the_function, assigned_in_arms, deleted])
def test_refused(f):
    with pytest.raises(UnsupportedSyntaxError, match="'nonlocal n' with an assignment") as caught:
        grad(f)(vector(3))
    assert "n = ..." in caught.value.hint


def test_of_a_function_from_outside():
    count = 0

    def counted(x):
        nonlocal count
        count += 1
        return np.sum(x**2) * count

    with pytest.raises(UnsupportedSyntaxError, match="'nonlocal count' with an assignment"):
        grad(counted)(vector(3))
    assert count == 0
