"""Dicts in lists of unknown length that are changed: every name that leads to one sees it."""

import itertools

import numpy as np
import pytest

from tests.slopes import check_slope


def set_by_index(x):
    items = [{"a": v} for v in x]
    items[0]["a"] = 0.5 * x[-1]
    return items[0]["a"] + items[-1]["a"] ** 2


def set_by_iteration(x):
    items = []
    for v in x:
        items.append({"a": v})
    for item in items:
        item["a"] = item["a"] * 2
    return sum(item["a"] ** 2 for item in items)


def filled(x):
    items = [dict(a=0.0, b=1.0) for _ in range(len(x))]
    for i, item in enumerate(items):
        item["a"] = x[i]
    return sum(item["a"] * item["b"] for item in items)


def popped(x):
    items = [{"a": v} for v in x]
    kept = items[-1]
    last = items.pop()
    last["a"] *= 4
    return kept["a"] * x[0]


def in_slices_and_displays(x):
    items = [{"a": v} for v in x]
    items[:1][0]["a"] *= 4
    both = [*items]
    both[-1]["a"] += 1.0
    for p, q in itertools.pairwise(items):
        q["a"] += p["a"]
    return sum(item["a"] ** 2 for item in items)


def nested_and_by_a_helper(x):
    items = [{"a": {"b": v}} for v in x]

    def bump(item):
        item["a"]["b"] *= item["a"]["b"]

    for item in items:
        bump(item)
    return sum(item["a"]["b"] for item in items)


def every_method(x):
    items = [{"a": v} for v in x]
    for item in items:
        item["b"] = item["a"] ** 2
        item.update(a=3.0 * item["a"])
        item |= {"c": item["a"] * item["b"]}
    del items[0]["a"]
    items[-1].pop("b")
    return sum(item["c"] for item in items) * len(items[0])


def kept_in_a_dict(x):
    history = {"h": []}
    for v in x:
        history["h"].append({"v": v})
    for entry in history["h"]:
        entry["v"] += 1.0
    return sum(entry["v"] ** 2 for entry in history["h"])


def made_anew_in_each_trip(x):
    items = [{"p": v} for v in x]
    for _ in range(2):
        new = []
        for item in items:
            total = 0.0
            for other in items:
                total = total + other["p"]
            new.append({"p": item["p"] * 2 + total})
        items = new
    return sum(item["p"] for item in items)


@pytest.mark.parametrize("count", range(1, 5))
@pytest.mark.parametrize(
    "f",
    [
        *(set_by_index, set_by_iteration, filled, popped, in_slices_and_displays),
        *(nested_and_by_a_helper, every_method, kept_in_a_dict, made_anew_in_each_trip),
    ],
)
def test_gradient(f, count):
    check_slope(f, np.array([1.3, 0.4, 1.7, 0.9])[:count])


def how_many_depends_on_data(x):
    items = [{"a": v} for v in x[x > 0.0]]
    items[0]["a"] = 0.5
    return items[0]["a"] + items[1]["a"]


def one_dict_many_times(x):
    entry, items = {"a": 0.0}, []
    for v in x:
        entry["a"] = v * v
        items.append(entry)
    return sum(item["a"] for item in items)


def test_how_many_depends_on_data():
    check_slope(how_many_depends_on_data, np.array([1.3, 0.4, 1.7]))


@pytest.mark.parametrize("count", range(1, 5))
def test_one_dict_many_times(count):
    check_slope(one_dict_many_times, np.array([1.3, 0.4, 1.7, 0.9])[:count])
