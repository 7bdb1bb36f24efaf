"""Functions of the program: those that call themselves, and whose recursion data end.

The body of such a function is specialised again and again until the types of its parameters and of
its result hold for all calls, as the body of a loop is.  Before anything is known of the result, an
arm that needs it counts for nothing (:class:`~srcgrad.specialise.open_calls.Unsettled`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from srcgrad.errors import (
    CertainError,
    Loc,
    SrcgradError,
    UnknownTypeError,
    UnsupportedSyntaxError,
)
from srcgrad.ir.nodes import Apply, Block, Const, Function, Operand, Pack, Param, Stmt, Var
from srcgrad.ir.recursion import Recursive
from srcgrad.ir.types import UNKNOWN, Dim, PackType, Symbol
from srcgrad.specialise import given_back, lending
from srcgrad.specialise.carried import params_of, results_of, shape_of
from srcgrad.specialise.carried_inside import refuse_none
from srcgrad.specialise.carried_shapes import Fixed, Shape, Tree
from srcgrad.specialise.contents import holds_open
from srcgrad.specialise.lending import Lends
from srcgrad.specialise.lengths import (
    accepts,
    instance,
    lengths_of,
    own_lengths,
    symbols_of,
    with_own_symbols,
)
from srcgrad.specialise.open_calls import (
    Activation,
    ChangesOutside,
    Definition,
    NoFunction,
    Unsettled,
)
from srcgrad.specialise.progress import various, widened
from srcgrad.specialise.resting import ground
from srcgrad.specialise.values import Closure, Conflicting, Held, PerhapsOf, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_MAX_ROUNDS = 8
Lists: TypeAlias = Mapping[str, Ref]
"""The lists that a call changes, by the parameters for them."""


def given(
    sp: Specialiser, closure: Closure, bound: Mapping[str, Value], loc: Loc
) -> dict[str, Value]:
    """The arguments of a call that stays one: containers with what is in them."""
    found = {key: sp.heap.frozen(value) for key, value in bound.items()}
    if any(map(holds_open, found.values())):
        message = f"'{closure.function.name}' calls itself as often as data tell, and is given a "
        message += "defaultdict, or a dict or a set whose keys only running the program tells"
        raise UnsupportedSyntaxError(message, loc, "let an array hold it: np.full((n, m), np.nan)")
    return found


def with_lists(
    sp: Specialiser, made: Definition, bound: Mapping[str, Value], lists: Lists, loc: Loc
) -> dict[str, Value]:
    """The arguments of a call, and what is in the lists that it changes."""
    return {**bound, **lending.contents(sp, lists, loc)} if lists else dict(bound)


def called(
    sp: Specialiser,
    activation: Activation,
    closure: Closure,
    loc: Loc,
    name: str,
    lends: bool = False,
) -> Value:
    """A call of a function of the program, which is made if there is none that fits.

    Such a function changes lists that are not its own only if it ``lends`` them.
    """
    bound = given(sp, closure, activation.bound, loc)
    for known in sp.recursion.definitions:
        if known.identity is activation.identity and known.function is not None:
            refs = lending.refs_at(sp, known, activation.bound)
            if refs is None or not known.ground.serves(sp, closure, loc, refs.values()):
                continue
            args = with_lists(sp, known, bound, refs, loc)
            lengths = accepts(known.params, args)
            if lengths is not None:
                result = _emit_call(sp, known, args, refs, loc, name, lengths)
                return _apart(sp, known, result, activation)
    fresh: dict[Symbol, Symbol] = {}
    shapes = {key: own_lengths(shape_of_number(v, key), fresh) for key, v in bound.items()}
    refuse_none(closure.function.name, Tree(tuple, (), tuple(shapes.values())), loc)
    op = Recursive(closure.function.name if closure.function.name.isidentifier() else "function")
    rest = ground(sp, closure, bound.values(), loc)
    made = Definition(op, activation.identity, closure, shapes, rest)
    made.first, made.lending = activation.bound, lends
    made.function = _specialised(sp, made, loc)
    sp.recursion.definitions.append(made)
    refs = lending.refs_at(sp, made, activation.bound)
    if refs is None:
        raise sp.recursion.changes_given("list", loc)
    bound = with_lists(sp, made, bound, refs, loc)
    result = _emit_call(sp, made, bound, refs, loc, name, lengths_of(made.params, bound))
    return _apart(sp, made, result, activation)


def _apart(sp: Specialiser, made: Definition, result: Value, activation: Activation) -> Value:
    """The result of a call; if it may be what was given, neither can be changed from now on."""
    if made.gives_back:
        given_back.seal(sp, *activation.bound.values())
    return result


def shape_of_number(value: Value, name: str) -> Shape:
    """How a parameter takes ``value``: a number that is known stays known while all calls agree."""
    if isinstance(value, Pack):
        items = tuple(shape_of_number(item, getattr(item, "name", name)) for item in value.items)
        return Tree(value.kind, value.keys, items)
    return Fixed(value) if isinstance(value, Const) else shape_of(value, name)


def _specialised(sp: Specialiser, made: Definition, loc: Loc) -> Function:
    """The body of a function under types that hold in every call."""
    state = sp.recursion
    known = len(state.definitions)
    mark = sp.inputs.log.save()
    rounds = 0
    while rounds < _MAX_ROUNDS * (1 + len(made.lent)):
        rounds += 1
        del state.definitions[known:]
        sp.heap.restore(made.ground.heap)
        made.changed = False
        params: list[Var] = []
        inits: list[Operand] = []
        shapes = made.params.items()
        bound = {key: params_of(shape, params, inits, sp.heap) for key, shape in shapes}
        lending.enter(sp, made, bound)
        given_before = {*made.ground.heap, *made.lent.values(), *made.offered}
        state.origins.update(zip(params, inits, strict=True))
        with sp.builder.nested() as body, sp.found_out.forgotten(), state.open(made):
            try:
                with sp.erring(None):
                    value = sp.inline(made.closure, bound, loc)
                handed = lending.handed(made, value)
                made.gives_back |= not handed and given_back.is_given(sp, value, given_before)
                value = Const(None) if handed else sp.heap.frozen(sp.whole(value, loc))
                value = lending.left(sp, made, value, loc)
            except Lends as found:
                if found.made is not made:
                    raise
                sp.heap.restore(made.ground.heap)
                lending.lend(sp, made, found.ref, loc)
                made.result = made.handed = None
                continue
            except (Unsettled, SrcgradError) as reason:
                if made.changed:
                    continue  # under the types of the first call, nothing else may be reached
                raise _refusal(sp, made, reason, loc) from None
            except NoFunction as found:
                if found.made is not made:
                    raise
                if made.changed:
                    continue
                raise found.error from None
        _refuse_changes(sp, made, loc)
        if not made.changed and _settled(sp, made, value, set(params), loc):
            sp.inputs.log.again(mark)
            return _function(sp, made, params, body, value)
    message = f"the types of what '{made.op.name}' is given and gives back do not settle"
    raise UnknownTypeError(message, loc, "give it arguments of the same types in all calls")


def _settled(sp: Specialiser, made: Definition, value: Value, params: set[Var], loc: Loc) -> bool:
    """Whether ``value`` is what the result was taken for, which from now on includes it."""
    _refuse_functions(value, made, loc)
    if made.result is None:
        given = {s for var in params for s in symbols_of(var.type)}
        made.result = with_own_symbols(shape_of(value, ""), given)
        # Nothing is known of the calls in the body, if there were any.
        return False
    name = f"the result of {made.op.name}"
    wider = widened(made.op.name, made.result, value, name, loc, sp.heap)
    refuse_none(made.op.name, wider, loc)
    settled = wider == made.result
    made.result = wider
    return settled


def _refuse_changes(sp: Specialiser, made: Definition, loc: Loc) -> None:
    """What a call did to lists and objects from outside would be done once, while compiling."""
    if not made.ground.holds(sp):
        raise changes_outside(made, loc)
    sp.heap.restore(made.ground.heap)


def changes_outside(made: Definition, loc: Loc) -> UnsupportedSyntaxError:
    """The error about a function that changes what is not its own."""
    message = f"'{made.op.name}' calls itself, and changes a container from outside"
    hint = "let an array hold it: count = np.zeros(1), memo = np.full(n, np.nan)"
    return ChangesOutside(message, loc, hint)


def _refusal(
    sp: Specialiser, made: Definition, reason: Unsettled | SrcgradError, loc: Loc
) -> Exception:
    """What to raise where the body of a function has led to ``reason``."""
    if isinstance(reason, Unsettled):
        around = (e for e in sp.recursion.entered if isinstance(e, Definition) and e is not made)
        if any(each.result is None for each in around):
            return reason  # of a function around this one, which asks for it
        return _no_end(made, loc)
    if isinstance(reason, CertainError) and made.result is None and made.asked:
        return _no_end(made, loc)  # the error may come of what is taken not to be reached
    return reason


def _no_end(made: Definition, loc: Loc) -> UnsupportedSyntaxError:
    message = f"'{made.op.name}' calls itself on every way through it"
    return UnsupportedSyntaxError(message, loc, "return without a call in one branch")


def _refuse_functions(value: Value, made: Definition, loc: Loc) -> None:
    """What exists at compile time only cannot come out of a function of the program."""
    if isinstance(value, Pack):
        for item in value.items:
            _refuse_functions(item, made, loc)
    elif isinstance(value, PerhapsOf):
        refuse_none(made.op.name, shape_of(value, ""), loc)
    elif isinstance(value, Conflicting):
        error = various(made.op.name, loc)
        raise UnsupportedSyntaxError(error.message, loc, error.hint)
    elif not isinstance(value, Var | Const):
        message = f"'{made.op.name}' calls itself, and returns a function or an iterator"
        raise UnsupportedSyntaxError(message, loc, "return numbers, arrays or containers of them")


def _function(
    sp: Specialiser, made: Definition, params: list[Var], body: list[Stmt], value: Value
) -> Function:
    assert made.result is not None
    results: list[Operand] = []
    results_of(made.result, value, results, sp.heap)
    names: dict[str, int] = {}
    listed = []
    for var in params:
        base = var.name or "x"
        names[base] = names.get(base, 0) + 1
        listed.append(Param(f"{base}_{names[base]}" if names[base] > 1 else base, var))
    source = made.closure.function
    block = Block((), tuple(body), (_together(results),))
    return Function(made.op.name, tuple(listed), block, source.loc, source.doc)


def _together(results: list[Operand]) -> Operand:
    """The numbers and arrays that a function gives, as its one result."""
    if not results:
        return Const(None)
    return results[0] if len(results) == 1 else Pack(tuple, tuple(results))


def call_again(
    sp: Specialiser,
    made: Definition,
    bound: Mapping[str, Value],
    refs: Lists,
    loc: Loc,
    name: str,
) -> Value:
    """A recursive call, in the body of the function itself; ``refs`` are the lists that it
    changes."""
    for key, value in bound.items():
        value = _taken_apart(sp, made.params[key], value, loc)
        wider = widened(made.op.name, made.params[key], value, key, loc, sp.heap)
        refuse_none(made.op.name, wider, loc)
        if wider != made.params[key]:
            made.params[key], made.changed = wider, True
    if made.result is None:
        made.asked = True
        raise Unsettled
    return _emit_call(sp, made, bound, refs, loc, name, lengths_of(made.params, bound))


def _taken_apart(sp: Specialiser, shape: Shape, value: Value, loc: Loc) -> Value:
    """``value``, an argument, as the parameter takes it."""
    whole = isinstance(value, Held) and not isinstance(shape, Fixed)
    return sp.whole(value, loc) if whole else value


def _emit_call(
    sp: Specialiser,
    made: Definition,
    bound: Mapping[str, Value],
    refs: Lists,
    loc: Loc,
    name: str,
    lengths: Mapping[Symbol, Dim],
) -> Value:
    args: list[Operand] = []
    for key, shape in made.params.items():
        results_of(shape, _taken_apart(sp, shape, bound[key], loc), args, sp.heap)
    assert made.result is not None
    leaves: list[Var] = []
    value = params_of(instance(made.result, lengths), leaves, [], sp.heap)
    if len(leaves) == 1:
        (target,) = leaves
        target.name = name
    elif not leaves:
        target = Var("", UNKNOWN)
    else:
        target = Var("", PackType(tuple, tuple(leaf.type for leaf in leaves)))
    stmt = Apply(target, made.op, tuple(args), (), loc)
    sp.builder.definitions[target] = stmt
    sp.builder.emit(stmt)
    if len(leaves) > 1:
        assert isinstance(target.type, PackType)
        parts = sp.builder.elements(target, target.type, loc)
        value = _rebuilt(value, iter(parts.items))
    value = lending.give_back(sp, made, refs, value, loc)
    result = given_back.thawed(sp, value)
    if made.gives_back:
        given_back.seal(sp, result)
    return result


def _rebuilt(value: Value, parts: Iterator[Operand]) -> Value:
    """``value`` with its variables replaced, in order."""
    if isinstance(value, Var):
        return next(parts)
    if isinstance(value, Pack):
        return replace(value, items=tuple(_rebuilt(v, parts) for v in value.items))  # type: ignore[misc]
    return value
