"""Finding the source of a function, and proving that it is what is running.

Several lambdas may stand on one line, and a file may have been edited since it was imported; so a
node counts as the source of a function only if compiling the file gives an equal code object.
"""

from __future__ import annotations

import ast
import functools
import linecache
import types
from dataclasses import dataclass
from typing import NoReturn

import gast

from srcgrad.errors import Loc, NoSourceError, UnsupportedSyntaxError
from srcgrad.frontend.files import Ambiguous, Definition, File, Found
from srcgrad.frontend.locations import Locations
from srcgrad.frontend.trees import walk

_SUSPENDS = 0x80 | 0x100 | 0x200  # the flags of asynchronous functions


@dataclass(frozen=True)
class Source:
    """The definition of a function.

    Attributes
    ----------
    node : gast.FunctionDef or gast.Lambda
        Its syntax tree.
    file : str
        The name of its file, as the code object has it.
    lines : tuple of str
        The lines of the whole file.
    code : code object
        What Python has made of it.
    owner : str
        The class around it, on whose name private names depend; empty outside of classes.
    """

    node: gast.FunctionDef | gast.Lambda
    file: str
    lines: tuple[str, ...]
    code: types.CodeType
    owner: str = ""


def find(function: object) -> Source:
    """The source of ``function``.

    Raises
    ------
    NoSourceError
        If it is not a Python function, has no source, or its source has changed.
    UnsupportedSyntaxError
        If it is a generator or an asynchronous function.
    """
    if not isinstance(function, types.FunctionType):
        _refuse_object(function)
    code = function.__code__
    file = _read(function)
    try:
        found = file.definition_of(code)
    except Ambiguous:
        raise NoSourceError(
            "several lambdas on this line cannot be told apart",
            _whereabouts(code),
            "put each on a line of its own",
        ) from None
    if found is None and code.co_filename.startswith("<string"):
        # From Python 3.13 the text of `python -c` is found under the name that exec uses too.
        _refuse_sourceless(code)
    if found is None:
        raise NoSourceError(
            f"the source of {code.co_name!r} has changed since it was imported",
            _whereabouts(code),
            "import the module again (or restart) so that what runs is what the file says",
        )
    return _source(found.node, found.owner, file, code)


def definition(function: types.FunctionType) -> Found | None:
    """The definition of a function, of whatever syntax; None if it has no source."""
    try:
        return _read(function).definition_of(function.__code__)
    except (Ambiguous, NoSourceError):
        return None


def _source(node: Definition, owner: str, file: File, code: types.CodeType) -> Source:
    locations = Locations(code.co_filename, file.lines, code.co_name)
    if code.co_flags & _SUSPENDS:
        _refuse_suspending(node, locations)
    known: set[type] = set()
    for child in walk(node):
        if type(child) in known:
            continue
        known.add(type(child))
        if isinstance(child, ast.expr | ast.stmt) and not hasattr(gast, type(child).__name__):
            # It is newer than gast, which would leave it out without a word.
            message = f"the syntax {type(child).__name__} cannot be differentiated"
            raise UnsupportedSyntaxError(message, locations.expression(child))
    return Source(gast.ast_to_gast(node), code.co_filename, file.lines, code, owner)


_FILES: dict[str, File] = {}


def _read(function: types.FunctionType) -> File:
    """The file of a function, parsed anew if it was edited."""
    code = function.__code__
    name = code.co_filename
    linecache.checkcache(name)
    lines = tuple(linecache.getlines(name, function.__globals__))
    if not lines:
        _refuse_sourceless(code)
    known = _FILES.get(name)
    if known is None or known.lines != lines:
        try:
            known = _FILES[name] = File(name, lines)
        except (SyntaxError, ValueError):
            raise NoSourceError(
                f"{name} is not valid Python any more: the source of {code.co_name!r} is unknown",
                _whereabouts(code),
                "correct the file and import it again",
            ) from None
    return known


# --- refusals -----------------------------------------------------------------------------------


def _whereabouts(code: types.CodeType) -> Loc:
    line = code.co_firstlineno
    return Loc(code.co_filename, line, 0, line, 0, (), code.co_name)


def _refuse_sourceless(code: types.CodeType) -> NoReturn:
    raise NoSourceError(
        f"{code.co_name!r} has no source: it was made by exec, or typed at a plain prompt",
        _whereabouts(code),
        "define it in a file or in a notebook",
    )


def _refuse_suspending(node: Definition, locations: Locations) -> NoReturn:
    message = "an asynchronous function cannot be differentiated"
    hint = "compute in an ordinary function, and await what it needs before calling it"
    raise UnsupportedSyntaxError(message, locations.header(node), hint)


_WRAP = "write a function that calls it, such as lambda x: {}(x), and differentiate that"


def _refuse_object(value: object) -> NoReturn:
    """Says what is wrong with something that is not a function written in Python."""
    name = getattr(value, "__qualname__", getattr(value, "__name__", type(value).__name__))
    if isinstance(value, types.MethodType):
        message, hint = f"{name!r} is a bound method", _WRAP.format(f"object.{value.__name__}")
    elif isinstance(value, functools.partial):
        message = "a functools.partial has no source of its own"
        hint = _WRAP.format("the_partial")
    elif isinstance(value, type):
        message, hint = f"{name!r} is a class, not a function", _WRAP.format(name)
    elif callable(value) and not _has_python_call(value):
        message = f"{name!r} is compiled, not written in Python: it has no source"
        hint = "write a Python function that calls it, or register a derivative rule for it"
    elif callable(value):
        message = f"an object of class {type(value).__qualname__!r} is not a function"
        hint = _WRAP.format("the_object")
    else:
        message = f"expected a function, got {value!r:.60} of type {type(value).__qualname__!r}"
        hint = "pass the function itself, not the result of calling it"
    raise NoSourceError(message, None, hint)


def _has_python_call(value: object) -> bool:
    """Whether calling an object runs Python: it does not for builtins and NumPy's ufuncs."""
    return any(isinstance(vars(c).get("__call__"), types.FunctionType) for c in type(value).mro())
