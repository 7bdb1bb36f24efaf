"""Ints of differentiated dataclasses and named tuples that are declared to be ints stay ints."""

from __future__ import annotations

import typing
from dataclasses import dataclass, make_dataclass, replace
from typing import NamedTuple, Optional

import numpy as np
import pytest

from srcgrad import grad, value_and_grad, vjp
from srcgrad.testing import check_grads
from tests.language.cases import vector


@dataclass
class Model:
    w: np.ndarray
    rows: int
    rate: float = 2.0
    deep: int | None = None


class Term(NamedTuple):
    factor: float
    power: int


def steps(m):
    x = m.w
    for _ in range(m.rows):
        x = np.sin(x) * m.rate
    return np.sum(x)


def reshaped(m):
    return np.sum(m.w.reshape(m.rows, -1)[m.rows - 1] ** 2) * m.rate


def asked(m):
    scale = 2.0 if isinstance(m.rows, int) else 3.0
    counted = np.full(3, m.rows)
    counted[0] = 2.5  # cut off, in an array of ints
    return np.sum(m.w[:3] * counted) * scale * len(f"{m.rows}")


def optional(m):
    depth = 1 if m.deep is None else m.deep
    return np.sum(m.w**depth)


@pytest.mark.parametrize("f", [steps, reshaped, asked, optional])
@pytest.mark.parametrize("changes", [{}, {"rows": 2}, {"deep": 3}, {"rate": 3}])
def test_fields_of_a_dataclass(f, changes) -> None:
    model = replace(Model(vector(6), 3), **changes)
    value, bar = value_and_grad(f)(model)
    assert value == f(model)
    assert bar.rows is None
    assert bar.deep is None
    assert type(bar.rate) is float
    check_grads(f, (model,), argnums=0)


def polynomial(terms, x):
    total = 0.0
    for factor, power in terms:
        total += factor * x**power * np.ones(power)[-1]
    return total


def test_fields_of_named_tuples() -> None:
    terms = [Term(0.5, 1), Term(2, 3)]
    value, bar = value_and_grad(polynomial)(terms, 1.3)
    assert value == polynomial(terms, 1.3)
    assert bar == [Term(pytest.approx(1.3), None), Term(pytest.approx(1.3**3), None)]
    assert vjp(polynomial, terms, 1.3)[1](2.0)[0][0].factor == pytest.approx(2.6)
    check_grads(polynomial, (terms, 1.3))


def test_annotations_of_all_kinds() -> None:
    kinds = ["int", int, "int | None", Optional[int], int | None, "typing.Optional[int]"]
    others = ["float", float, "int | float", int | float, list[int], typing.Any, "Any", tuple[int]]
    for kind in kinds:
        made = make_dataclass("Made", [("u", float), ("n", kind)])
        assert grad(lambda m: m.u * m.n)(made(2.0, 3)).n is None
        named = NamedTuple("Named", [("u", float), ("n", kind)])
        assert grad(lambda m: m.u * m.n)(named(2.0, 3)).n is None
    for kind in others:
        made = make_dataclass("Made", [("u", float), ("n", kind)])
        assert grad(lambda m: m.u * m.n)(made(2.0, 3)).n == 2.0
        named = NamedTuple("Named", [("u", float), ("n", kind)])
        assert grad(lambda m: m.u * m.n)(named(2.0, 3)).n == 2.0


def test_a_float_where_an_int_is_declared_is_differentiated() -> None:
    assert grad(lambda m: m.rate * m.rows)(Model(vector(2), 1.5)).rows == 2.0
    assert grad(lambda t: t.factor * t.power)(Term(2.0, 1.5)) == Term(1.5, 2.0)


def test_both_kinds_in_turn() -> None:
    gradient = grad(lambda t: t.factor * t.power)
    for power, wanted in ((1.5, 2.0), (3, None), (2.5, 2.0), (4, None)):
        assert gradient(Term(2.0, power)) == Term(power, wanted)
