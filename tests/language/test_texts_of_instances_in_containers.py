"""The text of lists, tuples and dicts with instances in them, and ``"%s" % point``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from srcgrad import grad
from srcgrad.errors import SrcgradError
from srcgrad.testing import check_grads

X = np.array([0.5, -1.2])


class Point:
    def __init__(self, v):
        self.v = v

    def __str__(self):
        return f"P({self.v:.2f})"

    def __repr__(self):
        return f"<P {self.v:.1f}>"


@dataclass
class Size:
    v: int


def printed(x):
    points = [Point(v) for v in (x[0], x[1])]
    print(points, {"a": points[0], 2: [points]}, (points[1], 2.5, "b"), (points[0],))
    print(repr([Size(3), points[0]]), str([[]]), [*points, None])
    return sum(p.v**2 for p in points)


def formatted(x):
    p = Point(x[0])
    print("%s" % p, "%s and %d%%" % (p, 3), f"{[p, 1.5]}", "%s %.1f" % ([p], 2.25))
    return x[1] * len("%5.1f|%s" % (1.5, (p, "a")))


@pytest.mark.parametrize("f", [printed, formatted])
def test_texts(f, capsys):
    f(X)
    wanted = capsys.readouterr().out
    grad(f)(X)
    assert capsys.readouterr().out == wanted
    check_grads(f, (X,))


def test_the_representation_by_percent_is_refused():
    def f(x):
        return x[0] * len("%r" % Point(x[1]))

    with pytest.raises(SrcgradError, match="cannot be passed"):
        grad(f)(X)
