"""Gradients of the programs in ``memory_programs``, by finite differences and dual numbers."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from srcgrad import AliasingError, grad, value_and_grad, vjp
from tests.fuzz.interpreter import jvp
from tests.hard_cases import memory_programs
from tests.hard_cases.checking import Case, differences, leaves, rebuilt, same
from tests.hard_cases.memory_programs import CASES, M, V


@pytest.mark.parametrize("name", CASES)
def test_gradient(name: str) -> None:
    kept = memory_programs.KEPT.copy()
    try:
        CASES[name].run()
    finally:
        memory_programs.KEPT[:] = kept


# Differences do not tell the derivative of these: at a kink, or rounded to single precision.
UNSURE = {"masked_store", "narrow_buffer"}


@pytest.mark.parametrize("name", CASES)
def test_dual_numbers_agree_with_differences(name: str) -> None:
    """What the gradients are compared with: two ways to the derivative give the same."""
    case = CASES[name]
    wrt = case.wrt if isinstance(case.wrt, tuple) else (case.wrt,)
    rng = np.random.default_rng(4)
    along = {i: rebuilt(case.args[i], lambda leaf: rng.normal(size=np.shape(leaf))) for i in wrt}
    with np.errstate(all="ignore"):
        value, tangent, _ = jvp(case.f, case.args, along)
        kept = memory_programs.KEPT.copy()
        slopes = differences(case.f, case.args, wrt)
        want = case.f(*copy.deepcopy(case.args))
    memory_programs.KEPT[:] = kept
    assert same(value, want)
    if name in UNSURE:
        assert case.expected is not None
        slopes = (case.expected,) if len(wrt) == 1 else case.expected
    pairs = zip(leaves(slopes), leaves(tuple(along[i] for i in wrt)), strict=True)
    slope = sum(float(np.sum(bar * direction)) for bar, direction in pairs)
    narrow = name in ("narrow_buffer", "wide_buffer")
    np.testing.assert_allclose(tangent, slope, rtol=1e-6 if not narrow else 1e-5, atol=1e-7)


# --- values that leave --------------------------------------------------------------------------


def test_aux_is_what_the_function_returned() -> None:
    def pair(x):
        value, a, b = memory_programs.written_aux(x)
        return value, {"a": a, "b": b}

    want, aux = pair(V)
    (value, found), gradient = value_and_grad(pair, has_aux=True)(V)
    assert value == want
    assert same(found, aux)
    found["a"][0] = 7.0  # the caller owns it
    assert same(value_and_grad(pair, has_aux=True)(V)[0][1], aux)
    (slope,) = differences(lambda x: pair(x)[0], (V,), (0,))
    np.testing.assert_allclose(gradient, slope, rtol=1e-6)


def test_aux_is_not_played_back() -> None:
    want, array = memory_programs.total_and_array(V)
    (value, found), gradient = value_and_grad(memory_programs.total_and_array, has_aux=True)(V)
    assert value == want
    assert same(found, array)
    (slope,) = differences(lambda x: memory_programs.total_and_array(x)[0], (V,), (0,))
    np.testing.assert_allclose(gradient, slope, rtol=1e-6)


def test_the_caller_owns_the_value_of_vjp() -> None:
    y, pullback = vjp(lambda x: np.exp(x), V)
    y *= 2
    for _ in range(2):
        np.testing.assert_allclose(pullback(np.ones(4))[0], np.exp(V), rtol=1e-15)


def test_a_pullback_can_be_called_twice() -> None:
    def playback(x):
        A = x.copy()
        for t in range(3):
            A[1:-1] *= np.sin(A[:-2])
        return A

    y, pullback = vjp(playback, V)
    assert same(y, playback(V))
    y[:] = 0.0
    seed = np.arange(1.0, 5.0)
    first, second = pullback(seed)[0], pullback(seed)[0]
    assert same(first, second)
    (slope,) = differences(lambda x: np.sum(seed * playback(x)), (V,), (0,))
    np.testing.assert_allclose(first, slope, rtol=1e-6)


def test_effects_happen_once_and_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    mu, s = V, np.float64(0.3)

    def at(mu, s):
        return memory_programs.drawn(mu, s, np.random.default_rng(5))

    want = at(mu, s)
    printed = capsys.readouterr().out
    rng = np.random.default_rng(5)
    value, gradient = value_and_grad(memory_programs.drawn, (0, 1))(mu, s, rng)
    assert capsys.readouterr().out == printed
    assert rng.normal() == np.random.default_rng(5).normal(size=5)[-1]
    assert value == want
    for got, slope in zip(gradient, differences(at, (mu, s), (0, 1)), strict=True):
        np.testing.assert_allclose(got, slope, rtol=1e-6)


# --- arguments ----------------------------------------------------------------------------------


@pytest.mark.parametrize("both", [(V, V), (V, V[:]), (V, V[::-1])], ids=["same", "view", "flipped"])
def test_written_arguments_that_overlap_are_refused(both: tuple[np.ndarray, np.ndarray]) -> None:
    before = V.copy()
    with pytest.raises(AliasingError):
        grad(memory_programs.two_written, argnums=(0, 1))(*both)
    assert same(V, before)


def test_a_reshape_that_copies_is_right_or_refused() -> None:
    """Raises where NumPy would copy, or gives the gradient that NumPy's copy has."""
    try:
        Case(memory_programs.flat_copy_written, (M,)).run()
    except (AliasingError, ValueError):
        return


def test_the_gradient_never_writes_a_global() -> None:
    before = memory_programs.KEPT.copy()
    grad(memory_programs.writes_a_global)(V)
    assert same(memory_programs.KEPT, before)


# --- what a compile-time decision may rest on ---------------------------------------------------

ACT, FLAG, X = np.tanh, True, np.arange(8.0).reshape(4, 2) / 4


def loss(W):
    h = ACT(W @ X)
    return np.sum(h if FLAG else h**2)


def test_what_is_rebound_outside_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    g = grad(loss)

    def right() -> None:
        (slope,) = differences(loss, (M,), (0,))
        np.testing.assert_allclose(g(M), slope, rtol=2e-3, atol=1e-6)

    right()
    monkeypatch.setitem(globals(), "ACT", np.sin)
    right()
    monkeypatch.setitem(globals(), "FLAG", False)
    right()
    monkeypatch.setitem(globals(), "X", X.astype("f4"))
    right()
    assert next(leaves(g(M))).dtype == np.float64
