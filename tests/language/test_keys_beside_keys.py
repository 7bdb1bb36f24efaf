"""What is asked of keys and values of dicts to which data add: sets of both, `all` and `any`."""

from __future__ import annotations

import numpy as np
import pytest

from tests.language.cases import Table

case = Table()
X = np.array([0.7, 1.3, 0.9, 1.1, 0.6, 1.7])


def filled(x):
    d = {}
    for i in range(len(x)):
        d[int(x[i] * 3)] = x[i] ** 2
    return d


@case(X)
@case(X + 2.0)
def common_keys(x):
    d, e = filled(x), {2: 1.0, 3: 2.0}
    s = x[0]
    for k in sorted(d.keys() & e.keys()):
        s += d[k] * e[k]
    return s


@case(X)
def of_both(x):
    d, e = filled(x), filled(x[:3])
    s = 0.0
    for k in sorted(d.keys() - e.keys()):
        s += d[k] * k
    for k in sorted(e.keys() | {0}):
        s += k * x[0]
    return s * len(d.keys() & {2, 3})


@case(X)
@case(X - 0.3)
def all_of_them(x):
    d = {}
    for i in range(len(x)):
        d[int(x[i] * 3)] = x[i] > 0.5
    return x[0] ** 2 if all(d.values()) else x[1]


@case(X - 1.0)
@case(X + 1.0)
def any_of_them(x):
    d = {}
    for i in range(len(x)):
        d[int(x[i] > 0)] = x[i] > 1.5
    return x[0] ** 2 * (1 + any(d)) if any(d.values()) else x[1] * (2 + all(d.keys()))


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()
