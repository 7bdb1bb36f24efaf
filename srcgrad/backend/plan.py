"""The shape of a generated function before its variables have names.

A plan is a tree of Python statements in their final order.  Every assignment of a variable to a
variable that leaving SSA form may need is there, as a :class:`Let`; those whose two sides get the
same name disappear when the plan is printed.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TypeAlias

from srcgrad.ir.nodes import Loc, Var


@dataclass
class Pair:
    """One assignment; ``source`` is the variable that is copied, where it is no more than that."""

    target: Var
    value: ast.expr
    reads: tuple[Var, ...]
    source: Var | None
    loc: Loc | None


@dataclass
class Let:
    """Assignments that happen at once: all values are computed before any is assigned."""

    pairs: list[Pair]


@dataclass
class Line:
    """Any other simple statement."""

    node: ast.stmt
    reads: tuple[Var, ...]
    writes: tuple[Var, ...]
    loc: Loc | None


@dataclass
class Branch:
    """``if test: then else: orelse``; one that ``decides`` is printed with empty arms too."""

    test: ast.expr
    reads: tuple[Var, ...]
    then: list[Step]
    orelse: list[Step]
    loc: Loc
    decides: bool = False


@dataclass
class Attempt:
    """``try: body``, ``except caught as error: handler``; without ``as`` if ``error`` is None."""

    body: list[Step]
    caught: ast.expr
    error: Var | None
    handler: list[Step]
    loc: Loc


@dataclass
class Loop:
    """A loop; ``header`` has no body.

    ``cond`` are statements that run before each trip, of a ``while True`` that has its test inside.
    ``index`` are the variables that the header assigns, ``carried`` those that trips hand on,
    ``at_exit`` those that are assigned as the loop is left by ``break``, and not before.
    One that ``decides`` is printed even if its body is empty.
    """

    header: ast.For | ast.While
    reads: tuple[Var, ...]
    index: tuple[Var, ...]
    carried: tuple[Var, ...]
    cond: list[Step]
    body: list[Step]
    loc: Loc
    decides: bool = False
    at_exit: frozenset[Var] = frozenset()


@dataclass
class Scope:
    """One function of the generated text.

    ``params`` are the variables of its parameters with the names they must have.
    """

    node: ast.FunctionDef
    params: dict[Var, str]
    body: list[Step]
    doc: str | None = None
    outside: frozenset[Var] = field(default_factory=frozenset)


@dataclass
class Nested:
    """The definition of a function inside the function; ``reads`` are what it captures."""

    target: Var
    scope: Scope
    reads: tuple[Var, ...]
    loc: Loc


Step: TypeAlias = Let | Line | Branch | Attempt | Loop | Nested
