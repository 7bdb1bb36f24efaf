"""What a rule gives for a container is matched by key, and for ``*args`` one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

from srcgrad import NoDerivativeError, RuleError, grad, register_vjp
from srcgrad.ir.ops import DERIVATIVES
from tests.hard_cases.checking import Case

X = np.array([1.5, 0.4, 0.7])
CALLS: list[int] = []


@dataclass
class Pair:
    a: Any
    b: Any


@dataclass
class Turned:
    b: Any
    a: Any


class Named(NamedTuple):
    a: Any
    b: Any


class NamedTurned(NamedTuple):
    b: Any
    a: Any


def scaled(d):
    return d["a"] * d["b"] ** 2


def of_pair(d):
    return d.a * d.b**2


def each_weighted(d):
    return sum((i + 1) * np.sum(d[key]) for i, key in enumerate(d))


def nested(d):
    return np.sum(d["rows"][0] * d["rows"][1]["w"])


def of_list(dicts):
    return sum(d["a"] * d["b"] ** 2 for d in dicts)


def product(*parts):
    return np.prod(np.stack(parts))


def weighted(k, *parts):
    return k * parts[0] * parts[1]


def shifted(x, **options):
    return np.sum(x * options["by"])


FUNCTIONS = [scaled, of_pair, each_weighted, nested, of_list, product, weighted, shifted]


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    yield
    for function in FUNCTIONS:
        DERIVATIVES.pop(function, None)


def scaled_vjp(y_bar, y, d):
    return {"a": y_bar * d["b"] ** 2, "b": 2 * y_bar * d["a"] * d["b"]}


def scaled_and_counted_vjp(y_bar, y, d):
    CALLS.append(1)
    return {"a": y_bar * d["b"] ** 2, "b": 2 * y_bar * d["a"] * d["b"]}


def in_another_order(x):
    return scaled({"b": x[0], "a": x[1]})


def in_a_loop(x):
    total = 0.0
    for i in range(3):
        total = total + scaled({"b": x[i], "a": x[0] + i})
    return total


def handed_from_trip_to_trip(x):
    total = 0.0
    d = {"b": x[0], "a": x[1]}
    for _ in range(3):
        total = total + scaled(d)
        d = {"b": d["b"] * total, "a": d["a"]}
    return total


def beside_an_option(x):
    return scaled({"name": "k", "b": x[0], "a": x[1]})


@pytest.mark.parametrize("rule", [scaled_vjp, scaled_and_counted_vjp])
@pytest.mark.parametrize(
    "program",
    [
        *(in_another_order, in_a_loop, handed_from_trip_to_trip, beside_an_option),
    ],
)
def test_dicts(program, rule):
    register_vjp(scaled)(rule)
    Case(program, (X,)).run()


@pytest.mark.parametrize("rule", [scaled_vjp, scaled_and_counted_vjp])
def test_a_dict_that_is_the_argument(rule):
    register_vjp(scaled)(rule)
    got = grad(lambda d: scaled(d))({"b": 0.5, "a": 3.0})
    assert list(got) == ["b", "a"]
    assert got == {"b": 3.0, "a": 0.25}


def test_keys_that_the_rule_sorts():
    @register_vjp(each_weighted)
    def each_weighted_vjp(y_bar, y, d):
        bars = {}
        for key in sorted(d):
            bars[key] = y_bar * (list(d).index(key) + 1) * np.ones_like(d[key])
        return bars

    Case(lambda x: each_weighted({"z": x[:2], "a": x, "m": x[1:]}), (X,)).run()


def counted(rule):
    """A rule that is called, since it does more than compute."""

    def called(y_bar, y, d):
        CALLS.append(1)
        return rule(y_bar, y, d)

    return called


BY_NAME = [
    lambda y_bar, y, d: Turned(2 * y_bar * d.a * d.b, y_bar * d.b**2),
    lambda y_bar, y, d: NamedTurned(2 * y_bar * d.a * d.b, y_bar * d.b**2),
    lambda y_bar, y, d: {"b": 2 * y_bar * d.a * d.b, "a": y_bar * d.b**2},
]


BY_NAME_OR_PLACE = [
    *((kind, rule) for kind in (Pair, Turned, Named, NamedTurned) for rule in BY_NAME),
    *(
        (kind, lambda y_bar, y, d: (y_bar * d.b**2, 2 * y_bar * d.a * d.b))
        for kind in (Pair, Named)
    ),
]


@pytest.mark.parametrize("is_called", [False, True])
@pytest.mark.parametrize(("kind", "rule"), BY_NAME_OR_PLACE)
def test_fields(kind, rule, is_called):
    register_vjp(of_pair)(counted(rule) if is_called else rule)
    Case(lambda x: of_pair(kind(a=x[0], b=x[1])), (X,)).run()


def nested_vjp(y_bar, y, d):
    return {"rows": [y_bar * d["rows"][1]["w"], {"w": y_bar * d["rows"][0]}]}


@pytest.mark.parametrize("rule", [nested_vjp, counted(nested_vjp)])
def test_containers_in_containers(rule):
    register_vjp(nested)(rule)
    Case(lambda x: nested({"n": 3, "rows": [x * 2, {"name": "w", "w": x}]}), (X,)).run()


def test_dicts_in_a_list():
    register_vjp(of_list)(lambda y_bar, y, dicts: [scaled_vjp(y_bar, y, d) for d in dicts])
    Case(lambda x: of_list([{"b": x[0], "a": x[1]}, {"a": x[0], "b": x[1]}]), (X,)).run()


# --- what does not fit ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            lambda y_bar, y, d: {"x": y_bar, "y": y_bar},
            "gives a cotangent for 'x', which 'd' does not have",
        ),
        (
            lambda y_bar, y, d: {"a": y_bar, "b": y_bar, "c": y_bar},
            "gives a cotangent for 'c', which 'd' does not have",
        ),
        (
            lambda y_bar, y, d: {"b": y_bar},
            "gives nothing for the key 'a' of 'd', which is differentiated",
        ),
        (lambda y_bar, y, d: (y_bar,), "gives a tuple of 1 for 'd', a dict of 2"),
        (lambda y_bar, y, d: y_bar, "gives for 'd', a dict, what is no display of its parts"),
        (lambda y_bar, y, d: {"a": [y_bar], "b": y_bar}, r"gives a list for 'd'\['a'\]"),
        (
            lambda y_bar, y, d: {"a": y_bar * np.ones(3), "b": y_bar},
            r"for 'd'\['a'\], a number, an array of shape \(3,\)",
        ),
    ],
)
def test_what_does_not_fit_a_dict(rule, message):
    register_vjp(scaled)(rule)
    for program, x in ((lambda d: scaled(d), {"b": 0.5, "a": 3.0}), (in_another_order, X)):
        with pytest.raises(RuleError, match=message):
            grad(program)(x)


@pytest.mark.parametrize(
    "rule",
    [
        lambda y_bar, y, d: {"x": y_bar, "y": y_bar},
        lambda y_bar, y, d: {"b": y_bar},
        lambda y_bar, y, d: [y_bar],
    ],
)
def test_what_does_not_fit_when_it_runs(rule):
    register_vjp(scaled)(counted(rule))
    with pytest.raises(ValueError, match=r"gives cotangents for \[.*\], and not for \['b', 'a'\]"):
        grad(in_another_order)(X)


@pytest.mark.parametrize("is_called", [False, True])
def test_a_part_without_a_derivative_may_be_left_out(is_called):
    def rule(y_bar, y, d):
        return {"b": 2 * y_bar * d["a"] * d["b"]}

    register_vjp(scaled)(counted(rule) if is_called else rule)
    Case(lambda x: scaled({"b": x[1], "a": 2.0}), (X,)).run()


# --- arguments that a star takes ------------------------------------------------------------------


@pytest.mark.parametrize(
    "rule",
    [
        lambda y_bar, y, *parts: tuple(y_bar * y / part for part in parts),
        lambda y_bar, y, *parts: [y_bar * y / part for part in parts],
        lambda y_bar, y, *parts: (tuple(y_bar * y / part for part in parts),),
    ],
)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_stars(rule, count):
    register_vjp(product)(rule)
    programs = {
        1: lambda x: product(x[0]),
        2: lambda x: product(x[0], x[1] * x[0]),
        3: lambda x: product(x[0], x[1], x[2] ** 2),
    }
    Case(programs[count], (X,)).run()


def one_by_one(y_bar, y, k, *parts):
    return y_bar * parts[0] * parts[1], y_bar * k * parts[1], y_bar * k * parts[0]


def in_a_tuple(y_bar, y, k, *parts):
    return y_bar * parts[0] * parts[1], (y_bar * k * parts[1], y_bar * k * parts[0])


def one_by_one_counted(y_bar, y, k, *parts):
    CALLS.append(1)
    return y_bar * parts[0] * parts[1], y_bar * k * parts[1], y_bar * k * parts[0]


def in_a_tuple_counted(y_bar, y, k, *parts):
    CALLS.append(1)
    return y_bar * parts[0] * parts[1], (y_bar * k * parts[1], y_bar * k * parts[0])


@pytest.mark.parametrize("rule", [one_by_one, in_a_tuple, one_by_one_counted, in_a_tuple_counted])
def test_stars_after_another_argument(rule):
    register_vjp(weighted)(rule)
    Case(lambda x: weighted(x[0] * 2, x[0], x[1]), (X,)).run()


def test_stars_that_are_too_few():
    register_vjp(weighted)(lambda y_bar, y, k, *parts: (y_bar, y_bar))
    with pytest.raises(RuleError, match="gives a tuple of 1 for 'parts', a tuple of 2"):
        grad(lambda x: weighted(x[0] * 2, x[0], x[1]))(X)


def shifted_vjp(y_bar, y, x, **options):
    return y_bar * options["by"], {"by": y_bar * x}


def test_arguments_by_name():
    register_vjp(shifted)(shifted_vjp)
    Case(lambda x: shifted(x, by=2 * x), (X,)).run()
    register_vjp(shifted)(lambda y_bar, y, x, **options: y_bar * options["by"])
    with pytest.raises(NoDerivativeError, match="does not cover its argument 'options'"):
        grad(lambda x: shifted(x, by=2 * x))(X)
