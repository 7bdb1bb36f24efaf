"""Writes into an array that each trip makes anew need no undoing: the other trips have others."""

from __future__ import annotations

import re

import numpy as np
import pytest

from srcgrad import grad
from srcgrad.testing import check_grads


def read_after_the_write(p, n):
    for _ in range(n):
        out = 2 * p
        out[1:] += p[:-1]
        p = p + 0.1 * out / np.sum(p * out)
    return np.sum(p**2)


def in_a_while_loop(p, n):
    k = 0
    while k < n:
        out = np.sin(p)
        out[0] = p[1] * p[0]
        p = p + 0.1 * out * np.cos(out)
        k += 1
    return np.sum(p**2)


def in_two_loops(p, n):
    for _ in range(n):
        for i in range(2):
            out = np.sin(p)
            out[i] = p[-1] * p[0]
            p = p + 0.1 * out * out
    return np.sum(p**2)


@pytest.mark.parametrize("f", [read_after_the_write, in_a_while_loop, in_two_loops])
def test_nothing_is_saved_to_undo_them(f) -> None:
    p = np.array([0.3, 0.9, 1.4, 0.7])
    check_grads(f, (p, 3), 0)
    gradient = grad(f)
    gradient(p, 3)
    assert not re.search(r"^ *out\[.*\] = \w*saved", gradient.source, re.MULTILINE)


def read_before_it(p, n):
    """Here what the write overwrites is needed."""
    for _ in range(n):
        out = np.sin(p)
        t = np.sum(out**3)
        out[1:] += p[:-1] * t
        p = p + 0.1 * out * out
    return np.sum(p**2)


def carried_to_the_next(p, n):
    """The next trip writes into the array of this one."""
    last = np.zeros(4)
    for _ in range(n):
        out = np.sin(p)
        last[0] = out[1] * 2
        p = p + 0.1 * out * out + last**2
        last = out
    return np.sum(p**2) + np.sum(last)


def kept_in_a_list(p, n):
    kept = []
    for _ in range(n):
        out = np.sin(p)
        kept.append(out)
        p = p + 0.1 * kept[0] * out
        kept[0][1:] *= p[:-1]
    return np.sum(p**2) + np.sum(kept[0] * kept[-1])


@pytest.mark.parametrize("f", [read_before_it, carried_to_the_next, kept_in_a_list])
@pytest.mark.parametrize("n", [1, 4])
def test_what_is_needed_is_restored(f, n) -> None:
    check_grads(f, (np.array([0.3, 0.9, 1.4, 0.7]), n), 0)
