"""What a ``finally`` or a handler assigns before an error leaves for the ``try`` around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad, value_and_grad

REFUSED: list[Callable[..., Any]] = []
PROGRAMS: list[Callable[..., Any]] = []


def refused(f: Callable[..., Any]) -> Callable[..., Any]:
    REFUSED.append(f)
    return f


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@refused
def always_raised(x):
    t = x[0]
    try:
        try:
            raise ValueError
        finally:
            t = x[1]
    except ValueError:
        pass
    return t


@refused
def raised_in_both_arms(x):
    t = x[0]
    try:
        try:
            if x[1] < 0:
                raise ValueError
            else:
                raise KeyError
        finally:
            t = x[1]
    except (ValueError, KeyError):
        pass
    return t * t


@refused
def raised_by_a_handler(x):
    t = x[0]
    try:
        try:
            raise ValueError
        except ValueError:
            raise RuntimeError from None
        finally:
            t = x[2] * 3
    except RuntimeError:
        return t * x[0]
    return t


@refused
def without_a_value_before(x):
    try:
        try:
            raise ValueError
        finally:
            t = x[0]
    except ValueError:
        return t * x[1]


@refused
def constants(x):
    mode = "a"
    try:
        try:
            raise ValueError
        finally:
            mode = "b"
    except ValueError:
        pass
    return x[0] if mode == "a" else x[1]


@refused
def in_a_loop(x):
    t = x[0]
    for k in range(3):
        try:
            try:
                raise ValueError
            finally:
                t = x[1] * k
        except ValueError:
            continue
    return t


@refused
def in_a_loop_that_ends(x):
    t = x[0]
    for k in range(3):
        try:
            try:
                raise ValueError
            finally:
                t = x[1] * (k + 1)
        except ValueError:
            break
    return t


@refused
def with_settings(x):
    t = x[0]
    try:
        with np.errstate(all="ignore"):
            try:
                raise ValueError
            finally:
                t = x[1]
    except ValueError:
        pass
    return t


@refused
def before_what_is_never_reached(x):
    t = x[0]
    try:
        if x[1] < 0:
            t = x[1]
        raise ValueError
        t = x[2]
    except ValueError:
        pass
    return t * t


@refused
def a_trip_before_what_is_never_reached(x):
    t = x[0]
    try:
        for v in x[1:]:
            t = v
            raise ValueError
        raise KeyError
        t = 1.0
    except ValueError:
        pass
    return t


@refused
def read_by_an_outer_finally(x):
    t = x[0]
    try:
        try:
            try:
                raise ValueError
            finally:
                t = x[1]
        finally:
            print(t)
    except ValueError:
        pass
    return x[2]


@pytest.mark.parametrize("f", REFUSED)
def test_refused(f):
    with pytest.raises(UnsupportedSyntaxError, match="depends on which statement of a 'try'"):
        grad(f)(np.array([0.3, -1.2, 0.7]))


@program
def assigned_by_the_outer_handler(x):
    t = x[0]
    try:
        try:
            raise ValueError
        finally:
            t = x[1]
            print(t)
    except ValueError:
        t = x[2] * x[0]
    return t * t


@program
def left_by_the_outer_handler(x):
    t = x[0]
    try:
        try:
            raise ValueError
        finally:
            t = x[1]
            print(t)
    except ValueError:
        return x[0] * x[1]
    return t


@program
def read_after_what_does_not_raise(x):
    t = x[0]
    try:
        try:
            t = x[1]
        finally:
            print(x[2])
    except ValueError:
        t = x[0]
    return t * x[0]


@program
def the_name_of_an_error(x):
    try:
        try:
            raise ValueError("first")
        except ValueError as error:
            raise KeyError("second") from error
    except KeyError as error:
        print(error)
        scale = x[0]
    return scale * x[1]


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f):
    x = np.array([0.3, -1.2, 0.7])
    value, x_bar = value_and_grad(f)(x)
    slopes = [(f(x + h) - f(x - h)) / 2e-6 for h in 1e-6 * np.eye(3)]
    np.testing.assert_allclose(value, f(x), rtol=1e-14)
    np.testing.assert_allclose(x_bar, slopes, rtol=1e-6, atol=1e-8)
