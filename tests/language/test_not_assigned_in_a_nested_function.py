"""Names that may have no value, read by a nested function where a ``try`` handles that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import SrcgradError, UnsupportedSyntaxError, grad, value_and_grad
from tests.language.checking import check

X = np.array([0.6, 0.8, 1.2])
REFUSED: list[Callable[..., Any]] = []
TAKEN: list[Callable[..., Any]] = []


def refused(f: Callable[..., Any]) -> Callable[..., Any]:
    REFUSED.append(f)
    return f


def taken(f: Callable[..., Any]) -> Callable[..., Any]:
    TAKEN.append(f)
    return f


@refused
def whether_there_is_one(x, n):
    for v in x:
        if v > 1:
            last = v

    def has():
        try:
            last
        except NameError:
            return False
        return True

    return x[0] * (2 if has() else 5)


@refused
def a_lambda_from_before(x, n):
    for i in range(n):
        y = x[i]
    get = lambda: y
    try:
        get()
    except NameError:
        return x[0] ** 3
    return x[0]


@refused
def what_it_gives(x, n):
    for i in range(n):
        y = x[i]

    def g():
        try:
            return y
        except NameError:
            return x[2]

    return x[0] * g()


@refused
def a_function_in_a_function(x, n):
    for i in range(n):
        y = x[i]

    def outer():
        def inner():
            return y

        return inner() * 2

    try:
        s = outer()
    except Exception:
        s = x[1]
    return s * x[0]


def _last(x, n):
    for i in range(n):
        y = x[i]

    def g():
        return y

    g()
    return 2.0


@refused
def a_closure_in_a_helper(x, n):
    try:
        h = _last(x, n)
    except NameError:
        h = 3.0
    return x[0] * h


@refused
def a_class_that_does_not_fit_and_one_that_does(x, n):
    if x[0] > 0.1:
        y = x[1]
    g = lambda: y
    try:
        g()
    except UnboundLocalError:
        return x[0] ** 3
    except NameError:
        return x[0] ** 2
    return x[0]


@refused
def another_error(x, n):
    for i in range(n):
        y = x[i]
    g = lambda: y
    try:
        g()
    except Exception as error:
        raise ValueError("no trips") from error
    return x[0]


@refused
def a_generator_expression_from_before(x, n):
    for i in range(n):
        y = x[i]
    products = (v * y for v in x)
    try:
        s = sum(products)
    except NameError:
        s = x[0] ** 3
    return s


@refused
def a_lambda_in_a_generator_expression(x, n):
    for i in range(n):
        y = x[i]
    readers = [f for f in ((lambda v=v: v * y) for v in (x[0], x[1]))]
    try:
        s = readers[0]()
    except NameError:
        s = x[0] ** 3
    return s


@refused
def a_name_that_changes_later(x, n):
    g = lambda: y * x[0]
    for i in range(n):
        y = x[i]
    try:
        s = g()
    except NameError:
        s = x[0] ** 3
    y = x[1]
    return s + g()


@refused
def the_element_before(x, n):
    total = 0.0
    g = lambda: before
    for v in x:
        try:
            total += v * g()
        except NameError:
            total += v * 10
        before = v
    return total


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f: Callable[..., Any]) -> None:
    text = "'[a-z]+' may not be assigned here, and a 'try' around handles that"
    with pytest.raises(UnsupportedSyntaxError, match=text) as caught:
        grad(f)(X, 3)
    assert caught.value.loc is not None
    assert caught.value.hint is not None


@taken
def nothing_handles_it(x, n):
    for i in range(n):
        y = x[i]
    g = lambda: y * x[0]
    return g() + sum(v * y for v in x)


@taken
def only_the_other_class_is_handled(x, n):
    for i in range(n):
        y = x[i]
    g = lambda: y * x[0]
    try:
        return g()
    except UnboundLocalError:
        return x[0] ** 3


@taken
def read_after_the_try(x, n):
    for i in range(n):
        y = x[i]
    try:
        g = lambda: y * x[0]
    except NameError:
        return x[0] ** 3
    return g()


@taken
def with_a_value_on_every_way(x, n):
    if n > 2:
        y = x[0]
    elif x[0] > 7:
        raise ValueError
    else:
        y = x[1]
    for _ in range(2):
        z = y * x[2]
    g = lambda: y * z
    try:
        return g()
    except NameError:
        return x[0] ** 3


@taken
def a_loop_over_an_array(x, n):
    for i, v in enumerate(x):
        pass
    g = lambda: v * i
    try:
        return g() * x[0]
    except NameError:
        return x[0] ** 3


@pytest.mark.parametrize("f", TAKEN, ids=lambda f: f.__name__)
def test_taken(f: Callable[..., Any]) -> None:
    check(f, X, 3, wrt=0)


# --- certainly without a value --------------------------------------------------------------------


def behind_a_flag(x, flag):
    if flag:
        y = x[1]
    g = lambda: y
    try:
        z = g()
    except NameError:
        z = x[0] ** 3
    return z


def read_where_it_is(x, flag):
    if flag:
        y = x * 2
    try:
        z = y
    except UnboundLocalError:
        z = x**3
    return z.sum()


def assigned_after_the_call(x, flag):
    def g():
        return y * x[0]

    try:
        s = g()
    except NameError as error:
        s = x[1] * len(error.name)
    y = x[2]
    return s * g()


def deleted_before(x, flag):
    y = x[0]
    del y
    g = lambda: y  # noqa: F821
    try:
        return g()
    except NameError as error:
        return x[1] * len(str(error))


@pytest.mark.parametrize("flag", [False, True])
@pytest.mark.parametrize(
    "f",
    [behind_a_flag, read_where_it_is, assigned_after_the_call, deleted_before],
    ids=lambda f: f.__name__,
)
def test_what_is_known_is_handled(f: Callable[..., Any], flag: bool) -> None:
    check(f, X, flag, wrt=0)


def test_a_name_that_has_no_value_in_a_branch() -> None:
    """Python's own error is raised where the program gets there."""

    def f(x, n):
        g = lambda: y
        if x[0] > 1:
            g()
        y = x[1]
        return g() * x[0]

    check(f, X, 3, wrt=0)
    with pytest.raises(NameError) as caught:
        value_and_grad(f)(X * 3, 3)
    with pytest.raises(NameError) as expected:
        f(X * 3, 3)
    assert type(caught.value) is type(expected.value)
    assert str(caught.value) == str(expected.value)


def test_the_hint_names_no_loop() -> None:
    def f(x, flag):
        if flag:
            y = x * 2
        return y.sum()

    with pytest.raises(SrcgradError, match="'y' is read here") as caught:
        grad(f)(X, False)
    assert caught.value.hint == "assign 'y' on every way to this"
