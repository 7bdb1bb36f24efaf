"""What the table of operations says about memory, compared with what NumPy does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import srcgrad.rules  # noqa: F401  (fills the table)
from srcgrad.ir import intrinsics, keys
from srcgrad.ir.ops import OPS, Memory
from tests.hard_cases.checking import Case, Table

M = np.arange(9.0).reshape(3, 3)
V = np.arange(3.0) + 1
ARGUMENTS: list[tuple[Any, ...]] = [
    (M,), (V,), (M, 0), (M, 1), (M, (0, 1)), (M, 0, 1), (M, M), ([M, M],), (V, 3), (M, 3),
    (M, (3, 3)), ("ij->ji", M), ("ii->i", M), ("i->i", V), (M, (1, 0)), ([V],), (V, [0, 1]),
    (M, [0]), (V, (2, 3)), (V, float), (M, float), (M, 1, 2), (M, -1, 0), (M, None), (V, slice(1)),
]  # fmt: skip

# The second operand of these is `out` or `copy`; of a ufunc, what follows its inputs.
UNARY = (np.fix, np.nan_to_num)
# Where the program has found out that it gives, or will give, a copy.
APART = (intrinsics.apart,)
# What is given sets, of which no element is an array.
OF_SETS = (keys.in_its_order,)
FRESH = [
    op
    for op, known in OPS.items()
    if known.memory is Memory.FRESH and known.pure and op not in (np.dtype, *APART, *OF_SETS)
]


@pytest.mark.parametrize("op", FRESH, ids=lambda op: getattr(op, "__name__", str(op)))
def test_fresh_results_share_nothing(op: Any) -> None:
    for given in ARGUMENTS:
        inputs = 1 if op in UNARY else getattr(op, "nin", len(given))
        if len(given) > inputs:
            continue
        args = [arg.copy() if isinstance(arg, np.ndarray) else arg for arg in given]
        try:
            result = op(*args)
        except (TypeError, ValueError, IndexError, AttributeError, np.exceptions.AxisError):
            continue
        results = result if isinstance(result, tuple | list) else [result]
        for array in results:
            for arg in args:
                if isinstance(array, np.ndarray) and isinstance(arg, np.ndarray):
                    assert not np.may_share_memory(array, arg), given


program = Table()
X = np.arange(9.0).reshape(3, 3) / 4 + 0.3


@program(X, may_refuse=True)
def written_behind_a_diagonal(x):
    m = x * 2
    v = np.diag(m)
    m *= 3
    return np.sum(v)


@program(X, may_refuse=True)
def written_behind_a_real_part(x):
    m = x * 2
    v = np.real(m)
    m *= 3
    return np.sum(v)


@program(X, may_refuse=True)
def written_behind_a_conjugate(x):
    m = x * 2
    v = m.conj()
    m *= 3
    return np.sum(v)


@program(X, may_refuse=True)
def written_behind_a_view(x):
    m = x * 2
    v = m.T.reshape(3, 3)[1:].swapaxes(0, 1)
    m *= 3
    return np.sum(v * x[:, 1:])


@program(X, may_refuse=True)
def written_behind_a_subscript_expression(x):
    m = x * 2
    v = np.einsum("ij->ji", m)
    m *= 3
    return np.sum(v * x)


@program(X, may_refuse=True)
def written_behind_a_conversion(x):
    m = x * 2
    v = np.atleast_2d(np.asarray(m.astype(float, copy=False)))
    m *= 3
    return np.sum(v * x)


@pytest.mark.parametrize("case", program.cases)
def test_gradient(case: Case) -> None:
    case.run()
