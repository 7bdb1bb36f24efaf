"""The nodes of the IR: structured SSA.

A :class:`Function` has parameters and a :class:`Block`; a block is a list of statements and its
results.  Every :class:`Var` is defined once: as a parameter of a function or block, or as a target
of a statement.  Nodes are immutable; a pass builds new ones.

What a statement reads are *operands*: a ``Var``, a ``Const``, or a ``Pack`` (a tuple, list, dict,
slice, named tuple or dataclass) of operands.  There is thus no statement for building a tuple, and
indices such as ``x[i, 1:, None]`` are plain operand trees.

Two dialects share these nodes:

*lowered*
    what the front end makes from source.  Values have no types; every operation, operator, method
    and call is an :class:`Invoke`; loops are :class:`ForEach`; names that the function does not
    define are :class:`Free`; nested functions are :class:`Define`.
*typed*
    what the specialiser makes from that.  Every ``Var`` has a type; the remaining statements are
    ``Apply``, ``If``, ``Try``, ``For``, ``While``, ``Store``, ``Raise`` and ``Define``; the
    remaining operands are ``Var``, ``Const`` and ``Pack``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeAlias

from srcgrad.errors import Loc
from srcgrad.ir.facts import Node, immutable
from srcgrad.ir.types import UNKNOWN, Type

__all__ = ["Loc"]


class Var:
    """A value of the program, defined once.  Two variables are the same only if identical.

    Attributes
    ----------
    name : str
        A hint for the name in printed code; empty for a temporary.  Only a hint: several
        variables may share it.
    type : Type
        What is known about it.
    hint : str
        What to call a temporary if it has to be named after all.
    primal : Var, optional
        The value of which this is the cotangent, after which it is named.
    asked : bool
        Whether the user's program asks a list or a dict of its own for it, which raises where there
        is no such element, whoever needs it.
    unread : bool
        Whether the user's program computes it, which may raise, and does nothing with it.
    """

    __slots__ = ("asked", "hint", "name", "primal", "type", "unread")

    def __init__(
        self, name: str = "", type: Type = UNKNOWN, hint: str = "", primal: Var | None = None
    ) -> None:
        self.name = name
        self.type = type
        self.hint = hint
        self.primal = primal
        self.asked = False
        self.unread = False

    def __repr__(self) -> str:
        return f"%{self.name or 't'}"


@immutable
class Const:
    """A value known to the compiler: a number, a string, a function, ``None``."""

    value: Any


@immutable
class Free:
    """A name that the function reads but does not define.  Lowered dialect only."""

    name: str


@immutable
class Pack:
    """A container display: ``kind`` is tuple, list, dict, slice, or a named tuple or dataclass.

    ``keys`` are the keys of a dict (hashable constants) or the field names of a named tuple or a
    dataclass; empty for tuple, list and slice.  A slice has the three items start, stop, step.
    """

    kind: type
    items: tuple[Operand, ...]
    keys: tuple[Any, ...] = ()


@immutable
class Star:
    """``*operand`` among the arguments of an ``Invoke``.  Lowered dialect only."""

    operand: Operand


Operand: TypeAlias = Var | Const | Free | Pack | Star


class Undefined:
    """The value of a name that was not assigned on some path; ``UNDEFINED`` is the only one."""

    def __repr__(self) -> str:
        return "UNDEFINED"


UNDEFINED = Undefined()


NOTHING = Const(None)
"""What stands for a value that leaves one arm of a branch when the other arm ran.

Not ``UNDEFINED``: the value may be saved or passed on before it is known not to be needed.
"""


def is_absent(operand: Operand) -> bool:
    """Whether an operand stands for a value that is not there, or that nobody asks for."""
    return isinstance(operand, Const) and (operand is NOTHING or operand.value is UNDEFINED)


class _Late:
    def __repr__(self) -> str:
        return "LATE"


LATE = Const(_Late())
"""What a nested function captures under the name of one that is defined after it, or its own.

The value is filled in when that function is defined.
"""


@immutable
class Apply(Node):
    """``target = op(*args, **kwargs)``: one elementary operation.

    ``op`` is the resolved Python callable: ``np.sin``, ``operator.add``, ``np.ndarray.sum``, or
    one of :mod:`srcgrad.ir.intrinsics`.
    """

    target: Var
    op: Callable[..., Any]
    args: tuple[Operand, ...]
    kwargs: tuple[tuple[str, Operand], ...]
    loc: Loc


@immutable
class Invoke(Node):
    """A call, operator, attribute or method not resolved yet.  Lowered dialect only.

    ``args`` may hold ``Star``; a keyword ``None`` stands for ``**operand``.
    """

    target: Var
    callee: Operand
    args: tuple[Operand, ...]
    kwargs: tuple[tuple[str | None, Operand], ...]
    loc: Loc


@immutable
class Block(Node):
    """Statements and what they yield.  ``params`` are defined by the statement that owns it.

    A block that ends in ``Raise`` never yields; its results are then ``Const(UNDEFINED)``.
    """

    params: tuple[Var, ...]
    body: tuple[Stmt, ...]
    results: tuple[Operand, ...]

    @property
    def diverges(self) -> bool:
        return bool(self.body) and always_raises(self.body[-1])


@immutable
class If(Node):
    """``targets`` are the results of ``then`` or of ``orelse`` (the phi functions)."""

    targets: tuple[Var, ...]
    cond: Operand
    then: Block
    orelse: Block
    loc: Loc


@immutable
class Try(If):
    """A branch on whether a block runs to its end: ``try: then``, ``except caught: orelse``.

    ``cond`` is the result of an ``intrinsics.completes`` of its own, right before it, and says
    which of the two it will be.  What ``then`` computes up to where it raises is lost; it writes
    into nothing from outside that ``orelse`` could see half done.  ``caught`` are the classes of
    the exceptions; the first statement of ``orelse`` is ``intrinsics.caught``.
    """

    caught: Operand


@immutable
class ForEach(Node):
    """``for item in iterable`` before iteration is resolved.  Lowered dialect only.

    ``body.params`` are ``(item, *carried)``, its results the next ``carried``; ``init`` are the
    first, ``targets`` the last values of the carried variables.  ``exits`` as in ``For``.
    """

    targets: tuple[Var, ...]
    iterable: Operand
    init: tuple[Operand, ...]
    body: Block
    loc: Loc
    exits: bool = False


@immutable
class For(Node):
    """A counted loop, as a scan.

    The index runs through ``range(start, stop, step)``, in reverse order where ``backward``.

    ===================  =========================================================
    ``body.params``      ``(index, *carried, *one element of each of stacks)``
    ``body.results``     ``(*next carried, *one element for each stacked output)``
    ``targets``          ``(*last carried, *stacked outputs)``
    ``init``             the first value of each carried variable
    ===================  =========================================================

    Element ``k`` of a stack belongs to the trip whose index is ``start + k * step``, whichever
    way the loop runs.  Stacked outputs have type ``StackOf``.

    Where ``exits``, the first carried value is a flag that starts as False, and the trip that makes
    it True is the last one: a ``break``.  The flag after the loop tells whether that happened.
    Where the loop counts ``whole`` trips alone, that trip adds nothing to the stacked outputs.
    """

    targets: tuple[Var, ...]
    start: Operand
    stop: Operand
    step: Operand
    backward: bool
    init: tuple[Operand, ...]
    stacks: tuple[Operand, ...]
    body: Block
    loc: Loc
    exits: bool = False
    whole: bool = False

    @property
    def carried(self) -> tuple[Var, ...]:
        """The parameters of the body that carry a value from trip to trip."""
        return self.body.params[1 : 1 + len(self.init)]


@immutable
class While(Node):
    """``while cond``: ``cond.params`` and ``body.params`` are the carried variables.

    ``cond`` has one result, the test; ``body`` has the next carried values and then one element
    for each stacked output, as in ``For``.  ``exits`` and ``whole`` as in ``For``; after the trip
    that exits the condition is not evaluated.
    """

    targets: tuple[Var, ...]
    init: tuple[Operand, ...]
    cond: Block
    body: Block
    loc: Loc
    exits: bool = False
    whole: bool = False

    @property
    def carried(self) -> tuple[Var, ...]:
        """The parameters of the body that carry a value from trip to trip."""
        return self.body.params


class Record:
    """What joins a write of the forward sweep to the write of the reverse sweep that undoes it."""

    __slots__ = ()


@immutable
class Store(Node):
    """``buffer[index] = value``, or ``+=`` where ``accumulate``; ``index`` None is the whole.

    ``buffer`` is the handle of an array that was allocated by the program.  With repeated integer
    indices, ``accumulate`` adds every contribution.  A write that the reverse sweep undoes has a
    ``record``; the write that undoes it has the same, and is ``undoing``.  One that is
    ``piecewise`` may raise when some of it is written, as ``np.put`` does.
    """

    buffer: Var
    index: Operand | None
    value: Operand
    accumulate: bool
    loc: Loc
    record: Record | None = None
    undoing: bool = False
    piecewise: bool = False


@immutable
class Raise(Node):
    """``raise exception from cause``."""

    exception: Operand
    cause: Operand | None
    loc: Loc


@immutable
class Define(Node):
    """``target`` is a function of the program's own: a nested function, a lambda, a pullback.

    ``defaults`` are evaluated here.  ``captures`` gives the values of the names that the function
    reads from here (lowered dialect; in the typed dialect it uses variables from outside freely).
    """

    target: Var
    function: Function
    defaults: tuple[tuple[str, Operand], ...]
    captures: tuple[tuple[str, Operand], ...]
    loc: Loc


Stmt: TypeAlias = Apply | Invoke | If | ForEach | For | While | Store | Raise | Define


@immutable
class Param:
    """A parameter of a function.

    ``value`` is a ``Var``, or in the typed dialect a ``Pack`` of the variables into which the
    argument is taken apart, or a ``Const`` that the signature fixes.
    """

    name: str
    value: Operand
    kind: inspect._ParameterKind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    has_default: bool = False


@immutable
class Function(Node):
    """A function: its parameters, and a block whose one result is what it returns."""

    name: str
    params: tuple[Param, ...]
    body: Block
    loc: Loc
    doc: str | None = None


def always_raises(stmt: Stmt) -> bool:
    """Whether nothing that follows a statement is reached."""
    if isinstance(stmt, If):
        return stmt.then.diverges and stmt.orelse.diverges
    return isinstance(stmt, Raise)
