"""What a program asks of ``x.dtype``: the compiler knows it wherever it knows the array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import value_and_grad
from srcgrad.testing import check_grads

PROGRAMS: list[Callable[..., Any]] = []
X = np.array([0.7, 1.2, 0.9])


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def kinds(x):
    return np.sum(x) * (2.0 if x.dtype.kind in "fc" else 1.0) * {"f": 3.0, "i": 1.0}[x.dtype.kind]


@program
def sizes(x):
    return np.sum(x) * x.dtype.itemsize * (2.0 if x.dtype.char == "d" else 1.0)


@program
def names(x):
    dtype = x[0].dtype
    return np.sum(x) * (2.0 if dtype.name == "float64" and dtype.str[1:] == "f8" else 1.0)


@program
def classes(x):
    cls = getattr(x.dtype, "type")
    total = np.sum(x) * (2.0 if cls == np.float64 else 1.0)
    return total * (3.0 if issubclass(cls, np.floating) else 1.0) * {np.float64: 5.0}[cls]


@program
def makers(x):
    y = np.zeros(3, x.dtype.type)
    y[:] = x * x.dtype.type(2.5)
    return np.sum(y * x.astype(x.dtype.type)) + np.sum(np.asarray(x, dtype=x.dtype.type))


@program
def limits(x):
    info = np.finfo(x.dtype.type)
    return np.sum(np.clip(x, info.eps, info.max)) * info.eps * 1e16


@program
def what_there_is(x):
    try:
        factor = x.dtype.nothing
    except AttributeError:
        factor = 2.0
    return np.sum(x) * factor * (3.0 if hasattr(x.dtype, "kind") else 1.0)


@pytest.mark.parametrize("f", PROGRAMS)
def test_attributes_of_dtypes(f):
    check_grads(f, (X,))
    value, _ = value_and_grad(f)(X)
    assert value == f(X)


def test_single_precision():
    def f(x):
        y = np.ones(len(x), x.dtype.type)
        return np.sum(y * x * x) * x.dtype.itemsize

    narrow = X.astype(np.float32)
    value, bar = value_and_grad(f)(narrow)
    assert type(value) is type(f(narrow))
    assert bar.dtype == np.float32
    np.testing.assert_allclose(bar, 8 * narrow)
