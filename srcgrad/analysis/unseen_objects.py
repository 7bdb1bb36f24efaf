"""Attributes and items of objects that a call meets: what they may be, and which it changes.

Changes go by the object and the attribute, or the key, so that what nobody else reads, as counters
and logs, may be changed by anybody.
"""

from __future__ import annotations

import collections
import contextlib
import functools
import types
from typing import Any

import numpy as np

from srcgrad.analysis import unseen_iterators, unseen_libraries
from srcgrad.analysis.unseen_classes import (
    bound,
    class_of,
    is_users_class,
    method,
    methods,
    of_class,
    of_super,
)
from srcgrad.analysis.unseen_values import (
    ALL,
    CONTAINERS,
    EVERYTHING,
    KEYS,
    SOME,
    Change,
    Given,
    Item,
    Made,
    OfMade,
    Super,
    Values,
    inner,
    is_array,
    is_key,
    is_text_perhaps,
    plain,
    union,
)
from srcgrad.instances import in_class, is_generated, is_own, own_attributes

_NOT_ASKED = frozenset(
    (
        *("__init__", "__new__", "__post_init__", "__init_subclass__", "__set_name__", "__del__"),
        *("__setattr__", "__delattr__", "__setitem__", "__delitem__", "__set__", "__delete__"),
        *("__setstate__", "__call__", "__getattribute__", "__getattr__"),
    )
)
"""The special methods that are called only by those who mean it."""
_AS_FILE = frozenset(("write", "writelines", "flush", "read", "readline"))
"""The methods of a file, which libraries call of what they are given for one."""
_FIELD = type(collections.namedtuple("_Named", "field").field)  # type: ignore[attr-defined]
_OF_CLASS = (types.GetSetDescriptorType, types.MemberDescriptorType, _FIELD)
"""Descriptors that are no code of the user's."""


class Objects:
    """What is known of objects.

    Attributes
    ----------
    changes : dict
        The changes that have been found, by the identity of the owner and the name.
    """

    def __init__(self) -> None:
        self.changes: dict[tuple[int, Any], Change] = {}
        self._assigned: dict[tuple[int, Any], dict[int, Any]] = {}
        """What has been put into objects that were there before, by what has it and the name."""
        self.put = 0
        """How much of that leads to objects."""
        self._around: list[str] = []
        """The names of the functions that are being gone through."""
        self._plain: dict[tuple[Any, ...], bool] = {}
        self._special: dict[tuple[type, tuple[str, ...]], list[types.FunctionType]] = {}

    def call(self, callee: Any, given: Given) -> Values:
        """Goes through a call of an object; what it may give."""
        raise NotImplementedError

    def advance(self, iterator: Any) -> Values:
        """Asks an iterator that was there before for elements; what they may be."""
        raise NotImplementedError

    def change(self, owner: Any, name: Any, values: Values = ()) -> None:
        """Notes that something of an object may be another now: one of these values."""
        if isinstance(owner, Made) and owner.var is None:
            return
        if isinstance(owner, types.ModuleType):
            owner = vars(owner)
        if values:
            self.put_in(owner, values, name)
        if (id(owner), name) in self.changes:
            return
        by = self._around[0] if self._around else ""
        self.changes[id(owner), name] = Change(owner, name, by)

    def assigned(self, owner: Any, name: Any) -> Values:
        """What has been put into an object, under a name or a key or, for ``ALL``, anywhere."""
        owner = vars(owner) if isinstance(owner, types.ModuleType) else owner
        if not self._assigned:
            return ()
        found = self._assigned.get((id(owner), name))
        return () if found is None else tuple(found.values())

    def put_in(self, owner: Any, values: Values, name: Any = ALL) -> None:
        """Notes what may be in an object that was there before, under a name or anywhere."""
        known = self._assigned.setdefault((id(owner), name), {})
        for each in values:
            kept = SOME if _is_number(each) else each
            if id(kept) not in known:
                known[id(kept)] = kept
                self.put += kept is not SOME

    def change_everything(self) -> None:
        """Notes that nobody can tell what may be another now."""
        self.change(EVERYTHING, ALL)

    # --- special methods ------------------------------------------------------------------------

    def ask(self, value: Any, *names: str) -> Values:
        """What special methods of an object of the user's give, of these names or of any.

        Operators and libraries call them.
        """
        cls = class_of(value)
        if unseen_iterators.is_iterator(value):
            return self.advance(value)
        if not is_users_class(cls) or isinstance(value, type):
            return ()
        if (cls, names) not in self._special:
            self._special[cls, names] = _special(cls, names)
        return union([self.call(each, Given(((value,),))) for each in self._special[cls, names]])

    # --- attributes -----------------------------------------------------------------------------

    def attribute(self, value: Any, name: str) -> Values:
        """What an attribute of an object may be."""
        if isinstance(value, Super):
            return of_super(value, name)
        if isinstance(value, type):
            return (*map(plain, of_class(value, name)), *self.assigned(value, name))
        cls = class_of(value)
        if (cls, name) not in self._plain:
            self._plain[cls, name] = _is_plain(cls, name)
        if self._plain[cls, name] and not isinstance(value, Made):
            seen = self._of_plain(value, name)
            if seen:
                return seen
        if isinstance(value, types.ModuleType) or not is_users_class(cls):
            return self._of_library(value, name)
        if name in ("__dict__", "__class__"):
            held = value if isinstance(value, Made) else own_attributes(value)
            return (cls,) if name == "__class__" else (held,)
        found = in_class(cls, name)
        own = own_attributes(value) if not isinstance(value, Made) else {}
        first = method(value, "__getattribute__")
        more = () if first is None else self.call(first, Given(((value,), (name,))))
        if name in own and not isinstance(found, property):
            seen = (plain(own[name]),)
        elif found is None:
            seen = self._not_in_class(value, name)
        else:
            seen = self._in_class(value, name, found)
        return union((seen, more, self.assigned(value, name), self.assigned(value, ALL)))

    def _of_plain(self, value: Any, name: str) -> Values:
        """An attribute of an instance, which has it itself or as a method of its class."""
        own = own_attributes(value)
        found = None if name in own else in_class(type(value), name)
        if name in own:
            seen: Values = (plain(own[name]),)
        elif found is not None:
            seen = (types.MethodType(found, value),)
        else:
            return ()
        put = self.assigned(value, name)
        return union((seen, put, self.assigned(value, ALL))) if self._assigned else seen

    def named(self, value: Any, names: Values) -> Values:
        """What an attribute of an object may be, which is one of these names."""
        known = texts(names)
        if known is None:
            return self.any_attribute(value)
        return union([self.attribute(value, name) for name in known])

    def any_attribute(self, value: Any) -> Values:
        """What the attributes of an object may be, of which the name is not told."""
        cls = class_of(value)
        if isinstance(value, types.ModuleType):
            return tuple(vars(value).values()) if is_own(value.__name__) else ()
        if isinstance(value, type):
            names = {name for name, _ in methods(value)}
        elif not is_users_class(cls):
            return tuple(value.parts) if isinstance(value, Made) else ()
        else:
            own = () if isinstance(value, Made) else own_attributes(value)
            names = {*own, *(name for name, _ in methods(cls) if not name.startswith("__"))}
        found = union([self.attribute(value, name) for name in sorted(names)])
        return (*found, *value.parts, SOME) if isinstance(value, Made) else found

    def _not_in_class(self, value: Any, name: str) -> Values:
        """An attribute that neither the object nor its class is known to have."""
        if isinstance(value, Made) and value.is_known and name in value.attributes:
            return value.attributes[name]
        getter = method(value, "__getattr__")
        given = () if getter is None else self.call(getter, Given(((value,), (name,))))
        return (*given, *(inner((value,))[1:] if isinstance(value, Made) else ()))

    def _in_class(self, value: Any, name: str, found: Any) -> Values:
        """An attribute that the class of an object has something for."""
        getter = method(found, "__get__")
        if getter is not None:
            return self.call(getter, Given(((found,), (value,), (class_of(value),))))
        got = bound(found, value)
        if got is None:
            return self._computed(value, name, found)
        if isinstance(found, _OF_CLASS) and isinstance(value, Made):
            return (*value.attributes.get(name, ()), *(() if value.is_known else value.parts))
        if isinstance(found, _OF_CLASS):
            with contextlib.suppress(AttributeError):  # it is not set
                return (plain(found.__get__(value)),)
            return ()
        if isinstance(found, types.MethodDescriptorType | types.WrapperDescriptorType):
            return (types.MethodType(found, value),)
        got = tuple(map(plain, got))
        return (*got, *value.attributes.get(name, ())) if isinstance(value, Made) else got

    def _computed(self, value: Any, name: str, found: Any) -> Values:
        """A property of an object."""
        if isinstance(found, functools.cached_property):
            self.change(value, name)
        function = found.func if isinstance(found, functools.cached_property) else found.fget
        return self.call(function, Given(((value,),)))

    def _of_library(self, value: Any, name: str) -> Values:
        """An attribute of an object of a library; of an array, what is not called is a view."""
        if value is SOME:
            return (SOME,)
        if isinstance(value, Made) and value.var is not None and _is_data(name):
            return (value,)
        if isinstance(value, Made):
            held = (part for part in value.parts if not isinstance(part, types.FunctionType))
            return (OfMade(value, name), *held)
        found = getattr(value, name, None)
        if isinstance(value, np.ndarray) and not callable(found):
            return unseen_libraries.of_array(value, found)
        put = self.assigned(value, name)
        return put if found is None else (plain(found), *put)

    def set_attribute(self, owner: Any, name: Any, values: Values) -> None:
        """``owner.name = value``."""
        cls = class_of(owner)
        if (cls, name, "set") not in self._plain:
            self._plain[cls, name, "set"] = _is_plainly_set(cls, name)
        if self._plain[cls, name, "set"] and not isinstance(owner, Made):
            self.change(owner, name, values)
            return
        found = in_class(cls, name) if isinstance(name, str) else None
        written, setter = method(owner, "__setattr__"), method(found, "__set__")
        if isinstance(found, property) and found.fset is not None:
            self.call(found.fset, Given(((owner,), values)))
        elif setter is not None:
            self.call(setter, Given(((found,), (owner,), values)))
        elif written is not None and not is_generated(written):
            self.call(written, Given(((owner,), (name,), values)))
        elif isinstance(owner, Made):
            owner.assign(name, values)
        elif owner is not SOME and not isinstance(owner, str):
            self.change(owner, name, values)

    def set_named(self, owner: Any, names: Values, values: Values) -> None:
        """``setattr(owner, name, value)``, with one of these names."""
        known = texts(names)
        for each in (ALL,) if known is None else known:
            self.set_attribute(owner, each, values)

    # --- items ----------------------------------------------------------------------------------

    def set_item(self, owner: Any, keys: Values, values: Values = ()) -> None:
        """``owner[key] = value``."""
        written = method(owner, "__setitem__")
        if written is not None:
            self.call(written, Given(((owner,), keys, values)))
        elif isinstance(owner, Made) and owner.var is None:
            owner.add(values)
        elif isinstance(owner, dict) and keys and all(map(is_key, keys)):
            self.put_in(owner, values)
            for key in keys:
                self.change(owner, Item(key))
                if not dict.__contains__(owner, key):
                    self.change(owner, KEYS)
        elif owner is not SOME and not isinstance(owner, str | int):
            self.change(owner, ALL, values)

    def in_place(self, value: Any, others: Values) -> None:
        """``value += other``: of an array, or a container, what is in it."""
        keys = unseen_libraries.keys_put("update", Given((others,)))
        if keys is not None and is_plain_dict(value):
            self.set_item(value, keys)
        elif is_array(value) or (is_container(value) and not isinstance(value, tuple | frozenset)):
            self.change(value, ALL)
        self.ask(value)


def _is_data(name: str) -> bool:
    """Whether an attribute of an array is no method: a view, or what tells its address."""
    return isinstance(in_class(np.ndarray, name), types.GetSetDescriptorType)


def _is_plain(cls: type, name: str) -> bool:
    """Whether an attribute of an instance of a user's class is its own, or a method."""
    is_own = in_class(cls, "__getattribute__") is object.__getattribute__
    found = in_class(cls, name)
    is_plain = found is None or isinstance(found, types.FunctionType)
    return is_users_class(cls) and is_own and is_plain and name not in ("__dict__", "__class__")


def _is_plainly_set(cls: type, name: Any) -> bool:
    """Whether setting an attribute of an instance changes that, and runs nothing."""
    is_own = in_class(cls, "__setattr__") is object.__setattr__
    return is_users_class(cls) and is_own and (name is ALL or in_class(cls, name) is None)


def _is_number(value: Any) -> bool:
    """Whether something is a number, or what operators have made of numbers."""
    made = isinstance(value, Made) and not value.parts and value.cls is None and value.var is None
    return made or plain(value) is SOME


def _special(cls: type, names: tuple[str, ...]) -> list[types.FunctionType]:
    """The special methods of a class that libraries call, of these names or of any."""
    found: list[types.FunctionType] = []
    for name, each in methods(cls):
        is_special = (name.startswith("__") and name.endswith("__")) or name in _AS_FILE
        wanted = name in names if names else is_special and name not in _NOT_ASKED
        if wanted and not is_generated(each):
            found.append(each)
    return found


def texts(names: Values) -> list[str] | None:
    """The texts that a name may be, None if they are not known."""
    known = [each for each in names if isinstance(each, str)]
    return None if not known or any(map(is_text_perhaps, names)) else known


def is_plain_dict(value: Any) -> bool:
    return isinstance(value, dict) and not is_users_class(type(value))


def is_container(value: Any) -> bool:
    """Whether a method may change what is in an object of a library."""
    return isinstance(value, (*CONTAINERS, Made)) or in_class(type(value), "append") is not None
