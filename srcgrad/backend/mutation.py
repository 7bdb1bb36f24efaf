"""Lists that nobody needs any more as they were are changed in place.

In the IR a list is a value, and what changes it gives a new one.  Where the old one has no later
reader and no other holder, the new one takes over the object::

    hs.1 = list_append(hs, h)     ->     hs.append(h)

Otherwise the new list is a copy: ``[*hs, h]``.  What a loop carries or a branch gives is made an
object of its own before it is changed, so that a list that grows in a loop is copied once at most.
"""

from __future__ import annotations

from dataclasses import replace

from srcgrad.backend import set_edits
from srcgrad.backend.edits import (
    METHODS,
    copy_of,
    copying,
    edit_item,
    if_any,
    pop_element,
    take_where_read,
    with_key,
)
from srcgrad.backend.holders import (
    EDITS,
    SET_METHODS,
    Place,
    Survey,
    is_list,
    is_list_of_sets,
    is_slice,
    occurrences,
)
from srcgrad.backend.inside import edit_inside
from srcgrad.backend.laid_out import check as check_order
from srcgrad.backend.nested import ITEM_EDITS, Nested
from srcgrad.ir import keys, lists
from srcgrad.ir.indices import is_rest, reads_one
from srcgrad.ir.nodes import (
    Apply,
    Block,
    Const,
    Define,
    For,
    Function,
    If,
    Loc,
    Operand,
    Stmt,
    Store,
    Var,
    While,
)
from srcgrad.ir.walk import (
    changed,
    free_in_stmt,
    map_blocks,
    same_or,
    statements,
    substitute,
)

_ALL = EDITS | {keys.popped}


def mutate_lists(function: Function) -> Function:
    """``function`` with operations on lists that change the list where that is not seen."""
    function = replace(function, body=_without_first(function.body, False))
    if not any(isinstance(s, Apply) and s.op in _ALL for s in statements(function.body.body)):
        return function
    function = edit_inside(function)
    survey = Survey(function)
    rewriting = _Rewrite(survey)
    body = rewriting.block(function.body)
    if any(stmt.op in (*ITEM_EDITS, keys.edited_inside) for stmt, _, _ in survey.edits):
        captured = {var for var in survey.captured if not is_list_of_sets(var)}
        nested = Nested(function, survey.held | captured | rewriting.copied)
        rewriting = _Rewrite(survey, nested)
        body = rewriting.block(function.body)
    check_order(function, rewriting.copied | rewriting.copied_inside, body)
    return replace(function, body=_settle(substitute(body, rewriting.resolved())))


def _without_first(block: Block, in_loop: bool) -> Block:
    """``block`` with ``xs[1:]`` of lists in loops as what takes their first elements off, if there
    is one: an element has been read."""
    filled: set[Operand] = set()

    def stmt(stmt: Stmt) -> Stmt:
        if isinstance(stmt, Apply):
            if reads_one(stmt):
                filled.add(stmt.args[0])
            if not in_loop or not is_slice(stmt) or not is_rest(stmt.args[1]):
                return stmt
            if stmt.args[0] not in filled:
                return stmt
            return replace(stmt, op=lists.list_without, args=(stmt.args[0], Const(0)))
        loops = in_loop or isinstance(stmt, For | While)
        return map_blocks(stmt, lambda inner: _without_first(inner, loops))

    return changed(block, body=same_or(block.body, tuple(map(stmt, block.body))))


class _Rewrite:
    """Builds the program that changes its lists."""

    def __init__(self, survey: Survey, nested: Nested | None = None) -> None:
        self.survey, self.nested = survey, nested
        self.copied: set[Var] = set()
        self.copied_inside: set[Var] = set()
        """The lists in which sets are copied."""
        self.same: dict[Var, Var] = {}

    def resolved(self) -> dict[Var, Var]:
        """The variables that have become one with another."""

        def last(var: Var) -> Var:
            while (other := self.same.get(var, var)) is not var:
                var = other
            return var

        return {var: last(var) for var in self.same}

    def block(self, block: Block, into: tuple[Var, ...] = ()) -> Block:
        """``block``, whose results become the variables ``into``."""
        place = self.survey.places[block]
        body: list[Stmt] = []
        for position, stmt in enumerate(block.body):
            self._statement(stmt, place, position, body)
        results = list(block.results)
        for i, (var, result) in enumerate(zip(into, block.results, strict=False)):
            loc = block.body[-1].loc if block.body else None
            once = occurrences(block.results, result) == 1
            results[i] = self._handed(var, result, place, len(block.body), once, body, loc)
        return replace(block, body=tuple(body), results=tuple(results))

    def _handed(
        self,
        var: Var,
        source: Operand,
        place: Place,
        position: int,
        once: bool,
        body: list[Stmt],
        loc: Loc | None,
    ) -> Operand:
        """What becomes ``var``: ``source``, or a copy if somebody else has it too."""
        if not is_list(var) or var not in self.survey.wanted or not is_list(source):
            return source
        if once and self.survey.may_take(source, place, position):
            return source
        assert isinstance(source, Var)
        self.copied.add(source)
        copy = Var(source.name, source.type, source.hint, source.primal)
        made = Apply(copy, copy_of(source), (source,), (), loc or self._loc(place))
        body.extend(if_any(made) if source in self.survey.absent else (made,))
        return copy

    def _loc(self, place: Place) -> Loc:
        assert place.parent is not None
        return place.parent.block.body[place.position].loc

    def _statement(self, stmt: Stmt, place: Place, position: int, body: list[Stmt]) -> None:
        match stmt:
            case Apply() if stmt.op in EDITS:
                self._edit(stmt, place, position, body)
            case Apply() if stmt.op is keys.popped and self._may_pop(stmt, place, position):
                body.append(replace(stmt, op=set.pop))
            case If():
                arms = [self.block(arm, stmt.targets) for arm in (stmt.then, stmt.orelse)]
                body.append(replace(stmt, then=arms[0], orelse=arms[1]))
            case For() | While():
                params = stmt.carried if isinstance(stmt, For) else stmt.body.params
                inside = free_in_stmt(replace(stmt, init=()))
                init = tuple(
                    self._handed(
                        param,
                        first,
                        place,
                        position,
                        occurrences(stmt.init, first) == 1 and first not in inside,
                        body,
                        stmt.loc,
                    )
                    for param, first in zip(params, stmt.init, strict=True)
                )
                new = replace(stmt, init=init, body=self.block(stmt.body, params))
                body.append(
                    replace(new, cond=self.block(new.cond)) if isinstance(new, While) else new
                )
            case Define():
                function = replace(stmt.function, body=self.block(stmt.function.body))
                body.append(replace(stmt, function=function))
            case _:
                body.append(stmt)

    def _edit(self, stmt: Apply, place: Place, position: int, body: list[Stmt]) -> None:
        xs = stmt.args[0]
        once = stmt.op in SET_METHODS or occurrences(stmt.args, xs) == 1
        if not (once and self.survey.may_take(xs, place, position)):
            self.copied.update(var for var in (xs, stmt.target) if isinstance(var, Var))
            body.extend(copying(stmt))
            return
        assert isinstance(xs, Var)
        self.same[stmt.target] = xs
        xs.name = xs.name or stmt.target.name
        xs.primal = xs.primal or stmt.target.primal
        if stmt.op is lists.list_set:
            body.append(Store(xs, stmt.args[1], stmt.args[2], False, stmt.loc))
        elif stmt.op in ITEM_EDITS:
            own = self.nested is not None and self.nested.has_own(stmt.target)
            edit_item(stmt, xs, own, body)
        elif stmt.op is keys.edited_inside:
            if self.nested is not None and self.nested.has_own(stmt.target):
                set_edits.edit(stmt, xs, body)
            else:
                self.copied_inside.add(xs)
                body.extend(set_edits.with_other(stmt, xs))
        elif stmt.op is keys.key_added:
            body.extend(with_key(xs, stmt))
        elif stmt.op is keys.less_popped:
            pop_element(body, xs, stmt)
        elif stmt.op in METHODS:
            body.append(Apply(Var(), METHODS[stmt.op], stmt.args, (), stmt.loc))
        elif not take_where_read(body, xs, stmt.args[1:]):
            body.append(Apply(Var(), list.pop, (xs, *stmt.args[1:]), (), stmt.loc))

    def _may_pop(self, stmt: Apply, place: Place, position: int) -> bool:
        """Whether nobody reads the set any more from which an element is taken."""
        return self.survey.may_take(stmt.args[0], place, position)


def _settle(block: Block) -> Block:
    """``block`` without the results of branches that are the same list in either arm."""
    same: dict[Var, Operand] = {}

    def visit(block: Block) -> Block:
        return replace(block, body=tuple(map(settle, block.body)))

    def settle(stmt: Stmt) -> Stmt:
        match stmt:
            case If():
                then, orelse = visit(stmt.then), visit(stmt.orelse)
                kept: list[int] = []
                for i, (a, b) in enumerate(zip(then.results, orelse.results, strict=True)):
                    if a is b and is_list(a):
                        same[stmt.targets[i]] = a
                    else:
                        kept.append(i)
                return replace(
                    stmt,
                    targets=tuple(stmt.targets[i] for i in kept),
                    then=replace(then, results=tuple(then.results[i] for i in kept)),
                    orelse=replace(orelse, results=tuple(orelse.results[i] for i in kept)),
                )
            case For():
                return replace(stmt, body=visit(stmt.body))
            case While():
                return replace(stmt, cond=visit(stmt.cond), body=visit(stmt.body))
            case Define():
                inner = replace(stmt.function, body=visit(stmt.function.body))
                return replace(stmt, function=inner)
            case _:
                return stmt

    while True:
        same.clear()
        block = visit(block)
        if not same:
            return block
        block = substitute(block, {var: _through(same, var) for var in same})


def _through(same: dict[Var, Operand], var: Operand) -> Operand:
    while isinstance(var, Var) and var in same:
        var = same[var]
    return var
