"""What is multiplied into an array is printed ``x *= v``, where it is that and nothing else."""

from __future__ import annotations

import operator

import numpy as np
import pytest

from srcgrad.backend import emit
from srcgrad.ir.nodes import Var
from tests.backend.building import VECTOR, Builder, operations  # noqa: F401


def text(op=operator.mul, swapped=False, index=None, other=False, accumulate=False):
    b, x, y = Builder(), Var("x", VECTOR), Var("y", VECTOR)
    z = b.add(np.sin, x, name="z")
    buffer = b.add(np.cos, x, name="w") if other else z
    factors = (y, z) if swapped else (z, y)
    b.store(buffer, index, b.add(op, *factors), accumulate)
    emitted = emit(b.function("f", [x, y], (z, buffer)), "Doc.")
    return emitted.source


def test_product_with_itself():
    assert "z *= y" in text()


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"swapped": True}, "z[...] = y * z"),
        ({"op": operator.sub}, "z -= y"),
        ({"index": 0}, "z[0] = z * y"),
        ({"other": True}, "w[...] = z * y"),
        ({"accumulate": True}, "z += z * y"),
    ],
)
def test_anything_else(change, line):
    assert line in text(**change)
