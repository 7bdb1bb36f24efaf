"""Short programs that mix what the other tables try one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from srcgrad import grad
from tests.hard_cases.checking import Case, Table

program = Table()
X = np.array([3.0, 1.0, 2.0])
W = np.arange(1.0, 4.0)

EXPRESSIONS = [
    lambda x: np.sum(x * np.array([1, 2, 3])) * np.sum(np.array([True, False, True]) * x),
    lambda x: (
        np.sum(x / np.array([1, 2, 3]))
        + np.sum(np.array([1, 2, 3]) / x)
        + np.sum(np.array([1, 2, 3]) ** x)
    ),
    lambda x: (
        np.sum(x ** np.array([1, 2, 3])) + np.sum((-x) ** np.array([1, 2, 3])) + np.sum((-x) ** 2)
    ),
    lambda x: (
        np.sum((x - 3) ** 2) + np.sum((x - 1) ** 3) + np.sum((x - 2) ** 1) + np.sum((x - 2) ** 0)
    ),
    lambda x: np.sum(np.power(x - 3, 2.0)) + (x[0] - 3) ** 2.0 + (x[1] - 1) ** 3,
    lambda x: np.var(x) * 3 + np.std(x[:2]) + np.var(x[:1]),
    lambda x: (
        np.sum(np.sign(x) * x)
        + np.sum(np.floor(x + 0.3) * x)
        + np.sum(np.trunc(x + 0.3))
        + math.ceil(x[0] + 0.3) * x[0]
    ),
    lambda x: np.where(x[0] > 0, x[0] * x[1], np.nan) * 2,
    lambda x: np.where(x > 0, x, np.inf).min() * 2,
    lambda x: np.min(np.maximum(x, 1.5)) * np.max(np.minimum(x, 2.5)) + np.max(-x),
    lambda x: -np.max(x) + abs(-np.min(x)) - np.mean(-x),
    lambda x: x.max() - x.min() + (x - x.max()).sum() + (x / x.sum()).max(),
    lambda x: (
        np.sum(np.log(1 + np.exp(x))) + np.sum(np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0))
    ),
    lambda x: np.prod(np.sin(x)) + np.cumprod(x)[-1] + np.cumsum(x[::-1])[1] ** 2,
    lambda x: ((x[:, None] - x[None]) ** 2).sum() + np.abs(x[:, None] - 2 * x).max(),
    lambda x: (
        np.triu(np.outer(x, x), 1).sum()
        + np.tril(np.outer(x, x)).sum()
        + np.diag(np.outer(x, x)).sum()
        + np.trace(np.outer(x, x))
    ),
    lambda x: np.trace(x[:, None] @ x[None]) * np.outer(x, x)[0, 1] * np.inner(x, x),
    lambda x: x[0].real * x[1].conjugate(),
    lambda x: np.sum(getattr(np, "sin")(x)),
    lambda x: np.sum(np.asanyarray(x) ** 2) + np.sum(np.atleast_1d(x) ** 3),
    lambda x: any(x > 1) * x[0] + all(x > 0) * x[1],
    lambda x: divmod(x[0], 2)[1] * x[1],
    lambda x: x[0] // 1 * x[1] + x[0] % 1,
    lambda x: (x[0] > 1) * x[0] + (x[0] > 1) + (x[1] < 0) * 1.0,
    lambda x: (x[0] ** 2) ** 0.5 + x[0] ** x[1] + 2 ** -x[0],
    lambda x: np.spacing(x) @ W,
]
for f in EXPRESSIONS:
    program.add(f, X)


@program(X)
def program_0(x):
    w = W.copy()
    y = x * w
    w += 1
    return np.sum(y * y)


@program(X)
def program_1(x):
    w = W.copy()
    y = x * w
    v = w
    v *= 3
    return np.sum(y * y)


@program(X)
def program_2(x):
    print(x.shape, "a", end="") if x[0] > 99 else None
    return x[0] * 2


@program(X)
def program_3(x):
    y = x * 2 if x[0] > 0 else None
    return np.sum(y * y)


@program(X)
def program_4(x):
    y = None
    y = x if y is None else y
    return np.sum(y * y)


@program(X)
def program_5(x):
    t = (x[0], x[1]) if x[0] > 0 else (x[1], x[2])
    return t[0] * t[1] ** 2


@program(X)
def program_6(x):
    t = (x, 1) if x[0] > 0 else (x[:1], 2.0)
    return np.sum(t[0]) * t[1]


@program(X)
def program_7(x):
    t = {"a": x} if x[0] > 0 else {"a": x * 2}
    return np.sum(t["a"])


@program(X)
def program_8(x):
    t = [x] * 2 + [x * 2]
    return np.sum(t[0] * t[1] * t[2]) + len(t)


@program(X)
def program_9(x):
    t = (x,) + (x * 2,)
    return np.sum(t[-1] * t[0])


@program(X)
def program_10(x):
    t = [x[0], x[1]][::-1]
    return t[0] * 2 + t[1]


@program(X)
def program_11(x):
    t = (x[0],) * 3
    a, b, c = t
    return a * b * c


@program(X)
def program_12(x):
    n = len(x)
    k = n // 2
    return np.sum(x[k:] * x[: n - k]) + x[k] ** n


@program(X)
def program_13(x):
    n = x.shape[0]
    y = np.zeros(n) + x
    return np.sum(y.reshape(n, 1) @ y.reshape(1, -1))


@program(X)
def program_14(x):
    y = np.zeros(x.shape) + np.ones((3,)) * x + np.full(3, x[0])
    return np.sum(y * y)


@program(X)
def program_15(x):
    y = x
    y = y if y[0] > 9 else y.T
    return np.sum(y * x)


@program(X)
def program_16(x):
    y = (x * 2).astype(x.dtype)
    z = y.copy()
    y = y + 1
    return np.sum(z * y)


@program(X)
def program_17(x):
    y = np.where(x > 1.5)
    return np.sum(x[y] ** 2)


@program(X)
def program_18(x):
    z = x - np.max(x)
    e = np.exp(z)
    return -np.log(e[1] / np.sum(e))


@program(X)
def program_19(x):
    z = x - np.max(x)
    return np.log(np.sum(np.exp(z))) - z[1]


@program(X)
def program_20(x):
    p = 1 / (1 + np.exp(-x))
    return -np.sum(np.log(p)) + np.sum(p * (1 - p))


@program(X, may_refuse=True)
def program_21(x):
    y = x * 1
    np.sum(y[None], 0, None, y)
    return np.sum(y * W)


@program(X)
def program_22(x):
    a, b, c = x
    return a * b * c


@program(X)
def program_23(x):
    (a, b), c = x[:2], x[2]
    return a * b * c


@pytest.mark.parametrize("case", program.cases)
def test_gradient(case: Case) -> None:
    case.run()


def test_a_contraction_of_a_stack_with_one_row():
    """How many rows the stack has is not known: one or more."""

    def f(x, n):
        rows = []
        for k in range(n):
            x = x * 1.1
            rows.append(x)
        H = np.stack(rows)
        return np.einsum("ij,ij->", H, W[None]) + np.einsum("ij,j->", H, W) * np.einsum("ij->", H)

    W = np.arange(1.0, 5.0)
    x, v = np.array([0.4, -0.3, 1.2, 0.8]), np.array([0.2, 0.5, -0.4, 0.1])
    df = grad(f)
    for n in (1, 3, 5):
        slope = (f(x + 1e-6 * v, n) - f(x - 1e-6 * v, n)) / 2e-6
        np.testing.assert_allclose(df(x, n) @ v, slope, rtol=1e-6)


def test_contractions_of_what_is_written():
    def f(x):
        z = np.zeros(6)
        for i in range(3):
            z[2 * i : 2 * i + 2] = x[:2] * i * x[2]
        z *= 2
        rows = np.einsum("ij,ij->i", z.reshape(3, 2), x[None, :2])
        return np.einsum("i,i", z[:2], z[2:4]) + rows[1] + np.einsum("i->", z) ** 2

    x, v = np.array([0.4, -0.3, 1.2]), np.array([0.2, 0.5, -0.4])
    slope = (f(x + 1e-6 * v) - f(x - 1e-6 * v)) / 2e-6
    np.testing.assert_allclose(grad(f)(x) @ v, slope, rtol=1e-6)
