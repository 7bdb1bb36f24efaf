"""What is added to an array in a list is added in place only where nobody else has the array."""

import numpy as np
import pytest

from srcgrad import grad
from srcgrad.testing import check_grads
from tests.frontend.programs import make

ARGS = (
    np.array([0.5, -0.7, 0.9]),
    np.array([0.3, 0.8, -0.4]),
    np.arange(12.0).reshape(4, 3) / 10,
)
GROWS = """
    h, g = [c], [a]
    for i in range(3):
        h.append(a * h[-1])
        g.append(c * g[-1])"""
OWN = {
    "rows of a new array": "np.sum(np.array(h) ** 2)",
    "rows of a view of it": "np.sum(np.sin(np.stack(h, axis=1)))",
    "its parts": "np.sum(np.sin(np.concatenate(h)))",
    "rows of a buffer": "(lambda H: np.sum(H[1:] * H[:-1]))(np.array(h))",
    "zeros": "sum(np.sum(h[k] * h[k - i] * B) for k in range(1, 4) for i in range(2))",
}
SHARED = {
    "rows of an argument": "np.sum(np.array(h) * B)",
    "rows of a view of it": "np.vdot(np.array(h).T, B.T)",
    "rows of a gradient": "np.sum((np.array(h) + B) ** 2)",
    "parts of one": "np.sum((np.concatenate(h) + B.reshape(-1)) ** 2)",
    "one array many times": "np.sum(sum(h) ** 2)",
    "one row many times": "np.sum(np.mean(h, axis=0) ** 2)",
    "rows of two lists": "np.sum((np.array(h) + np.array(g)) ** 2)",
}


def program(end):
    return make(f"def f(a, c, B):{GROWS}\n    return {end}\n")[0]


def additions(f, argnums):
    """How the cotangents of elements of ``h`` are added up."""
    gradient = grad(f, argnums)
    gradient(*ARGS)
    lines = [line.strip().partition("  #")[0] for line in gradient.source.splitlines()]
    return [line for line in lines if line.startswith("h_bar[-1] ")]


@pytest.mark.parametrize("name", OWN)
def test_added_in_place(name):
    f = program(OWN[name])
    assert [line.split()[1] for line in additions(f, (0, 1))] == ["+="]
    check_grads(f, ARGS)


@pytest.mark.parametrize("name", SHARED)
def test_assigned(name):
    f = program(SHARED[name])
    assert [line.split()[1] for line in additions(f, (0, 1, 2))] == ["="]
    check_grads(f, ARGS)


@pytest.mark.parametrize("step", ["h[-1]", "h[-1][::-1]", "-h[-1]", "h[-1] * 2.0"])
@pytest.mark.parametrize("end", ["np.sum(h[0] * B)", "np.sum(np.sin(np.array(h)))", "np.mean(h)"])
def test_what_is_taken_off_is_added_to_the_new_last(step, end):
    """``h_bar[-1] += h_bar.pop()`` would add to the element that is taken off."""
    source = f"def f(a, c, B):\n    h = [a * c]\n    for i in range(2):\n        h.append({step})"
    check_grads(make(f"{source}\n    return {end}\n")[0], ARGS)
