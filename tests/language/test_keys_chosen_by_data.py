"""Keys of dicts that data choose: texts, integers and tuples of those."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import SrcgradError, grad, value_and_grad
from srcgrad.testing import check_grads

X = np.array([0.7, -1.2, 1.5, 0.4])
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


class Gate:
    def __init__(self, weight):
        self.weight = weight


@program
def the_key_of_the_largest(x):
    scores = {"a": x[0], "b": x[1] * x[2], "c": x[2]}
    return scores[max(scores, key=scores.get)] ** 2


@program
def the_parameters_of_the_least_loss(x):
    params = {"up": x * 2, "down": x**2}
    losses = {name: np.sum((value - 1) ** 2) for name, value in params.items()}
    best = min(losses, key=losses.get)
    return np.sum(params[best] ** 3)


@program
def one_of_two_names(x):
    side = "left" if x.sum() > 1 else "right"
    totals = {"left": x[0], "right": x[1]}
    totals[side] += x[2] ** 2
    totals[side] = totals[side] * x[3]
    return totals["left"] * totals["right"]


@program
def bins_in_a_loop(x):
    bins = {"low": 0.0, "high": 1.0}
    for v in x:
        k = "high" if v > 0.5 else "low"
        bins[k] += v**2
        bins[k] = bins[k] * 1.5
    return bins["low"] * bins["high"]


@program
def a_branch_rebinds_the_name(x):
    weights = {"a": x[0], "b": x[1]}
    total = 0.0
    for name in ["a", "b"]:
        if x[2] > 1.2:
            name = "a"
        total += weights[name] * 2
    return total


@program
def a_state_that_a_loop_carries(x):
    gains, used = {"start": x[0], "later": x[1] ** 2}, {"start": 0.0, "later": 0.0}
    state, total = "start", 0.0
    for v in x:
        total += gains[state] * v
        used[state] += v * v
        if v < 0.5:
            state = "later"
    return total * used["start"] + used["later"]


@program
def a_walk(x):
    following = {"a": "b", "b": "c", "c": "a"}
    steps = {"a": x[0], "b": x[1], "c": x[2]}
    total, at = 0.0, "a"
    while total < 3:
        total = total + steps[at] ** 2
        at = following[at]
    return total


@program
def names_in_the_order_of_values(x):
    d = {"a": x[0], "b": x[1], "c": x[2]}
    total = 0.0
    for i, name in enumerate(sorted(d, key=d.get)):
        total += i * d[name] ** 2
    first, second = sorted(d, key=lambda name: -d[name])[:2]
    return total + d[first] * d[second] ** 3


@program
def some_of_the_names(x):
    d = {"a": x[0], "b": x[1], "c": x[2]}
    total = 1.0
    for name in [name for name in d if d[name] > 0]:
        total = total * d[name] + x[3]
    return total


@program
def a_name_from_a_list(x):
    names = ["a", "b", "c", "d"]
    d = dict(zip(names, x, strict=True))
    return d[names[int(np.argmax(x))]] ** 2


@program
def tuples_as_keys(x):
    grid = {(0, 1): x[0], (1, 0): x[1] ** 2, (1, 1): 1.0}
    cell = (0, 1) if x[0] > 0.5 else (1, 0)
    value = grid[cell]
    grid[cell] *= x[2]
    return value**2 * grid[(0, 1)] + grid[1, 0]


@program
def texts_and_integers_as_keys(x):
    table = {("a", 0): x[0], ("a", 1): x[1], ("b", 0): x[2], "b": x[3], 1: 2.0}
    k = int(x[0] > x[1])
    return table["a", k] ** 2 * table["a", 1 - k]


@program
def integers_as_keys(x):
    costs = {0: x[0], 2: x[2] ** 2, 3: x[3], "other": 1.0, 1.0: x[1] ** 3}
    k = np.argmax(x)
    costs[k] *= 3
    return costs[k] + costs[int(np.argmin(x))]


@program
def truths_as_keys(x):
    return {True: x[0], False: x[1] ** 2}[x.sum() > 1]


@program
def asked_for_before(x):
    d, k = {"a": x[0], "b": x[1]}, "a" if x.sum() > 1 else "c"
    cells, at = {(0, 1): x[2], (1, 1): x[1]}, (0, 1) if x.sum() > 1 else (2, 2)
    total = d.get(k, x[3] * 2) ** 2 + d.get("b" if x[0] > x[3] else "a")
    if k in d:
        total += d[k] * 3
    if at in cells:
        total += cells[at] ** 2
    return total


@program
def a_key_that_is_not_there_is_caught(x):
    d, k = {"a": x[0], "b": x[1]}, "a" if x.sum() > 1 else "c"
    try:
        return d[k] ** 2
    except KeyError:
        return x[2] ** 3


@program
def arrays_that_are_written(x):
    d = {"a": x * 2, "b": x**2}
    k = "a" if x.sum() > 1 else "b"
    d[k][1:] *= 3
    return np.sum(d["a"] * d["b"])


@program
def layers_and_objects(x):
    layers = {"a": {"W": x * 2, "b": x[0]}, "b": {"W": x**3, "b": x[1]}}
    gates = {"a": Gate(x[1]), "b": Gate(x[2])}
    k = "a" if x.sum() > 1 else "b"
    layer = layers[k]
    return np.sum(layer["W"]) * layer["b"] + gates[k].weight ** 2


@program
def a_list_that_gets_longer(x):
    d = {"a": [], "b": []}
    for v in x:
        d["a" if v > 0 else "b"].append(v * v)
    return sum(d["a"]) * len(d["b"])


@program
def a_new_key(x):
    d = {"a": x[0]}
    d["b" if x[1] > 0 else "c"] = x[2]
    return sum(d.values())


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    for x in (X, X[::-1].copy(), X - 0.5):
        check_grads(f, (x,))
        assert value_and_grad(f)(x)[0] == f(x.copy())


def test_a_dict_that_is_an_argument():
    def f(params, x):
        return np.sum(params["W" if x.sum() > 0 else "V"] ** 2 * x)

    params = {"W": np.ones(3), "V": np.full(3, 2.0), "name": "net"}
    for x in (np.arange(3.0), -np.arange(3.0)):
        found = grad(f)({k: params[k] for k in "WV"}, x)
        chosen, other = ("W", "V") if x.sum() > 0 else ("V", "W")
        np.testing.assert_allclose(found[chosen], 2 * params[chosen] * x)
        np.testing.assert_allclose(found[other], 0.0)


def test_a_key_that_is_not_there():
    """What Python raises, with the key in it."""

    def f(x):
        d = {"a": x[0], "b": x[1]}
        k = "a"
        for v in x:
            k = "b" if v > 1 else "other"
        return d[k]

    def of_tuples(x):
        i = int(x[0] > 0)
        return {(0, 1): x[0], (2, 3): x[1]}[(i, 3 - i)]

    for program, key in ((f, "other"), (of_tuples, (1, 2))):
        for derivative in (program, value_and_grad(program)):
            with pytest.raises(KeyError) as caught:
                derivative(X)
            assert caught.value.args == (key,)


def what_has_one_rank_or_another(x):
    return np.sum({"a": x, "b": np.outer(x, x)}["a" if x[1] > 0 else "b"])


def test_refused():
    with pytest.raises(SrcgradError) as caught:
        grad(what_has_one_rank_or_another)(X)
    assert caught.value.hint and caught.value.loc


def test_many_keys_are_one_condition_after_the_other():
    """Each in the arm of the one before would be deeper than Python's parser goes."""

    def f(x):
        d = {i: x[i % 4] * i for i in range(45)}
        k = max(d, key=d.get)
        d[k] = d[k] * 3
        return sum(d.values()) * d[k] + d.get(k, 0.0) ** 2

    x = np.array([0.5, 1.2, 0.8, 1.7])
    assert value_and_grad(f)(x)[0] == pytest.approx(f(x))
    check_grads(f, (x,))
