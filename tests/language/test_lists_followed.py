"""Lists from outside that a program changes and reads: ``log.pop(0)``, then ``sum(log)``."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, SrcgradError, UnsupportedSyntaxError, grad, value_and_grad, vjp
from srcgrad.errors import SubclassError
from tests.slopes import slopes

X = np.array([0.3, 0.4, 0.5])
LOG: list[Any] = []
SAME = LOG
OTHER: list[Any] = [1.0]
HISTORY = {"log": LOG}
ALL = [LOG, OTHER]


class Model:
    def __init__(self):
        self.log = LOG


MODEL = Model()


@pytest.fixture(autouse=True)
def _anew():
    put_back([])


def put_back(log: list[Any]) -> None:
    LOG[:] = copy.deepcopy(log)
    OTHER[:] = [1.0]
    HISTORY["log"] = MODEL.log = LOG


def moving_average(x):
    LOG.append(np.sum(x**2))
    return np.mean(LOG[-3:]) * x[1]


def early_stopping(x):
    for i in range(20):
        LOG.append(x[i % 3] * i)
        if len(LOG) > 3 and abs(LOG[-1] - LOG[-2]) < abs(LOG[-2] - LOG[-3]):
            break
    return sum(LOG[-3:])


def before_it_is_appended(x):
    average = np.mean(LOG[-3:]) if LOG else 0.0
    loss = np.sum(x**2)
    LOG.append(loss)
    return loss * (1 + average)


def in_a_loop(x):
    LOG.append(x[0] * x[1])
    total = 0.0
    for v in LOG:
        total = total + v**2
    return total * max(LOG)


def in_the_next_trip(x):
    for v in x:
        total = sum(LOG)
        LOG.append(v * total + v)
    return total * LOG[-1]


def bounded(x):
    for _ in range(4):
        x = np.cos(x)
        LOG.append(np.sum(x))
        if len(LOG) > 5:
            LOG.pop(0)
    return sum(LOG) * x[0]


def bounded_by_del(x):
    for v in x:
        LOG.append(v)
        if len(LOG) > 2:
            del LOG[0]
    return np.mean(LOG) * x[0]


def bounded_in_a_helper(x):
    def note(v, n=3):
        LOG.append(v)
        if len(LOG) > n:
            LOG.pop(0)
        return np.mean(LOG)

    return sum(note(x[i % 3] * (i + 1)) for i in range(5))


def put_in_front(x):
    LOG.insert(0, x[0])
    LOG.insert(1, x[1] * x[0])
    LOG.insert(-1, x[2])
    return max(LOG) * LOG[0] + LOG[1]


def taken_off_again(x):
    LOG.append(x[0])
    v = LOG.pop()
    LOG.append(v * 2)
    return LOG[-1] * v


def taken_off_where_there_is_one(x):
    while len(LOG) > 2:
        LOG.pop()
    try:
        v = LOG.pop()
    except IndexError:
        v = 1.0
    LOG.extend([x[0], x[1]])
    return sum(LOG) * v


def emptied(x):
    if x[0] > 0.35:
        LOG.append(x[2])
    else:
        LOG.clear()
        LOG.append(x[1])
    return sum(LOG) * x[1]


def in_order(x):
    LOG.extend([x[2], x[0]])
    LOG.sort()
    first = LOG[0] * x[1]
    LOG.sort(key=lambda v: -v)
    LOG.reverse()
    return first + LOG[-1]


def assigned(x):
    LOG.append(x[0])
    LOG[0] = x[1] * 3
    LOG[-1] *= 2
    return sum(LOG) * LOG[0]


def by_slices(x):
    LOG.append(x[0])
    LOG[-1:] = [x[1], x[2]]
    LOG[1:1] = [x[2] * 2]
    del LOG[:-4]
    return sum(LOG) * LOG[0]


def by_an_array(x):
    LOG.extend(x * 2)
    return max(LOG) * np.min(LOG)


def taken_out(x):
    LOG.extend([2.0, x[0], 2.0])
    LOG.remove(2.0)
    LOG.remove(2.0)
    return sum(LOG) * x[0]


def by_other_names(x):
    HISTORY["log"].append(x[0])
    MODEL.log += [x[1]]
    SAME.append(x[2])
    HISTORY["log"] += [x[0] * x[1]]
    return sum(LOG) * len(MODEL.log)


def in_another_list(x):
    LOG.append(x[0])
    total = 0.0
    for each in ALL:
        total = total + sum(each)
    return total * x[2]


def of_arrays(x):
    LOG.append(np.sin(x))
    if len(LOG) > 2:
        LOG.pop(0)
    return np.sum(np.mean(LOG, axis=0) * x)


def of_rows(x):
    LOG.append({"loss": np.sum(x**2), "step": len(LOG)})
    return sum(row["loss"] for row in LOG) * x[0]


def counted(x):
    LOG.append(len(LOG))
    return np.sum(x) * sum(LOG)


def by_recursion(x):
    def go(v, n):
        LOG.append(v)
        return v if n == 0 else go(v * 1.1, n - 1)

    return go(x[0], 3) * sum(LOG)


def given(x, log=LOG):
    log.append(x[0])
    log[-1] *= 2
    return sum(log) * x[1]


PROGRAMS = (
    moving_average,
    early_stopping,
    before_it_is_appended,
    in_a_loop,
    in_the_next_trip,
    bounded,
    bounded_by_del,
    bounded_in_a_helper,
    put_in_front,
    taken_off_again,
    taken_off_where_there_is_one,
    emptied,
    in_order,
    assigned,
    by_slices,
    by_an_array,
    taken_out,
    by_other_names,
    in_another_list,
    of_arrays,
    of_rows,
    counted,
    by_recursion,
    given,
)


def check(f: Callable[..., Any], calls: int = 3) -> set[str]:
    """The sources of the gradients in several calls, each with what is left by the one before."""
    derivative = value_and_grad(f)
    sources = set()
    for call in range(calls):
        x = X + 0.03 * call * np.array([1, -0.5, 0.7])
        before = copy.deepcopy(LOG)

        def at(x: np.ndarray, before: list[Any] = before) -> Any:
            put_back(before)
            return f(x)

        want, after = at(x), repr(LOG)
        expected = slopes(at, x)
        put_back(before)
        value, gradient = derivative(x)
        assert repr(LOG) == after
        assert MODEL.log is HISTORY["log"] is LOG
        assert repr(value) == repr(want)
        np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-8)
        sources.add(derivative.source)
    return sources


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_it_is_followed(f: Callable[..., Any]) -> None:
    check(f)


@pytest.mark.parametrize("f", [moving_average, bounded, put_in_front], ids=lambda f: f.__name__)
def test_a_longer_list_is_not_compiled_anew(f: Callable[..., Any]) -> None:
    assert len(check(f, calls=5)) == 2  # an empty one is known to be empty


@pytest.mark.parametrize("f", [early_stopping, bounded, emptied], ids=lambda f: f.__name__)
def test_a_pullback_knows_what_was_there(f: Callable[..., Any]) -> None:
    put_back([0.7, 0.2])
    expected = grad(f)(X)
    after = repr(LOG)
    put_back([0.7, 0.2])
    _, pullback = vjp(f, X)
    assert repr(LOG) == after
    LOG[:] = [5.0]
    for _ in range(2):
        np.testing.assert_allclose(pullback(1.0)[0], expected, rtol=1e-12)
    assert LOG == [5.0]


def halved(x):
    LOG[:] = [v * 0.5 for v in LOG]
    LOG.append(x[0])
    return sum(LOG) * x[1]


def put_in_order(x):
    LOG.append(x[0])
    LOG.sort()
    return LOG[0] * x[1] + sum(v * v for v in LOG)


def one_taken_out(x):
    LOG.append(x[0])
    LOG.remove(2.0)
    return sum(LOG) * x[1]


def a_part_replaced(x):
    LOG[1:3] = [x[0], x[1] * 2]
    return sum(LOG) * x[1]


@pytest.mark.parametrize("f", [halved, put_in_order, one_taken_out, a_part_replaced])
def test_a_pullback_keeps_the_numbers_itself(f: Callable[..., Any]) -> None:
    """A list outside that has got them all is another one."""
    put_back([1.0, 2.0, 3.0])
    value = f(X)
    after = list(LOG)
    put_back([1.0, 2.0, 3.0])
    _, gradient = value_and_grad(f)(X)
    put_back([1.0, 2.0, 3.0])
    pulled, pullback = vjp(f, X)
    assert (pulled, LOG) == (value, after)
    put_back([9.0])
    for _ in range(2):
        np.testing.assert_allclose(pullback(1.0)[0], gradient, rtol=1e-13)


def test_what_was_left_before_an_error_stays():
    def f(x):
        LOG.append(x[0])
        LOG.pop(0)
        if sum(LOG) > 1:
            LOG.insert(0, x[1])
            raise ValueError("too large")
        return np.sum(x) * LOG[-1]

    derivative = grad(f)
    put_back([1.0, 2.0])
    with pytest.raises(ValueError, match="too large"):
        derivative(X)
    assert repr(LOG) == repr([X[1], 2.0, X[0]])
    put_back([0.2])
    derivative(X)
    put_back([])  # what is certain for an empty list is an error of the compiler
    with pytest.raises((IndexError, SrcgradError)):
        derivative(X)
    assert LOG == []


def test_lists_become_one():
    def f(x, log, other):
        log.append(x[0])
        log.append(x[1])
        return sum(log) * x[1] + sum(other)

    derivative = value_and_grad(f)
    for same in (False, True, False):
        (a, b), (c, d) = ([[0.5], [1.5]] for _ in range(2))
        if same:
            b, d = a, c
        expected = slopes(lambda x, a=a, b=b: f(x, *copy.deepcopy((a, b))), X)
        value, gradient = derivative(X, a, b)
        assert value == f(X, c, d)
        assert (a, b) == (c, d)
        np.testing.assert_allclose(gradient, expected, rtol=1e-6)


def one_of_two(x):
    log = LOG if x[0] > 0 else [x[1]]
    log.append(x[2])
    return sum(log) * x[1]


def returned(x):
    LOG.append(x[0])
    return sum(LOG), LOG


def kept_elsewhere(x):
    LOG.append(x[0])
    OTHER.append(LOG)
    return sum(LOG) * x[1]


def iterated_over(x):
    total = 0.0
    for v in LOG:
        LOG.append(x[0])
        total += v
    return total * x[1] + sum(LOG)


def half_done(x):
    try:
        LOG.append(x[0])
        LOG.remove(99.0)
    except ValueError:
        LOG.append(x[1])
    return sum(LOG) * x[1]


def before_a_missing_element(x):
    try:
        LOG.append(x[0])
        v = LOG[5]
    except IndexError:
        v = x[2]
        LOG.insert(0, v)
    return sum(LOG) * v


@functools.cache
def once():
    LOG.append(7.0)
    return 2.0


def changed_by_a_call(x):
    LOG.append(x[0])
    return sum(LOG) * once()


REFUSED = (
    one_of_two,
    returned,
    kept_elsewhere,
    iterated_over,
    half_done,
    before_a_missing_element,
    changed_by_a_call,
)


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
@pytest.mark.parametrize("log", [[], [1.0]])
def test_refused(f, log):
    if f is iterated_over and not log:
        return  # no trip
    put_back(log)
    with pytest.raises((AliasingError, UnsupportedSyntaxError)) as caught:
        grad(f, has_aux=f is returned)(X)
    assert caught.value.loc is not None
    assert log == LOG


def test_lists_that_both_change_become_one():
    """Compiled while they are two."""

    def f(x, a, b):
        a[0] = x[0]
        b[0] = x[1]
        return sum(a) * x[2] + sum(b)

    derivative = value_and_grad(f)
    for same in (False, True, False):
        a, b = [1.0, 2.0], [3.0, 4.0]
        if same:
            b = a
        value, gradient = derivative(X, a, b)
        a, b = copy.deepcopy((a, b))
        assert value == f(X, a, b)
        expected = slopes(lambda x, a=a, b=b: f(x, a, b), X)
        np.testing.assert_allclose(gradient, expected, rtol=1e-6)


class Scaled(np.float64):
    """A number with arithmetic of its own."""

    def __mul__(self, other):
        return float(self) * other * 7.0


def test_numbers_with_arithmetic_of_their_own():
    def f(x):
        OTHER.reverse()
        return OTHER[-1] * x[0]

    OTHER[:] = [Scaled(1.0), 2.0]
    with pytest.raises(SubclassError, match="arithmetic of its own") as caught:
        grad(f)(X)
    assert caught.value.loc is not None
    assert OTHER == [1.0, 2.0]


def test_what_holds_a_list_that_is_changed_is_not_handed_over_whole():
    def f(x):
        OTHER.append(x[0])
        OTHER.pop(0)
        return np.sum(np.array(ALL) * x[1])

    LOG.append(2.0)
    with pytest.raises(UnsupportedSyntaxError, match="holds a list which the program changes"):
        grad(f)(X)


class Written:
    def __init__(self):
        self.texts = []
        self.count = 0

    def write(self, text):
        self.texts.append(text)
        self.count += 1


FILE = Written()


def printed(x):
    print("a", file=FILE)
    return np.sum(x) * FILE.count


def printed_into_a_list(x):
    print("a", file=FILE)
    return np.sum(x) * len(FILE.texts)


@pytest.mark.parametrize("f", [printed, printed_into_a_list])
def test_what_the_file_of_print_changes(f):
    with pytest.raises(UnsupportedSyntaxError, match="'write' changes"):
        grad(f)(X)


def test_printing_to_an_object_of_the_users():
    def f(x):
        print("a", file=FILE)
        return np.sum(x) * x[0]

    FILE.texts.clear()
    np.testing.assert_allclose(grad(f)(X), slopes(f, X), rtol=1e-6)
    assert "a" in FILE.texts


def test_what_is_differentiated_is_not_changed():
    def f(xs):
        OTHER.append(xs[0])
        return sum(OTHER) * xs[0] + sum(xs)

    with pytest.raises((AliasingError, UnsupportedSyntaxError)):
        grad(f)(OTHER)
    assert OTHER == [1.0]


def test_what_is_differentiated_is_not_changed_under_another_name():
    def f(xs):
        OTHER.append(xs[0] * 2)
        return sum(xs) * xs[0]

    derivative = grad(f)
    for _ in range(2):
        assert derivative([1.0, 2.0]) == [4.0, 1.0]
        with pytest.raises(AliasingError, match="is differentiated"):
            derivative(OTHER)
