"""The phis of a branch: one value for what either arm gives, and one content for each object."""

from __future__ import annotations

from collections.abc import Callable

from srcgrad.errors import Loc, SrcgradError, UnknownTypeError, placed
from srcgrad.ir.nodes import UNDEFINED, Const, Operand, Pack, Var
from srcgrad.ir.types import PY_INT, ListOf, Type, number_of
from srcgrad.specialise import chains, long_tuples, perhaps
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.contents import Content
from srcgrad.specialise.heap import NOTHING, Choice, Heap, NoIdentity, Part, crowded, number_name
from srcgrad.specialise.join import attributes_of, in_order, join_types, same, same_structure
from srcgrad.specialise.options import are_functions, is_called, parts, with_parts
from srcgrad.specialise.reach import reachable
from srcgrad.specialise.values import (
    Conflicting,
    Held,
    OneOf,
    OpenDict,
    OpenSet,
    PerhapsOf,
    Ref,
    StructureError,
    Value,
    displayed,
    earlier,
    flag_name,
    is_data,
    is_undefined,
)

_MAX_PAIRS = 500
_NOTHING = Const(UNDEFINED)
"""What an arm gives that gives nothing: one, so that pairs with it are found again."""


class Phis:
    """Collects the targets of an ``If`` and what each arm gives for them.

    ``before``, ``left`` and ``right`` are the objects of the program before the ``If`` and after
    either arm.  ``alike`` makes lists of unknown length of two that differ in length, and gives
    instances the attributes that only their class has; ``is_held`` says whether something leads to
    an object, with these contents, but what an arm gives; ``lasts`` whether a value is there after
    either arm.
    """

    def __init__(
        self,
        loc: Loc,
        heap: Heap,
        before: dict[Ref, Content],
        left: dict[Ref, Content],
        right: dict[Ref, Content],
        alike: Callable[[Content, Content], tuple[Content, Content]],
        is_held: Callable[[Ref, dict[Ref, Content]], bool],
        lasts: Callable[[Value], bool],
    ) -> None:
        self.loc = loc
        self.alike, self.is_held, self.lasts = alike, is_held, lasts
        self.heap = heap
        self.before, self.left, self.right = before, left, right
        self.targets: list[Var] = []
        self.then: list[Operand] = []
        self.orelse: list[Operand] = []
        self.merged: dict[Ref, Content] = {}
        self.pairs: dict[tuple[Value, Value], Ref] = {}
        self.partners: dict[Ref, Ref] = {}
        self.chosen: dict[Ref, str] = {}
        """The objects for one of two to which something else leads as well, and their names."""
        self.kept: list[Value] = []

    def merge(self, a: Value, b: Value, name: str) -> Value:
        """The value after the ``If`` of what is ``a`` after one arm and ``b`` after the other."""
        count, sealed = len(self.targets), set(self.heap.sealed)
        found = dict(self.merged), dict(self.pairs), dict(self.partners), dict(self.chosen)
        try:
            return self._merge(a, b, name)
        except SrcgradError as error:
            del self.targets[count:], self.then[count:], self.orelse[count:]
            self.heap.sealed = sealed
            self.merged, self.pairs, self.partners, self.chosen = found
            return Conflicting(placed(error, self.loc))

    def _merge(self, a: Value, b: Value, name: str) -> Value:
        if same(a, b):
            self.kept.append(a)
            return a
        for value, other in ((a, b), (b, a)):
            if is_undefined(other) and isinstance(value, Ref) and value in self.before:
                self.kept.append(value)
                return value  # if it is anything
        kind = perhaps.meet(a, b)
        if kind is not None:
            return self._merge_perhaps(a, b, name, kind)
        if are_functions(a, b) or any(
            is_called(value) and is_undefined(other) for value, other in ((a, b), (b, a))
        ):
            return self._merge_functions(a, b, name)
        if isinstance(a, Ref) or isinstance(b, Ref):
            return self._merge_objects(a, b, name)
        a, b = displayed(a), displayed(b)
        if isinstance(a, Pack) and isinstance(b, Pack) and _are_unlike(a, b):
            a, b = self.alike(a, b)
        if isinstance(a, Pack) and isinstance(b, Pack) and same_structure(a, b):
            return self._merge_parts(a, b)
        if isinstance(a, Pack) and is_undefined(b):  # a container that one path makes
            return self._merge(a, undefined_like(a), name)
        if isinstance(b, Pack) and is_undefined(a):
            return self._merge(undefined_like(b), b, name)
        if not is_data(a) or not is_data(b):
            message = f"{name or 'a value'} is one thing or another here, depending on data"
            hint = "call each function, or build each container, inside its own branch"
            raise earlier(a, b) or UnknownTypeError(message, self.loc, hint)
        assert isinstance(a, Var | Const)
        assert isinstance(b, Var | Const)
        type_ = join_types(
            _type(b) if is_undefined(a) else _type(a), _type(a if is_undefined(b) else b)
        )
        self.targets.append(Var(name, type_))
        self.then.append(a)
        self.orelse.append(b)
        return self.targets[-1]

    def _merge_perhaps(self, a: Value, b: Value, name: str, kind: type[PerhapsOf]) -> Value:
        """What may not be there, and is the container of the arms in which it is, or the
        attribute."""
        (mine, first), (other, second) = (perhaps.parts(v, _NOTHING, kind) for v in (a, b))
        there = self._merge(mine, other, flag_name(name))
        for value, absent in ((first, second), (second, first)):
            if is_undefined(absent) and isinstance(value, Held):
                self.kept.append(value)
                return perhaps.made(there, value, kind)  # type: ignore[arg-type]
        merge = self._merge
        if is_called(second if is_undefined(first) else first):
            merge = self._merge_functions
        content = merge(first, second, name)
        return perhaps.made(there, content, kind)  # type: ignore[arg-type]

    def _merge_functions(self, a: Value, b: Value, name: str) -> Value:
        """A function that is one of those that either may be; nothing is of what is undefined."""
        functions = self.heap.functions
        mine, others = ({} if is_undefined(v) else functions.options(v) for v in (a, b))
        merged = {
            number: self._merge_function(mine.get(number), others.get(number), name)
            for number in (*mine, *(each for each in others if each not in mine))
        }
        if len(merged) == 1:
            return next(iter(merged.values()))
        which = Var(number_name(name), PY_INT)
        self.targets.append(which)
        self.then.append(_NOTHING if is_undefined(a) else functions.which(a))
        self.orelse.append(_NOTHING if is_undefined(b) else functions.which(b))
        return OneOf(which, merged)

    def _merge_function(self, a: Value | None, b: Value | None, name: str) -> Value:
        """One function, of which what is captured or bound may be one thing or another; None where
        it is not the one."""
        function = b if a is None else a
        assert function is not None
        nothing = (_NOTHING,) * len(parts(function))
        if (a is None or b is None) and not self.lasts(with_parts(function, iter(nothing))):
            message = f"{name or 'a function'} is made in one branch, with variables of its own"
            hint = "pass it the values as arguments, functools.partial(function, value)"
            raise UnknownTypeError(message, self.loc, hint)
        rows = zip(*(nothing if each is None else parts(each) for each in (a, b)), strict=True)
        return with_parts(function, (self._merge_part(x, y) for x, y in rows))

    def _merge_part(self, a: Value, b: Value) -> Value:
        for value, other in ((a, b), (b, a)):
            if is_undefined(other) and self.lasts(value):
                self.kept.append(value)
                return value
        return self._merge(a, b, getattr(a, "name", "") or getattr(b, "name", ""))

    def _merge_parts(self, a: Pack, b: Pack) -> Pack:
        if a.kind is set:
            return a  # which b is too
        names: tuple[object, ...] = a.keys or ("",) * len(a.items)
        if a.kind in (OpenDict, OpenSet):
            names = tuple(getattr(item, "name", "") for item in a.items)
        rows = zip(names, a.items, b.items, strict=True)
        items = tuple(self._merge(x, y, n if isinstance(n, str) else "") for n, x, y in rows)
        return Pack(a.kind, items, a.keys)  # type: ignore[arg-type]

    def _merge_objects(self, a: Value, b: Value, name: str) -> Ref:
        """One object that stands for either of two."""
        pair = _NOTHING if is_undefined(a) else a, _NOTHING if is_undefined(b) else b
        ref = self.pairs.get(pair)
        if ref is not None:
            return ref
        if len(self.pairs) >= _MAX_PAIRS:
            raise crowded(self.loc)
        pooled = self._merge_pooled(*pair, name)
        if pooled is not None:
            return pooled
        a, b = self._filled(a, b), self._filled(b, a)
        kinds = [_kind(a), _kind(b)]
        if self._is_list_alone(a, b):
            kinds = [list, list]
        if kinds[0] is None or kinds[0] is not kinds[1]:
            raise self._no_identity(a, b, name) or (
                self._differ_in_class(name, kinds) or self._differ(name)
            )
        ref = self.pairs[pair] = Ref(kinds[0])
        if any(value in self.heap.parts for value in pair):
            self.heap.seal(*pair, ref)
        self.heap.go_on(*pair)
        if issubclass(kinds[0], dict):
            self.heap.seal_lists(ref)  # what leads to them has noted another dict
        for given, value, heap in zip(pair, (a, b), (self.left, self.right), strict=True):
            if given is _NOTHING:
                continue
            if isinstance(value, Pack) and value.items and all(map(is_undefined, value.items)):
                continue
            if not isinstance(value, Ref):
                self.heap.seal(ref)  # which has no identity
            elif self._is_held_besides(value, heap):
                self.chosen[ref] = name
            elif value in self.partners:
                self.chosen.update({ref: name, self.partners[value]: name})
            else:
                self.partners[value] = ref
        sides = ((a, self.left), (b, self.right))
        first, second = (heap[v] if isinstance(v, Ref) else v for v, heap in sides)
        self.merged[ref] = self._merge_contents(first, second, name)  # type: ignore[arg-type]
        return ref

    def _merge_pooled(self, a: Value, b: Value, name: str) -> Ref | None:
        """The object at one of two places of a pool (``pools.py``); None if they are in none."""
        parts = self.heap.pooled(a, b)
        if parts is None:
            return None
        found = [part for part in parts if part is not None]
        first, second = (_NOTHING if part is None else part.place for part in parts)
        kind = next(value.kind for value in (a, b) if isinstance(value, Ref))
        ref = self.pairs[a, b] = Ref(kind)
        place = self._merge(first, second, number_name(name))  # type: ignore[arg-type]
        self.heap.parts[ref] = Part(found[0].owner, place)  # type: ignore[arg-type]
        a, b = self._filled(a, b), self._filled(b, a)
        sides = ((a, self.left), (b, self.right))
        one, other = (heap[v] if isinstance(v, Ref) else v for v, heap in sides)
        self.merged[ref] = self._merge_contents(one, other, name)  # type: ignore[arg-type]
        return ref

    def _is_held_besides(self, ref: Ref, heap: dict[Ref, Content]) -> bool:
        """Whether other names, or lists that have its number, lead to an object."""
        if ref in self.before and self.is_held(ref, heap):
            return True
        return ref in self.heap.listed or bool(self.heap.aliases(ref, heap))

    def _is_list_alone(self, a: Value, b: Value) -> bool:
        """Whether there is a list of unknown length on one path, and nothing on the other."""
        refs = [value for value in (a, b) if isinstance(value, Ref)]
        if len(refs) != 1 or not (is_undefined(a) or is_undefined(b)):
            return False
        content = (self.right if refs[0] is b else self.left).get(refs[0])
        return isinstance(content, Var)

    def _filled(self, value: Value, other: Value) -> Value:
        """What stands for an object that only one path makes, on the other path."""
        heap = self.right if other in self.right else self.left
        if not is_undefined(value) or not isinstance(other, Ref) or other not in heap:
            return value
        content = heap[other]
        return undefined_like(content) if isinstance(content, Pack) else value

    def _merge_contents(self, a: Content, b: Content, name: str, called: str = "") -> Content:
        found = None if chains.differ(a, b) else self._merge_alike(a, b)
        if found is not None:
            return found
        a, b = self.alike(a, b)
        if all(isinstance(x, Var) or is_undefined(x) for x in (a, b)):
            return self._merge(a, b, name)  # type: ignore[return-value]
        found = self._merge_alike(a, b)
        if found is not None:
            return found
        raise _keys_differ(a, b, called, self.loc) or self._differ(name or "a container")

    def _merge_alike(self, a: Content, b: Content) -> Content | None:
        """What two displays of one structure are joined to; None if they are no such."""
        if isinstance(a, Pack) and isinstance(b, Pack):
            a = in_order(a, a.kind, attributes_of(a, b))
            b = in_order(b, a.kind, a.keys)
            if same_structure(a, b):
                return self._merge_parts(a, b)
        return None

    def merge_heap(self) -> None:
        """Joins what either arm has made of the objects that were there before."""
        for ref, old in self.before.items():
            a, b = self.left[ref], self.right[ref]
            if a is b:
                self.merged[ref] = a
            elif same(a, b):
                self.merged[ref] = old if same(a, old) else a
            else:
                self.merged[ref] = self._merge_contents(a, b, "", self.heap.names.get(ref, ""))
        made = [ref for ref in self.heap.listed if (ref in self.left) is not (ref in self.right)]
        for ref in self.heap.listed:
            if ref not in self.merged and (ref in self.left or ref in self.right):
                a, b = self._made_in_one(self.left, ref), self._made_in_one(self.right, ref)
                self.merged[ref] = self._merge_contents(a, b, "")
        if self.left is self.right:  # of the only arm that counts, what was made in it stays
            self.merged = {**self.left, **self.merged}
        for pair, ref in self.pairs.items():
            if any(value in self.heap.sealed for value in pair):
                self.heap.seal(ref)  # it was put where it has no identity
        for heap in (self.left, self.right):
            # What is kept as it is, inside of something else, leads to an object by its own name.
            found = reachable(self.kept, heap, self.heap)
            for value, ref in self.partners.items():
                if found is None or value in found:
                    self.chosen.setdefault(ref, "")
        self.heap.restore(self.merged)
        self._choose()
        for ref in made:
            self._choose_as_in_one(ref)

    def _made_in_one(self, heap: dict[Ref, Content], ref: Ref) -> Content:
        """What is in an object that is in a list, in which the other arm may have put it."""
        if ref in heap:
            return heap[ref]
        content = (self.right if heap is self.left else self.left)[ref]
        assert isinstance(content, Pack)
        return undefined_like(content)

    def _choose(self) -> None:
        """Notes of the objects for one of two which one they are."""
        pairs = [(pair, ref) for pair, ref in self.pairs.items() if ref in self.chosen]
        every = {value for pair, _ in pairs for value in pair}
        for value in (*self.before, *self.left, *self.right):
            if value in every:
                self.heap.choice(value)  # numbered as the program makes them
        for (a, b), ref in pairs:
            name = self.chosen[ref]
            both = [self.heap.choice(x) if isinstance(x, Ref) else NOTHING for x in (a, b)]
            which = Var(number_name(name), PY_INT)
            self.targets.append(which)
            self.then.append(both[0].which)
            self.orelse.append(both[1].which)
            self.heap.choices[ref] = Choice(which, both[0].numbers | both[1].numbers)
            self.heap.made_of[ref] = (a, b)

    def _choose_as_in_one(self, ref: Ref) -> None:
        """Notes which one an object is that is in a list, and that only one arm has made: after the
        other it is none."""
        choice = self.heap.choice(ref)
        if isinstance(choice.which, Var):
            which = Var(choice.which.name, PY_INT)
            self.targets.append(which)
            self.then.append(choice.which if ref in self.left else NOTHING.which)
            self.orelse.append(choice.which if ref in self.right else NOTHING.which)
            self.heap.choices[ref] = Choice(which, choice.numbers)

    def _differ(self, name: str) -> UnknownTypeError:
        message = f"{name or 'a value'} has one structure or another here, depending on data"
        hint = "give it the same length, and the same keys in the same order, in both branches"
        return UnknownTypeError(message, self.loc, hint)

    def _no_identity(self, a: Value, b: Value, name: str) -> NoIdentity | None:
        """An error about an object or an element of a list of unknown length."""
        if not any(isinstance(value, Var) and isinstance(value.type, ListOf) for value in (a, b)):
            return None
        message = f"{name or 'a value'} is an object or an element of a list, depending on data"
        return NoIdentity(message, self.loc, "make a new list in each branch")

    def _differ_in_class(self, name: str, kinds: list[type | None]) -> StructureError | None:
        """An error about objects of two classes; a loop that is unrolled may know which it is."""
        found = [kind for kind in kinds if kind is not None]
        if len(found) < 2 or any(kind in _DISPLAYS or issubclass(kind, tuple) for kind in found):
            return None
        names = " or a ".join(kind.__name__ for kind in found)
        message = f"{name or 'a value'} is a {names} here, depending on data"
        hint = "make objects of one class, with an attribute that tells what they do"
        return StructureError(message, self.loc, hint)


def _keys_differ(a: Content, b: Content, name: str, loc: Loc) -> UnknownTypeError | None:
    """An error about a dict that has a key in one arm only."""
    if not (isinstance(a, Pack) and isinstance(b, Pack) and a.kind is b.kind is dict):
        return None
    keys = [key for key in (*a.keys, *b.keys) if (key in a.keys) is not (key in b.keys)]
    if not keys:
        return None
    name = name if name.isidentifier() else ""
    message = f"{name or 'a dict'} has the key {keys[0]!r} or not here, depending on data, and its "
    message += "values are of several kinds"
    item = f"{name or 'd'}[{keys[0]!r}]"
    hint = f"give it the key before, {item} = None, and test whether that is None"
    return UnknownTypeError(message, loc, hint)


def _are_unlike(a: Pack, b: Pack) -> bool:
    """Whether two displays can be one only as something else."""
    return chains.differ(a, b) or long_tuples.differ(a, b)


_DISPLAYS = (list, dict, set, frozenset)


def _kind(value: Value) -> type | None:
    """The kind of an object, or of what is one without identity; None if a value is neither."""
    if isinstance(value, Var) and isinstance(value.type, ListOf):
        return list
    return value.kind if isinstance(value, Pack | Ref) else None


def undefined_like(pack: Pack) -> Pack:
    """A container of the same form that has nothing in it yet; a set is known by its elements."""
    if pack.kind is set:
        return pack
    items = tuple(
        undefined_like(item) if isinstance(item, Pack) else Const(UNDEFINED) for item in pack.items
    )
    return Pack(pack.kind, items, pack.keys)


def _type(value: Operand) -> Type:
    return number_of(type_of(value))
