"""Lists of unknown length of tuples of arrays, which the program writes where it takes them out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from srcgrad.errors import AliasingError
from srcgrad.testing import check_grads

X = np.arange(4.0) / 3 - 0.7
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def rows_in_pairs(x):
    A = np.outer(x, x)
    B = A * 2
    pairs = [(A[i], B[i]) for i in range(len(x))]
    for p, q in pairs:
        p += q
        q *= p
    return np.sum(A**2 * B)


@program
def a_list_of_a_zip(x):
    A = np.outer(x, x)
    B = A * 2
    for p, q in list(zip(A, B, strict=True)):
        p += q
    for p, q in list(zip(A, B, strict=True))[1:]:
        q[1:] = p[:-1] * q[0]
    return np.sum(A**2 * B)


@program
def neighbours(x):
    A = np.outer(x, x)
    pairs = []
    for i in range(len(x) - 1):
        pairs.append((A[i], A[i + 1]))
    for p, q in pairs:
        p += q
        q[:] = p * q
    return np.sum(A**2 * A.T)


@program
def arrays_of_their_own(x):
    pairs = [(x * v, np.sin(x) * v) for v in x]
    for p, q in pairs:
        p += q
        q[:] = p * q
    return sum(np.sum(p * q) for p, q in pairs)


@program
def tuples_in_tuples(x):
    A = np.outer(x, x)
    rows = [((A[i], x * i), A[:, i]) for i in range(len(x))]
    k = 0
    while k < len(rows):
        (p, q), r = rows[k]
        if p[0] > q[0]:
            p += q
        else:
            r[:] = p * q
        k += 1
    return np.sum(A**2 * A.T)


@program
def the_pair_before(x):
    A = np.outer(x, x)
    pairs = [(A[i], A[i + 1]) for i in range(3)]
    last = pairs[0]
    for pair in pairs:
        last[0][:] = pair[1] * last[1]
        last = pair
    return np.sum(A**2 * A.T)


@program
def pairs_that_data_choose(x):
    A = np.outer(x, x)
    pairs = [(A[i], A[i + 1]) for i in range(3) if x[i] < 0.1]
    last = pairs[0] if x[0] > 3 else pairs[1]
    last[0][1:] *= last[1][0]
    pairs = [*pairs, (x * 2, x * x)]
    pairs[-1][0][1] = pairs[0][1][2]
    pairs[int(np.argmin(x))][1][0] *= 3
    return sum(np.sum(p * q) for p, q in pairs)


@program
def every_change_of_the_list(x):
    A = np.outer(x, x)
    pairs = [(A[i], A[:, i]) for i in range(len(x))]
    pairs.append(pairs[0])
    pairs.extend([(x * 2, A[i]) for i in range(len(x))])
    pairs[1] = (x * 3, A[0])
    pairs[int(np.argmin(x))] = pairs[2]
    pairs += pairs[:2]
    pairs.reverse()
    for p, q in pairs[1::2]:
        p += q
    p, q = pairs.pop()
    q *= p
    del pairs[0]
    pairs[0][0][:] *= pairs[1][1]
    return np.sum(A**2) + pairs[0][0][2]


@program
def read_as_a_whole(x):
    A = np.outer(x, x)
    B = A * 2
    pairs = [(A[i], B[i]) for i in range(len(x))]
    for p, q in pairs:
        p += q
    total = 0.0
    for pair in pairs:
        total += np.sum(np.concatenate(pair) ** 3) + np.sum(sum(pair) ** 2)
    return total + np.sum(np.array(pairs) ** 2) + np.sum(np.stack(pairs[2]))


@program
def indices_beside_arrays(x):
    A = np.outer(x, x)
    rows = [(i, A[i]) for i in range(len(x))]
    for i, p in rows:
        p *= i
    for k, (i, p) in enumerate(rows):
        p += x * k * i
    for i, p in list(enumerate(A)):
        p *= i + 1
    named = [("up" if x[i] > 0 else "down", A[i], None) for i in range(len(x))]
    for name, p, _ in named:
        if name == "up":
            p *= 3
    return np.sum(A**2)


@program
def parameters_and_velocities(x):
    W, b = np.outer(x, x), np.outer(x * 2, np.ones(3))
    params = list(zip(W, b, strict=True))
    velocities = [(np.zeros_like(w), np.zeros_like(c)) for w, c in params]
    for (w, c), (vw, vc) in zip(params, velocities, strict=True):
        vw *= 0.9
        vw += w * 2
        vc += c
        w -= 0.1 * vw
        c -= 0.2 * vc
    return np.sum(W**2) + sum(np.sum(c**2) for _, c in params)


@program
def arrays_that_change_places(x):
    u, v = x * 1.0, x * 2
    steps = []
    for i in range(len(x)):
        steps.append((u, v))
        u, v = v, u * x[i]
    for a, b in steps:
        a += b
    return np.sum(u**2 * v)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_grads(f, (X,))
    assert value_and_grad(f)(X)[0] == f(X.copy())


def test_numbers_that_are_differentiated_beside_arrays():
    def f(x):
        A = np.outer(x, x)
        for v, p in list(zip(x, A, strict=True)):
            p *= v
        return np.sum(A**2)

    with pytest.raises(AliasingError, match="is put into a list here") as caught:
        grad(f)(X)
    assert "lists of their own" in caught.value.hint
