"""What a call changes outside that the compiler does not look into.

The bodies of the user's functions that it leads to are gone through, with what their names may
stand for: the functions that are called by name, methods of objects that are known, lambdas, what
a cache wraps, the ``__init__`` of classes, texts that are executed, and what functions of
libraries are given to call::

    def load():
        with lock:
            set_gain(3.0)       # changes cfg.gain

What cannot be told counts as changed, of the objects that are at hand there; where nobody can tell
what is at hand, everything does.
"""

from __future__ import annotations

import builtins
import dataclasses
import functools
import types
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from srcgrad.analysis import unseen_bodies, unseen_texts
from srcgrad.analysis.unseen_classes import (
    CACHED,
    class_of,
    is_made_by_init,
    is_users_class,
    method,
)
from srcgrad.analysis.unseen_functions import RANDOM, TAKERS, Functions
from srcgrad.analysis.unseen_keys import adopt, key_of, key_of_given
from srcgrad.analysis.unseen_values import SOME, Given, Made, OfMade, Values, inner, union
from srcgrad.instances import in_class, is_generated, is_just_fields, is_own

_MOST_BODIES = 1000
"""What leads to more of them may change everything."""
_MOST_DEEP = 40
"""What calls one in the other deeper than this may, too."""
_MOST_TIMES = 4


class Unseen(Functions):
    """Goes through calls, and collects what they change.

    Attributes
    ----------
    changes : dict
        What has been found, by the identity of the owner and the name.
    raised : tuple
        What has been raised, and may be caught.
    body : Body or None
        The function that is being gone through.
    """

    def __init__(self) -> None:
        super().__init__()
        self.raised: Values = ()
        self.body: unseen_bodies.Body | None = None
        self._results: dict[tuple[Any, ...], Values] = {}
        self._first: dict[tuple[Any, ...], Given] = {}
        """What the functions were given that have been gone through, as they have left it."""
        self._running: set[unseen_bodies.Definition] = set()
        """The nested functions that are being gone through."""
        self._kept: list[Any] = []
        """What has been asked for by its identity, which is so kept from being another's."""

    def results(self, callees: Values, given: Given) -> Values:
        """Goes through calls until nothing more is put into objects that were there before.

        What one function puts into an object another may take from it, which has been gone through
        before.
        """
        for _ in range(_MOST_TIMES):
            before = self.put
            found = self.call_any(callees, given)
            if self.put == before:
                return found
            self._results.clear()
            self._first.clear()
        return found

    def call_any(self, callees: Values, given: Given) -> Values:
        """Goes through the calls of all that is called at one place.

        One method of many objects is gone through once, for all of them.
        """
        if len(callees) == 1:
            return self.call(callees[0], given)
        found: list[Values] = []
        receivers: dict[Any, list[Any]] = {}
        for callee in callees:
            if _is_users_method(callee):
                receivers.setdefault(callee.__func__, []).append(callee.__self__)
            else:
                found.append(self.call(callee, given))
        for function, owners in receivers.items():
            found.append(self.call(function, given.after(tuple(owners))))
        return union(found)

    def call(self, callee: Any, given: Given) -> Values:
        """Goes through a call of an object; what it may give."""
        if callee is SOME:
            return (SOME,)
        if isinstance(callee, types.FunctionType) and is_own(callee.__module__):
            return self._function(callee, given)
        if isinstance(callee, unseen_bodies.Nested):
            return self._nested(callee, given)
        if isinstance(callee, OfMade):
            return self.method(callee.owner, callee.name, given)
        if isinstance(callee, types.MethodType):
            return self._bound(callee, given)
        if isinstance(callee, functools.partial):
            before = tuple((arg,) for arg in callee.args)
            named = {key: (value,) for key, value in callee.keywords.items()}
            given = replace(given.after(*before), kwargs={**named, **given.kwargs})
            return self.call(callee.func, given)
        if isinstance(callee, CACHED):
            return self.call(callee.__wrapped__, given)
        if isinstance(callee, staticmethod):
            return self.call(callee.__func__, given)
        if isinstance(callee, types.MethodDescriptorType | types.WrapperDescriptorType):
            return self._unbound(callee, given)
        if _is_bound(callee):
            return self.method(callee.__self__, callee.__name__, given)
        if isinstance(callee, type) and is_users_class(callee):
            return self._construct(callee, given)
        return self._object(callee, given)

    # --- objects --------------------------------------------------------------------------------

    def _bound(self, callee: types.MethodType, given: Given) -> Values:
        """A call of a method of an object."""
        function, owner = callee.__func__, callee.__self__
        is_librarys = isinstance(function, types.FunctionType) and not is_own(function.__module__)
        if isinstance(owner, RANDOM) or (is_librarys and not isinstance(owner, type)):
            return self.method(owner, callee.__name__, given)
        return self.call(function, given.after((owner,)))

    def _unbound(self, callee: Any, given: Given) -> Values:
        """A call of a method that a library has written, taken off its class."""
        owners, rest = given.args[0] if given.args else given.rest, given
        if given.args:
            rest = replace(given, args=given.args[1:])
        fitting = (o for o in owners if isinstance(o, (Made, callee.__objclass__)))
        return union([self.method(owner, callee.__name__, rest) for owner in fitting])

    def _object(self, callee: Any, given: Given) -> Values:
        """A call of an object, of the user's or of a library."""
        called = method(callee, "__call__")
        if called is not None:
            return self.call(called, given.after((callee,)))
        if isinstance(callee, TAKERS):  # made outside
            callee = _told(callee)
        if isinstance(callee, Made):
            if callee.cls in TAKERS:
                return self.take(callee.cls, tuple(callee.parts), given)
            others = (*given.everything(), *callee.parts)
            return union(
                [self.called_back(part, others) for part in callee.parts if _is_called(part)]
            ) or inner(others)
        if not callable(callee):
            return ()
        if callee is builtins.exec or callee is builtins.eval:
            return unseen_texts.results(self, callee is builtins.eval, given)
        asked = self.call_parts(callee, given)
        return union((self.library(callee, given), asked))

    # --- the user's functions and classes -------------------------------------------------------

    def _function(self, function: types.FunctionType, given: Given) -> Values:
        key = (function, key_of_given(given))
        if key not in self._results and self._goes_on():
            self._kept.append(given)
            self._results[key] = ()
            self._around.append(function.__name__)
            self._results[key] = unseen_bodies.results(self, function, given)
            self._around.pop()
            self._first[key] = given
        elif key in self._first:
            adopt(given, self._first[key])
        return self._results.get(key, ())

    def _nested(self, nested: unseen_bodies.Nested, given: Given) -> Values:
        if nested.node in self._running:
            return ()
        key = (nested.node, key_of_given(given), nested.surroundings(key_of))
        if key not in self._results and self._goes_on():
            self._kept.append((given, nested))
            self._running.add(nested.node)
            self._results[key] = nested.results(self, given)
            self._running.discard(nested.node)
        return self._results.get(key, ())

    def _goes_on(self) -> bool:
        """Whether another body is gone through; if not, it may change everything."""
        goes_on = len(self._results) < _MOST_BODIES and len(self._around) < _MOST_DEEP
        if not goes_on:
            self.change_everything()
        return goes_on

    def _construct(self, cls: type, given: Given) -> Values:
        """A new instance of a class of the user's."""
        made = Made(list(given.everything()), cls)
        if is_made_by_init(cls):
            made = Made([], cls, is_known=True)
        elif is_just_fields(cls) and not given.rest:
            made = self._fields(cls, given)
        for name in ("__new__", "__init__", "__post_init__"):
            found: Any = in_class(cls, name)
            found = getattr(found, "__func__", found)
            if isinstance(found, types.FunctionType) and not is_generated(found):
                self.call(found, given.after((cls if name == "__new__" else made,)))
        maker = method(cls, "__call__")  # of its metaclass
        if maker is not None:
            self.call(maker, given.after((cls,)))
        return (made,)

    def _fields(self, cls: type, given: Given) -> Made:
        """A new instance of a dataclass that has just its fields."""
        made = Made([], cls, is_known=True)
        args = iter(given.args)
        for field in dataclasses.fields(cls):
            values = given.kwargs.get(field.name)
            if values is None:
                values = None if field.kw_only else next(args, None)
            if values is None and field.default_factory is not dataclasses.MISSING:
                values = self.call(field.default_factory, Given())
            made.assign(field.name, (field.default,) if values is None else values)
        return made


def _is_bound(callee: Any) -> bool:
    """Whether something is a method, that a library has written, of an object."""
    kinds = types.BuiltinMethodType | types.MethodWrapperType
    return isinstance(callee, kinds) and not isinstance(
        callee.__self__, types.ModuleType | type | None
    )


def _is_users_method(callee: Any) -> bool:
    """Whether something is a method of an object that is gone through."""
    return (
        isinstance(callee, types.MethodType)
        and isinstance(callee.__func__, types.FunctionType)
        and is_own(callee.__func__.__module__)
    )


def _is_called(part: Any) -> bool:
    return (
        callable(part) or isinstance(part, unseen_bodies.Nested) or class_of(part) is not type(part)
    )


def _told(taker: Any) -> Made:
    """An ``attrgetter``, or one of its kind, as one that a call has made."""
    parts: Iterable[Any] = taker.__reduce__()[1]
    return Made(list(parts), type(taker))
