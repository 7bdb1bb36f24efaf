"""``functools.partial`` of a partial is one of what that calls; a bound method is none."""

from __future__ import annotations

import functools
import types

import pytest

from srcgrad import value_and_grad
from tests.language.cases import Table

case = Table()


def combined(a, b=1.0, c=2.0):
    return a * b + c


HALF = functools.partial(combined, b=0.5)


@case(1.5)
def its_arguments_are_those_of_both(x):
    f = functools.partial(functools.partial(combined, x), x * 2)
    return len(f.args) * f.args[1] * f()


@case(1.5)
def its_keywords_are_those_of_the_last(x):
    f = functools.partial(functools.partial(combined, b=x), b=x * 2, c=x)
    return f.keywords["b"] * f.keywords["c"] + f(x)


@case(1.5)
def it_calls_the_function_itself(x):
    inside = functools.partial(functools.partial(functools.partial(combined, x), 2.0), c=3.0)
    outside = functools.partial(HALF, x)
    return inside() * (2 if inside.func is combined else 3) + (x if outside.func is combined else 0)


@case(1.5)
def of_one_from_outside(x):
    f = functools.partial(HALF, x, c=x)
    return len(f.keywords) * f() + f.keywords["b"]


@case(1.5)
def of_a_bound_method(x):
    method = types.MethodType(combined, x)
    f = functools.partial(method, x * 2)
    return f.args[0] * f(c=x) * method.__self__ * (1 if method.__func__ is combined else 2)


@pytest.mark.parametrize("program", case.cases)
def test_as_python_flattens_them(program):
    program.run()


def test_a_partial_has_no_other_attribute():
    def f(x):
        try:
            return functools.partial(combined, x).function * x
        except AttributeError:
            return x * 3

    assert value_and_grad(f)(1.5) == (4.5, 3.0)
