"""Lists and dicts in differentiated arguments that the function changes: a gradient leaves them."""

from __future__ import annotations

import bisect
import copy
import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

from srcgrad import AliasingError, SrcgradError, grad, value_and_grad, vjp
from tests.hard_cases.checking import Case, Table, leaves

case = Table()

U = np.array([0.3, 0.7, -0.2])
V = np.array([1.1, 0.4, 0.9])


class Pair(NamedTuple):
    first: Any
    second: Any


@dataclass
class Dense:
    w: Any
    b: Any

    def __call__(self, x):
        return np.tanh(self.w * x + self.b)


# --- lists ----------------------------------------------------------------------------------------


@case([1.3, 0.7])
def items_assigned(items):
    items[0] = items[0] * items[1]
    items[1] += items[0]
    return items[0] * items[1]


@case([1.3, 0.7, 0.4])
def exchanged(items):
    items[0], items[1] = items[1], items[0]
    items[-1], items[0] = items[0] * 2, items[-1]
    return items[0] ** 2 * items[1] + items[2]


@case([3.0, 1.0, 2.0])
def every_method(items):
    items.append(items[0] * 2)
    items.extend([items[1], 5.0])
    items.insert(1, items[2] ** 2)
    first = items.pop(0)
    last = items.pop()
    items.remove(items[1])
    items.reverse()
    items.sort()
    items += [first]
    items *= 2
    items[1:3] = [items[0] * items[1]]
    del items[0]
    items[:] = items[::-1]
    note = items.append
    note(last * first)
    list.append(items, 2 * first)
    return sum((i + 1) * v**2 for i, v in enumerate(items))


@case([0.4, 0.9, 0.7])
def in_a_loop(items):
    for i in range(len(items)):
        items[i] = items[i] * items[i - 1]
    return items[0] + items[1] * items[2]


@case([0.1 * i + 0.5 for i in range(12)])
def in_a_loop_of_many_trips(items):
    for i in range(1, len(items)):
        items[i] = items[i] * items[i - 1]
    return items[-1] + items[3]


@case([1.3, 0.7, 0.9], 4)
@case([1.3, 0.7, 0.9], 0)
def made_longer(items, n):
    for _ in range(n):
        items.append(items[-1] * items[0])
    return sum(items)


@case([1.3, 0.7, 0.9], U, wrt=(0, 1))
def as_data_tell(items, x):
    for v in x:
        if v > 0:
            items.append(v * items[0])
        else:
            items[0] = items[0] * v
    return sum(items) * items[-1]


@case([1.3, 0.7, 0.9], np.array([2, 0, 1, 0]))
def where_data_tell(items, places):
    for k in places:
        items[k] = items[k] * items[0]
    return sum(items)


@case([1.3, 0.7], 0.5, wrt=(0, 1))
def in_a_helper(items, s):
    def change(xs):
        xs[0] = xs[0] * s
        xs.append(s * s)

    change(items)
    change(items)
    return items[0] * items[-1] * len(items)


def shrunk(items, n):
    if n == 0:
        return items[0]
    items[0] = items[0] * items[1]
    return shrunk(items, n - 1)


@case([1.2, 0.8], 3)
def by_recursion(items, n):
    return shrunk(items, n) * items[0]


@case([1.2, 0.8, 2.0])
def emptied(items):
    total = 0.0
    while items:
        total = total * 2 + items.pop() ** 2
    return total


@case([1.0, 2.0, 3.0])
def pushed(heap):
    heapq.heappush(heap, heap[0] * 0.5)
    return heapq.heappop(heap) * heap[0]


@case([3.0, 1.0, 2.0])
def made_a_heap(items):
    heapq.heapify(items)
    return items[0] * 2 + items[1] ** 2


@case([1.0, 2.0, 3.0])
def put_in_order(items):
    bisect.insort(items, items[0] * 1.5)
    return items[1] * items[2] ** 2


@case([1.0, 2.0])
def under_another_name(items):
    other, kept = items, items[:]
    other[0] = items[1] * 3
    return items[0] * kept[0] * (other is items) * (kept is not items)


@case([1.0, 2.0, 3.0], 0.7, wrt=(0, 1))
@case([1.0, 2.0, 3.0], 0.3, wrt=(0, 1))
def its_own_in_an_arm(items, s):
    other = list(items) if s > 0.5 else items
    other[0] *= s
    return other[0] * other[1] * items[0]


@case([1.0, 2.0, 3.0], [0.2, 0.3, 0.4], 0.7, wrt=(0, 1, 2))
def one_of_two(a, b, s):
    c = a if s > a[0] else b
    c[0] = c[1] * s
    c.append(s)
    return sum(a) * sum(b) * c[0]


@case([1.0, 2.0, 3.0], wrt=0)
def read_late(items):
    squares = (v * v for v in items)
    items[1] = items[0] * 5
    return sum(squares)


# --- dicts ----------------------------------------------------------------------------------------


@case({"a": 1.3, "b": 0.4})
@case({"a": U, "b": V})
def entries_assigned(d):
    d["a"] *= 2
    d["new"] = d["a"] * d["b"]
    del d["b"]
    return np.sum(d["a"] * d["new"])


@case({"a": 1.3, "b": 0.4})
def every_method_of_a_dict(d):
    d.update(a=d["b"] * 2)
    d |= {"c": d["a"]}
    d.setdefault("z", d["a"] * d["c"])
    put = d.setdefault
    put("a", 100.0)
    dict.update(d, y=d.pop("b"))
    key, last = d.popitem()
    return d["a"] * d["c"] * d["z"] * last * len(key)


@case({"a": U, "b": V})
def in_a_loop_over_keys(d):
    for k in d:
        d[k] = d[k] * 2
    for k, v in list(d.items()):
        d[k + k] = v * d["b"]
        d.pop(k)
    return np.sum(d["aa"] ** 2 * d["bb"]) * len(d)


@case({"a": 1.3, "b": 0.4})
def seen_by_a_view(d):
    rows = d.items()
    d["a"] = d["b"] ** 2
    return sum(v for _, v in rows)


# --- in each other --------------------------------------------------------------------------------


@case([[1.0, 2.0], [3.0, 4.0]])
def determinant(rows):
    n, det = len(rows), 1.0
    for k in range(n):
        pivot = max(range(k, n), key=lambda i: abs(rows[i][k]))
        if pivot != k:
            rows[k], rows[pivot] = rows[pivot], rows[k]
            det = -det
        for i in range(k + 1, n):
            rows[i][k] /= rows[k][k]
            for j in range(k + 1, n):
                rows[i][j] -= rows[i][k] * rows[k][j]
        det *= rows[k][k]
    return det


@case([{"x": 0.5, "v": 1.0}, {"x": 0.6, "v": 1.5}, {"x": 0.9, "v": 0.2}])
def sorted_by_data(particles):
    for _ in range(4):
        for p in particles:
            p["x"] += 0.1 * p["v"]
        particles.sort(key=lambda p: -p["x"])
        particles[0]["v"] *= 0.5
    return sum(p["x"] ** 2 for p in particles)


@case([{"w": U, "b": 0.1}, {"w": V, "b": 0.2}], 3)
def descent(layers, n):
    for _ in range(n):
        for layer in layers:
            layer["w"] -= 0.1 * layer["w"] ** 2
            layer["b"] = layer["b"] * 0.9
    x = 1.0
    for layer in layers:
        x = np.tanh(layer["w"] * x + layer["b"])
    return np.sum(x)


@case({"pos": U, "vel": V, "t": 0.0, "path": []}, 4)
def a_simulation(state, n):
    def step(s, dt):
        s["vel"] -= dt * np.sin(s["pos"])
        s["pos"] = s["pos"] + dt * s["vel"]
        s["t"] += dt
        s["path"].append(s["pos"])
        return s

    for _ in range(n):
        state = step(state, 0.1)
    return np.sum(np.stack(state["path"]) ** 2) * state["t"]


@case(([1.0, 2.0], {"x": [U]}))
@case(Pair([1.0, 2.0], {"x": [U]}))
def in_tuples(pair):
    xs, d = pair
    d["x"].append(d["x"][0] * xs[0])
    xs.clear()
    d["x"][0] *= 3.0
    return np.sum(d["x"][0] * d["x"][1])


@case([U, V])
def arrays_moved_and_written(items):
    items[0][1] = items[1][0]
    items[1] = items[0]
    items[1][0] *= 2
    return np.sum(items[0] * items[1])


@case([Dense(1.2, 0.1), Dense(0.7, 0.3)])
def objects_moved(layers):
    layers.reverse()
    layers.append(Dense(layers[0].w * 2, layers[1].b))
    layers[-1].w *= 3
    x = 0.5
    for layer in layers:
        x = layer(x)
    return x


@case({"a": [1.0, 2.0]})
def copied_then_changed(d):
    d["a"][0] = d["a"][1] ** 2
    other = copy.deepcopy(d)
    other["a"][0] *= 2
    d["b"] = other
    return d["a"][0] * d["b"]["a"][0]


@case([1.0, 2.0], [3.0, 4.0], wrt=(0, 1))
@case([1.0, 2.0], [3.0, 4.0], wrt=(1, 0))
def two_arguments(a, b):
    a[0], b[0] = b[0] * 2, a[0]
    a.extend(b)
    b.extend(a)
    return sum(a) * sum(b) * b[3]


def parts_of(tree: Any) -> list[Any]:
    if not isinstance(tree, list | dict | tuple):
        return [tree]
    inside = tree.values() if isinstance(tree, dict) else tree
    return [tree, *(part for each in inside for part in parts_of(each))]


@pytest.mark.parametrize("case", case.cases)
def test_gradient(case: Case) -> None:
    before = parts_of(list(case.args))[1:]
    case.run()
    after = parts_of(list(case.args))[1:]
    assert len(before) == len(after) and all(map(lambda a, b: a is b, before, after))
    if all(np.asarray(leaf).dtype.kind == "f" for leaf in leaves(case.args)):
        gradient = value_and_grad(case.f, tuple(range(len(case.args))))(*case.args)[1]
        value, pullback = vjp(case.f, *case.args)
        for _ in range(2):
            for a, b in zip(leaves(pullback(value * 0 + 2.0)), leaves(gradient), strict=True):
                np.testing.assert_allclose(a, 2 * np.asarray(b), rtol=1e-9)
        assert all(map(lambda a, b: a is b, before, parts_of(list(case.args))[1:]))


def test_the_function_alone_changes_them():
    items, d = [1.3, 0.7], {"a": U.copy(), "b": V.copy()}
    grad(items_assigned)(items)
    grad(entries_assigned)(d)
    items_assigned(items)
    entries_assigned(d)
    assert items == [1.3 * 0.7, 0.7 + 1.3 * 0.7]
    assert list(d) == ["a", "new"]
    np.testing.assert_array_equal(d["a"], 2 * U)


def test_what_is_given_back_is_the_functions_own():
    def f(items):
        items.append(items[0] * items[1])
        return items[2] * items[0], {"items": items}

    items = [1.5, 2.0]
    gradient, aux = grad(f, has_aux=True)(items)
    assert gradient == [2 * 1.5 * 2.0, 1.5**2]
    assert aux["items"] == [1.5, 2.0, 3.0] and aux["items"] is not items and items == [1.5, 2.0]


def test_a_pullback_has_the_structure_that_was_given():
    def f(params):
        params["b"] = params["a"] * 2
        return params

    params = {"a": U.copy()}
    value, pullback = vjp(f, params)
    assert list(value) == ["a", "b"] and list(params) == ["a"]
    (bar,) = pullback({"a": V, "b": U})
    assert list(bar) == ["a"]
    np.testing.assert_allclose(bar["a"], V + 2 * U)


def test_what_is_not_differentiated_is_changed_as_by_the_function():
    def f(items, log):
        items.append(items[0] ** 2)
        log.append(items[-1])
        return items[-1] * items[1]

    items, log = [1.5, 2.0], []
    assert grad(f)(items, log) == [2 * 1.5 * 2.0, 1.5**2]
    assert items == [1.5, 2.0] and log == [1.5**2]


def test_what_was_none():
    def f(d):
        if d["memo"] is None:
            d["memo"] = d["x"] ** 2
        return d["x"] * d["memo"]

    given = {"x": 2.0, "memo": None}
    assert grad(f)(given) == {"x": 12.0, "memo": None}
    assert given == {"x": 2.0, "memo": None}


def of_two(a, b):
    a[0] = a[1] * 3
    return a[0] * b[0]


def of_a_list(rows):
    return of_two(*rows)


GLOBAL = [1.0, 2.0]


def beside_a_global(a):
    return of_two(a, GLOBAL)


SAME: list[tuple[Callable[..., Any], Any, str]] = [
    (of_two, lambda a: (a, a), "'a' and 'b' are one list"),
    (of_a_list, lambda a: ([a, a],), r"'rows\[0\]' and 'rows\[1\]' are one list"),
    (beside_a_global, lambda a: (GLOBAL,), "'a' and 'GLOBAL' are one list"),
]


@pytest.mark.parametrize(("f", "given", "message"), SAME)
def test_one_list_under_two_names_is_refused(f, given, message):
    """Also where it is another one in the call that is compiled."""
    derivative = grad(f)
    with pytest.raises(AliasingError, match=message):
        derivative(*given([1.0, 2.0]))
    other = [3.0, 4.0]
    args = given([1.0, 2.0])
    args = (args[0], other) if len(args) == 2 else args
    args = ([args[0][0], other],) if f is of_a_list else args
    args = (other,) if f is beside_a_global else args
    derivative(*args)
    with pytest.raises(AliasingError, match=message) as caught:
        derivative(*given(other))
    assert caught.value.loc.text[0].strip() == "a[0] = a[1] * 3"
    assert other == [3.0, 4.0] and GLOBAL == [1.0, 2.0]


def by_data(rows, order):
    for k in order:
        rows[k][0] *= rows[0][1]
    return rows[0][0] * rows[1][0]


def test_one_list_twice_is_refused_where_data_choose():
    derivative = grad(by_data)
    row = [1.0, 2.0]
    order = np.array([1, 0, 1])
    assert derivative([[1.0, 2.0], [3.0, 4.0]], order) == [[24.0, 36.0], [8.0, 0.0]]
    with pytest.raises(AliasingError):
        derivative([row, row], order)
    assert row == [1.0, 2.0]


def test_one_dict_twice_that_is_only_read():
    def f(p):
        p["s"] *= 2
        return p["s"] * p["layers"][0]["w"] * p["layers"][1]["w"]

    tied = {"w": 2.0}
    found = grad(f)({"s": 1.0, "layers": [tied, tied]})
    assert found == {"s": 8.0, "layers": [{"w": 4.0}, {"w": 4.0}]}


def shuffled(items):
    random.Random(3).shuffle(items)
    return items[0] ** 2 + items[1]


KEPT: list[Any] = []


def kept(items):
    items[0] *= 2
    KEPT.append(items)
    return items[0]


@pytest.mark.parametrize("f", [shuffled, kept])
def test_refused(f):
    items = [1.0, 2.0, 3.0]
    with pytest.raises(SrcgradError):
        grad(f)(items)
    assert items == [1.0, 2.0, 3.0] and KEPT == []
