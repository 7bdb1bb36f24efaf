"""Lists that get an element only where an arm runs, and give it where the reverse of the arm does.

::

    if t % 10 == 0:                           if t % 10 == 0:
        copy_u = u.copy()                         u_saved.append(u.copy())
    else:
        copy_u = None
    u_saved.append(copy_u)            ->
    ...                                       ...
    copy_u = u_saved.pop()                    if t % 10 == 0:
    if t % 10 == 0:                               u_bar += u_saved.pop()
        u_bar += copy_u

The two conditions must be equal in each trip, which their computations show
(:mod:`srcgrad.analysis.mirrored`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from srcgrad.analysis.mirrored import Mirrored, read_in_arm
from srcgrad.backend.describe import describe_temporaries
from srcgrad.backend.stacks import Survey, with_appends, with_reads
from srcgrad.ir.nodes import Apply, Block, For, Function, If, Operand, Stmt, Try, Var, While
from srcgrad.ir.types import Array, Scalar, StackOf
from srcgrad.ir.walk import map_blocks, statements


def lists_in_arms(function: Function) -> Function:
    """``function`` with a list for each stack of which elements are needed where an arm runs."""
    every = tuple(statements(function.body.body))
    readers = [stmt for stmt in every if isinstance(stmt, For) and stmt.stacks]
    if not any(_in_arms(reader) for reader in readers):
        return function
    survey = Survey(function)
    definitions = {stmt.target: stmt for stmt in every if isinstance(stmt, Apply)}
    makers = {
        stack: stmt
        for stmt in every
        if isinstance(stmt, For | While) and not stmt.exits
        for stack in stmt.targets[len(stmt.init) :]
    }
    found: list[_InArm] = []
    for reader in readers:
        for stack, param in _in_arms(reader):
            if stack in survey.popped and stack in makers:
                found.extend(_in_arm(makers[stack], reader, stack, param, definitions))
    if not found:
        return function
    return _Rewrite(found, survey, describe_temporaries(function)).function(function)


@dataclass(frozen=True)
class _InArm:
    """A stack whose elements ``branch`` gives in one arm, and ``read`` needs in the same one."""

    maker: For | While
    reader: For
    stack: Var
    param: Var
    branch: If
    read: If
    is_then: bool

    @property
    def element(self) -> Var:
        found = self.maker.body.results[self.maker.targets.index(self.stack)]
        assert isinstance(found, Var)
        return found

    @property
    def value(self) -> Operand:
        """What the arm gives."""
        arm = self.branch.then if self.is_then else self.branch.orelse
        return arm.results[self.branch.targets.index(self.element)]


def _in_arms(reader: For) -> Iterator[tuple[Var, Var]]:
    """What a loop reads in one arm of a branch alone: the stacks, and the elements."""
    params = reader.body.params[1 + len(reader.init) :]
    for stack, param in zip(reader.stacks, params, strict=True):
        plain = isinstance(stack, Var) and isinstance(param.type, Array | Scalar)
        if plain and read_in_arm(reader.body, param) is not None:
            assert isinstance(stack, Var)
            yield stack, param


def _in_arm(
    maker: For | While, reader: For, stack: Var, param: Var, definitions: Mapping[Var, Apply]
) -> Iterator[_InArm]:
    read = read_in_arm(reader.body, param)
    element = maker.body.results[maker.targets.index(stack)]
    for stmt in maker.body.body:
        if isinstance(stmt, If) and not isinstance(stmt, Try) and element in stmt.targets:
            mirrored = Mirrored(maker, reader, definitions)
            if read is not None and mirrored.are_equal(read.branch.cond, stmt.cond):
                yield _InArm(maker, reader, stack, param, stmt, read.branch, read.is_then)


class _Rewrite:
    """Builds the loops whose arms append to lists and take from them."""

    def __init__(self, found: list[_InArm], survey: Survey, words: Mapping[Var, str]) -> None:
        self.survey = survey
        self.lists = {each.stack: _list(each, words) for each in found}
        self.makers: dict[Stmt, list[_InArm]] = {}
        self.readers: dict[Stmt, list[_InArm]] = {}
        self.arms: dict[Stmt, list[_InArm]] = {}
        for each in found:
            self.makers.setdefault(each.maker, []).append(each)
            self.readers.setdefault(each.reader, []).append(each)
            self.arms.setdefault(each.branch, []).append(each)
            self.arms.setdefault(each.read, []).append(each)

    def function(self, function: Function) -> Function:
        return replace(function, body=self.block(function.body))

    def block(self, block: Block) -> Block:
        body = (new for stmt in block.body for new in self.stmt(stmt))
        return replace(block, body=tuple(body))

    def stmt(self, stmt: Stmt) -> Iterator[Stmt]:
        new = map_blocks(stmt, self.block)
        for each in self.arms.get(stmt, ()):
            assert isinstance(new, If)
            new = self.giving(new, each) if stmt is each.branch else self.taking(new, each)
        for each in self.readers.get(stmt, ()):
            assert isinstance(new, For)
            new = _without_element(new, each)
        for each in self.makers.get(stmt, ()):
            assert isinstance(new, For | While)
            yield Apply(self.lists[each.stack], list, (), (), stmt.loc)
            new = _without_output(new, each)
        yield new

    def giving(self, stmt: If, each: _InArm) -> If:
        """The branch that appends in its arm what it has given."""
        place = stmt.targets.index(each.element)
        arm = stmt.then if each.is_then else stmt.orelse
        arm = with_appends(arm, [(self.lists[each.stack], each.value)], stmt.loc)
        stmt = _with_arm(stmt, arm, each.is_then)
        if self.survey.counts[each.element] > 1:
            return stmt
        then, orelse = (
            replace(block, results=(*block.results[:place], *block.results[place + 1 :]))
            for block in (stmt.then, stmt.orelse)
        )
        others = (*stmt.targets[:place], *stmt.targets[place + 1 :])
        return replace(stmt, targets=others, then=then, orelse=orelse)

    def taking(self, stmt: If, each: _InArm) -> If:
        """The branch that takes in its arm what was appended last."""
        read = Apply(each.param, list.pop, (self.lists[each.stack],), (), stmt.loc)
        arm = stmt.then if each.is_then else stmt.orelse
        return _with_arm(stmt, with_reads(arm, [read]), each.is_then)


def _with_arm(stmt: If, arm: Block, is_then: bool) -> If:
    return replace(stmt, then=arm) if is_then else replace(stmt, orelse=arm)


def _list(each: _InArm, words: Mapping[Var, str]) -> Var:
    """The list for a stack, called after what is in it."""
    word = words.get(each.value, "") if isinstance(each.value, Var) else ""
    word = each.element.name or each.element.hint or word
    name = each.stack.name or each.stack.hint or (f"{word}_saved" if word else "saved")
    return Var(name, StackOf(each.param.type))


def _without_element(reader: For, each: _InArm) -> For:
    place = reader.stacks.index(each.stack)
    param = 1 + len(reader.init) + place
    params = (*reader.body.params[:param], *reader.body.params[param + 1 :])
    stacks = (*reader.stacks[:place], *reader.stacks[place + 1 :])
    return replace(reader, stacks=stacks, body=replace(reader.body, params=params))


def _without_output(maker: For | While, each: _InArm) -> For | While:
    place = maker.targets.index(each.stack)
    results = (*maker.body.results[:place], *maker.body.results[place + 1 :])
    others = (*maker.targets[:place], *maker.targets[place + 1 :])
    return replace(maker, targets=others, body=replace(maker.body, results=results))
