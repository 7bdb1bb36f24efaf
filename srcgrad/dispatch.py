"""From a call with new arguments to the function that was compiled for them."""

from __future__ import annotations

import dataclasses
import gc
import inspect
import sys
import textwrap
import threading
import types
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from srcgrad.arguments import Originals, Shapes, check_shapes, differentiable, shapes_of
from srcgrad.backend import Emitted, emit, load
from srcgrad.backend.guards import MISSING, Template, template
from srcgrad.errors import UnknownTypeError
from srcgrad.fitting import cells_of, check_modules, check_overlap, guards_of, holds
from srcgrad.inspect.views import Lowered
from srcgrad.ir.nodes import Function
from srcgrad.ir.ops import DERIVATIVES
from srcgrad.ir.walk import forget
from srcgrad.pipeline import Derivative, differentiate
from srcgrad.request import Mode, Request
from srcgrad.specialise.inputs import ANYTHING
from srcgrad.specialise.places import Guard

if TYPE_CHECKING:
    from srcgrad.handle import Gradient

_GENERIC = "# Generic source, to be read: for float64 arrays of any rank.  A call compiles its own."
_MAX_BRANCHES = 8
_MAX_SPECIALISATIONS = 256


@dataclasses.dataclass(frozen=True, eq=False)
class Specialisation:
    """A derivative compiled for one kind of arguments.

    ``number`` counts the specialisations of one function; ``rebinds`` tells whether it assigns to
    attributes of objects from outside.
    """

    number: int
    guards: tuple[Guard, ...]
    primal: Function
    adjoint: Function
    emitted: Emitted
    generated: types.FunctionType
    rebinds: bool
    cells: frozenset[str]
    """The names of the cells of the user's function that it reads."""

    def bound_to(self, function: types.FunctionType) -> types.FunctionType:
        """The compiled function, sharing the closure cells of ``function``."""
        cells = cells_of(function)
        code = self.generated.__code__
        closure = tuple(
            cells[name] if name in self.cells else cell
            for name, cell in zip(code.co_freevars, self.generated.__closure__ or (), strict=True)
        )
        name = self.generated.__name__
        return types.FunctionType(code, function.__globals__, name, None, closure)


@dataclasses.dataclass(frozen=True, eq=False)
class _Call:
    """The arguments of a call.

    ``bound`` has the ints that are differentiated as floats; ``given`` has them all as they were
    given, by name.
    """

    bound: inspect.BoundArguments
    given: Mapping[str, Any]
    originals: Originals

    @property
    def arguments(self) -> Mapping[str, Any]:
        return self.bound.arguments


class Dispatch:
    """The specialisations of one function's code.

    Functions that are made anew from the same code, as a lambda in a loop, share them; it holds
    none of those functions, whose closures may hold much.
    """

    _known: ClassVar[dict[Any, Dispatch]] = {}
    _lock: ClassVar = threading.RLock()

    def __init__(self, code: types.CodeType, namespace: dict[str, Any], request: Request) -> None:
        self.code = code
        self.namespace = namespace  # kept alive: its identity is part of the key
        self.request = request
        self.specialisations: list[Specialisation] = []
        self.templates: dict[tuple[int, ...], Template] = {}
        self.handles: weakref.WeakSet[Gradient] = weakref.WeakSet()
        self.compiled = 0
        """How often the compiler was called."""
        self._checked: set[int] = set()
        """The numbers of those whose first gradient had the shapes of its arguments."""

    @classmethod
    def of(cls, handle: Gradient) -> Dispatch:
        """The dispatch of a handle's function."""
        function, request = handle.function, handle.request
        code = function.__code__
        # A rule belongs to one function, not to others of the same code.
        ruled = function if function in DERIVATIVES else None
        key = (code, code.co_filename, id(function.__globals__), ruled, request)
        with cls._lock:
            if key not in cls._known:
                cls._known[key] = cls(code, function.__globals__, request)
            dispatch = cls._known[key]
            dispatch.handles.add(handle)
            return dispatch

    @classmethod
    def forget(cls) -> None:
        """Drops everything compiled so far, because a rule that it may rest on has changed."""
        with cls._lock:
            for dispatch in cls._known.values():
                for handle in dispatch.handles:
                    handle.reset()
            cls._known.clear()

    # --- calling --------------------------------------------------------------------------------

    def call(self, handle: Gradient, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The derivative for arguments that the entry knows no specialisation for."""
        function = handle.function
        asked = self.bind(function, args, kwargs)
        with self._lock:
            current = handle.dispatch()
            if current is not self:  # forgotten while this call was on its way
                return current.call(handle, args, kwargs)
            chosen = self._chosen(function, asked)
            if self._is_in_copies(chosen, function, asked, args, kwargs):
                asked = self.bind(function, args, kwargs, keep_ints=True)
                chosen = self._chosen(function, asked)
            # The handle of a pullback is called just once.
            is_checked = chosen.number in self._checked or self.request.mode is Mode.VJP
            if is_checked and self.request.mode is not Mode.VJP:
                self._install(handle, chosen)
        shapes: dict[str, Shapes] = {}
        if not is_checked:
            names = self.wrt(inspect.signature(function, follow_wrapped=False))
            shapes = {name: shapes_of(asked.arguments[name]) for name in names}
        result = chosen.bound_to(function)(*asked.bound.args, **asked.bound.kwargs)
        if not is_checked:
            self._check(result, shapes)
            with self._lock:
                self._checked.add(chosen.number)
                if handle.dispatch() is self:
                    self._install(handle, chosen)
        return result

    def _chosen(self, function: types.FunctionType, asked: _Call) -> Specialisation:
        """The specialisation for these arguments, which may be a new one."""
        found = self.find(function, asked)
        return self.compile(function, asked) if found is None else found

    def _is_in_copies(
        self,
        chosen: Specialisation,
        function: types.FunctionType,
        asked: _Call,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> bool:
        """Whether a function that writes attributes is given copies of objects.

        That is so where the ints of a dataclass were made floats.
        """
        if not chosen.rebinds:
            return False
        own = self.bind(function, args, kwargs, keep_ints=True).arguments
        return any(asked.arguments[name] is not value for name, value in own.items())

    def _check(self, result: Any, shapes: Mapping[str, Shapes]) -> None:
        """Compares the shapes of the first gradient with those of the arguments."""
        gradient = result
        if self.request.mode is Mode.VALUE_AND_GRAD:
            gradient = result[1]
        elif self.request.has_aux:
            gradient = result[0]
        gradients = gradient if isinstance(self.request.argnums, tuple) else (gradient,)
        for (name, wanted), part in zip(shapes.items(), gradients, strict=True):
            check_shapes(part, wanted, name)

    def bind(
        self,
        function: types.FunctionType,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        keep_ints: bool = False,
    ) -> _Call:
        """The arguments by name, the differentiated ones checked and ints made floats.

        Those in objects stay ints if ``keep_ints``.
        """
        signature = inspect.signature(function, follow_wrapped=False)
        args = tuple(args)
        while args and args[-1] is MISSING:
            args = args[:-1]
        kwargs = {name: value for name, value in kwargs.items() if value is not MISSING}
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{function.__name__}(): {error}") from None
        bound.apply_defaults()
        for name in signature.parameters:
            if name not in bound.arguments:  # positional-only, and given by name to ``**``
                raise TypeError(f"{function.__name__}() missing a required argument: '{name}'")
        given, originals = dict(bound.arguments), Originals()
        for name in self.wrt(signature):
            bound.arguments[name] = differentiable(given[name], name, keep_ints, originals)
        return _Call(bound, given, originals)

    def wrt(self, signature: inspect.Signature) -> tuple[str, ...]:
        """The names of the differentiated parameters."""
        parameters = signature.parameters.values()
        positional = [p.name for p in parameters if p.kind < p.VAR_POSITIONAL]
        return tuple(positional[position] for position in self.request.positions)

    def find(self, function: types.FunctionType, asked: _Call) -> Specialisation | None:
        """A specialisation whose guards all hold."""
        arguments, given = asked.arguments, asked.given
        for candidate in self.specialisations:
            if all(holds(guard, function, arguments, given) for guard in candidate.guards):
                return candidate
        return None

    def _install(self, handle: Gradient, chosen: Specialisation) -> None:
        """Makes the entry of a handle try ``chosen`` too, the newest specialisations first.

        An entry that tries many as it is stays so: of more kinds of arguments than that, none is
        called often enough to be worth the tests.
        """
        if chosen in handle.installed or len(handle.installed) >= _MAX_BRANCHES:
            return
        tries = sorted((chosen, *handle.installed), key=lambda s: -s.number)
        function = handle.function
        key = tuple(s.number for s in tries)
        if key not in self.templates:
            self.templates[key] = template(function, [s.guards for s in tries])
        targets = [s.bound_to(function) for s in tries]
        entry = self.templates[key].entry(targets, handle.miss, function)
        handle.install(entry, tuple(tries))

    # --- compiling ------------------------------------------------------------------------------

    def compile(self, function: types.FunctionType, asked: _Call) -> Specialisation:
        """A new specialisation, which fits the arguments of a call."""
        self.compiled += 1
        with _without_collection():
            made = self._compiled(function, asked)  # what else it made is gone by now
        self.specialisations.insert(0, made)
        del self.specialisations[_MAX_SPECIALISATIONS:]
        return made

    def _compiled(self, function: types.FunctionType, asked: _Call) -> Specialisation:
        derivative = self._differentiate(function, asked.arguments, asked.originals)
        check_modules(function, derivative)
        guards = guards_of(function, derivative)
        check_overlap(guards, derivative, function, asked.arguments, asked.given)
        emitted = self._emit(derivative)
        loaded, cells = self._load(emitted, function, derivative)
        program, adjoint = derivative.program.function, derivative.adjoint
        for kept in (program, adjoint):
            forget(kept)
        rebinds = bool(derivative.program.specialiser.outside)
        return Specialisation(
            self.compiled, guards, program, adjoint, emitted, loaded, rebinds, cells
        )

    def _differentiate(
        self,
        function: types.FunctionType,
        arguments: Mapping[str, Any],
        originals: Originals | None = None,
    ) -> Derivative:
        wrt = self.wrt(inspect.signature(function, follow_wrapped=False))
        return differentiate(function, self.request, arguments, wrt, originals)

    def _emit(self, derivative: Derivative) -> Emitted:
        program = derivative.program
        doc = _describe(derivative, self.request)
        return emit(derivative.lean, doc, program.places, program.modules, derivative.functions)

    def _load(
        self, emitted: Emitted, function: types.FunctionType, derivative: Derivative
    ) -> tuple[types.FunctionType, frozenset[str]]:
        """The function, and the names of the user's cells in its closure."""
        injected = {
            **emitted.injected,
            **{alias: sys.modules[name] for alias, name in derivative.program.modules.items()},
        }
        # The cells are those of whatever function this is bound to, and empty here.
        cells = {n: types.CellType() for n in function.__code__.co_freevars if n not in injected}
        what = "pullback of" if self.request.mode is Mode.VJP else "grad of"
        hint = f"{what} {function.__name__}, {_where(derivative.lean)}"
        loaded = load(emitted, function.__globals__, cells, injected, hint)
        closure = zip(loaded.__code__.co_freevars, loaded.__closure__ or (), strict=True)
        return loaded, frozenset(name for name, cell in closure if cells.get(name) is cell)

    # --- looking --------------------------------------------------------------------------------

    def source(
        self,
        function: types.FunctionType,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> str:
        """The source of the newest specialisation, or generic source.

        ``args`` and ``kwargs`` are the arguments that are known.
        """
        with self._lock:
            if self.specialisations:
                return self.specialisations[0].emitted.source
            return self.generic(function, args, kwargs or {})

    def generic(
        self, function: types.FunctionType, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> str:
        """Source for arguments of which nothing is known: to be read, not to be run."""
        parameters = inspect.signature(function, follow_wrapped=False).parameters
        arguments: dict[str, Any] = {
            p.name: ()
            if p.kind is p.VAR_POSITIONAL
            else {}
            if p.kind is p.VAR_KEYWORD
            else ANYTHING
            for p in parameters.values()
        }
        arguments.update(zip(parameters, args, strict=False))
        arguments.update((name, v) for name, v in kwargs.items() if name in parameters)
        try:
            source = self._emit(self._differentiate(function, arguments)).source
        except UnknownTypeError as error:
            hint = "call it first, or ask `.lower(*args).source`: this source is for any arguments"
            raise UnknownTypeError(error.message, error.loc, hint) from None
        return f"{_GENERIC}\n{source}"

    def lower(
        self, function: types.FunctionType, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Lowered:
        """The stages of the compiler, for these arguments."""
        asked = self.bind(function, args, kwargs)
        with self._lock:
            chosen = self._chosen(function, asked)
        return Lowered(chosen.primal, chosen.adjoint, chosen.emitted.source)


def _where(function: Function) -> str:
    return f"{function.loc.file.replace(chr(92), '/').rsplit('/', 1)[-1]}:{function.loc.line}"


def _describe(derivative: Derivative, request: Request) -> str:
    """The docstring of the generated function."""
    function = derivative.program.function
    names = list(derivative.program.wrt)
    listed = " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
    what = {
        Mode.GRAD: f"Gradient of {function.name}",
        Mode.VALUE_AND_GRAD: f"Value and gradient of {function.name}",
        Mode.VJP: f"Value and pullback of {function.name}",
    }[request.mode]
    where = f"{what} ({_where(function)})"
    text = f"{where} with respect to {listed}." if listed else f"{where}."
    return "\n".join(textwrap.wrap(text, 88))


@contextmanager
def _without_collection() -> Iterator[None]:
    """Pauses the garbage collector: a compilation makes many objects, and no garbage in cycles
    worth the collector's walks over a growing heap."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
