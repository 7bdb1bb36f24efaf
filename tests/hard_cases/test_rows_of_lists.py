"""Lists that loops build, used as arrays: what their rows share memory with is not written.

The cotangent of such a list is the rows of the array that it was made: of an argument, of another
cotangent, of what was broadcast, or one array many times.
"""

import copy
from functools import partial

import numpy as np
import pytest

from srcgrad import vjp
from tests.frontend.programs import make
from tests.hard_cases.checking import Case, assert_owned, leaves, same
from tests.parts import examples, one_of

BUILD = {
    "append": """
    h = [c]
    for i in range(3):
        h.append(a * h[-1])""",
    "append, two read": """
    h = [c]
    for i in range(3):
        h.append(np.sin(a * h[-1]) + h[0])""",
    "append, one array twice": """
    h = [c, c]
    for i in range(2):
        h.append(h[-1] + a * h[i])""",
    "append, the last again": """
    h = [c, a * c]
    for i in range(2):
        h.append(h[-1])""",
    "+": """
    h = [c]
    for i in range(3):
        h = h + [a * h[-1]]""",
    "tuple +": """
    h = (c,)
    for i in range(3):
        h = h + (a * h[-1],)""",
    "insert": """
    h = [c]
    for i in range(3):
        h.insert(0, a * h[0])""",
    "item": """
    h = [c * 1.0 for i in range(4)]
    for i in range(1, 4):
        h[i] = h[i - 1] * a + h[i]""",
    "comprehension": """
    h = [a * c * i for i in range(4)]
    for i in range(1, 4):
        h[i] = h[i - 1] * a""",
    "item of one array": """
    h = [c for i in range(4)]
    for i in range(1, 4):
        h[i] = h[i] + a * h[i - 1]""",
    "while": """
    h = [c]
    while len(h) < 4:
        h.append(a * h[-1])""",
    "branch": """
    h = [c]
    for i in range(5):
        if i != 2:
            h.append(a * h[-1])
    h.pop()""",
    "branch before": """
    h = [c]
    if np.sum(a) > -1e9:
        h.append(a * c)
    while len(h) < 4:
        h.append(a * h[-1] + h[-2])""",
    "helper": """
    h = [c]
    for i in range(3):
        grow(h, a)""",
    "helper with a loop": """
    h = grown([c], a, 2)
    h = grown(h, c, 1)""",
    "helper for each": """
    h = [step(c, a, i) for i in range(4)]""",
    "nested loops": """
    h = []
    for i in range(2):
        for j in range(2):
            h.append(c * a if len(h) < 2 else h[-1] * a + h[-2])""",
}
SCOPE = """
def grow(h, a):
    h.append(a * h[-1])


def grown(h, a, n):
    for i in range(n):
        h.append(np.sin(h[-1]) * a)
    return h


def step(c, a, n):
    for i in range(n):
        c = np.sin(c) * a
    return c

"""
USE = {
    "array": "Z = np.array(h) + B; return np.sum(Z * Z)",
    "array, B first": "Z = B - np.array(h); return np.sum(Z ** 2)",
    "asarray": "Z = np.asarray(h) * B; return np.sum(np.sin(Z))",
    "times B": "return np.sum(np.array(h) * B)",
    "alone": "return np.sum(np.array(h))",
    "mean of all": "return np.mean(h) * np.sum(B)",
    "squared error": "return np.mean((np.stack(h) - B) ** 2)",
    "updated": "E = np.array(h); Z = E * 1.0; Z += B; return np.sum(np.exp(0.3 * Z))",
    "updated itself": "E = np.array(h); E *= B; return np.sum(np.exp(0.3 * E))",
    "rows written": "E = np.array(h); E[1] = E[0] * 2.0; E[2:] += B[2:]; return np.sum(E * E * B)",
    "sum": "Z = sum(h) + B; return np.sum(Z * Z)",
    "sum alone": "return np.sum(sum(h))",
    "sum squared": "return np.sum(sum(h) ** 2) * np.sum(B)",
    "np.sum": "Z = np.sum(h, axis=0) + B; return np.sum(Z * Z)",
    "np.sum squared": "return np.sum(np.sum(h, axis=0) ** 2) * np.sum(B)",
    "array.sum": "return np.sum(np.array(h).sum(axis=0) * B[0])",
    "mean": "Z = np.mean(h, axis=0) + B; return np.sum(Z * Z)",
    "mean of stack": "return np.sum(np.mean(np.stack(h), axis=0) * B[1])",
    "reversed": "h = h[::-1]; Z = np.array(h) + B; return np.sum(Z * Z)",
    "slice": "Z = np.array(h[:4]) + B; return np.sum(Z * Z)",
    "slices": "Z = np.array(h[1:]) * B[1:] + np.array(h[:-1]); return np.sum(Z * Z)",
    "slice and sum": "Z = np.array(h[1:]) + B[1:]; return np.sum(Z * Z) + np.sum(h[0])",
    "last": "Z = h[-1] + B; Y = h[0] + B; return np.sum(Z * Z) + np.sum(Y * Y)",
    "last twice": (
        "p = h[-1]; q = h[-1]; Z = p + B; Y = q + B * 2; return np.sum(Z * Z) + np.sum(Y ** 3)"
    ),
    "last and all": "return np.sum(h[-1] * h[-1]) + np.sum(np.array(h) * B)",
    "twice": "g = list(h) + list(h); return np.sum((sum(g) + B) ** 2)",
    "two arrays": "Z = np.array(h) + B; Y = np.array(h) - B; return np.sum(Z * Z) + np.sum(Y ** 3)",
    "one array, two uses": "H = np.array(h); Z = H + B; return np.sum(Z[1:] * H[:-1])",
    "comprehension": "g = [p + B for p in h]; return np.sum(np.array(g) ** 2)",
    "comprehension, reshaped": (
        "g = [p * 1.0 for p in h]; Z = np.array(g).reshape(-1) + B.reshape(-1); "
        "return np.sum(Z ** 2)"
    ),
    "comprehension, sum": "g = [np.sin(p) for p in h]; return np.sum(sum(g) * B[0])",
    "other list": (
        "g = [p for p in h]; g[1] = g[1] * a; "
        "return np.sum(np.array(g) * B) + np.sum(np.stack(h) * B)"
    ),
    "einsum": "return np.sum(np.einsum('i...,i...->...', np.array(h), B))",
    "vdot": "return np.vdot(np.stack(h), B)",
    "tensordot": "return np.sum(np.tensordot(np.array(h), B, axes=(0, 0)))",
    "T": "Z = np.array(h).T + B.T; return np.sum(Z * Z)",
    "view": "Z = np.array(h)[None] + B; return np.sum(Z * Z)",
    "turned": "Z = np.array(h)[::-1] + B; return np.sum(Z * Z)",
    "reshape": "Z = np.array(h).reshape(-1) + B.reshape(-1); return np.sum(Z * Z)",
    "weighted": (
        "w = np.arange(4.0); return np.sum(np.tensordot(w, np.array(h), axes=(0, 0)) * B[0])"
    ),
    "cumsum": "Z = np.cumsum(np.array(h), axis=0) * B; return np.sum(Z)",
    "max": "return np.sum(np.max(np.array(h) * B, axis=0))",
    "diff": "return np.sum(np.diff(np.array(h), axis=0) ** 2) + np.sum(B * np.array(h))",
    "broadcast": "return np.sum(np.broadcast_to(h[-1], B.shape) * B) + np.sum(np.array(h))",
    "loop": "s = B * 1.0\n    for p in h:\n        s = s + p\n    return np.sum(s * s)",
    "loop by index": (
        "s = B * 1.0\n    for k in range(len(h)):\n        s = s + h[k]\n    return np.sum(s * s)"
    ),
    "enumerate": (
        "s = B * 1.0\n    for k, p in enumerate(h):\n        s = s + p * (k + 1)\n"
        "    return np.sum(s * s)"
    ),
    "zip": (
        "s = B * 1.0\n    for p, q in zip(h[1:], h[:-1]):\n        s = s + p * q\n"
        "    return np.sum(s * s)"
    ),
    "pairs": (
        "s = 0.0\n    for k in range(1, len(h)):\n        for j in range(k):\n"
        "            s = s + np.sum(h[k] * h[j] * B[0])\n"
        "    return s + np.sum(np.array(h) * B)"
    ),
}
NOT_OF_NUMBERS = {"turned", "updated itself", "rows written"}
OF_VECTORS = {
    "concatenate": "Z = np.concatenate(h) + B.reshape(-1, *B.shape[2:]); return np.sum(Z * Z)",
    "concatenate alone": "return np.sum(np.concatenate(h) ** 2) + np.sum(B)",
    "concatenate, B": "return np.vdot(np.concatenate(h), B.reshape(-1, *B.shape[2:]))",
    "vstack": "Z = np.vstack(h); return np.sum((Z + B.reshape(Z.shape)) ** 2)",
    "hstack": "Z = np.hstack(h); return np.sum((Z + B.reshape(Z.shape)) ** 2)",
    "stack, axis 1": "Z = np.stack(h, axis=1) + np.moveaxis(B, 0, 1); return np.sum(Z * Z)",
    "stack, last axis": "Z = np.stack(h, axis=-1); return np.sum(Z * np.moveaxis(B, 0, -1))",
    "mean, axis 1": "return np.sum(np.mean(np.array(h), axis=1) ** 2) + np.sum(B)",
    "sum, last axis": "return np.sum(np.sum(h, axis=-1) * B[..., 0])",
    "matmul": (
        "Z = np.array(h) @ np.swapaxes(B, -1, -2) + np.array(h)[..., :1]; return np.sum(Z * Z)"
    ),
    "column": "return np.sum(np.array(h)[:, 1] * B[:, 1])",
}
GIVEN = {
    "list": "h",
    "array": "np.array(h)",
    "stack": "np.stack(h)",
    "both": "np.array(h), h[-1]",
    "two": "np.array(h), np.stack(h)",
    "part": "np.array(h)[1:] * 1.0",
    "turned": "np.array(h)[::-1].T",
    "sum": "sum(h)",
    "mean": "np.mean(h, axis=0)",
    "with B": "np.array(h) + B",
    "list besides": "h, np.array(h) * B",
}
GIVEN_VECTORS = {
    "concatenate": "np.concatenate(h)",
    "vstack": "np.vstack(h)",
    "hstack": "np.hstack(h)",
    "stack, axis 1": "np.stack(h, axis=1)",
}
KINDS = {
    "vectors": (3,),
    "matrices": (2, 3),
    "numbers": None,
    "one element": (1,),
}


def arguments(kind, seed=0):
    rng = np.random.default_rng(seed)
    shape = KINDS[kind]
    if shape is None:
        return (0.8, 0.6, rng.uniform(0.4, 1.3, size=4))
    sizes = (shape, shape, (4, *shape))
    return tuple(rng.uniform(0.4, 1.3, size=size) for size in sizes)


def program(build, end):
    lines = "\n    ".join(part.strip() for part in end.split(";"))
    f, _ = make(f"{SCOPE}\ndef f(a, c, B):{BUILD[build]}\n    {lines}\n")
    return f


def checked(failed, name, check):
    """Runs a check and notes how it fails, so that one use does not hide the others."""
    try:
        check()
    except Exception as error:
        failed.append(f"{name}: {type(error).__name__}: {error}")


@pytest.mark.parametrize("build", BUILD)
def test_gradients(build):
    """Every use is seen with some of the ways of building, others with the next use."""
    failed = []
    uses = {**USE, **OF_VECTORS}
    for name in one_of(5, uses, [*BUILD].index(build)):
        use = uses[name]
        case = Case(program(build, use), arguments("vectors"), (0, 1, 2), rtol=1e-5)
        checked(failed, name, case.run)
    assert not failed, "\n".join(failed)


@pytest.mark.parametrize("kind", ["matrices", "numbers", "one element"])
@pytest.mark.parametrize("build", BUILD)
def test_gradients_of_other_kinds(build, kind):
    """Each use with some ways of building, others for each kind."""
    used = {**USE, **(OF_VECTORS if kind == "matrices" else {})}
    first = [*BUILD].index(build) + [*KINDS].index(kind)
    failed, step = [], examples(16, 8)
    for name in [*used][first % step :: step]:
        if kind == "numbers" and name in NOT_OF_NUMBERS:
            continue
        case = Case(program(build, used[name]), arguments(kind), (0, 1, 2), rtol=1e-5)
        checked(failed, name, case.run)
    assert not failed, "\n".join(failed)


def cotangent(value, rng):
    """A random cotangent of a value, in containers of its own."""
    if isinstance(value, list | tuple):
        return type(value)(cotangent(item, rng) for item in value)
    bar = rng.normal(size=np.shape(value))
    return bar if isinstance(value, np.ndarray) else float(bar)


@pytest.mark.parametrize("build", BUILD)
def test_pullbacks(build):
    """Every way of giving the list is seen with half of the ways of building."""
    failed = []
    given = {**GIVEN, **GIVEN_VECTORS}
    for name in one_of(2, given, [*BUILD].index(build)):
        f = program(build, f"return {given[name]}")
        kind = "numbers" if build == "+" and name not in GIVEN_VECTORS else "vectors"
        checked(failed, name, partial(check_pullback, f, arguments(kind)))
    assert not failed, "\n".join(failed)


def check_pullback(f, args):
    rng = np.random.default_rng(1)
    y_bar = cotangent(f(*args), rng)
    kept, twin = copy.deepcopy(y_bar), copy.deepcopy(args)
    _, pullback = vjp(f, *args)
    gradient = pullback(y_bar)
    assert same(y_bar, kept), "the cotangent was changed"
    assert same(args, twin), "an argument was changed"
    assert_owned(gradient, (args, y_bar), f)
    first = copy.deepcopy(gradient)
    for leaf in leaves(gradient):
        if isinstance(leaf, np.ndarray):
            leaf[...] = 17
    assert same(pullback(y_bar), first), "the second call gives something else"

    def total(*args):
        pairs = zip(leaves(f(*args)), leaves(kept), strict=True)
        return sum(np.sum(value * bar) for value, bar in pairs)

    direction = [rng.normal(size=np.shape(arg)) for arg in args]
    ends = [
        total(*(arg + step * d for arg, d in zip(args, direction, strict=True)))
        for step in (1e-6, -1e-6)
    ]
    slope = sum(np.sum(bar * d) for bar, d in zip(first, direction, strict=True))
    np.testing.assert_allclose(slope, (ends[0] - ends[1]) / 2e-6, rtol=1e-6, atol=1e-6)
