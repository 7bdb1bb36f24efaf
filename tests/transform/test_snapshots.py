"""What is saved of arrays that loops overwrite: as little as the reverse sweep reads."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from tests.hard_cases.checking import Case
from tests.language.cases import vector


def linear(A, T):
    A = A.copy()
    for _ in range(T):
        A[1:-1] = 0.33 * (A[:-2] + A[1:-1] + A[2:])
    return np.sum(A)


def read_before(A, T):
    A = A.copy()
    s = np.sum(np.sin(A))
    for _ in range(T):
        A[1:-1] = 0.33 * (A[:-2] + A[1:-1] + A[2:])
    return s + np.sum(A)


def read_before_and_after(A, T):
    A = A.copy()
    s = np.sum(np.sin(A))
    for _ in range(T):
        A[1:-1] = 0.33 * (A[:-2] + A[1:-1] + A[2:])
    return s * np.sum(A**2)


def read_in_between(A, T):
    A = A.copy()
    s = np.sum(np.sin(A))
    for _ in range(T):
        A[1:-1] *= np.sin(A[:-2])
    return s + np.sum(A)


def one_element_each(A, T):
    A = A.copy()
    s = np.sum(np.sin(A))
    for t in range(T):
        A[t] = 0.5 * A[t + 1]
    return s * np.sum(A**2)


PROGRAMS = (linear, read_before, read_before_and_after, read_in_between, one_element_each)


@pytest.mark.parametrize("steps", [0, 1, 4])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f, steps):
    Case(f, (vector(6), steps)).run()


def source(f, derivative=grad):
    gradient = derivative(f)
    gradient(np.ones(6), 3)
    return gradient.source


def test_a_linear_stencil_saves_nothing_and_does_not_run():
    assert "append" not in source(linear)
    assert source(linear).count("for ") == 1
    assert "append" not in source(read_before)
    assert source(read_before).count("in range") == 1


@pytest.mark.parametrize(
    ("f", "derivative"), [(read_before, value_and_grad), (read_before_and_after, grad)]
)
def test_one_snapshot_where_something_before_the_loop_needs_the_old_content(f, derivative):
    text = source(f, derivative)
    assert "append" not in text
    assert text.count("A_before = A.copy()") == 1
    assert text.count("A[...] = A_before") == 1


def test_slices_where_the_loop_itself_needs_the_old_content():
    text = source(read_in_between)
    assert "A_saved.append(A[1:-1].copy())" in text
    assert "A_before" not in text


def test_elements_are_saved_one_by_one():
    text = source(one_element_each)
    assert "A_saved.append(A[t])" in text
    assert "A_before" not in text
