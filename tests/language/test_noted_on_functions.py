"""``wrapper.calls += 1``: attributes of functions that the program assigns."""

import functools
import time

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad, value_and_grad
from tests.slopes import slopes

X = np.array([0.7, -0.4, 1.3, 0.9])


def counted(function):
    @functools.wraps(function)
    def wrapper(*args):
        wrapper.calls += 1
        return function(*args)

    wrapper.calls = 0
    return wrapper


def timed(function):
    @functools.wraps(function)
    def wrapper(*args):
        start = time.perf_counter()
        result = function(*args)
        wrapper.elapsed = time.perf_counter() - start
        return result

    return wrapper


@counted
def square(v):
    return v**2


@counted
def sine(v):
    return np.sin(v)


@timed
def norm(v):
    return np.sum(v**2)


class Model:
    def __init__(self, w):
        self.w = w

    @counted
    def scaled(self, v):
        return v * self.w

    @counted
    def moved(self, v):
        return v + self.w


class Inherited(Model):
    pass


MODEL = Model(2.0)


@counted
@counted
def counted_twice(v):
    return v * 2


def descent(n, v):
    descent.calls += 1
    return v if n == 0 else descent(n - 1, v * v)


descent.calls = 0
METHODS = (Model.scaled, Model.moved, counted_twice, counted_twice.__wrapped__)
COUNTED = (square, sine, descent, *METHODS)


def called(x):
    return square(x[0]) + square(x[1])


def called_in_a_loop(x):
    total = 0.0
    for v in x:
        if v > 0:
            total += square(v)
    return total


def two_with_one_code(x):
    return np.sum(square(x) * sine(x)) * (square.calls + 2 * sine.calls)


def read_before_and_after(x):
    before = square.calls
    return (square(x[0]) + square(x[1])) * (square.calls - before)


def of_several(x):
    total = 0.0
    for function in (square, sine, square):
        total += np.sum(function(x)) * function.calls
    return total


def set_anew(x):
    square.calls = 0
    return np.sum(square(x)) * square.calls


def an_attribute_that_was_not_there(x):
    called.last = x[0] * 2
    return x[1] * called.last


def a_recursion(x):
    return np.sum(descent(3, x)) * descent.calls


def a_method(x):
    model = Model(x[0])
    return (model.scaled(x[1]) + model.scaled(x[2])) * Model.scaled.calls


def two_methods_in_a_loop(x):
    total = 0.0
    for v in x:
        if v > 0:
            total += MODEL.scaled(v) * MODEL.scaled.calls + MODEL.moved(v) * Model.moved.calls
    return total * square.calls + square(x[0])


def an_inherited_method(x):
    return Inherited(x[0]).scaled(x[1]) * Inherited.scaled.calls * (Model.moved.calls + 1)


def one_in_another(x):
    counted_twice.__wrapped__.calls = 5
    inner = counted_twice.__wrapped__
    return counted_twice(x[0]) + counted_twice(x[1]) * counted_twice.calls * inner.calls


def methods_in_a_tuple(x):
    total = 0.0
    for function, v in zip((MODEL.scaled, square, MODEL.moved, MODEL.scaled), x):
        total += function(v)
    return total * Model.scaled.calls


PROGRAMS = [
    *(called, called_in_a_loop, two_with_one_code, read_before_and_after, of_several, set_anew),
    *(an_attribute_that_was_not_there, a_recursion, a_method, two_methods_in_a_loop),
    *(an_inherited_method, one_in_another, methods_in_a_tuple),
]


def counts():
    return [function.calls for function in COUNTED]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f) -> None:
    def from_zero(x):
        for function in COUNTED:
            function.calls = 0
        return f(x)

    expected, after = from_zero(X), counts()
    derivative = value_and_grad(f)
    for _ in range(2):
        for function in COUNTED:
            function.calls = 0
        value, x_bar = derivative(X.copy())
        assert counts() == after
        np.testing.assert_allclose(value, expected)
        np.testing.assert_allclose(x_bar, slopes(from_zero, X), rtol=1e-5, atol=1e-8)


def test_what_takes_the_time() -> None:
    norm.elapsed = None
    np.testing.assert_allclose(grad(lambda x: norm(x))(X), 2 * X)
    assert norm.elapsed >= 0


def program_of(function):
    def f(x):
        square.calls += 1
        return np.sum(function(x)) * function.calls

    return f


def test_a_function_that_may_be_the_one() -> None:
    """Which function is in a cell is known where it is one with a name, and else only its code."""
    for _ in range(2):
        square.calls = 0
        expected = program_of(square)(X)
        square.calls = 0
        value, _ = value_and_grad(program_of(square))(X)
        assert value == expected
        with pytest.raises(UnsupportedSyntaxError, match="'square' is assigned, and 'function'"):
            grad(program_of(counted(np.abs)))(X)


def test_a_method_that_the_class_has_no_more(monkeypatch) -> None:
    def f(x):
        return MODEL.scaled(x[0]) * Model.scaled.calls

    derivative = value_and_grad(f)
    for other in (None, counted(lambda self, v: v * v), counted(lambda self, v: v + self.w)):
        if other is not None:
            monkeypatch.setattr(Model, "scaled", other)
        Model.scaled.calls = 3
        expected = f(X)
        Model.scaled.calls = 3
        np.testing.assert_allclose(derivative(X)[0], expected)
        assert Model.scaled.calls == 4


def of_a_cell(function):
    def f(x):
        function.calls += 1
        return np.sum(x)

    return f


def of_the_function_inside(x):
    def g(v):
        g.n += 1
        return v * g.n

    g.n = 0
    return g(x[0])


def of_its_own(x):
    called.__doc__ = "no"
    return np.sum(x)


def in_its_dict(x):
    square.__dict__["calls"] = 5
    return np.sum(x) * square.calls


def read_in_its_dict(x):
    square.calls = 5
    return np.sum(x) * square.__dict__["calls"]


def kept_dict(x):
    every = square.__dict__
    square.calls = 5
    return np.sum(x) * every["calls"]


REFUSED = {
    "in_its_dict": (in_its_dict, "the '__dict__' of a function"),
    "read_in_its_dict": (read_in_its_dict, "the '__dict__' of a function"),
    "kept_dict": (kept_dict, "the '__dict__' of a function"),
    "of_a_cell": (of_a_cell(counted(np.abs)), "assignment to 'absolute.calls'"),
    "of_the_function_inside": (of_the_function_inside, "assignment to 'g.n'"),
    "of_its_own": (of_its_own, "assignment to an attribute of a 'function'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name) -> None:
    f, message = REFUSED[name]
    with pytest.raises(UnsupportedSyntaxError, match=message):
        grad(f)(X)
