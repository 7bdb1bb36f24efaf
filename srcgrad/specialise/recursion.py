"""Functions that call themselves.

Where the compiler knows when the recursion ends (a list gets shorter, a node has no children, an
exponent is a literal), calls are inlined as all calls are.  Where it does not, the function becomes
a function of the program (:class:`~srcgrad.ir.recursion.Recursive`), and so do others that it calls
and that call it, as far as they do not go into one another.

Which of the two it is, is found out by inlining.  A call of a function that is being inlined is
compared with the call around it: if nothing has changed that the compiler knows, inlining would
never end, and :class:`Residual` takes everything back to that call.

What cannot be such a function, because it changes objects or containers from outside of itself, or
gives back one thing or another, is inlined *to its end*: loops around its calls are unrolled, and
the lengths and integers that it tests have to be known (``to_the_end.py``).
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from srcgrad.errors import CertainError, Loc, SrcgradError, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Operand, Var
from srcgrad.ir.walk import variables
from srcgrad.specialise import by_data, lending, own_functions, to_the_end
from srcgrad.specialise.open_calls import (
    Activation,
    ChangesGiven,
    ChangesOutside,
    Definition,
    NoFunction,
    Residual,
)
from srcgrad.specialise.progress import (
    Change,
    changed,
    changed_shapes,
    count_of,
    grows,
    has_more,
    is_stuck,
)
from srcgrad.specialise.resting import around as around_of
from srcgrad.specialise.values import Closure, NeedsValue, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_MAX_DEPTH = 100
_MAX_NESTED = 40
"""How many branches may stand in one another because of calls in them."""
_MAX_CALLS = 2000
_MAX_COUNTED = 32
"""How many calls a number may unroll that the compiler happens to know."""
_MAX_IN_ARMS = 128
"""How many calls of one function may stand in branches: two in each arm are a thousand soon."""
_MAX_GROWING = 10
"""How many calls in one another may make containers longer in what is not inlined."""
_MAX_ELEMENTS = 512
"""How many elements containers may have that each call makes longer: doubled, they soon are more
than there is memory for."""
_PYTHON_DEPTH = 20_000


def call(
    sp: Specialiser,
    identity: object,
    closure: Closure,
    bound: Mapping[str, Value],
    loc: Loc,
    name: str = "",
) -> Value:
    """What a call of a user's function gives, with its arguments by the names of the parameters.

    ``identity`` is the same for all calls of one function.
    """
    state = sp.recursion
    around = list(state.around(identity))
    if not around:
        with _deep_python(sp):
            return _inlined(sp, _activation(sp, identity, closure, bound), closure, loc, name)
    first = around[-1]
    first.calls += 1
    too_deep = len(around) > _MAX_DEPTH or sp.builder.depth > _MAX_NESTED
    if too_deep or first.calls > _MAX_CALLS:
        raise Endless(closure, loc, first)
    if isinstance(first, Activation) and sp.builder.depth > first.depth:
        first.in_arms += 1
        if first.in_arms > _MAX_IN_ARMS:
            raise Endless(closure, loc, first)
    below = _activation(sp, identity, closure, bound)
    if has_more(below.facts, _MAX_ELEMENTS) and _is_larger(below, around):
        raise Endless(closure, loc, first)
    if isinstance(first, Definition) and _grows_on(around, below):
        raise NoFunction(first, Endless(closure, loc, first))
    if isinstance(around[0], Activation) and state.is_forced(around[0]):
        to_the_end.unroll_around(sp, around[0], closure, loc)
        below.forced = True
    for entry in around:
        if isinstance(entry, Definition):
            refs = lending.refs_at(sp, entry, bound)
            if refs is None:
                raise NoFunction(entry, state.changes_given("list", loc))
            given = own_functions.given(sp, closure, bound, loc)
            given = own_functions.with_lists(sp, entry, given, refs, loc)
            change = changed_shapes(entry.params, given, sp.heap)
            alike = change is not Change.STRUCTURE and entry.ground.is_around(closure, loc)
            if alike and not entry.ground.holds_within(sp, refs.values()):
                raise NoFunction(entry, own_functions.changes_outside(entry, loc))
            if alike:
                return own_functions.call_again(sp, entry, given, refs, loc, name)
        elif state.is_forced(entry):
            if is_stuck(entry.facts, below.facts):
                raise Endless(closure, loc, first)
        else:
            _check_progress(sp, entry, first, below)
    return _inlined(sp, below, closure, loc, name)


def _activation(
    sp: Specialiser, identity: object, closure: Closure, bound: Mapping[str, Value]
) -> Activation:
    """A call that begins now: containers are known with what is in them, to be compared."""
    known = {key: sp.heap.unfolded(value) for key, value in bound.items()}
    around = [sp.heap.unfolded(value) for value in around_of(closure)]
    loops, is_kept = len(sp.heap.loops), identity in sp.recursion.kept
    return Activation(identity, bound, known, around, sp.builder.depth, loops, is_kept)


def _check_progress(
    sp: Specialiser,
    entry: Activation,
    first: Activation | Definition,
    below: Activation,
) -> None:
    """Takes everything back to ``entry``, or to ``first``, if inlining the call ``below`` leads
    nowhere."""
    change = changed(entry.facts, below.facts)
    if change is Change.NOTHING:
        raise Residual(entry)
    if change is Change.NUMBER:
        # A number that changes ends the recursion if it has decided that this call is reached.
        if sp.builder.depth != entry.depth:
            raise Residual(entry)
        if first.calls > _MAX_COUNTED:
            raise Residual(first if isinstance(first, Activation) else entry)


def _grows_on(around: Sequence[Activation | Definition], below: Activation) -> bool:
    """Whether each of the last calls was given longer containers than the one around it.

    Of one that could not be inlined nothing else ends that.
    """
    calls = [below, *(entry for entry in around if isinstance(entry, Activation))]
    last = calls[: _MAX_GROWING + 1]
    pairs = itertools.pairwise(last)
    return len(last) > _MAX_GROWING and all(grows(a.facts, b.facts) for b, a in pairs)


def _is_larger(below: Activation, around: Sequence[Activation | Definition]) -> bool:
    """Whether a call is given more elements than each of those around it that are inlined."""
    count = count_of(below.facts)
    return all(count > count_of(each.facts) for each in around if isinstance(each, Activation))


class Endless(UnsupportedSyntaxError):
    """Calls lead into one another without end, as far as the compiler looks; ``first`` is the one
    around all."""

    def __init__(self, closure: Closure, loc: Loc, first: Activation | Definition) -> None:
        message = f"'{closure.function.name}' calls itself too often to be inlined"
        hint = "let it recurse on arrays and numbers, or write it as a loop"
        super().__init__(message, loc, hint)
        self.first = first


def _inlined(
    sp: Specialiser, activation: Activation, closure: Closure, loc: Loc, name: str
) -> Value:
    """Inlines a call; one whose recursion does not end stays a call, or is inlined to its end."""
    if activation.forced:
        return _to_the_end(sp, activation, closure, loc, None)
    state = sp.recursion
    mark, known, before = len(sp.builder.body), len(state.definitions), sp.heap.save()
    sealed, noted = set(sp.heap.sealed), sp.inputs.log.save()

    def go_back() -> None:
        del sp.builder.body[mark:], state.definitions[known:]
        sp.heap.roll_back(before, sealed)
        sp.inputs.log.restore(noted)

    why: SrcgradError | NeedsValue | None = None
    try:
        with state.open(activation):
            return sp.inline(closure, activation.bound, loc)
    except Residual as residual:
        if residual.call is not activation:
            raise
    except Endless as endless:
        if endless.first is not activation:
            raise
        why = endless
    go_back()
    try:
        return own_functions.called(sp, activation, closure, loc, name)
    except NeedsValue as need:
        # A number that is known here decides a rank, or names an element of a container.
        if not _is_known_number(sp, need.var):
            if to_the_end.integers_behind(sp, need.var):
                raise
            why = need
    except CertainError:
        raise
    except SrcgradError as error:
        why = error
    go_back()
    try:
        return _to_the_end(sp, activation, closure, loc, why)
    except (SrcgradError, to_the_end.LoopAround) as error:
        if isinstance(error, CertainError) or not isinstance(why, ChangesGiven | ChangesOutside):
            raise
        go_back()
        try:
            return own_functions.called(sp, activation, closure, loc, name, lends=True)
        except lending.SeenByHandlers:
            raise
        except (SrcgradError, NeedsValue):
            raise error from None


def _to_the_end(
    sp: Specialiser,
    activation: Activation,
    closure: Closure,
    loc: Loc,
    why: SrcgradError | NeedsValue | None,
) -> Value:
    """Inlines a call that cannot stay one, for the reason ``why`` if it is an error."""
    forced = replace(activation, forced=True, calls=0, in_arms=0)
    try:
        with sp.recursion.open(forced):
            return sp.inline(closure, forced.bound, loc)
    except NeedsValue as need:
        if why is None or not by_data.is_chosen(sp, need.var):
            raise
    except CertainError:
        raise
    except SrcgradError as error:
        why = why or error
    to_the_end.unroll_outside(sp, closure, loc)
    raise why from None


def _is_known_number(sp: Specialiser, var: Var) -> bool:
    """Whether ``var`` is computed from arguments that are known in the first call."""
    stack: list[Operand] = [var]
    seen: set[Operand] = set()
    while stack:
        current = stack.pop()
        if isinstance(current, Const):
            return True
        if isinstance(current, Var) and current not in seen:
            seen.add(current)
            stmt = sp.builder.definitions.get(current)
            if current in sp.recursion.origins:
                stack.append(sp.recursion.origins[current])
            elif stmt is not None:
                stack.extend(var for arg in stmt.args for var in variables(arg))
    return False


@contextmanager
def _deep_python(sp: Specialiser) -> Iterator[None]:
    """The compiler's own recursion is some ten times as deep as that of what it inlines."""
    limit = sys.getrecursionlimit()
    if limit >= _PYTHON_DEPTH or sp.recursion.entered:
        yield
        return
    sys.setrecursionlimit(_PYTHON_DEPTH)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
