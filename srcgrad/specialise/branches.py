"""Branches: an arm each on its own copy of the heap, and one ``If`` that joins what they give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from srcgrad.errors import CertainError, Loc, UnknownTypeError, UnsupportedSyntaxError
from srcgrad.ir.nodes import (
    UNDEFINED,
    Block,
    Const,
    ForEach,
    If,
    Operand,
    Pack,
    Raise,
    Stmt,
    Try,
    Var,
    While,
    always_raises,
)
from srcgrad.ir.walk import targets
from srcgrad.specialise import (
    chains,
    conditions,
    lists,
    long_tuples,
    opened,
    options,
    own_attributes,
    provisional,
    put_there,
    reach,
    to_the_end,
)
from srcgrad.specialise.cells import lose
from srcgrad.specialise.contents import Content
from srcgrad.specialise.join import same
from srcgrad.specialise.open_calls import Unsettled
from srcgrad.specialise.phis import Phis
from srcgrad.specialise.values import Held, NeedsValue, Ref, Value, is_undefined

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Frame, Specialiser


@dataclass(frozen=True)
class Arm:
    """A finished arm of a branch: its statements, the values it gives, and the heap after it."""

    body: list[Stmt]
    values: Sequence[Value]
    heap: dict[Ref, Content]


def branch(sp: Specialiser, stmt: If, frame: Frame) -> None:
    """Emits an ``if``, or the arm of it that is known to be taken."""
    loc = sp.place_of(stmt)
    cond = conditions.truth(sp, sp.value(stmt.cond, frame, loc), loc)
    if isinstance(cond, bool):
        sp.decisions.took(stmt, cond)
        results = sp.run(stmt.then if cond else stmt.orelse, frame, loc)
        frame.values.update(zip(stmt.targets, results, strict=True))
        return
    to_the_end.need_known(sp, cond)
    sp.decisions.took(stmt, True, False)
    cond, holds = sp.found_out.behind(cond)
    blocks = (stmt.then, stmt.orelse) if holds else (stmt.orelse, stmt.then)
    if stmt.then.diverges or stmt.orelse.diverges:
        _guard(sp, stmt, cond, blocks, frame, loc)
        return
    before, sealed = sp.heap.save(), set(sp.heap.sealed)
    with sp.builder.nested() as then, sp.cells.restored() as changed:
        sp.found_out.learn(cond, True)
        yes = run_arm(sp, blocks[0], frame, loc)
    left = sp.heap.save()
    if ends(then):
        undo(sp, before, sealed, loc)
        _go_on(sp, stmt, cond, (then, []), blocks[1], frame, loc)
        return
    sp.heap.restore(before)
    with sp.builder.nested() as orelse, sp.cells.restored() as also_changed:
        sp.found_out.learn(cond, False)
        no = run_arm(sp, blocks[1], frame, loc)
    right = sp.heap.save()
    if ends(orelse):
        undo(sp, before, sealed, loc)
        _go_on(sp, stmt, cond, ([], orelse), blocks[0], frame, loc)
        return
    lose((*changed, *also_changed), loc)
    if yes is None and no is None:
        raise Unsettled
    # These statements are not kept: what counts is what is known of the values.
    left, right = (right if yes is None else left), (left if no is None else right)
    yes, no = _or_nothing(yes, no), _or_nothing(no, yes)
    arms = Arm(then, yes, left), Arm(orelse, no, right)
    emit(sp, stmt, cond, arms, before, frame, loc)


def _go_on(
    sp: Specialiser,
    stmt: If,
    cond: Operand,
    raising: tuple[list[Stmt], list[Stmt]],
    other: Block,
    frame: Frame,
    loc: Loc,
) -> None:
    """Emits the arm that raises; what the other does follows it, unnested."""
    then, orelse = raising
    arms = Block((), tuple(then), ()), Block((), tuple(orelse), ())
    sp.builder.emit(If((), cond, *arms, loc))
    sp.found_out.learn(cond, not then)
    results = sp.run(other, frame, loc)
    frame.values.update(zip(stmt.targets, results, strict=True))


def undo(sp: Specialiser, before: dict[Ref, Content], sealed: set[Ref], loc: Loc) -> None:
    """Goes back to where an arm began that raises.

    What is sealed there, since the exception has it, stays so if there may be somebody to look.
    """
    refuse_lost(sp, before, loc)
    sp.heap.roll_back(before, sp.heap.sealed if is_trying(sp.running) else sealed)


def is_trying(running: Sequence[reach.Running]) -> bool:
    """Whether a block is run in a ``try``."""
    return any(isinstance(r.now, Try) for r in running)


def refuse_lost(
    sp: Specialiser,
    before: dict[Ref, Content],
    loc: Loc,
    running: Sequence[reach.Running] | None = None,
) -> None:
    """What is done to containers before a raise is not kept; the handlers of a ``try`` may see it.

    ``running`` are the blocks out of which it raises: all that are being run.
    """
    if seen_by_handlers(sp, before, running):
        message = "this changes a container, and raises after that, in a 'try'"
        raise UnsupportedSyntaxError(message, loc, "change it before the 'try', or in its handlers")


def seen_by_handlers(
    sp: Specialiser, before: dict[Ref, Content], running: Sequence[reach.Running] | None = None
) -> set[Ref]:
    """The objects that are not any more what they were ``before``, and that handlers of a ``try``
    around can get at, or what follows those."""
    blocks = sp.running if running is None else running
    others = changed(sp, before)
    if not others or not is_trying(blocks):
        return set()
    seen = reach.handled(sp, blocks, sp.heap.contents)
    return others if seen is None else others & seen


def changed(sp: Specialiser, before: dict[Ref, Content]) -> set[Ref]:
    """The objects that are not any more what they were ``before``."""
    now = sp.heap.contents
    return {ref for ref, content in before.items() if now[ref] is not content}


def run_arm(sp: Specialiser, block: Block, frame: Frame, loc: Loc) -> tuple[Value, ...] | None:
    """The results of an arm.

    None if they rest on a recursion of which nothing is known, or the arm certainly raises: it then
    ends in what it raises.  None too if there is an error that the next round of a loop may not
    find.
    """
    sealed = set(sp.heap.sealed)
    try:
        return sp.run(block, frame, loc)
    except Unsettled:
        return None
    except CertainError as error:
        raise_in_arm(sp, error, frame, loc)
        return None
    except (UnknownTypeError, UnsupportedSyntaxError, NeedsValue) as error:
        if not provisional.put_off(sp, error):
            raise
        sp.heap.sealed = sealed
        return None


def raise_in_arm(sp: Specialiser, error: CertainError, frame: Frame, loc: Loc) -> None:
    """Emits what an arm certainly raises, in the place of the rest of it."""
    if frame.scope.trusted:
        raise error  # a rule that does not fit is no rule
    emit_raise(sp, error, loc)


def emit_raise(sp: Specialiser, error: CertainError, loc: Loc) -> None:
    """Emits the statement that raises what the program certainly raises here, if it gets here."""
    _emit_raise(sp, error.original, error.loc or loc)


def _emit_raise(sp: Specialiser, error: Exception, loc: Loc) -> None:
    sp.builder.emit(Raise(made_again(sp, error, loc), None, loc))


def made_again(sp: Specialiser, error: Exception, loc: Loc, name: str = "") -> Operand:
    """Emits the making of an error that is known, but for operands of the program among its
    arguments; what handlers may read of it is in it."""
    kwargs: tuple[tuple[str, Operand], ...] = ()
    if isinstance(error, AttributeError | NameError) and is_trying(sp.running):
        kwargs = (("name", Const(error.name)),)
    args = tuple(arg if isinstance(arg, Var | Pack) else Const(arg) for arg in error.args)
    return sp.builder.apply(type(error), args, kwargs, loc, name)


def raise_if(sp: Specialiser, cond: Operand, error: Exception, loc: Loc) -> None:
    """Emits a branch that raises ``error``, unless it is known that it is not taken."""
    if isinstance(cond, Const) and not cond.value:
        return
    with sp.builder.nested() as body:
        _emit_raise(sp, error, loc)
    sp.builder.emit(If((), cond, Block((), tuple(body), ()), Block((), (), ()), loc))
    sp.found_out.learn(cond, False)


def ends(body: list[Stmt]) -> bool:
    return bool(body) and always_raises(body[-1])


def _or_nothing(
    results: tuple[Value, ...] | None, others: tuple[Value, ...] | None
) -> tuple[Value, ...]:
    """The results of an arm; where they are not known, nothing, and the containers of the other."""
    if results is not None:
        return results
    return tuple(v if isinstance(v, Pack | Held) else Const(UNDEFINED) for v in others or ())


def _guard(
    sp: Specialiser,
    stmt: If,
    cond: Operand,
    blocks: tuple[Block, Block],
    frame: Frame,
    loc: Loc,
) -> None:
    """An ``if`` that raises in one arm: what the other arm does follows it, unnested."""
    arms: list[Block] = []
    before, sealed = sp.heap.save(), set(sp.heap.sealed)
    then, orelse = blocks
    for block in blocks:
        with sp.builder.nested() as raising, sp.cells.restored():
            sp.found_out.learn(cond, block is then)
            if block.diverges:
                run_arm(sp, block, frame, loc)  # which may raise something else than it says
                undo(sp, before, sealed, loc)
        arms.append(Block((), tuple(raising), ()))
    sp.builder.emit(If((), cond, arms[0], arms[1], loc))
    if then.diverges and orelse.diverges:
        if not all(ends(list(arm.body)) for arm in arms):
            raise Unsettled
        frame.values.update((target, Const(UNDEFINED)) for target in stmt.targets)
        return
    sp.found_out.learn(cond, not then.diverges)
    results = sp.run(orelse if then.diverges else then, frame, loc)
    frame.values.update(zip(stmt.targets, results, strict=True))


def emit(
    sp: Specialiser,
    stmt: If | ForEach | While,
    cond: Operand,
    arms: tuple[Arm, Arm],
    before: dict[Ref, Content],
    frame: Frame,
    loc: Loc,
    caught: Operand | None = None,
) -> None:
    """Emits an ``If`` of two finished arms, for ``stmt``; ``before`` is the heap before them.

    With ``caught``, it is a ``Try``.
    """
    then, orelse = arms
    agreed = [a for a, b in zip(then.values, orelse.values, strict=True) if same(a, b)]

    def is_held(ref: Ref, heap: dict[Ref, Content]) -> bool:
        found = reach.held(sp, stmt, heap, agreed)
        return found is None or ref in found

    def alike(a: Any, b: Any) -> tuple[Any, Any]:
        some = opened.in_some_order(a, b)
        if some is not None:
            return some, some
        filled = own_attributes.filled
        a, b = filled(sp, a, b, loc), filled(sp, b, a, loc)
        convert: Any = lists.as_list if lists.differ(a, b) else opened.content
        if chains.differ(a, b):
            convert = partial(chains.alike, kind=chains.kind_for(a, b))
        elif long_tuples.differ(a, b):
            convert = long_tuples.as_long
        if convert is opened.content and not opened.differ(a, b, then.heap, orelse.heap):
            return a, b
        made: list[Any] = []
        for content, arm in ((a, then), (b, orelse)):
            sp.heap.restore(arm.heap)  # in which the elements are
            held = partial(reach.held, sp, stmt, others=arm.values)
            alone = put_there.alone_in(sp, content, held)
            if convert is opened.content:
                put_there.open_all(sp, content, held)
            with put_there.entering(sp, alone):
                made.append(lists.in_arm(sp, convert, content, arm.body, loc))
        return made[0], made[1]

    lasts = partial(options.lasts, is_made=_makes(then, orelse))
    phis = Phis(loc, sp.heap, before, then.heap, orelse.heap, alike, is_held, lasts)
    for target, a, b in zip(stmt.targets, then.values, orelse.values, strict=True):
        if not (is_undefined(a) or is_undefined(b)):
            a, b = _operands_if_different(sp, a, b, loc)
        if not long_tuples.differ(a, b):  # what cannot be one is an error where it is used
            a, b = alike(a, b)
        with lists.located(loc):
            frame.values[target] = phis.merge(a, b, target.name)
    with lists.located(loc):
        phis.merge_heap()
    blocks = (
        Block((), tuple(then.body), tuple(phis.then)),
        Block((), tuple(orelse.body), tuple(phis.orelse)),
    )
    values = tuple(phis.targets)
    if caught is None:
        made = If(values, cond, *blocks, loc)
        sp.builder.emit(made)
        sp.found_out.branch(made)
    else:
        sp.builder.emit(Try(values, cond, *blocks, loc, caught))


def _makes(*arms: Arm) -> Callable[[Var | Ref], bool]:
    """Says of a variable or an object whether one of the arms has made it."""
    made: list[set[Var]] = []

    def is_made(value: Var | Ref) -> bool:
        if isinstance(value, Ref):
            return not all(value in arm.heap for arm in arms)
        if not made:
            made.append({target for arm in arms for stmt in arm.body for target in targets(stmt)})
        return value in made[0]

    return is_made


def _operands_if_different(sp: Specialiser, a: Value, b: Value, loc: Loc) -> tuple[Value, Value]:
    """Containers from outside are taken apart where the arms disagree about them."""
    if same(a, b):
        return a, a
    if options.are_functions(a, b):
        return a, b
    return sp.whole(a, loc), sp.whole(b, loc)
