"""Objects that data choose among those to which other names lead: ``best = a if x > y else b``.

There is an object for what the name leads to, whose content is chosen where the name is bound, and
a number of the program that says which one it is::

    if x > y:
        v, which = a_v, 0
    else:
        v, which = b_v, 1

A change of it is a change of whichever it is, and a change of one of those is one of it if that is
the one: what is in any of them is always what Python would find there::

    v = v * 0.5                 # best.v = best.v * 0.5
    if which == 0: a_v = v
    if which == 1: b_v = v

Two such objects are one if their numbers are equal.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc
from srcgrad.ir import lists as ops
from srcgrad.ir.nodes import Block, Const, If, Operand, Pack, Var
from srcgrad.specialise import branches, lists, lists_in_dicts, tested
from srcgrad.specialise.contents import Content
from srcgrad.specialise.heap import crowded
from srcgrad.specialise.join import same
from srcgrad.specialise.values import PerhapsOf, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def write(sp: Specialiser, ref: Ref, content: Content, loc: Loc, inside: bool = False) -> None:
    """Changes what is in an object, and in those that may be the same; with ``inside``, what is in
    a list in it.

    Raises
    ------
    OneOfTwo
        If one of them is sealed.
    UnknownTypeError
        If the change gives them different structures.
    UnsupportedSyntaxError
        If there are too many.
    """
    if not inside:
        lists_in_dicts.moved(sp, ref, content)
    sp.heap.note_change(ref, loc)
    if ref in sp.heap.parts:
        lists_in_dicts.write(sp, ref, content, loc)
        return
    sp.heap.refuse_sealed(ref, loc, content)
    old = sp.heap.contents[ref]
    sp.heap.contents[ref] = content
    if same(old, content):
        return
    done = {ref}
    for _ in range(_MAX_ROUNDS):
        others = [other for other in sp.heap.aliases(ref) if other not in done]
        if not others:
            return
        if sp.heap.is_crowded():
            break
        _write_others(sp, ref, _inner_first(sp, others), old, done, loc)
    raise crowded(loc)


_MAX_ROUNDS = 8


def _inner_first(sp: Specialiser, refs: list[Ref]) -> list[Ref]:
    """Objects in an order in which those come first that others of them lead to."""
    found: dict[Ref, None] = {}

    def visit(value: Value, around: tuple[Ref, ...]) -> None:
        if isinstance(value, Pack):
            for item in value.items:
                visit(item, around)
        elif isinstance(value, PerhapsOf):
            visit(value.content, around)
        elif isinstance(value, Ref) and value not in around and value not in found:
            visit(sp.heap.contents[value], (*around, value))
            if value in refs:
                found[value] = None

    for ref in refs:
        visit(ref, ())
    return list(found)


def _write_others(
    sp: Specialiser, ref: Ref, others: list[Ref], old: Content, done: set[Ref], loc: Loc
) -> None:
    """Changes those of the other objects that are the one which is no longer ``old``.

    An object that this makes to stand for one of two is ``done`` as well, if these are, or are not
    concerned.
    """
    content = sp.heap.contents[ref]
    arms: dict[Operand, tuple[list[Ref], list[Ref]]] = {}
    for other in others:
        cond, holds = _test(sp, ref, other, loc)
        arms.setdefault(cond, ([], []))[0 if holds else 1].append(other)
    for cond, (if_true, if_false) in arms.items():
        before, nothing = sp.heap.save(), Block((), (), ())
        then = _changed_in_arm(sp, old, content, if_true, loc)
        orelse = _changed_in_arm(sp, old, content, if_false, loc)
        stmt = If((), cond, nothing, nothing, loc)
        branches.emit(sp, stmt, cond, (then, orelse), before, sp.running[-1].frame, loc)
        done.update(if_true, if_false)
        concerned = set(sp.heap.aliases(ref))
        for made in concerned - before.keys():
            if all(each in done or each not in concerned for each in sp.heap.made_of[made]):
                done.add(made)


def _changed_in_arm(
    sp: Specialiser, old: Content, new: Content, refs: list[Ref], loc: Loc
) -> branches.Arm:
    """An arm in which objects turn from ``old`` to ``new``."""
    contents = sp.heap.save()
    with sp.builder.nested() as body:
        for ref in refs:
            contents[ref] = _changed(sp, old, new, contents[ref], loc)
    return branches.Arm(body, (), contents)


def _changed(sp: Specialiser, old: Content, new: Content, mine: Content, loc: Loc) -> Content:
    """What is in an object that turns from ``old`` to ``new``, where it is called ``mine`` now.

    What stays as it is keeps its names, and a list gets what the other got.
    """
    if isinstance(old, Var) and isinstance(new, Var):
        made = sp.builder.definitions.get(new)
        if made is not None and made.op in _CHANGES and made.args[0] is old:
            xs = lists.as_list(sp, mine, loc)
            return sp.builder.apply(made.op, (xs, *made.args[1:]), (), loc)  # type: ignore[return-value]
    if not (isinstance(old, Pack) and isinstance(new, Pack) and isinstance(mine, Pack)):
        return new
    if new.kind is set or not old.kind is new.kind is mine.kind:
        return new
    if new.kind is list:
        if not len(old.items) == len(new.items) == len(mine.items):
            return new
        rows = zip(old.items, new.items, mine.items, strict=True)
        return Pack(list, tuple(m if same(o, n) else n for o, n, m in rows))
    before, entries = (dict(zip(p.keys, p.items, strict=True)) for p in (old, mine))
    for key, item in zip(new.keys, new.items, strict=True):
        if key not in before or not same(before[key], item):
            entries[key] = item
    for key in before.keys() - set(new.keys):
        entries.pop(key, None)
    return Pack(new.kind, tuple(entries.values()), tuple(entries))


_CHANGES: tuple[Any, ...] = (ops.list_append, ops.list_extend, ops.list_insert, ops.list_set)
_CHANGES += (ops.list_without, ops.list_without_last)


def _test(sp: Specialiser, a: Ref, b: Ref, loc: Loc) -> tuple[Operand, bool]:
    """A condition, and whether it is true, or false, where two objects are one."""
    numbers = [sp.heap.choice(ref).which for ref in (a, b)]
    for which, number in (numbers, numbers[::-1]):
        if isinstance(which, Var) and isinstance(number, Const):
            found = sp.found_out.arm_of(which, number.value)
            if found is not None:
                return found
            return sp.builder.apply(operator.eq, (which, number), (), loc), True
    return sp.builder.apply(operator.eq, tuple(numbers), (), loc), True


def are_one(sp: Specialiser, a: Ref, b: Ref, loc: Loc) -> Operand:
    """``a is b``."""
    if b not in sp.heap.aliases(a):
        return Const(False)
    cond, holds = _test(sp, a, b, loc)
    return sp.builder.apply(bool, (cond,), (), loc) if holds else tested.negated(sp, cond, loc)
