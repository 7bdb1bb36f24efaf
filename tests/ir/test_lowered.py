"""What the front end makes of whole functions verifies, and prints readably."""

from __future__ import annotations

import textwrap

import numpy as np
import pytest

from srcgrad.frontend import lower
from srcgrad.ir import walk
from srcgrad.ir.printer import to_text
from srcgrad.ir.verifier import verify

SCALE = 2.0


def straight(W1, W2, X):
    """A network of two layers."""
    z1 = X @ W1
    h1 = np.maximum(z1, 0)
    y_hat = h1 @ W2
    return np.sum(y_hat**2)


def recurrent(W, U, x, h):
    for t in range(len(x)):
        h = np.tanh(W @ h + U @ x[t])
    return np.sum(h)


def guarded(x, y):
    if x.ndim != 1:
        raise ValueError(f"x has {x.ndim} dimensions")
    if y is None:
        return x
    assert len(x) == len(y), "lengths differ"
    if y[0] > 0 and 0 < x[0] < SCALE:
        return x * y
    return -x


def looping(x, n):
    total = 0.0
    while n > 0:
        for row in x:
            if row > total:
                total = total + row
            else:
                last = row
        n -= 1
    return total * last if n else total


def nested(x, k):
    def scale(v, by=k, *, shift=0):
        w = v * by
        return w + x + shift

    square = lambda v: v * v
    return scale(square(x), shift=1)


def containers(params, *rest, axis=None, **options):
    (W, b), *others = params
    first, second = W[1:, None], b[..., ::2]
    state = {"w": first, "rest": [*rest, *others]}
    return np.sum(state["w"], axis=axis, **options), (second, -1)


def raising(x):
    raise NotImplementedError("not yet")


PROGRAMS = (straight, recurrent, guarded, looping, nested, containers, raising)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_lowered_functions_verify(program):
    lowered = lower(program)
    verify(lowered, "lowered")
    verify(walk.Copier({}).function(lowered), "lowered")


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_copies_of_lowered_functions_print_alike(program):
    lowered = lower(program)
    assert to_text(walk.Copier({}).function(lowered)) == to_text(lowered)


def test_the_text_of_a_lowered_function():
    expected = """
        def recurrent(W, U, x, h):
            %1 = len(x)
            %2 = range(%1)
            h.3 = for t in %2 carrying (h.1 = h):
                %3 = np.tanh
                %4 = W @ h.1
                %5 = x[t]
                %6 = U @ %5
                %7 = %4 + %6
                h.2 = %3(%7)
                yield h.2
            %8 = np.sum
            %9 = %8(h.3)
            return %9
    """
    assert to_text(lower(recurrent)) == textwrap.dedent(expected).lstrip("\n")
