"""Calls of the user's own functions: how they are bound, and what they see."""

from __future__ import annotations

import math

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad
from tests.language import helpers
from tests.language.cases import Table, matrix, vector
from tests.language.helpers import scaled, with_offsets

case = Table()

SCALE = 7.0  # not the one that `helpers.scaled` sees


def polynomial(x, a, b=2.0, *rest, c=1.0, **named):
    total = a + b * x + c * x**2
    for i, r in enumerate(rest):
        total = total + r * x ** (i + 3)
    for name, value in named.items():
        total = total + value * (2 if name == "twice" else 1)
    return total


@case(1.3, 0.4, wrt=(0, 1))
def positional(x, y):
    return polynomial(x, y) + polynomial(x, y, y) + polynomial(x, y, 1.0, y, x)


@case(1.3, 0.4, wrt=(0, 1))
def keyword(x, y):
    return polynomial(a=y, x=x) + polynomial(x, b=y, a=x, c=y * y)


@case(1.3, 0.4, wrt=(0, 1))
def gathered(x, y):
    return polynomial(x, 1.0, y, x, y, x * y, c=y, twice=x, other=y)


@case(1.3, 0.4, wrt=(0, 1))
def spread(x, y):
    args, named = (x, y, x), {"c": y, "other": x}
    return polynomial(*args, **named) + polynomial(y, *args[1:], **{"twice": x * y})


def passing_on(*args, **kwargs):
    return polynomial(*args, **kwargs) * len(args)


@case(1.3, 0.4, wrt=(0, 1))
def passed_on(x, y):
    return passing_on(x, y, c=x)


def kinds(a, /, b, *, c, d=2.0):
    return a * b**2 * c * d


@case(1.3, 0.4, wrt=(0, 1))
def parameter_kinds(x, y):
    return kinds(x, y, c=y) + kinds(x, b=y, c=x, d=y)


@case(1.3, 0.4, wrt=(0, 1, 2))
@case(1.3, 0.4, 0.2, wrt=(0, 1, 2))
def star_parameter(x, *rest):
    total = x
    for r in rest:
        total = total * x + r
    return total


star_parameter_cases = case.cases[-2:]
del case.cases[-2:]


@case(1.3)
@case(1.3, 0.5)
def own_defaults(x, y=2.0, *, z=3.0):
    return x**y * z


def squares(x):
    return x * x


def apply_twice(g, x):
    return g(g(x))


@case(1.3)
def function_as_argument(x):
    return apply_twice(squares, x) + apply_twice(math.sin, x) + apply_twice(lambda v: v * x, 2.0)


@case(vector())
def numpy_function_as_argument(x):
    return np.sum(apply_twice(np.tanh, x)) + apply_twice(np.sum, x)


@case(vector(), np.sin)
@case(vector(), squares)
def function_as_own_argument(x, act):
    return np.sum(act(x) * x)


@case(1.3)
def functions_in_containers(x):
    acts = {"sin": math.sin, "square": squares}
    steps = [squares, acts["sin"], lambda v: v + x]
    y = x
    for step in steps:
        y = step(y)
    return y * acts["square"](x)


@case(1.3, 0.7)
def conditionally_called(x, y):
    g = (lambda v: v * y) if x is None else (lambda v: v / y)
    return g(x) + x


def flag_chooses(x, kind):
    act = {"tanh": np.tanh, "relu": lambda v: np.maximum(v, 0)}[kind]
    return np.sum(act(x) * x)


case(vector(), "tanh")(flag_chooses)
case(vector() - 1, "relu")(flag_chooses)


# --- nested functions and closures --------------------------------------------------------------


@case(1.3, 0.4, wrt=(0, 1))
def nested_function(x, y):
    def inner(a, b=y):
        z = a * x
        return z + b

    def outer(a):
        return inner(a) * inner(y, a)

    return outer(x) + inner(2.0)


@case(1.3, 0.4, wrt=(0, 1))
def closures_of_closures(x, y):
    def make(a):
        def add(b):
            def multiply(c):
                return (a + b) * c * y

            return multiply

        return add

    return make(x)(y)(x * y)


@case(vector(), 3)
def closure_in_a_loop(x, n):
    total = 0.0
    for i in range(n):
        step = lambda v, k=i: np.sin(v) * x[0] + k
        total = total + np.sum(step(x) * total + x)
    return total


@case(1.3)
def early_return_in_a_helper(x):
    def clipped(v):
        if v > 1:
            return 1.0 + 0.1 * v
        if v < -1:
            return -1.0
        return v

    return clipped(x) * clipped(x / 2) * clipped(-3 * x)


@case(vector())
def helper_with_loops(x):
    def norm(v):
        s = 0.0
        for c in v:
            s = s + c * c
        return math.sqrt(s)

    return norm(x) * norm(x[1:])


@case(1.3)
def function_without_result(x):
    def nothing(v):
        v * v

    return x * x if nothing(x) is None else x


def make_loss(data, factor, act):
    def loss(w):
        return factor * np.sum(act(w * data) ** 2)

    return loss


case(vector())(make_loss(vector(seed=1), 2.5, np.tanh))
case(vector())(make_loss(vector(seed=1), np.float64(2.5), squares))
case(0.7)(make_loss(vector(seed=1), 2, lambda v: v * 3))


# --- other modules ------------------------------------------------------------------------------


@case(1.3)
def helper_of_another_module(x):
    return scaled(x) * SCALE + helpers.scaled(x) * helpers.SCALE


@case(vector())
def arrays_of_another_module(x):
    return with_offsets(x) ** 2 + np.sum(helpers.OFFSETS[:2] * x[:2])


@case(1.3)
def closure_of_another_module(x):
    return helpers.cubed(x) + helpers.cubed(x, 3) + helpers.multiplier(x)(x)


LAYER = helpers.Layer(vector(seed=5))


@case(vector())
def object_of_another_module(x):
    return np.sum(LAYER(x) * LAYER.size) + LAYER.penalty() * np.sum(x) + LAYER.bias * x[0]


def test_an_object_in_a_cell():
    layer, x = helpers.Layer(vector(seed=5)), vector()
    np.testing.assert_allclose(
        grad(lambda x: np.sum(layer(x)))(x),
        layer.weights * 1.5 / np.cosh(layer.weights * x + 0.25) ** 2,
    )


def test_star_parameters_of_the_function_itself():
    for param in star_parameter_cases:
        case_ = param.values[0]
        with pytest.raises(TypeError, match="argnums"):
            grad(case_.f, argnums=(0, 1, 2))(*case_.args)
        assert grad(case_.f)(*case_.args) == pytest.approx(
            (case_.f(1.3 + 1e-6, *case_.args[1:]) - case_.f(1.3 - 1e-6, *case_.args[1:])) / 2e-6
        )


# --- what is refused ----------------------------------------------------------------------------


def test_a_helper_with_unsupported_syntax_is_reported_where_it_is():
    def helper(x):
        class Local:
            scale = 2.0

        return np.sum(x) * Local.scale

    def loss(x):
        return helper(x) + np.sum(x)

    with pytest.raises(UnsupportedSyntaxError, match="a class in a function") as caught:
        grad(loss)(vector())
    assert caught.value.loc.line == helper.__code__.co_firstlineno + 1


def test_a_helper_with_unsupported_syntax_may_compute_constants():
    def table(n):
        return np.array([1.0 / (k + 1) for k in range(n)])

    def loss(x):
        return np.sum(x**2 * table(4))

    x = vector()
    np.testing.assert_allclose(grad(loss)(x), 2 * x * table(4))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: polynomial(x), "missing . required positional arguments?: 'a'"),
        (lambda x: squares(x, x), "takes 1 positional argument but 2 were given"),
        (lambda x: squares(y=x), "got an unexpected keyword argument 'y'"),
        (lambda x: kinds(x, x, x), "takes 2 positional arguments but 3|missing . required"),
    ],
)
def test_wrong_calls(call, message):
    with pytest.raises(UnsupportedSyntaxError, match=message):
        grad(call)(1.3)


@case(matrix(3, 4))
def method_of_the_argument(a):
    f = a.sum
    return f(axis=0)[1] * f()


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()
