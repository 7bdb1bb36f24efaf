"""Containers that a program makes and leaves in objects from outside."""

from __future__ import annotations

import copy
import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, UnsupportedSyntaxError, grad, value_and_grad
from tests.slopes import slopes

X = np.array([0.3, 0.4, 0.5])


@dataclasses.dataclass
class Step:
    number: int
    x: np.ndarray
    extra: list[Any] = dataclasses.field(default_factory=list)


class Net:
    def __init__(self):
        self.stats = {}
        self.acts = []
        self.log = []


def rows(x, net):
    for i in range(3):
        x = np.cos(x)
        net.log.append({"step": i, "loss": float(np.sum(x)), "parts": [x[0], (1, [x])]})
    return np.sum(x**2)


def instances(x, net):
    for i in range(3):
        x = np.cos(x)
        net.log.append(Step(i, x * i))
    return np.sum(x**2)


def read_after(x, net):
    net.stats = {"mean": np.mean(x), "rows": [x, 2 * x]}
    return np.sum((x - net.stats["mean"]) ** 2 * net.stats["rows"][1])


def of_unknown_length(x, net):
    large = []
    for v in x:
        if v > 0.35:
            large.append(v**2)
    net.log.append(large)
    large = [*large, x[0]]
    net.log.append({"large": large, "count": len(large)})
    return sum(large)


def logged_and_then_read(x, net):
    path = [x]
    for _ in range(3):
        path.append(np.sin(path[-1]))
    net.acts = path
    return sum(np.sum(p**2) for p in path)


def of_a_tree(x, net):
    def visit(v, depth):
        net.log.append([depth, v])
        return v if depth == 0 else visit(v * 0.5, depth - 1) + visit(v * v, depth - 1)

    return np.sum(visit(x, 2))


def of_lists_in_a_list(x, net):
    pairs = [[v, v * v] for v in x]
    net.log.extend(pairs)
    return pairs[0][1] * pairs[1][0]


def with_what_is_there(x, net):
    net.stats["again"] = {"log": net.log, "x": [x]}
    return np.sum(x**2)


def in_an_arm(x, net):
    found = {"x": x}
    if x[0] > 0:
        net.log.append(found)
    return np.sum(found["x"] ** 2)


def changed_where_it_was_left(x, net):
    net.acts = acts = [x]
    net.stats = {"n": 0}
    for i in range(3):
        x = np.tanh(x)
        net.acts.append(x)
        net.stats["n"] = i
    acts.extend([np.sum(x), 2.0])
    net.stats["rows"] = []
    net.stats["rows"].append(x[0])
    return np.sum(x) * net.stats["n"] * net.stats["rows"][0]


def changed_in_arms_and_trips(x, net):
    for i in range(2):
        net.acts = []
        for v in x:
            if v > 0.35:
                net.acts.append(v**2)
            else:
                net.acts.append(v * i)
    return sum(net.acts) * len(net.acts)


def put_there_if_it_is_missing(x, net):
    for name, v in (("a", x[0]), ("b", x[1]), ("a", x[2])):
        net.stats.setdefault(name, []).append(v)
    return np.sum(x**2) * net.stats.setdefault("scale", 2.0)


def put_there_by_a_helper(x, net):
    def note(name, v):
        if name not in net.stats:
            net.stats[name] = []
        net.stats[name].append(v)

    note("loss", np.sum(x))
    note("largest", np.max(x))
    note("loss", 2 * np.sum(x))
    return np.sum(x**2)


def taken_out_where_it_was_left(x, net):
    net.acts = [x[0], x[1], x[2]]
    net.acts.insert(1, x[0] * x[1])
    del net.acts[0]
    net.acts.reverse()
    return np.sum(x) * net.acts.pop() + net.acts[0]


LEFT = (
    taken_out_where_it_was_left,
    changed_where_it_was_left,
    changed_in_arms_and_trips,
    put_there_if_it_is_missing,
    put_there_by_a_helper,
    rows,
    instances,
    read_after,
    of_unknown_length,
    logged_and_then_read,
    of_a_tree,
    of_lists_in_a_list,
    with_what_is_there,
    in_an_arm,
)


@pytest.mark.parametrize("f", LEFT, ids=lambda f: f.__name__)
def test_it_is_left_there(f: Callable[..., Any]) -> None:
    ours, theirs = Net(), Net()
    derivative = value_and_grad(f)
    for _ in range(2):
        before = copy.deepcopy(theirs)
        value, gradient = derivative(X, ours)
        assert value == pytest.approx(f(X, theirs), rel=1e-12)
        assert repr(vars(ours)) == repr(vars(theirs))
        expected = slopes(lambda x, before=before: f(x, copy.deepcopy(before)), X)
        np.testing.assert_allclose(gradient, expected, rtol=1e-6)


def test_what_was_there_is_the_same():
    net = Net()
    grad(with_what_is_there)(X, net)
    assert net.stats["again"]["log"] is net.log


def changed_after(x, net):
    row = [x[0]]
    net.log.append(row)
    row.append(x[1])
    return np.sum(row[1] * x)


def changed_in_the_next_trip(x, net):
    path = []
    for v in x:
        path.append(v)
        net.log.append(path)
    return np.sum(x)


def no_longer_there(x, net):
    net.acts = first = []
    net.acts = [1.0]
    first.append(x[0])
    return np.sum(x)


def changed_after_an_arm(x, net):
    row = [x[0]]
    if x[0] > 0:
        net.log.append(row)
    row.append(x[1])
    return np.sum(row[1] * x)


def under_another_name(x, net):
    row = [x[0]]
    net.log.append(row)
    other = row if x[1] > 0 else [x[2]]
    other.append(x[1])
    return np.sum(x)


def left_twice(x, net):
    row = [x[0]]
    net.log.append(row)
    net.stats = row
    return np.sum(x)


def twice_in_one(x, net):
    row = [x[0]]
    net.log.append([row, row])
    return np.sum(x)


CHANGED = (
    changed_after,
    changed_in_the_next_trip,
    no_longer_there,
    changed_after_an_arm,
    under_another_name,
    left_twice,
    twice_in_one,
)


@pytest.mark.parametrize("f", CHANGED, ids=lambda f: f.__name__)
def test_it_is_not_changed_any_more(f):
    net = Net()
    with pytest.raises(AliasingError) as caught:
        grad(f)(X, net)
    assert caught.value.loc is not None
    assert caught.value.hint
    assert vars(net) == vars(Net())


def test_it_is_not_returned():
    def f(x, net):
        net.stats = {"x": x}
        return np.sum(x), net.stats

    with pytest.raises(AliasingError, match="returns a container that it leaves"):
        grad(f, has_aux=True)(X, Net())


@pytest.mark.parametrize(
    "kept", [lambda x: (v for v in x), lambda x: map(float, x), lambda x: {1, 2}]
)
def test_refused(kept):
    def f(x, net):
        net.log.append(kept(x))
        return np.sum(x)

    with pytest.raises(UnsupportedSyntaxError, match="no number, array or container"):
        grad(f)(X, Net())


def test_the_text():
    source = grad(rows).lower(X, Net()).source
    assert 'log.append({"step": i, "loss": float(np.sum(x)), "parts": [x[0], (1, [x])]})' in source


def test_a_view_or_what_is_differentiated_is_not_left():
    def a_view(x, net):
        net.log.append({"x": x}.items())
        return np.sum(x)

    def an_argument(params, net):
        net.log.append(params)
        return np.sum(params["w"])

    for f, x in ((a_view, X), (an_argument, {"w": X})):
        net = Net()
        with pytest.raises(UnsupportedSyntaxError, match="a view, or a differentiated container"):
            grad(f)(x, net)
        assert net.log == []


# --- methods of containers, and what is called with them ------------------------------------------


def a_method(x, log):
    items = [x[0], 2.0]
    log.append(items.append)
    items[0] = items[0] * 2.0
    return items[0]


def in_a_tuple(x, log):
    items = [x[0], 2.0]
    log.append((1, items.append))
    items[0] = items[0] * 2.0
    return items[0]


def of_a_dict(x, log):
    items = {"a": x[0]}
    log.append(items.get)
    items["a"] = items["a"] * 2.0
    return items["a"]


def by_partial(x, log):
    items = [x[0], 2.0]
    log.append(functools.partial(sum, items))
    items[0] = items[0] * 2.0
    return items[0]


def by_keyword(x, log):
    items = [x[0], 2.0]
    log.append(functools.partial(sorted, key=items.index))
    items[0] = items[0] * 2.0
    return items[0]


def twice(x, log):
    items = [x[0], 2.0]
    log.append(items.append)
    log.append(items)
    return items[0]


def in_an_arm(x, log):
    items = [x[0], 2.0]
    if x[0] > 0.0:
        log.append(items.append)
    items.append(x[0])
    return items[2]


@pytest.mark.parametrize(
    "f", [a_method, in_a_tuple, of_a_dict, by_partial, by_keyword, twice, in_an_arm]
)
def test_containers_whose_methods_are_left_are_not_changed_nor_left_elsewhere(f):
    with pytest.raises(AliasingError, match="left in an object from outside"):
        grad(f)(X, [])


def test_methods_of_containers_may_be_left():
    def f(x, log, items):
        mine = [x[0], 2.0]
        log.append(mine.append)
        log.append(functools.partial(sum, [*mine, x[1]]))
        log.append(items.append)
        return mine[0] * mine[1]

    log, items = [], [1.0]
    assert np.array_equal(grad(f)(X, log, items), [2.0, 0.0, 0.0])
    assert log[0].__self__ == [X[0], 2.0]
    assert log[1]() == X[0] + 2.0 + X[1]
    assert log[2].__self__ is items


def test_methods_of_differentiated_containers_are_not_left():
    def f(x, log):
        log.append(x.index)
        return x[0] * 2.0

    with pytest.raises(UnsupportedSyntaxError, match="differentiated container"):
        grad(f)([1.0, 2.0], [])
