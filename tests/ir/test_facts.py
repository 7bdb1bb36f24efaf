"""What is kept with the nodes of a program is what would be derived from them now."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, pipeline
from srcgrad.dispatch import Dispatch
from srcgrad.ir.facts import Node, drop_facts, fact, note, noted
from srcgrad.ir.nodes import Block, Const, Function, Store, Var
from srcgrad.ir.walk import (
    Copier,
    blocks,
    free_in_block,
    map_block,
    statements,
    substitute,
    used,
)
from srcgrad.transform.simplify.dead import remove_dead_in
from tests.fuzz.check import OK, check
from tests.fuzz.generate import program
from tests.ir.build import LOC, apply, vector
from tests.parts import batches
from tests.systems import systems

SYSTEMS = systems()


def nodes(function: Function) -> Iterator[Node]:
    yield function
    yield function.body
    for stmt in statements(function.body.body):
        yield stmt
        yield from blocks(stmt)


def facts(node: Node) -> Mapping[Any, Any]:
    return getattr(node, "_facts", None) or {}


def in_order(value: Any) -> Any:
    return list(value.items()) if isinstance(value, Mapping) else value


def block() -> tuple[Block, Var, Var]:
    """``a = sin(x); b = a * y; a[:] = b; return b``."""
    x, y = vector("x"), vector("y")
    a, b = vector("a"), vector("b")
    body = (apply(a, np.sin, x), apply(b, np.multiply, a, y), Store(a, None, b, False, LOC))
    return Block((), body, (b,)), x, y


# --- the compiler -------------------------------------------------------------------------------


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """All facts are derived again after each pass; what was found is collected."""
    found: list[Any] = []

    def observe(name: str, function: Function) -> None:
        for node in nodes(function):
            for derive, value in list(facts(node).items()):
                found.append(derive)
                if callable(derive):
                    assert in_order(derive(node)) == in_order(value), (name, derive)
                else:
                    assert isinstance(node, Block)
                    again = replace(node)
                    assert remove_dead_in(again) is again, (name, derive)

    monkeypatch.setattr(pipeline, "observer", observe)
    monkeypatch.setattr(Dispatch, "_known", {})
    return found


@pytest.mark.parametrize("name", SYSTEMS)
def test_facts_hold_after_each_pass(name, checked):
    SYSTEMS[name].compile().lower(*SYSTEMS[name].args)
    assert len(set(checked)) > 5


@pytest.mark.parametrize("seed", batches(2, 12))
def test_facts_hold_in_random_programs(seed, checked):
    assert check(program(seed)).kind == OK
    assert len(set(checked)) > 5


def test_programs_that_are_kept_keep_no_facts(checked):
    def f(x):
        for _ in range(3):
            x = np.sin(x) * x
        return np.sum(x)

    gradient = grad(f)
    gradient(np.ones(3))
    assert checked
    (made,) = gradient.dispatch().specialisations
    for function in (made.primal, made.adjoint):
        assert not any(facts(node) for node in nodes(function))


# --- facts --------------------------------------------------------------------------------------


def test_a_fact_is_derived_once_for_each_node():
    derived = []

    @fact
    def size(node: Block) -> int:
        derived.append(node)
        return len(node.body)

    first, _, _ = block()
    second = replace(first)
    assert [size(first), size(first), size(second)] == [3, 3, 3]
    assert derived == [first, second]
    drop_facts(first)
    assert size(first) == 3 and len(derived) == 3


def test_what_cannot_be_derived_is_not_kept():
    @fact
    def failing(node: Block) -> int:
        raise ValueError("once more")

    one, _, _ = block()
    for _ in range(2):
        with pytest.raises(ValueError, match="once more") as caught:
            failing(one)
        assert caught.value.__context__ is None


def test_notes_belong_to_the_node_that_they_were_taken_of():
    one, _, _ = block()
    note(one, "seen")
    assert noted(one, "seen") and not noted(replace(one), "seen")
    assert not noted(one, "something else")


def test_threads_may_ask_at_once():
    function, x, y = block()
    found: list[Any] = []
    threads = [
        threading.Thread(target=lambda: found.append(free_in_block(function))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [list(free) for free in found] == [[x, y]] * 8


# --- what is left as it is, is the same ---------------------------------------------------------


def test_nothing_renamed_is_the_same_block():
    one, x, _ = block()
    assert map_block(one, lambda var: var) is one
    assert substitute(one, {Var("z"): Const(1.0)}) is one
    other = substitute(one, {x: Const(1.0)})
    assert other.body[0] is not one.body[0] and other.body[1:] == one.body[1:]
    assert used(other.body[0]) == ()


def test_a_copy_shares_no_statement():
    one, _, _ = block()
    copy = Copier({}).block(one)
    assert not set(copy.body) & set(one.body)
