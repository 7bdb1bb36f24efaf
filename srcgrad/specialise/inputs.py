"""Reading what lies outside the program: arguments, globals, closure cells, and paths into them.

Every reading leaves a guard behind, so that the specialised program is used only while what it
rests on is still so.
"""

from __future__ import annotations

import dataclasses
import enum
import types
from collections import deque
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from srcgrad.arguments import Originals
from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.instances import (
    has_parameters,
    in_class,
    is_instance,
    is_of_container,
    is_parameter,
    own_attributes,
    own_dict,
    part_names,
)
from srcgrad.ir.nodes import Apply, Const, Operand, Pack, Var
from srcgrad.ir.types import (
    UNKNOWN,
    Array,
    Dim,
    Length,
    ListOf,
    Object,
    PackType,
    Scalar,
    Size,
    Symbol,
    number_of,
    of_value,
)
from srcgrad.ir.walk import variables
from srcgrad.leads import kinds_of_rows
from srcgrad.specialise import answered, descriptors, missing, subclasses
from srcgrad.specialise.changed_lists import ChangedLists
from srcgrad.specialise.identity import Constants, Identities
from srcgrad.specialise.log import Log
from srcgrad.specialise.measures import Measure, Measures
from srcgrad.specialise.places import (
    Attribute,
    Expression,
    Guard,
    Item,
    Place,
    Test,
    form_of,
    is_fixed,
    places_in,
)
from srcgrad.specialise.values import Held, Method, Ref, Scope, Value

# Values that are their own meaning: compared by value or identity, then known to the compiler.
_BY_VALUE = (bool, str, bytes, type(None), range, slice, type(Ellipsis))
_PLAIN_NUMBERS = frozenset((int, float, bool))
_BY_IDENTITY = (
    type,
    types.ModuleType,
    types.BuiltinFunctionType,
    types.FunctionType,
    types.MethodDescriptorType,
    types.GetSetDescriptorType,
    np.ufunc,
    type(np.sum),  # NumPy's dispatched functions
    type(NotImplemented),
)
_NOTHING = object()
_NUMBERS = (int, float, complex, np.number, np.bool_)


class _Anything:
    """Stands for an argument of which nothing is known, when source is only to be read."""


ANYTHING = _Anything()


class Inputs:
    """The inputs that one specialisation reads, and the guards that it rests on.

    Parameters
    ----------
    by_value : iterable of Place
        Numbers, lengths of arrays among them, and sets whose value, not only whose type, the
        program must know.
    originals : Originals
        What was given where the arguments are copies.

    Attributes
    ----------
    leaves : dict of Place to Var
        The numbers, arrays and opaque objects that the program reads at run time.
    guards : dict
        What must hold, by place and test, in the order in which it was found out.
    functions : dict
        Where a function was found, for reading its defaults and cells.
    classes : dict
        Where a class was found, for reading its attributes.
    members : dict
        Where a member of an enumeration was found, by its identity, for reading its attributes.
    identities : Identities
        Which objects are one.
    constants : Constants
        What in differentiated arguments is not differentiated.
    measures : Measures
        What is known of lengths and integers.
    written : set of Var
        The inputs that the program writes, on copies of them.
    handed_out : dict of Place to Loc
        The objects that must not lead to what the program changes, and where that matters.
    log : Log
        What has been read, and called, in order.
    lists : ChangedLists
        The containers that the program changes.
    """

    def __init__(self, by_value: Iterable[Place] = (), originals: Originals | None = None) -> None:
        self.originals = Originals() if originals is None else originals
        self.by_value = frozenset(by_value)
        self.leaves: dict[Place, Var] = {}
        self.guards: dict[tuple[Place, Test], Guard] = {}
        self.functions: dict[types.FunctionType, Place] = {}
        self.identified: set[types.FunctionType] = set()
        """Those that must be the same objects, and not just have the same code."""
        self.scopes: dict[tuple[types.FunctionType, Place | None], Scope] = {}
        self.viewed: set[Place] = set()
        """The objects of which all attributes were asked for: ``vars(o)``."""
        self.classes: dict[type, Place] = {}
        self.members: dict[int, Place] = {}
        self.identities = Identities(self.originals)
        self.constants = Constants()
        self.measures = Measures(self._exceeds_one)
        self.written: set[Var] = set()
        self.handed_out: Mapping[Place, Loc] = {}
        self.log = Log()
        self.lists = ChangedLists(self.guard_identity, self.originals)

    def place_of(self, var: Var) -> Place | None:
        """The place that ``var`` was read from, None if it is not an input."""
        return next((place for place, leaf in self.leaves.items() if leaf is var), None)

    def is_input(self, var: Var) -> bool:
        """Whether ``var`` was read from a place."""
        return self.place_of(var) is not None

    def integers_behind(
        self,
        var: Var,
        definitions: Mapping[Var, Apply],
        origins: Mapping[Var, Operand],
        lengths: bool = False,
    ) -> set[Place]:
        """The integer inputs, or lengths of inputs too, that the value of ``var`` is computed from;
        the set that it is.

        ``origins`` says what the parameters of recursive functions are given first.
        """
        found: set[Place] = set()
        stack, seen = [var], set[Var]()
        while stack:
            current = stack.pop()
            if current in seen:
                continue
            seen.add(current)
            origin = origins.get(current)
            if isinstance(origin, Var):
                stack.append(origin)
            place = self.place_of(current)
            stmt = definitions.get(current)
            type_ = current.type
            behind = self.lengths(type_.length) if lengths and isinstance(type_, Size) else ()
            found.update(behind)
            if behind:
                continue
            if place is not None:
                if isinstance(current.type, Object) and current.type.cls is set:
                    found.add(place)
                number = number_of(current.type)
                if isinstance(number, Scalar) and number.dtype.kind in "iub":
                    found.add(place)
            elif stmt is not None:
                stack.extend(v for arg in stmt.args for v in variables(arg))
        return found

    def guard(self, place: Place, test: Test, value: Any) -> None:
        self.guards[place, test] = Guard(place, test, value)

    def guard_identity(self, a: Place, b: Place, same: bool) -> None:
        """Demands that what is at two places is one object, or that it is not."""
        if same:
            if a != b:
                self.guard(b, Test.SAME, a)
            return
        known = self.guards.get((a, Test.DISTINCT))
        others = (*(known.value if known is not None else ()), b)
        self.guard(a, Test.DISTINCT, tuple(dict.fromkeys(others)))

    def keep_apart(self, written: Var) -> None:
        """Demands that an input that the program writes shares no memory with any other."""
        self.written.add(written)
        place = self.place_of(written)
        arrays = [p for p, leaf in self.leaves.items() if isinstance(leaf.type, Array)]
        others = tuple(other for other in arrays if other != place)
        if place is not None and others:
            self.guard(place, Test.APART, others)

    def keep_away(self, place: Place, changed: tuple[Place, ...]) -> None:
        """Demands that an object leads to nothing that is at the places ``changed``."""
        self.guard(place, Test.AWAY, changed)

    # --- reading --------------------------------------------------------------------------------

    def read(self, place: Place, example: Any) -> Value:
        """What the program may know of the value ``example`` found at ``place``."""
        kind = type(example)
        if answered.decides_attributes(kind):  # which are not asked for here
            self.guard(place, Test.TYPE, kind)
            self.leaves.setdefault(place, _leaf(place, Object(kind)))
            return self.leaves[place]
        self.log.read(place, self.originals.of(example))
        if example is ANYTHING:
            self.leaves.setdefault(place, _leaf(place, UNKNOWN))
            return self.leaves[place]
        if isinstance(example, enum.Enum):
            self.guard(place, Test.IDENTITY, example)
            self.members.setdefault(id(example), place)
            return Const(example)
        if kind is np.ndarray or isinstance(example, _NUMBERS):
            if isinstance(example, bool | np.bool_) or place in self.by_value:
                self.guard(place, Test.EQUAL, example)
                return Const(example)
            subclasses.check_number(place, example)
            return self._leaf(place, example)
        by_value = isinstance(example, np.dtype) or kind in _BY_VALUE
        if by_value or (kind is tuple and _is_plain(example)):
            self.guard(place, Test.EQUAL, example)
            return Const(example)
        if isinstance(example, types.FunctionType):
            return self._function(place, example)
        if isinstance(example, _BY_IDENTITY) and not is_of_container(example):
            self.guard(place, Test.IDENTITY, example)
            if isinstance(example, type):
                self.classes.setdefault(example, place)
            return Const(example)
        is_differentiated = self.identities.is_differentiated(place)
        if kind in (list, dict):
            (self.lists.differentiated if is_differentiated else self.lists.read)[place] = example
        known = None if is_differentiated else self.lists.standing(place, example)
        if known is not None:
            return known
        if kind is deque:
            self.lists.follow(Held(place, example))
        first = self.identities.place_of(place, example) if is_instance(example) else place
        if first != place:
            self.guard(place, Test.SAME, first)
        else:
            self.guard(place, Test.TYPE, kind)
        return Held(first, example)

    def _leaf(self, place: Place, example: Any) -> Var:
        if place not in self.leaves:
            if is_parameter(example):
                self.constants.check(self.identities, place)
            if isinstance(example, np.ndarray):
                self.guard(place, Test.ARRAY, form_of(example))
                dims = [self._dim(place, axis, n) for axis, n in enumerate(example.shape)]
                type_: Any = Array(example.dtype, tuple(dims))
            elif isinstance(example, _NUMBERS):
                self.guard(place, Test.TYPE, type(example))
                type_ = of_value(example)
            else:
                type_ = Object(type(example))
            leaf = self.leaves[place] = _leaf(place, type_)
            if type(example) is int:
                self.measures.integers[leaf] = Measure(place, example)
        return self.leaves[place]

    def _dim(self, place: Place, axis: int, length: int) -> Dim:
        """One dimension of the array at ``place``: known if it is short, or has to be known."""
        where = place.attribute("shape").item(axis)
        if where in self.by_value:
            self.guard(where, Test.EQUAL, length)
            return length
        if length < 2:
            return length
        symbol = Symbol(not_one=True, fixed=True)
        self.measures.lengths[symbol] = Measure(where, length)
        return Length(symbol)

    def _exceeds_one(self, expression: Expression) -> None:
        """Demands that an integer which is computed from inputs exceeds one."""
        place = next(places_in(expression), None)
        if place is None:
            return  # it is a literal
        known = self.guards.pop((place, Test.LONG), None)
        others = known.value if known is not None else ()
        self.guard(place, Test.LONG, tuple(dict.fromkeys((*others, expression))))

    def lengths(self, length: Length) -> tuple[Place, ...]:
        """The integers and lengths of inputs on which a length depends, as far as that is known."""
        found = self.measures.lengths.get(length.symbol)
        return tuple(places_in(found.expression)) if found is not None else ()

    def _function(self, place: Place, example: types.FunctionType) -> Const:
        # A function at a global name is the same object from call to call; one in a cell or an
        # argument may be made anew each time, so that only its code can be relied on, unless it is
        # known by a global name already.
        known = self.functions.setdefault(example, place)
        if is_fixed(known) or example in self.identified:
            self.guard(place, Test.IDENTITY, example)
        else:
            self.guard(place, Test.CODE, example.__code__)
        return Const(example)

    def identify(self, function: types.FunctionType, place: Place) -> None:
        """Demands that it is this function that is at a place, and wherever else it was found."""
        self.identified.add(function)
        self.guard(place, Test.IDENTITY, function)
        for other, example in self.log.examples.items():
            if example is function and (other, Test.CODE) in self.guards:
                self.guard(other, Test.IDENTITY, function)

    def member(self, member: enum.Enum) -> Value:
        """A member of an enumeration that the program knows."""
        cls = type(member)
        place = self.classes.get(cls)
        if place is None or cls.__members__.get(member.name) is not member:
            return Const(member)
        return self.read(place.attribute(member.name), member)

    def members_of(self, cls: Any) -> dict[str, Value]:
        """The members of an enumeration by their names."""
        return {name: self.member(found) for name, found in cls.__members__.items()}

    def rest_on_code(self, function: types.FunctionType) -> None:
        """Demands that a function which is looked into keeps its code.

        That may be replaced in place, as notebooks do when they load a module again.
        """
        place = self.functions.get(function)
        if place is not None and (place, Test.CODE) not in self.guards:
            self.guard(place.attribute("__code__"), Test.IDENTITY, function.__code__)

    # --- containers and objects -----------------------------------------------------------------

    def length(self, held: Held) -> int:
        """The number of elements of a list, tuple or dict, which becomes part of the signature."""
        if isinstance(held.example, dict):
            self.keys(held)
        else:
            self.lists.read_after(held)
            self.log.attribute(held.place, "__len__")
            self.guard(held.place, Test.LENGTH, len(held.example))
        return len(held.example)

    def keys(self, held: Held) -> tuple[Any, ...]:
        """The keys of a dict, which become part of the signature."""
        keys = tuple(held.example)
        self.log.attribute(held.place, "__len__")
        self.guard(held.place, Test.KEYS, keys)
        return keys

    def elements(self, held: Held) -> tuple[Value, ...]:
        """The elements of a list or a tuple."""
        return tuple(self.item(held, i) for i in range(self.length(held)))

    def item(self, held: Held, key: Any) -> Value:
        """``held[key]``."""
        if not isinstance(held.example, dict):
            key = int(key)  # one place for an element, however it is named
            self.lists.read_item(held)
            if key < 0 and held.place in self.lists.growing:
                known = self.guards.get((held.place, Test.AT_LEAST))
                self.guard(held.place, Test.AT_LEAST, max(-key, known.value if known else 0))
            elif key < 0:
                key += self.length(held)
        return self.read(held.place.item(key), held.example[key])

    def attribute(self, held: Held, name: str, loc: Loc) -> Any:
        """``held.name``: a value, or a property or another descriptor still to be called."""
        self.log.attribute(held.place, name)
        subclasses.check(held, loc)
        cls = type(held.example)
        fields = getattr(cls, "_fields", ())
        if issubclass(cls, tuple) and name in fields:
            return self.item(held, fields.index(name))
        self._check_readable(held, name, loc)
        found = in_class(cls, name, _NOTHING)
        if isinstance(found, property):
            where = held.place.attribute("__class__").attribute(name)
            self.guard(where, Test.IDENTITY, found)
            if isinstance(found.fget, types.FunctionType):
                self.functions.setdefault(found.fget, where.attribute("fget"))
            return found
        in_instance = name in own_attributes(held.example)
        if descriptors.gives(found) and not (in_instance and not descriptors.is_first(found)):
            self._guard_keys(held)
            return found
        if isinstance(found, cached_property) and not in_instance:
            where = held.place.attribute("__class__").attribute(name)
            self.guard(where, Test.IDENTITY, found)
            if isinstance(found.func, types.FunctionType):
                self.functions.setdefault(found.func, where.attribute("func"))
            self._guard_keys(held)
            return found
        if isinstance(found, types.FunctionType) and not in_instance:
            # Rebinding it in the class, or hiding it in the instance, makes it another method.
            where = held.place.attribute(name).attribute("__func__")
            self.guard(where, Test.IDENTITY, found)
            self.functions.setdefault(found, where)
            return Method(held, name)
        if isinstance(found, classmethod | staticmethod) and not in_instance:
            self._guard_bound(held, name, found)
            return Method(held, name)
        plain = in_instance or isinstance(found, types.MemberDescriptorType)
        answered.refuse_unseen(held, name, found, loc)
        if not plain and found is _NOTHING:
            self.guard(held.place.attribute(name), Test.PRESENT, hasattr(held.example, name))
            raise missing.attribute(cls, name, loc)
        if not plain and callable(found) and hasattr(type(found), "__get__"):
            self._guard_keys(held)
            return Method(held, name)  # which is bound where it is read
        self._guard_own(held, name, found)
        if not in_instance and not isinstance(found, types.MemberDescriptorType):
            self.constants.add(held.place.attribute(name))  # the same for all instances
        return self.read(held.place.attribute(name), getattr(held.example, name))

    def _guard_own(self, held: Held, name: str, found: Any) -> None:
        """Demands that an instance has an attribute of its own, where else code would be run."""
        cls, where = type(held.example), held.place
        if name in own_attributes(held.example):
            if answered.may_answer(cls, found):
                self.guard(where.attribute("__dict__").item(name), Test.PRESENT, True)
        elif isinstance(found, types.MemberDescriptorType) and answered.answers(cls):
            self.guard(where.attribute(name), Test.FILLED, found)

    def _guard_bound(self, held: Held, name: str, found: Any) -> None:
        """Demands that an instance has a method of its class that is not one of the instance."""
        function, where = found.__func__, held.place.attribute(name)
        if not isinstance(function, types.FunctionType):
            self._guard_keys(held)
            return
        where = where.attribute("__func__") if isinstance(found, classmethod) else where
        self.guard(where, Test.IDENTITY, function)
        self.functions.setdefault(function, where)

    def _guard_keys(self, held: Held) -> None:
        """Demands that an instance has the attributes that it has, and no others."""
        own = own_dict(held.example)
        if own is not None:
            self.guard(held.place.attribute("__dict__"), Test.KEYS, tuple(own))

    def _check_readable(self, held: Held, name: str, loc: Loc) -> None:
        """Refuses attributes of an instance that are not what they seem."""
        example = held.example
        if name == "__dict__" and is_instance(example):
            message = "the '__dict__' of an object from outside cannot be differentiated"
            raise UnsupportedSyntaxError(message, loc, "read its attributes by their names")
        if not self.identities.is_differentiated(held.place) or name in part_names(example):
            return
        if has_parameters(own_attributes(example).get(name)):
            message = f"this {type(example).__name__} has an attribute '{name}' that is not a field"
            raise UnsupportedSyntaxError(message, loc, "make it a field, or an argument")

    def opaque(self, held: Held) -> Var:
        """An object as one input."""
        return self._leaf(held.place, held.example)

    def numbers(self, held: Held) -> Var | None:
        """A list of ints, of floats or of bools, or of tuples of those of one form, as one input;
        None if it is something else."""
        kinds = set(map(type, held.example))
        rows = kinds_of_rows(held.example) if kinds == {tuple} else set()
        row: tuple[type, ...] = rows.pop() if len(rows) == 1 else ()
        if not row and (len(kinds) != 1 or not kinds <= _PLAIN_NUMBERS):
            return None
        if not _PLAIN_NUMBERS.issuperset(row) or self.identities.is_differentiated(held.place):
            return None
        self.lists.read_after(held)
        self.log.attribute(held.place, "__iter__")
        self.log.walked(held.place)
        if held.place not in self.leaves and row:
            self.guard(held.place, Test.ROWS, row)
            items = tuple(of_value(kind()) for kind in row)
            self.leaves[held.place] = _leaf(held.place, ListOf(PackType(tuple, items)))
        elif held.place not in self.leaves:
            (kind,) = kinds
            self.guard(held.place, Test.ELEMENTS, kind)
            self.leaves[held.place] = _leaf(held.place, ListOf(of_value(kind())))
        return self.leaves[held.place]

    def floats(self, held: Held, few: int) -> Var | None:
        """A list of more than a ``few`` floats, which is differentiated, as one input; None if it
        is something else."""
        kinds = set(map(type, held.example))
        if len(kinds) != 1 or not kinds <= {float, np.float64}:
            return None
        (kind,) = kinds
        self.guard(held.place, Test.AT_LEAST, few + 1)
        self.guard(held.place, Test.ELEMENTS, kind)
        self.leaves[held.place] = _leaf(held.place, ListOf(of_value(kind())))
        return self.leaves[held.place]

    def whole(self, held: Held) -> Operand:
        """The container as an operand, taken apart to its leaves; an object as an opaque input."""
        subclasses.check(held)
        example = held.example
        if isinstance(example, list | tuple | dict) or dataclasses.is_dataclass(example):
            return self._pack(held)
        if self.identities.is_differentiated(held.place) and has_parameters(example):
            message = f"'{held.place}', which is differentiated, is handed on as a whole"
            raise UnsupportedSyntaxError(message, None, "hand on its attributes")
        return self._leaf(held.place, example)

    def _pack(self, held: Held) -> Operand:
        example = held.example
        subclasses.check_parts(held)
        if isinstance(example, dict):
            keys = self.keys(held)
            return Pack(dict, tuple(self._whole_item(held, key) for key in keys), keys)
        if isinstance(example, tuple) and hasattr(example, "_fields"):
            items = tuple(self._whole_item(held, i) for i in range(len(example)))
            return Pack(type(example), items, tuple(example._fields))
        if isinstance(example, list | tuple):
            count = self.length(held)
            return Pack(type(example), tuple(self._whole_item(held, i) for i in range(count)))
        fields = [field.name for field in dataclasses.fields(example)]
        self._check_hidden(held, fields)
        values = [self.read(held.place.attribute(f), getattr(example, f)) for f in fields]
        return Pack(type(example), tuple(self._whole_value(v) for v in values), tuple(fields))

    def _check_hidden(self, held: Held, fields: list[str]) -> None:
        """Refuses a dataclass instance that hides an attribute of its class.

        Taken apart to its fields it would lose its own, and that of the class be read.
        """
        own = own_dict(held.example)
        if own is None:
            return
        self.guard(held.place.attribute("__dict__"), Test.KEYS, tuple(own))
        cls = type(held.example)
        hidden = [name for name in own if name not in fields and hasattr(cls, name)]
        if hidden:
            message = f"this {cls.__name__} has an attribute '{hidden[0]}' that is not a field"
            raise UnsupportedSyntaxError(message, hint="make it a field, or an argument")

    def _whole_item(self, held: Held, key: Any) -> Operand:
        return self._whole_value(self.item(held, key))

    def _whole_value(self, value: Value) -> Operand:
        if isinstance(value, Held):
            return self.whole(value)
        if isinstance(value, Ref):
            message = "a container is handed over that holds a list which the program changes"
            raise UnsupportedSyntaxError(
                message, hint="hand over copies: [list(row) for row in rows]"
            )
        assert isinstance(value, Var | Const)
        return value


def _is_plain(value: tuple[Any, ...]) -> bool:
    """Whether a tuple holds what belongs to a signature by value: axes, shapes, names."""
    return all(type(item) in (int, bool, str, type(None)) for item in value)


def _leaf(place: Place, type_: Any) -> Var:
    """The variable for an input; one at a numbered place takes the first name it is bound to."""
    name = name_of(place)
    if place.path and isinstance(place.path[-1], Item) and isinstance(place.path[-1].key, int):
        return Var("", type_, name)
    return Var(name, type_)


_NAMES = {"__class__": "cls", "__func__": ""}
"""What parts that Python names are called; the function of a method has the name of that."""


def name_of(place: Place) -> str:
    """A name for the value at ``place``: the last word on its path."""
    name = place.root.name
    for step in place.path:
        match step:
            case Attribute():
                name = _NAMES.get(step.name, step.name) or name
            case Item(key=str() as key) if key.isidentifier():
                name = key
            case Item(key=key):
                name = f"{name}_{key}" if isinstance(key, int) else name
    return name
