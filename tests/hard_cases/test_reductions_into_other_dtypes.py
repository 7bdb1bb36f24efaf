"""NumPy adds up single precision in double precision if it writes into double precision."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from srcgrad.errors import SrcgradError, UnsupportedSyntaxError
from tests.frontend.programs import make

ROWS = (1 + 0.05 * np.random.default_rng(7).normal(size=(3, 50))).astype(np.float32)

WIDER = [
    ("np.empty(3)", "np.sum(a, axis=1, out=s)"),
    ("np.empty(3)", "a.sum(1, None, s)"),
    ("np.empty(3)", "np.mean(a, axis=1, out=s)"),
    ("np.empty(3)", "a.mean(axis=1, out=s)"),
    ("np.empty(3)", "np.prod(a, axis=1, out=s)"),
    ("np.empty(3)", "np.add.reduce(a, 1, out=s)"),
    ("np.empty(3)", "np.nansum(a, axis=1, out=s)"),
    ("np.empty((3, 50))", "np.cumsum(a, axis=1, out=s)"),
    ("np.empty((3, 50))", "a.cumprod(axis=1, out=s)"),
    ("np.empty(3)", "np.sum(a, axis=1, dtype=np.float32, out=s)"),
    ("np.empty(3, np.float32)", "np.sum(a.astype(np.float64), axis=1, out=s)"),
    ("np.empty(3)", "np.max(a, axis=1, out=s)"),
]


@pytest.mark.parametrize(("made", "line"), WIDER)
def test_the_value_has_the_bits_that_numpy_gives(made, line):
    f, _ = make(f"def f(a):\n    s = {made}\n    {line}\n    return np.sum(s * s)\n")
    value, gradient = value_and_grad(f)(ROWS)
    assert value == f(ROWS)
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, grad(f)(ROWS.astype(np.float64)), rtol=1e-5)


@pytest.mark.parametrize("call", ["np.var(a, 1, out=s)", "np.einsum('ij->i', a, out=s)"])
def test_what_does_so_in_some_of_its_steps_is_refused(call):
    f, _ = make(f"def f(a):\n    s = np.empty(3)\n    {call}\n    return s.sum()\n")
    with pytest.raises(UnsupportedSyntaxError, match=r"astype\(float64\)"):
        grad(f)(ROWS)


def test_taking_raises_where_numpy_does():
    """NumPy 2.5 writes what it takes into wider dtypes, which those before it do not."""
    source = (
        "def f(a):\n    s = np.empty((2, 50))\n    np.take(a, [0, 2], 0, s)\n    return s.sum()\n"
    )
    f, _ = make(source)
    assert grad(f)(ROWS.astype(np.float64)).sum() == 100
    try:
        f(ROWS)
    except TypeError as raised:
        with pytest.raises(SrcgradError) as refused:
            grad(f)(ROWS)
        assert str(raised) in str(refused.value)  # noqa: PT017
    else:
        assert grad(f)(ROWS).sum() == 100


@pytest.mark.parametrize(
    "line",
    [
        "np.sum(a, axis=1, dtype=np.float64, where=a > 1)",
        "np.nansum(a, axis=1, dtype=np.float64)",
        "np.cumsum(a, axis=1, dtype=np.float64)",
        "np.cumprod(a, axis=0, dtype=np.float64)",
    ],
)
def test_the_gradient_has_the_dtype_of_the_argument(line):
    f, _ = make(f"def f(a):\n    s = {line}\n    return np.sum(s * s)\n")
    value, gradient = value_and_grad(f)(ROWS)
    assert value == f(ROWS)
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, grad(f)(ROWS.astype(np.float64)), rtol=1e-5)
