"""What a function reads besides its arguments: globals, closure cells, and paths into them."""

from __future__ import annotations

import dataclasses
import math
from collections import namedtuple
from types import SimpleNamespace

import numpy as np
import pytest

from srcgrad import grad
from tests.language.cases import Table, matrix, vector

case = Table()

DATA = vector(4, 7)
TABLE = matrix(3, 4, 7)
RATE = 0.3
COUNT = 3
ENABLED = True
MODE = "double"
NOTHING = None
AXIS = (0, 1)
WEIGHTS = [vector(4, 8), vector(4, 9)]
PARAMS = {"w": vector(4, 8), "deep": {"b": (1.5, vector(4, 9))}}
SCALAR = np.float32(0.5)
ZERO_D = np.array(1.25)


@dataclasses.dataclass
class Config:
    rate: float
    data: np.ndarray
    steps: int = 3
    mode: str = "double"

    def decay(self, x):
        return x * math.exp(-self.rate)


CONFIG = Config(0.3, vector(4, 6))
POINT = namedtuple("Point", "x y")(2.0, vector(4, 5))
SPACE = SimpleNamespace(scale=1.75, data=vector(4, 4))


@case(vector())
def global_arrays(x):
    return np.sum(DATA * x**2) + np.sum(TABLE @ x) + x[0] * TABLE[1, 2] * ZERO_D


@case(vector())
def global_numbers(x):
    y = x
    for _ in range(COUNT):
        y = y * RATE + x * SCALAR
    return np.sum(y)


@case(vector())
def global_flags(x):
    y = x * x if ENABLED else x
    if MODE == "double":
        y = y * 2
    if NOTHING is None:
        y = y + x
    return np.sum(y) * np.sum(TABLE, axis=AXIS)


@case(vector())
def global_containers(x):
    y = x
    for w in WEIGHTS:
        y = np.tanh(y * w)
    scale, bias = PARAMS["deep"]["b"]
    return np.sum(y * PARAMS["w"] + bias) * scale + len(WEIGHTS) * np.sum(WEIGHTS[-1] * x)


@case(vector())
def global_objects(x):
    y = CONFIG.decay(x) * CONFIG.data
    for _ in range(CONFIG.steps):
        y = y * POINT.x + POINT.y
    if CONFIG.mode == "double":
        y = 2 * y
    return np.sum(y) + np.sum(SPACE.data * x) * SPACE.scale


def closing_over():
    array, number, flag, text = vector(4, 3), 0.5, True, "cube"
    items, table = [vector(4, 1), 2.0], {"k": matrix(2, 4)}
    helper = lambda v: v * number

    def loss(x):
        y = helper(x * array)
        if flag and text == "cube":
            y = y**3
        return np.sum(y * items[0]) * items[1] + np.sum(table["k"] @ x)

    return loss


case(vector())(closing_over())


def test_globals_and_cells_are_read_at_each_call():
    space = {"np": np}
    scale = [2.0]
    array = np.ones(3)

    def loss(x):
        return np.sum(array * x) * scale[0] * RATE

    global RATE
    dloss, x, before = grad(loss), np.ones(3), RATE
    try:
        np.testing.assert_allclose(dloss(x), np.full(3, 2 * before))
        scale[0] = 5.0
        np.testing.assert_allclose(dloss(x), np.full(3, 5 * before))
        array = np.arange(3.0)
        np.testing.assert_allclose(dloss(x), np.arange(3.0) * 5 * before)
        array = np.arange(3.0, dtype=np.float32)
        assert dloss(x).dtype == np.float64
        array = np.full((2, 3), 2.0)
        np.testing.assert_allclose(dloss(x), np.full(3, 20 * before))
        RATE = 2
        np.testing.assert_allclose(dloss(x), np.full(3, 40.0))
        scale.append(1.0)
        scale[0] = np.full(3, 3.0)
        with pytest.raises(TypeError, match="scalar-output"):
            dloss(x)
    finally:
        RATE = before
    assert space


def test_rebound_functions_flags_and_objects():
    act, flag, config = np.tanh, True, Config(0.5, np.ones(2))

    def loss(x):
        y = act(x) if flag else act(x) ** 2
        return np.sum(y) * config.rate

    dloss, x = grad(loss), np.array([0.3, 0.7])
    np.testing.assert_allclose(dloss(x), 0.5 / np.cosh(x) ** 2)
    act = np.sin
    np.testing.assert_allclose(dloss(x), 0.5 * np.cos(x))
    flag = False
    np.testing.assert_allclose(dloss(x), np.sin(x) * np.cos(x))
    config.rate = 2.0
    np.testing.assert_allclose(dloss(x), 4 * np.sin(x) * np.cos(x))
    config = Config(3, np.ones(2))
    np.testing.assert_allclose(dloss(x), 6 * np.sin(x) * np.cos(x))
    act = lambda v: v
    np.testing.assert_allclose(dloss(x), 6 * x)
    act = lambda v: 2 * v
    np.testing.assert_allclose(dloss(x), 24 * x)


def test_a_dict_that_grows_and_a_class_attribute():
    class Model:
        scale = 2.0

        def __init__(self):
            self.parts = {"a": 1.0}

    model = Model()

    def loss(x):
        total = 0.0
        for name, part in model.parts.items():
            total = total + part * x
        return total * model.scale

    dloss = grad(loss)
    assert dloss(1.0) == 2.0
    model.parts["b"] = 3.0
    assert dloss(1.0) == 8.0
    Model.scale = 3.0
    assert dloss(1.0) == 12.0
    model.scale = 0.5
    assert dloss(1.0) == 2.0


def test_an_undefined_name():
    from srcgrad import UnsupportedSyntaxError

    def loss(x):
        return x * undefined_name  # noqa: F821

    with pytest.raises(UnsupportedSyntaxError, match="name 'undefined_name' is not defined"):
        grad(loss)(1.0)


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()
