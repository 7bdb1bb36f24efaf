"""Reading a name that no trip and no branch has assigned raises where it would be a container, an
object, a function or None, too: what exists at compile time only."""

import math
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad, vjp
from tests.slopes import check_at

THERE = np.array([0.7, -0.4, 1.3])
NOT_THERE = np.array([-0.7, 0.4, 1.3])


class Point:
    def __init__(self, at: Any) -> None:
        self.at = at

    def scaled(self, by: Any) -> Any:
        return self.at * by


def a_length(x):
    if x[0] > 0:
        found = [x[0]]
    return x[1] * len(found)


def an_element(x):
    if x[0] > 0:
        found = [x[0]]
    elif x[1] > 0.5:
        found = [x[1]]
    return found[0] * x[2]


def an_element_that_is_added(x):
    for v in x:
        if v > 1.2 and x[0] > 0:
            found = [v]
    found.append(x[1])
    return found[0] * found[1]


def a_loop_that_needs_nothing(x):
    if x[0] > 0:
        found = [x[0], x[1]]
    for v in found:
        v * v
    return x[2] ** 2


def the_test_of_a_loop(x):
    if x[0] > 0:
        found = [v for v in x if v > 0]
    s = x[1]
    while found:
        s = s * found.pop()
    return s


def taken_apart(x):
    if x[0] > 0:
        found = (x[0], x[1])
    a, b = found
    return x[2] * 2


def nothing_but_its_name(x):
    if x[0] > 0:
        found = {"a": x[0]}
    found
    return x[2] * 2


def given_another_name(x):
    if x[0] > 0:
        found = {1, 2}
    other = found
    return x[2] * 2


def put_into_another(x):
    if x[0] > 0:
        found = [x[0]]
    every = [found, x]
    return x[2] * 2


def a_key_that_is_added(x):
    if x[0] > 0:
        found = {"a": x[0]}
    found["b"] = x[1]
    return found["b"] ** 2


def whether_it_is_none(x):
    if x[0] > 0:
        found = [x[0]]
    return x[0] if found is None else x[1] * x[2]


def none_itself(x):
    if x[0] > 0:
        found = None
    return x[0] * (2 if found is None else 3)


def none_or_a_list(x):
    if x[0] > 0:
        found = None if x[1] < 0 else [x[1]]
    return x[2] if found is None else found[0]


def a_text(x):
    if x[0] > 0:
        found = "a"
    f"{found}"
    return x[2] * 2


def an_attribute_that_is_set(x):
    if x[0] > 0:
        p = Point(x[0])
    p.at = x[1]
    return x[2] ** 2


def a_method(x):
    for v in x:
        if v > 1.2 and x[0] > 0:
            p = Point(v)
    return p.scaled(x[1])


def a_function(x):
    for k in range(3):
        if x[k] > 1 and x[0] > 0:
            act = math.sin
        elif x[k] > 0.5 and x[0] > 0:
            act = math.cos
    return act(x[0])


def a_function_of_its_own(x):
    if x[0] > 0:
        g = lambda v: v * x[1]
    elif x[1] > 0.9:
        g = lambda v: v * x[2]
    return sum(map(g, x))


def a_class(x):
    if x[0] > 0:
        kind = Point
    return kind(x[0]).at ** 2


def after_a_while(x):
    v = x[0]
    while v > 0.1:
        found = [v * v, x[0]]
        v = v * 0.5
    return len(found) + x[1] ** 2


def before_the_test(x):
    if x[0] > 0:
        k = 0
    s = x[0]
    while k < 3:
        s = s + x[k] ** 2
        k += 1
    return s


def in_a_helper(x):
    def last_positive(values):
        for v in values:
            if v > 0:
                found = [v]
        return found[0]

    return last_positive(x[:1]) * x[2]


def in_a_recursion(x):
    def h(depth):
        if depth == 0:
            return x[0]
        if x[0] > 0:
            p = Point(x[1])
        return p.scaled(h(depth - 1))

    return h(3)


FUNCTIONS = [
    *(a_length, an_element, an_element_that_is_added, a_loop_that_needs_nothing),
    *(the_test_of_a_loop, taken_apart, nothing_but_its_name, given_another_name),
    *(put_into_another, a_key_that_is_added, whether_it_is_none, none_itself, none_or_a_list),
    *(a_text, an_attribute_that_is_set, a_method, a_function, a_function_of_its_own, a_class),
    *(after_a_while, before_the_test, in_a_helper, in_a_recursion),
]


def in_a_nested_function(x):
    if x[0] > 0:
        found = [x[0]]

    def h():
        found.append(x[1])
        return found[0]

    return h() * x[2]


def in_a_nested_function_that_needs_nothing(x):
    if x[0] > 0:
        p = Point(x[0])

    def h():
        p
        return x[1] ** 2

    return h()


def a_number_in_a_nested_function(x):
    if x[0] > 0:
        w = x[1]
    return (lambda v: v * w)(x[0])


def a_function_that_another_calls(x):
    def outer():
        return inner(x[0])

    if x[0] > 0:

        def inner(v):
            return v * v

    return outer()


def in_a_generator_expression(x):
    if x[0] > 0:
        scale = [x[1]]
    return sum(v * scale[0] for v in x)


def in_a_comprehension(x):
    if x[0] > 0:
        w = x[1]
    return sum([v * w for v in x])


CAPTURED = [
    *(in_a_nested_function, in_a_nested_function_that_needs_nothing),
    *(a_number_in_a_nested_function, a_function_that_another_calls),
    *(in_a_generator_expression, in_a_comprehension),
]


def pulled(f):
    return lambda x: vjp(f, x)[1](1.0)


@pytest.mark.parametrize("f", [*FUNCTIONS, *CAPTURED])
def test_raises(f):
    check_at(f, THERE)
    with pytest.raises(NameError) as expected:
        f(NOT_THERE)
    for derivative in (grad(f), value_and_grad(f), pulled(f)):
        with pytest.raises(NameError) as found:
            derivative(NOT_THERE)
        assert found.type is expected.type
        assert str(found.value) == str(expected.value)


def by_its_name_before_a_trip(x):
    for v in x:
        if v < -0.5:
            y  # noqa: F821
        y = v * 2
    return x[0] ** 2


def by_another_name_before_a_trip(x):
    for v in x:
        if v < -0.5:
            z = y  # noqa: F821
        y = v * 2
    return x[0] ** 2


def a_list_before_a_trip(x):
    for v in x:
        if v < -0.5:
            z = y  # noqa: F821
        y = [v]
    return x[0] ** 2 + y[0]


def before_a_trip_of_a_while(x):
    i = 0
    while i < 3:
        if x[i] < -0.5:
            y  # noqa: F821
        y = x[i]
        i += 1
    return x[0] ** 2


@pytest.mark.parametrize(
    "f",
    [
        *(by_its_name_before_a_trip, by_another_name_before_a_trip, a_list_before_a_trip),
        before_a_trip_of_a_while,
    ],
)
def test_read_before_a_trip_assigns_it(f):
    later = np.array([0.7, -0.6, 1.3])
    check_at(f, THERE, later)
    for derivative in (f, grad(f), value_and_grad(f)):
        with pytest.raises(UnboundLocalError, match="'y'"):
            derivative(NOT_THERE)


def after_a_range(x, n):
    for i in range(n):
        found = [x[i], x[0]]
    return found[0] * x[2] + len(found)


def test_that_a_loop_makes_a_trip_is_known_of_what_is_given():
    derivative = grad(after_a_range)
    np.testing.assert_allclose(derivative(THERE, 2), [0.0, 1.3, -0.4])
    assert "UnboundLocalError" not in derivative.source
    with pytest.raises(UnboundLocalError):
        derivative(THERE, 0)
    np.testing.assert_allclose(derivative(THERE, 1), [1.3, 0.0, 0.7])


def in_a_later_loop(x, n):
    for i in range(n):
        w = x[2] * 1.5
    for v in x:
        if v < -0.5:
            d = w * 2
    return x[0] ** 2


def test_a_loop_of_no_trip_before_another_loop():
    derivative = grad(in_a_later_loop)
    for n in (0, 2, 0):
        np.testing.assert_allclose(derivative(THERE, n), [1.4, 0.0, 0.0])
    with pytest.raises(UnboundLocalError, match="'w'"):
        derivative(NOT_THERE, 0)
    np.testing.assert_allclose(derivative(NOT_THERE, 1), [-1.4, 0.0, 0.0])


def one_of_two(x):
    if x[0] > 0:
        found = [x[0], x[1]]
    else:
        found = [x[1], x[2]]
    for v in x:
        p = Point(v)
    return found[0] * p.at


def test_what_is_surely_assigned_is_not_asked_for():
    derivative = value_and_grad(one_of_two)
    check_at(one_of_two, THERE, NOT_THERE)
    derivative(THERE)
    assert "raise" not in derivative.source
    assert "has_" not in derivative.source
