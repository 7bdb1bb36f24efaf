"""Calls of NumPy's that write into an array: differentiated as what they do, or refused."""

import operator

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from srcgrad.errors import SrcgradError, UnsupportedSyntaxError
from srcgrad.testing import check_grads
from tests.frontend.programs import make

X = np.array([0.5, 1.5, 1.2, -0.4, 0.9, 2.1])
Y = np.array([0.7, 0.8, 0.9])
WEIGHTS = "np.arange(1.0, 7.0)"


def program(line):
    return make(
        f"def f(x, y, s):\n    x = x.copy()\n    A = x.reshape(2, 3)\n    B = np.zeros((3, 3))\n"
        f"    {line}\n    return np.sum(np.sin(x) * {WEIGHTS}) + np.sum(B**2)\n"
    )[0]


@pytest.mark.parametrize(
    "line",
    [
        "np.put(x, [0, 2], s)",
        "np.put(x, (0, 2), s)",
        "np.put(x, 1, s)",
        "np.put(x, -1, [s])",
        "np.put(x, 1, y)",
        "np.put(x, [0, 2], y)",
        "np.put(x, [0, 2, -1, 4], y)",
        "np.put(x, [[0, 1], [2, 3]], y[:2].reshape(2, 1))",
        "np.put(x, [[0, 1], [2, 3]], s)",
        "np.put(A, [0, -1], y)",
        "x.put([1, 3], y)",
        "x.put(indices=[1, 3], values=s)",
        "np.put(x, ind=[1, 1], v=y)",
        "np.put(x, [1, 2], y, mode='raise')",
        "np.put(x, [3, 4, 5], x[:3])",
        "np.multiply.at(x, np.array([1, 2]), x[:2])",
        "np.multiply.at(x, np.array([1, 2, 1]), x[1:4])",
        "np.multiply.at(x, [4, 3, 4], x[::-2])",
        "np.maximum.at(x, [1, 2], 2 * x[:2])",
        "np.add.at(x, np.array([1, 2, 1]), x[1:4])",
        "np.putmask(x, x > 1, s)",
        "np.putmask(x, [True, False, True, True, False, False], s)",
        "np.putmask(x, mask=x > 1, values=y)",
        "np.place(arr=x, mask=x > 1, vals=y)",
        "np.copyto(dst=x, src=s * x[::-1])",
        "np.copyto(x, s, where=[True, False, True, True, False, False])",
        "np.fill_diagonal(B, y)",
        "np.fill_diagonal(B, x)",
        "np.fill_diagonal(B, y[:2])",
        "np.fill_diagonal(a=B, val=s)",
        "np.fill_diagonal(A, y)",
        "np.fill_diagonal(A, [s, 2.0])",
        "np.fill_diagonal(A.T, y)",
        "np.add.reduce(B + y, axis=0, out=B[1])",
        "np.add.reduce(B + y, 0, None, B[1])",
        "np.multiply.reduce(A, axis=0, out=y)",
        "np.maximum.reduce(A, axis=0, out=B[0])",
        "np.sum(A, 0, None, B[0])",
        "A.sum(0, None, B[0])",
        "np.dot(A, y, x[:2])",
        "A.dot(y, x[:2])",
        "np.clip(x, 0.0, 1.0, x)",
        "np.put(x, [0, 77], y, mode='clip')",
        "np.nan_to_num(x, copy=False)",
        "B[0] = np.nan_to_num(y, False)",
    ],
)
def test_what_they_write(line):
    check_grads(program(line), (X, Y, 0.3), argnums=(0, 1, 2))


def test_nan_to_num_in_place():
    def f(x, y):
        y[0] = np.inf
        z = np.nan_to_num(y, copy=False)
        z[1] *= 2.0
        return np.sum(x * np.tanh(y))

    x, y = X[:3], Y.copy()
    value, (x_bar, y_bar) = value_and_grad(f, argnums=(0, 1))(x, y)
    slopes = np.array([0.0, 2.0, 1.0]) * x / np.cosh([1e3, 1.6, 0.9]) ** 2
    assert np.allclose(x_bar, np.tanh([1e300, 1.6, 0.9]))
    assert np.allclose(y_bar, slopes)
    assert np.isclose(value, np.sum(x * x_bar))
    assert np.array_equal(y, Y)


@pytest.mark.parametrize(
    "line",
    [
        "np.put(x, x > 1, y)",  # which counts True as place 1
        "np.putmask(x, np.array([0, 1, 0, 0, 0, 0]), s)",
        "np.place(x, np.array([0, 1, 0, 0, 0, 0]), y)",
        "np.copyto(x, s, where=np.array([0, 1, 0, 0, 0, 0]))",
        "np.exp(x, out=x, where=np.array([0, 1, 0, 0, 0, 0]))",
        "np.add.accumulate(B[0], out=B[0])",
        "np.add.accumulate(B[0], 0, None, B[0])",
        "np.add.reduceat(B[0], [0, 1], 0, None, B[0, :2])",
        "np.add.outer(y, y, out=B)",
        "np.nan_to_num(x, copy=s > 0)",
        "np.median(x, overwrite_input=True)",
        "np.median(x, None, None, True)",
        "np.partition(x, 2, axis=-1).partition(1)",
        "x.partition(2)",
        "np.ndarray.partition(x, 2)",
        "np.ndarray.__setitem__(x, 0, s)",
        "np.ndarray.__imul__(B, 2.0)",
        "x.__ifloordiv__(2.0)",
        "np.random.default_rng(0).random(out=B)",
        "np.random.default_rng(0).random(3, np.float64, B[0])",
        "np.random.default_rng(0).standard_normal(out=B)",
        "np.random.default_rng(0).standard_gamma(1.0, out=B)",
        "np.random.default_rng(0).permuted(B, out=B)",
        "np.random.default_rng(0).shuffle(B)",
        "np.random.Generator.shuffle(np.random.default_rng(0), B)",
        "np.random.shuffle(B)",
        "np.put_along_axis(B, np.array([[0], [1], [2]]), s, 1)",
    ],
)
def test_what_is_refused(line):
    with pytest.raises(SrcgradError):
        grad(program(line))(X, Y, 0.3)


@pytest.mark.parametrize(
    "line",
    [
        "r = k.view()",
        "r = k.view(np.float64)",
        "r = k.getfield(np.float64)",
        "r = k.__array__()",
        "r, = np.meshgrid(k, copy=False)",
        "r, = np.broadcast_arrays(k)",
        "r, q = np.meshgrid(k, k, copy=False); r = r[0]",
        "r = viewer(k)",
    ],
)
def test_views_that_unknown_calls_give(line):
    text = (
        f"def f(x):\n    k = np.zeros(len(x))\n    {line}\n    k[:] = 3.0\n    k[0] = 2.0\n"
        "    return np.sum(x * r)\n"
    )
    assert np.array_equal(
        grad(make(text, viewer=operator.methodcaller("view"))[0])(X), [2.0, *[3.0] * 5]
    )


def test_differences_of_what_is_written():
    def upwind(u):
        u = u.copy()
        for _ in range(3):
            d = np.diff(u)
            u[1:] -= 0.3 * d * u[1:]
            d[0] = 2.0
            u[0] += np.sum(d**2)
        return np.sum(u**2)

    check_grads(upwind, (X,))


@pytest.mark.parametrize(
    "lines",
    [
        "q = [0, 2]\n    random.shuffle(q)\n    return x[q[0]]",
        "q = [1.0]\n    d = collections.UserList([])\n    d.append(q)\n    q.append(2.0)\n"
        "    return x[0] * len(d[0])",
    ],
)
def test_lists_that_a_library_may_change_or_keep(lines):
    import collections
    import random

    names = {"random": random, "operator": operator}
    f = make(f"def f(x):\n    {lines}\n", collections=collections, **names)[0]
    with pytest.raises(SrcgradError, match="may change, or (give back|keep)"):
        grad(f)(X)


@pytest.mark.parametrize(
    "lines",
    [
        "q = collections.UserList()\n    q.append(x[0])\n    return q.pop() * 2.0",
        "d = collections.UserDict(a=[])\n    d['a'].append(x[0])\n    return sum(d['a'])",
        "b = Bag()\n    b.append(x[0] ** 2)\n    return sum(b)",
        "l = max([[0.0], [1.0]])\n    l.append(x[0])\n    return l[1] * 2.0",
    ],
)
def test_objects_that_keep_a_differentiated_number(lines):
    import collections

    class Bag(list):
        pass

    f = make(f"def f(x):\n    {lines}\n", collections=collections, Bag=Bag)[0]
    with pytest.raises(SrcgradError, match="'append' receives a differentiated value"):
        grad(f)(X)


def test_an_array_of_objects_is_refused():
    def f(x):
        kept = np.zeros(2, dtype=object)
        kept[0] = x[0]
        return float(kept[0] * 2.0)

    with pytest.raises(UnsupportedSyntaxError, match="array of objects"):
        grad(f)(X)


def test_methods_of_lists_by_their_class():
    def f(x):
        items, table = [x[0]], {"a": 1.0}
        list.append(items, x[1] ** 2)
        list.extend(items, [x[2], 2.0])
        dict.update(table, {"a": x[3]})
        return list.pop(items) * items[1] * table["a"] + sum(items)

    check_grads(f, (X,))


def test_what_libraries_only_read():
    import logging
    import math
    import statistics

    def f(x):
        sizes = [1.0, 2.0, 3.0]
        logging.getLogger("sizes").debug("%s of %s", sizes, x[0])
        print("sizes", sizes, x[0])
        scale = statistics.mean(sizes) * math.fsum(sizes)
        sizes.append(4.0)
        return np.sum(np.sin(x)) * scale * len(sizes)

    check_grads(f, (X,))


@pytest.mark.parametrize(
    "line",
    [
        "(1j * x[0]).imag",
        "np.imag(1j * x).sum()",
        "(x * (2 + 1j)).imag.sum()",
        "np.sum(np.fft.fft(x).imag ** 2)",
        "np.where(x > 0, x * 1j, x).imag.sum()",
    ],
)
def test_imaginary_parts_are_refused(line):
    with pytest.raises(SrcgradError):
        grad(make(f"def f(x):\n    return {line}\n")[0])(X)


def test_the_imaginary_part_of_real_numbers():
    check_grads(lambda x: np.sum(x**2) + np.sum(x.imag) + np.imag(x[0]), (X,))
