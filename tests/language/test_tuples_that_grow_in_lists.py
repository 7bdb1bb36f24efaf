"""Tuples that each trip makes longer, in the elements of a list: beam search."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import UnknownTypeError, grad, value_and_grad
from srcgrad.testing import check_grads

A = np.array([0.317, -1.231, 0.722, 0.944, -0.453])
B = np.array([-0.31, 1.41, -0.757])
PROGRAMS: list[Callable[..., Any]] = []
REFUSED: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


def refused(f: Callable[..., Any]) -> Callable[..., Any]:
    REFUSED.append(f)
    return f


def logp_of(x):
    e = np.stack([np.abs(x) + 1.0, np.abs(x) + 0.3 * np.roll(np.abs(x), 1), 2.0 * np.abs(x) + 0.1])
    return np.log(e / e.sum(axis=0)).T


@program
def over_rows(x):
    beams = [((), 0.0)]
    for row in logp_of(x):
        new = []
        for seq, score in beams:
            for i in range(3):
                new.append((seq + (i,), score + row[i]))
        beams = sorted(new, key=lambda b: -b[1])[:2]
    return sum(np.exp(s) for _, s in beams)


@program
def in_comprehensions(x):
    beams = [(0.0, ())]
    for row in logp_of(x):
        new = [(s + v, seq + (i,)) for s, seq in beams for i, v in enumerate(row)]
        new.sort(key=lambda b: b[0], reverse=True)
        beams = new[:2]
    s, seq = beams[0]
    return s * len(seq) + sum(seq)


@program
def ordered_by_argsort(x):
    lp = logp_of(x)
    beams = [((), 0.0)]
    for t in range(len(x)):
        new = []
        for seq, score in beams:
            for i in range(3):
                new.append((seq + (i,), score + lp[t, i]))
        order = np.argsort([-s for _, s in new])
        beams = [new[i] for i in order[:2]]
    return sum(s * (q[0] + 1) for q, s in beams)


@program
def penalised(x):
    lp = logp_of(x)
    beams = [((), 0.0)]
    for t in range(len(x)):
        new = []
        for seq, score in beams:
            for i in range(3):
                s = score + lp[t, i]
                if seq and seq[-1] == i:
                    s = s - 0.5 * x[t] ** 2
                new.append((seq + (i,), s))
        beams = sorted(new, key=lambda b: b[1])[-2:]
    return beams[-1][1]


@program
def the_best_before(x):
    lp = logp_of(x)
    best = [((i,), lp[0, i]) for i in range(3)]
    for t in range(1, len(x)):
        new = []
        for i in range(3):
            q, s = max(best, key=lambda b: b[1] + 0.1 * (b[0][-1] == i))
            new.append((q + (i,), s + lp[t, i]))
        best = new
    return max(s for _, s in best)


@program
def by_prefix(x):
    beams = {(): 0.0}
    for row in logp_of(x):
        new = defaultdict(float)
        for seq, s in beams.items():
            for i in range(3):
                new[(seq + (i,))[-2:]] += np.exp(s + row[i])
        beams = {k: np.log(v) for k, v in new.items()}
    return sum(v for v in beams.values())


@program
def lists_in_their_place(x):
    beams = [([], 0.0)]
    for row in logp_of(x):
        new = []
        for seq, score in beams:
            for i in range(3):
                new.append((seq + [i], score + row[i]))
        beams = sorted(new, key=lambda b: -b[1])[:2]
    return sum(np.exp(s) for _, s in beams)


@program
def texts_in_their_place(x):
    beams = [("", 0.0)]
    for row in logp_of(x):
        new = []
        for seq, score in beams:
            for i in range(3):
                new.append((seq + "abc"[i], score + row[i]))
        beams = sorted(new, key=lambda b: -b[1])[:2]
    return sum(np.exp(s) for _, s in beams)


@program
def read_along_the_best(x):
    logp = np.stack([np.log(np.abs(x) + 1.0), np.log(np.abs(x) + 2.0 * np.roll(np.abs(x), 1))])
    beams = [((), 0.0)]
    for t in range(len(x)):
        new = []
        for seq, score in beams:
            for i in range(2):
                new.append((seq + (i,), score + logp[i, t]))
        beams = sorted(new, key=lambda b: -b[1])[:3]
    best, score = beams[0]
    return score + sum(x[i] * (t + 1) for t, i in enumerate(best))


@refused
def longer_where_data_say(x):
    found = [((), 0.0)]
    for v in x:
        new = []
        for q, s in found:
            new.append((q, s))
            if v > 0:
                new.append((q + (1,), s + v * v))
        found = new[:6]
    return sum(s * s for q, s in found)


@refused
def while_data_say(x):
    beams = [((), 0.0)]
    t = 0
    lp = logp_of(x)
    while t < np.sum(x > 0.0):
        new = [((*q, i), s + lp[t, i]) for q, s in beams for i in range(3)]
        beams = sorted(new, key=lambda b: -b[1])[:2]
        t += 1
    return beams[0][1]


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f):
    derivative = value_and_grad(f)
    for x in (A, B, A):
        check_grads(f, (x.copy(),))
        value, found = derivative(x.copy())
        np.testing.assert_allclose(value, f(x.copy()), rtol=1e-12)
        steps = 1e-6 * np.eye(len(x))
        slopes = [(f(x + h) - f(x - h)) / 2e-6 for h in steps]
        np.testing.assert_allclose(found, slopes, rtol=1e-5, atol=1e-6)


def test_in_closed_form():
    """The best of all sequences is the sum of the best of each step."""

    def best(x):
        beams = [((), 0.0)]
        for row in logp_of(x):
            longer = [((*seq, i), score + v) for seq, score in beams for i, v in enumerate(row)]
            beams = sorted(longer, key=lambda b: -b[1])[:2]
        return beams[0][1]

    np.testing.assert_allclose(grad(best)(A), grad(lambda x: np.sum(np.max(logp_of(x), axis=1)))(A))


@pytest.mark.parametrize("f", REFUSED)
def test_refused(f):
    """How long they are has to be known."""
    with pytest.raises(UnknownTypeError, match="tuples of different lengths") as caught:
        grad(f)(A)
    assert "let a list grow" in caught.value.hint and caught.value.loc
