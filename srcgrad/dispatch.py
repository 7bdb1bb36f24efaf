"""From a call with new arguments to the function that was compiled for them."""

from __future__ import annotations

import dataclasses
import inspect
import sys
import threading
import types
from collections.abc import Mapping
from typing import Any

import numpy as np

from srcgrad.backend import Emitted, emit, load
from srcgrad.backend.guards import MISSING, Template, defaults, template
from srcgrad.inspect.views import Lowered
from srcgrad.ir.nodes import Function
from srcgrad.pipeline import Derivative, differentiate
from srcgrad.request import Mode, Request
from srcgrad.specialise.inputs import ANYTHING
from srcgrad.specialise.places import (
    Attribute,
    Cell,
    Global,
    Guard,
    Parameter,
    Place,
    Test,
    form_of,
)

_MAX_BRANCHES = 8


@dataclasses.dataclass(frozen=True, eq=False)
class Specialisation:
    """A derivative compiled for one kind of arguments."""

    derivative: Derivative
    emitted: Emitted
    first: types.FunctionType

    @property
    def guards(self) -> tuple[Guard, ...]:
        return self.derivative.program.guards

    def bound_to(self, function: types.FunctionType) -> types.FunctionType:
        """The compiled function, sharing the closure cells of ``function``."""
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        code = self.first.__code__
        closure = tuple(
            cells.get(name, cell)
            for name, cell in zip(code.co_freevars, self.first.__closure__ or (), strict=True)
        )
        return types.FunctionType(code, function.__globals__, self.first.__name__, None, closure)


class Dispatch:
    """The specialisations of one function's code.

    Functions that are made anew from the same code, as a lambda in a loop, share them.
    """

    _known: dict[Any, Dispatch] = {}
    _lock = threading.RLock()

    def __init__(self, function: types.FunctionType, request: Request) -> None:
        self.globals = function.__globals__  # kept alive: its identity is part of the key
        self.function = function
        self.request = request
        self.specialisations: list[Specialisation] = []
        self.templates: dict[tuple[int, ...], Template] = {}
        self.branches: dict[int, list[Specialisation]] = {}

    @classmethod
    def of(cls, function: types.FunctionType, request: Request) -> Dispatch:
        code = function.__code__
        key = (code, code.co_filename, id(function.__globals__), request)
        with cls._lock:
            if key not in cls._known:
                cls._known[key] = cls(function, request)
            return cls._known[key]

    # --- calling --------------------------------------------------------------------------------

    def call(
        self,
        entry: types.FunctionType,
        function: types.FunctionType,
        miss: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        """The derivative for arguments that the entry knows no specialisation for."""
        bound = self.bind(function, args, kwargs)
        with self._lock:
            chosen = self.find(function, bound.arguments)
            if chosen is None:
                chosen = self.compile(function, bound.arguments)
                self.specialisations.insert(0, chosen)
            self._install(entry, function, miss, chosen)
        return chosen.bound_to(function)(*bound.args, **bound.kwargs)

    def bind(
        self, function: types.FunctionType, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> inspect.BoundArguments:
        """The arguments by name, the differentiated ones checked and ints made floats."""
        signature = inspect.signature(function, follow_wrapped=False)
        args = tuple(args)
        while args and args[-1] is MISSING:
            args = args[:-1]
        kwargs = {name: value for name, value in kwargs.items() if value is not MISSING}
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        for name in self.wrt(signature):
            bound.arguments[name] = differentiable(bound.arguments[name], name)
        return bound

    def wrt(self, signature: inspect.Signature) -> tuple[str, ...]:
        """The names of the differentiated parameters."""
        parameters = list(signature.parameters.values())
        names = []
        for position in self.request.positions:
            positional = [p for p in parameters if p.kind < p.VAR_POSITIONAL]
            if position >= len(positional):
                raise TypeError(
                    f"argnums={self.request.argnums!r}: an argument taken by '*' cannot be "
                    "differentiated on its own; give it a name"
                )
            names.append(positional[position].name)
        return tuple(names)

    def find(
        self, function: types.FunctionType, arguments: Mapping[str, Any]
    ) -> Specialisation | None:
        """A specialisation whose guards all hold."""
        for candidate in self.specialisations:
            if all(holds(guard, function, arguments) for guard in candidate.guards):
                return candidate
        return None

    def _install(
        self, entry: types.FunctionType, function: types.FunctionType, miss: Any, chosen: Any
    ) -> None:
        """Makes the entry try ``chosen`` first, then what it tried before."""
        installed = getattr(entry, "_branches", ())
        rest = [old for old in installed if old is not chosen]
        branches = [chosen, *rest][:_MAX_BRANCHES]
        parameters = inspect.signature(function, follow_wrapped=False).parameters
        key = tuple(map(id, branches))
        if key not in self.templates:
            guards = [branch.guards for branch in branches]
            self.templates[key] = template(function, parameters, guards)
        targets = [branch.bound_to(function) for branch in branches]
        entry.__code__ = self.templates[key].bind(targets, miss, function)
        entry.__defaults__, entry.__kwdefaults__ = defaults(parameters)
        entry._branches = branches  # type: ignore[attr-defined]

    # --- compiling ------------------------------------------------------------------------------

    def compile(
        self, function: types.FunctionType, arguments: Mapping[str, Any]
    ) -> Specialisation:
        derivative = self._differentiate(function, arguments)
        emitted = self._emit(derivative)
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        injected = {
            **emitted.injected,
            **{alias: sys.modules[name] for alias, name in derivative.program.modules.items()},
        }
        what = "pullback of" if self.request.mode is Mode.VJP else "grad of"
        hint = f"{what} {function.__name__}, {_where(derivative.lean)}"
        loaded = load(emitted, function.__globals__, cells, injected, hint)
        return Specialisation(derivative, emitted, loaded)

    def _differentiate(
        self, function: types.FunctionType, arguments: Mapping[str, Any]
    ) -> Derivative:
        wrt = self.wrt(inspect.signature(function, follow_wrapped=False))
        return differentiate(function, self.request, arguments, wrt)

    def _emit(self, derivative: Derivative) -> Emitted:
        program = derivative.program
        doc = _describe(derivative, self.request)
        return emit(derivative.lean, doc, program.places, program.modules)

    # --- looking --------------------------------------------------------------------------------

    def source(self) -> str:
        """The source of the newest specialisation, or generic source."""
        with self._lock:
            if self.specialisations:
                return self.specialisations[0].emitted.source
            return self.generic()

    def generic(self) -> str:
        """Source for arguments of which nothing is known: to be read, not to be run."""
        parameters = inspect.signature(self.function, follow_wrapped=False).parameters
        arguments = {
            p.name: () if p.kind is p.VAR_POSITIONAL else {} if p.kind is p.VAR_KEYWORD else ANYTHING
            for p in parameters.values()
        }
        note = "# Generic source, to be read: for float64 arrays of any rank.  A call compiles its own."
        return f"{note}\n{self._emit(self._differentiate(self.function, arguments)).source}"

    def lower(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Lowered:
        """The stages of the compiler, for these arguments."""
        bound = self.bind(self.function, args, kwargs)
        with self._lock:
            chosen = self.find(self.function, bound.arguments)
            if chosen is None:
                chosen = self.compile(self.function, bound.arguments)
                self.specialisations.insert(0, chosen)
        derivative = chosen.derivative
        return Lowered(derivative.program.function, derivative.adjoint, chosen.emitted.source)


def _where(function: Function) -> str:
    return f"{function.loc.file.replace(chr(92), '/').rsplit('/', 1)[-1]}:{function.loc.line}"


def _describe(derivative: Derivative, request: Request) -> str:
    """The docstring of the generated function."""
    function = derivative.program.function
    names = list(derivative.program.wrt)
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    what = {
        Mode.GRAD: f"Gradient of {function.name}",
        Mode.VALUE_AND_GRAD: f"Value and gradient of {function.name}",
        Mode.VJP: f"Value and pullback of {function.name}",
    }[request.mode]
    return f"{what} ({_where(function)}) with respect to {listed}."


# --- arguments ----------------------------------------------------------------------------------


def differentiable(value: Any, name: str) -> Any:
    """``value`` as something to differentiate with respect to: ints as floats, all else checked.

    Raises
    ------
    TypeError
        For what has no derivative, with what to do instead.
    """
    if type(value) is float or isinstance(value, np.floating):
        return value
    if type(value) is int:
        return float(value)
    if type(value) is np.ndarray:
        if value.dtype in (np.float64, np.float32):
            return value
        raise TypeError(
            f"argument '{name}' is an array of dtype {value.dtype}, and gradients are defined "
            f"for float64 and float32: pass {name}.astype(float)"
        )
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        items = zip(value._fields, value, strict=True)
        return type(value)(*(differentiable(v, f"{name}.{key}") for key, v in items))
    if type(value) in (list, tuple):
        return type(value)(differentiable(v, f"{name}[{i}]") for i, v in enumerate(value))
    if type(value) is dict:
        return {key: differentiable(v, f"{name}[{key!r}]") for key, v in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        new = {key: differentiable(v, f"{name}.{key}") for key, v in fields.items()}
        same = all(new[key] is fields[key] for key in fields)
        return value if same else dataclasses.replace(value, **new)
    raise TypeError(
        f"argument '{name}' is a {type(value).__name__}, which cannot be differentiated with "
        "respect to: pass floats, float arrays, or containers of those, or leave the argument "
        "out of argnums"
    )


def holds(guard: Guard, function: types.FunctionType, arguments: Mapping[str, Any]) -> bool:
    """Whether a guard holds for a call; what the entry tests in generated code."""
    try:
        value = _at(guard.place, function, arguments)
        return _fits(guard, value)
    except (LookupError, AttributeError, TypeError, ValueError):
        return False  # the path leads nowhere: arguments of another form


def _at(place: Place, function: types.FunctionType, arguments: Mapping[str, Any]) -> Any:
    match place.root:
        case Parameter(name):
            value = arguments[name]
        case Global(module, name):
            own = module == (function.__module__ or "__main__")
            value = (function.__globals__ if own else vars(sys.modules[module]))[name]
        case Cell(name):
            index = function.__code__.co_freevars.index(name)
            value = (function.__closure__ or ())[index].cell_contents
    for step in place.path:
        value = getattr(value, step.name) if isinstance(step, Attribute) else value[step.key]
    return value


def _fits(guard: Guard, value: Any) -> bool:
    match guard.test:
        case Test.TYPE:
            return type(value) is guard.value
        case Test.IDENTITY:
            return value is guard.value
        case Test.EQUAL:
            if type(value) is not type(guard.value):
                return False
            if isinstance(value, float):
                return repr(value) == repr(guard.value)
            return bool(value == guard.value)
        case Test.LENGTH:
            return bool(len(value) == guard.value)
        case Test.KEYS:
            return tuple(value) == guard.value
        case Test.CODE:
            return isinstance(value, types.FunctionType) and value.__code__ is guard.value
        case Test.ARRAY:
            return type(value) is np.ndarray and form_of(value) == guard.value
