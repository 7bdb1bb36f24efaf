"""Indices of every kind, array-like operands, mixed ranks and broadcasting, zero-size arrays."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad.ir.indices import slice_dim
from srcgrad.ir.types import Known, Length, Size, Symbol
from tests.hard_cases.checking import Case, Table, matrix, vector

program = Table()
V, M = vector(6), matrix(4, 5)
T = np.random.default_rng(3).uniform(0.4, 1.6, size=(2, 3, 4))
IDX = np.array([0, 2, 0, -1])
ROWS = np.array([[0, 1], [1, 1]])

VECTORS = [
    lambda x: x[-1] * x[0] * x[np.int64(2)],
    lambda x: np.sum(x[::-1] * x) + np.sum(x[::2] ** 2) + np.sum(x[-1:0:-2] ** 2),
    lambda x: np.sum(x[1:] * x[:-1]) + np.sum(x[10:] ** 2) + np.sum(x[-100:2] ** 2),
    lambda x: np.sum(x[5:1] ** 2) + np.sum(x[:0]) + np.sum(x[None, :, None] ** 2),
    lambda x: np.sum(x[[0, 0, 3]] ** 2 * [1, 2, 3]) if False else np.sum(x[[0, 0, 3]] ** 3),
    lambda x: np.sum(x[IDX] * np.arange(4)) ** 2 + np.sum(x[IDX][IDX] ** 2),
    lambda x: np.sum(x[ROWS] ** 2 * ROWS) + np.sum(x[ROWS][0] ** 2),
    lambda x: np.sum(x[x > 1] ** 2) + np.sum(x[~(x > 1)]) ** 2,
    lambda x: np.sum(x[np.array([True, False] * 3)] ** 2) + np.sum(x[(x > 0.7) & (x < 1)] ** 2),
    lambda x: np.sum(x[...] ** 2) + x[..., 0] * x[()][1] + np.sum(x[...][1:]),
    lambda x: np.sum(x[np.argsort(x)] * np.arange(6)) ** 2,
    lambda x: x[np.argmax(x)] ** 2 * x[x.argmin()],
    lambda x: np.sum(x[np.nonzero(x > 1)] ** 2) + np.sum(x[np.where(x > 1)[0]] ** 3),
    lambda x: np.sum(x[slice(1, 4)] ** 2) + np.sum(x[slice(None, None, -1)] * x),
    lambda x: np.sum(x[1:4][1:][0] ** 2) + np.sum(x[::2][::-1][1:] ** 2),
    lambda x: np.sum(x[np.arange(3)] ** 2) + np.sum(x[range(3)] ** 2),
    lambda x: np.sum(x[[]] ** 2) + np.sum(x),
    lambda x: x[0] if x[1] > 5 else x[2] * x[2],
    lambda x: np.sum(x[True] ** 2) + np.sum(x),
    lambda x: np.sum(x[len(x) // 2 :] ** 2) + np.sum(x[: int(len(x) / 3)] ** 2),
    lambda x: np.sum(x[x.shape[0] - 2] * x[-x.shape[0]]),
    lambda x: np.sum(x[np.newaxis] * x[:, np.newaxis] * x[0]),
    lambda x: np.sum(x[IDX[1]] * x[IDX[-1]]),
    lambda x: np.sum(x[np.array(2)] ** 2) + np.sum(x[np.array([2])] ** 2),
    lambda x: np.sum(x[np.array([[0], [1]]), None] ** 2),
    lambda x: np.sum(np.exp([x[0], x[1] * x[0]])),
    lambda x: np.dot([x[0], x[1]], [x[2], 3.0]) + np.max([x[0], x[1] * 2]) + np.min([x[3], x[4]]),
    lambda x: np.sum(np.maximum([x[0], x[1] * 2], 0.9)) + np.prod([x[0], x[1] * 2]),
    lambda x: np.sum(np.where(x[:2] > 1, [x[0], x[1] * 2], x[1:3])),
    lambda x: np.sum(np.reshape([x[0], x[1] * 2], (2, 1)) ** 2) + np.var([x[2], x[3]]),
    lambda x: np.sum(np.outer([x[0], x[1] * 2], [1.0, x[2]]) ** 2),
    lambda x: np.sum(x * [1.0, 2, 3, 4, 5, 6]) ** 2 + np.sum((1, 2, 3, 4, 5, 6) * x),
    lambda x: np.sum([x[:2], x[2:4] ** 2]) + np.sum(np.mean([x[:2], x[2:4] ** 2], axis=0) ** 2),
    lambda x: np.sum(np.concatenate([[x[0]], x[1:3], [x[4] ** 2, 2.0]]) ** 2),
    lambda x: np.sum(np.stack([[x[0], 1.0], [x[1], x[2]]]) ** 2),
    lambda x: np.sum((x[:2] > [x[2], 0.5]) * x[:2]) + np.sum(x[:2] @ [x[3], x[4]]),
    lambda x: np.sum(np.einsum("i,i->i", [x[0], x[1]], x[2:4]) ** 2),
    lambda x: np.mean((x[0], x[1] ** 2, 1.0)) ** 2 + np.std((x[0], x[1] ** 2, 1.0)),
]
for f in VECTORS:
    program.add(f, V)

MATRICES = [
    lambda x: np.sum(x[1] ** 2) + np.sum(x[:, 1] ** 3) + x[-1, -1] ** 2 + x[1][2] ** 2,
    lambda x: np.sum(x[x > 1] ** 2) + np.sum(x[x > 100]) + np.sum(x[np.tril(x) > 0] ** 2),
    lambda x: np.sum(x[[0, 1, 0], [1, 1, 1]] ** 2) + np.sum(x[[0, 1]][:, [1, 1]] ** 2),
    lambda x: np.sum(x[np.ix_([0, 2, 0], [1, 3])] ** 2),
    lambda x: np.sum(x[np.ix_(np.array([True, False, True, True]), [1, 3])] ** 2),
    lambda x: np.sum(x[np.arange(4), np.array([0, 2, 1, 0])] ** 2),
    lambda x: np.sum(x[np.arange(4)[:, None], [0, 0, 2]] ** 2 * np.arange(3)),
    lambda x: np.sum(x[:, IDX] ** 2 * np.arange(4)) + np.sum(x[IDX, :] ** 2) + np.sum(x[IDX, 1:3]),
    lambda x: np.sum(x[IDX, 2] ** 2) + np.sum(x[1, IDX] ** 2) + np.sum(x[..., IDX] ** 2),
    lambda x: np.sum(x[x[:, 0] > 0.9] ** 2) + np.sum(x[:, x[0] > 1] ** 2),
    lambda x: np.sum(x[x[:, 0] > 0.9, 1] ** 2) + np.sum(x[x[:, 0] > 0.9, 1:3] ** 2),
    lambda x: np.sum(x[np.triu_indices(4)] ** 2) + np.sum(x[np.diag_indices(4)] ** 2),
    lambda x: np.sum(x[np.nonzero(x > 1)] ** 2) + np.sum(x[np.where(x > 1)]),
    lambda x: np.sum(x[np.unravel_index(np.argmax(x), x.shape)] ** 2),
    lambda x: np.sum(x[:, None] * x[None]) + np.sum(x[..., None, :] ** 2 * x[:, :1, None]),
    lambda x: np.sum(x[::-1, ::2] ** 2) + np.sum(x[1:3, -2:] * x[:2, :2]) + np.sum(x[2:, 3]),
    lambda x: np.sum(x[(1, 2)] * x[(slice(None), 0)]) + np.sum(x[[1, 2]] ** 2),
    lambda x: np.sum(x.T[1] ** 2) + np.sum(x.T[1:, 0] ** 2) + np.sum(x.reshape(-1)[3:7] ** 2),
    lambda x: np.sum(x * x[0] * x[:, :1]) + np.sum(x / x[:1, :1]) + np.sum(x - x[0, 0]),
    lambda x: np.sum(x[:, :1] * x[:1]) + np.sum(x[:1, :1] * np.ones((3, 2, 4, 5))),
    lambda x: np.sum(np.maximum(x, x[:, :1])) + np.sum(np.where(x > 1, x[0], x[:, :1]) ** 2),
    lambda x: np.sum(np.hypot(x[:, :1], x[0, 0]) * np.arctan2(x[0], x[:, :1])),
    lambda x: np.sum((x[0] ** x[:, :1]) * x[0, 0] ** x) + np.sum(x[0, 0] ** x[0]),
    lambda x: np.sum(x[0] @ x.T) * np.sum(x @ x[0]) * (x[0] @ x[1]) + np.sum(x[:, :1] @ x[:1]),
    lambda x: np.sum(x.mean(0) * x.mean(1)[:, None] * x.mean()),
    lambda x: np.sum((x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5) * np.arange(5)),
    lambda x: np.sum(np.exp(x - x.max(axis=1, keepdims=True)) / x.sum(1)[:, None]),
]
for f in MATRICES:
    program.add(f, M)

CUBES = [
    lambda x: np.sum(x[0, :, [1, 2]] ** 2 * np.arange(3)) + np.sum(x[[0, 1], :, [1, 2]] ** 2),
    lambda x: np.sum(x[:, [0, 1], [1, 2]] ** 2) + np.sum(x[[0, 1], [1, 1]] ** 2 * np.arange(4)),
    lambda x: np.sum(x[:, [[0], [2]], [1, 3]] ** 2 * np.arange(2)),
    lambda x: np.sum(x[[1, 0], ..., [0, 1]] ** 2 * np.arange(3)) + np.sum(x[..., 0, None] ** 2),
    lambda x: np.sum(x[x[..., 0] > 0.9] ** 2) + np.sum(x[1, x[0] > 1] ** 2),
    lambda x: np.sum(x[:, x[0] > 1] ** 2) + np.sum(x[:, :, x[0, 0] > 1] ** 2),
    lambda x: np.sum(x[0][1][2] * x[0, 1][2] * x[0][1, 2]) + np.sum(x[:, -1, ::-1] * x[:, 0]),
    lambda x: np.sum(x[np.ix_([0, 1, 1], [1], [3, 3])] ** 2),
    lambda x: np.sum(x[None, 0, None, ..., None, 1] ** 2) + np.sum(x[0, None, [1, 2]] ** 2),
    lambda x: np.sum(x[:, None, [0, 1], 0] ** 2 * np.arange(2)),
]
for f in CUBES:
    program.add(f, T)


def same_everywhere(x, y):
    return (
        np.sum(x * y)
        + np.sum(x + y) * np.sum(np.maximum(x, 0.5 * y) - y / (x + 2))
        + np.sum(np.where(x > y, x, y) ** 2)
    )


SHAPES = [(), (1,), (3,), (1, 3), (2, 1), (2, 3), (1, 1), (1, 1, 1), (0,), (2, 0), (4, 1, 3)]
for i, a in enumerate(SHAPES):
    for j, b in enumerate(SHAPES):
        try:
            np.broadcast_shapes(a, b)
        except ValueError:
            continue
        x = np.random.default_rng(i).uniform(0.4, 1.6, size=a)
        y = np.random.default_rng(j + 20).uniform(0.4, 1.6, size=b)
        program.add(same_everywhere, x, y, wrt=(0, 1))

SCALARS = [
    (1.5, 0.7),
    (np.float64(1.5), 0.7),
    (1.5, np.float64(0.7)),
    (np.array(1.5), 0.7),
    (np.array(1.5), np.float64(0.7)),
    (2, 0.7),
    (np.float32(1.5), 0.7),
    (0.7, np.float32(1.5)),
    (np.float32(1.5), np.float64(0.7)),
    (np.array(1.5, "f4"), 0.7),
    (np.array(1.5, "f4"), V),
    (V, np.float32(0.7)),
    (V.astype("f4"), 0.7),
    (V.astype("f4"), np.float64(0.7)),
    (0.7, V),
    (V.astype("f4"), vector(6, 9)),
    (V.astype("f4"), np.array(0.7)),
    (2, V),
    (V, 2),
    (V.astype("f4"), 2),
    (M.astype("f4"), matrix(1, 5, 7)[0]),
    (np.asfortranarray(M), M[:, ::-1] * 1.1),
    (M[::2], matrix(1, 1, 8)),
]


def mixed(x, y):
    z = x * y + np.sin(x) / (y + 2.0)
    return np.sum(z * z - x**2 + y**1.5 * 3)


for pair in SCALARS:
    program.add(mixed, *pair, wrt=(0, 1))
    program.add(mixed, *pair, wrt=1)
    program.add(same_everywhere, *pair, wrt=(0, 1))


def plain(x, y):
    z = x * y + (x + 1) / y - abs(x) ** 3 + x**y + 2**x
    if z > 3:
        z = z * x
    return z * (x if x > y else y) - x // 0.37 * y + x % 0.37


for pair in SCALARS[:10]:
    program.add(plain, *pair, wrt=(0, 1))


@program(V)
@program(V.astype("f4"))
def masks_are_not_differentiated(x):
    m = x > 1
    n = m.sum()
    k = (x * 3).astype(np.int64)
    return np.sum(x * m) * n + np.sum(k * x) + np.mean(m) * np.sum(x * (1 - m)) + np.sum(m) * x[0]


@program(V.astype("f4"))
@program(V)
def through_other_dtypes(x):
    y = x.astype(np.float64)
    z = np.float32(2.0) * x + np.float64(2) * np.sum(y * y)
    return np.sum(z * np.arange(6)) + np.sum(x * np.ones(6, dtype="f4")) + np.float64(x[0])


@program(V, V.astype("f4"), wrt=(0, 1))
def concatenated_dtypes(x, y):
    return np.sum(np.concatenate([x, y]) ** 2) + np.sum(np.stack([y, x]) ** 3) + np.sum(x @ y)


@program(np.array(True), V, wrt=1)
@program(True, V, wrt=1)
@program(np.bool_(False), V, wrt=1)
def flags(flag, x):
    y = x * 2 if flag else x * x
    return np.sum(y * flag + y)


for bad in (np.arange(3), np.array([True]), np.array([1.0, None]), "a", None, True, np.int64(3)):
    program.add(lambda x: np.sum(x * 2.0), bad, refused=True)


# No derivative yet: refused, or right.
LATER_V = [
    lambda x: np.sum(np.linalg.norm([x[0], x[1]])),
]
for f in LATER_V:
    program.add(f, V, may_refuse=True)

# No derivative yet: refused, or right.
LATER_M = [
    lambda x: np.sum(x[np.unravel_index(3, (4, 5))] ** 2) + x.flat[3],
]
for f in LATER_M:
    program.add(f, M, may_refuse=True)


@pytest.mark.parametrize("case", program.cases)
def test_gradient(case: Case) -> None:
    case.run()


@pytest.mark.parametrize("first", [0, 1, 2])
@pytest.mark.parametrize("less", [1, 2, 3, 4, 5])
def test_the_length_of_a_slice_up_to_a_length_less_something(first, less):
    """What is claimed holds for every length: ``x[: n - 3]`` counts from the end if n is 2."""
    symbol = Symbol()
    stop = Size(Length(symbol, -less))
    claimed = slice_dim(Length(symbol), Known(first), stop, Known(None))
    true = [len(range(n)[first : n - less]) for n in range(12)]
    if claimed is None:
        assert true != [max(n - less - first, 0) for n in range(12)]
    else:
        assert claimed == Length(symbol, -less - first)
        assert true == [max(n + claimed.offset, 0) for n in range(12)]
