"""The table of operations: what the compiler knows about each callable.

An operation has a *result type* (an ``infer`` function from operand types to a type), says whether
its result is fresh memory or may be a view of an operand, whether it has effects that the user can
see, and perhaps has a derivative.  :mod:`srcgrad.rules` fills the table with the decorators below;
the rest of the compiler only looks things up.

Derivatives are ordinary functions, which the compiler never executes: it compiles them like user
code and inlines them into the adjoint.
"""

from __future__ import annotations

import enum
import inspect
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias, TypeVar

from srcgrad.ir.types import UNKNOWN, Known, Type

F = TypeVar("F", bound=Callable[..., Any])


class Memory(enum.Enum):
    """Where the result of an operation lives."""

    FRESH = "fresh"
    VIEW = "view"  # of the first operand
    LOCKED = "locked"  # a view of the first operand through which nothing can be written
    MAYBE_VIEW = "maybe view"  # of the first operand, or fresh
    ANY = "any"  # a view of any operand, or fresh


@dataclass(frozen=True)
class Partials:
    """An elementwise operation: ``rule(y, *operands)`` gives its partial derivatives.

    One for each operand, as a tuple where there are several; ``None`` where there is none.  A
    boolean partial is a mask: the cotangent passes where it is true.  Broadcasting, accumulation
    and dtypes are the compiler's business.
    """

    rule: Callable[..., Any]


@dataclass(frozen=True)
class Pullback:
    """``rule(y_bar, y, *args)`` gives the cotangent of each operand, as a tuple if several.

    The parameters after ``y`` are those of the operation, by name; an argument that the rule does
    not list is refused.  Cotangents follow the order of the rule's parameters and may stop early:
    parameters without one (``axis``) have none.  For ``*args``, the cotangent is a list.
    ``is_users`` says that a user has given it.
    """

    rule: Callable[..., Any]
    is_users: bool = False


@dataclass(frozen=True)
class Pointwise:
    """An elementwise operation whose cotangents are no plain products with partial derivatives.

    ``rule(y_bar, y, *operands)`` gives that of each operand in the shape of the result: a root has
    an infinite slope at zero, where a cotangent of zero has to stay zero.
    """

    rule: Callable[..., Any]


@dataclass(frozen=True)
class ZeroDerivative:
    """The derivative is zero wherever it exists: ``floor``, comparisons, ``argmax``.

    Attributes
    ----------
    of_reals : bool
        Whether that is said of real numbers only: the imaginary part of a complex one varies.
    """

    of_reals: bool = False


Derivative: TypeAlias = Partials | Pointwise | Pullback | ZeroDerivative


_IN_ORDER = tuple(range(8))


@dataclass(frozen=True)
class Op:
    """One operation.

    Attributes
    ----------
    infer : callable
        Gives the type of the result from the types of the arguments.  Its parameters are those of
        the operation, under NumPy's names; defaults arrive as ``Known``.
    memory : Memory, or callable
        Where the result lives; a function of the types of the arguments where it depends on them.
    pure : bool
        False where a call does something that the user can see (prints, draws a random number).
    """

    infer: Callable[..., Type]
    memory: Memory | Callable[..., Memory] = Memory.FRESH
    pure: bool = True

    def memory_for(self, args: Iterable[Type], kwargs: dict[str, Type]) -> Memory:
        """Where the result of a call with arguments of these types lives."""
        return self.memory if isinstance(self.memory, Memory) else self.memory(*args, **kwargs)

    @cached_property
    def signature(self) -> inspect.Signature:
        return inspect.signature(self.infer)

    def infer_for(self, args: Sequence[Type], kwargs: dict[str, Type]) -> Type | None:
        """The type of the result of a call, None if the arguments do not fit."""
        found = self._bound(len(args), kwargs)
        if found is None:
            return None
        positional, named = found
        if not named and not kwargs and positional == _IN_ORDER[: len(args)]:
            return self.infer(*args)
        types = (*args, *kwargs.values())
        return self.infer(
            *(types[p] if isinstance(p, int) else p for p in positional),
            **{name: types[p] if isinstance(p, int) else p for name, p in named.items()},
        )

    def takes(self, count: int, names: Iterable[str]) -> bool:
        """Whether a call with these arguments is one that the type function knows."""
        return self._bound(count, names) is not None

    def _bound(
        self, count: int, names: Iterable[str]
    ) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
        names = tuple(names)
        form = (count, *names)
        if form not in self._forms:
            self._forms[form] = self._form(count, names)
        return self._forms[form]

    @cached_property
    def _forms(self) -> dict[tuple[Any, ...], tuple[tuple[Any, ...], dict[str, Any]] | None]:
        """For each form of a call, what ``infer`` is given: the number of an argument of the call,
        or the default of a parameter."""
        return {}

    def _form(
        self, count: int, names: Iterable[str]
    ) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
        try:
            numbers = {name: count + i for i, name in enumerate(names)}
            bound = self.signature.bind(*range(count), **numbers)
        except TypeError:
            # Not a call that the type function knows: NumPy decides at run time what it means, and
            # a derivative through it is refused by name.
            return None
        defaults = {
            name: Known(parameter.default)
            for name, parameter in self.signature.parameters.items()
            if parameter.default is not parameter.empty
        }
        given = {**defaults, **bound.arguments}
        bound.arguments = {name: given[name] for name in self.signature.parameters if name in given}
        return bound.args, bound.kwargs


class NeedsConstant(Exception):
    """Raised by an ``infer`` function: the type depends on the value of ``parameter``."""

    def __init__(self, parameter: str) -> None:
        super().__init__(parameter)
        self.parameter = parameter


class Made:
    """An operation of one program's own, such as a function that it defines.

    It is in the table without having been put there.
    """

    entry: Op

    def __call__(self, *args: Any) -> Any:
        raise AssertionError("an operation of the program is not run by the compiler")


class Table(dict[Any, Op]):
    """The entries of all operations; :class:`Made` ones carry their own."""

    def get(self, op: Any, default: None = None) -> Op | None:  # type: ignore[override]
        entry = dict.get(self, op, default)
        return op.entry if entry is None and isinstance(op, Made) else entry

    def __contains__(self, op: object) -> bool:
        return isinstance(op, Made) or dict.__contains__(self, op)


class Ruled(Made):
    """A function with a rule of its own, where what a call gives shares memory with nothing else.

    Of the function itself nothing is known: it may give back what it was given.
    """

    entry = Op(lambda *args, **kwargs: UNKNOWN, Memory.FRESH, pure=False)

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        for name in ("__name__", "__qualname__", "__module__"):
            if hasattr(function, name):
                setattr(self, name, getattr(function, name))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ruled) and self.function is other.function

    def __hash__(self) -> int:
        return hash(self.function)


class Called(Made):
    """The call of a rule that is not inlined; it may write into all that it is given."""

    entry = Op(lambda *args, **kwargs: UNKNOWN, Memory.ANY, pure=False)

    def __init__(self, rule: Callable[..., Any]) -> None:
        self.function = rule
        self.__name__ = getattr(rule, "__name__", "rule")


class Derivatives(dict[Any, Derivative]):
    """The derivatives of all operations; :class:`Ruled` ones have that of their function."""

    def get(self, op: Any, default: None = None) -> Derivative | None:  # type: ignore[override]
        return dict.get(self, op.function if isinstance(op, Ruled) else op, default)

    def __contains__(self, op: object) -> bool:
        return super().__contains__(op.function if isinstance(op, Ruled) else op)


OPS = Table()
DERIVATIVES = Derivatives()
AUGMENTED = frozenset(
    (
        *(operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ifloordiv),
        *(operator.imod, operator.ipow, operator.imatmul, operator.iand, operator.ior),
        *(operator.ixor, operator.ilshift, operator.irshift),
    )
)
"""The operators of augmented assignment, which give back their first operand."""


def operation(
    *functions: Any, memory: Memory | Callable[..., Memory] = Memory.FRESH, pure: bool = True
) -> Callable[[F], F]:
    """Declares ``functions`` as operations whose type the decorated ``infer`` function tells."""

    def declare(infer: F) -> F:
        op = Op(infer, memory, pure)
        for function in functions:
            OPS[function] = op
        return infer

    return declare


def elementwise(*functions: Any) -> Callable[[F], F]:
    """Gives elementwise ``functions`` the partial derivatives of the decorated rule."""
    return _derive(functions, Partials)


def pointwise(*functions: Any) -> Callable[[F], F]:
    """Gives elementwise ``functions`` the decorated rule, which takes the cotangent."""
    return _derive(functions, Pointwise)


def vjp(*functions: Any) -> Callable[[F], F]:
    """Gives ``functions`` the decorated rule as their pullback."""
    return _derive(functions, Pullback)


def zero_derivative(functions: Iterable[Any], of_reals: bool = False) -> None:
    """Declares that ``functions`` are constant wherever they are differentiable."""
    for function in functions:
        DERIVATIVES[function] = ZeroDerivative(of_reals)


def _derive(
    functions: tuple[Any, ...], kind: type[Partials | Pointwise | Pullback]
) -> Callable[[F], F]:
    def declare(rule: F) -> F:
        for function in functions:
            DERIVATIVES[function] = kind(rule)
        return rule

    return declare
