"""How generated code calls objects: ``np.linalg.norm``, ``math.exp``, ``len``, ``_unbroadcast``.

Objects are found in the namespaces below by identity.  What is found nowhere is *injected*: the
generated code reads it by a name under which the loader provides it.
"""

from __future__ import annotations

import ast
import functools
import math
import sys
import types
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

import numpy as np

from srcgrad.backend import helpers
from srcgrad.ir import intrinsics, lists
from srcgrad.ir.naming import identifier
from srcgrad.ir.ops import Made
from srcgrad.ir.recursion import InPlace, Pulled, Recursive

_MODULES = (
    "builtins", "numpy", "numpy.linalg", "numpy.fft", "numpy.random", "math", "cmath", "operator",
    "warnings", "logging", "functools", "itertools", "time", "bisect",
    "scipy.special", "scipy.linalg", "scipy.fft", "scipy.signal", "scipy.sparse",
)  # fmt: skip
_SHORT = {"numpy": "np"}
# Where NumPy has several names for one object, these; otherwise the one that it calls itself.
_PREFERRED = frozenset(("abs", "conj", "mod", "max", "min"))


@functools.cache
def _names_in(module_name: str) -> dict[int, str]:
    """The public objects of a module by identity."""
    found: dict[int, str] = {}
    # Not what `getattr` gives: that imports NumPy's rarer submodules.
    for name, value in sorted(vars(sys.modules[module_name]).items(), key=itemgetter(0)):
        if name.startswith("_") or not (callable(value) or isinstance(value, types.ModuleType)):
            continue
        old = found.get(id(value))
        own = getattr(value, "__name__", "")
        if old is None or name in _PREFERRED or (name == own and old not in _PREFERRED):
            found[id(value)] = name
    return found


def locate(value: Any) -> tuple[str, str] | None:
    """The module and the name in it of a public function, type or module."""
    for module in _MODULES:
        if module in sys.modules:
            name = _names_in(module).get(id(value))
            if name is not None:
                return module, name
    return None


class Spelling:
    """The names that one generated module uses for objects, kept apart from ``taken`` names.

    Attributes
    ----------
    imports : dict
        The packages in use, by the name that the text has for each.
    submodules : set
        Dotted paths of the modules inside packages that must be imported too.
    injected : dict
        Objects that the loader must provide, by name.
    helpers : dict
        Functions whose source goes above the generated function, by name.
    builtins : set
        The built-in names in use.
    functions : dict
        The names of the program's own functions.
    """

    def __init__(self, taken: Iterable[str], modules: Mapping[str, str] | None = None) -> None:
        self.taken = set(taken)
        self.imports: dict[str, str] = {}
        self.submodules: set[str] = set()
        self.injected: dict[str, Any] = {}
        self.helpers: dict[str, types.FunctionType] = {}
        self.builtins: set[str] = set()
        self.functions: dict[Made, str] = {}
        # A module that the text imports anyway is used under the name that it has there.
        self._roots = {path: name for name, path in (modules or {}).items() if "." not in path}
        self._known: dict[int, str] = {}

    def reserved(self) -> set[str]:
        """The names that no variable may have."""
        names = self.builtins | set(self.imports) | set(self.injected) | set(self.helpers)
        return names | set(self.functions.values())

    def define(self, function: Recursive | Pulled | InPlace) -> str:
        """Gives a function of the program its name."""
        hint = f"_{function.name}" if function.name in self.taken else function.name
        return self.functions.setdefault(function, self._free(hint))

    def object(self, value: Any, hint: str = "") -> ast.expr:
        """An expression for a function, a type, a module or any other object."""
        if isinstance(value, Made):
            return self.name(self.functions[value])
        if isinstance(value, types.ModuleType):
            if value.__name__ in sys.modules:
                return dotted(self.module(value.__name__))
            return self.name(self.inject(value, value.__name__.rpartition(".")[2]))
        place = locate(value)
        if place is not None:
            return self._in_module(*place)
        owner = getattr(value, "__self__", None)
        bound = isinstance(value, types.BuiltinMethodType)
        if bound and owner is not None and not isinstance(owner, types.ModuleType):
            return ast.Attribute(self.object(owner), value.__name__, ast.Load())
        if isinstance(value, types.FunctionType) and _is_helper(value):
            return self.name(self.helper(value))
        return self.name(self.inject(value, hint or getattr(value, "__name__", "constant")))

    def name(self, text: str) -> ast.expr:
        return ast.Name(text, ast.Load())

    def _in_module(self, module: str, name: str) -> ast.expr:
        if module == "builtins" and name not in self.taken:
            self.builtins.add(name)
            return self.name(name)
        return ast.Attribute(dotted(self.module(module)), name, ast.Load())

    def module(self, path: str) -> str:
        """The dotted expression for a module, which is then imported."""
        root, _, rest = path.partition(".")
        if root not in self._roots:
            self._roots[root] = self._free(_SHORT.get(root, root))
        local = self._roots[root]
        self.imports[local] = root
        if rest and root != "numpy":
            self.submodules.add(path)
        return f"{local}.{rest}" if rest else local

    def import_lines(self) -> list[str]:
        """The import statements of the text, ``import numpy as np`` last."""
        lines = []
        for local, root in sorted(self.imports.items()):
            inside = [f"import {path}" for path in sorted(self.submodules) if _root(path) == root]
            alone = [f"import {root}"] if root == local else [f"import {root} as {local}"]
            lines.extend(inside + (alone if root != local or not inside else []))
        return sorted(lines, key=lambda line: ("numpy" in line, line))

    def helper(self, function: types.FunctionType) -> str:
        """The name of a run-time helper, whose source is then part of the module."""
        function = getattr(helpers, function.__name__, function)
        return self._give(function, f"_{function.__name__}", self.helpers)

    def inject(self, value: Any, hint: str) -> str:
        """The name under which the loader provides ``value``."""
        return self._give(value, identifier(hint, "constant"), self.injected)

    def _give(self, value: Any, hint: str, names: dict[str, Any]) -> str:
        if id(value) not in self._known:
            name = self._free(hint)
            names[name] = value
            self._known[id(value)] = name
        return self._known[id(value)]

    def _free(self, hint: str) -> str:
        name, number = hint, 0
        while name in self.taken:
            number += 1
            name = f"{hint}_{number}" if number > 1 else f"{hint}_"
        self.taken.add(name)
        return name


def _is_helper(function: types.FunctionType) -> bool:
    return function.__module__ in (helpers.__name__, intrinsics.__name__, lists.__name__)


def _root(path: str) -> str:
    return path.partition(".")[0]


def dotted(text: str) -> ast.expr:
    """The expression for a dotted name."""
    first, *others = text.split(".")
    expression: ast.expr = ast.Name(first, ast.Load())
    for name in others:
        expression = ast.Attribute(expression, name, ast.Load())
    return expression


def special_float(value: float) -> str | None:
    """The name in NumPy of a float that has no literal, without its sign."""
    if math.isinf(value):
        return "inf"
    return "nan" if math.isnan(value) else None


def dtype_name(dtype: np.dtype[Any]) -> str | None:
    """The name in NumPy of the scalar type of a plain dtype; None for any other."""
    name = dtype.type.__name__.rstrip("_")
    plain = dtype.isnative and dtype.names is None and dtype.kind in "biufc"
    return name if plain and getattr(np, name, None) is dtype.type else None
