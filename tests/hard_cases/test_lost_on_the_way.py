"""Where a value or a change could get lost: it is right, or refused."""

import numpy as np
import pytest

from srcgrad import AliasingError, NoDerivativeError, UnsupportedSyntaxError, grad
from tests.slopes import check_slope

COUNTS = np.array([1, 2, 0, 3])
X = np.array([1.5, 0.4, 0.7])


# --- lists that are repeated -----------------------------------------------------


def by_an_element_of_an_array(x):
    return sum([x[0]] * COUNTS[1]) * sum((x[1],) * COUNTS[3])


def by_a_count(x):
    return len([x[0]] * (x > 0.6).sum()) * x[0]


def by_the_place_of_the_largest(x):
    return sum(v * v for v in [x[0], x[1]] * (1 + x.argmax()))


def by_an_element_of_a_list(x):
    found, out = [], []
    for v in x:
        if v > 1:
            found.append((v, 2))
        else:
            found.append((v, 1))
    for v, n in found:
        out += [v] * n
    return sum(v * v for v in out)


@pytest.mark.parametrize("f", [by_a_count, by_the_place_of_the_largest, by_an_element_of_a_list])
def test_a_list_times_a_numpy_integer_is_no_array(f):
    check_slope(f, X)


def test_a_list_times_an_integer_that_the_caller_gives_in_an_array():
    with pytest.raises(UnsupportedSyntaxError, match="the number of repetitions"):
        grad(by_an_element_of_an_array)(X)


def by_known_numbers(x):
    out = []
    for v, n in zip(x, [1, 2, 0], strict=False):
        out += [v] * n
    return sum(v * v for v in out) * len(n * [x[0]] + 2 * out)


def test_repeated_by_known_numbers():
    check_slope(by_known_numbers, X)


# --- what is changed before something is raised ---------------------------------------------------


def appended_before_a_raise(x):
    items = []
    try:
        items.append(x[0])
        raise ValueError
    except ValueError:
        pass
    return x[1] + len(items) * x[0]


def counted_before_a_raise(x):
    d = {"n": 0}

    def g():
        d["n"] += 1
        raise RuntimeError

    try:
        g()
    except RuntimeError:
        pass
    return x[0] * (1 + d["n"])


def set_before_a_missing_key(x):
    d = {"n": 0}
    try:
        d["n"] = 3
        a = d["q"]
    except KeyError:
        a = x[0]
    return a * (1 + d["n"])


def popped_twice(x):
    items = [x[0]]
    try:
        a = items.pop()
        a = items.pop()
    except IndexError:
        a = x[2]
    return a * x[1] + len(items) * x[0]


@pytest.mark.parametrize(
    "f",
    [
        appended_before_a_raise,
        counted_before_a_raise,
        set_before_a_missing_key,
        popped_twice,
    ],
)
def test_changes_before_a_raise_are_refused(f):
    with pytest.raises(UnsupportedSyntaxError, match="changes a container, and raises after that"):
        grad(f)(X)


def only_read_before_a_raise(x):
    items = [x[0]]
    try:
        a = items[3]
    except IndexError:
        items.append(x[1] ** 2)
        a = x[2]
    return a * x[1] + len(items) * items[-1]


def test_handlers_may_change():
    check_slope(only_read_before_a_raise, X)


# --- values in exceptions -----------------------------------------------------


class Found(Exception):
    def __init__(self, v):
        self.v = v


def in_the_arguments(x):
    try:
        raise ValueError(x[0])
    except ValueError as e:
        return e.args[0] ** 2


def in_an_attribute(x):
    r = 0.0
    for v in x:
        try:
            if v > 1:
                raise Found(v)
            q = v
        except Found as e:
            q = e.v**2
        r = r + q
    return r


def not_raised(x):
    return ValueError(x[0]).args[0] ** 2


@pytest.mark.parametrize("f", [in_the_arguments, in_an_attribute, not_raised])
def test_values_in_exceptions_are_refused(f):
    with pytest.raises(NoDerivativeError):
        grad(f)(X)


# --- what recursion gives back -----------------------------------------------------


def half(a):
    if a.sum() <= 1:
        return a
    return half(a * 0.5)


def test_writing_what_recursion_may_give_back_is_refused():
    def f(x):
        y = half(x)
        y[0] = 3.0
        return (y**2).sum()

    with pytest.raises(AliasingError, match="what 'half' gives back is written"):
        grad(f)(X)


def test_writing_what_broadcasting_may_give_back_is_refused():
    def f(x):
        A = 2 * x
        (B,) = np.broadcast_arrays(A)
        A[0] = 5.0
        return np.sum(B**2)

    with pytest.raises(AliasingError, match="may give back any"):
        grad(f)(X)


def copied_first(x):
    y = half(x).copy()
    y[0] = 3.0
    return (y**2).sum()


def only_read(x):
    return (half(x) ** 2).sum()


@pytest.mark.parametrize("f", [copied_first, only_read])
def test_what_recursion_gives_back(f):
    check_slope(f, X)


def changed_under_a_condition(x):
    items = [x[0]]
    try:
        if x[0] > 0.5:
            items[0] = x[1] * 5
            raise ValueError
    except ValueError:
        pass
    return items[0]


def changed_in_a_trip(x):
    items = [x[0]]
    try:
        for v in x:
            items[0] = v * 2
            items[5]
    except IndexError:
        pass
    return items[0]


def changed_in_a_trip_of_while(x):
    d, i = {"a": x[0]}, 0
    try:
        while x[i] > 0:
            d["a"] = x[i] * 3
            i += 1
            d["b"]
    except KeyError:
        pass
    return d["a"]


@pytest.mark.parametrize(
    "f", [changed_under_a_condition, changed_in_a_trip, changed_in_a_trip_of_while]
)
def test_changes_before_a_raise_further_in_are_refused(f):
    with pytest.raises(UnsupportedSyntaxError, match="changes a container"):
        grad(f)(X)
