"""The trip in which a loop is left by a ``break`` alone has no part in the reverse.

::

    for k in range(100):                       for k in range(100):
        new = step(y)                              new = step(y)
        if close(new, y):                          if close(new, y):
            break                     ->               break
        y = new                                    y_before.append(y)
                                                   y = new

Such a trip hands on what it was given, and writes nothing that exists outside it: its reverse would
pass cotangents on as they are.  So only the trips that run to the end of the body are counted, give
elements to the lists of saved values, and are reversed, as if there were no exit.

For that the body is made *flat*, with what comes after an exit where the branch was and a mark at
its place; when the flat body has been reversed, the marks become the branches again.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from srcgrad.ir.exits import deciding, is_true
from srcgrad.ir.nodes import NOTHING, Block, Const, For, If, Operand, Stmt, Var, While
from srcgrad.ir.types import PY_INT, Scalar, number_of
from srcgrad.ir.walk import targets
from srcgrad.transform.shadows import Buffers
from srcgrad.transform.writes import writes_outside

_NONE = Block((), (), ())


@dataclass(frozen=True, slots=True)
class _Exit:
    """A branch that leaves the loop in one ``arm``, and the ``mark`` that has its place.

    The body from there on has ``results``, and hands on ``values`` as the loop is left.
    """

    branch: If
    mark: If
    arm: Block
    results: tuple[Operand, ...]
    values: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class WholeTrips:
    """A loop whose body is flat.

    Attributes
    ----------
    loop : For or While
        The loop as if it had no exits.
    changed : frozenset of int
        The places of carried numbers, without a cotangent, that are others once it is left.
    """

    loop: For | While
    exits: tuple[_Exit, ...]
    changed: frozenset[int]

    def nested(self, loop: For | While) -> For | While:
        """A loop with a flat body, and more results than it had, as one that exits."""
        stmts, results = loop.body.body, loop.body.results
        params = loop.carried
        for exit_ in reversed(self.exits):
            more = params[len(exit_.values) :]  # what counts the trips
            stmts, results = _nested(exit_, stmts, results, (*exit_.values, *more))
        return replace(loop, body=replace(loop.body, body=stmts, results=results), whole=True)


def whole_trips(loop: For | While, active: Container[Var], buffers: Buffers) -> WholeTrips | None:
    """``loop`` with a flat body, if the trips in which it is left have no part in the reverse."""
    stmts: list[Stmt] = []
    exits: list[_Exit] = []
    body, results = loop.body.body, loop.body.results
    while (branch := deciding(Block((), body, ()), results[0])) is not None:
        stmts.extend(body[:-1])
        found = _exit(branch, results)
        if found is None:
            return None
        exit_, other = found
        if any(writes_outside(Block((), tuple(b), ()), buffers) for b in (stmts, exit_.arm.body)):
            return None
        exits.append(exit_)
        stmts.append(exit_.mark)
        given = dict(zip(branch.targets, other.results, strict=True))
        body, results = other.body, tuple(_given(result, given) for result in results)
    goes_on = isinstance(results[0], Const) and not is_true(results[0])
    changed = {i for each in exits for i in _changed(loop, each)}
    if not exits or not goes_on or any(_matters(loop, i, active, buffers) for i in changed):
        return None
    flat = replace(loop.body, body=(*stmts, *body), results=results)
    return WholeTrips(replace(loop, body=flat), tuple(exits), frozenset(changed))


def _exit(branch: If, results: Sequence[Operand]) -> tuple[_Exit, Block] | None:
    """The arm of a branch that leaves the loop, and the one that does not."""
    which = next(i for i, target in enumerate(branch.targets) if target is results[0])
    leaving = [is_true(arm.results[which]) for arm in (branch.then, branch.orelse)]
    if leaving[0] is leaving[1] or branch.then.diverges or branch.orelse.diverges:
        return None
    arm, other = branch.then, branch.orelse
    if leaving[1]:
        arm, other = other, arm
    given = dict(zip(branch.targets, arm.results, strict=True))
    values = tuple(_given(result, given) for result in results)
    mark = If((), branch.cond, _NONE, _NONE, branch.loc)
    return _Exit(branch, mark, arm, tuple(results), values), other


def _given(result: Operand, given: dict[Var, Operand]) -> Operand:
    return given.get(result, result) if isinstance(result, Var) else result


def _changed(loop: For | While, exit_: _Exit) -> list[int]:
    rows = enumerate(zip(loop.carried, exit_.values, strict=True))
    return [i for i, (param, value) in rows if i and value is not param]


def _matters(loop: For | While, place: int, active: Container[Var], buffers: Buffers) -> bool:
    """Whether the reverse asks about what is carried in a place."""
    param, target = loop.carried[place], loop.targets[place]
    if param in active or target in active or buffers.has(target):
        return True
    return not isinstance(number_of(param.type), Scalar)


def _nested(
    exit_: _Exit, stmts: Sequence[Stmt], results: Sequence[Operand], given: Sequence[Operand]
) -> tuple[tuple[Stmt, ...], tuple[Operand, ...]]:
    """Statements with the branch of an exit in the place of its mark, and their results.

    ``given`` is what the loop carries out there; of the results beyond these, which are saved,
    nobody asks for those of the trip in which it is left.
    """
    place = stmts.index(exit_.mark)
    rest = tuple(stmts[place + 1 :])
    made = {var for stmt in rest for var in targets(stmt)}
    handed: dict[Var, tuple[Operand, Operand]] = {}
    found: dict[Operand, Var] = {}
    new: list[Operand] = []
    for i, (result, other) in enumerate(zip_longest(results, given, fillvalue=NOTHING)):
        if i < len(given) and result is not other:
            target = _target(exit_, i)
            if isinstance(result, Var) and result.type == target.type:
                found.setdefault(result, target)
            handed[target] = result, other
            new.append(target)
            continue
        if i >= len(given) and isinstance(result, Var) and result in made and result not in found:
            found[result] = Var(result.name, result.type, result.hint)
            handed[found[result]] = result, other
        new.append(result if i < len(given) else found.get(result, result))
    on = Block((), rest, tuple(result for result, _ in handed.values()))
    out = Block((), exit_.arm.body, tuple(other for _, other in handed.values()))
    arms = (out, on) if exit_.arm is exit_.branch.then else (on, out)
    branch = replace(exit_.branch, targets=tuple(handed), then=arms[0], orelse=arms[1])
    return (*stmts[:place], branch), tuple(new)


def _target(exit_: _Exit, place: int) -> Var:
    """What the branch of an exit gives in a place; beyond those it had, the number of trips."""
    if place >= len(exit_.results):
        return Var("trips", PY_INT)
    target = exit_.results[place]
    assert isinstance(target, Var)
    return target
