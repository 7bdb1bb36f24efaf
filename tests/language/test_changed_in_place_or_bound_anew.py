"""Operators of containers: which class the result is of, and whether another name sees it."""

import copy
from collections import Counter, OrderedDict, defaultdict, deque

import numpy as np
import pytest

from tests.slopes import check_at

POINTS = np.array([0.8, -0.3, 0.55, 1.4]), np.array([-0.8, 1.3, 0.25, 0.4])


def digest(c):
    """Tells the order and the class of a container, too."""
    if isinstance(c, set | frozenset):
        return sum(k * 1.3 + 0.1 * i for i, k in enumerate(sorted(c))) + 5 * isinstance(c, set)
    s = len(c) * 0.37 + 3 * isinstance(c, defaultdict) + 9 * isinstance(c, OrderedDict)
    values = c.values() if isinstance(c, dict) else c
    for i, v in enumerate(values):
        s += v * (i + 1.5)
    return s + 30 * isinstance(c, Counter)


def a_defaultdict_is_updated(x):
    d = defaultdict(float, {"a": x[0]})
    e = d
    d |= {"b": x[1]}
    d |= OrderedDict(c=x[2])
    d |= [("a", x[3])]
    return digest(e) + e["missing"] * x[0] + len(d) + (d is e)


def a_defaultdict_by_data_is_updated(x):
    d = defaultdict(float)
    e = d
    for v in x:
        d[int(v > 0.5)] += v * v
    d |= {7: x[1]}
    return e[0] * e[1] + e[7] ** 2 + e[9] + len(e)


def unions_of_two_classes(x):
    d, o = defaultdict(float, {"a": x[0], "b": x[1]}), OrderedDict(b=x[2], c=x[3])
    plain = {"c": 2.0 * x[1], "a": x[2]}
    s = digest(d | o) + 2 * digest(o | d) + 3 * digest(d | plain) + 4 * digest(plain | d)
    return s + (d | plain)["missing"]


def unions_with_counters(x):
    d, o, counted = {"c": x[1], "a": x[2]}, OrderedDict(b=x[2]), Counter(a=2, z=1)
    s = digest(d | o) + 2 * digest(counted | d) + 3 * digest(d | counted) * x[0]
    return s + 4 * digest(counted | o) + 5 * digest(counted | defaultdict(float, q=x[3]))


def frozensets_and_keys(x):
    known, keys = frozenset({1, 2, 5}), {2: 1, 3: 1}.keys()
    found = frozenset([1, int(x[0] > 0), 2])
    s = digest(known & keys) + 2 * digest(known - keys) + 3 * digest(keys | known)
    s += digest(found & keys) + 2 * digest(found - keys) + 3 * digest(known.union(keys))
    more = known
    more |= keys
    return (s + digest(more) + digest(known)) * x[0]


def copies_of_frozensets(x):
    known, found = frozenset({1, 2}), frozenset([1, int(x[0] > 0)])
    again = copy.copy(found), found.copy(), frozenset(found)
    return x[0] * sum(each is found for each in again) + x[1] * (copy.copy(known) is known)


def asked_for_several_classes(x):
    d, found = {int(x[0] > 0): x[1]}, [v for v in x if v > 0]
    s = x[0] if isinstance(d, set | frozenset | None) else x[1]
    t = x[2] if isinstance(d, list | dict) else x[3]
    return s * t * (2 if isinstance(found, tuple | list) else 3)


def a_deque_and_itself(x):
    d, short = deque(x), deque([x[0], x[1]], maxlen=3)
    e = d
    d += d
    short.extend(short)
    short.extendleft(short)
    return digest(e) + 2 * digest(short)


def equal_dicts_by_data(x):
    d = {int(x[0] > 0): [x[0], 1.0], 2: [x[1], 2.0]}
    e = {2: [x[1], 2.0], int(x[0] > 0): [x[0], 1.0]}
    before = d == e
    d[2].append(x[3])
    after = d == e
    e[2].append(x[3])
    return x[0] * before + x[1] * after + x[2] * (d == e) + (d != {}) * x[3] ** 2


def equal_defaultdicts(x):
    d = defaultdict(float, {"a": x[0]})
    return x[1] * (d == {"a": x[0]}) + x[2] * ({"a": x[0], "b": 0.0} != d) + len(d)


PROGRAMS = [
    a_defaultdict_is_updated,
    a_defaultdict_by_data_is_updated,
    unions_of_two_classes,
    unions_with_counters,
    frozensets_and_keys,
    copies_of_frozensets,
    asked_for_several_classes,
    a_deque_and_itself,
    equal_dicts_by_data,
    equal_defaultdicts,
]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_at(f, *POINTS)


OTHERS = {
    "list": lambda x: [x[1], x[2]],
    "tuple": lambda x: (x[1], x[2]),
    "numbers": lambda x: range(2),
    "of_pairs": lambda x: [("a", x[2]), ("c", x[1])],
    "dict": lambda x: {"b": x[2], "c": x[1]},
    "set": lambda x: {2, 3},
    "keys": lambda x: {2: x[0], 7: x[1]}.keys(),
    "two": lambda x: 2,
}
MADE = {
    "list": lambda x: [x[0], x[1]],
    "found": lambda x: [v for v in x if v > 0],
    "tuple": lambda x: (x[0], x[1]),
    "dict": lambda x: {"a": x[0], "b": x[1]},
    "set": lambda x: {1, 2, 5},
    "frozenset": lambda x: frozenset({1, 2, 5}),
    "deque": lambda x: deque([x[0], x[1]], maxlen=3),
    "ordered": lambda x: OrderedDict(a=x[0], b=x[1]),
}


def added(a, b):
    a += b
    return a


def repeated(a, b):
    a *= b
    return a


def united(a, b):
    a |= b
    return a


def runs(operate, made, other):
    if other == "keys" and made in ("list", "found", "tuple", "deque"):
        return False  # the keys make a set of any two: refused
    try:
        digest(operate(MADE[made](POINTS[0]), OTHERS[other](POINTS[0])))
    except TypeError:
        return False
    return True


CASES = [
    (operate, made, other)
    for operate in (added, repeated, united)
    for made in MADE
    for other in OTHERS
    if runs(operate, made, other)
]


@pytest.mark.parametrize(("operate", "made", "other"), CASES)
def test_another_name_sees_what_python_shows(operate, made, other):
    make, more = MADE[made], OTHERS[other]

    def f(x):
        a = make(x)
        b = a
        a = operate(a, more(x))
        return digest(a) + 10 * digest(b) + 100 * (a is b) + x[0]

    check_at(f, POINTS[0])
