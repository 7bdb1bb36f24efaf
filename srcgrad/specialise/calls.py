"""What a call means, once it is known what is called and with what."""

from __future__ import annotations

import enum
import functools
import itertools
import operator
import types
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import Loc, SrcgradError, UnsupportedSyntaxError
from srcgrad.instances import is_of_library
from srcgrad.ir import intrinsics
from srcgrad.ir.keys import key_place
from srcgrad.ir.lists import list_append, list_set
from srcgrad.ir.nodes import UNDEFINED, Apply, Const, Operand, Pack, Var, always_raises
from srcgrad.ir.ops import DERIVATIVES, OPS
from srcgrad.ir.types import UNKNOWN, Array, ListOf, Object, is_integer_enumeration
from srcgrad.specialise import (
    advanced,
    arraylike,
    beside_lists,
    callables,
    chosen_functions,
    containers,
    deques,
    disturbed,
    dunders,
    early,
    either,
    elementary,
    fractional,
    generators,
    inlining,
    iterate,
    looked_up,
    methods,
    missing,
    named_tuples,
    objects,
    optional,
    pools,
    ranges,
    records,
    ruled,
    set_methods,
    spread,
    strict_zips,
    subclasses,
    tested,
    writers,
    writes,
)
from srcgrad.specialise.builder import Result, type_of
from srcgrad.specialise.draws import type_of_call
from srcgrad.specialise.effects import Watch
from srcgrad.specialise.values import (
    ITERATORS,
    Args,
    Closure,
    Held,
    Kwargs,
    Method,
    PartialOf,
    Value,
    YieldingOf,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def invoke(
    sp: Specialiser, callee: Value, args: Args, kwargs: Kwargs, loc: Loc, name: str = ""
) -> Value:
    """The result of a call."""
    if type(callee) is Const and elementary.is_elementary(callee.value, args, kwargs):
        return sp.builder.apply(callee.value, args, (), loc, name)  # type: ignore[arg-type]
    if sp.pools is None:
        return _invoke(sp, callee, args, kwargs, loc, name)
    before = len(sp.heap.born)
    made = _invoke(sp, callee, args, kwargs, loc, name)
    pools.enter(sp, made, before, loc)
    return made


def _invoke(
    sp: Specialiser, callee: Value, args: Args, kwargs: Kwargs, loc: Loc, name: str
) -> Value:
    if spread.is_spread(args):
        return spread.call(sp, callee, args, kwargs, loc, name)
    callee = tested.called(sp, callee, loc)
    function = callee.value if isinstance(callee, Const) else None
    over = _iterated_over(function, args)
    args, kwargs = tested.admitted(sp, callee, args, kwargs, over, loc)
    asked = chosen_functions.asked(sp, callee, args, kwargs, loc, name)
    if asked is not None:
        return asked[0]
    if sp.advanced:
        from srcgrad.specialise import advancing

        args = advancing.given(sp, function, args, loc)
    if isinstance(callee, Const) and not isinstance(callee.value, enum.Enum):
        return _invoke_known(sp, callee.value, args, kwargs, loc, name)
    if isinstance(callee, Closure):
        return inlining.inline_closure(sp, callee, args, kwargs, loc, name)
    if isinstance(callee, Method):
        return methods.call(sp, callee, args, kwargs, loc, name)
    if isinstance(callee, PartialOf):
        return callables.call(sp, callee, args, kwargs, loc, name)
    if isinstance(callee, Held):
        unwrapped = callables.unwrapped(sp, callee, args, kwargs, loc)
        if unwrapped is not None:
            watch = Watch(sp)
            value = callables.call(sp, unwrapped, args, kwargs, loc, name)
            callables.check_cached(callee, watch, loc)
            return value
    result = objects.method(sp, callee, "__call__", args, kwargs, loc, name)
    if result is not None:
        return result
    disturbed.hand_over_lists(sp, None, (*args, *kwargs.values()), loc, callee)
    return call_opaque(sp, sp.operand(callee, loc), args, kwargs, loc, name)


_ONE_BY_ONE = frozenset(
    (
        *(all, any, filter, functools.reduce, iter, len, next, operator.contains),
        *(intrinsics.generated, intrinsics.generating, intrinsics.leave, intrinsics.pack),
        *(intrinsics.yielded, list_append),
        *(functools.partial, getattr, operator.setitem, setattr, operator.iadd, operator.ior),
        *(itertools.compress, itertools.dropwhile, itertools.filterfalse, itertools.islice),
        *(itertools.starmap, itertools.takewhile),
    )
)
"""What asks a generator expression for its elements one by one, passes it on or keeps it."""
_LATER = frozenset(
    (
        *(enumerate, map, zip),
        *(itertools.accumulate, itertools.chain, itertools.chain.from_iterable, itertools.pairwise),
        *(itertools.groupby, itertools.tee, itertools.zip_longest),
    )
)
"""What asks for elements when it is asked for one itself."""
_OVER_ALL = frozenset((zip, itertools.chain, itertools.compress, itertools.zip_longest))
_OVER_FIRST = frozenset(
    (
        *(all, any, enumerate, frozenset, iter, list, set, sorted, sum, tuple),
        *(itertools.accumulate, itertools.chain.from_iterable, itertools.pairwise),
        *(itertools.combinations, itertools.combinations_with_replacement, itertools.groupby),
        *(itertools.islice, itertools.permutations, itertools.tee),
    )
)
_OVER_ONE = frozenset((max, min))
_OVER_OTHERS = frozenset(
    (
        *(filter, map, itertools.dropwhile, itertools.filterfalse, itertools.starmap),
        itertools.takewhile,
    )
)
"""What iterates over its arguments, the first one, the only one, or all but the first."""
_ORDERLESS = frozenset((all, any, frozenset, max, min, set, sorted, sum))
"""What gives the same in whatever order the elements of a set come."""
_SETS = frozenset((frozenset, set))


_IDENTITY = (operator.is_, operator.is_not)
_OF_ITSELF = (intrinsics.truth, bool, isinstance, type, callable, hasattr)
"""What asks something of an iterator, and not for its elements."""
_OPERATORS = (getattr(operator, name) for name in operator.__all__)
_NOT_TAKING = _ONE_BY_ONE.union(_OF_ITSELF, _OPERATORS)


def index(sp: Specialiser, value: Value, key: Operand, loc: Loc) -> Value:
    """``value[key]``, where the program itself does not ask for it."""
    before, sp.looked_into = sp.looked_into, value
    try:
        return invoke(sp, Const(operator.getitem), (value, key), {}, loc)
    finally:
        sp.looked_into = before


def note_asked(sp: Specialiser, container: Operand, since: int) -> None:
    """Notes that the program asks ``container`` for what the statements of the block under
    construction read of it, or put there, from the one at ``since`` on."""
    for stmt in sp.builder.body[since:]:
        if isinstance(stmt, Apply) and stmt.op in _ASKING and stmt.args[0] is container:
            stmt.target.asked = not isinstance(stmt.args[1], Pack)  # a slice is always there


_ASKING = (operator.getitem, list_set, key_place)


def _iterated_over(function: Any, args: Args) -> range:
    """The positions of the arguments over which a function iterates."""
    if not _is_hashable(function):
        return range(0)
    if function in _OVER_ALL:
        return range(len(args))
    if function in _OVER_OTHERS:
        return range(1, len(args))
    is_first = function in _OVER_FIRST or (len(args) == 1 and function in _OVER_ONE)
    return range(1 if is_first else 0)


def _is_of_itertools(function: Any) -> bool:
    of_chain = function == itertools.chain.from_iterable
    return of_chain or getattr(function, "__module__", None) == "itertools"


def _is_users(sp: Specialiser, function: Any) -> bool:
    """Whether a function is the user's, who may do anything with what it is given."""
    known = isinstance(function, types.FunctionType) and not inlining.is_inlinable(function)
    users = isinstance(function, types.FunctionType | types.MethodType | type) and not known
    return users and find(sp.structural, function) is None


def _invoke_known(
    sp: Specialiser, function: Any, args: Args, kwargs: Kwargs, loc: Loc, name: str
) -> Value:
    if not _is_hashable(function):
        return call_opaque(sp, Const(function), args, kwargs, loc, name)
    if function not in _IDENTITY:
        args = tuple(set_methods.of_constant(sp, arg) for arg in args)
    if sp.advanced or any(isinstance(arg, YieldingOf) for arg in args):
        from srcgrad.specialise import over_generators

        generated = over_generators.call(sp, function, args, kwargs, loc)
        if generated is not None:
            return generated
    over = _iterated_over(function, args)
    # Of elements with equal keys the first counts.
    orderless = function in _ORDERLESS and "key" not in kwargs
    take = set_methods.taken if orderless else iterate.taken
    take = set_methods.kept if function in _SETS else take
    args = tuple(take(sp, arg, loc) if i in over else arg for i, arg in enumerate(args))
    if not _is_users(sp, function) and function not in _NOT_TAKING:
        listed = early.listed if function in _LATER else iterate.listed
        args = tuple(listed(sp, arg, loc) for arg in args)
    if sp.builder.body and always_raises(sp.builder.body[-1]):
        return Const(UNDEFINED)  # nothing is called: taking the elements raises
    if function in strict_zips.NOT_AT_THE_END:
        strict_zips.refuse(sp, args, loc)
    args = ranges.given(sp, function, args, loc)
    special = dunders.apply(sp, function, args, loc, name)
    if special is not None:
        return special
    subclasses.check_operator(function, args, loc)
    generators.check_operands(function, args, loc)
    if isinstance(function, _UNBOUND) and function.__objclass__ in _CONTAINERS:
        method = Method(args[0], function.__name__)  # `list.append(items, x)`
        return methods.call(sp, method, args[1:], kwargs, loc, name)
    in_arms = either.call(sp, function, args, kwargs, loc, name)
    if in_arms is not None:
        return in_arms
    written = writers.write_by_call(sp, function, args, kwargs, loc)
    if written is not None:
        return written
    writes.check_call(function, args, kwargs, loc)
    structural = find(sp.structural, function)
    if structural is not None:
        result = structural(sp, args, kwargs, loc, name)
        if isinstance(result, ITERATORS) and _is_of_itertools(function):
            return advanced.made(sp, result, loc)
        if result is not None:
            return result  # type: ignore[no-any-return]
    if function in intrinsics.COMPILE_TIME:
        values = [sp.constant(arg, "an axis or a rank") for arg in args]
        named = {key: sp.constant(value, key) for key, value in kwargs.items()}
        return Const(function(*values, **named))
    if disturbed.is_exception(function):
        disturbed.keep_in_exception(sp, (*args, *kwargs.values()))
    if find(OPS, function) is not None:
        return apply(sp, function, args, kwargs, loc, name)
    if find(DERIVATIVES, function) is not None:
        return ruled.call(sp, function, args, kwargs, loc, name)
    if isinstance(function, type):
        made = objects.construct(sp, function, args, kwargs, loc, name)
        if made is not None:
            return made
        return call_opaque(sp, Const(function), args, kwargs, loc, name)
    if isinstance(function, types.MethodType):
        return invoke(sp, Const(function.__func__), (Const(function.__self__), *args), kwargs, loc)
    if named_tuples.is_make(function, args):
        return named_tuples.make(sp, args, loc)
    if isinstance(function, types.FunctionType) and inlining.is_inlinable(function):
        return inlining.inline(sp, function, args, kwargs, loc, name)
    return call_opaque(sp, Const(function), args, kwargs, loc, name)


_CONTAINERS = (list, dict, set, frozenset)
_UNBOUND = (types.MethodDescriptorType, types.WrapperDescriptorType)


def find(table: Any, function: Any) -> Any:
    """Looks a callable up; objects that cannot be hashed are in no table."""
    try:
        if isinstance(table, dict):
            return table.get(function)
        return function in table
    except TypeError:
        return None


def _is_hashable(function: Any) -> bool:
    """Whether something that is called can be looked up; if not, it is in no table."""
    try:
        hash(function)
    except TypeError:
        return False
    return True


# --- operations -----------------------------------------------------------------------------------


def apply(sp: Specialiser, op: Any, args: Args, kwargs: Kwargs, loc: Loc, name: str = "") -> Result:
    """Emits an elementary operation."""
    args = deques.as_lists(sp, op, subclasses.as_array(sp, op, args, kwargs), loc)
    operands = tuple(sp.operand(arg, loc) for arg in args)
    named = tuple((key, sp.operand(value, loc)) for key, value in kwargs.items())
    if _computes(op, operands):
        operands = tuple(_plain(sp, operand, loc) for operand in operands)
        named = tuple((key, _plain(sp, value, loc)) for key, value in named)
    missing.check_containers(op, operands, loc)
    beside_lists.check(sp, op, operands, loc)
    records.check(sp, op, (*operands, *(value for _, value in named)), loc)
    operands, named = arraylike.convert(sp, op, operands, named, loc)
    missing.check(op, operands, loc)
    operands = optional.used(sp, op, operands, loc)
    fractional.check(sp, op, operands, loc)
    if looked_up.runs_code(op, operands, sp.builder.definitions):
        op, operands = intrinsics.call, (Const(op), *operands)
    made = sp.builder.apply(op, operands, named, loc, name)
    given = (*operands, *(value for _, value in named))
    if isinstance(made, Var) and (_is_unseen(op) or any(map(_is_of_user, given))):
        sp.inputs.log.call(sp.builder.definitions[made])
    if op is operator.getitem:
        return records.opened(sp, made, loc)  # type: ignore[return-value]  # what is in a list of unknown length has no identity
    return containers.adopt(sp, made)  # type: ignore[return-value]


def _is_unseen(op: Any) -> bool:
    """Whether nobody knows what calling something may do."""
    return op is intrinsics.call or find(OPS, op) is None


def _is_of_user(operand: Operand) -> bool:
    """Whether an operand is an object whose special methods the user may have written."""
    type_ = type_of(operand)
    return isinstance(type_, Object) and not is_of_library(type_.cls.__module__)


def _computes(op: Any, operands: tuple[Operand, ...]) -> bool:
    """Whether a number is a number to an operation, whatever class it is of."""
    if op is operator.getitem:
        return isinstance(type_of(operands[0]), Array | ListOf)
    return isinstance(op, np.ufunc) or op in missing.ARITHMETIC


def _plain(sp: Specialiser, operand: Operand, loc: Loc) -> Operand:
    """An operand; of a number that is a member of an enumeration the number."""
    if isinstance(operand, Var) and isinstance(operand.type, Object):
        is_number = is_integer_enumeration(operand.type.cls)
        return sp.builder.apply(int, (operand,), (), loc) if is_number else operand
    member = operand.value if isinstance(operand, Const) else None
    if not isinstance(member, enum.Enum):
        return operand
    if isinstance(member, int):
        return Const(int.__int__(member))
    return Const(float.__float__(member)) if isinstance(member, float) else operand


def call_opaque(
    sp: Specialiser, callee: Operand, args: Args, kwargs: Kwargs, loc: Loc, name: str
) -> Result:
    """Calls what is not looked into, at run time."""
    subclasses.check_call(getattr(callee, "value", None), args, kwargs, loc)
    if isinstance(callee, Const):
        if not callable(callee.value):
            kind = type(callee.value).__name__
            raise UnsupportedSyntaxError(f"'{kind}' object is not callable", loc)
        disturbed.hand_over_lists(sp, callee.value, (*args, *kwargs.values()), loc)
        if not _is_hashable(callee.value):  # no operation is one
            return apply(sp, intrinsics.call, (callee, *args), kwargs, loc, name)
        result = apply(sp, callee.value, args, kwargs, loc, name)
        given = {key: sp.heap.frozen(value) for key, value in kwargs.items()}
        made = type_of_call(callee.value, tuple(map(sp.heap.frozen, args)), given)
        if isinstance(result, Var) and made != UNKNOWN:
            result.type = made
        disturbed.hand_over(sp, callee.value, (*args, *kwargs.values()))
        return result
    return apply(sp, intrinsics.call, (callee, *args), kwargs, loc, name)


def call_refused(
    sp: Specialiser,
    function: Any,
    args: Args,
    kwargs: Kwargs,
    loc: Loc,
    name: str,
    error: SrcgradError,
) -> Result:
    """Calls as it is what cannot be looked into, which ``error`` says, and keeps the error."""
    result = call_opaque(sp, Const(function), args, kwargs, loc, name)
    if isinstance(result, Var):
        sp.refused[result] = error
    return result
