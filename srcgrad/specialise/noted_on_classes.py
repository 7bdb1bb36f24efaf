"""Attributes of classes from outside that the program assigns: ``Counter.total += v``.

A class is known by its identity wherever it is found, and so an object as any other.  What is
assigned to it is read through the class, those that inherit from it and all their instances, in
Python's order: the first of them that has the attribute by now says what it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.instances import in_class, is_users, own_attributes, own_dict
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.specialise import outside
from srcgrad.specialise.places import Place, Test
from srcgrad.specialise.values import Held, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_NOTHING = object()


# --- writing ------------------------------------------------------------------------------------


def class_at(sp: Specialiser, value: Value) -> Held | None:
    """A class of the user's as an object, which is written; None if a value is none."""
    cls = value.value if isinstance(value, Const) else None
    if not isinstance(cls, type) or not is_users(cls):
        return None
    place = sp.inputs.classes.get(cls)
    return None if place is None else Held(place, cls)


def check(sp: Specialiser, held: Held, name: str, value: Value, loc: Loc) -> None:
    """Refuses to assign where that does more, or other, than to change a value of the class.

    Raises
    ------
    UnsupportedSyntaxError
        If the metaclass has a say, if what is there is no value that instances read as it is, or
        what is put there, or if what is assigned hides something else from a class that inherits.
    """
    cls: type = held.example
    found = in_class(cls, name, _NOTHING)
    is_special = name.startswith("__") and name.endswith("__")
    if found is _NOTHING and not is_special and in_class(type(cls), name, _NOTHING) is _NOTHING:
        message = f"an attribute '{name}' that the class {cls.__name__} does not have is made here"
        raise UnsupportedSyntaxError(message, loc, f"give it one in the class: {name} = ...")
    if (
        is_special
        or type(cls).__setattr__ is not type.__setattr__
        or in_class(type(cls), name, _NOTHING) is not _NOTHING
        or _binds(type(found))
        or not _is_plain(value)
        or _hides(cls, name)
    ):
        message = f"assignment to '{cls.__name__}.{name}' changes more than a value of the class"
        raise UnsupportedSyntaxError(message, loc, "make a new object, or assign to a name")
    if held.place in sp.inputs.viewed:
        message = f"'{cls.__name__}.{name}' is assigned after all that the class has was asked for"
        raise UnsupportedSyntaxError(message, loc, "read its attributes by their names")
    for kind, read in sp.copied_of_classes:
        if read == name and cls in kind.__mro__:
            message = f"'{cls.__name__}.{name}' is assigned where an object may have its own"
            raise UnsupportedSyntaxError(message, loc, f"give each object its '{name}' at first")
    sp.inputs.guard(held.place.attribute(name), Test.PRESENT, True)


def _binds(kind: type) -> bool:
    """Whether instances read something else than the value of such a type in their class."""
    return any(in_class(kind, name) is not None for name in ("__get__", "__set__", "__delete__"))


def _is_plain(value: Value) -> bool:
    """Whether instances read a value as it is."""
    match value:
        case Var() | Pack():
            return True
        case Const():
            return not _binds(type(value.value))
        case Held():
            return not _binds(type(value.example))
        case Ref():
            return not _binds(value.kind)
    return False


def _hides(cls: type, name: str) -> bool:
    """Whether classes that inherit would read the value where they have a property or a method."""
    for kind in _subclasses(cls):
        order = kind.__mro__
        first = next(i for i, base in enumerate(order) if name in vars(base))
        if order.index(cls) < first and _binds(type(vars(order[first])[name])):
            return True
    return False


def _subclasses(cls: type) -> Iterator[type]:
    kinds: list[type] = type.__subclasses__(cls)
    for kind in kinds:
        yield kind
        yield from _subclasses(kind)


# --- reading ------------------------------------------------------------------------------------


def written(
    sp: Specialiser, cls: type, place: Place | None, name: str, loc: Loc, start: int = 0
) -> Value | None:
    """What a class at a place has under a name, if the program has assigned that; None if not.

    Of the classes in whose order Python looks, those before ``start`` are left out.

    Raises
    ------
    UnsupportedSyntaxError
        If nobody can tell which class has it.
    """
    order = cls.__mro__
    assigned = [i for i, base in enumerate(order) if i >= start and _assigned(sp, base, name)]
    if not assigned:
        return None
    if place is None:
        message = f"'{name}' of a class is assigned, and read of one that is found elsewhere"
        raise UnsupportedSyntaxError(message, loc, "name the class")
    first = assigned[0]
    has = next(i for i, base in enumerate(order) if i >= start and name in vars(base))
    for i in range(start, min(has, first)):
        _guard_has(sp, place, i, name, False)
    if has < first:
        _guard_has(sp, place, has, name, True)
        return None
    held = _assigned(sp, order[first], name)
    assert held is not None
    if has > first and len(assigned) > 1 and (held.place, name) in sp.written:
        message = f"'{name}' is assigned to {order[first].__name__}, or not, and to a class"
        message += " from which it inherits"
        raise UnsupportedSyntaxError(message, loc, f"give both one at first: {name} = ...")
    sp.inputs.log.attribute(held.place, name)
    return outside.written(sp, held, name)


def read_by(sp: Specialiser, held: Held, name: str, loc: Loc) -> Value | None:
    """What an instance from outside, to which the program has not assigned it, has under a name
    from its class, if the program has assigned that; None if not."""
    cls, place = type(held.example), held.place
    if not any(_assigned(sp, base, name) for base in cls.__mro__):
        return None
    is_own = name in own_attributes(held.example)
    if own_dict(held.example) is not None:
        own = place.attribute("__dict__").item(name)
        sp.inputs.guard(own, Test.PRESENT, is_own)
    return None if is_own else written(sp, cls, place.attribute("__class__"), name, loc)


def check_own(sp: Specialiser, held: Held, name: str, loc: Loc) -> None:
    """Refuses to read of an instance what it may have of its own or not, if its class was
    assigned another."""
    if (held.place, name) not in sp.written or name in own_attributes(held.example):
        return
    if any(_assigned(sp, base, name) for base in type(held.example).__mro__):
        message = f"'{name}' is assigned to an object, or not, and to its class"
        raise UnsupportedSyntaxError(message, loc, f"give the object a '{name}' when it is made")


def view(sp: Specialiser, cls: type, loc: Loc) -> None:
    """Notes that all that a class has is asked for: nothing of it may be assigned, before or after.

    Raises
    ------
    UnsupportedSyntaxError
        If something has been.
    """
    place = sp.inputs.classes.get(cls)
    if place is None:
        return
    if place in sp.outside:
        message = f"all that the class {cls.__name__} has is asked for after it was assigned to"
        raise UnsupportedSyntaxError(message, loc, "read its attributes by their names")
    sp.inputs.viewed.add(place)


def is_assigned(sp: Specialiser, cls: type, name: str) -> bool:
    """Whether the program assigns an attribute of a class, or of one from which it inherits."""
    places = [sp.inputs.classes.get(base) for base in cls.__mro__]
    return any(
        place is not None and ((place, name) in sp.written or _assigned(sp, base, name))
        for place, base in zip(places, cls.__mro__, strict=True)
    )


def _assigned(sp: Specialiser, cls: type, name: str) -> Held | None:
    """A class to which the program has assigned an attribute; None if it has not."""
    place = sp.inputs.classes.get(cls) if sp.outside else None
    if place is None:
        return None
    held = Held(place, cls)
    return None if outside.written(sp, held, name) is None else held


def _guard_has(sp: Specialiser, place: Place, i: int, name: str, has: bool) -> None:
    """Demands that a class in the order of those of the one at ``place`` has an attribute, or
    not."""
    own = place.attribute("__mro__").item(i).attribute("__dict__").item(name)
    sp.inputs.guard(own, Test.PRESENT, has)
