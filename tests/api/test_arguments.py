"""What may be differentiated with respect to, and the form of the gradient."""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

from srcgrad import SubclassError, grad, value_and_grad
from srcgrad.testing import check_grads


class Layer(NamedTuple):
    W: Any
    b: Any


@dataclass
class Network:
    layers: list[Any]
    scale: Any


@dataclass(frozen=True)
class Frozen:
    a: Any
    b: Any


# ---- numbers ----


@pytest.mark.parametrize("x", [1.5, 2, np.float64(1.5), np.float32(1.5), np.array(1.5)])
def test_numbers(x):
    result = grad(lambda x: x * x * x)(x)
    assert result == pytest.approx(3 * float(x) ** 2, rel=1e-6)
    if type(x) in (int, float):
        assert type(result) is float
    else:
        assert type(result) is type(x)
        assert result.dtype == x.dtype


def test_int_is_a_float_inside_too():
    def f(x):
        return x / 2 if isinstance(x, float) else x // 2

    assert grad(f)(3) == 0.5
    assert grad(lambda n: 2**n)(3) == pytest.approx(8 * math.log(2))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", [(), (1,), (3,), (1, 3), (2, 3), (2, 1, 2), (0,), (0, 2)])
def test_arrays(shape, dtype, rng):
    x = rng.normal(size=shape).astype(dtype)
    x = np.asarray(x)
    result = grad(lambda x: np.sum(np.sin(x) * x))(x)
    assert type(result) is np.ndarray
    assert (result.shape, result.dtype) == (x.shape, x.dtype)
    assert result.flags.writeable
    np.testing.assert_allclose(result, np.sin(x) + x * np.cos(x), rtol=1e-5, atol=1e-6)


def test_arrays_in_any_order_of_memory(rng):
    x = rng.normal(size=(4, 6))
    for a in (np.asfortranarray(x), x[::2, ::-1], x.T, np.broadcast_to(x[0], (4, 6))):
        before = a.copy()
        result = grad(lambda x: np.sum(x * x))(a)
        np.testing.assert_array_equal(result, 2 * before)
        np.testing.assert_array_equal(a, before)
        assert result.flags.writeable


def test_argument_that_is_not_used():
    g = grad(lambda x, y: np.sum(y), argnums=(0, 1))
    gx, gy = g(np.ones((2, 2), np.float32), np.ones(3))
    assert (gx.dtype, gx.shape) == (np.float32, (2, 2))
    assert not gx.any()
    np.testing.assert_array_equal(gy, np.ones(3))
    assert grad(lambda x: 3.0)(2.0) == 0.0


# ---- containers ----


def predict(network, x):
    for layer in network.layers:
        x = np.tanh(layer.W @ x + layer.b)
    return np.sum(x) * network.scale


def test_dataclass_of_named_tuples(rng):
    layers = [Layer(rng.normal(size=(3, 3)), rng.normal(size=3)) for _ in range(2)]
    network = Network(layers, 2)
    x = rng.normal(size=3)
    result = grad(predict)(network, x)
    assert type(result) is Network
    assert type(result.layers) is list
    assert all(type(layer) is Layer for layer in result.layers)
    assert type(result.scale) is float
    assert network.scale == 2
    check_grads(predict, (Network(layers, 2.0), x))


def test_nested_builtin_containers(rng):
    def f(p):
        (a, b), c = p["ab"], p["c"]
        return np.sum(a * b) + c[0] * c[1][0] * p["d"]

    p = {
        "ab": (rng.normal(size=2), rng.normal(size=2).astype(np.float32)),
        "c": [1.5, [np.float32(2.0)]],
        "d": 3,
    }
    result = grad(f)(p)
    assert list(result) == ["ab", "c", "d"]
    assert type(result["ab"]) is tuple
    assert type(result["c"]) is list
    assert type(result["c"][1]) is list
    assert result["ab"][1].dtype == np.float32
    assert type(result["c"][1][0]) is np.float32
    assert result["d"] == 3.0
    assert type(result["d"]) is float
    check_grads(f, (p,), argnums=0)


def test_frozen_dataclass_and_empty_containers():
    result = grad(lambda p: p.a * 2.0)(Frozen(1.0, ()))
    assert result == Frozen(2.0, ())
    assert grad(lambda p: 1.0 * p["x"][1])({"x": [[], 2.0], "y": {}}) == {"x": [[], 1.0], "y": {}}


# ---- memory ----


GLOBAL = np.array([1.0, 2.0, 3.0])


def each_array(value: Any) -> Iterator[np.ndarray]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from each_array(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from each_array(part)


X, Y = np.array([1.0, -2.0, 0.5]), np.array([2.0, 3.0, 4.0])
SHARING = {
    "a global": (lambda x: np.sum(GLOBAL * x), (X,)),
    "the other argument": (lambda x, y: np.sum(x * y), (X, Y)),
    "one cotangent for two": (lambda x, y: np.sum(np.sin(x + y)), (X, Y)),
    "one cotangent for three": (lambda p: np.sum(np.exp(p[0] + p[1] + p[2])), ([X, Y, X],)),
    "broadcast": (lambda x, y: np.sum(x) + y[0], (X, Y)),
    "a reshaped cotangent": (lambda x, y: np.sum(np.tanh(x.reshape(3, 1)[:, 0] + y)), (X, Y)),
    "a transposed cotangent": (lambda A, B: np.sum(np.sin(A.T + B)), (np.eye(3), np.ones((3, 3)))),
    "the same argument twice": (lambda x, y: np.sum(x * y) + np.sum(x), (X, X)),
    "concatenated": (lambda x, y: np.sum(np.concatenate([x, y]) ** 2), (X, Y)),
    "selected": (lambda x, y: np.sum(x if x[0] > 0 else y), (X, Y)),
    "carried": (lambda x, y: np.sum(carried(x, y)), (X, Y)),
}


def carried(x, y):
    for _ in range(3):
        x = x + y
    return x


@pytest.mark.parametrize("name", SHARING)
def test_gradients_have_memory_of_their_own(name):
    f, args = SHARING[name]
    args = copy.deepcopy(args) if name != "the same argument twice" else args
    before = copy.deepcopy(args)
    _, result = value_and_grad(f, argnums=tuple(range(len(args))))(*args)
    arrays = list(each_array(result))
    assert arrays
    others = [*each_array(args), GLOBAL]
    for i, array in enumerate(arrays):
        assert array.flags.writeable
        assert not any(np.shares_memory(array, other) for other in others)
        assert not any(np.shares_memory(array, other) for other in arrays[i + 1 :])
    for old, new in zip(each_array(before), each_array(args), strict=True):
        assert old.tobytes() == new.tobytes()
    check_grads(f, args)


# ---- what is refused ----


REFUSED = {
    "integers": (np.arange(3), r"argument 'x' is an array of dtype int64.*pass x.astype\(float\)"),
    "truth values": (np.array([True]), r"dtype bool.*pass x.astype\(float\)"),
    "objects": (np.array([1.0], dtype=object), r"dtype object.*pass x.astype\(float\)"),
    "complex numbers": (np.array([1j]), r"dtype complex128"),
    "float16": (np.ones(2, np.float16), r"dtype float16.*x.astype\(float\)"),
    "the other byte order": (np.ones(2, ">f8"), r"dtype >f8.*x.astype\(float\)"),
    "masked arrays": (np.ma.ones(2), r"'x' is a MaskedArray.*pass np.asarray\(x\)"),
    "bool": (True, r"'x' is a bool.*pass float\(x\)"),
    "NumPy's integers": (np.int32(1), r"'x' is a int32.*pass float\(x\)"),
    "NumPy's half": (np.float16(1), r"'x' is a float16.*pass float\(x\)"),
    "complex": (1j, r"'x' is a complex.*leave the argument out of argnums"),
    "text": ("a", r"'x' is a str.*leave the argument out of argnums"),
    "None": (None, r"'x' is a NoneType.*leave the argument out of argnums"),
    "a part of a list": ([1.0, np.arange(2)], r"argument 'x\[1\]' is an array of dtype int64"),
    "a part of a dict": ({"k": (1.0, "a")}, r"'x\['k'\]\[1\]' is a str.*an argument of its own"),
    "a flag in a dict": ({"w": 1.0, "b": True}, r"'x\['b'\]' is a bool.*in a dataclass, whose"),
    "a function in a list": ([1.0, np.tanh], r"'x\[1\]' is a ufunc.*in a dataclass, whose"),
    "a part of a field": (Frozen(1.0, np.ma.ones(2)), r"argument 'x.b' is a MaskedArray"),
    "a named field": (Layer(np.arange(2), 1.0), r"argument 'x.W' is an array of dtype int64"),
    "an object": (object(), r"'x' is a object"),
    "a set": ({1.0}, r"'x' is a set"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_arguments(name):
    value, message = REFUSED[name]
    g = grad(lambda x: 1.0)
    with pytest.raises(TypeError, match=f"(?s){message}"):
        g(value)
    assert g(1.0) == 0.0
    with pytest.raises(TypeError, match=f"(?s){message}"):
        g(value)


def test_matrices_are_refused():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        matrix = np.matrix([[1.0]])
    with pytest.raises(TypeError, match=r"'x' is a matrix.*pass np.asarray\(x\)"):
        grad(lambda x: np.sum(x))(matrix)


class Loud(np.ndarray):
    def dot(self, other):
        return 100 * np.ndarray.dot(self, other)


class Holder:
    def __init__(self, data):
        self.data = data


MASKED = np.ma.array([[1.0, 2.0], [3.0, 4.0]], mask=[[0, 1], [0, 0]])
SUBCLASSES = [MASKED, np.ones((1, 2)).view(np.matrix), np.ones((2, 2)).view(Loud)]


def iterated(w, X):
    total = 0.0
    for row in X:
        total = total + np.sum(row * w)
    return total


def in_a_helper(w, X):
    return iterated(w, X)


@pytest.mark.parametrize(
    "f",
    [
        lambda w, X: np.mean(X * w),
        lambda w, X: np.sum(w @ X),
        lambda w, X: np.sum(X[0] * w),
        lambda w, X: np.sum(X.T) * w[0],
        lambda w, X: X.mean() * w[0],
        lambda w, X: len(X) * w[0],
        lambda w, X: np.sum(np.array([X, X]) * w),
        iterated,
        in_a_helper,
    ],
)
@pytest.mark.parametrize("X", SUBCLASSES)
def test_subclasses_of_arrays_are_not_read(f, X):
    name = type(X).__name__
    with pytest.raises(SubclassError, match=f"'X' is a {name}.*\n[^$]*np.asarray\\(X\\)"):
        grad(f)(np.ones(2), X)
    with pytest.raises(TypeError, match=f"'[a-z.]*data' is a {name}"):
        grad(lambda w, holder: f(w, holder.data))(np.ones(2), Holder(X))


def test_subclasses_of_arrays_in_globals_and_made_inside():
    with pytest.raises(SubclassError, match="'MASKED' is a MaskedArray"):
        grad(lambda w: np.sum(MASKED * w))(np.ones(2))
    with pytest.raises(SubclassError, match="'SUBCLASSES\\[1\\]' is a matrix"):
        grad(lambda w: np.sum(SUBCLASSES[1] * w))(np.ones(2))
    with pytest.raises(SubclassError, match="this may make a MaskedArray"):
        grad(lambda w: np.mean(np.ma.masked_equal([1.0, 2.0], 2.0) * w))(np.ones(2))
    with pytest.raises(SubclassError, match="this may make a matrix"):
        grad(lambda w: np.sum(np.asmatrix([[1.0, 2.0]]) * w))(np.ones(2))
    with pytest.raises(SubclassError, match="this may make a Loud"):
        grad(lambda w: np.sum(np.ones(2).view(Loud) * w))(np.ones(2))


@pytest.mark.parametrize("X", SUBCLASSES)
def test_arrays_made_of_subclasses_are_read(X):
    def f(w, X):
        factor = 2.0 if isinstance(X, np.ndarray) else 1.0
        return factor * np.mean(np.asarray(X) * w) + np.sum(np.array(X)[0] * w)

    check_grads(f, (np.array([0.5, -1.0]), np.array(X)))
    got = grad(f)(np.array([0.5, -1.0]), X)
    assert type(got) is np.ndarray
    np.testing.assert_array_equal(got, grad(f)(np.array([0.5, -1.0]), np.array(X)))
    assert grad(lambda w, X: w * w)(3.0, X) == 6.0


def test_arguments_that_are_not_differentiated_may_be_anything():
    def f(x, n, flag, mode, missing, indices):
        y = np.sum(x[indices]) * n
        return y if flag and mode == "sum" and missing is None else 2.0 * y

    x = np.ones(4)
    g = grad(f)
    np.testing.assert_array_equal(g(x, 3, True, "sum", None, np.array([0, 0, 2])), [6, 0, 3, 0])
    np.testing.assert_array_equal(g(x, 3, False, "sum", None, np.array([1])), [0, 6, 0, 0])
    np.testing.assert_array_equal(g(x, 3, True, "mean", None, np.array([1])), [0, 6, 0, 0])
    np.testing.assert_array_equal(g(x, 3, True, "sum", "x", np.array([1])), [0, 6, 0, 0])


class Doubling(float):
    def __mul__(self, other):
        return 2 * float(self) * other


class Counting(int):
    def __lt__(self, other):
        return False


class Celsius(float):
    def kelvin(self):
        return self + 273.0


@pytest.mark.parametrize("number", [Doubling(2.0), Counting(2)])
def test_numbers_with_arithmetic_of_their_own_are_not_read(number):
    with pytest.raises(SubclassError, match="'k' is a .*, a number with arithmetic of its own"):
        grad(lambda w, k: np.sum(w) * k)(np.ones(2), number)


def test_numbers_of_other_classes_are_numbers():
    gradient = grad(lambda w, k: np.sum(w) * k * k.kelvin())
    np.testing.assert_array_equal(gradient(np.ones(2), Celsius(2.0)), np.full(2, 550.0))
