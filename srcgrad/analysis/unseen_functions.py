"""What functions and methods of libraries change, which are not gone through.

They change what they write into by their names, may call what they are given, and ask the user's
objects by their special methods.
"""

from __future__ import annotations

import collections
import functools
import operator
import types
from collections.abc import Iterable
from typing import Any

import numpy as np

from srcgrad.analysis import (
    unseen_bodies,
    unseen_copies,
    unseen_iterators,
    unseen_libraries,
)
from srcgrad.analysis.unseen_classes import (
    CACHED,
    class_of,
    is_users_class,
    methods,
)
from srcgrad.analysis.unseen_objects import Objects, is_container, is_plain_dict
from srcgrad.analysis.unseen_values import (
    ALL,
    CONTAINERS,
    KEYS,
    SOME,
    Given,
    Made,
    OfMade,
    Values,
    contents,
    elements,
    holding,
    inner,
    is_array,
    union,
)
from srcgrad.frontend.mutation import MAKERS, WRITING_FUNCTIONS, WRITING_METHODS
from srcgrad.instances import in_class, is_own, own_attributes
from srcgrad.ir.ops import OPS, Memory
from srcgrad.specialise.writes import (
    CHANGING_FUNCTIONS,
    FILLING,
    OUTPUTS,
    is_unknown,
    is_unknown_class,
    module_of,
    position_of_out,
)

RANDOM = (np.random.RandomState, np.random.Generator)
_READING = frozenset(
    (
        *("get", "keys", "values", "items", "copy", "index", "count", "union", "intersection"),
        *("difference", "symmetric_difference", "issubset", "issuperset", "isdisjoint"),
        *("most_common", "elements", "total", "tolist", "tobytes", "__len__"),
        *("__contains__", "__iter__", "__reversed__", "__getitem__", "__repr__", "__eq__"),
    )
)
"""The methods of containers that change nothing."""
_TAKING = frozenset(("get", "pop", "popleft", "setdefault", "__getitem__"))
"""The methods of containers that give what is in them, and nothing that holds it."""
_STORING = frozenset(("__setitem__", "__delitem__", "__setstate__", "setfield", "setflags"))
"""The special methods of arrays that write."""
_KEEPING = frozenset(("append", "appendleft", "insert", "clear"))
"""The methods of containers that give nothing, and ask nothing of what they are given."""
_FLAT = (list, tuple, set, frozenset)
"""The containers that hold just what the iterable holds that they are made of."""
_DISPLAYS = (list, tuple, set, frozenset, dict, reversed, zip, enumerate, map, filter)
_COPIES = (*_DISPLAYS, collections.Counter, collections.OrderedDict, collections.deque)
TAKERS = (operator.attrgetter, operator.itemgetter, operator.methodcaller)
"""What takes from an object what it has been told to."""
_MOST_NUMBERS = 100
"""A range of more of them has numbers that are not known."""


class Functions(Objects):
    """What functions and methods of libraries do, beside what is known of objects."""

    def __init__(self) -> None:
        super().__init__()
        self._calling: set[int] = set()
        """What libraries are calling back, by its identity."""
        self._resumed: dict[int, tuple[types.FunctionType, Given]] = {}
        """The generators that are asked for elements, as functions."""

    # --- methods --------------------------------------------------------------------------------

    def method(self, owner: Any, name: str, given: Given) -> Values:
        """A method, that a library has written, of an object."""
        if name in ("__setattr__", "__delattr__"):
            return self._sets(owner, given)
        if name in ("__getattribute__", "__getattr__"):
            return self.named(owner, given.args[0] if given.args else ())
        if isinstance(owner, np.ufunc):
            if name == "at":
                self._written(_first(given))
            return self.library(owner, given)
        if is_array(owner):
            return self._method_of_array(owner, name, given)
        if issubclass(class_of(owner), RANDOM):
            return self._method_of_random(name, given)
        if unseen_iterators.is_iterator(owner):
            return self.advance(owner)
        if name in FILLING | CHANGING_FUNCTIONS:
            self._written(given.everything())
        if is_container(owner) and name not in _READING:
            self._put(owner, name, given)
        if name == "copy" and type(owner) in CONTAINERS:
            return (Made(list(contents(owner)), dict if isinstance(owner, dict) else list),)
        if name in _KEEPING and type(owner) in CONTAINERS:
            return (None,)
        return self._method_of_other(owner, name, given)

    def _method_of_other(self, owner: Any, name: str, given: Given) -> Values:
        """A method of a container, or of another object of a library, or derived from one."""
        asked = self._asked(owner, given)
        cls = class_of(owner)
        if is_users_class(cls):
            asked = (*asked, *self._as_base(owner, name))
        elif is_unknown_class(cls) or in_class(cls, name) is None:
            self._written_somewhere((owner, *given.everything()))
        put = self.assigned(owner, ALL)
        found = inner((*elements(owner), *given.everything(), *asked, *put))
        if name in _TAKING:
            return found
        known = type(owner) in CONTAINERS and name not in ("index", "count")
        return (*found, holding((*contents(owner), *found)), *(() if known else (SOME,)))

    def _as_base(self, owner: Any, name: str) -> Values:
        """A method of a library calls those of the user's that stand in for others of it."""
        if name in _READING or is_container(owner):
            return ()
        base = next((each for each in class_of(owner).__mro__ if not is_users_class(each)), object)
        found = [
            each
            for own, each in methods(class_of(owner))
            if own != name and not own.startswith("__") and in_class(base, own) is not None
        ]
        return union([self.call(each, Given(((owner,),))) for each in found])

    def _sets(self, owner: Any, given: Given) -> Values:
        for each in _first(given):
            self.change(owner, each if isinstance(each, str) else ALL)
        if isinstance(owner, Made):
            owner.add(union((*given.args[1:], given.rest)))
        return ()

    def _method_of_array(self, owner: Any, name: str, given: Given) -> Values:
        if name in WRITING_METHODS or name in _STORING or name.startswith("__i"):
            self.change(owner, ALL)
        memory = _memory_of(getattr(np.ndarray, name, None))
        self._written(given.kwargs.get("out", ()))
        is_fresh = memory is Memory.FRESH or unseen_copies.is_fresh_method(name, given)
        return (Made(),) if is_fresh else (owner,)

    def _method_of_random(self, name: str, given: Given) -> Values:
        if name == "shuffle":
            self._written(_first(given))
        self._written(out := given.kwargs.get("out", ()))
        return (*out, Made())

    def _put(self, owner: Any, name: str, given: Given) -> None:
        """A method that changes a container."""
        if isinstance(owner, Made):
            owner.add(given.everything())
            return
        everything = given.everything()
        self.put_in(owner, union((everything, *map(contents, everything))))
        keys = unseen_libraries.keys_put(name, given)
        if keys is not None and is_plain_dict(owner):
            self.set_item(owner, keys)
            if name in ("pop", "__delitem__"):
                self.change(owner, KEYS)
        else:
            self.change(owner, ALL)

    # --- functions ------------------------------------------------------------------------------

    def library(self, function: Any, given: Given) -> Values:
        """A function of a library, which may call what it is given, and ask it everything."""
        if any(function is each for each in (setattr, delattr, getattr, hasattr, vars)):
            return self.of_attributes(function, given)
        self._writes(function, given)
        asked: Values = ()
        if not unseen_libraries.only_looks(function, given):
            asked = self._asked(function, given)
        if unseen_libraries.gives_no_part(function, given):
            return (SOME,)
        if function is type and len(given.args) == 1:
            return tuple(each for each in map(class_of, given.args[0]) if each is not Made)
        name = getattr(function, "__name__", "")
        if module_of(function).startswith("numpy") and given.args:
            if name in MAKERS or _memory_of(function) is Memory.FRESH:
                return (Made(),)
            if _memory_of(function) is Memory.VIEW and all(map(is_array, given.args[0])):
                return given.args[0]
        new = unseen_copies.made_new(function, given)
        if new is not None:
            return new
        if function is sorted:
            return (Made(list(_given_parts(list, given)), list),)
        if isinstance(function, type):
            return (_made_by(function, given, asked),)
        found = inner((*given.everything(), *asked))
        return (*found, holding(found), SOME)

    def _writes(self, function: Any, given: Given) -> None:
        """What a function writes into, as its name or its arguments say."""
        name, args = getattr(function, "__name__", ""), given.args
        if is_unknown(function) and not isinstance(function, type):
            self._written_somewhere(given.everything())
        if name in FILLING or type(function).__module__ == "ctypes":
            self._written(given.everything())
        elif name in WRITING_FUNCTIONS | CHANGING_FUNCTIONS:
            self._written(_first(given))
        for each in OUTPUTS:
            self._written(filter(is_array, given.kwargs.get(each, ())))
        if isinstance(function, np.ufunc):
            self._written(union((*args[function.nin :], given.rest)))
        elif isinstance(function, types.FunctionType):
            written = union(args[position_of_out(function) :][:1])
            self._written(filter(is_array, written))

    def of_attributes(self, function: Any, given: Given) -> Values:
        """A call of ``setattr``, ``delattr``, ``getattr``, ``hasattr`` or ``vars``."""
        everything = inner(given.everything())
        owners = given.args[0] if given.args else tuple(filter(_has_attributes, everything))
        names = given.args[1] if len(given.args) > 1 else everything
        if function is vars:
            return tuple(self._vars(each) for each in owners)
        if function is getattr or function is hasattr:
            found = union([self.named(owner, names) for owner in owners])
            return union((found, *given.args[2:])) if function is getattr else (SOME,)
        values = union((*given.args[2:], given.rest))
        for owner in owners:
            self.set_named(owner, names, values)
        return ()

    def _vars(self, owner: Any) -> Any:
        if isinstance(owner, types.ModuleType | type):
            return vars(owner)
        return owner if isinstance(owner, Made) else own_attributes(owner)

    def take(self, cls: type, told: Values, given: Given) -> Values:
        """A call of what ``attrgetter``, ``itemgetter`` or ``methodcaller`` have made."""
        owners = _first(given)
        if cls is operator.itemgetter:
            asked = [self.ask(each, "__getitem__", "__missing__") for each in owners]
            return union((*map(elements, owners), *asked))
        names = tuple(each for each in told if not isinstance(each, Made) or each.cls is None)
        found = union([self._dotted(owner, names) for owner in owners])
        if cls is operator.methodcaller:
            return union([self.call(each, Given(rest=told)) for each in found])
        return (*found, holding(found, tuple))

    def _dotted(self, owner: Any, names: Values) -> Values:
        """What attributes of an object may be, of which the names may have dots."""
        found: list[Values] = []
        for name in names:
            values: Values = (owner,)
            for part in name.split(".") if isinstance(name, str) else (name,):
                values = union([self.named(each, (part,)) for each in values])
            found.append(values)
        return union(found)

    # --- what libraries call --------------------------------------------------------------------

    def _written(self, values: Iterable[Any]) -> None:
        for each in values:
            if not isinstance(each, str | int | types.ModuleType) and each is not SOME:
                self.change(each, ALL)

    def _written_somewhere(self, values: Values) -> None:
        """What nothing is known of may write into any array that it gets at."""
        self._written(filter(is_array, inner(values)))

    def _asked(self, function: Any, given: Given) -> Values:
        """What a function, or a method of an object, calls and asks of what it is given."""
        everything = given.everything()
        names = unseen_libraries.asked_for(function)
        is_deaf = unseen_libraries.calls_nothing_at_all(function)
        only_by_name = unseen_libraries.calls_nothing(function)
        kept = inner(union((*given.args, given.rest))) if only_by_name else ()
        named = inner(union(given.kwargs.values()))
        not_called = set(map(id, kept)) - set(map(id, named))
        found: list[Values] = []
        for each in inner(everything):
            found.append(self.ask(each, *names))
            if not is_deaf and id(each) not in not_called and _may_be_called(each):
                others = tuple(other for other in everything if other is not each)
                found.append(self.called_back(each, others))
        return union(found)

    def advance(self, iterator: Any) -> Values:
        if id(iterator) in self._calling:
            return ()
        self._calling.add(id(iterator))
        if isinstance(iterator, types.GeneratorType):
            if id(iterator) not in self._resumed:
                self._resumed[id(iterator)] = unseen_iterators.resumed(iterator)
            kept = unseen_iterators.kept(iterator)
            self._written_somewhere(kept)
            found = union((kept, self.call(*self._resumed[id(iterator)])))
        else:
            parts = unseen_iterators.parts(iterator)
            called = [self.call(each, Given()) for each in parts if _is_users_function(each)]
            found = union((*called, *(self.ask(each, "__iter__", "__next__") for each in parts)))
        self._calling.discard(id(iterator))
        return found

    def called_back(self, each: Any, others: Values) -> Values:
        """A call by a library, with arguments that it takes from what else it is given."""
        if id(each) in self._calling:
            return ()
        self._calling.add(id(each))
        found = self.call(each, Given(rest=(*inner(others), SOME)))
        self._calling.discard(id(each))
        return found

    def call_parts(self, callee: Any, given: Given) -> Values:
        """A call of an object of a library, which may call what it has in it."""
        if isinstance(callee, type):
            return ()
        parts = list(own_attributes(callee).values())  # np.vectorize(f)
        if isinstance(callee, types.FunctionType):
            cells = callee.__closure__ or ()
            parts.extend(cell.cell_contents for cell in cells if cell != types.CellType())
        called = [each for each in inner(tuple(parts)) if _is_users_function(each)]
        return union([self.called_back(each, given.everything()) for each in called])


def _first(given: Given) -> Values:
    """What the first argument may be."""
    return given.args[0] if given.args else given.rest


def _has_attributes(value: Any) -> bool:
    return is_users_class(class_of(value)) or isinstance(value, type | types.ModuleType)


def _may_be_called(value: Any) -> bool:
    """Whether a library may call something that it is given."""
    if isinstance(value, type):
        return is_users_class(value)
    if isinstance(value, Made):
        return value.cls is not None and value.cls not in _DISPLAYS
    return callable(value) or isinstance(value, OfMade | unseen_bodies.Nested)


def _is_users_function(value: Any) -> bool:
    """Whether what holds something may call it, and it leads to the user's functions."""
    if isinstance(value, types.FunctionType):
        return is_own(value.__module__)
    return isinstance(value, types.MethodType | functools.partial | CACHED)


def _made_by(cls: type, given: Given, asked: Values) -> Made:
    """What calling a class of a library makes."""
    if cls is range:
        known = _numbers(given)
        return Made([SOME] if known is None else list(known), range)
    if cls in TAKERS:
        return Made(list(given.everything()), cls)
    parts = (
        *_given_parts(cls, given),
        *asked,
        *(each for part in asked for each in contents(part)),
    )
    return Made(list(parts), cls) if cls in _FLAT else holding(parts, cls)


def _numbers(given: Given) -> range | None:
    """The range of numbers that are known."""
    known = [each[0] for each in given.args if len(each) == 1 and type(each[0]) is int]
    if len(known) != len(given.args) or given.rest or not 1 <= len(known) <= 3 or 0 in known[2:]:
        return None
    found = range(*known)
    return found if len(found) <= _MOST_NUMBERS else None


def _memory_of(function: Any) -> Any:
    """What is known of the memory of what an operation gives."""
    try:
        known = OPS.get(function)
    except TypeError:  # it cannot be hashed, and is in no table
        return None
    return None if known is None else known.memory


def _given_parts(cls: type, given: Given) -> Values:
    """What is in a new container, or in another object that is made with arguments."""
    everything = given.everything()
    if cls in _COPIES:
        return union(map(contents, everything))
    return everything
