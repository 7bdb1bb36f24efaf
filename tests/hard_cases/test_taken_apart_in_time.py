"""``*a`` and ``**d`` are taken apart before what comes after them is evaluated."""

import numpy as np
import pytest

from tests.slopes import check_slope


def in_a_list(x):
    a = [x[0], x[1]]

    def g():
        a[0] = x[2]
        return 1.0

    b = [*a, g()]
    return b[0] * b[2] + a[0] ** 2


def in_a_tuple_and_a_call(x):
    a = [x[0], x[1]]

    def g():
        a[0] = a[0] * x[2]
        return 2.0

    def h(p, q, r, s=1.0):
        return p * q**2 * r * s

    t = (*a, g(), *a)
    return t[0] * t[3] + h(*a, g()) + h(*a, 1.0, s=g())


def popped(x):
    a = [x[0], x[1]]
    b = [*a, a.pop()]
    return sum((k + 1) * v for k, v in enumerate(b)) + len(a)


def appended(x):
    a = [x[0]]
    b = [*a, a.append(x[2]), *a]
    return b[0] * b[3] + len(b)


def in_a_dict(x):
    a = {"a": x[0]}

    def g():
        a["a"] = x[2]
        return 1.0

    def h(a, q):
        return a**2 * q

    return {**a, "c": g()}["a"] + h(**a, q=g()) * {"z": g(), **a}["a"]


def an_array(x):
    a = x * 1.0

    def g():
        a[:] = x[::-1]
        return 1.0

    b = [*a, g()]
    return sum((i + 1) * v for i, v in enumerate(b))


@pytest.mark.parametrize(
    "f", [in_a_list, in_a_tuple_and_a_call, popped, appended, in_a_dict, an_array]
)
def test_gradient(f):
    check_slope(f, np.array([1.3, 0.4, 1.7]))
