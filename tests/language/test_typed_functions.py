"""Functions of NumPy's without a derivative, of what is not differentiated: what they give has a
known type, so that it can be written into arrays and added up."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import NoDerivativeError, SrcgradError, grad, value_and_grad
from srcgrad.testing import check_grads

D = np.random.default_rng(0).normal(size=(3, 4))
X = np.array([0.7, 1.2, 0.4, 0.9])


def normalized(x):
    total = 0.0
    for d in D:
        u = d / np.linalg.norm(d)
        total += x @ u / np.median(d)
    return total


def written(x):
    y = np.zeros(4)
    y[0] = np.percentile(D, 10) * x[0]
    y[1:] = np.linalg.inv(np.eye(3) + D @ D.T) @ x[1:]
    y += np.linalg.solve(np.eye(4), np.ones(4)) * x
    y[:] += np.hanning(4) * x * np.linalg.det(D @ D.T)
    return np.sum(y**2)


def spaced(x):
    total = 0
    for w in np.logspace(-1, 2, 6):
        total += x[0] * w
    for w, u in zip(np.geomspace(1, 8, 4), np.fft.fftfreq(4, 0.5), strict=True):
        total += x[1] * w + x[3] * u
    for w in np.fft.rfftfreq(6):
        total += x[2] * w
    a, b = np.meshgrid(np.arange(3.0), np.linspace(0, 1, 4))
    for u, v in zip(a.ravel(), b.ravel(), strict=True):
        total += x[0] * u * v
    out = np.zeros((4, 3))
    out += a * x[1]
    out[0] *= b[1]
    return total + np.sum(out**2)


def places(x):
    A, total = np.outer(x, x), 0.0
    for i, j in np.ndindex(4, 4):
        total += A[i, j] * (i - j + 2)
    for i, j in np.ndindex(A.shape):
        total += A[i, j] * (j - i)
    for k in np.ndindex(*A.shape):
        total += A[k]
    rows = x.reshape(2, 2)
    for k, row in enumerate(rows[np.lexsort((rows[:, 1], rows[:, 0]))]):
        total += row @ row[::-1] * k
    return total


LABELS = np.array([0, 1, 1, 2])


def groups(x):
    total = 0.0
    values, counts = np.unique(LABELS, return_counts=True)
    for v, c in zip(values, counts, strict=True):
        total += x[LABELS == v].sum() ** 2 / c
    for k in range(len(values)):
        total += x[LABELS == values[k]].sum() ** 2 / counts[k]
    _, first, inverse = np.unique(LABELS, return_index=True, return_inverse=True)
    return total + x[first].sum() + np.sum(x[inverse] ** 2)


def curves(x):
    total = 0.0
    for i in range(4):
        total += np.interp(0.3 * i, [0, 1, 2], [1, 3, 2]) * x[i]
    for u in np.unique(np.round(D[0])):
        total += u * x[0]
    y = np.zeros(3)
    y += np.polyfit([0.0, 1, 2], [0.0, 1, 4], 2) * x[:3]
    return total + y.sum() * np.polyval([1.0, 2.0], 3)


def counted(x):
    counts, edges = np.histogram(D, bins=4)
    y = np.zeros(4)
    y += counts * x * edges[1:]
    return y.sum()


def decomposed(x):
    total, y = 0.0, np.zeros(4)
    w, v = np.linalg.eigh(D.T @ D)
    for i in range(4):
        total += w[i] * x[i] * v[0, i]
    found = np.linalg.eigh(D.T @ D)
    y[:] = found.eigenvalues * x
    y += found.eigenvectors @ x + found[0]
    return total + np.sum(y) * len(found)


def drawn(x):
    rng, total, y = np.random.default_rng(0), 0.0, np.zeros(4)
    for i in range(4):
        total += rng.normal() * x[i]
    y[:] = rng.normal(size=4) * x
    y[1:] += np.random.RandomState(1).uniform(size=3) * x[1:]
    return total + y.sum()


def joined(x):
    row = np.r_[x[0], x, 1.0, x[-1]] ** 2 * np.r_[0 : len(x) + 3]
    columns = np.c_[x, x**2, np.ones(len(x))] @ np.r_[1.0, 2.0, 3.0]
    again = np.r_[x, x]
    again[0] = 3.0
    single = np.r_[np.float32([0.1, 0.2]), 1.0]
    return np.sum(row) + np.sum(columns) + np.sum(again**2) * len(single) + np.sum(single)


def others(x):
    places = np.r_[0:2, 3 : len(x)]
    y = np.zeros(len(x))
    y[places] = x[places]
    total = np.sum(np.r_[x[:2], 0, 0, x] * np.r_[-1:1:8j]) + np.sum(np.c_[1.0, x[0], 2] ** 2)
    i, table = 2, np.outer(x, x)
    total += np.sum(x[np.r_[:i, i + 1 : 4]] ** 3) + np.sum(np.r_[0 : x[0] : 0.25]) * x[1]
    return (
        total + np.sum(y**2) + np.sum(np.c_[x[:, None], table] ** 2) + np.sum(np.r_[table, x[None]])
    )


PROGRAMS = [
    normalized,
    written,
    spaced,
    places,
    groups,
    curves,
    counted,
    decomposed,
    drawn,
    joined,
    others,
]


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f) -> None:
    assert value_and_grad(f)(X)[0] == pytest.approx(f(X), rel=1e-12)
    check_grads(f, (X,))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.nanmedian(x),
        lambda x: np.linalg.det(np.outer(x, x)),
        lambda x: np.interp(0.5, [0, 1, 2, 3], x),
        lambda x: np.sum(np.linalg.eigh(np.outer(x, x)).eigenvalues),
        lambda x: np.sum(np.r_["-1", x, x]),
    ],
)
def test_what_is_differentiated_needs_a_rule(f) -> None:
    with pytest.raises(NoDerivativeError, match=r"has no derivative rule|does not cover"):
        grad(f)(X)


def test_numbers_of_narrow_bounds_are_narrow():
    """np.logspace(np.float32(0), ...) gives float32, of which nothing is said here."""

    def f(x):
        y = np.zeros(3)
        y += np.logspace(np.float32(0), np.float32(1), 3) * x[:3]
        return np.sum(y)

    with pytest.raises(SrcgradError):
        grad(f)(X)


def test_one_of_a_list_is_numpys():
    def f(x):
        v = np.random.default_rng(0).choice([0.5, 2.0])
        return x[0] * (2 if isinstance(v, np.float64) else 3) * v

    assert value_and_grad(f)(X)[0] == f(X)
