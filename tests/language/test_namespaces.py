"""``types.SimpleNamespace``: given, differentiated, made; what else objects keep numbers in."""

from __future__ import annotations

import collections
from types import SimpleNamespace

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad, value_and_grad
from tests.language.cases import Table, vector

case = Table()


class Model:
    def __init__(self) -> None:
        self.w = np.array([1.0, 2.0])
        self.sizes = SimpleNamespace(dt=0.5, steps=3, bias=np.ones(2), name="euler")
        self.ordered = collections.OrderedDict(a=np.ones(2))
        self.counted = collections.defaultdict(float, a=3.0)


def run(model):
    x = model.w * 1.0
    for _ in range(model.sizes.steps):
        x = x + model.sizes.dt * (model.sizes.bias - x * x)
    return np.sum(x)


def test_a_namespace_in_an_object() -> None:
    gradient = grad(run)(Model())
    assert isinstance(gradient.sizes, SimpleNamespace)
    assert gradient.sizes.steps is None
    assert gradient.sizes.name is None

    def along(name: str, step: float) -> float:
        model = Model()
        setattr(model.sizes, name, getattr(model.sizes, name) + step)
        return run(model)

    for name in ("dt", "bias"):
        slope = (along(name, 1e-6) - along(name, -1e-6)) / 2e-6
        np.testing.assert_allclose(np.sum(getattr(gradient.sizes, name)), slope, rtol=1e-6)


def test_a_namespace_as_the_argument() -> None:
    def f(ns):
        return np.sum(ns.a**2) * ns.n + ns.b

    gradient = grad(f)(SimpleNamespace(a=np.array([1.0, 2.0]), n=3, b=1.0))
    np.testing.assert_array_equal(gradient.a, [6.0, 12.0])
    assert gradient.b == 1.0
    assert gradient.n is None


def test_a_namespace_is_written_as_in_the_function() -> None:
    def f(x, state):
        state.count = state.count + 1
        return np.sum(x) * state.count

    state = SimpleNamespace(count=1)
    assert value_and_grad(f)(np.ones(1), state)[0] == 2.0
    assert state.count == 2


@case(vector())
def made_inside(x):
    o = SimpleNamespace(a=x, b=2.0)
    same = o
    same.c = o.a * 3
    o.a = o.a * o.b
    return np.sum(o.a * same.c) * (1.0 if hasattr(o, "c") else 9.0)


@case(vector())
def made_in_turns(x):
    state = SimpleNamespace(x=x[0], v=x[1])
    for _ in range(4):
        state = SimpleNamespace(x=state.x + 0.1 * state.v, v=state.v - 0.1 * np.sin(state.x))
    return state.x * state.v


@case(vector())
def equal_by_content(x):
    a, b = SimpleNamespace(v=x), SimpleNamespace(v=x)
    return np.sum(x) * (2.0 if a == b and a is not b else 3.0)


@case(vector())
def no_such_name(x):
    o = SimpleNamespace(a=x)
    try:
        return np.sum(o.b)
    except AttributeError as e:
        return np.sum(x) * len(str(e))


@pytest.mark.parametrize("one", case.cases)
def test_derivatives(one):
    one.run()


def of_an_ordered_dict(model):
    return np.sum(model.w) * np.sum(model.ordered["a"])


def of_a_default(model):
    return np.sum(model.w) * model.counted["a"]


@pytest.mark.parametrize("f", [of_an_ordered_dict, of_a_default])
def test_numbers_that_would_get_no_gradient_are_refused(f) -> None:
    with pytest.raises(UnsupportedSyntaxError, match="has no gradient") as caught:
        grad(f)(Model())
    assert "keep numbers in a dict" in caught.value.hint


def test_they_are_left_alone_where_nothing_reads_them() -> None:
    assert grad(lambda model: np.sum(model.w))(Model()).ordered is None
