"""Lists, dicts and sets that the function makes and changes."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import AliasingError, SrcgradError, UnknownTypeError, grad
from tests.hard_cases.checking import Case
from tests.language.cases import Table, matrix, vector

case = Table()


@case(1.3, 0.4, wrt=(0, 1))
def every_change_of_a_list(x, y):
    a = [x]
    a.append(x * y)
    a.extend([y, y * y])
    a.insert(1, x + y)
    a.insert(-1, 2.0)
    first = a.pop(0)
    last = a.pop()
    a.reverse()
    a += (x, y)
    a *= 2
    a[0] = a[0] * first
    a[-1] *= last
    a[1:3] = [x * 3, y * 5, 1.0]
    a[::4] = [x, y, a[0], y * y]
    a.insert(0, x)
    b = a + [x] * 2
    b[0] += 1
    assert len(b) == 16 and a[0] is not b[0] and a.index(x) == 0
    b.remove(b[0])
    names = ["a", "b"]
    names.remove("a")
    assert names == ["b"]
    assert [1, 2, 1].count(1) == 2 and [3, 4].index(4) == 1
    del_count = len(b)
    c = b[1:4]
    c[0] = 7.0
    d = b.copy()
    d.clear()
    total = 0.0
    for i, v in enumerate(b):
        total += (i + 1) * v**2
    return total + sum(c) * del_count + len(d)


@case(1.3, 0.4, wrt=(0, 1))
def names_of_one_list(x, y):
    a = [x, y]
    b = a
    pair = (a, [a, a])
    b.append(x * y)
    pair[1][0][0] = y**2
    pair[1].append(a)
    c = [*a]
    c[1] = 100.0

    def change(items, factor):
        items[1] *= factor
        items = items + [factor]
        items[0] = 1e3
        return items

    d = change(a, x)
    shared = [[0.0]] * 3
    shared[1][0] = x
    own = [[0.0], [0.0]]
    own[1][0] = own[0][0] + y
    return (
        a[0] + 2 * b[1] + 3 * pair[1][2][2] + c[1] * d[3] + shared[2][0] * shared[0][0] + own[1][0]
    )


@case(1.3, 0.4, wrt=(0, 1))
def every_change_of_a_dict(x, y):
    d = {"x": x}
    d["y"] = y
    d["x"] *= 2
    d.update({"xy": x * y}, z=3.0)
    d.update([("w", d["z"] * y)])
    d |= {"v": x / y}
    e = d | {"x": 1.0} | dict(u=x)
    e["x"] += d.pop("v")
    missing = d.pop("v", 0.25)
    default = d.setdefault("new", x**3) + d.setdefault("x", 1e3)
    got = d.get("none", y) + d.get("y") + (1.0 if d.get("none") is None else 2.0)
    key, value = e.popitem()
    total = 0.0
    for k, v in d.items():
        total = total + len(k) * v**2
        d[k] = v * 2
    for i, v in enumerate(e.values()):
        total = total + (i + 1) * v
    for k in e:
        total += e[k] if k in d else 2 * e[k]
    nested = {"a": {"b": [x, y]}, (1, 2): y}
    nested["a"]["b"][1] += x
    nested["a"]["c"] = nested["a"]["b"]
    nested["a"]["c"].append(y)
    copy = dict(nested["a"])
    copy["b"] = [0.0]
    return (
        total
        + missing * default
        + got * value
        + d["x"] * len(key)
        + nested[1, 2]
        + nested["a"]["b"][2] * nested["a"]["b"][1] * len(nested["a"]) * (len(d.keys()) - 1)
    )


@case(1.3, 0.41, wrt=(0, 1))
def swapped_in_a_loop(x, y):
    a, b = [x], [y]
    kept = (a, b)
    for _ in range(int(10 * y)):
        a[0] = a[0] * b[0]
        a, b = b, a
    return kept[0][0]


@case(vector(3))
def sets_of_keys(x):
    seen = set()
    total = 0.0
    for key in ("a", "b", "a", "c", "b"):
        if key in seen:
            continue_ = 0.0
        else:
            seen.add(key)
            continue_ = x[len(seen) - 1]
        total = total + continue_
    seen |= {"d"}
    seen.discard("a")
    if seen == {"b", "c", "d"} and seen & {"b"} == {"b"} and len(seen - {"b"}) == 2:
        total = total * x[0]
    return total * len(seen | {"z"})


@case(vector(6))
def filled_by_loops(x):
    out = []
    for i in range(3):
        out.append(x[i] * i)
        out[-1] += x[i + 3]
    grid = [[0.0] * 2, [0.0] * 2]
    for i in range(2):
        for j in range(2):
            grid[i][j] = x[i] * x[j + 1]
            if i:
                grid[i][j] += grid[i - 1][j]
    table = {}
    for i, key in enumerate(["a", "b"]):
        table[key] = [out[i]]
        for k in range(i + 1):
            table[key].append(grid[i][k] ** 2)
    return sum(out) * grid[1][1] + table["b"][2] * len(table["a"]) + sum(table["b"])


@case(vector(3))
@case(-vector(3))
def changed_in_branches(x):
    a = [x, x * 2]
    d = {"k": 1.0}
    if x[0] > 0:
        a[0] = np.sin(a[0])
        d["k"] = x[1]
    else:
        a[1] *= x
        d["k"] += x[2]
        a[0], a[1] = a[1], a[0]
    if x[1] > 100:
        b = [x[0], [1.0]]
    else:
        b = [x[1], [x[2]]]
    b[0] *= 3
    b[1].append(x[0])
    return np.sum(a[0] * a[1]) * d["k"] + b[0] * b[1][0] + b[1][1]


@case(vector(3), 5)
def changed_in_loops_that_stay(x, n):
    state = [x, 0.0]
    total = {"loss": 0.0, "count": 0}
    alias = state
    for t in range(n):
        state[0] = np.tanh(state[0] * 1.1) + x * t
        total["loss"] += np.sum(alias[0] ** 2)
        total["count"] += 1
        pair = [x * t, state[1]]
        pair[1] = pair[1] + 0.5 * np.sum(pair[0])
        state[1] = pair[1]
    while total["count"] > 2:
        total["count"] -= 1
        alias[0] = alias[0] * x
    return total["loss"] + state[1] * np.sum(state[0])


@case(vector(3), 4)
def made_anew_in_a_loop(x, n):
    state = [x, {"v": x * 0.0}]
    for _ in range(n):
        position, speed = state[0], state[1]["v"]
        speed = speed - 0.1 * position
        state = [position + 0.1 * speed, {"v": speed}]
    return np.sum(state[0] * state[1]["v"])


@case(matrix(2, 3), vector(3), wrt=(0, 1))
def lists_to_arrays(w, x):
    rows = []
    rows.append(w[0] * x)
    rows.append(w[1] + x)
    rows[0] = rows[0] * 2
    joined = np.concatenate([np.stack(rows), np.array(rows)])
    scalars = [x[0]]
    scalars.append(x[1] * x[2])
    parts = np.split(x, 3)
    parts[0] = parts[0] * parts[1]
    parts.append(x[:1])
    return np.sum(joined**2) + np.sum(np.array(scalars) ** 3) + np.sum(np.concatenate(parts))


@case([vector(2), 1.5], {"w": vector(2, 1)}, wrt=(0, 1))
def copies_of_arguments(items, params):
    items = list(items)
    items.append(items[1] * 2)
    items[1] = 3.0
    params = dict(params)
    params["w"] = params["w"] * 2
    more = {**params, "b": items[2]}
    more["b"] *= 2
    return np.sum(items[0] * params["w"]) * items[1] * more["b"]


@case(1.3, 0.4, wrt=(0, 1))
@case(0.3, 0.4, wrt=(0, 1))
def another_length(x, y):
    a = [x]
    if x > y:
        a.append(y)
    return sum(a)


@case(vector(3), 4)
def lengths_from_an_argument(x, n):
    items = []
    for i in range(n):
        items.append(x * i)
        for j in range(i):
            items[-1] = items[-1] + items[j]
    items.append(x)
    return np.sum(np.stack(items) ** 2)


@case(1.3, 0.4, wrt=(0, 1))
def stack_machine(x, y):
    stack = []
    for op in ("x", "y", "+", "x", "*", "y", "y", "*", "-"):
        if op == "x":
            stack.append(x)
        elif op == "y":
            stack.append(y)
        else:
            b, a = stack.pop(), stack.pop()
            if op == "+":
                stack.append(a + b)
            elif op == "*":
                stack.append(a * b)
            else:
                stack.append(a - b)
    assert len(stack) == 1
    return stack[0]


@case(1.3, 0.4, wrt=(0, 1))
def sorting(x, y):
    names = {"b": x, "a": y, "c": x * y}
    total = 0.0
    for i, name in enumerate(sorted(names)):
        total += i * names[name]
    for i, (_, value) in enumerate(sorted(names.items(), reverse=True)):
        total += i * value**2
    items = [(2, x), (1, y), (3, 1.0)]
    items.sort(key=lambda item: item[0])
    return total + items[0][1] * items[1][1] ** 2


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()


@case(1.3, 0.4, wrt=(0, 1))
def other_keys(x, y):
    d = {"a": x}
    if x > y:
        d = {"b": y}
    return sum(d.values()) ** 2


# --- what is refused -----------------------------------------------------------------------------


def other_ranks(x, y):
    d = {"a": x}
    if x > y:
        d["b"] = np.array([y])
    return np.sum(d["a"])


def contains_itself(x, y):
    a = [x]
    a.append(a)
    return np.sum(np.array(a))


def missing_key(x, y):
    d = {"a": x}
    d["b"] += y
    return d["a"]


def keys_change(x, y):
    d = {"a": x}
    for _ in range(int(10 * y)):
        d = {"b": x}
    return x * len(d)


REFUSED = {
    other_ranks: (UnknownTypeError, "has the key 'b' or not here", "if x > y:"),
    contains_itself: (AliasingError, "contains itself", None),
    missing_key: (SrcgradError, "no key 'b'", 'd["b"] += y'),
    keys_change: (UnknownTypeError, "changes its structure", "for _ in range(int(10 * y)):"),
}


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_refused(f):
    kind, message, line = REFUSED[f]
    with pytest.raises(kind, match=message) as caught:
        grad(f)(1.3, 0.4)
    if line is not None:
        assert caught.value.loc.text[0] == line


def test_an_argument_is_not_changed():
    def loss(params):
        params["w"] = params["w"] * 2
        return np.sum(params["w"])

    params = {"w": np.ones(2)}
    np.testing.assert_array_equal(grad(loss)(params)["w"], 2.0)
    np.testing.assert_array_equal(params["w"], 1.0)


def written_after_it_was_put_there(x, n):
    items = []
    u = x.copy()
    for _ in range(n):
        u[0] = u[0] * u[1]
        items.append(u)
    return sum([np.sum(v * v) for v in items])


def written_as_an_element(x, n):
    items = [x[i] * x for i in range(n)]
    for v in items:
        v *= 2.0
    return sum([np.sum(v * v) for v in items])


@pytest.mark.parametrize("f", [written_after_it_was_put_there, written_as_an_element])
def test_elements_of_a_growing_list_are_written(f):
    Case(f, (vector(3), 3)).run()


@pytest.mark.parametrize("n", [0, 1, 4])
def test_copies_of_arrays_that_are_written(n):
    def loss(x):
        items = [x]
        for i in range(n):
            row = np.zeros(3)
            row[0] = x[i % 3] ** 2
            row[1:] += x[:2] * i
            items.append(row.copy())
        return sum([np.sum(v * v * x) for v in items])

    x = vector(3)
    steps = np.eye(3) * 1e-6
    wanted = [(loss(x + step) - loss(x - step)) / 2e-6 for step in steps]
    np.testing.assert_allclose(grad(loss)(x), wanted, rtol=1e-7)
