"""Imports in functions: of modules that are loaded, and of Python's own, NumPy's and SciPy's."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import TYPE_CHECKING, Any

from srcgrad.errors import CertainError, Loc, UnsupportedSyntaxError
from srcgrad.instances import is_of_library
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Const
from srcgrad.specialise.attributes import attribute
from srcgrad.specialise.values import Args, Handler, Kwargs, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def _imported(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """What an import binds: the module, the outermost package of ``import a.b``, or what
    ``from module import name`` finds in it."""
    module, part, level = (arg.value for arg in args if isinstance(arg, Const))
    path = "." * level + module
    if level:
        scope = sp.running[-1].frame.scope
        path = _said(loc, importlib.util.resolve_name, path, scope.names.get("__package__"))
    found = _module(path, loc)
    if part == "":
        return Const(found)
    if part == ".":
        return Const(sys.modules[path.split(".")[0]])
    if hasattr(found, part):
        return attribute(sp, Const(found), part, loc, name)
    inner = f"{path}.{part}"
    if inner not in sys.modules and _is_missing(inner):
        text = f"cannot import name '{part}' from '{path}'"
        raise CertainError(text, loc, ImportError(text))
    return Const(_module(inner, loc))


def _module(path: str, loc: Loc) -> Any:
    """A module that is there already; one that runs nothing of the user's is loaded now."""
    if path in sys.modules:
        return sys.modules[path]
    if is_of_library(path):
        return _said(loc, importlib.import_module, path)
    if _is_missing(path):
        text = f"No module named '{path}'"
        raise CertainError(text, loc, ModuleNotFoundError(text))
    message = (
        f"an import in a function of '{path}', which is not loaded yet, and does what is in it"
    )
    raise UnsupportedSyntaxError(message, loc, "import it at the top of the module")


def _is_missing(path: str) -> bool:
    """Whether there is no such module; the packages around it are loaded, if they are there."""
    package, _, _ = path.rpartition(".")
    if package and package not in sys.modules:
        return _is_missing(package)
    try:
        return importlib.util.find_spec(path) is None
    except (ModuleNotFoundError, ValueError):
        return True


def _said(loc: Loc, function: Any, *args: Any) -> Any:
    """What a function of Python's imports gives."""
    try:
        return function(*args)
    except (ImportError, TypeError) as error:
        raise CertainError(str(error), loc, error) from None


IMPORTS: dict[Any, Handler] = {intrinsics.imported: _imported}
