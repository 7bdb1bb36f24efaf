"""Arguments to differentiate with respect to: what the program sees of them, and their leaves.

Lists, tuples and dicts are taken apart into their numbers and arrays.  Objects stay objects, which
are read attribute by attribute as those from elsewhere are, so that they can be written too; the
numbers and arrays found in them are the same variables.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from srcgrad.instances import counts, is_instance, is_setting, part_names, slots
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.types import Object
from srcgrad.specialise.inputs import Inputs, name_of
from srcgrad.specialise.places import Place, Test
from srcgrad.specialise.values import Held, Value


@dataclass(frozen=True)
class Part:
    """A part of a differentiated argument.

    Attributes
    ----------
    value : Value
        What the program has there.
    leaves : Operand
        The variables of its numbers and arrays, in its structure; None stands for what has no
        derivative.  An object that occurs twice is the same ``Pack`` twice.
    """

    value: Value
    leaves: Operand


@dataclass
class Arguments:
    """Takes differentiated arguments apart."""

    inputs: Inputs
    own: Callable[[Held, Pack | Var, str], Value]
    """Gives what the program has in place of a container, of which the content is known."""
    many: Callable[[Held], Var | None]
    """Gives a list of many floats as one variable; None for what is taken apart."""
    objects: dict[Place, Pack] = field(default_factory=dict)
    """The structures of the instances found so far."""

    def part(self, place: Place, example: Any, inside: bool = False) -> Part:
        """The part at ``place``; what is ``inside`` an instance may be a setting."""
        if inside and example is not None and is_setting(example):
            return self._setting(place, example)
        value = self.inputs.read(place, example)
        if isinstance(value, Var | Const):
            return Part(value, value)
        assert isinstance(value, Held)
        if is_instance(example):
            return Part(value, self._instance(value))
        if not isinstance(example, list | tuple | dict):
            leaf = self.inputs.opaque(value)
            return Part(leaf, leaf)
        many = self.many(value)
        if many is not None:
            return Part(self.own(value, many, name_of(place)), many)
        return self._container(value, inside)

    def _setting(self, place: Place, example: Any) -> Part:
        """What has no derivative, whatever it is, as long as it has none."""
        is_container = isinstance(example, list | tuple | dict)
        test, value = (Test.SETTING, True) if is_container else (Test.TYPE, type(example))
        self.inputs.guard(place, test, value)
        self.inputs.constants.add_setting(place, example)
        return Part(Const(None), Const(None))

    def _count(self, place: Place, example: Any) -> Part:
        """An int of a named tuple that is declared to be one."""
        return replace(self._setting(place, example), value=self.inputs.read(place, example))

    def _container(self, held: Held, inside: bool) -> Part:
        example = held.example
        if isinstance(example, dict):
            keys = names = self.inputs.keys(held)
            kind: type = dict
        else:
            keys, names = range(self.inputs.length(held)), getattr(example, "_fields", ())  # type: ignore[assignment]
            kind = type(example)
        counted = {i for i, name in enumerate(names) if name in counts(example)}
        parts = [
            self._count(held.place.item(key), example[key])
            if key in counted
            else self.part(held.place.item(key), example[key], inside)
            for key in keys
        ]
        values, leaves = (tuple(p.value for p in parts), tuple(p.leaves for p in parts))
        content = Pack(kind, values, tuple(names))  # type: ignore[arg-type]
        return Part(self.own(held, content, name_of(held.place)), Pack(kind, leaves, tuple(names)))

    def _instance(self, held: Held) -> Pack:
        """The leaves of an instance, the same for all its places."""
        place, example = held.place, held.example
        if place not in self.objects:
            if hasattr(example, "__dict__"):
                self.inputs.guard(place.attribute("__dict__"), Test.KEYS, tuple(vars(example)))
            names = part_names(example)
            for name in slots(type(example)):
                if name not in names:
                    self.inputs.guard(place.attribute(name), Test.PRESENT, False)
            parts = [self.part(place.attribute(n), getattr(example, n), True) for n in names]
            self.objects[place] = Pack(type(example), tuple(p.leaves for p in parts), names)
        return self.objects[place]


def pattern(leaves: Operand) -> Operand:
    """How a parameter is taken apart: what occurs twice is read where it occurs first."""
    return _pattern(leaves, set())


def _pattern(leaves: Operand, seen: set[int]) -> Operand:
    if not isinstance(leaves, Pack):
        return leaves
    if is_object(leaves):
        if id(leaves) in seen:
            return Var("", Object(leaves.kind))
        seen.add(id(leaves))
    return replace(leaves, items=tuple(_pattern(item, seen) for item in leaves.items))


def is_object(pack: Pack) -> bool:
    """Whether a structure is that of an instance, not of a container."""
    return pack.kind not in (list, dict, slice) and not issubclass(pack.kind, tuple)
