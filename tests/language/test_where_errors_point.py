"""Errors point at the user's line, and say what is meant, where a library's code stands between."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from srcgrad import SrcgradError, grad

X = np.array([0.7, 1.3, 2.1])


@dataclass(frozen=True)
class Fixed:
    v: Any


@functools.singledispatch
def area(v):
    return v * v


def dispatched(x):
    return area(x[0])


def repeated(x):
    return x[0] * sum(itertools.repeat(2.0))


def endless_in_a_dict(x):
    d = dict(zip(itertools.count(), itertools.count(1)))
    return x[0] * d[1]


def endless_in_a_set(x):
    return x[0] * len(set(itertools.count()))


def compared(x):
    a, b = Fixed(x[0]), Fixed(x[1])
    return a.v if a is b else b.v


SAID = [
    (dispatched, "area(x[0])", "is not looked into"),
    (repeated, "itertools.repeat(2.0)", "never ends"),
    (endless_in_a_dict, "itertools.count(1)", "never ends"),
    (endless_in_a_set, "itertools.count()", "never ends"),
    (compared, "a is b", "whether these are one object"),
]


@pytest.mark.parametrize(("f", "line", "message"), SAID)
def test_errors(f: Callable[..., Any], line: str, message: str) -> None:
    with pytest.raises(SrcgradError) as raised:
        grad(f)(X)
    error = raised.value
    assert message in error.message
    assert error.loc is not None and error.loc.file == __file__
    assert line in error.loc.text[0]
