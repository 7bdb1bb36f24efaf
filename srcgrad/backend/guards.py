"""The entry of a gradient: tests that a specialisation fits its arguments, then calls it.

For a function of two arrays the entry reads::

    def entry(W, x):
        if type(W) is ndarray and W.dtype is float64 and len(shape := W.shape) == 2 and ...:
            return target(W, x)
        return miss(W, x)

The tests are written out because a generic signature, computed and looked up at each call, would
cost more than many a gradient.
"""

from __future__ import annotations

import builtins
import inspect
import operator
import sys
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from srcgrad.instances import is_filled, is_setting
from srcgrad.leads import kinds_of_rows, leads_to
from srcgrad.specialise.places import (
    ArrayForm,
    Attribute,
    Builtin,
    Computed,
    Expression,
    Global,
    Guard,
    Parameter,
    Place,
    Test,
    module_of,
    slice_length,
    two_if_equal,
)

_PREFIX = "_srcgrad_"
_MISS, _FUNCTION, _MISSING, _FITS = (
    f"{_PREFIX}{word}" for word in ("miss", "function", "missing", "fits")
)
_SIGNS: Mapping[Any, str] = {
    operator.add: "+",
    operator.sub: "-",
    operator.mul: "*",
}
MISSING = object()
"""The value of an argument that was not passed and has a default."""


@dataclass(frozen=True)
class Template:
    """The code of an entry; the objects that it names are free variables of it.

    Constants of the code would be simpler, but the garbage collector does not look into code, so
    that what they refer to would live for ever.
    """

    code: types.CodeType
    constants: Mapping[str, Any]
    defaults: tuple[Any, ...] | None
    keyword_defaults: Mapping[str, Any]

    def entry(
        self, targets: Sequence[Any], miss: Any, function: types.FunctionType
    ) -> types.FunctionType:
        """The entry for ``function`` that calls ``targets``."""
        values = {**self.constants, _MISS: miss, _FUNCTION: function, _MISSING: MISSING}
        values.update((_target(i), target) for i, target in enumerate(targets))
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        closure = tuple(
            cells[name] if name in cells else types.CellType(values[name])
            for name in self.code.co_freevars
        )
        made = types.FunctionType(
            self.code, function.__globals__, function.__name__, self.defaults, closure
        )
        made.__kwdefaults__ = dict(self.keyword_defaults)
        made.__qualname__ = function.__qualname__
        return made


def template(function: types.FunctionType, branches: Sequence[Sequence[Guard]]) -> Template:
    """The entry that tries ``branches``, each given by its guards, in order."""
    parameters = inspect.signature(function, follow_wrapped=False).parameters
    writer = _Writer(function, parameters)
    text = writer.text(branches)
    code = compile(text, f"<srcgrad entry of {function.__name__}>", "exec", dont_inherit=True)
    for _ in range(2):  # the factory, then the entry in it
        code = next(c for c in code.co_consts if isinstance(c, types.CodeType))
    # Markers, for which the function's own defaults are read at each call.
    given = [p for p in parameters.values() if p.default is not p.empty]
    positional = [p for p in given if p.kind is not p.KEYWORD_ONLY]
    keyword = {p.name: MISSING for p in given if p.kind is p.KEYWORD_ONLY}
    code = code.replace(co_name=function.__name__)
    return Template(code, writer.constants, (MISSING,) * len(positional) or None, keyword)


def _length_test(length: int | None) -> str:
    """A test of a length: that it is this one, or exceeds one."""
    return "> 1" if length is None else f"== {length}"


def _target(i: int) -> str:
    return f"{_PREFIX}target_{i}"


class _Writer:
    """Writes the text of an entry; objects that it names become its free variables."""

    def __init__(
        self, function: types.FunctionType, parameters: Mapping[str, inspect.Parameter]
    ) -> None:
        self.function = function
        self.parameters = parameters
        self.constants: dict[str, Any] = {}
        self.names: dict[int, str] = {}
        self.read: dict[Place, str] = {}

    def constant(self, value: Any) -> str:
        """The name of ``value`` in the entry."""
        if id(value) not in self.names:
            self.names[id(value)] = f"{_PREFIX}{len(self.names)}"
            self.constants[self.names[id(value)]] = value
        return self.names[id(value)]

    def text(self, branches: Sequence[Sequence[Guard]]) -> str:
        body: list[str] = []
        for name, value in self._defaults():
            body.append(f"if {name} is {_MISSING}: {name} = {value}")
        arguments = self._arguments()
        # The code may be replaced in place, as notebooks do when they load a module again.
        code = f"{_FUNCTION}.__code__ is not {self.constant(self.function.__code__)}"
        body.append(f"if {code}: return {_MISS}({arguments})")
        for i, guards in enumerate(branches):
            self.read = {}
            tests = " and ".join(self._test(guard) for guard in guards) or "True"
            call = f"return {_target(i)}({arguments})"
            if all(isinstance(g.place.root, Parameter) and not g.place.path for g in guards):
                body.append(f"if {tests}: {call}")
                continue
            # A path that leads nowhere means arguments of another form, or a name that is gone;
            # the call itself stays outside of the try.
            body.append("try:")
            body.append(f"    {_FITS} = {tests}")
            body.append("except (AttributeError, LookupError, NameError, TypeError):")
            body.append(f"    {_FITS} = False")
            body.append(f"if {_FITS}: {call}")
        body.append(f"return {_MISS}({arguments})")
        free = [*self.constants, _MISS, _FUNCTION, _MISSING, *map(_target, range(len(branches)))]
        lines = [
            f"def factory({', '.join((*free, *self.function.__code__.co_freevars))}):",
            f"    def entry({self._signature()}):",
            *(f"        {line}" for line in body),
        ]
        return "\n".join(lines)

    def _defaults(self) -> list[tuple[str, str]]:
        positional = [
            p
            for p in self.parameters.values()
            if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is not p.empty
        ]
        count = len(positional)
        rows = [
            (p.name, f"{_FUNCTION}.__defaults__[{i - count}]") for i, p in enumerate(positional)
        ]
        for p in self.parameters.values():
            if p.kind is p.KEYWORD_ONLY and p.default is not p.empty:
                rows.append((p.name, f"{_FUNCTION}.__kwdefaults__[{p.name!r}]"))
        return rows

    def _signature(self) -> str:
        params = [
            p.replace(annotation=p.empty, default=p.empty if p.default is p.empty else None)
            for p in self.parameters.values()
        ]
        return str(inspect.Signature(params))[1:-1]

    def _arguments(self) -> str:
        parts = []
        for p in self.parameters.values():
            if p.kind is p.VAR_POSITIONAL:
                parts.append(f"*{p.name}")
            elif p.kind is p.VAR_KEYWORD:
                parts.append(f"**{p.name}")
            else:
                parts.append(f"{p.name}={p.name}" if p.kind is p.KEYWORD_ONLY else p.name)
        return ", ".join(parts)

    # --- guards ---------------------------------------------------------------------------------

    def _place(self, place: Place) -> tuple[str, str]:
        """How to read a place the first time in a test, and after that.

        What a path leads to is kept in a local, for the tests that follow and for longer paths.
        """
        if place in self.read:
            return self.read[place], self.read[place]
        if not place.path:
            text = self._root(place)
            return text, text
        base, _ = self._place(Place(place.root, place.path[:-1]))
        step = place.path[-1]
        if isinstance(step, Attribute):
            text = f"{base}.{step.name}"
        else:
            plain = type(step.key) in (int, str)
            text = f"{base}[{step.key!r}]" if plain else f"{base}[{self.constant(step.key)}]"
        local = self.read[place] = f"{_PREFIX}at_{len(self.read)}"
        return f"({local} := {text})", local

    def _root(self, place: Place) -> str:
        root = place.root
        if isinstance(root, Builtin):
            return self._builtin(root)
        if not isinstance(root, Global):
            return root.name
        if root.module != module_of(self.function):
            return f"{self.constant(sys.modules[root.module])}.{root.name}"
        if root.name in self.parameters or root.name in self.function.__code__.co_freevars:
            return f"{_FUNCTION}.__globals__[{root.name!r}]"
        return root.name

    def _builtin(self, root: Builtin) -> str:
        """What a module means by a builtin name, which a global may hide."""
        own = root.module == module_of(self.function)
        hidden = root.name in self.parameters or root.name in self.function.__code__.co_freevars
        if own and not hidden:
            return root.name
        names = self.function.__globals__ if own else vars(sys.modules[root.module])
        builtin = getattr(builtins, root.name)
        return f"{self.constant(names)}.get({root.name!r}, {self.constant(builtin)})"

    def _presence_test(self, place: Place, wanted: bool) -> str:
        """Whether an object, or a module, has an attribute, or a dict a key."""
        if place.path:
            owner, step = self._place(Place(place.root, place.path[:-1]))[0], place.path[-1]
            if not isinstance(step, Attribute):
                return f"({self.constant(step.key)} in {owner}) is {wanted}"
            name = step.name
        else:
            assert isinstance(place.root, Global)
            owner, name = self.constant(sys.modules[place.root.module]), place.root.name
        return f"{self.constant(hasattr)}({owner}, {name!r}) is {wanted}"

    def _test(self, guard: Guard) -> str:
        if guard.test is Test.PRESENT:
            return self._presence_test(guard.place, guard.value)
        if guard.test is Test.FILLED:
            owner, slot = self._place(guard.place.owner)[0], self.constant(guard.value)
            return f"{self.constant(is_filled)}({slot}, {owner})"
        if guard.test is Test.LONG:
            return " and ".join(f"{self._integer(each)} > 1" for each in guard.value)
        first, again = self._place(guard.place)
        value = guard.value
        match guard.test:
            case Test.TYPE:
                return f"type({first}) is {self.constant(value)}"
            case Test.IDENTITY:
                return f"{first} is {self.constant(value)}"
            case Test.EQUAL:
                return self._equal_test(first, again, value)
            case Test.LENGTH:
                return f"len({first}) == {value}"
            case Test.AT_LEAST:
                return f"len({first}) >= {value}"
            case Test.KEYS:
                return f"tuple({first}) == {self.constant(value)}"
            case Test.LAID_OUT:
                size, order = value
                laid_out = f"{first}.__sizeof__() == {size} and "
                return f"{laid_out}tuple(set({again})) == {self.constant(order)}"
            case Test.SPELLED:
                return f"repr(tuple({first})) == {value!r}"
            case Test.CODE:
                function = self.constant(types.FunctionType)
                code = self.constant(value)
                return f"type({first}) is {function} and {again}.__code__ is {code}"
            case Test.ARRAY:
                return self._array_test(first, again, value)
            case Test.APART:
                shares = self.constant(np.may_share_memory)
                tests = [f"not {shares}({first}, {self._place(other)[0]})" for other in value]
                return " and ".join(tests)
            case Test.AWAY:
                others = ", ".join(self._place(other)[0] for other in value)
                return f"not {self.constant(leads_to)}({first}, ({others},))"
            case Test.SAME:
                return f"{first} is {self._place(value)[0]}"
            case Test.DISTINCT:
                objects = [first, *(self._place(other)[0] for other in value)]
                ids = ", ".join(f"id({text})" for text in objects)
                return f"len({{{ids}}}) == {len(objects)}"
            case Test.ELEMENTS:
                kinds = value if isinstance(value, frozenset) else frozenset((value,))
                return f"set(map(type, {first})) == {self.constant(kinds)}"
            case Test.ROWS:
                rows = self.constant(kinds_of_rows)
                return f"{rows}({first}) == {self.constant({value})}"
            case Test.SETTING:
                return f"{self.constant(is_setting)}({first})"

    def _integer(self, expression: Expression) -> str:
        """An integer that is computed from what is at places."""
        if isinstance(expression, Place):
            return self._place(expression)[0]
        if not isinstance(expression, Computed):
            return repr(expression)
        args = [self._integer(arg) for arg in expression.args]
        if expression.op in _SIGNS:
            return f"({f' {_SIGNS[expression.op]} '.join(args)})"
        if expression.op is two_if_equal:
            return f"2 * ({' == '.join(args)})"
        if expression.op is slice_length:
            length, start, stop, step = ("" if arg == "None" else arg for arg in args)
            return f"len(range({length})[{start}:{stop}{step and ':' + step}])"
        return f"{self.constant(expression.op)}({', '.join(args)})"

    def _equal_test(self, first: str, again: str, value: Any) -> str:
        if value is None or value is True or value is False:
            return f"{first} is {value}"
        if value is Ellipsis or isinstance(value, np.dtype):
            return f"{first} is {self.constant(value)}"
        same_type = f"type({first}) is {self.constant(type(value))}"
        if isinstance(value, float | tuple | range | slice):
            # 0.0 == -0.0 and (1,) == (True,), but neither means the same.
            return f"{same_type} and repr({again}) == {repr(value)!r}"
        if type(value) in (int, str):
            return f"{same_type} and {again} == {value!r}"
        return f"{same_type} and {again} == {self.constant(value)}"

    def _array_test(self, first: str, again: str, form: ArrayForm) -> str:
        ndim = len(form.dims)
        canonical = np.dtype(form.dtype.type) is form.dtype
        parts = [
            f"type({first}) is {self.constant(np.ndarray)}",
            f"{again}.dtype {'is' if canonical else '=='} {self.constant(form.dtype)}",
        ]
        if ndim < 2:
            parts.append(f"{again}.ndim == {ndim}")
            parts.extend(f"len({again}) {_length_test(dim)}" for dim in form.dims)
            return " and ".join(parts)
        shape = f"{_PREFIX}shape"
        parts.append(f"len({shape} := {again}.shape) == {ndim}")
        if form.dims == (None,) * ndim:
            parts.append(f"1 not in {shape} and 0 not in {shape}")
        else:
            parts.extend(f"{shape}[{i}] {_length_test(dim)}" for i, dim in enumerate(form.dims))
        return " and ".join(parts)
