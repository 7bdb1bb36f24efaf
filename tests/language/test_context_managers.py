"""``with`` instances of classes of the user's own."""

import time

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad, value_and_grad
from tests.slopes import check_at

POINTS = np.array([0.8, -0.3, 0.55, 1.4]), np.array([-0.8, 1.3, 0.25, 0.45])


class Timer:
    def __init__(self):
        self.elapsed = 0.0
        self.laps = 0

    def __enter__(self):
        self.begun = time.perf_counter()
        return self

    def __exit__(self, *error):
        self.elapsed = time.perf_counter() - self.begun
        self.laps += 1


class Scaled:
    def __init__(self, scale):
        self.scale = scale

    def __enter__(self):
        return self.scale

    def __exit__(self, kind, error, trace):
        self.scale = 0.0
        return False


class Told:
    def __init__(self, name):
        self.name = name

    def __enter__(self):
        print("enter", self.name)

    def __exit__(self, kind, error, trace):
        print("leave", self.name, "well" if kind is None else f"after {error}")


def around_a_loop(x):
    s = 0.0
    with Timer() as timer:
        for v in x:
            if v > 1:
                break
            s += v * v
    return s * timer.laps


def in_a_loop(x):
    timer, s = Timer(), 0.0
    for v in x:
        with timer:
            if v < 0:
                continue
            if v > 1:
                break
            s += v * v
    return s * timer.laps


def returned_from(x):
    with Timer():
        y = x * 2
        if y[0] > 1:
            return np.sum(y**2)
        y = y * 2
    return np.sum(y * y)


def what_it_gives(x):
    scaled = Scaled(x[0])
    with scaled as a, Scaled(a * x[1]) as b:
        s = a * b
    return s + scaled.scale


def written_in_it(x):
    y = x.copy()
    with Timer(), np.errstate(over="ignore"):
        y[0] = y[1] ** 2
        y[1:] *= 2
    return np.sum(y * y)


def with_an_error_around(x):
    try:
        with Timer():
            if x[0] < 0:
                raise ValueError
            s = x[1] ** 2
    except ValueError:
        s = x[2]
    return s


PROGRAMS = [
    *(around_a_loop, in_a_loop, returned_from, what_it_gives, written_in_it),
    with_an_error_around,
]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_at(f, *POINTS)


def told(x):
    with Told("a"), Told("b"):
        print("body")
        if x[0] < 0:
            raise ValueError("negative")
        s = np.sum(x * x)
    print("after")
    return s


@pytest.mark.parametrize("x", POINTS, ids=["to its end", "with an error"])
def test_what_is_done_when(x, capsys):
    def said_by(function):
        try:
            function(x)
        except ValueError as error:
            print("raised", error)
        return capsys.readouterr().out

    expected = said_by(told)
    assert expected.count("leave") == 2
    assert said_by(grad(told)) == expected
    assert said_by(value_and_grad(told)) == expected


class Forgiving:
    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        return kind is ValueError


def kept_back(x):
    s = 0.0
    with Forgiving():
        if x[0] < 0:
            raise ValueError
        s = x[1]
    return s


def of_a_library(x):
    with np.printoptions(precision=3):
        return np.sum(x)


REFUSED = {kept_back: "may keep errors back", of_a_library: "'with' cannot"}


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f):
    with pytest.raises(UnsupportedSyntaxError, match=REFUSED[f]):
        grad(f)(POINTS[0])
