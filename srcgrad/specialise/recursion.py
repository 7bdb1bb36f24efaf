"""Functions that call themselves.

Where the compiler knows when the recursion ends (a list gets shorter, a node has no children, an
exponent is a literal), calls are inlined as all calls are.  Where it does not, the function becomes
a function of the program (:class:`~srcgrad.ir.recursion.Recursive`), and so do others that it calls
and that call it, as far as they do not go into one another.

Which of the two it is, is found out by inlining.  A call of a function that is being inlined is
compared with the call around it: if nothing has changed that the compiler knows, inlining would
never end, and :class:`Residual` takes everything back to that call.

The body of such a function is specialised again and again until the types of its parameters and of
its result hold for all calls, as the body of a loop is.  Before anything is known of the result, an
arm that needs it counts for nothing (:class:`Unsettled`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

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
from srcgrad.ir.walk import variables
from srcgrad.specialise import given_back
from srcgrad.specialise.carried import (
    Fixed,
    Shape,
    Tree,
    params_of,
    refuse_none,
    results_of,
    shape_of,
)
from srcgrad.specialise.heap import holds_open, passed_on
from srcgrad.specialise.lengths import (
    accepts,
    instance,
    lengths_of,
    own_lengths,
    symbols_of,
    with_own_symbols,
)
from srcgrad.specialise.progress import Change, changed, changed_shapes, various, widened
from srcgrad.specialise.resting import Ground, ground
from srcgrad.specialise.resting import around as around_of
from srcgrad.specialise.values import Closure, Conflicting, Held, NeedsValue, PerhapsOf, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_MAX_DEPTH = 100
_MAX_NESTED = 40
"""How many branches may stand in one another because of calls in them."""
_MAX_CALLS = 2000
_MAX_COUNTED = 32
"""How many calls a number may unroll that the compiler happens to know."""
_MAX_ROUNDS = 8
_PYTHON_DEPTH = 20_000


class Unsettled(Exception):
    """The result of a recursive call is asked for, of which nothing is known yet."""


class Residual(Exception):
    """The recursion does not end at compile time: ``call`` has to stay a call."""

    def __init__(self, call: Activation) -> None:
        super().__init__()
        self.call = call


@dataclass(eq=False)
class Activation:
    """A call that is being inlined.

    ``known`` are its arguments, containers with what was in them then; ``depth`` is the number of
    blocks around it; ``calls`` counts those below it of its function; ``forced`` says that it
    cannot stay a call.  ``around`` is what it reads from around it: two closures of one function,
    of which one calls the other, are told apart by that.
    """

    identity: object
    bound: Mapping[str, Value]
    known: Mapping[str, Value]
    around: Sequence[Value]
    depth: int
    forced: bool = False
    calls: int = 0


@dataclass(eq=False)
class Definition:
    """A function of the program: its parameters, by the names of the function's, and its result.

    ``ground`` is what it rests on besides.  ``function`` is None while its body is being
    specialised.
    """

    op: Recursive
    identity: object
    closure: Closure
    params: dict[str, Shape]
    ground: Ground
    result: Shape | None = None
    function: Function | None = None
    changed: bool = False
    asked: bool = False
    """Whether its result was asked for while nothing was known of it."""
    calls: int = 0
    gives_back: bool = False
    """Whether there may be an object in its result that is not new."""


@dataclass
class Recursion:
    """The recursion of one program.

    Attributes
    ----------
    entered : list
        The calls that are being inlined, and the functions whose bodies are being specialised.
    definitions : list of Definition
        The functions of the program so far.
    origins : dict
        What a parameter of such a function was in its first call.
    """

    entered: list[Activation | Definition] = field(default_factory=list)
    definitions: list[Definition] = field(default_factory=list)
    origins: dict[Var, Operand] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether the body of a function of the program is being specialised."""
        return any(isinstance(entry, Definition) for entry in self.entered)

    def around(self, identity: object) -> Iterator[Activation | Definition]:
        """The calls of a function that are open, the innermost first."""
        return (entry for entry in reversed(self.entered) if entry.identity is identity)

    @contextmanager
    def open(self, entry: Activation | Definition) -> Iterator[None]:
        """Within, ``entry`` is the innermost call."""
        self.entered.append(entry)
        try:
            yield
        finally:
            self.entered.pop()

    @property
    def functions(self) -> dict[Recursive, Function]:
        """The functions of the program."""
        return {d.op: d.function for d in self.definitions if d.function is not None}


# --- calls --------------------------------------------------------------------------------------


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
    around = list(sp.recursion.around(identity))
    if not around:
        with _deep_python(sp):
            known = _known(sp, bound)
            first_call = Activation(identity, bound, known, around_of(closure), sp.builder.depth)
            return _inlined(sp, first_call, closure, loc, name)
    first = around[-1]
    first.calls += 1
    too_deep = len(around) > _MAX_DEPTH or sp.builder.depth > _MAX_NESTED
    if too_deep or first.calls > _MAX_CALLS:
        raise _endless(closure, loc)
    known = _known(sp, bound)
    for entry in around:
        if isinstance(entry, Definition):
            given = _given(sp, bound)
            change = changed_shapes(entry.params, given, sp.heap)
            if change is not Change.STRUCTURE and entry.ground.is_around(closure, loc):
                return _call_again(sp, entry, given, loc, name)
        elif not entry.forced:
            _check_progress(sp, entry, first, (*known.values(), *around_of(closure)))
    forced = isinstance(around[0], Activation) and around[0].forced
    below = Activation(identity, bound, known, around_of(closure), sp.builder.depth, forced)
    return _inlined(sp, below, closure, loc, name)


def _known(sp: Specialiser, bound: Mapping[str, Value]) -> dict[str, Value]:
    """What is known of the arguments now, to be compared: containers with what is in them."""
    return {key: sp.heap.unfolded(value) for key, value in bound.items()}


def _given(sp: Specialiser, bound: Mapping[str, Value]) -> dict[str, Value]:
    """The arguments of a call that stays one: containers with what is in them."""
    given = {key: sp.heap.frozen(value) for key, value in bound.items()}
    if any(map(holds_open, given.values())):
        raise passed_on()
    return given


def _check_progress(
    sp: Specialiser,
    entry: Activation,
    first: Activation | Definition,
    values: tuple[Value, ...],
) -> None:
    """Takes everything back to ``entry``, or to ``first``, if inlining leads nowhere.

    ``values`` are what the call gets, and what it reads from around it.
    """
    change = changed((*entry.known.values(), *entry.around), values)
    if change is Change.NOTHING:
        raise Residual(entry)
    if change is Change.NUMBER:
        # A number that changes ends the recursion if it has decided that this call is reached.
        if sp.builder.depth != entry.depth:
            raise Residual(entry)
        if first.calls > _MAX_COUNTED:
            raise Residual(first if isinstance(first, Activation) else entry)


def _endless(closure: Closure, loc: Loc) -> UnsupportedSyntaxError:
    message = f"'{closure.function.name}' calls itself too often to be inlined"
    hint = "let it recurse on arrays and numbers, or write it as a loop"
    return UnsupportedSyntaxError(message, loc, hint)


def _inlined(
    sp: Specialiser, activation: Activation, closure: Closure, loc: Loc, name: str
) -> Value:
    """Inlines a call; one whose recursion does not end stays a call."""
    state = sp.recursion
    mark, known, before = len(sp.builder.body), len(state.definitions), sp.heap.save()
    try:
        with state.open(activation):
            return sp.inline(closure, activation.bound, loc)
    except Residual as residual:
        if residual.call is not activation:
            raise
    del sp.builder.body[mark:], state.definitions[known:]
    sp.heap.restore(before)
    try:
        return _residual(sp, activation, closure, loc, name)
    except NeedsValue as need:
        if not _is_known_number(sp, need.var):
            raise
    # A number that is known here decides a rank, or names an element of a container.
    del sp.builder.body[mark:], state.definitions[known:]
    sp.heap.restore(before)
    forced = replace(activation, forced=True)
    with state.open(forced):
        return sp.inline(closure, forced.bound, loc)


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


# --- functions of the program -------------------------------------------------------------------


def _residual(
    sp: Specialiser, activation: Activation, closure: Closure, loc: Loc, name: str
) -> Value:
    """A call of a function of the program, which is made if there is none that fits."""
    bound = _given(sp, activation.bound)
    for known in sp.recursion.definitions:
        if known.identity is activation.identity and known.function is not None:
            lengths = accepts(known.params, bound)
            if lengths is not None and known.ground.serves(sp, closure, loc):
                result = _emit_call(sp, known, bound, loc, name, lengths)
                return _apart(sp, known, result, activation)
    fresh: dict[Symbol, Symbol] = {}
    shapes = {key: own_lengths(shape_of_number(v, key), fresh) for key, v in bound.items()}
    refuse_none(closure.function.name, Tree(tuple, (), tuple(shapes.values())), loc)
    op = Recursive(closure.function.name if closure.function.name.isidentifier() else "function")
    rest = ground(sp, closure, bound.values(), loc)
    made = Definition(op, activation.identity, closure, shapes, rest)
    made.function = _specialised(sp, made, loc)
    sp.recursion.definitions.append(made)
    result = _emit_call(sp, made, bound, loc, name, lengths_of(made.params, bound))
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
    for _ in range(_MAX_ROUNDS):
        del state.definitions[known:]
        sp.heap.restore(made.ground.heap)
        made.changed = False
        params: list[Var] = []
        inits: list[Operand] = []
        shapes = made.params.items()
        bound = {key: params_of(shape, params, inits, sp.heap) for key, shape in shapes}
        state.origins.update(zip(params, inits, strict=True))
        with sp.builder.nested() as body, sp.found_out.forgotten(), state.open(made):
            try:
                with sp.erring(None):
                    value = sp.inline(made.closure, bound, loc)
            except (Unsettled, SrcgradError) as reason:
                if made.changed:
                    continue  # under the types of the first call, nothing else may be reached
                raise _refusal(sp, made, reason, loc) from None
        made.gives_back |= given_back.is_given(sp, value, made.ground.heap)
        value = sp.heap.frozen(sp.whole(value, loc))
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
        message = f"'{made.op.name}' calls itself, and changes a container from outside"
        hint = "let an array hold it: count = np.zeros(1), memo = np.full(n, np.nan)"
        raise UnsupportedSyntaxError(message, loc, hint)
    sp.heap.restore(made.ground.heap)


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


def _call_again(
    sp: Specialiser, made: Definition, bound: Mapping[str, Value], loc: Loc, name: str
) -> Value:
    """A recursive call, in the body of the function itself."""
    for key, value in bound.items():
        value = _taken_apart(sp, made.params[key], value, loc)
        wider = widened(made.op.name, made.params[key], value, key, loc, sp.heap)
        refuse_none(made.op.name, wider, loc)
        if wider != made.params[key]:
            made.params[key], made.changed = wider, True
    if made.result is None:
        made.asked = True
        raise Unsettled
    return _emit_call(sp, made, bound, loc, name, lengths_of(made.params, bound))


def _taken_apart(sp: Specialiser, shape: Shape, value: Value, loc: Loc) -> Value:
    """``value``, an argument, as the parameter takes it."""
    whole = isinstance(value, Held) and not isinstance(shape, Fixed)
    return sp.whole(value, loc) if whole else value


def _emit_call(
    sp: Specialiser,
    made: Definition,
    bound: Mapping[str, Value],
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
