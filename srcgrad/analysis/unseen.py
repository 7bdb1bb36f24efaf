"""What a call changes outside that the compiler does not look into.

The bodies of the user's functions that it leads to are gone through, with what their names may
stand for: the functions that are called by name, methods of objects that are known, lambdas, what
a cache wraps, the ``__init__`` of classes, and what functions of libraries are given to call::

    def load():
        with lock:
            set_gain(3.0)       # changes cfg.gain

What cannot be told counts as changed, of the objects that are at hand there.  Changes go by the
object and the attribute, or the key, so that what nobody else reads, as counters and logs, may be
changed by anybody.
"""

from __future__ import annotations

import collections
import contextlib
import functools
import operator
import types
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from srcgrad.analysis import unseen_bodies, unseen_copies, unseen_libraries
from srcgrad.analysis.unseen_values import (
    ALL,
    CONTAINERS,
    KEYS,
    Change,
    Given,
    Item,
    Made,
    OfMade,
    Super,
    Values,
    bound,
    class_of,
    contents,
    elements,
    holding,
    inner,
    is_array,
    is_key,
    is_made_by_init,
    is_users_class,
    method,
    methods,
    of_class,
    of_super,
    own_attributes,
    union,
)
from srcgrad.frontend.mutation import MAKERS, WRITING_FUNCTIONS, WRITING_METHODS
from srcgrad.instances import in_class, is_generated, is_own
from srcgrad.ir.ops import OPS, Memory
from srcgrad.specialise.writes import CHANGING_FUNCTIONS, module_of

_CACHED = type(functools.lru_cache(lambda: None))
_RANDOM = (np.random.RandomState, np.random.Generator)
_READING = frozenset(
    (
        *("get", "keys", "values", "items", "copy", "index", "count", "union", "intersection"),
        *("difference", "symmetric_difference", "issubset", "issuperset", "isdisjoint"),
        *("most_common", "elements", "total", "tolist", "tobytes", "__len__"),
        *("__contains__", "__iter__", "__reversed__", "__getitem__", "__repr__", "__eq__"),
    )
)
"""The methods of containers that change nothing."""
_TAKING = frozenset(("get", "pop", "popleft", "setdefault", "index", "count", "__getitem__"))
"""The methods of containers that give what is in them, and nothing that holds it."""
_NOT_ASKED = frozenset(
    (
        *("__init__", "__new__", "__post_init__", "__init_subclass__", "__set_name__", "__del__"),
        *("__setattr__", "__delattr__", "__setitem__", "__delitem__", "__set__", "__delete__"),
        *("__setstate__", "__call__"),
    )
)
"""The special methods that are called only by those who mean it."""
_MOST_BODIES = 1000
"""What leads to more of them is not gone through to its end."""
_FLAT = (list, tuple, set, frozenset)
"""The containers that hold just what the iterable holds that they are made of."""
_DISPLAYS = (list, tuple, set, frozenset, dict, reversed, zip, enumerate, map, filter)
_COPIES = (*_DISPLAYS, collections.Counter, collections.OrderedDict, collections.deque)


class Unseen:
    """Goes through calls, and collects what they change.

    Attributes
    ----------
    changes : dict
        What has been found, by the identity of the owner and the name.
    """

    def __init__(self) -> None:
        self.changes: dict[tuple[int, Any], Change] = {}
        self._results: dict[tuple[Any, ...], Values] = {}
        self._first: dict[tuple[Any, ...], Given] = {}
        """What the functions were given that have been gone through, as they have left it."""
        self._running: set[unseen_bodies.Definition] = set()
        """The nested functions that are being gone through."""
        self._calling: set[int] = set()
        """What libraries are calling back, by its identity."""
        self._around: list[str] = []
        self._kept: list[Any] = []
        """What has been asked for by its identity, which is so kept from being another's."""

    def change(self, owner: Any, name: Any) -> None:
        """Notes that something of an object may be another now."""
        if isinstance(owner, Made) and owner.var is None:
            return
        if isinstance(owner, types.ModuleType):
            owner = vars(owner)
        by = self._around[0] if self._around else ""
        self.changes.setdefault((id(owner), name), Change(owner, name, by))

    # --- calls ----------------------------------------------------------------------------------

    def call(self, callee: Any, given: Given) -> Values:
        """Goes through a call of an object; what it may give."""
        if isinstance(callee, types.FunctionType) and is_own(callee.__module__):
            return self._function(callee, given)
        if isinstance(callee, unseen_bodies.Nested):
            return self._nested(callee, given)
        if isinstance(callee, OfMade):
            return self._method(callee.owner, callee.name, given)
        if isinstance(callee, types.MethodType):
            if isinstance(callee.__self__, _RANDOM):
                return self._method(callee.__self__, callee.__name__, given)
            return self.call(callee.__func__, given.after((callee.__self__,)))
        if isinstance(callee, functools.partial):
            before = tuple((arg,) for arg in callee.args)
            named = {key: (value,) for key, value in callee.keywords.items()}
            given = replace(given.after(*before), kwargs={**named, **given.kwargs})
            return self.call(callee.func, given)
        if isinstance(callee, _CACHED):
            return self.call(callee.__wrapped__, given)
        if isinstance(callee, types.MethodDescriptorType | types.WrapperDescriptorType):
            owners, rest = (given.args or ((),))[0], replace(given, args=given.args[1:])
            return union(self._method(owner, callee.__name__, rest) for owner in owners)
        if _is_bound(callee):
            return self._method(callee.__self__, callee.__name__, given)
        if isinstance(callee, type) and is_users_class(callee):
            return self._construct(callee, given)
        return self._object(callee, given)

    def _object(self, callee: Any, given: Given) -> Values:
        """A call of an object, of the user's or of a library."""
        called = method(callee, "__call__")
        if called is not None:
            return self.call(called, given.after((callee,)))
        if isinstance(callee, Made):
            if callee.cls is operator.methodcaller:
                names = [part for part in callee.parts if isinstance(part, str)]
                found = union(self.attribute(o, n) for o in given.everything() for n in names)
                return union(self.call(each, Given()) for each in found)
            others = (*given.everything(), *callee.parts)
            return union(self._called_back(part, others) for part in callee.parts) or inner(others)
        if not callable(callee):
            return ()
        for part in () if isinstance(callee, type) else own_attributes(callee).values():
            if callable(part):  # np.vectorize(f)
                self._called_back(part, given.everything())
        return self._library(callee, given)

    def _function(self, function: types.FunctionType, given: Given) -> Values:
        key = (function, key_of_given(given))
        if key not in self._results and len(self._results) < _MOST_BODIES:
            self._kept.append(given)
            self._results[key] = ()
            self._around.append(function.__name__)
            self._results[key] = unseen_bodies.results(self, function, given)
            self._around.pop()
            self._first[key] = given
        elif key in self._first:
            _adopt(given, self._first[key])
        return self._results.get(key, ())

    def _nested(self, nested: unseen_bodies.Nested, given: Given) -> Values:
        if nested.node in self._running:
            return ()
        key = (nested.node, key_of_given(given), nested.surroundings(key_of))
        if key not in self._results and len(self._results) < _MOST_BODIES:
            self._kept.append((given, nested))
            self._running.add(nested.node)
            self._results[key] = nested.results(given)
            self._running.discard(nested.node)
        return self._results.get(key, ())

    def _construct(self, cls: type, given: Given) -> Values:
        """A new instance of a class of the user's."""
        made = Made(list(given.everything()), cls)
        if is_made_by_init(cls):
            made = Made([], cls, is_known=True)
        for name in ("__new__", "__init__", "__post_init__"):
            found: Any = in_class(cls, name)
            found = getattr(found, "__func__", found)
            if isinstance(found, types.FunctionType) and not is_generated(found):
                self.call(found, given.after((cls if name == "__new__" else made,)))
        maker = method(cls, "__call__")  # of its metaclass
        if maker is not None:
            self.call(maker, given.after((cls,)))
        return (made,)

    def _method(self, owner: Any, name: str, given: Given) -> Values:
        """A method, that a library has written, of an object."""
        if name in ("__setattr__", "__delattr__"):
            for each in (given.args or ((),))[0]:
                self.change(owner, each if isinstance(each, str) else ALL)
            if isinstance(owner, Made):
                owner.add(union(given.args[1:]))
            return ()
        if isinstance(owner, np.ufunc):
            if name == "at" and given.args:
                self._written(given.args[0])
            return self._library(owner, given)
        if is_array(owner):
            if name in WRITING_METHODS or name.startswith("__i"):
                self.change(owner, ALL)
            known = OPS.get(getattr(np.ndarray, name, None))
            self._written(given.kwargs.get("out", ()))
            fresh = known is not None and known.memory is Memory.FRESH
            return () if fresh or unseen_copies.is_fresh_method(name, given) else (owner,)
        if isinstance(owner, _RANDOM):
            if name == "shuffle":
                self._written(union(given.args[:1]))
            self._written(out := given.kwargs.get("out", ()))
            return out
        if _is_container(owner) and name not in _READING:
            self._put(owner, name, given)
        if name == "copy" and type(owner) in CONTAINERS:
            return (Made(list(contents(owner))),)
        self._asked(given, unseen_libraries.owner_calls_nothing(owner))
        found = inner((*elements(owner), *given.everything()))
        return found if name in _TAKING else (*found, holding((*contents(owner), *found)))

    def _put(self, owner: Any, name: str, given: Given) -> None:
        """A method that changes a container."""
        if isinstance(owner, Made):
            owner.add(given.everything())
            return
        keys = unseen_libraries.keys_put(name, given)
        if keys is not None and _is_plain_dict(owner):
            self.set_item(owner, keys)
            if name in ("pop", "__delitem__"):
                self.change(owner, KEYS)
        else:
            self.change(owner, ALL)

    def _library(self, function: Any, given: Given) -> Values:
        """A function of a library, which may call what it is given, and ask it everything."""
        name, args = getattr(function, "__name__", ""), given.args
        if any(function is each for each in (setattr, delattr, getattr, hasattr, vars)):
            return self._of_attributes(function, given)
        if name in WRITING_FUNCTIONS | CHANGING_FUNCTIONS and args:
            self._written(args[0])
        self._written(given.kwargs.get("out", ()))
        if isinstance(function, np.ufunc):
            self._written(union(args[function.nin :]))
        if not unseen_libraries.only_looks(function, given):
            self._asked(given, unseen_libraries.calls_nothing(function))
        if unseen_libraries.gives_no_part(function, given):
            return ()
        if function is type and len(args) == 1:
            return tuple(each for each in map(class_of, args[0]) if each is not Made)
        if module_of(function).startswith("numpy") and (name in MAKERS or _is_fresh(function)):
            return ()
        new = unseen_copies.made_new(function, given)
        if new is not None:
            return new
        if function is sorted:
            return (Made(list(_given_parts(list, given))),)
        if isinstance(function, type):
            parts = _given_parts(function, given)
            return (Made(list(parts), function) if function in _FLAT else holding(parts, function),)
        found = inner(given.everything())
        return (*found, holding(found))

    def _of_attributes(self, function: Any, given: Given) -> Values:
        """A call of ``setattr``, ``delattr``, ``getattr``, ``hasattr`` or ``vars``."""
        everything = inner(given.everything())
        owners = given.args[0] if given.args else everything
        named = given.args[1] if len(given.args) > 1 else everything
        names = [each for each in named if isinstance(each, str)]
        if function is vars:
            return tuple(e if isinstance(e, Made) else own_attributes(e) for e in owners)
        if function is getattr or function is hasattr:
            found = [self.attribute(owner, name) for owner in owners for name in names]
            told = names and len(names) == len(named)
            others = () if told else union(map(self._any_attribute, owners))
            return union((*found, others, *given.args[2:])) if function is getattr else ()
        for owner in owners:
            for each in names if names and len(names) == len(named) else (ALL,):
                self.set_attribute(owner, each, given.rest)
        return ()

    def _written(self, values: Values) -> None:
        for each in values:
            if not isinstance(each, str | int | types.ModuleType):
                self.change(each, ALL)

    def _asked(self, given: Given, only_by_name: bool = False) -> None:
        """What is given to a library, or given by name, is called, and all is asked."""
        everything = given.everything()
        kept = inner(union(given.args)) if only_by_name else ()
        named = inner(union(given.kwargs.values()))
        not_called = set(map(id, kept)) - set(map(id, named))
        for each in inner(everything):
            self.ask(each)
            if id(each) in not_called or isinstance(each, type):
                continue
            if _may_be_called(each):
                self._called_back(each, tuple(other for other in everything if other is not each))

    def _called_back(self, each: Any, others: Values) -> Values:
        """A call by a library, with arguments that it takes from what else it is given."""
        if each is setattr or each is delattr:
            owners = tuple(other for other in inner(others) if is_users_class(class_of(other)))
            return self._of_attributes(each, Given((owners,)))
        users = isinstance(
            each,
            types.FunctionType
            | types.MethodType
            | unseen_bodies.Nested
            | functools.partial
            | _CACHED,
        )
        if not (users or method(each, "__call__") is not None) or id(each) in self._calling:
            return ()
        self._calling.add(id(each))
        found = self.call(each, Given(rest=inner(others)))
        self._calling.discard(id(each))
        return found

    def ask(self, value: Any, *names: str) -> Values:
        """What special methods of an object of the user's give, of these names or of any.

        Operators and libraries call them.
        """
        given: list[Values] = []
        cls = class_of(value)
        if is_users_class(cls) and not isinstance(value, type):
            for name, found in methods(cls):
                is_special = name.startswith("__") and name.endswith("__")
                if is_special and name not in _NOT_ASKED and not is_generated(found):
                    result = self.call(found, Given(((value,),)))
                    given.append(result if not names or name in names else ())
        return union(given)

    # --- attributes and items -------------------------------------------------------------------

    def attribute(self, value: Any, name: str) -> Values:
        """What an attribute of an object may be."""
        if isinstance(value, Super):
            return of_super(value, name)
        if isinstance(value, type):
            return of_class(value, name)
        cls = class_of(value)
        if isinstance(value, types.ModuleType) or not is_users_class(cls):
            return self._of_library(value, name)
        if name in ("__dict__", "__class__"):
            held = value if isinstance(value, Made) else own_attributes(value)
            return (cls,) if name == "__class__" else (held,)
        own = own_attributes(value) if not isinstance(value, Made) else {}
        found = in_class(cls, name)
        if name in own and not isinstance(found, property):
            return (own[name],)
        if found is None:
            self.ask(value)
            if isinstance(value, Made) and value.is_known and name in value.attributes:
                return value.attributes[name]
            getter = method(value, "__getattr__")
            given = () if getter is None else self.call(getter, Given(((value,), (name,))))
            return (*given, *(inner((value,))[1:] if isinstance(value, Made) else ()))
        got = bound(found, value)
        if got is None:
            return self._computed(value, name, found)
        if isinstance(found, types.MemberDescriptorType) and not isinstance(value, Made):
            with contextlib.suppress(AttributeError):  # it is not set
                return (found.__get__(value),)
            return ()
        if isinstance(found, types.MethodDescriptorType | types.WrapperDescriptorType):
            return (types.MethodType(found, value),)
        return (*got, *value.attributes.get(name, ())) if isinstance(value, Made) else got

    def _any_attribute(self, value: Any) -> Values:
        """What the attributes of an object of the user's may be, of which the name is not told."""
        cls = class_of(value)
        if isinstance(value, type) or not is_users_class(cls):
            return ()
        own = () if isinstance(value, Made) else vars(value) if cls.__dictoffset__ else ()
        names = {*own, *(name for name, _ in methods(cls) if not name.startswith("__"))}
        return union([self.attribute(value, name) for name in sorted(names)])

    def _computed(self, value: Any, name: str, found: Any) -> Values:
        """A property of an object."""
        if isinstance(found, functools.cached_property):
            self.change(value, name)
        function = found.func if isinstance(found, functools.cached_property) else found.fget
        return self.call(function, Given(((value,),)))

    def _of_library(self, value: Any, name: str) -> Values:
        """An attribute of an object of a library; of an array, what is not called is a view."""
        if isinstance(value, Made):
            held = (part for part in value.parts if not isinstance(part, types.FunctionType))
            return (OfMade(value, name), *held)
        found = getattr(value, name, None)
        if isinstance(value, np.ndarray) and not callable(found):
            return unseen_libraries.of_array(value, found)
        return () if found is None else (found,)

    def set_attribute(self, owner: Any, name: Any, values: Values) -> None:
        """``owner.name = value``."""
        found = in_class(class_of(owner), name) if isinstance(name, str) else None
        written = method(owner, "__setattr__")
        if isinstance(found, property) and found.fset is not None:
            self.call(found.fset, Given(((owner,), values)))
        elif written is not None and not is_generated(written):
            self.call(written, Given(((owner,), (name,), values)))
        elif isinstance(owner, Made):
            owner.assign(name, values)
        else:
            self.change(owner, name)

    def set_item(self, owner: Any, keys: Values, values: Values = ()) -> None:
        """``owner[key] = value``."""
        written = method(owner, "__setitem__")
        if written is not None:
            self.call(written, Given(((owner,), keys, values)))
        elif isinstance(owner, Made) and owner.var is None:
            owner.add(values)
        elif isinstance(owner, dict) and keys and all(map(is_key, keys)):
            for key in keys:
                self.change(owner, Item(key))
                if not dict.__contains__(owner, key):
                    self.change(owner, KEYS)
        elif not isinstance(owner, str | int):
            self.change(owner, ALL)

    def in_place(self, value: Any, others: Values) -> None:
        """``value += other``: of an array, or a container, what is in it."""
        keys = unseen_libraries.keys_put("update", Given((others,)))
        if keys is not None and _is_plain_dict(value):
            self.set_item(value, keys)
        elif is_array(value) or (_is_container(value) and not isinstance(value, tuple | frozenset)):
            self.change(value, ALL)
        self.ask(value)


def _is_bound(callee: Any) -> bool:
    """Whether something is a method, that a library has written, of an object."""
    kinds = types.BuiltinMethodType | types.MethodWrapperType
    return isinstance(callee, kinds) and not isinstance(
        callee.__self__, types.ModuleType | type | None
    )


def _may_be_called(value: Any) -> bool:
    """Whether a library may call something that it is given."""
    if isinstance(value, unseen_bodies.Nested):
        return True
    return callable(value) or class_of(value) is not type(value)


def _is_plain_dict(value: Any) -> bool:
    return isinstance(value, dict) and not is_users_class(type(value))


def _is_container(value: Any) -> bool:
    """Whether a method may change what is in an object of a library."""
    return isinstance(value, (*CONTAINERS, Made)) or in_class(type(value), "append") is not None


def key_of(values: Iterable[Any]) -> Any:
    """Values for comparison: what calls have made is the same if it holds the same."""
    found: set[Any] = set()
    waiting, seen = list(values), set[int]()
    while waiting:
        each = waiting.pop()
        if isinstance(each, Made) and each.var is None:
            if id(each) not in seen:
                seen.add(id(each))
                found.add(each.cls)
                named = each.attributes.items() if each.is_known else ()
                found.update((name, frozenset(map(_key_of_part, held))) for name, held in named)
                waiting.extend(each.parts)
        elif isinstance(each, unseen_bodies.Nested):
            found.add(each.node)
        elif isinstance(each, types.MethodType):
            found.add((each.__func__, key_of((each.__self__,))))
        elif isinstance(each, str | int):
            found.add(each)
        else:
            found.add(id(each))
    return frozenset(found)


def _key_of_part(part: Any) -> Any:
    return part.cls if isinstance(part, Made) else id(part)


def _adopt(given: Given, first: Given) -> None:
    """Lets what a call has made be what it was made where the same was given before."""
    names = tuple(given.kwargs)
    now = (*given.args, given.rest, *(given.kwargs[name] for name in names))
    then = (*first.args, first.rest, *(first.kwargs[name] for name in names))
    for new, old in zip(now, then, strict=True):
        olds = [each for each in old if isinstance(each, Made)]
        for each in (each for each in new if isinstance(each, Made)):
            for other in olds:
                if other is not each and other.cls is each.cls:
                    each.adopt(other)


def key_of_given(given: Given) -> Any:
    """What a call is given, for comparison."""
    named = ((name, key_of(value)) for name, value in given.kwargs.items())
    return (*map(key_of, given.args), key_of(given.rest), *named)


def _is_fresh(function: Any) -> bool:
    known = OPS.get(function)
    return known is not None and known.memory is Memory.FRESH


def _given_parts(cls: type, given: Given) -> Values:
    """What is in a new container, or in another object that is made with arguments."""
    everything = given.everything()
    if cls in _COPIES:
        return union(map(contents, everything))
    return everything
