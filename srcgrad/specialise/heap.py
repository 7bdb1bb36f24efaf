"""The objects that a program makes and changes while it is being specialised.

A list, a dict, a set or an instance of a class has identity: every name that leads to it sees what
is done to it.  Such a value is a :class:`Ref`, and the heap has its present content.  The walk over
the program is in program order, so that a change of a container is a change of the heap, and
nothing of it is left in the typed program::

    a = []              # a is a Ref, whose content is an empty list
    b = a               # the same Ref
    b.append(x)         # now its content is [x]
    return a[0] * 2     # x * 2

Where control flow is not decided at compile time, contents are joined as values are (``join.py``).
Where it depends on data which of several objects a name leads to, there is an object for what it
leads to, with a *choice*: a number of the program that says which one it is (``aliases.py``).  A
change of one is then a change of every other that may be the same.  What cannot be followed so is
*sealed*: it may be read, and a change is refused.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace

from srcgrad.errors import AliasingError, Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Operand, Pack
from srcgrad.ir.records import is_entry
from srcgrad.specialise.contents import (
    Content,
    holds_lists,
    is_open,
    leads_to,
    opened,
    passed_on,
)
from srcgrad.specialise.options import Functions
from srcgrad.specialise.values import (
    Held,
    OfItem,
    OpenViewOf,
    PerhapsOf,
    Ref,
    Taken,
    Value,
    is_undefined,
    named,
)

_NO_END = "let objects name each other by their positions in a list: others.append(i), and all[i]"


class OneOfTwo(AliasingError):
    """What may be one of two objects is changed: where a loop is unrolled, it may be known."""


class NoIdentity(AliasingError):
    """An element of a list of unknown length, which has no identity there, is changed, or chosen
    among objects."""


class NeedsPool(Exception):
    """An object is put into a list of unknown length, or may be one that is, and has to be in a
    pool (``pools.py``), with all of this ``key``."""

    def __init__(self, key: tuple[Hashable, ...]) -> None:
        super().__init__(str(key))
        self.key = key


@dataclass(frozen=True, slots=True)
class Choice:
    """Which object one is: ``which`` is its number when the program runs, one of ``numbers``."""

    which: Operand
    numbers: frozenset[int]


@dataclass(frozen=True, slots=True)
class Part:
    """A list in a list of unknown length, or in a dict to which data add keys (``groups[k]``):
    where in the ``owner``, or in its list of values, it is, which is None if that is not followed,
    and what is the same of its key.

    It may be looked up ``anywhere``, unless it is one that may not be there.
    """

    owner: Ref
    place: Operand | None = None
    key: Hashable = None
    anywhere: bool = True


@dataclass(frozen=True, slots=True)
class Home:
    """Where something is that was left in an object from outside: in an attribute of it, or an item
    (``name``), and in what is there, under these keys."""

    held: Held
    name: str | OfItem
    path: tuple[Hashable, ...] = ()

    def below(self, key: Hashable) -> Home:
        """That of what is in it under a key."""
        return Home(self.held, self.name, (*self.path, key))


@dataclass(frozen=True, slots=True)
class Around:
    """A loop: what was in all objects before it, whether its trips can be counted, and whether it
    has not been tried yet to unroll it."""

    before: Mapping[Ref, Content]
    countable: bool
    may_be_unrolled: bool


@dataclass(slots=True)
class Few:
    """The wish that data choose among few objects, and whether there were more."""

    exceeded: bool = False


_MAX_CHOICES = 500
_FEW_CHOICES = 60

NOTHING = Choice(Const(-1), frozenset())
"""What is none of the objects."""


def crowded(loc: Loc) -> UnsupportedSyntaxError:
    """An error about more objects than anybody would wait for."""
    message = "data choose among too many objects here"
    hint = "keep in arrays what changes, with integers that say which is meant"
    return UnsupportedSyntaxError(message, loc, hint)


def number_name(name: str) -> str:
    """What the number is called that says which object ``name`` leads to."""
    return f"which_{name}" if name.strip("_") else "which"


@dataclass(frozen=True, slots=True)
class _View:
    """What ``read`` has made of a dict."""

    pack: Pack
    ref: Ref
    what: str
    read: Callable[[Pack], Pack]


class Heap:
    """The content of every object of the program at this point of the walk."""

    def __init__(self) -> None:
        self.contents: dict[Ref, Content] = {}
        self.functions = Functions()
        self.sealed: set[Ref] = set()
        self.names: dict[Ref, str] = {}
        """What the user calls an object that the program makes: its first name."""
        self.early: dict[Ref, Taken] = {}
        """Lists of elements that were computed before Python would, and what they come from."""
        self.choices: dict[Ref, Choice] = {}
        """The objects that stand for one of several, whichever data choose."""
        self.made_of: dict[Ref, tuple[Value, Value]] = {}
        """The two that each of them stood for where it was made, at the end of a branch."""
        self.parts: dict[Ref, Part] = {}
        """The lists in lists, or in dicts to which data add keys, by the objects that stand for
        them."""
        self.pools: set[Ref] = set()
        """The lists of what is in all objects of a kind (``pools.py``)."""
        self.born: dict[Ref, int] = {}
        """Which one of all that were made an object is."""
        self.sites: dict[Ref, tuple[Hashable, ...]] = {}
        """Where in the source lists are made, where they may be in a pool (``siting``)."""
        self.made_at: dict[Ref, tuple[str, int, int]] = {}
        """Where in the source dicts and sets are made that may get objects."""
        self.keys_of: set[Hashable] = set()
        """The pools in which objects are that are keys; None for those that are in none."""
        self.numbers_outside: dict[Held, int] = {}
        """The numbers of objects from outside that are keys."""
        self.few: Few | None = None
        """Whether data are to choose among few objects only."""
        self.siting = False
        self.mutations: collections.Counter[Value] = collections.Counter()
        """How often each deque was changed, in whatever branch."""
        self.alone: set[Ref] = set()
        """The lists to which nothing led but the dict that data have added keys to since."""
        self.entering: set[Ref] = set()
        """The objects that are being put into a list of which it is known who else has them."""
        self.gone_on: set[Ref] = set()
        """The objects that have become another one where paths met."""
        self._lists: dict[Ref | None, Ref] = {}
        """For each dict what stands for the lists in it; for None those in any."""
        self.listed: dict[Ref, None] = {}
        """The instances whose numbers are in lists of unknown length, to which those lead."""
        self.given: dict[Ref, Home | None] = {}
        """What the program has left in objects from outside, and where it is found there."""
        self.owned: dict[Ref, None] = {}
        """The function's own of containers in differentiated arguments (``own_containers.py``)."""
        self.changed: dict[Ref, Loc] = {}
        """Those of them that the program changes, and where it does so first."""
        self.from_caches: set[Ref] = set()
        """What functions with a cache have given, and may give again."""
        self.loops: list[Around] = []
        """The loops whose bodies are being run."""
        self.complete = False
        """Whether the program is, and what is in dicts and sets are tuples of values."""
        self._numbers: dict[Ref, int] = {}
        self._next = 0
        """The first number that no object has."""
        self._views: dict[int, _View] = {}

    def make(self, content: Content, kind: type | None = None) -> Ref:
        """A new object."""
        if kind is None:
            assert isinstance(content, Pack)
            kind = content.kind
        ref = Ref(kind)
        self.contents[ref] = content
        self.born[ref] = len(self.born) + 1
        return ref

    def name(self, value: Value, name: str) -> None:
        """Notes what the user calls an object."""
        if isinstance(value, Ref) and name.strip("_"):
            self.names.setdefault(value, name)
            if value in self.parts:
                named(self.contents[value], name)

    def view(self, value: Value) -> Value:
        """What is in ``value`` now if it is an object of the program, else the value itself."""
        if isinstance(value, Ref):
            content = self.contents[value]
            return opened(value, content) if is_open(content) else content
        is_element = isinstance(value, Pack) and is_entry(value.kind) and not self.complete
        if is_open(value) or is_element:
            raise passed_on()
        return self._shown(value)

    def _shown(self, value: Value) -> Value:
        """What ``d.items()`` shows now; everything else as it is."""
        found = self._views.get(id(value))
        content = None if found is None else self.contents.get(found.ref)
        if found is None or not isinstance(content, Pack):
            return value
        return OpenViewOf(found.ref, found.what) if is_open(content) else found.read(content)

    def look(self, ref: Ref, what: str, read: Callable[[Pack], Pack]) -> Pack:
        """What ``read`` makes of a dict, which follows its changes: ``what`` it has."""
        content = self.contents[ref]
        assert isinstance(content, Pack)
        pack = read(content)
        self._views[id(pack)] = _View(pack, ref, what, read)
        return pack

    def changes(self, value: Value) -> bool:
        """Whether what is in ``value`` may change."""
        return self.looked_at(value) is not None

    def looked_at(self, value: Value) -> Ref | None:
        """The object that ``value`` is, or whose content it shows, as ``d.items()`` does."""
        if isinstance(value, Ref):
            return value
        found = self._views.get(id(value))
        return None if found is None else found.ref

    def refuse_sealed(self, ref: Ref, loc: Loc, new: Content) -> None:
        """Asks whether an object may be changed, into ``new``.

        Raises
        ------
        OneOfTwo
            If something else may, or may not, lead to the same object.
        """
        if self.is_sealed(ref):
            kind = ref.kind.__name__
            if ref in self.given:
                message = f"this changes a {kind} that was left in an object from outside"
                copy = f"{kind}(...)" if ref.kind in (list, dict) else "copy.copy(...)"
                raise AliasingError(message, loc, f"leave a copy there: {copy}")
            if ref in self.from_caches:
                message = f"this changes a {kind} that a function with a cache may give again"
                raise OneOfTwo(message, loc, "let it give a tuple, or change a copy of it")
            raise OneOfTwo(
                f"this changes a {kind} that may be one of two, or that an object keeps",
                loc,
                _NO_END
                if leads_to(new, ref.kind)
                else f"make a new {kind} in each branch or trip, and change that",
            )

    def note_change(self, ref: Ref, loc: Loc) -> None:
        """Notes that an object is changed, if it is, or may be, one of those that are owned."""
        if self.owned:
            for each in (ref, *self.aliases(ref)):
                if each in self.owned:
                    self.changed.setdefault(each, loc)

    def choice(self, ref: Ref) -> Choice:
        """Which object ``ref`` is; one that stands for itself alone gets a number here."""
        found = self.choices.get(ref)
        if found is None:
            number = self._numbers.get(ref, self._next)
            if number == self._next:
                self._numbers[ref], self._next = number, number + 1
            found = Choice(Const(number), frozenset((number,)))
        return found

    def new_number(self) -> int:
        """A number that no object has."""
        self._next += 1
        return self._next - 1

    def reserve(self) -> int:
        """A number so large that all that there are, with it added, are numbers that none has."""
        shift = self._next
        self._next += shift
        return shift

    def aliases(self, ref: Ref, contents: Mapping[Ref, Content] | None = None) -> list[Ref]:
        """The other objects, of those with ``contents``, that may be the same as ``ref``."""
        if ref not in self.choices and ref not in self._numbers:
            return []
        mine, live = self.choice(ref).numbers, self.contents if contents is None else contents
        choices = self.choices
        found: list[Ref] = []
        for other, number in self._numbers.items():
            if other is not ref and other in live:
                is_one = number in mine if other not in choices else mine & choices[other].numbers
                found += (other,) if is_one else ()
        for other, choice in choices.items():
            if other is not ref and other in live and mine & choice.numbers:
                found.append(other)
        return found

    def is_crowded(self) -> bool:
        """Whether there are so many objects for one of several that nobody would wait for more."""
        if self.few is None:
            return len(self.choices) > _MAX_CHOICES
        found = len(self.choices) > _FEW_CHOICES
        self.few.exceeded |= found
        return found

    def refuse_cycles(
        self, value: Value, loc: Loc | None = None, around: tuple[Value, ...] = ()
    ) -> None:
        """Asks whether objects lead back to themselves, which has no end to be looked at.

        Raises
        ------
        OneOfTwo
            If one does: a loop that is unrolled need not look.
        """
        if isinstance(value, Ref):
            if value in around:
                raise OneOfTwo(self._without_end(value, around), loc, _NO_END)
            self.refuse_cycles(self.contents[value], loc, (*around, value))
        elif isinstance(value, Pack):
            for item in value.items:
                self.refuse_cycles(item, loc, around)
        elif isinstance(value, PerhapsOf):
            self.refuse_cycles(value.content, loc, around)

    def _without_end(self, ref: Ref, around: tuple[Value, ...]) -> str:
        """What is wrong with an object that leads back to itself, or may."""
        kind = ref.kind.__name__
        if any(each in self.choices for each in (ref, *around)):
            return f"a {kind} leads to others, which data choose: nobody knows where that ends"
        return f"a {kind} contains itself"

    def seal(self, *values: Value) -> None:
        """Allows no further changes of these objects, nor of what may be the same."""
        refs = [value for value in values if isinstance(value, Ref)]
        self.sealed.update(refs, *map(self.aliases, refs))
        for ref in refs:
            if ref in self.parts:
                self.seal_lists(self.parts[ref].owner)

    def go_on(self, *values: Value) -> None:
        """Notes that what is in objects goes on as what is in another one, after a branch or in the
        next trip of a loop."""
        refs = [value for value in values if isinstance(value, Ref)]
        self.gone_on.update(refs)
        if any(self._lists.get(ref) in self.sealed for ref in refs if ref in self._lists):
            self.seal_lists(None)

    def has_others_lists(self, content: Content) -> bool:
        """Whether the lists in a list are those in another one too."""
        return holds_lists(content) and any(c is content for c in self.contents.values())

    def seal_lists(self, owner: Ref | None) -> None:
        """Allows no further changes of the lists in a dict to which data add keys, or in any: they
        may be somewhere else as well."""
        self.sealed.add(self._lists.setdefault(owner, Ref(list)))

    def has_sealed_lists(self, *owners: Ref) -> bool:
        """Whether the lists in one of these dicts must not be changed.

        What is in a pool is nowhere else, whatever has happened to the elements of other lists.
        """
        every = owners if self.pools.issuperset(owners) else (None, *owners)
        return any(self._lists.get(owner) in self.sealed for owner in every)

    def count_sealed(self, refs: Iterable[Ref]) -> int:
        """How much of objects is sealed."""
        both = sum((ref in self.sealed) + (self._lists.get(ref) in self.sealed) for ref in refs)
        return both + (self._lists.get(None) in self.sealed)

    def numbered(self, numbers: frozenset[int]) -> list[Ref]:
        """The objects that may be one of those with these numbers."""
        refs = (ref for ref in (*self._numbers, *self.choices) if ref in self.contents)
        return [ref for ref in refs if numbers & self.choice(ref).numbers]

    def is_among(self, ref: Ref, contents: Mapping[Ref, Content]) -> bool:
        """Whether an object certainly is one of those with ``contents``."""
        known = (ref for ref in (*self._numbers, *self.choices) if ref in contents)
        return self.choice(ref).numbers <= {n for each in known for n in self.choice(each).numbers}

    def is_sealed(self, ref: Ref) -> bool:
        """Whether an object, or one that may be the same, may not be changed any more."""
        mine = (ref, *self.aliases(ref))
        return any(each in self.sealed or each in self.given for each in mine)

    def is_from(self, ref: Ref, contents: Mapping[Ref, Content]) -> bool:
        """Whether an object certainly is, or stands for, one of those with ``contents``."""
        return self.is_among(ref, contents) if ref in self.choices else ref in contents

    def list_number(self, ref: Ref) -> Operand:
        """The number of an instance, which is put into a list of unknown length.

        What has this number when the program runs is listed.  It is the object that stands for
        itself alone, if there still is one; else, as after a branch that has made it, it is one of
        those that may be the one: this itself, or what it was before the loops around.
        """
        choice = self.choice(ref)
        refs = self.numbered(choice.numbers)
        alone = [each for each in refs if isinstance(self.choice(each).which, Const)]
        missing = choice.numbers.difference(*(self.choice(each).numbers for each in alone))
        self.listed.update(dict.fromkeys(alone))
        if missing:
            before = [each for each in refs if all(each in loop.before for loop in self.loops)]
            among = [each for each in before if missing & self.choice(each).numbers]
            among = [ref] if ref in before else among
            assert missing <= {n for each in among for n in self.choice(each).numbers}
            self.listed.update(dict.fromkeys(among))
        return choice.which

    def listed_of(self, kind: type) -> dict[Ref, Choice]:
        """The instances of a class that may be in lists of unknown length, and which they are:
        first those that stand for themselves alone, by their numbers.

        A number in a list is that of one of these; if it is that of several, they are the same.
        """
        refs = (ref for ref in self.listed if ref.kind is kind and ref in self.contents)
        found = [(ref, self.choice(ref)) for ref in refs]
        alone = [each for each in found if isinstance(each[1].which, Const)]
        alone.sort(key=lambda each: min(each[1].numbers))
        return dict((*alone, *found))

    def pool_of(self, value: Value) -> Part | None:
        """Where an object is in the list of what is in all of its kind; None if it is in none."""
        part = self.parts.get(value) if isinstance(value, Ref) else None
        return part if part is not None and part.owner in self.pools else None

    def pooled(self, *values: Value) -> list[Part | None] | None:
        """Where in one pool objects are; None if one is in none, or in another one.

        Raises
        ------
        NeedsPool
            If one is a list that may be in a pool with others.
        """
        parts = [self.pool_of(value) for value in values]
        found = [part for part in parts if part is not None]
        if not found or any(part.owner is not found[0].owner for part in found):
            return None
        for part, value in zip(parts, values, strict=True):
            if part is None and isinstance(value, Ref) and value in self.sites:
                raise NeedsPool(self.sites[value])
            if part.place is None if part is not None else not is_undefined(value):
                return None
        return parts

    def is_shared(self, ref: Ref) -> bool:
        """Whether something else may lead to the same object."""
        return self.is_sealed(ref) or ref in self.parts or bool(self.aliases(ref))

    def save(self) -> dict[Ref, Content]:
        """The content of all objects now."""
        return dict(self.contents)

    def restore(self, saved: dict[Ref, Content]) -> None:
        """Goes back to contents that were saved; what was sealed stays so."""
        self.contents = dict(saved)

    def roll_back(self, saved: dict[Ref, Content], sealed: set[Ref]) -> None:
        """Goes back as if nothing had happened since."""
        self.contents, self.sealed = dict(saved), set(sealed)

    def frozen(self, value: Value) -> Value:
        """``value`` with the present content in place of every object in it."""
        return self._frozen(value, ())

    def unfolded(self, value: Value) -> Value:
        """The same to be compared alone: of objects that lead back to themselves, each stands there
        with its content once, and for itself after that."""
        try:
            return self.frozen(value)
        except AliasingError:
            return self._unfolded(value, set())

    def _unfolded(self, value: Value, met: set[Ref]) -> Value:
        if isinstance(value, Ref):
            if value in met:
                return value
            met.add(value)
            return self._unfolded(self.contents[value], met)
        shown = self._shown(value)
        if isinstance(shown, Pack):
            items = tuple(self._unfolded(item, met) for item in shown.items)
            return Pack(shown.kind, items, shown.keys)  # type: ignore[arg-type]
        if isinstance(value, PerhapsOf):
            return replace(value, content=self._unfolded(value.content, met))
        return value

    def _frozen(self, value: Value, around: tuple[Ref, ...]) -> Value:
        if isinstance(value, Ref):
            if value in around:
                raise AliasingError(self._without_end(value, around), hint=_NO_END)
            found = self._frozen(self.contents[value], (*around, value))
            if isinstance(found, Pack) and issubclass(value.kind, collections.defaultdict):
                return Pack(value.kind, found.items, found.keys)
            return found
        shown = self._shown(value)  # itself, but for what shows the content of an object
        if isinstance(shown, Pack):
            items = tuple(self._frozen(item, around) for item in shown.items)
            return Pack(shown.kind, items, shown.keys)  # type: ignore[arg-type]
        if isinstance(value, PerhapsOf):
            return replace(value, content=self._frozen(value.content, around))
        return value
