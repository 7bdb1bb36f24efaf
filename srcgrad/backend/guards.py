"""The entry of a gradient: tests that a specialisation fits its arguments, then calls it.

For a function of two arrays the entry reads::

    def entry(W, x):
        if type(W) is ndarray and W.dtype is float64 and W.ndim == 2 and 1 not in W.shape and ...:
            return impl(W, x)
        return miss(W, x)

The tests are written out because a generic signature, computed and looked up at each call, would
cost more than many a gradient.
"""

from __future__ import annotations

import ast
import inspect
import sys
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from srcgrad.specialise.places import ArrayForm, Attribute, Cell, Global, Guard, Place, Test

_PREFIX = "_srcgrad_"


@dataclass(frozen=True)
class Template:
    """The code of an entry, with a text in place of each object that it names.

    ``names`` gives for each text what belongs there: an object, or the number of a branch.
    """

    code: types.CodeType
    constants: Mapping[str, Any]

    def bind(self, targets: Sequence[Any], miss: Any, function: Any) -> types.CodeType:
        """The code for given functions to call."""
        values = {**self.constants, _MISS: miss, _FUNCTION: function}
        values.update((_TARGET.format(i), target) for i, target in enumerate(targets))
        consts = tuple(values.get(c, c) if isinstance(c, str) else c for c in self.code.co_consts)
        return self.code.replace(co_consts=consts)


_MISS, _FUNCTION, _TARGET = "<srcgrad miss>", "<srcgrad function>", "<srcgrad target {}>"
MISSING = "<srcgrad default>"
"""The value of an argument that was not passed and has a default."""


def template(
    function: types.FunctionType,
    parameters: Mapping[str, inspect.Parameter],
    branches: Sequence[Sequence[Guard]],
) -> Template:
    """The entry that tries ``branches``, each given by its guards, in order."""
    writer = _Writer(function, parameters)
    text = writer.text(branches)
    module = compile(ast.parse(text), f"<srcgrad entry of {function.__name__}>", "exec")
    code = next(c for c in module.co_consts if isinstance(c, types.CodeType))
    if function.__code__.co_freevars:
        code = next(c for c in code.co_consts if isinstance(c, types.CodeType))
    return Template(code.replace(co_name=function.__name__), writer.constants)


def defaults(
    parameters: Mapping[str, inspect.Parameter],
) -> tuple[tuple[Any, ...] | None, dict[str, Any] | None]:
    """The defaults of an entry: markers, for which the function's own are read at each call."""
    given = [p for p in parameters.values() if p.default is not p.empty]
    positional = [p for p in given if p.kind is not p.KEYWORD_ONLY]
    keyword = {p.name: MISSING for p in given if p.kind is p.KEYWORD_ONLY}
    return (MISSING,) * len(positional) or None, keyword or None


class _Writer:
    """Writes the text of an entry; objects that it names become its constants."""

    def __init__(
        self, function: types.FunctionType, parameters: Mapping[str, inspect.Parameter]
    ) -> None:
        self.function = function
        self.parameters = parameters
        self.constants: dict[str, Any] = {}
        self.names: dict[str, str] = {}
        self.texts: dict[int, str] = {}

    def marker(self, text: str) -> str:
        """The local name of what takes the place of ``text``."""
        return self.names.setdefault(text, f"{_PREFIX}{len(self.names)}")

    def constant(self, value: Any) -> str:
        """The local name of ``value`` in the entry."""
        text = self.texts.setdefault(id(value), f"<srcgrad constant {len(self.texts)}>")
        self.constants[text] = value
        return self.marker(text)

    def text(self, branches: Sequence[Sequence[Guard]]) -> str:
        body: list[str] = []
        for name, value in self._defaults():
            body.append(f"if {name} is {self.marker(MISSING)}: {name} = {value}")
        arguments = self._arguments()
        for i, guards in enumerate(branches):
            tests = [self._test(guard) for guard in guards]
            call = f"return {self.marker(_TARGET.format(i))}({arguments})"
            if any(guard.place.path for guard in guards):
                # A path that leads nowhere means arguments of another form; the call itself
                # stays outside of the try.
                body.append("try:")
                body.append(f"    fits = {' and '.join(tests)}")
                body.append("except (AttributeError, KeyError, IndexError, TypeError):")
                body.append("    fits = False")
                body.append(f"if fits: {call}")
            else:
                body.append(f"if {' and '.join(tests) or 'True'}: {call}")
        body.append(f"return {self.marker(_MISS)}({arguments})")
        # All free variables, so that every version of the code has the same cells.
        free = self.function.__code__.co_freevars
        if free:
            body.insert(0, f"if 0: ({', '.join(free)},)")
        setup = [f"{name} = {text!r}" for text, name in self.names.items()]
        lines = [f"def entry({self._signature()}):", *(f"    {line}" for line in (*setup, *body))]
        if free:
            cells = [f"    {name} = None" for name in free]
            lines = ["def factory():", *cells, *(f"    {line}" for line in lines)]
        return "\n".join(lines).replace("fits", f"{_PREFIX}fits")

    def _defaults(self) -> list[tuple[str, str]]:
        positional = [
            p
            for p in self.parameters.values()
            if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is not p.empty
        ]
        here = self.marker(_FUNCTION)
        count = len(positional)
        rows = [(p.name, f"{here}.__defaults__[{i - count}]") for i, p in enumerate(positional)]
        for p in self.parameters.values():
            if p.kind is p.KEYWORD_ONLY and p.default is not p.empty:
                rows.append((p.name, f"{here}.__kwdefaults__[{p.name!r}]"))
        return rows

    def _signature(self) -> str:
        params = [
            p.replace(
                annotation=p.empty, default=p.empty if p.default is p.empty else _Text("None")
            )
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

    def _place(self, place: Place) -> str:
        text = place.root.name
        if isinstance(place.root, Global):
            own = place.root.module == (self.function.__module__ or "__main__")
            hidden = text in self.parameters or text in self.function.__code__.co_freevars
            if not own:
                text = f"{self.constant(sys.modules[place.root.module])}.{text}"
            elif hidden:
                text = f"{self.marker(_FUNCTION)}.__globals__[{text!r}]"
        else:
            assert isinstance(place.root, Cell) or text in self.parameters
        for step in place.path:
            if isinstance(step, Attribute):
                text += f".{step.name}"
            else:
                plain = isinstance(step.key, int | str)
                text += f"[{step.key!r}]" if plain else f"[{self.constant(step.key)}]"
        return text

    def _test(self, guard: Guard) -> str:
        x, value = self._place(guard.place), guard.value
        match guard.test:
            case Test.TYPE:
                return f"type({x}) is {self.constant(value)}"
            case Test.IDENTITY:
                return f"{x} is {self.constant(value)}"
            case Test.EQUAL:
                if value is None or value is True or value is False:
                    return f"{x} is {value}"
                if value is Ellipsis or isinstance(value, np.dtype):
                    return f"{x} is {self.constant(value)}"
                same_type = f"type({x}) is {self.constant(type(value))}"
                if isinstance(value, float):
                    return f"{same_type} and repr({x}) == {repr(value)!r}"
                literal = isinstance(value, int | str) and not isinstance(value, np.generic)
                return (
                    f"{same_type} and {x} == {value!r}"
                    if literal
                    else (f"{same_type} and {x} == {self.constant(value)}")
                )
            case Test.LENGTH:
                return f"len({x}) == {value}"
            case Test.KEYS:
                return f"tuple({x}) == {self.constant(value)}"
            case Test.CODE:
                function = self.constant(types.FunctionType)
                return f"type({x}) is {function} and {x}.__code__ is {self.constant(value)}"
            case Test.ARRAY:
                return self._array_test(x, value)

    def _array_test(self, x: str, form: ArrayForm) -> str:
        ndim = len(form.unit)
        dtype = self.constant(form.dtype)
        canonical = np.dtype(form.dtype.type) is form.dtype
        parts = [
            f"type({x}) is {self.constant(np.ndarray)}",
            f"{x}.dtype {'is' if canonical else '=='} {dtype}",
            f"{x}.ndim == {ndim}",
        ]
        if ndim and not any(form.unit):
            parts.append(f"len({x}) != 1" if ndim == 1 else f"1 not in {x}.shape")
        else:
            parts.extend(
                f"{x}.shape[{i}] {'==' if unit else '!='} 1" for i, unit in enumerate(form.unit)
            )
        return " and ".join(parts)


class _Text:
    """Prints as given: for defaults in a signature."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text
