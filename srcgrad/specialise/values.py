"""What a variable of the lowered program can stand for while it is being specialised.

Besides the operands of the typed program (``Var``, ``Const``, ``Pack``), a value can be something
that exists only at compile time: a closure that is inlined where it is called, a method that waits
for its arguments, an iterable that a loop takes apart.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from srcgrad.errors import Loc, SrcgradError, UnknownTypeError, UnsupportedSyntaxError
from srcgrad.ir.facts import immutable
from srcgrad.ir.nodes import UNDEFINED, Const, Function, Operand, Pack, Var
from srcgrad.ir.types import PackType
from srcgrad.specialise.places import Place


@immutable
class Scope:
    """Where the free names of a function are found.

    ``cells`` maps a name to the place of its closure cell and the cell's content.  What is found
    in a ``trusted`` scope (that of the rules) does not change, and is not guarded.
    """

    module: str
    names: Mapping[str, Any]
    cells: Mapping[str, tuple[Place, Any]]
    trusted: bool = False


@immutable
class Closure:
    """A function of the program with everything that it needs to be inlined.

    ``captures`` are the values of enclosing variables; ``defaults`` those of its parameters.
    ``once`` it is defined in a call of the program, so that there is but one of its code.
    """

    function: Function
    scope: Scope
    captures: Mapping[str, Value]
    defaults: Mapping[str, Value]
    once: bool = False
    merged: bool = False
    """Whether it may be one of several objects, of which this is what they have in common."""


@dataclass(frozen=True)
class OfItem:
    """Stands for an item of a dict where others have the name of an attribute."""

    key: Hashable


APPENDED = OfItem("values that were appended")
"""Stands for what the program has appended to a list from outside: a list of its own."""
GROWS = OfItem("more and more values")
"""Stands for how many elements a list has that the program appends to."""
FOLLOWED = OfItem("all that is in it")
"""Stands for what is in a container from outside which the program changes and reads."""


@immutable
class Held:
    """A container or an object from outside, found at ``place``; read lazily, with guards."""

    place: Place
    example: Any


class NeedsEntry(Exception):
    """What an attribute was, or what was in a container, before the program changes it has to be
    noted when the program begins."""

    def __init__(self, held: Held, name: str | OfItem) -> None:
        super().__init__(str(name))
        self.held = held
        self.name = name


class NeedsOwn(Exception):
    """A list or a dict in a differentiated argument is changed: the function needs its own of each
    (``own_containers.py``)."""


class NeedsFlag(Exception):
    """What is noted at ``loc``, that a name may have no value, has to tell whether it has one
    (``presence.py``)."""

    def __init__(self, loc: Loc) -> None:
        super().__init__(str(loc))
        self.loc = loc


@immutable
class Ref:
    """A list, dict, set or instance made by the program; what is in it is on the heap."""

    kind: type


class OpenDict:
    """The kind of what is in a dict whose keys only running the program tells: ``at``, the places
    of the keys, and ``values``, a list of unknown length."""


@immutable
class OpenDictOf:
    """Such a dict as it is now."""

    ref: Ref
    at: Var
    values: Var


class OpenSet:
    """The kind of what is in a set whose elements only running the program tells: ``at``, which is
    the set."""


@immutable
class OpenSetOf:
    """Such a set as it is now."""

    ref: Ref
    at: Var


Opened: TypeAlias = OpenDictOf | OpenSetOf


@immutable
class OpenViewOf:
    """The ``"keys"``, the ``"values"`` or the ``"items"`` of such a dict, which follow its changes,
    or the ``"elements"`` of such a set.

    A loop that runs over them has the ``listed`` keys; an iterator has what was in the dict or the
    set when it was made, its ``at``.
    """

    ref: Ref
    what: str
    listed: Var | None = None
    at: Var | None = None


@immutable
class SuperOf:
    """``super(cls, receiver)``."""

    cls: type
    receiver: Value


@immutable
class Method:
    """``receiver.name`` before it is called; ``merged`` as a closure is."""

    receiver: Value
    name: str
    merged: bool = field(default=False, kw_only=True)


@immutable
class FlatOf(Method):
    """``x.flat`` of an array, which has indices, and is an iterator too."""

    trip: object
    used: list[Loc] = field(default_factory=list)


@immutable
class RangeOf:
    """``range(start, stop, step)``."""

    start: Operand
    stop: Operand
    step: Operand


@immutable
class ZipOf:
    """``zip(*parts)``, or ``itertools.pairwise``, which was made from what is ``paired``.

    Where ``strict``, it raises after the last row if one part gives more.
    """

    parts: tuple[Value, ...]
    trip: object
    paired: Taken | None = None
    used: list[Loc] = field(default_factory=list)
    strict: bool = False


@immutable
class EnumerateOf:
    """``enumerate(part, start)``."""

    part: Value
    start: Operand
    trip: object
    used: list[Loc] = field(default_factory=list)


@immutable
class ReversedOf:
    """``reversed(part)``; ``before`` is what was in the part when this was made, if that may
    change."""

    part: Value
    trip: object
    used: list[Loc] = field(default_factory=list)
    before: Value | None = None


@immutable
class MapOf:
    """``map(function, *parts)``; each element is computed when it is asked for."""

    function: Value
    parts: tuple[Value, ...]
    trip: object
    used: list[Loc] = field(default_factory=list)


@immutable
class PartialOf:
    """``functools.partial(function, *args, **keywords)``; ``merged`` as a closure is."""

    function: Value
    args: tuple[Value, ...]
    keywords: Mapping[str, Value]
    merged: bool = field(default=False, kw_only=True)


@immutable
class BoundOf(PartialOf):
    """``types.MethodType(function, owner)``, whose only argument in front is the owner."""


@immutable
class CachedOf(PartialOf):
    """``functools.cache(function)``, which keeps up to ``size`` results.

    ``memos`` are dicts of them, each with the block in which they were computed; ``lost`` is what
    the function read from around it when it had computed one that is not kept.
    """

    size: int | None
    typed: bool
    memos: list[tuple[list[Any], Ref]] = field(default_factory=list)
    lost: list[State] = field(default_factory=list)
    made: dict[tuple[Ref, Any], MadeResult] = field(default_factory=dict)
    """How each result was made that is kept, by its memo and its key."""
    mark: Ref = field(default_factory=lambda: Ref(dict))
    """Is sealed where a result was computed that is not kept: with it that is taken back."""
    read: dict[Var, Loc] = field(default_factory=dict)
    """The arrays that the function reads from around it, with a call that may have been made
    before."""


State: TypeAlias = tuple[list[Any], int]
"""What a function reads from around it, and how much has been written into arrays."""


@immutable
class MadeResult:
    """A result that is kept: whether the arguments are known, what its function read, whether that
    did more than give it, and what was in the objects that it made."""

    is_known: bool
    state: State
    has_effects: bool
    contents: Mapping[Ref, Any]


@dataclass(eq=False, slots=True)
class CellOf:
    """A variable that nested functions see change, and its value at the point reached so far;
    ``perhaps`` it has none, which ``there`` tells if there is such a flag."""

    content: Value
    perhaps: bool = False
    there: Value | None = None


@immutable
class Conflicting:
    """A value that is one thing or another, which only a use of it would have to know."""

    error: SrcgradError


@immutable
class PerhapsOf:
    """A container or an object where ``there`` is true, and None where it is not.

    Where it is None, nothing in ``content`` is defined.
    """

    there: Var
    content: Value


@immutable
class PerhapsSet(PerhapsOf):
    """An attribute of an instance: ``content`` where ``there`` is true; where it is not, the
    instance does not have it."""


@immutable
class OneOf:
    """One of several functions: ``which`` is its number among those of the ``options``.

    Where it is another one, nothing is defined that is captured or bound in an option.
    """

    which: Var
    options: Mapping[int, Value]


class _NotSet:
    """What stands for an attribute that an instance does not have, and may get."""

    def __repr__(self) -> str:
        return "NOT_SET"


NOT_SET = Const(_NotSet())


@immutable
class ProductOf:
    """``itertools.product(*parts)``; ``counts`` are the lengths of the parts."""

    parts: tuple[Value, ...]
    counts: tuple[Operand, ...]
    trip: object
    used: list[Loc] = field(default_factory=list)


@immutable
class Taken:
    """What elements were computed from before Python would: the objects and arrays that this read.

    ``iterables`` gave them; ``contents`` is what was in the objects, ``cells`` what was in the
    variables that functions read; ``writes`` is how many writes into arrays there had been.
    ``given`` says the same of what gave the iterables, if they were asked for early themselves.
    """

    iterables: tuple[Value, ...]
    read: frozenset[Value]
    contents: Mapping[Ref, Operand]
    cells: Mapping[CellOf, Value]
    writes: int
    given: Taken | None = None

    @property
    def arrays(self) -> frozenset[Value]:
        """What it read that is neither an object nor a cell."""
        return self.read.difference(self.contents, self.cells)


@immutable
class FollowedOf:
    """``itertools.pairwise(part)``, where an element is read in its turn.

    ``last`` is the one before, which the loop carries.
    """

    part: Value
    trip: object
    last: list[Value] = field(default_factory=list)
    used: list[Loc] = field(default_factory=list)


@immutable
class ChainedOf:
    """``itertools.chain(*parts)``, where an element is read in its turn."""

    parts: tuple[Value, ...]
    trip: object
    used: list[Loc] = field(default_factory=list)


@immutable
class RepeatedOf:
    """``itertools.repeat(each)``, which has no end."""

    each: Value


@immutable
class TakenOf:
    """An iterator over a known number of elements, such as ``itertools.chain(a, b)``.

    ``items`` give each when the program gets there; but which there are may have been found out
    before.
    """

    items: tuple[Callable[[], Value], ...]
    trip: object
    last: list[Value] = field(default_factory=list)
    """What is kept of the element before, if an element needs that."""
    parts: tuple[Value, ...] = ()
    """What the items are made from: iterables that they ask for elements, and functions."""
    counts: tuple[tuple[Value, int], ...] = ()
    """How many elements there were in each container behind them when this was made."""
    used: list[Loc] = field(default_factory=list)


@immutable
class GeneratorOf:
    """A generator expression over ``part``; ``function`` makes the list of what it gives."""

    function: Closure
    part: Value
    trip: object
    used: list[Loc] = field(default_factory=list)
    left: list[Loc] = field(default_factory=list)
    """Where the call has ended to which it was given."""


@immutable
class YieldingOf(GeneratorOf):
    """What a generator function gives.

    ``function`` makes the list of it, from the arguments, which ``part`` has; ``stopping`` hands
    each element on, until that ends (``yielding.py``).
    """

    stopping: Closure = field(kw_only=True)


@immutable
class SpreadOf:
    """``*items``, the last arguments of a call, where only running the program tells how many there
    are; ``why`` is the error for what has to know."""

    items: Value
    why: SrcgradError


Iterable: TypeAlias = (
    RangeOf
    | ZipOf
    | EnumerateOf
    | ReversedOf
    | MapOf
    | ProductOf
    | TakenOf
    | GeneratorOf
    | FollowedOf
    | ChainedOf
    | FlatOf
    | OpenViewOf
)
Value: TypeAlias = (
    Operand
    | Closure
    | PartialOf
    | Held
    | Ref
    | SuperOf
    | Method
    | Iterable
    | CellOf
    | Conflicting
    | PerhapsOf
    | OneOf
    | RepeatedOf
    | OpenDictOf
    | OpenSetOf
    | SpreadOf
)
Args: TypeAlias = tuple[Value, ...]
Kwargs: TypeAlias = Mapping[str, Value]
Handler: TypeAlias = Callable[..., Value | None]
"""What evaluates a call at compile time: ``(sp, args, kwargs, loc, name)``."""
ITERATORS = (
    *(ZipOf, EnumerateOf, ReversedOf, MapOf, ProductOf, TakenOf, GeneratorOf),
    *(FollowedOf, ChainedOf, FlatOf),
)
"""Iterables that can be iterated over once: ``used`` is where, ``trip`` the trip of a loop in which
they were made."""
ITERABLES = (RangeOf, OpenViewOf, *ITERATORS)


class NeedsValue(Exception):
    """The value of ``var`` must be known at compile time, and ``why`` says what for;
    ``hint`` what else the program can do."""

    def __init__(self, var: Var, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.var = var
        self.why = why
        self.hint = hint
        self.loc: Loc | None = None
        self.read: Value | None = None
        """The container whose element depends on it."""


class NotAssignedError(UnsupportedSyntaxError):
    """A variable is read that has no value yet on some way, or in some trip.

    Its ``name`` is that in the function that runs in ``frame``, where it is known.
    """

    name = ""
    frame: object = None


class StructureError(UnknownTypeError):
    """A loop changes the structure of what it carries: it has to be unrolled, if it can be."""


class SometimesNone(StructureError):
    """A loop that could be unrolled carries None in some trips, and a container in others."""


def is_undefined(value: Value) -> bool:
    """Whether a value stands for a variable that is not assigned yet."""
    return isinstance(value, Const) and value.value is UNDEFINED


def is_data(value: Value) -> bool:
    """Whether a value can be chosen at run time: not a container or a function, whose calls are
    resolved here."""
    if isinstance(value, Const):
        return not callable(value.value) or isinstance(value.value, type)
    return isinstance(value, Var)


def displayed(value: Value) -> Value:
    """``value``, a tuple from outside that is one constant, as the display that it is: where it
    meets another one, the two differ in their elements."""
    if isinstance(value, Const) and type(value.value) is tuple:
        return Pack(tuple, tuple(map(Const, value.value)))
    return value


def earlier(*values: Value) -> SrcgradError | None:
    """Why one of the values is one thing or another already."""
    return next((value.error for value in values if isinstance(value, Conflicting)), None)


def named(value: Value, name: str) -> Value:
    """Gives a temporary the name that the program binds it to."""
    if isinstance(value, Var) and not value.name and not isinstance(value.type, PackType):
        value.name = name if name.strip("_") else ""
    if isinstance(value, PerhapsOf) and name.strip("_"):
        value.there.name = flag_name(name, value.there.name)
    return value


def flag_name(name: str, found: str = "") -> str:
    """What a flag is called that says whether what is bound to ``name`` is there."""
    return found or (f"has_{name}" if name.strip("_") else "")
