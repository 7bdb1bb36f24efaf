"""Instances of the user's classes: how they are made, and what their attributes and methods are.

An instance that the program makes is an object on the heap, whose content is its attributes; one
from outside is ``Held``, and a named tuple or a frozen dataclass a ``Pack``.  What is found in a
class is guarded, wherever the class itself was found.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
import sys
import types
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from srcgrad.errors import CertainError, Loc, NoSourceError, UnsupportedSyntaxError
from srcgrad.instances import in_class, is_generated, is_of_library, is_plain, is_users
from srcgrad.ir.nodes import Const, Pack
from srcgrad.ir.types import Known
from srcgrad.specialise import (
    attributes,
    calls,
    certain,
    chains,
    containers,
    descriptors,
    inlining,
    missing,
    noted_on_classes,
    own_attributes,
)
from srcgrad.specialise.classes import class_of, class_of_instance, found_through
from srcgrad.specialise.places import Place, Test
from srcgrad.specialise.tuple_class import LongTuple
from srcgrad.specialise.values import (
    Args,
    Held,
    Kwargs,
    Method,
    PerhapsSet,
    Ref,
    SuperOf,
    Value,
    is_undefined,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_MISSING = object()


# --- making -------------------------------------------------------------------------------------


def construct(
    sp: Specialiser, cls: type, args: Args, kwargs: Kwargs, loc: Loc, name: str
) -> Value | None:
    """A new instance; None if making one does more than its ``__init__`` says."""
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        defaults = {key: Const(value) for key, value in cls._field_defaults.items()}  # type: ignore[attr-defined]
        given = _bound(cls.__new__, args, kwargs, loc)
        names = cls._fields
        items = tuple(given.get(key, defaults.get(key)) for key in names)
        return Pack(cls, items, tuple(names))  # type: ignore[arg-type]
    if cls is LongTuple:
        return Pack(cls, args, cls.__slots__)  # type: ignore[arg-type]
    if isinstance(cls, enum.EnumType) and len(args) == 1 and isinstance(args[0], Const):
        return _member(sp, cls, args[0].value, loc)
    if not is_users(cls) or not is_plain(cls):
        return None
    if cls is types.SimpleNamespace:
        return None if args else sp.heap.make(Pack(cls, tuple(kwargs.values()), tuple(kwargs)))  # type: ignore[arg-type]
    _check_not_abstract(cls, loc)
    own: Any = inspect.getattr_static(cls, "__init__")
    if is_generated(own):
        return _dataclass(sp, cls, args, kwargs, loc)
    if own is object.__init__:
        return None if args or kwargs else sp.heap.make(Pack(cls, ()))
    init = class_attribute(sp, cls, "__init__", None)
    if not isinstance(init, types.FunctionType):
        return None
    mark, before, noted = len(sp.builder.body), sp.heap.save(), sp.inputs.log.save()
    ref = sp.heap.make(Pack(cls, ()))
    try:
        result = inlining.inline(sp, init, (ref, *args), kwargs, loc, "")
    except (UnsupportedSyntaxError, NoSourceError) as error:
        if isinstance(error, CertainError) and error.loc == loc:
            raise
        inlining.refuse_writing(init, error)
        del sp.builder.body[mark:]
        sp.inputs.log.restore(noted)
        sp.heap.restore(before)
        return calls.call_refused(sp, cls, args, kwargs, loc, name, error)
    _check_is_none(sp, result, loc)
    return ref


def _check_not_abstract(cls: type, loc: Loc) -> None:
    """Whether all methods of a class that are declared are there."""
    if not inspect.isabstract(cls):
        return
    try:
        object.__new__(cls)
    except TypeError as error:
        raise CertainError(str(error), loc, error) from None


def _check_is_none(sp: Specialiser, result: Value, loc: Loc) -> None:
    """Whether an ``__init__`` gives back nothing, if it ends at all."""
    is_none = isinstance(result, Const) and result.value is None
    if is_none or is_undefined(result) or getattr(result, "type", None) == Known(None):
        return
    cls = class_of(sp, result)
    if cls is None:
        raise UnsupportedSyntaxError("this '__init__' may give something back", loc)
    text = f"__init__() should return None, not '{cls.__name__}'"
    raise CertainError(text, loc, TypeError(text))


def _member(sp: Specialiser, cls: Any, value: Any, loc: Loc) -> Value | None:
    """The member of an enumeration with a value."""
    if isinstance(value, cls):
        return Const(value)
    if in_class(cls, "_missing_") is not vars(enum.Enum)["_missing_"]:
        return None
    try:
        return sp.inputs.member(cls(value))
    except ValueError as error:
        raise CertainError(str(error), loc, error) from None


def is_frozen(cls: type) -> bool:
    params = getattr(cls, "__dataclass_params__", None)
    return cls is LongTuple or (params is not None and bool(params.frozen))


def check_not_frozen(cls: type, name: str, loc: Loc) -> None:
    """Whether an attribute of an instance may be assigned, as far as ``dataclass`` has a say."""
    if not is_frozen(cls):
        return
    text = f"cannot assign to field '{name}'"
    if "__dataclass_params__" in vars(cls) or name in {f.name for f in dataclasses.fields(cls)}:
        raise CertainError(text, loc, dataclasses.FrozenInstanceError(text))
    raise UnsupportedSyntaxError(text, loc)


def _dataclass(sp: Specialiser, cls: type, args: Args, kwargs: Kwargs, loc: Loc) -> Value | None:
    init: Any = inspect.getattr_static(cls, "__init__")
    given = _bound(init, args, kwargs, loc)
    fields = dataclasses.fields(cls)
    if any(descriptors.is_first(in_class(cls, field.name)) for field in fields):
        return None  # whose setter is called
    found = _filled(sp, cls, fields, given, loc)
    pack = Pack(cls, tuple(found.values()), tuple(found))  # type: ignore[arg-type]
    after = class_attribute(sp, cls, "__post_init__", None)
    if is_frozen(cls) and after is None:
        return pack
    ref = sp.heap.make(pack)
    if isinstance(after, types.FunctionType):
        passed = _filled(sp, cls, _passed_on(cls), given, loc)
        inlining.inline(sp, after, (ref, *passed.values()), {}, loc, "")
    return ref


def _passed_on(cls: type) -> list[Any]:
    """The pseudo-fields, each an ``InitVar``, which only ``__post_init__`` sees."""
    taken = inspect.signature(cls.__init__).parameters  # type: ignore[misc]
    kept = {field.name for field in dataclasses.fields(cls)}
    declared: dict[str, Any] = cls.__dataclass_fields__  # type: ignore[attr-defined]
    return [field for n, field in declared.items() if n in taken and n not in kept]


def _filled(
    sp: Specialiser, cls: type, fields: Iterable[Any], given: Kwargs, loc: Loc
) -> dict[str, Value]:
    """The fields with what is given for them, or their defaults."""
    found: dict[str, Value] = {}
    for field in fields:
        value = given[field.name] if field.name in given else _default(sp, cls, field, loc)
        if value is not None:
            found[field.name] = value
    return found


def _default(sp: Specialiser, cls: type, field: Any, loc: Loc) -> Value | None:
    """What an instance has of its own in a field that is not given; None if it has nothing."""
    if field.default_factory is not dataclasses.MISSING:
        return calls.invoke(sp, Const(field.default_factory), (), {}, loc)
    if field.default is dataclasses.MISSING:
        return None
    in_it = in_class(cls, field.name, _MISSING)
    if not field.init and not isinstance(in_it, types.MemberDescriptorType):
        # ``__init__`` leaves it alone: the class has it, and binds a function to the instance.
        binds = in_it is _MISSING or in_class(type(in_it), "__get__") is not None
        return None if binds else attributes.attribute(sp, Const(cls), field.name, loc)
    # ``__init__`` has kept the default of the definition, whatever the class has by now.
    place = sp.inputs.classes.get(cls)
    if place is None:
        return Const(field.default)
    where = place.attribute(field.name)
    if in_it is field.default:
        sp.inputs.guard(where, Test.IDENTITY, in_it)
        return sp.inputs.read(where, in_it)
    if isinstance(field.default, int | float | str | types.NoneType):
        return Const(field.default)
    kept = place.attribute("__dataclass_fields__").item(field.name).attribute("default")
    return sp.inputs.read(kept, field.default)


def _bound(function: Any, args: Args, kwargs: Kwargs, loc: Loc) -> dict[str, Value]:
    signature, given = inspect.signature(function), (Const(None), *args)
    bound = inlining.bound(signature, given, kwargs, function.__qualname__, loc).arguments
    return dict(list(bound.items())[1:])


def replaced(sp: Specialiser, value: Value, changes: Kwargs, loc: Loc) -> Value | None:
    """``dataclasses.replace(value, **changes)``."""
    cls = class_of_instance(value)
    if cls is None or not dataclasses.is_dataclass(cls):
        return None
    names = [field.name for field in dataclasses.fields(cls) if field.init]
    derived = [f.name for f in dataclasses.fields(cls) if not f.init and f.name in changes]
    if derived:
        text = (
            f"field {derived[0]} is declared with init=False, it cannot be specified with replace()"
        )
        error = TypeError if sys.version_info >= (3, 13) else ValueError
        raise CertainError(text, loc, error(text))
    old = {n: attributes.attribute(sp, value, n, loc) for n in names if n not in changes}
    return calls.invoke(sp, Const(cls), (), {**old, **changes}, loc)


# --- what is in a class -------------------------------------------------------------------------


def class_attribute(sp: Specialiser, cls: type, name: str, default: Any = _MISSING) -> Any:
    """What a class has for its instances under a name, its own or inherited, not bound."""
    found = in_class(cls, name, default)
    if found is not default:
        guard(sp, sp.inputs.classes.get(cls), name, found)
    return found


def guard(sp: Specialiser, place: Place | None, name: str, found: Any) -> None:
    """Makes the specialisation rest on what was found in the class at ``place``."""
    if place is None:
        return
    where = place.attribute(name)
    function = found
    if isinstance(found, classmethod):
        where, function = where.attribute("__func__"), found.__func__
    elif isinstance(found, staticmethod):
        function = found.__func__
    elif isinstance(found, property):
        sp.inputs.guard(where, Test.IDENTITY, found)
        for accessor in ("fget", "fset"):
            if isinstance(getattr(found, accessor), types.FunctionType):
                part = where.attribute(accessor)
                sp.inputs.functions.setdefault(getattr(found, accessor), part)
        return
    if isinstance(function, types.FunctionType):
        sp.inputs.guard(where, Test.IDENTITY, function)
        sp.inputs.functions.setdefault(function, where)
    elif isinstance(found, staticmethod):
        sp.inputs.guard(where, Test.IDENTITY, function)


def attribute(sp: Specialiser, value: Ref | Pack, name: str, loc: Loc, hint: str) -> Value:
    """An attribute of an instance."""
    pack = sp.heap.view(value)
    assert isinstance(pack, Pack)
    cls = value.kind
    if name == "__class__":
        return Const(class_of(sp, value))
    of_class = noted_on_classes.written(sp, cls, sp.inputs.classes.get(cls), name, loc)
    if of_class is not None and own_attributes.own(sp, pack, name) is None:
        return of_class
    found = class_attribute(sp, cls, name)
    where = descriptors.place_of(cls, sp.inputs.classes.get(cls), name)
    if descriptors.is_first(found):
        return descriptors.get(sp, found, where, value, cls, name, loc, hint)
    own = own_attributes.own(sp, pack, name)
    is_cached = isinstance(found, functools.cached_property)
    if is_cached and isinstance(value, Ref) and isinstance(own, PerhapsSet):
        result = own_attributes.cached(sp, own, found.func, value, loc)
        set_attribute(sp, value, name, result, loc)
        return result
    if own is not None:
        return chains.opened(sp, own_attributes.present(sp, own, cls, name, loc), loc)
    if is_cached and isinstance(value, Ref):
        if not cls.__dictoffset__:
            text = (
                f"No '__dict__' attribute on '{cls.__name__}' instance to cache '{name}' property."
            )
            raise CertainError(text, loc, TypeError(text))
        result = calls.invoke(sp, Const(found.func), (value,), {}, loc, hint)
        set_attribute(sp, value, name, result, loc)
        return result
    if found is _MISSING or isinstance(found, types.MemberDescriptorType):
        raise missing.attribute(cls, name, loc)
    if isinstance(found, staticmethod):
        return Const(found.__func__)
    if isinstance(found, types.FunctionType | classmethod) or descriptors.is_of_python(found):
        return Method(value, name)
    if descriptors.gives(found):
        return descriptors.get(sp, found, where, value, cls, name, loc, hint)
    if callable(found) and issubclass(cls, tuple) and is_of_library(type(found).__module__):
        return Method(value, name)
    descriptors.check(cls, name, found, loc)
    return attributes.attribute(sp, Const(cls), name, loc)


def set_attribute(sp: Specialiser, ref: Ref, name: str, value: Value, loc: Loc) -> None:
    """``ref.name = value``."""
    found = class_attribute(sp, ref.kind, name, None)
    if isinstance(found, property):
        if found.fset is None:
            certain.computed(loc, found.__set__, object.__new__(ref.kind), None)
        if not isinstance(found.fset, types.FunctionType):
            raise UnsupportedSyntaxError(f"property '{name}' has no setter", loc)
        inlining.inline(sp, found.fset, (ref, value), {}, loc, "")
        return
    if descriptors.takes(found):
        where = descriptors.place_of(ref.kind, sp.inputs.classes.get(ref.kind), name)
        descriptors.set_(sp, found, where, ref, value, name, loc)
        return
    if not isinstance(found, types.MemberDescriptorType):
        _check_has_dict(ref.kind, name, loc)
    pack = sp.heap.contents[ref]
    assert isinstance(pack, Pack)
    entries = {**containers.entries_of(pack), name: value}
    containers.write(sp, ref, Pack(ref.kind, tuple(entries.values()), tuple(entries)), loc)


def _check_has_dict(cls: type, name: str, loc: Loc) -> None:
    """Whether an instance can have an attribute for which its class has no slot.

    Raises
    ------
    CertainError
        If all classes that it is of have ``__slots__``.
    """
    if cls.__dictoffset__:
        return
    try:
        object.__setattr__(object.__new__(cls), name, None)
    except AttributeError as error:
        raise CertainError(str(error), loc, error) from None


# --- methods ------------------------------------------------------------------------------------


def method(
    sp: Specialiser, receiver: Value, name: str, args: Args, kwargs: Kwargs, loc: Loc, hint: str
) -> Value | None:
    """The result of a method of an instance; None if it is not written in Python."""
    if isinstance(receiver, SuperOf):
        return _method_of_super(sp, receiver, name, args, kwargs, loc, hint)
    cls = class_of_instance(receiver)
    if cls is None:
        return None
    if isinstance(receiver, Held):
        found = in_class(cls, name)
        guard(sp, receiver.place.attribute("__class__"), name, found)
    elif isinstance(receiver, Const):
        member = sp.inputs.members.get(id(receiver.value))
        found = in_class(cls, name)
        guard(sp, None if member is None else member.attribute("__class__"), name, found)
    else:
        found = class_attribute(sp, cls, name, None)
    if isinstance(receiver, Pack) and issubclass(cls, tuple):
        entries = containers.entries_of(receiver)
        if name == "_replace" and not set(kwargs) - set(entries):
            entries.update(kwargs)
            return Pack(cls, tuple(entries.values()), receiver.keys)
        if name == "_asdict":
            return containers.make_dict(sp, entries)
    return _call(sp, found, receiver, cls, args, kwargs, loc, hint)


def _call(
    sp: Specialiser,
    found: Any,
    receiver: Value,
    cls: type,
    args: Args,
    kwargs: Kwargs,
    loc: Loc,
    hint: str,
) -> Value | None:
    if isinstance(found, staticmethod):
        return calls.invoke(sp, Const(found.__func__), args, kwargs, loc, hint)
    if isinstance(found, classmethod):
        owner = found_through(sp, receiver, cls)
        return calls.invoke(sp, Const(found.__func__), (owner, *args), kwargs, loc, hint)
    if isinstance(found, types.FunctionType) and not is_of_library(found.__module__):
        return inlining.inline(sp, found, (receiver, *args), kwargs, loc, hint)
    return None


def _method_of_super(
    sp: Specialiser, over: SuperOf, name: str, args: Args, kwargs: Kwargs, loc: Loc, hint: str
) -> Value | None:
    cls, found, *_ = _inherited(sp, over, name, loc)
    if found is object.__init__ and not args:
        return Const(None)
    return _call(sp, found, over.receiver, cls, args, kwargs, loc, hint)


def _inherited(
    sp: Specialiser, over: SuperOf, name: str, loc: Loc
) -> tuple[type, Any, Place | None, Value | None]:
    """The class of the receiver, what the classes after ``over.cls`` have under a name, where, and
    what the program has assigned there."""
    receiver = over.receiver
    if isinstance(receiver, Const) and isinstance(receiver.value, type):  # in a class method
        cls, place = receiver.value, sp.inputs.classes.get(receiver.value)
    else:
        kind = class_of_instance(receiver)
        if kind is None:
            raise UnsupportedSyntaxError("the class behind 'super' is not known here", loc)
        held = receiver.place.attribute("__class__") if isinstance(receiver, Held) else None
        cls, place = kind, held or sp.inputs.classes.get(kind)
    order = cls.__mro__
    start = order.index(over.cls) + 1
    assigned = noted_on_classes.written(sp, cls, place, name, loc, start)
    for i in range(start, len(order)):
        if name in order[i].__dict__:
            found = order[i].__dict__[name]
            where = None if place is None else place.attribute("__mro__").item(i)
            guard(sp, where, name, found)
            own = None if where is None else where.attribute("__dict__").item(name)
            if where is not None and not hasattr(found, "__get__"):
                own = sp.inputs.classes.get(order[i], where).attribute(name)
            return cls, found, own, assigned
    raise UnsupportedSyntaxError(f"'super' object has no attribute '{name}'", loc)


def attribute_of_super(sp: Specialiser, over: SuperOf, name: str, loc: Loc, hint: str) -> Value:
    """``super().name``: a property is read, a method waits for its arguments."""
    cls, found, where, assigned = _inherited(sp, over, name, loc)
    if assigned is not None:
        return assigned
    if isinstance(found, property) or descriptors.gives(found):
        return descriptors.get(sp, found, where, over.receiver, cls, name, loc, hint)
    if callable(found) or isinstance(found, classmethod):
        return Method(over, name)
    return Const(found) if where is None else sp.inputs.read(where, found)
