"""What certainly raises on the way to a ``raise`` is raised there, where the program gets there.

So it is in the copy of a ``finally`` that is run where no handler has an error: what it reads,
only a handler may have set.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad
from tests.language.checking import check

PROGRAMS: list[Callable[..., Any]] = []
X = np.array([0.6, 0.8, 1.2])


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


class Holder:
    pass


# --- a raise that is not reached ------------------------------------------------------------------


@program
def a_message_with_no_such_key(x):
    names = {}
    if x[0] > 100:
        raise ValueError(names["k"])
    return x[0] * x[1]


@program
def in_a_try_that_would_handle_it(x):
    names = {}
    try:
        if x[0] > 100:
            raise ValueError(names["k"])
        s = x[0]
    except KeyError:
        s = x[1] * 7
    return s


@program
def before_the_raise(x):
    names = {}
    try:
        if x[0] > 100:
            names["k"]
            raise ValueError
        return x[0] * x[2]
    except KeyError:
        return x[1] * 7


@program
def arithmetic_with_none(x, best=None):
    try:
        if x[0] > 100:
            raise ValueError(f"{best * 2}")
        s = x[0]
    except TypeError:
        s = x[1] * 7
    return s


@program
def in_a_loop(x):
    seen = []
    s = 0.0
    for i in range(3):
        try:
            if x[i] > 100:
                raise ValueError(seen[0])
            s = s + x[i] ** 2
        except IndexError:
            s = x[1] * 7
    return s


@program
def both_arms_raise(x):
    names = {}
    try:
        if x[0] > 100:
            if x[1] > 0:
                raise ValueError(names["a"])
            raise TypeError(names["b"])
        s = x[0] ** 2
    except KeyError:
        s = x[1] * 7
    return s


def _product(x, n):
    """Calls itself where it raises, and where it does not."""
    if n > 100:
        if x[0] > 3:
            raise ValueError(_product(x, n - 2))
        raise KeyError(_product(x, n - 1))
    return x[0] if n < 0 else _product(x, n - 1) * x[1]


@program
def calls_itself_where_it_raises(x):
    return _product(x, int(x[2] * 3))


# --- what only a handler sets, read in a ``finally`` ----------------------------------------------


@program
def none_before_the_handler(x):
    h = None
    try:
        try:
            int("a")
        except ValueError:
            h = x[0]
        finally:
            s = h * 2
    except TypeError:
        s = x[1] * 7
    return s


@program
def an_item_of_a_dict(x):
    s = x[2]
    d = {}
    try:
        try:
            s = s + d["h"]
        except KeyError:
            d["h"] = x[1]
        finally:
            s = s * d["h"]
    except KeyError:
        s = x[1] * 7
    return s


@program
def an_item_with_nothing_around(x):
    s = x[2]
    d = {}
    try:
        s = s + d["h"]
    except KeyError:
        d["h"] = x[1]
    finally:
        s = s * d["h"]
    return s


@program
def an_attribute(x):
    o = Holder()
    s = x[2]
    try:
        try:
            s = s * o.v
        except AttributeError:
            o.v = x[0]
        finally:
            s = s + o.v
    except AttributeError:
        s = x[1] * 7
    return s


@program
def an_element_of_a_list(x):
    h = []
    s = x[2]
    try:
        try:
            s = s * h[0]
        except IndexError:
            h = [x[0]]
        finally:
            s = s + h[0]
    except IndexError:
        s = x[1] * 7
    return s


@program
def a_name_in_a_loop(x):
    s = x[2]
    try:
        for i in range(len(x)):
            try:
                h = h * x[i]
            except NameError:
                h = x[i]
            finally:
                s = s * h
    except NameError:
        s = x[1] * 7
    return s


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_not_reached(f: Callable[..., Any]) -> None:
    check(f, X)


@pytest.mark.parametrize("fails", [0, 1])
def test_either_way(fails: int) -> None:
    def f(x, n):
        s = x[2]
        d = {}
        try:
            if n == 1:
                raise ValueError
            d["h"] = x[0]
        except ValueError:
            d["h"] = x[1]
        finally:
            s = s * d["h"]
        return s

    check(f, X, fails, wrt=0)


# --- and one that is ------------------------------------------------------------------------------

BIG = np.array([101.0, 0.8, 1.2])


def test_another_error_than_the_raise_says() -> None:
    with pytest.raises(KeyError, match="^'k'$"):
        grad(a_message_with_no_such_key)(BIG)


@pytest.mark.parametrize(
    "f",
    [
        in_a_try_that_would_handle_it,
        before_the_raise,
        arithmetic_with_none,
        both_arms_raise,
        in_a_loop,
    ],
    ids=lambda f: f.__name__,
)
def test_is_handled(f: Callable[..., Any]) -> None:
    check(f, BIG)


def test_raised_after_a_change_that_handlers_see() -> None:
    """What is done to a list before the error is not kept: it is refused."""

    def f(x):
        seen = [x[0]]
        names = {}
        try:
            if x[0] > 100:
                seen[0] = x[1] * 3
                raise ValueError(names["k"])
        except KeyError:
            return seen[0]
        return seen[0] * 2

    with pytest.raises(
        UnsupportedSyntaxError, match="this changes a container, and raises after that"
    ):
        grad(f)(X)
