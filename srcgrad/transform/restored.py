"""What the reverse of a loop gets back from what the trips handed on, rather than from a stack.

What a trip handed on is what the next one was given.  In reverse order the latter comes first, so
that a reversed loop which knows what each trip was given can carry it, and has what the trip before
handed on.  It has to know that for the last trip, from what the loop gives, and for each other:

- where it needs what a trip was given and what it handed on, only the former is saved;
- where the names of a loop change places, as in ``u, w = w, u``, what a trip was given for ``u`` is
  what it handed on for ``w``, and the reverse changes them back: nothing is saved.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence, Set
from dataclasses import dataclass

from srcgrad.ir.nodes import Operand, Var


@dataclass(frozen=True, slots=True)
class Restored:
    """The reverse of a loop carries what its trips handed on in ``places``, of the carried
    values, so that it need not be given ``known``."""

    places: tuple[int, ...]
    known: frozenset[Var]


def restored(
    params: Sequence[Var], results: Sequence[Operand], saved: Collection[Var], apart: Set[int]
) -> Restored:
    """What need not be saved of ``saved``, that of a loop's body which its reverse reads.

    Parameters
    ----------
    params, results : sequence
        What a trip is given and hands on.
    saved : collection of Var
        Variables of the body.
    apart : set of int
        Places of carried values that are restored in another way.
    """
    moves = _moves(params, results, apart)
    needed = set(saved)
    places = set[int]()
    for path, closed in _paths(moves):
        at = [i for i, place in enumerate(path) if params[place] in needed]
        if not at:
            continue
        # The last that is needed of an open path is saved, and those before it follow from it.
        places.update(path if closed else path[at[0] + 1 : at[-1] + 1])
        needed.difference_update(params[path[i]] for i in (at if closed else at[:-1]))
    given = needed | {params[place] for place, to in moves.items() if to in places}
    for place, (param, result) in enumerate(zip(params, results, strict=True)):
        if place in apart or not isinstance(result, Var) or result in params:
            continue
        if result in needed and param in given:
            needed.discard(result)
            places.add(place)
    return Restored(tuple(sorted(places)), frozenset(set(saved) - needed))


def in_rings(params: Sequence[Var], results: Sequence[Operand]) -> frozenset[Var]:
    """What a trip is given and only changes places, so that its reverse has it for nothing."""
    paths = _paths(_moves(params, results, frozenset()))
    return frozenset(params[place] for path, closed in paths if closed for place in path)


def _moves(params: Sequence[Var], results: Sequence[Operand], apart: Set[int]) -> dict[int, int]:
    """For what a trip is given in a place, the other place that it hands it on in."""
    place_of = {param: place for place, param in enumerate(params) if place not in apart}
    moves: dict[int, int] = {}
    for to, result in enumerate(results):
        place = place_of.get(result) if isinstance(result, Var) else None
        if place is None or to in apart or place == to or params[to].type != params[place].type:
            continue
        moves.setdefault(place, to)
    return moves


def _paths(moves: dict[int, int]) -> Iterator[tuple[list[int], bool]]:
    """The places that values go through from trip to trip, and whether the last leads to the
    first; no place is in two of them."""
    left = dict(moves)
    arrived = set(moves.values())
    for first in sorted(moves, key=lambda place: place in arrived):  # open paths first
        if first not in left:
            continue
        path = [first]
        while path[-1] in left:
            path.append(left.pop(path[-1]))
        closed = path[-1] == first
        yield (path[:-1] if closed else path), closed
