"""Closures over names that are assigned again: what counts is the value at the time of the call."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import SrcgradError, grad
from tests.language.cases import Table, matrix, vector

case = Table()


@case(1.3)
def assigned_after_the_definition(x):
    s = 2.0
    f = lambda v: v * s
    before = f(x)
    s = x
    return before * f(x)


@case(0.3, 4)
def carried_by_a_loop(x, n):
    s = x
    f = lambda v: np.sin(v) * s
    for _ in range(n):
        s = f(s) + x
    return s * f(x)


@case(0.8, 3)
def by_a_while_loop(x, n):
    count = 0
    scale = x
    go_on = lambda: count < n
    step = lambda v: v * scale + x
    y = x
    while go_on():
        y = step(y)
        scale = scale * np.cos(y)
        count = count + 1
    return y + step(y)


@case(1.4)
@case(0.6)
def one_or_another(x):
    f = lambda v: act(v)
    if x > 1:
        act = np.sin
    else:
        act = np.cos
    return f(x)


@case(1.4)
@case(0.6)
def by_a_branch(x):
    s = x
    f = lambda v: v**2 * s
    if x > 1:
        s = np.exp(x)
        y = f(x)
    else:
        y = f(x)
        s = x * x
    return y * f(x)


@case(1.4)
@case(0.6)
def early_return(x):
    f = lambda v: v * s
    s = x
    if x > 1:
        s = x**3
        return f(x)
    s = s + 1
    return f(x)


@case(vector(3))
def late_binding(x):
    functions = ()
    for k, v in enumerate((x[0], x[1], x[2])):
        functions = (*functions, lambda a: a * v + k)
    return functions[0](x[0]) * functions[1](x[1]) * functions[2](2.0)


@case(vector(3), 4)
def function_of_the_last_trip(x, n):
    total = 0.0
    for i in range(n):
        u = x * i
        f = lambda a: np.sum(a * u)
        total = total + f(x) * x[0]
    return total


@case(matrix(4, 3))
def over_rows(x):
    total = x[0] * 0.0
    step = lambda: np.tanh(row) * total + row
    for row in x:
        total = step() + 1.0
    return np.sum(total * step())


def call(f, *args):
    return f(*args)


@case(1.1, 0.7, wrt=(0, 1))
def through_helpers_and_containers(x, y):
    s = x
    table = {"a": lambda v: v * s, "b": [lambda v: table["a"](v) + s]}
    first = call(table["a"], y) * table["b"][0](y)
    s = s * y
    return first + call(table["b"][0], y)


@case(1.1)
def each_activation_has_its_own(x):
    def make(a):
        f = lambda: a
        a = a * x
        return f

    p = make(2.0)
    q = make(x)
    return p() * q() + p()


@case(1.1)
def functions_assigned_again(x):
    h = lambda v: v * x
    g = lambda v: h(v) + 1.0
    first = g(x)
    h = lambda v: np.sin(v)
    return first * g(x)


@case(1.2, True)
@case(1.2, False)
def a_flag_seen_later(x, flag):
    f = lambda v: v * x if use else v
    use = not flag
    first = f(x)
    use = flag
    return first + 3 * f(x)


RATE = np.array([0.5, 1.5])


@case(vector(2))
def declared_global(x):
    global RATE
    return np.sum(x * x * RATE)


@case(vector(2))
def declared_nonlocal(x):
    s = x

    def f():
        nonlocal s
        return s * x

    s = s * 2
    return np.sum(f())


@case(0.7)
@case(1.7)
def one_thing_or_another_but_not_used(x):
    """What differs between the arms is captured, so that it is noted after them too."""
    y = x
    for _ in range(3):
        if y > 1:
            act = np.sin
            f = lambda v: act(v) * x
            y = f(y)
        else:
            act = np.cos
            f = lambda v: act(v) + x
            y = f(y) * x
    return y


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()


def unassigned(x):
    f = lambda v: v * s
    y = f(x)
    s = 2.0
    return y * s


def calls_itself(x):
    f = lambda v: g(v) + x
    g = lambda v: f(v) * x
    return f(x)


def makes_itself_anew(x):
    f = lambda g: g(lambda h: g(h)) + x
    return f(f)


REFUSED = {
    unassigned: ("may not be assigned yet", 2),
    calls_itself: ("calls itself", 3),
    makes_itself_anew: ("functions that change from call to call", 2),
}


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f):
    message, line = REFUSED[f]
    with pytest.raises(SrcgradError, match=message) as caught:
        grad(f)(1.3)
    assert caught.value.loc.line - f.__code__.co_firstlineno <= line
    assert caught.value.hint


def test_what_a_closure_costs():
    """Nothing is left of cells: the gradient is that of the program without the function."""

    def direct(x):
        s = x
        for _ in range(3):
            s = np.sin(s) * s + x
        return s

    def closed(x):
        s = x
        f = lambda: np.sin(s) * s
        for _ in range(3):
            s = f() + x
        return s

    assert _code(grad(closed), 0.3) == _code(grad(direct), 0.3)


def _code(gradient, *args):
    """The lines of a gradient without its name and its comments."""
    lines = gradient.lower(*args).source.splitlines()
    return [
        line.partition("#")[0].rstrip()
        for line in lines
        if "radient of" not in line and "def " not in line
    ]
