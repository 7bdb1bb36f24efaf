"""A ``finally`` that reads what the statements before it assign, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad, value_and_grad

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def left_by_break(x):
    s = 0.0
    for v in x:
        try:
            s += v
            if s > 2:
                break
        finally:
            s += 0.1 * v
    return s


@program
def continued_and_left(x):
    s = x[0]
    for v in x:
        try:
            if v < 0:
                continue
            s += v
            if s > 2:
                break
        finally:
            s += 0.1 * v * s
    return s


@program
def returned(x):
    s = x[0]
    for v in x:
        try:
            s += v
            if s > 3:
                return s * x[1]
            s *= x[2]
        finally:
            s += 0.1 * v
            print(s)
    return s


@program
def read_where_a_statement_raises(x):
    r = x[1]
    try:
        r = x[0] * 2
        r += [1.0][int(abs(x[0]))]
        r *= x[1]
    finally:
        r = r * x[2]
        print(r)
    return r


@program
def after_handlers(x):
    r = 1.0
    try:
        r = x[0] * 2
    except TypeError:
        r = 3.0
    else:
        r += x[1]
    finally:
        r *= x[2]
    return r


@program
def after_handlers_that_run(x):
    r = x[1]
    try:
        if x[0] < 0:
            raise KeyError("negative")
        r = x[0] * 2
    except KeyError:
        r = r * 3
        if x[1] > 0:
            raise ValueError("positive")
        r += 4.0
    else:
        r += x[1]
        if r < 0:
            raise IndexError("sum")
        r *= r
    finally:
        print(r)
        r *= x[2]
    return r


@program
def not_handled(x):
    r = x[1]
    try:
        if x[0] < 0:
            raise KeyError("negative")
        r = x[0] * [1.0, 2.0][int(x[0])]
    except IndexError:
        r += 1.0
    finally:
        print(r)
        r *= x[2]
    return r


@program
def handlers_that_leave_the_loop(x):
    r, t = 1.0, 0.0
    for k in range(4):
        try:
            r += x[k] * 2 + [1.0, 2.0][int(abs(x[k]))]
        except TypeError:
            r = 3.0
        except IndexError as error:
            r = r * x[0]
            print(error)
            if r > 3:
                continue
            r += x[1]
        else:
            if r < -1:
                break
            r += x[1]
        finally:
            r *= x[2]
            print(r)
        t += r
    return r * t


@program
def handlers_that_return(x):
    r = x[1]
    try:
        if x[0] < 0:
            raise KeyError("negative")
        r = x[0] * [1.0, 2.0][int(x[0])]
    except IndexError:
        r += 1.0
        return r * x[3]
    except KeyError:
        r *= x[2]
        return r
    else:
        r -= x[1]
        if r > 2:
            return r * r
    finally:
        print(r)
        r *= x[2]
    r += x[0]
    return r


STARTS = [(1.3, -0.7), (0.3, 0.7), (-1.3, -0.7), (-1.3, 0.7), (0.9, -1.7), (2.5, -2.1)]


@pytest.mark.parametrize("f", PROGRAMS)
@pytest.mark.parametrize("start", STARTS)
def test_gradient(f, start, capsys):
    x = np.array([*start, 2.1, 0.4])
    found = outcome(f, x)
    said = capsys.readouterr().out
    if isinstance(found, Exception):
        with pytest.raises(type(found), match=str(found)):
            value_and_grad(f)(x)
        assert capsys.readouterr().out == said
        return
    slopes = [(f(x + h) - f(x - h)) / 2e-6 for h in 1e-6 * np.eye(4)]
    capsys.readouterr()
    value, x_bar = value_and_grad(f)(x)
    assert capsys.readouterr().out == said
    np.testing.assert_allclose(value, found, rtol=1e-14)
    np.testing.assert_allclose(x_bar, slopes, rtol=1e-6, atol=1e-7)


def outcome(f: Callable[..., Any], x: Any) -> Any:
    try:
        return f(x)
    except (ValueError, IndexError, KeyError) as error:
        return error


def test_assigned_before_it_is_tried():
    """Where a name is torn within one statement, nobody knows."""

    def f(x):
        s = 0.0
        try:
            for v in x:
                s += v / x[0]
        finally:
            print(s)
        return s

    with pytest.raises(UnsupportedSyntaxError, match="depends on which statement of a 'try'"):
        grad(f)(np.ones(3))
