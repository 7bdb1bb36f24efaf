"""Keys that only running the program tells: taken out of a dict that is known, and sorted where
they are tuples or texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from srcgrad.testing import check_grads

LABELS = np.array([1, 2, 1, 0, 2, 5])
X = np.array([0.3, -1.2, 0.8, 1.6, 2.1, -0.4])
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def one_key_deleted(labels, x):
    d = {0: x[0], 1: x[1], 2: x[2] * x[0]}
    del d[int(labels[0])]
    return sum(d.values()) ** 2


@program
def deleted_where_they_are_there(labels, x):
    d, total = {0: x[0], 1: x[1], 5: x[2]}, 0.0
    for label in labels:
        if int(label) in d:
            del d[int(label)]
        total += sum(d.values()) ** 2
    return total


def sums_of_pairs(labels, x):
    d = {}
    for i in range(len(x)):
        key = int(labels[i]), i % 2
        d[key] = d.get(key, 0.0) + x[i]
    return d


@program
def sorted_pairs(labels, x):
    d, total = sums_of_pairs(labels, x), 0.0
    for i, key in enumerate(sorted(d)):
        total += i * d[key] ** 2 * (key[0] + 1)
    return total


@program
def sorted_items_of_pairs(labels, x):
    total = 0.0
    for i, (key, v) in enumerate(sorted(sums_of_pairs(labels, x).items(), reverse=True)):
        total += i * v**2 * (key[1] + 1)
    return total


@program
def sorted_texts(labels, x):
    d, total = {}, 0.0
    for label, v in zip(labels, x, strict=True):
        key = "low" if label < 2 else "high"
        d[key] = d.get(key, 0.0) + v
    for i, key in enumerate(sorted(d)):
        total += (i + 1) * d[key] ** 3
    return total


@program
def a_list_of_pairs_in_order(labels, x):
    pairs, total = [], 0.0
    for i in range(len(x)):
        pairs.append((x[i] * labels[i], i))
    pairs.sort()
    for i, (v, j) in enumerate(pairs):
        total += i * v * x[j]
    for i, (v, j) in enumerate(sorted(pairs, key=lambda pair: (pair[1] % 2, -pair[0]))):
        total += i * v**2 * x[j]
    return total


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    for labels, x in ((LABELS, X), (np.array([2, 5, 5, 0]), X[:4] * 0.9)):
        check_grads(lambda x, labels=labels: f(labels, x), (x,))
        value, _ = value_and_grad(f, argnums=1)(labels, x)
        assert value == f(labels, x)


def a_key_that_is_not_there(labels, x):
    d = {10: x[0], 11: x[1]}
    del d[int(labels[0])]
    return sum(d.values())


def a_dict_without_keys(labels, x):
    d, total = {}, 0.0
    for label, v in zip(labels, x, strict=True):
        total += d[label] * v
        d[label] = v
    return total


def taken_out_of_a_dict_without_keys(labels, x):
    d = {}
    for label, v in zip(labels, x, strict=True):
        if v > 0.2:
            d.pop(int(label))
        d[int(label)] = v
    return sum(d.values())


@pytest.mark.parametrize(
    "f", [a_key_that_is_not_there, a_dict_without_keys, taken_out_of_a_dict_without_keys]
)
def test_what_python_raises(f):
    with pytest.raises(KeyError) as wanted:
        f(LABELS, X)
    with pytest.raises(KeyError) as caught:
        grad(f, argnums=1)(LABELS, X)
    assert caught.value.args == wanted.value.args


def handled(labels, x):
    d, total = {}, 0.0
    for label, v in zip(labels, x, strict=True):
        try:
            total += d[label + 1] * v
        except KeyError:
            total += v * v
        d[label] = v
    return total


def test_of_which_an_error_is_handled():
    check_grads(lambda x: handled(LABELS, x), (X,))
