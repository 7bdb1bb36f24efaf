"""``np.einsum``: its cotangents are contractions again, as matrix products where they can be.

NumPy's ``einsum`` does not use BLAS: a matrix product does the same many times faster.
"""

from __future__ import annotations

import string
from typing import Any

import numpy as np

from srcgrad.ir.intrinsics import compile_time, expand, unbroadcast
from srcgrad.ir.ops import Memory, operation, vjp
from srcgrad.ir.shapes import (
    FALSE,
    Dims,
    array_type,
    broadcast,
    is_known,
    promote,
    result,
    value_of,
)
from srcgrad.ir.types import UNKNOWN, Dim, Type, dims_of, ndim_of
from srcgrad.rules.axes import Index, span
from srcgrad.rules.static import may_be_short


@compile_time
def parsed(subscripts: str) -> tuple[tuple[str, ...], str]:
    """The labels of each operand and of the result; ellipses are none of them.

    Examples
    --------
    >>> parsed("ij, jk")
    (('ij', 'jk'), 'ik')
    """
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    if not arrow:
        labels = inputs.replace(",", "")
        output = "".join(sorted(c for c in set(labels) if labels.count(c) == 1))
    return tuple(inputs.split(",")), output


@compile_time
def spelled_out(subscripts: str, ranks: Any) -> str:
    """The subscripts with labels in the place of each ellipsis, for operands of these ranks.

    Examples
    --------
    >>> spelled_out("...ij, jk -> ...ik", (4, 2))
    'ABij,jk->ABik'
    """
    text = subscripts.replace(" ", "")
    if "." not in text:
        return text
    inputs, arrow, output = text.partition("->")
    spare = [c for c in string.ascii_uppercase + string.ascii_lowercase if c not in text]
    operands = inputs.split(",")
    hidden = [
        rank - len(part.replace("...", "")) if "..." in part else 0
        for part, rank in zip(operands, ranks, strict=True)
    ]
    most = max(*hidden, 0)
    labels = "".join(spare[:most])
    named = [
        part.replace("...", labels[most - count :])
        for part, count in zip(operands, hidden, strict=True)
    ]
    if not arrow:
        written = inputs.replace(",", "").replace("...", "")
        output = "..." + "".join(sorted(c for c in set(written) if written.count(c) == 1))
    return f"{','.join(named)}->{output.replace('...', labels)}"


def _einsum_memory(subscripts: Type, *operands: Type, optimize: Type = FALSE) -> Memory:
    """One operand of which nothing is summed gives a view: its transpose, or a diagonal."""
    if len(operands) > 1:
        return Memory.FRESH
    text = value_of(subscripts, "subscripts") if is_known(subscripts) else None
    if not isinstance(text, str) or "." in text:
        return Memory.ANY
    (labels, *_), output = parsed(text)
    return Memory.ANY if set(labels) == set(output) else Memory.FRESH


@operation(np.einsum, memory=_einsum_memory)
def _einsum_type(subscripts: Type, *operands: Type, optimize: Type = FALSE) -> Type:
    text = value_of(subscripts, "subscripts")
    types = [array_type(operand) for operand in operands]
    if not isinstance(text, str):
        return UNKNOWN
    if "." in text:
        ranks = [ndim_of(type_) for type_ in types]
        if None in ranks or len(ranks) != text.count(",") + 1:
            return UNKNOWN
        text = spelled_out(text, ranks)
    inputs, output = parsed(text)
    dims: dict[str, Dim] = {}
    for labels, type_ in zip(inputs, types, strict=False):
        shape = dims_of(type_)
        if shape is None or len(shape) != len(labels):
            return UNKNOWN
        for label, dim in zip(labels, shape, strict=True):
            merged: Dims | None = broadcast((dims.get(label, 1),), (dim,))
            dims[label] = merged[0] if merged else None
    return result(promote(types), tuple(dims[label] for label in output))


@compile_time
def has_ellipsis(subscripts: str) -> bool:
    return "." in subscripts


@compile_time
def plan(subscripts: str, i: int) -> tuple[str, tuple[int, ...], Index, tuple[int, ...]]:
    """How the cotangent of operand ``i`` of an ``einsum`` is itself an ``einsum``.

    Its operands are the cotangent of the result, the other operands, and an identity matrix for
    each label that operand ``i`` repeats.

    Returns
    -------
    subscripts : str
    diagonals : tuple of int
        The axes of the operand for whose lengths identity matrices are needed.
    index : tuple
        What gives the result an axis for each label that nothing but the operand has; it is
        broadcast along those.  Empty if there are none.
    summed : tuple of int
        The axes of the operand that the other operands have and the result has not: where theirs
        have length one, the operand's may be longer.
    """
    inputs, output = parsed(subscripts)
    spare = [c for c in string.ascii_letters if c not in subscripts]
    own, diagonals, eyes = "", [], []
    for axis, label in enumerate(inputs[i]):
        if label in own:
            twin = spare.pop()
            eyes.append(label + twin)
            diagonals.append(axis)
            label = twin
        own += label
    others = [output, *inputs[:i], *inputs[i + 1 :], *eyes]
    present = set("".join(others))
    kept = "".join(c for c in own if c in present)
    index = tuple(slice(None) if c in present else None for c in own) if kept != own else ()
    summed = tuple(axis for axis, c in enumerate(own) if c in present and c not in output)
    return f"{','.join(others)}->{kept}", tuple(diagonals), index, summed


@vjp(np.einsum)
def einsum(y_bar: Any, y: Any, subscripts: Any, *operands: Any, optimize: Any = False) -> Any:
    if has_ellipsis(subscripts):
        ranks: Any = ()
        for operand in operands:
            ranks = (*ranks, np.ndim(operand))
        subscripts = spelled_out(subscripts, ranks)
    bars: Any = []
    for i in span(0, len(operands)):
        rest = operands[:i] + operands[i + 1 :]
        bars = [*bars, einsum_bar(y_bar, subscripts, i, operands[i], rest, optimize)]
    return None, bars


def einsum_bar(y_bar: Any, subscripts: Any, i: Any, x: Any, rest: Any, optimize: Any) -> Any:
    """The cotangent of one operand ``x``, number ``i``."""
    steps = plan(subscripts, i)
    for axis in steps[1]:
        rest = (*rest, np.eye(np.shape(x)[axis], dtype=bool))
    v = contracted(steps[0], y_bar, rest, optimize)
    if np.ndim(x) == 0:
        return v
    is_alone = len(steps[2]) > 0  # in having one of its axes
    if is_alone and np.ndim(v) == 0:
        return expand(v, x)
    if is_alone:
        v = v[steps[2]]
    if not is_alone and not may_be_short(v, x, steps[3]):
        return unbroadcast(v, x)
    if may_be_short(x, v, span(0, np.ndim(x))):
        return unbroadcast(v + np.zeros_like(x), x)  # either may be the longer one
    return expand(v, x)


# --- contractions without einsum ----------------------------------------------------------------


def contracted(subscripts: Any, v: Any, rest: Any, optimize: Any) -> Any:
    """``np.einsum(subscripts, v, *rest)``."""
    if len(rest) == 0 and permutation(subscripts) is not None:
        return permuted(v, permutation(subscripts))
    if len(rest) == 1:
        if is_scaling(subscripts):
            return v * rest[0]
        if is_outer(subscripts):
            return v[:, None] * rest[0]
        steps = matrix_product(subscripts)
        if steps is not None:
            pair = (rest[0], v) if steps[0] else (v, rest[0])
            return flipped(pair[0], steps[1]) @ flipped(pair[1], steps[2])
    if optimize is False:
        return np.einsum(subscripts, v, *rest)
    return np.einsum(subscripts, v, *rest, optimize=optimize)


def permuted(v: Any, axes: Any) -> Any:
    """``v`` with its axes permuted."""
    if axes == span(0, len(axes)):
        return v
    return v.T if len(axes) == 2 else v.transpose(axes)


def flipped(x: Any, flip: Any) -> Any:
    """A matrix, or a stack of them, transposed."""
    if not flip:
        return x
    return x.T if np.ndim(x) == 2 else x.swapaxes(-1, -2)


@compile_time
def permutation(subscripts: str) -> tuple[int, ...] | None:
    """The axes for a ``transpose`` that does the same as an ``einsum`` of one operand."""
    (labels, *_), output = parsed(subscripts)
    if len(set(labels)) < len(labels) or sorted(labels) != sorted(output):
        return None
    return tuple(labels.index(c) for c in output)


@compile_time
def is_scaling(subscripts: str) -> bool:
    """Whether a contraction multiplies by a number, or element by element."""
    (left, right), output = parsed(subscripts)
    if len(set(output)) < len(output):
        return False
    return (left == output and right in ("", output)) or (left == "" and right == output)


@compile_time
def is_outer(subscripts: str) -> bool:
    """Whether a contraction is the outer product of two vectors."""
    (left, right), output = parsed(subscripts)
    return len(left) == len(right) == 1 and left != right and output == left + right


@compile_time
def matrix_product(subscripts: str) -> tuple[bool, bool, bool] | None:
    """How a contraction of two operands is a matrix product, None if it is none.

    Returns
    -------
    swapped : bool
        Whether the second operand comes first.
    first, second : bool
        Whether the factors are transposed.

    Examples
    --------
    >>> matrix_product("ik,jk->ij"), matrix_product("bik,bij->bjk"), matrix_product("ij,j->i")
    ((False, False, True), (True, True, False), (False, False, False))
    """
    (left, right), output = parsed(subscripts)
    batch = 0
    while left[batch : batch + 1] == right[batch : batch + 1] == output[batch : batch + 1] != "":
        batch += 1
    left, right, output = left[batch:], right[batch:], output[batch:]
    if any(len(set(labels)) < len(labels) for labels in (left, right, output)):
        return None
    shared = set(left) & set(right)
    free = sorted((set(left) | set(right)) - shared)
    if len(shared) != 1 or sorted(output) != free or max(len(left), len(right)) != 2:
        return None
    if batch and len(left) + len(right) < 4:
        return None  # a vector is no stack of vectors to a matrix product
    label = shared.pop()
    swapped = bool(output) and output[0] not in left
    first, second = (right, left) if swapped else (left, right)
    return swapped, len(first) == 2 and first[0] == label, len(second) == 2 and second[1] == label
