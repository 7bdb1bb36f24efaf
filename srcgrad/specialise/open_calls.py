"""The calls that are open while specialising, and the functions that the program has of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from srcgrad.errors import Loc, SrcgradError, UnsupportedSyntaxError
from srcgrad.ir.nodes import Function, Operand, Var
from srcgrad.ir.recursion import Recursive
from srcgrad.specialise.carried_shapes import Shape
from srcgrad.specialise.heap import NoIdentity
from srcgrad.specialise.resting import Ground
from srcgrad.specialise.values import Closure, Ref, Value


class Unsettled(Exception):
    """The result of a recursive call is asked for, of which nothing is known yet."""


class Residual(Exception):
    """The recursion does not end at compile time: ``call`` has to stay a call."""

    def __init__(self, call: Activation) -> None:
        super().__init__()
        self.call = call


class NoFunction(Exception):
    """What is in the body of the function ``made`` cannot be in one, as ``error`` says."""

    def __init__(self, made: Definition, error: SrcgradError) -> None:
        super().__init__()
        self.made = made
        self.error = error


class ChangesGiven(NoIdentity):
    """A function of the program changes what it was given."""


class ChangesOutside(UnsupportedSyntaxError):
    """A function of the program changes what lies around it."""


@dataclass(eq=False)
class Activation:
    """A call that is being inlined.

    ``known`` are its arguments, containers with what was in them then; ``depth`` is the number of
    blocks around it, and ``loops`` that of loops; ``calls`` counts those below it of its function,
    ``in_arms`` those of them in branches; ``forced`` says that it cannot stay a call.  ``around``
    is what it reads from around it, with what was in that: two closures of one function, of which
    one calls the other, are told apart by that.
    """

    identity: object
    bound: Mapping[str, Value]
    known: Mapping[str, Value]
    around: Sequence[Value]
    depth: int
    loops: int
    forced: bool = False
    calls: int = 0
    in_arms: int = 0

    @property
    def facts(self) -> tuple[Value, ...]:
        """What the call gets, and what it reads from around it."""
        return (*self.known.values(), *self.around)


@dataclass(eq=False)
class Definition:
    """A function of the program: its parameters, by the names of the function's, and its result.

    ``ground`` is what it rests on besides.  ``function`` is None while its body is being
    specialised.
    """

    op: Recursive
    identity: object
    closure: Closure
    params: dict[str, Shape]
    ground: Ground
    result: Shape | None = None
    function: Function | None = None
    changed: bool = False
    asked: bool = False
    """Whether its result was asked for while nothing was known of it."""
    calls: int = 0
    gives_back: bool = False
    """Whether there may be an object in its result that is not new."""
    first: Mapping[str, Value] = field(default_factory=dict)
    """The arguments of its first call."""
    lending: bool = False
    """Whether it may change lists that are not its own (``lending.py``)."""
    lent: dict[str, Ref] = field(default_factory=dict)
    """The lists that it changes, by its parameters for them, as they are called in its body."""
    around: set[str] = field(default_factory=set)
    """Those among them that it reads from around it, and so does what it calls."""
    offered: dict[Ref, str] = field(default_factory=dict)
    """The lists that it was given besides, and might change."""
    handed: str | None = None
    """The list among them that it gives back as its result; none if it is empty."""


@dataclass
class Recursion:
    """The recursion of one program.

    Attributes
    ----------
    entered : list
        The calls that are being inlined, and the functions whose bodies are being specialised.
    definitions : list of Definition
        The functions of the program so far.
    origins : dict
        What a parameter of such a function was in its first call.
    kept : set
        The functions whose results are kept: their calls are inlined to the end.
    """

    entered: list[Activation | Definition] = field(default_factory=list)
    definitions: list[Definition] = field(default_factory=list)
    origins: dict[Var, Operand] = field(default_factory=dict)
    kept: set[object] = field(default_factory=set)

    @property
    def is_open(self) -> bool:
        """Whether the body of a function of the program is being specialised."""
        return any(isinstance(entry, Definition) for entry in self.entered)

    def changes_given(self, kind: str, loc: Loc) -> NoIdentity:
        """The error about something that the function changes whose body is being specialised."""
        name = next((e.op.name for e in reversed(self.entered) if isinstance(e, Definition)), "")
        message = f"'{name}' calls itself as often as data tell, and changes a {kind} that it is "
        message += "given, that a call of it gives back, or that comes from outside"
        return ChangesGiven(message, loc, "let it return what is new, and take that as an argument")

    def around(self, identity: object) -> Iterator[Activation | Definition]:
        """The calls of a function that are open, the innermost first."""
        return (entry for entry in reversed(self.entered) if entry.identity is identity)

    def is_forced(self, entry: Activation) -> bool:
        """Whether a call cannot stay one, or has led to such a call."""
        last = next((e for e in reversed(self.entered) if e is entry or _is_forced(e)), entry)
        return _is_forced(last)

    @contextmanager
    def open(self, entry: Activation | Definition) -> Iterator[None]:
        """Within, ``entry`` is the innermost call."""
        self.entered.append(entry)
        try:
            yield
        finally:
            self.entered.pop()

    @property
    def functions(self) -> dict[Recursive, Function]:
        """The functions of the program."""
        return {d.op: d.function for d in self.definitions if d.function is not None}


def _is_forced(entry: Activation | Definition) -> bool:
    return isinstance(entry, Activation) and entry.forced
