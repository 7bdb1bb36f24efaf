"""What a call, an attribute or a name means, once the types of what it is applied to are known."""

from __future__ import annotations

import builtins
import functools
import inspect
import operator
import types
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import (
    Loc,
    MutationError,
    NoSourceError,
    SrcgradError,
    UnsupportedSyntaxError,
)
from srcgrad.frontend import lower
from srcgrad.frontend.mutation import writes_into_others
from srcgrad.instances import LIBRARIES, is_instance, is_of_library, is_users
from srcgrad.ir import intrinsics
from srcgrad.ir.facts import fact
from srcgrad.ir.nodes import LATE, Const, Function, Operand, Pack, Var
from srcgrad.ir.ops import DERIVATIVES, OPS
from srcgrad.ir.types import UNKNOWN, Array, ListOf, Object, Scalar, Type, Unknown, number_of
from srcgrad.specialise import (
    arraylike,
    callables,
    containers,
    disturbed,
    dunders,
    growing,
    handed,
    iterate,
    lists,
    objects,
    outside,
    recursion,
    stores,
    writes,
)
from srcgrad.specialise.builder import Result, constant_of, type_of
from srcgrad.specialise.draws import type_of_draw
from srcgrad.specialise.places import Attribute, Builtin, Cell, Global, Item, Place, Test, module_of
from srcgrad.specialise.values import (
    ITERABLES,
    Closure,
    Held,
    Method,
    NeedsValue,
    PartialOf,
    Ref,
    Scope,
    SuperOf,
    Value,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Frame, Specialiser

_PLAIN = (bool, int, float, complex, str, bytes, tuple, type(None))
_TRUSTED = ("srcgrad.rules", "srcgrad.ir.intrinsics", "srcgrad.transform")


# --- names --------------------------------------------------------------------------------------


def free(sp: Specialiser, name: str, frame: Frame, loc: Loc) -> Value:
    """The value of a name that a function reads but does not define."""
    if name in frame.captures:
        if frame.captures[name] is LATE:
            raise UnsupportedSyntaxError(f"'{name}' is called before it is defined", loc)
        return frame.captures[name]
    scope = frame.scope
    if name in scope.cells:
        place, content = scope.cells[name]
        return sp.inputs.read(place, content)
    if name in scope.names:
        content = scope.names[name]
        if scope.trusted:
            return Const(content)
        return sp.inputs.read(Place(Global(scope.module, name)), content)
    if hasattr(builtins, name):
        found = getattr(builtins, name)
        if not scope.trusted:
            sp.inputs.guard(Place(Builtin(scope.module, name)), Test.IDENTITY, found)
        return Const(found)
    raise UnsupportedSyntaxError(f"name '{name}' is not defined", loc)


def scope_of(sp: Specialiser, function: types.FunctionType) -> Scope:
    """Where the free names of a user's function are found."""
    names = function.__code__.co_freevars
    place = sp.inputs.functions.get(function)
    if names and place is None and function.__code__ is not sp.root:
        message = f"the closure of '{function.__name__}' cannot be found again"
        hint = "give it a name in a module or a function"
        raise UnsupportedSyntaxError(message, hint=hint)
    cells: dict[str, tuple[Place, Any]] = {}
    for i, (name, cell) in enumerate(zip(names, function.__closure__ or (), strict=True)):
        if place is None:  # the differentiated function itself: its cells are shared by name
            where = Place(Cell(name))
        else:
            where = Place(place.root, (*place.path, *_closure_step(i)))
        try:
            cells[name] = (where, cell.cell_contents)
        except ValueError:
            continue  # an empty cell: reading the name is an error, as it is in the function
    module = module_of(function)
    trusted = module.startswith(_TRUSTED)
    return Scope(module, function.__globals__, cells, trusted)


def _closure_step(i: int) -> tuple[Any, ...]:
    return (Attribute("__closure__"), Item(i), Attribute("cell_contents"))


def mapping(sp: Specialiser, value: Value, loc: Loc) -> dict[str, Value]:
    """The items of a value passed as ``**value``."""
    value = sp.heap.view(value)
    if isinstance(value, Pack) and value.kind is dict:
        return dict(zip(value.keys, value.items, strict=True))
    if isinstance(value, Held) and isinstance(value.example, dict):
        return {key: sp.inputs.item(value, key) for key in sp.inputs.keys(value)}
    raise UnsupportedSyntaxError("the keys of '**' arguments must be known", loc, "pass a dict")


# --- tests and indices --------------------------------------------------------------------------


def truth(sp: Specialiser, value: Value, loc: Loc) -> bool | Operand:
    """``value`` as a condition: decided, or an operand to test at run time."""
    is_container = isinstance(value, Held) and not is_instance(value.example)
    if objects.class_of_instance(value) is not None and not is_container:
        return _truth_of_instance(sp, value, loc)
    value = sp.heap.view(value)
    if isinstance(value, Const):
        return bool(value.value)
    if isinstance(value, Pack) and value.kind is not slice:
        return bool(value.items)
    if isinstance(value, Closure | PartialOf):
        return True
    if isinstance(value, Method) and not isinstance(value.receiver, Var | Method):
        return True
    if isinstance(value, Held) and isinstance(value.example, list | tuple | dict):
        return bool(sp.inputs.length(value))
    if lists.is_dynamic(value):
        return sp.builder.apply(len, (sp.operand(value, loc),), (), loc)
    return sp.operand(value, loc)


def _truth_of_instance(sp: Specialiser, value: Value, loc: Loc) -> bool | Operand:
    for name in ("__bool__", "__len__"):
        found = dunders.special(sp, value, name, (), loc)
        if found is not None:
            return truth(sp, found, loc)
    return bool(value.items) if isinstance(value, Pack) and issubclass(value.kind, tuple) else True


def index(sp: Specialiser, value: Value, key: Operand, loc: Loc) -> Value:
    """``value[key]``."""
    return invoke(sp, Const(operator.getitem), (value, key), {}, loc)


# --- calls --------------------------------------------------------------------------------------


def invoke(
    sp: Specialiser,
    callee: Value,
    args: tuple[Value, ...],
    kwargs: Mapping[str, Value],
    loc: Loc,
    name: str = "",
) -> Value:
    """The result of a call."""
    if isinstance(callee, Const):
        return _invoke_known(sp, callee.value, args, kwargs, loc, name)
    if isinstance(callee, Closure):
        return _inline_closure(sp, callee, args, kwargs, loc, name)
    if isinstance(callee, Method):
        return _invoke_method(sp, callee, args, kwargs, loc, name)
    if isinstance(callee, PartialOf):
        return callables.call(sp, callee, args, kwargs, loc, name)
    if isinstance(callee, Held):
        unwrapped = callables.unwrapped(sp, callee, args, kwargs)
        if unwrapped is not None:
            return callables.call(sp, unwrapped, args, kwargs, loc, name)
    result = objects.method(sp, callee, "__call__", args, kwargs, loc, name)
    if result is not None:
        return result
    return _call_opaque(sp, sp.operand(callee, loc), args, kwargs, loc, name)


def _invoke_known(
    sp: Specialiser,
    function: Any,
    args: tuple[Value, ...],
    kwargs: Mapping[str, Value],
    loc: Loc,
    name: str,
) -> Value:
    users = isinstance(function, types.FunctionType) and _is_inlinable(function)
    if not users or _find(sp.structural, function) is not None:
        args = tuple(iterate.listed(sp, arg, loc) for arg in args)
    special = dunders.apply(sp, function, args, loc, name)
    if special is not None:
        return special
    written = stores.write_by_call(sp, function, args, kwargs, loc, name)
    if written is not None:
        return written
    writes.check_call(function, args, kwargs, loc)
    structural = _find(sp.structural, function)
    if structural is not None:
        result = structural(sp, args, kwargs, loc, name)
        if result is not None:
            return result  # type: ignore[no-any-return]
    if _find(intrinsics.COMPILE_TIME, function):
        values = [sp.constant(arg, "an axis or a rank") for arg in args]
        named = {key: sp.constant(value, key) for key, value in kwargs.items()}
        return Const(function(*values, **named))
    if _find(OPS, function) is not None:
        return apply(sp, function, args, kwargs, loc, name)
    if _find(DERIVATIVES, function) is not None:
        value = apply(sp, function, args, kwargs, loc, name)
        if isinstance(value, Var) and isinstance(function, types.FunctionType):
            value.type = _type_of_result(sp, function, args, kwargs, loc)
        return value
    if isinstance(function, type):
        made = objects.construct(sp, function, args, kwargs, loc, name)
        if made is not None:
            return made
        return _call_opaque(sp, Const(function), args, kwargs, loc, name)
    if isinstance(function, types.MethodType):
        return invoke(sp, Const(function.__func__), (Const(function.__self__), *args), kwargs, loc)
    if isinstance(function, types.FunctionType) and _is_inlinable(function):
        return inline(sp, function, args, kwargs, loc, name)
    return _call_opaque(sp, Const(function), args, kwargs, loc, name)


def _type_of_result(
    sp: Specialiser,
    function: types.FunctionType,
    args: tuple[Value, ...],
    kwargs: Mapping[str, Value],
    loc: Loc,
) -> Type:
    """The type that a function with a derivative of its own gives, if its source tells."""
    if not _is_inlinable(function) or function.__code__ in sp.stack:
        return UNKNOWN
    before = sp.heap.save()
    with sp.builder.nested():  # what is emitted there is not kept
        value = inline(sp, function, args, kwargs, loc, "")
    if any(sp.heap.contents.get(ref) is not before.get(ref) for ref in sp.outside.values()):
        message = f"'{function.__name__}' has a derivative of its own, and writes an attribute"
        raise UnsupportedSyntaxError(message, loc, "write it in the function that calls this")
    sp.heap.restore(before)
    return number_of(type_of(value)) if isinstance(value, Var | Const) else UNKNOWN


def _find(table: Any, function: Any) -> Any:
    """Looks a callable up; objects that cannot be hashed are in no table."""
    try:
        if isinstance(table, dict):
            return table.get(function)
        return function in table
    except TypeError:
        return None


def apply(
    sp: Specialiser,
    op: Any,
    args: tuple[Value, ...],
    kwargs: Mapping[str, Value],
    loc: Loc,
    name: str = "",
) -> Result:
    """Emits an elementary operation."""
    operands = tuple(sp.operand(arg, loc) for arg in args)
    named = tuple((key, sp.operand(value, loc)) for key, value in kwargs.items())
    operands, named = arraylike.convert(sp, op, operands, named, loc)
    return containers.adopt(sp, sp.builder.apply(op, operands, named, loc, name))  # type: ignore[return-value]


def _call_opaque(
    sp: Specialiser,
    callee: Operand,
    args: tuple[Value, ...],
    kwargs: Mapping[str, Value],
    loc: Loc,
    name: str,
) -> Result:
    if isinstance(callee, Const):
        if not callable(callee.value):
            kind = type(callee.value).__name__
            raise UnsupportedSyntaxError(f"'{kind}' object is not callable", loc)
        result = apply(sp, callee.value, args, kwargs, loc, name)
        disturbed.hand_over(sp, callee.value, (*args, *kwargs.values()))
        return result
    return apply(sp, intrinsics.call, (callee, *args), kwargs, loc, name)


def _is_inlinable(function: types.FunctionType) -> bool:
    return not is_of_library(function.__module__)


def inline(
    sp: Specialiser,
    function: types.FunctionType,
    args: tuple[Value, ...],
    kwargs: Mapping[str, Value],
    loc: Loc,
    name: str,
) -> Value:
    """Inlines a user's function; one that cannot be is called as it is, if its arguments allow."""
    mark, before = len(sp.builder.body), sp.heap.save()
    try:
        with sp.entered(function.__code__):
            scope = scope_of(sp, function)
            closure = Closure(lower(function), scope, {}, _defaults(sp, function, scope))
            bound = _bind(sp, closure, args, kwargs, loc)
            return recursion.call(sp, _identity(sp, function), closure, bound, loc, name)
    except (UnsupportedSyntaxError, NoSourceError) as error:
        if _is_recursion(sp, function) or isinstance(error, MutationError):
            raise
        if any(objects.class_of_instance(arg) and isinstance(arg, Ref) for arg in args):
            raise  # an instance made here cannot be handed over
        refuse_writing(function, error)
        del sp.builder.body[mark:]
        sp.heap.restore(before)
        return call_refused(sp, function, args, kwargs, loc, name, error)


def call_refused(
    sp: Specialiser,
    function: Any,
    args: tuple[Value, ...],
    kwargs: Mapping[str, Value],
    loc: Loc,
    name: str,
    error: SrcgradError,
) -> Result:
    """Calls as it is what cannot be looked into, which ``error`` says, and keeps the error."""
    result = _call_opaque(sp, Const(function), args, kwargs, loc, name)
    if isinstance(result, Var):
        sp.refused[result] = error
    return result


def _identity(sp: Specialiser, function: types.FunctionType) -> object:
    """What all calls of one function have in common.

    A decorator makes several functions of one code, which call each other without recursion.
    """
    shared = function.__closure__ is None or function.__code__ is sp.root
    return function.__code__ if shared else function


def refuse_writing(function: types.FunctionType, error: SrcgradError) -> None:
    """Refuses to call, unseen, a function that may write into what it has not made itself."""
    if isinstance(error, NoSourceError) or not writes_into_others(function):
        return
    message = f"'{function.__name__}' may write into arrays that it has not made: {error.message}"
    raise MutationError(message, error.loc, error.hint) from None


def _is_recursion(sp: Specialiser, function: types.FunctionType) -> bool:
    return function.__code__ in sp.stack


def _inline_closure(
    sp: Specialiser,
    closure: Closure,
    args: tuple[Value, ...],
    kwargs: Mapping[str, Value],
    loc: Loc,
    name: str,
) -> Value:
    bound = _bind(sp, closure, args, kwargs, loc)
    return recursion.call(sp, closure.function, closure, bound, loc, name)


def _defaults(sp: Specialiser, function: types.FunctionType, scope: Scope) -> dict[str, Value]:
    """The defaults of a function; they are part of what the specialisation rests on."""
    defaults = function.__defaults__ or ()
    code = function.__code__
    names = code.co_varnames[: code.co_argcount]
    place = sp.inputs.functions.get(function)
    found: dict[str, Value] = {}
    rows: list[tuple[str, str, int | str, Any]] = [
        (n, "__defaults__", i, v)
        for i, (n, v) in enumerate(zip(names[len(names) - len(defaults) :], defaults, strict=True))
    ]
    rows += [(n, "__kwdefaults__", n, v) for n, v in (function.__kwdefaults__ or {}).items()]
    for param, attribute, key, value in rows:
        if place is None or scope.trusted:
            found[param] = Const(value)
        else:
            found[param] = sp.inputs.read(place.attribute(attribute).item(key), value)
    return found


def _bind(
    sp: Specialiser,
    closure: Closure,
    args: tuple[Value, ...],
    kwargs: Mapping[str, Value],
    loc: Loc,
) -> dict[str, Value]:
    """The arguments of a call by the names of the parameters, as Python binds them."""
    try:
        bound = _signature(closure.function).bind(*args, **kwargs).arguments
    except TypeError as error:
        raise UnsupportedSyntaxError(f"{closure.function.name}(): {error}", loc) from None
    result: dict[str, Value] = {}
    for param in closure.function.params:
        if param.kind is inspect.Parameter.VAR_POSITIONAL:
            result[param.name] = Pack(tuple, tuple(bound.get(param.name, ())))
        elif param.kind is inspect.Parameter.VAR_KEYWORD:
            extra = bound.get(param.name, {})
            result[param.name] = containers.make_dict(sp, extra)
        elif param.name in bound:
            result[param.name] = bound[param.name]
        else:
            result[param.name] = closure.defaults[param.name]
    return result


@fact
def _signature(function: Function) -> inspect.Signature:
    empty = inspect.Parameter.empty
    return inspect.Signature(
        [
            inspect.Parameter(p.name, p.kind, default=None if p.has_default else empty)
            for p in function.params
        ]
    )


# --- attributes and methods ---------------------------------------------------------------------


def attribute(sp: Specialiser, value: Value, name: str, loc: Loc, hint: str = "") -> Value:
    """``value.name``."""
    if isinstance(value, Const):
        return _attribute_of_known(sp, value.value, name, loc)
    if isinstance(value, Held):
        written = outside.written(sp, value, name)
        if written is not None:
            return written
        disturbed.check(sp, value, loc)
        found = sp.inputs.attribute(value, name, loc)
        if isinstance(found, property):
            assert isinstance(found.fget, types.FunctionType)
            return inline(sp, found.fget, (value,), {}, loc, hint)
        if isinstance(found, functools.cached_property):
            made = invoke(sp, Const(found.func), (value,), {}, loc, hint)
            outside.set_attribute(sp, value, name, made, loc)
            return made
        return found
    if isinstance(value, SuperOf):
        return objects.attribute_of_super(sp, value, name, loc, hint)
    if isinstance(value, Ref | Pack) and objects.class_of_instance(value) is None:
        return _attribute_of_container(value, name, loc)
    if isinstance(value, Ref | Pack):
        return objects.attribute(sp, value, name, loc, hint)
    if isinstance(value, Var) and not isinstance(value.type, Object | ListOf):
        descriptor = getattr(np.ndarray, name, None)
        if isinstance(descriptor, types.GetSetDescriptorType) and descriptor in OPS:
            return apply(sp, descriptor, (value,), {}, loc, hint)
        return Method(value, name)
    if isinstance(value, Var):
        return Method(value, name)
    if isinstance(value, PartialOf):
        return callables.attribute(value, name, loc)
    if isinstance(value, Method) and isinstance(value.receiver, Var):
        # Not a method after all, but a value that has this attribute.
        found = sp.operand(value, loc)
        assert isinstance(found, Var | Const)
        return attribute(sp, found, name, loc, hint)
    if isinstance(value, (*ITERABLES, Closure, Method)):
        return Method(value, name)
    raise AssertionError(f"attribute of {value!r}")


def _attribute_of_container(value: Ref | Pack, name: str, loc: Loc) -> Value:
    """A method of a list, a tuple, a dict, a set or a slice."""
    if isinstance(value, Pack) and value.kind is slice and name in ("start", "stop", "step"):
        return value.items[("start", "stop", "step").index(name)]
    if not hasattr(value.kind, name):
        message = f"'{value.kind.__name__}' object has no attribute '{name}'"
        raise UnsupportedSyntaxError(message, loc)
    return Method(value, name)


def _attribute_of_known(sp: Specialiser, obj: Any, name: str, loc: Loc) -> Value:
    try:
        found = getattr(obj, name)
    except AttributeError as error:
        raise UnsupportedSyntaxError(str(error), loc) from None
    if isinstance(obj, types.ModuleType):
        if obj.__name__.split(".")[0] in LIBRARIES and not _is_state(obj, found):
            return Const(found)
        return sp.inputs.read(Place(Global(obj.__name__, name)), found)
    if isinstance(obj, type) and is_users(obj):
        static = objects.class_attribute(sp, obj, name, None)
        if isinstance(static, classmethod):
            return Method(Const(obj), name)
    place = _place_of(sp, obj)
    if place is not None:
        return sp.inputs.read(place.attribute(name), found)
    if callable(found) and not isinstance(obj, type):
        return Method(Const(obj), name)
    return Const(found)


def place_of_attribute(sp: Specialiser, value: Const | Held, name: str) -> Place | None:
    """Where an attribute would be found; None if it is one of a library, which does not change."""
    if isinstance(value, Held):
        return value.place.attribute(name)
    obj = value.value
    if isinstance(obj, types.ModuleType):
        return None if is_of_library(obj.__name__) else Place(Global(obj.__name__, name))
    place = _place_of(sp, obj)
    return None if place is None else place.attribute(name)


def _is_state(module: types.ModuleType, value: Any) -> bool:
    """Whether an object of a library is one that programs replace, as they do ``sys.stdout``."""
    fixed = module.__name__.split(".")[0] in ("numpy", "scipy")
    return not (fixed or callable(value) or isinstance(value, (types.ModuleType, *_PLAIN)))


def _place_of(sp: Specialiser, obj: Any) -> Place | None:
    """Where a class or a function of the user's was found."""
    if isinstance(obj, type):
        return sp.inputs.classes.get(obj)
    return sp.inputs.functions.get(obj) if isinstance(obj, types.FunctionType) else None


def _invoke_method(
    sp: Specialiser,
    method: Method,
    args: tuple[Value, ...],
    kwargs: Mapping[str, Value],
    loc: Loc,
    name: str,
) -> Value:
    receiver = method.receiver
    if isinstance(receiver, Held) and isinstance(receiver.example, tuple):
        receiver = handed.opened(sp, receiver)
    if isinstance(receiver, Var) and isinstance(receiver.type, Array):
        function = getattr(np.ndarray, method.name, None)
        written = stores.write_by_call(sp, function, (receiver, *args), kwargs, loc, name)
        if written is not None:
            return written
    if isinstance(receiver, Var | Held):
        writes.check_method(_class_of(receiver), method.name, loc)
    if isinstance(receiver, Var) and isinstance(number_of(receiver.type), Array | Scalar | Unknown):
        function = getattr(np.ndarray, method.name, None)
        if function is not None and _find(OPS, function) is not None:
            writes.check_call(function, (receiver, *args), kwargs, loc)
            return apply(sp, function, (receiver, *args), kwargs, loc, name)
    if isinstance(receiver, Var) and isinstance(receiver.type, ListOf):
        return growing.method(sp, receiver, receiver, method.name, args, loc)
    result = objects.method(sp, receiver, method.name, args, kwargs, loc, name)
    if result is not None:
        return result
    if isinstance(receiver, Held) and isinstance(receiver.example, list | tuple | dict):
        receiver = handed.opened(sp, receiver)
    if isinstance(receiver, Pack | Ref):
        return _method_of_pack(sp, receiver, method.name, args, kwargs, loc)
    if isinstance(receiver, Const) and isinstance(receiver.value, str):
        known = [constant_of(arg) for arg in args if isinstance(arg, Const | Pack)]
        if len(known) == len(args) and None not in known and not kwargs:
            text = getattr(receiver.value, method.name)
            return Const(text(*(value.value for value in known if value is not None)))
    if isinstance(receiver, Const):
        return _invoke_known(sp, getattr(receiver.value, method.name), args, kwargs, loc, name)
    bound = sp.operand(method, loc)
    result = _call_opaque(sp, bound, args, kwargs, loc, name)
    if isinstance(result, Var):
        result.type = type_of_draw(receiver, method.name, args, kwargs)
    return result


def _class_of(receiver: Var | Held) -> type | None:
    """The class of what a method is called on, None where it is not known."""
    if isinstance(receiver, Held):
        return type(receiver.example)
    if isinstance(receiver.type, Object):
        return receiver.type.cls
    return np.ndarray if isinstance(receiver.type, Array) else None


def _method_of_pack(
    sp: Specialiser,
    pack: Pack | Ref,
    name: str,
    args: tuple[Value, ...],
    kwargs: Mapping[str, Value],
    loc: Loc,
) -> Value:
    """A method of a list, tuple, dict or named tuple that is known element by element."""
    result = containers.method(sp, pack, name, args, kwargs, loc)
    if result is None:
        message = f"'{pack.kind.__name__}.{name}' cannot be differentiated"
        raise UnsupportedSyntaxError(message, loc, "build a new container")
    return result


def error_at(need: NeedsValue) -> SrcgradError:
    """The error for a value that has to be known and cannot be."""
    message = f"the value of {need.why} must be known at compile time here"
    hint = "pass it as an argument of its own, or write it as a literal"
    return UnsupportedSyntaxError(message, need.loc, hint)
