"""Attributes that an instance from outside does not have, and that its ``__getattr__`` answers for.

The function is inlined where it is written in Python, as that of a property is; nothing of it runs
while compiling.  What goes through a ``__getattribute__`` of the user's is asked for when the
program runs.
"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.instances import in_class, is_filled, is_of_library, own_attributes, own_dict
from srcgrad.specialise.places import Test
from srcgrad.specialise.values import Held

if TYPE_CHECKING:
    from srcgrad.specialise.inputs import Inputs


def decides_attributes(cls: type) -> bool:
    """Whether a class has a ``__getattribute__`` of the user's, which all attributes go through."""
    return isinstance(in_class(cls, "__getattribute__"), types.FunctionType)


def answers(cls: type) -> bool:
    """Whether a class has a ``__getattr__``."""
    return in_class(cls, "__getattr__") is not None


def may_answer(cls: type, found: Any) -> bool:
    """Whether reading an attribute that an instance does not have of its own may run code.

    Then whether it has it is asked before it is read: a ``cached_property`` would be computed too
    early, and kept.  ``found`` is what the class has under the name.
    """
    runs_code = hasattr(type(found), "__get__") and not isinstance(found, _RUNS_NOTHING)
    return runs_code or answers(cls)


_RUNS_NOTHING = (types.FunctionType, classmethod, staticmethod, types.MemberDescriptorType)


def answering(inputs: Inputs, held: Held, name: str) -> types.FunctionType | None:
    """The ``__getattr__`` that is asked for an attribute which an instance does not have."""
    cls = type(held.example)
    getter = in_class(cls, "__getattr__")
    if not isinstance(getter, types.FunctionType) or is_of_library(getter.__module__):
        return None
    if name in own_attributes(held.example) or in_class(cls, name) is not None:
        return None
    inputs.log.attribute(held.place, name)
    own = own_dict(held.example)
    if own is not None:
        inputs.guard(held.place.attribute("__dict__"), Test.KEYS, tuple(own))
    where = held.place.attribute("__class__")
    inputs.guard(where.attribute(name), Test.PRESENT, False)
    inputs.guard(where.attribute("__getattr__"), Test.IDENTITY, getter)
    inputs.functions.setdefault(getter, where.attribute("__getattr__"))
    return getter


def refuse_unseen(held: Held, name: str, found: Any, loc: Loc) -> None:
    """Refuses an attribute that only a ``__getattr__`` answers for which is not inlined.

    ``found`` is what the class has under the name; it may be a slot with nothing in it.
    """
    cls = type(held.example)
    if in_class(cls, "__getattr__") is None or name in own_attributes(held.example):
        return
    if isinstance(found, types.MemberDescriptorType):
        is_there = is_filled(found, held.example)
    else:
        is_there = in_class(cls, name) is not None
    if not is_there:
        message = f"'{cls.__name__}' gives '{name}' by a '__getattr__' that is not looked into"
        hint = "read it outside of the function, and pass it as an argument"
        raise UnsupportedSyntaxError(message, loc, hint)
