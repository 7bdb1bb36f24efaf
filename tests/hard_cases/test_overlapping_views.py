"""Every pair of views of one array: copied rightly and differentiated, or refused."""

import itertools

import numpy as np
import pytest

from srcgrad import grad
from srcgrad.errors import AliasingError
from srcgrad.testing import check_grads
from tests.frontend.programs import make

VECTOR = (
    "v",
    "v[1:]",
    "v[:-1]",
    "v[:-2]",
    "v[2:]",
    "v[::2]",
    "v[1::2]",
    "v[:4]",
    "v[4:]",
    "v[:3]",
    "v[::3]",
    "v[::-1]",
    "v[::-2]",
    "v[2::2]",
    "v[2:5]",
    "v[1:7:2][:3]",
    "v[1:][::3]",
    "v[:4][::-1][::-1]",
    "np.flip(v)",
    "np.flip(np.flip(v[:4]))",
    "np.flip(v[:4])",
    "v.reshape(2, 4)[0]",
    "v.reshape(4, 2)[:, 1]",
    "np.asarray(v[:3])",
    "v.T",
    "v.ravel()",
    "v[:4].reshape(-1)",
)
MATRIX = (
    "A[0]",
    "A[2]",
    "A[-1]",
    "A[:, 0]",
    "A[:, 2]",
    "A.T[2]",
    "A.T[:, 1]",
    "A[1, ::2]",
    "A[1, :2]",
    "A[:2, 1]",
    "A[::2, 1]",
    "A[1:3, 2]",
    "A[1, ::-1]",
    "A[::-1][1]",
    "A[::-1, 1]",
    "A[1:][0]",
    "A[:3][:, 1]",
    "np.flip(A)[0]",
    "np.flip(A)[:, 1][:2]",
    "A.reshape(-1)[::5]",
    "A.reshape(-1)[:4]",
    "A.swapaxes(0, 1)[1]",
    "np.diagonal(A)",
)


def pairs(views, array):
    """The pairs of views of one length, of which the first can be written."""
    for into, source in itertools.product(views, views):
        names = {"np": np, array: np.zeros((4, 4) if array == "A" else 8)}
        if "diagonal" in into or into == source:
            continue
        if eval(into, names).shape == eval(source, names).shape:
            yield into, source


@pytest.mark.parametrize("array", ["v", "A"])
def test_pairs_of_views(array, rng):
    x = rng.normal(size=(4, 4) if array == "A" else 8)
    weights, direction = rng.normal(size=(2, *x.shape))
    accepted, refused = 0, 0
    for into, source in pairs(VECTOR if array == "v" else MATRIX, array):
        write = f"{into}[:] = {source}" if "[" not in into or ")" in into else f"{into} = {source}"
        text = (
            f"def f(x, W):\n    {array} = x * 1.0\n    {write}\n"
            f"    return np.sum(np.sin({array}) * W)\n"
        )
        f = make(text)[0]
        values = [np.array(x) for _ in range(2)]
        exec(write, {"np": np, array: values[0]})
        exec(f"{write}.copy()", {"np": np, array: values[1]})
        is_right = np.array_equal(*values)
        try:
            found = np.sum(grad(f)(x, weights) * direction)
        except AliasingError:
            refused += 1
            continue
        assert is_right, text
        step = 1e-6 * direction
        slope = (f(x + step, weights) - f(x - step, weights)) / 2e-6
        assert np.isclose(found, slope, rtol=1e-6, atol=1e-8), text
        accepted += 1
    assert accepted > 80
    assert refused > 10


@pytest.mark.parametrize(
    "write",
    [
        "v[1:] = v[:-1]",
        "v[:] = v[::-1]",
        "v[:] = np.flip(v)",
        "v[::-1] = v",
        "v[::2] = v[1::2]",
        "v[:4] = v[::2]",
        "v[:4] = v[4:]",
        "v[k:] = v[:-k]",
        "v[::2][1:] = v[::2][:-1]",
        "v[[0, 2, 4]] = v[1:4]",
        "v[v > 0] = v[v > 0][::-1]",
        "v[v > 0] = v[1]",
        "np.place(v, v > 0, x[:3])",
        "np.place(v, v > 0, np.sin(v))",
        "np.place(v, v > 0, x)",
        "np.place(v, v > 0, [1.0, x[0]])",
        "np.putmask(v, v > 0, v[::-1])",
        "np.copyto(v, v[::-1], where=v > 0)",
        "v[::2] = v[:4] + 0",
    ],
)
def test_ordinary_copies_are_not_refused(write, rng):
    text = f"def f(x, k):\n    v = x * 1.0\n    {write}\n    return np.sum(np.sin(v) * x)\n"
    f = make(text)[0]
    x, direction = rng.normal(size=(2, 8))
    slope = (f(x + 1e-6 * direction, 2) - f(x - 1e-6 * direction, 2)) / 2e-6
    assert np.isclose(grad(f)(x, 2) @ direction, slope, rtol=1e-6)


@pytest.mark.parametrize(
    "write",
    [
        "v[v > 0] = v[: np.sum(v > 0)]",
        "v[1:][v[1:] > 0] = v[: np.sum(v[1:] > 0)]",
        "np.place(v, v > 0, v[:3])",
        "np.place(v[::2], v[1::2] > 0, np.flip(v))",
        "v[::2] = np.flip(np.flip(v[:4]))",
        "np.copyto(v[::2], v[:4])",
    ],
)
def test_copies_that_numpy_gets_wrong_are_refused(write, rng):
    text = f"def f(x):\n    v = x * 1.0\n    {write}\n    return np.sum(np.sin(v) * x)\n"
    with pytest.raises(AliasingError, match="NumPy copies (these )?slices wrongly"):
        grad(make(text)[0])(rng.normal(size=8))


def chosen_by_a_branch(x):
    a = np.sin(x)
    b = a[:4] if x[0] > -9.0 * x[1] ** 2 else a[4:]
    a[::2] = b
    return np.sum(a**2 * x)


def carried_by_a_loop(x):
    a = np.sin(x)
    b = a[:4]
    for i in range(2):
        a[::2] = b
        b = a[i + 1 : i + 5]
    return np.sum(a**2 * x)


def perhaps_the_array_itself(x):
    a, c = np.sin(x), np.cos(x)
    b = a if x[0] > -9.0 * x[1] ** 2 else c
    a[::2] = b[:4]
    return np.sum(a**2 * x)


def after_a_loop(x):
    a = np.sin(x)
    b = a[4:]
    for i in range(3):
        b = a[i : i + 4]
    a[::2] = b
    return np.sum(a**2 * x)


def placed_after_a_branch(x):
    a = np.sin(x)
    b = a[:3] if x[0] > -9.0 * x[1] ** 2 else a[3:6]
    np.place(a, x > 0, b)
    return np.sum(a * x**2)


def placed_in_a_loop(x):
    a = np.sin(x)
    b = np.cos(x)
    for i in range(2):
        np.place(a, x > 0, b)
        b = a[i:]
    return np.sum(a * x**2)


@pytest.mark.parametrize(
    "f",
    [
        chosen_by_a_branch,
        carried_by_a_loop,
        perhaps_the_array_itself,
        after_a_loop,
        placed_after_a_branch,
        placed_in_a_loop,
    ],
)
def test_views_that_are_several_are_refused(f, rng):
    with pytest.raises(AliasingError, match="NumPy copies (these )?slices wrongly"):
        grad(f)(rng.normal(size=8))


def exchanged(x):
    u, w = np.sin(x), np.cos(x)
    for i in range(3):
        u[::2] = w[:4]
        u[1:-1] = w[2:] * x[i]
        w[:] = u
        u, w = w, u
    u[::2] = w[4:]
    return np.sum(u**2 * x + w)


def exchanged_in_two_loops(x):
    u, w = np.sin(x), np.cos(x)
    for _ in range(2):
        for i in range(3):
            u[1::2] = w[:4] * x[i]
            u[i] = w[i] * 2
            w[:4] = u[::2]
            u, w = w, u
    return np.sum(u**2 * x + w)


def rotated(x):
    A = np.outer(x, np.sin(x))
    B = np.zeros_like(A)
    for _ in range(3):
        for i in range(8):
            B[i] = A[:, 7 - i]
        A, B = B, A
    return np.sum(A * np.arange(8)) + np.sum(B[0] ** 2)


def one_of_two(x):
    a, c = np.sin(x), np.cos(x)
    b = a if x[0] > 0 else c
    a[1:] = b[:-1]
    c[:] = b[::-1]
    return np.sum(a**2 * x + c)


def in_a_list(x):
    buffers = [np.sin(x), np.cos(x), x * 2.0]
    for i in range(2):
        buffers[i][:] = buffers[i + 1]
        buffers[i][1:] = buffers[i][:-1]
    return np.sum(buffers[0] * buffers[1] * buffers[2])


@pytest.mark.parametrize("f", [exchanged, exchanged_in_two_loops, rotated, one_of_two, in_a_list])
def test_arrays_that_change_places_are_not_refused(f, rng):
    check_grads(f, (rng.normal(size=8),))
