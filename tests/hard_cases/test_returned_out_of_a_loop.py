"""An array that is written, and that a helper returns from inside a loop or not at all.

In the trips before there is nothing that it returns, and nothing to which its cotangent is added.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.hard_cases.checking import Case


def pick(x, y, k):
    for i in range(k):
        if i == 1:
            return y
    return x


def pick_by_data(x, y, k):
    for _ in range(k):
        x = np.tanh(x + y)
        if np.sum(x) > 0.3:
            return y
    return x


def pick_while(x, y, k):
    i = 0
    while i < k:
        x = x + y
        i += 1
        if i == 2:
            return y
    return x


def written_before(A, B, n):
    b = A.copy()
    b[0] *= B[1]
    return np.sum(pick(A, b, n) ** 2)


def filled_in_a_loop(A, B, n):
    y = np.zeros_like(A)
    for i in range(n):
        y[i % 3] = A[i % 3] * B[0]
    return 0.5 * np.sum(pick_by_data(A, y, n) ** 2)


def in_a_loop(A, B, n):
    a = A.copy()
    s = 0.0
    for k in range(n):
        a[0] *= 2.0
        s += np.sum(pick_while(B, a, k + 1) ** 2)
    return s


def of_a_list(A, B, n):
    several = [A.copy()]
    s = 0.0
    for _ in range(n):
        several.append(B)
        several[0][0] *= 2.0
        s += np.sum(pick_while(A, B, 3) * several[0])
    return s


def chosen(A, B, n):
    c = A if n > 1 else B
    c[0] *= 2.0
    return np.sum(pick(A * B, c, n))


@pytest.mark.parametrize("n", range(5))
@pytest.mark.parametrize("f", [written_before, filled_in_a_loop, in_a_loop, of_a_list, chosen])
def test_gradients(f, n):
    A, B = np.array([0.3, 0.7, -0.4]), np.array([0.9, -0.2, 0.5])
    Case(f, (A, B, n), (0, 1)).run()
