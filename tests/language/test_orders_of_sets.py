"""The order in which a set comes: that of Python's set, however it was made and changed."""

from __future__ import annotations

import copy
import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srcgrad import UnknownTypeError, grad, value_and_grad
from srcgrad.errors import CertainError
from tests.parts import examples
from tests.slopes import slopes

X = np.linspace(0.4, 1.5, 9)
FROZEN = frozenset([24, 8, 16, 0])
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def operators(x):
    s = 0.0
    for k in {15, 7} - {3}:
        s = s * 0.7 + x[k % 6] * k
    for k in ({8, 0} | {16}) ^ {33, 1}:
        s = s * 0.7 + x[k % 6] * k
    for k in {8: 1, 0: 2, 16: 3}.keys() & {16, 24, 8, 0}:
        s = s * 0.7 + x[k % 6] * k
    return s


@program
def constants(x):
    """Three constants or more, and what a loop runs over, are frozensets when Python starts."""
    s = 0.0
    for k in {24, 8}:
        s = s * 0.7 + x[k % 7]
    for k in [j for j in {16, 8, 0}]:
        s = s * 0.7 + x[k % 7]
    some = {16, 8, 8 * 3, 40}
    for k in some:
        s = s * 0.7 + x[k % 7]
    n = 16
    for k in {n, 8, 0, *[24, 32], 40}:
        s = s * 0.7 + x[k % 7]
    return s + sum([x[k % 7] / (1 + i) for i, k in enumerate({8, 0, -8, -16})])


@program
def what_was_taken_out(x):
    s = 0.0
    some = set(range(20))
    for k in range(15):
        some.discard(k)
    some.add(8)
    some.remove(17)
    some.add(49)
    for k in some:
        s = s * 0.7 + x[k % 8]
    for k in some.copy():
        s = s * 0.7 + x[k % 8]
    for k in some | {24}:
        s = s * 0.7 + x[k % 8]
    for k in copy.copy(some) - {15, 24, 3}:
        s = s * 0.7 + x[k % 8]
    some.clear()
    some.update([16, 8], {0: 1, 24: 2}, {-8})
    for k in set(some):
        s = s * 0.7 + x[k % 8]
    return s


@program
def changed_in_place(x):
    s = 0.0
    some = {7, 15}
    others = some
    some |= {23, 31}
    some &= {31, 23, 7, 5, 15}
    some ^= {1, 7}
    some -= {2, 1}
    for k in others:
        s = s * 0.7 + x[k % 8]
    some -= {31: 0}.keys()  # which is another one from here on
    for k in some:
        s = s * 0.7 + x[k % 8]
    return s * len(others)


@program
def frozen_ones_are_not_changed(x):
    s = 0.0
    some = frozenset([16, 8, 0])
    others = some
    some |= {24}
    for k in others:
        s = s * 0.7 + x[k % 7]
    for k in some - {0, 3}:
        s = s * 0.7 + x[k % 7]
    if isinstance(some & {24}, frozenset) and not isinstance({24} & some, frozenset):
        s *= 2
    return s * (3 if hasattr(some, "add") else 5)


@program
def pops(x):
    s = x[8]
    todo, seen = {24, 8}, set()
    while todo:
        k = todo.pop()
        s = s * 0.7 + x[k % 7]
        seen.add(k)
        for j in ((k * 3 + 1) % 41, (k + 16) % 41):
            if j not in seen and len(seen) + len(todo) < 9:
                todo.add(j)
    return s


@program
def of_one_element(x):
    """Which comes in one order only."""
    some = {8, 0}
    if x[0] > 0:
        some.discard(8)
    else:
        some.remove(8)
    return sum(x[k] ** 2 for k in some)


@program
def alike_in_both_arms(x):
    some, s = {5}, x[0]
    if x[0] > 0:
        some.update({1, 2})
    else:
        some.add(1)
        some.add(2)
    for k in some:
        s = s * 0.7 + x[k % 7]
    return s * len(some | {9}) * max(some - {5})


@program
def from_outside(x):
    s = 0.0
    for k in FROZEN | {32}:
        s = s * 0.7 + x[k % 7]
    for k in {40, 8} | FROZEN:
        s = s * 0.7 + x[k % 7]
    return s


@program
def frozensets_as_keys(x):
    weights, done, s = {frozenset((0, 1)): x[2], frozenset((1, 8)): 3.0}, set(), 0.0
    weights[frozenset((1, 0))] *= 2.0
    for i in range(3):
        for j in range(3):
            pair = frozenset((i, j))
            if pair in done or len(pair) < 2:
                continue
            done.add(pair)
            s = s * 0.7 + x[i] * x[j] * weights.get(pair, 0.5)
    for pair, weight in weights.items():
        for k in pair | {16}:
            s = s * 0.7 + x[k % 7] * weight
        if pair <= {0, 1, 2} and 1 in pair and pair.isdisjoint({5}):
            s *= 2
    first, *others = sorted(done | {frozenset({8, 0, 16})}, key=len, reverse=True)
    for k in first:
        s = s * 0.7 + x[k % 7]
    return s * len(others) * {(1, frozenset("a")): 2.0}[1, frozenset("a")]


LABELS = np.array([7, 23, 15, 0, 8, 23, -8, 16, 7])


def of_a_list(x, labels):
    """What Python makes of a list, the program makes when it runs."""
    found = labels.tolist()
    kinds, fixed, s = set(found), frozenset([int(k) % 20 for k in labels]), 0.0
    found.append(99)
    for k in kinds:
        s = s * 0.7 + x[k % 7]
    copied, kept = kinds.copy(), kinds
    kept.add(99)
    for i, k in enumerate(copied):
        s = s * 0.7 + x[k % 7] * i
    for k in fixed.copy():
        s = s * 0.7 + x[k % 7] * len(found)
    others = {k: x[k % 7] for k in set(copied)}
    for k, v in others.items():
        s = s * 0.7 + v * k
    return s * len(kinds) * (2 if fixed is fixed.copy() else 3)


@pytest.mark.parametrize("shift", range(4))
def test_of_a_list(shift):
    labels = np.roll(LABELS, shift) - 3 * shift
    value, found = value_and_grad(of_a_list)(X, labels)
    np.testing.assert_allclose(value, of_a_list(X, labels), rtol=1e-14)
    wanted = slopes(lambda x: of_a_list(x, labels), X)
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("made", [lambda u: u | {8}, lambda u: u - {1}, lambda u: {*u, 8}])
def test_what_is_made_of_it(made):
    def f(x, labels):
        return sum(x[k % 7] / (i + 1) for i, k in enumerate(made(set(labels.tolist()))))

    value, found = value_and_grad(f)(X, LABELS)
    np.testing.assert_allclose(value, f(X, LABELS), rtol=1e-14)
    np.testing.assert_allclose(found, slopes(lambda x: f(x, LABELS), X), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    value, found = value_and_grad(f)(X)
    np.testing.assert_allclose(value, f(X), rtol=1e-14)
    np.testing.assert_allclose(found, slopes(f, X), rtol=1e-6, atol=1e-7)


def test_one_from_outside_that_is_laid_out_otherwise():
    """A set with the same elements in the same order, of which a copy has another order."""
    places: Any = {15, 7}

    def f(x):
        s = 0.0
        for k in places | {23}:
            s = s * 0.7 + x[k % 7]
        return s

    derivative = value_and_grad(f)
    larger = {15, 7, *range(16, 60)}
    larger.difference_update(range(16, 60))
    for places in ({15, 7}, {7, 15}, larger, {15, 7}):
        assert derivative(X)[0] == f(X)


@pytest.mark.parametrize("f", [lambda x: {1} | [2], lambda x: x[0] * len(frozenset() & (1,))])
def test_operators_take_sets_alone(f):
    with pytest.raises(TypeError) as wanted:
        f(X)
    with pytest.raises(CertainError) as caught:
        grad(f)(X)
    assert str(wanted.value) in caught.value.message


def test_the_order_depends_on_data():
    def f(x):
        some = {7, 15}
        if x[0] > 0:
            some = {15, 7}
        s = x[0] * (7 in some) * len(some) * sum(sorted(some))
        for k in some:
            s = s * 0.7 + x[k % 7]
        return s

    with pytest.raises(UnknownTypeError, match="or order, only running the program") as caught:
        grad(f)(X)
    assert "sorted(elements)" in caught.value.hint


def test_which_one_a_pop_gives_depends_on_data():
    def f(x):
        some = {1, 2}
        if x[0] > 0:
            some.add(3)
        return x[some.pop()] ** 2

    for x in (X, -X):
        value, found = value_and_grad(f)(x)
        np.testing.assert_allclose(value, f(x), rtol=1e-14)
        np.testing.assert_allclose(found, slopes(f, x), rtol=1e-6, atol=1e-7)


# --- drawn at random ------------------------------------------------------------------------------

HEAD = """
import copy


def weight(k):
    if isinstance(k, tuple):
        return 0.3 + 0.1 * len(k) + 0.01 * sum(k)
    return 0.77 if isinstance(k, bool) else 0.5 + 0.11 * (k % 101)


def f(x):
    s = x[0]
    d = {3: 1, 8: 2, 0: 1}
    a, b = {8, 0, 3}, set(range(5))
"""
ELEMENTS = (
    *(0, 1, 2, 3, 7, 8, 9, 15, 16, 24, 32, 40, 100, -1, -2, -8, 2**61 - 1, 2**61, 10**18),
    *(True, False, 1.0, 2.5, -1.0, (), (0, 1), (8, 0), (-1, -2)),
)
element = st.sampled_from(ELEMENTS).map(str)
names = st.sampled_from("ab")


def joined(pattern: str, *parts: Any) -> Any:
    """Draws what is written so."""
    return st.tuples(*parts).map(lambda found: pattern.format(*found))


several = st.lists(element, min_size=1, max_size=7).map(", ".join)
displays = joined("{{{}}}", several) | joined("{{*{}, {}, x.size}}", names, several)
sets = names | displays | st.just("d.keys()") | joined("frozenset([{}])", several)
iterables = sets | joined("[{}]", several) | joined("range({})", st.integers(0, 20)) | st.just("d")
made = (
    joined("{} {} {}", sets, st.sampled_from("|&-^"), sets).map(lambda text: f"set({text})")
    | joined("{} {} {}", names, st.sampled_from("|&-^"), sets)
    | joined("set({})", iterables)
    | joined("{}.{}({}, {})", names, st.sampled_from(("union", "difference")), iterables, sets)
    | joined("{{k for k in {} if k}}", sets)
    | joined("copy.{}({})", st.sampled_from(("copy", "deepcopy")), names)
)
statement = (
    joined("{}.{}({})", names, st.sampled_from(("add", "discard")), element)
    | joined("if {0}: s = s * 0.7 + weight({0}.pop()) * x[1]", names)
    | joined("{}.update({}, {})", names, iterables, iterables)
    | joined("{}.{}_update({})", names, st.sampled_from(("difference", "intersection")), iterables)
    | joined("{} {}= {}", names, st.sampled_from("|&-^"), sets)
    | joined("for k in range({1}): {0}.discard(k)", names, st.integers(1, 12))
    | joined("for k in {}: s = s * 0.7 + weight(k) * x[2]", sets)
    | joined("{} = {}", names, made)
    | joined("{}.clear()", names)
)


@settings(max_examples=examples(10, 3000))
@given(st.lists(statement, min_size=1, max_size=8))
def test_programs_drawn_at_random(tmp_path_factory, lines):
    for name in "ab":
        lines.append(f"for k in {name}: s = s * 0.7 + weight(k) * x[3]")
    text = HEAD + "".join(f"    {line}\n" for line in lines) + "    return s\n"
    f = _loaded(tmp_path_factory.mktemp("drawn"), text).f
    value, found = value_and_grad(f)(X)
    np.testing.assert_allclose(value, f(X), rtol=1e-14, err_msg=text)
    np.testing.assert_allclose(found, slopes(f, X), rtol=1e-6, atol=1e-6, err_msg=text)


def _loaded(folder: Path, text: str) -> ModuleType:
    path = folder / "drawn_sets.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("times", [2, 3])
def test_a_module_that_was_compiled_before(tmp_path, times):
    """What Python has stored of a module has the frozensets of its constants in another order."""
    text = HEAD + "    for k in {24, 16, 8, 0, 32, 40, 48}: s = s * 0.7 + weight(k)\n    return s\n"
    for _ in range(times):
        f = _loaded(tmp_path, text).f
        assert value_and_grad(f)(X)[0] == f(X)
