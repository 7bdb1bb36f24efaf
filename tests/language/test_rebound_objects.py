"""Names that lead to one object or another, depending on data, and are bound to others."""

import numpy as np
import pytest

from tests.slopes import check_slope


def check_slopes(f):
    for values in ([1.3, 0.4, 1.7], [0.4, 1.7, 0.3], [0.05, 1.7, 1.3], [1.8, 0.2, 0.9]):
        check_slope(f, np.array(values))


def two_rows(x):
    before, now = [0.0] * 4, [0.0] * 4
    for i in range(len(x)):
        now[0] = x[i]
        for j in range(1, 4):
            now[j] = before[j - 1] * x[i] + now[j - 1]
        before, now = now, before
    return sum(before) + 10 * sum(now)


def swapped(x):
    a, b = [x[0], x[-1]], [2.0, 1.0]
    for v in x:
        a, b = b, a
        a[0] = a[0] * b[1] + v
    return a[0] + 2 * b[0]


def a_new_list_in_a_branch(x):
    segments, current = [], []
    for v in x:
        if v > 1.0:
            segments.append(sum(current) ** 2)
            current = []
        current.append(v)
    return sum(segments) + sum(current) ** 2


def a_new_list_in_each_trip(x):
    items = [0.5]
    for i in range(3):
        items[0] += x[i % len(x)]
        items = items + [items[0] ** 2]
    return sum(items)


def best_two(x):
    best = [0.0, 0.0]
    for v in x:
        if v > best[0]:
            best = [v, best[0]]
        elif v > best[1]:
            best[1] = v
    return best[0] * 3 + best[1] ** 2


def one_of_two(x):
    a, b = [x[0]], [x[-1], 1.0]
    c = a if x[0] > 1.0 else b
    c.append(2.0 * x[0])
    return sum(v**2 for v in c)


def a_dict_in_a_branch(x):
    state = {"s": x[0], "n": 1.0}
    for v in x:
        if v > 1.0:
            state = {"s": v, "n": 0.0}
        state["s"] *= v
        state["n"] += v
    return state["s"] * state["n"]


def in_a_helper(x):
    def chosen(v, items):
        found = [v]
        if v > 1.0:
            found = [2.0 * v, v]
        found.append(items[0])
        return found

    items = [1.0]
    for v in x:
        items = chosen(v, items)
        items[0] *= 1.5
    return sum(items)


@pytest.mark.parametrize("count", range(1, 5))
@pytest.mark.parametrize(
    "f",
    [
        *(two_rows, swapped, a_new_list_in_a_branch, a_new_list_in_each_trip, best_two),
        *(one_of_two, a_dict_in_a_branch, in_a_helper),
    ],
)
def test_gradient(f, count):
    check_slope(f, np.array([1.3, 0.4, 1.7, 0.9])[:count])


def another_name(x):
    current = [x[0]]
    kept = current
    if x[0] > 1.0:
        current = [x[1]]
    current.append(2.0)
    return sum(kept) * sum(current)


def another_name_in_a_later_trip(x):
    current, last = [x[0]], [1.0]
    for v in x:
        last.append(v)
        last = current
        if v > 1.0:
            current = [v]
    return sum(last)


def kept_in_a_list(x):
    rows = []
    for v in x:
        if v > 0.5:
            current = [v]
            rows.append(current)
        else:
            current = [2 * v]
        current.append(1.0)
    return sum(sum(row) for row in rows)


def kept_in_a_dict(x):
    keep = {"a": [1.0]}
    current = [2 * x[0]]
    if x[0] > 0.1:
        current = keep["a"]
    current.append(x[1])
    return sum(keep["a"]) ** 2


def attribute_of_an_outer_dict(x):
    a, b = [x[0]], [x[1]]
    d = {"l": b}
    for _ in range(int(3 * x[0])):
        d["l"] = a
    a.append(x[2])
    return sum(d["l"]) * sum(b)


def captured(x):
    current = [x[0]]

    def total():
        return sum(current)

    other = current
    if x[0] > 1.0:
        other = [x[1]]
    other.append(3.0 * x[1])
    return total() * sum(other)


def both_loops_names(x):
    a = b = [x[0]]
    for v in x:
        a[0] = a[0] * v
        a, b = b, a + [v]
    return sum(a) + sum(b)


def given_to_a_helper(x):
    def changed(items):
        if x[0] > 1.0:
            items = [x[1]]
        items.append(2.0)
        return items

    items = [x[0]]
    return sum(changed(items)) * sum(items)


def results_of_map(x):
    state = {"current": [0.0]}

    def latest(v):
        if v > 1.0:
            state["current"] = [v]
        return state["current"]

    found = list(map(latest, [x[0], x[1], x[2]]))
    state["current"].append(x[0])
    return sum(sum(items) for items in found)


@pytest.mark.parametrize(
    "f",
    [
        *(another_name, another_name_in_a_later_trip, kept_in_a_dict, captured),
        *(attribute_of_an_outer_dict, given_to_a_helper, results_of_map),
    ],
)
def test_other_names_lead_to_what_is_changed(f):
    check_slopes(f)


def test_what_a_growing_list_holds():
    check_slope(kept_in_a_list, np.array([1.3, 0.4, 1.7]))


@pytest.mark.parametrize("count", range(1, 5))
def test_both_names_are_known_where_the_loop_is_unrolled(count):
    check_slope(both_loops_names, np.array([1.3, 0.4, 1.7, 0.9])[:count])


def kept_inside_of_a_tuple(x):
    d, other = {"v": x[0]}, {"v": x[1]}
    if x[0] > 0.5:
        a, b = (d, 1.0), d
    else:
        a, b = (d, 2.0), other
    b["v"] = x[2] * 3
    return a[0]["v"] + b["v"] * a[1]


def kept_inside_of_a_list(x):
    items = [x[0], x[2]]
    e, z = ([items, x[2]], items) if x[0] > 0.2 else ([items, x[1]], [x[1]])
    z[0] = 11 * x[1]
    return e[0][0] * e[1] + z[0]


def kept_inside_of_a_dict_in_a_loop(x):
    items, n, z = [x[0], x[1]], 0, [1.0]
    while n < 3:
        if x[n] > 1.0:
            z, e = items, {"l": items, "v": x[n]}
        else:
            z, e = [x[n]], {"l": items, "v": x[n] * 2}
        z[0] = z[0] * 3
        items = [e["l"][0], e["v"]]
        n += 1
    return items[0] * items[1]


@pytest.mark.parametrize(
    "f", [kept_inside_of_a_tuple, kept_inside_of_a_list, kept_inside_of_a_dict_in_a_loop]
)
def test_what_is_kept_inside_of_others(f):
    check_slopes(f)
