"""Every error that a user of srcgrad can meet.

Each class names one kind of problem.  Errors that belong to a place in the user's program carry
its location and print like those of a good compiler::

    srcgrad.UnsupportedSyntaxError: model.py:14:8: 'match' cannot be differentiated
        match x.ndim:
        ^^^^^^^^^^^^^
    hint: use if and elif
"""

from __future__ import annotations

from dataclasses import dataclass

_NOTICED = ("raise", "call", "log")
"""The settings of ``np.errstate`` of which a program notices when they apply."""


@dataclass(frozen=True, slots=True)
class Loc:
    """A place in the user's source: where a statement or an expression was written.

    ``line`` counts from 1 and ``column`` from 0, as in Python's own tools.  ``text`` is the source
    of the lines that it spans, dedented, one string per line; ``function`` is the name of the
    function that holds it.  ``adjoint`` is True on statements of the derivative of what stands
    there.  ``indent`` is how many columns ``text`` was dedented by.  ``errstate`` are the settings
    of ``with np.errstate(...)`` around it.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: tuple[str, ...]
    function: str
    adjoint: bool = False
    indent: int = 0
    errstate: tuple[tuple[str, str], ...] = ()

    @property
    def settings(self) -> tuple[tuple[str, str], ...]:
        """The settings under which a statement from here runs.

        What is asked to raise, or to call something, is what the user's own statements compute:
        those of the derivative divide by zero at a kink, and keep the result out.
        """
        if not self.adjoint:
            return self.errstate
        return tuple((k, "ignore" if v in _NOTICED else v) for k, v in self.errstate)

    @property
    def raises_late(self) -> bool:
        """Whether an operation raises FloatingPointError here, when its results are written."""
        return any(setting in ("raise", "call") for _, setting in self.settings)


class SrcgradError(Exception):
    """Base class of all errors that srcgrad raises about a program.

    Parameters
    ----------
    message : str
        What is wrong, in one sentence.
    loc : Loc, optional
        Where in the user's source.
    hint : str, optional
        What to write instead.
    """

    def __init__(self, message: str, loc: Loc | None = None, hint: str | None = None) -> None:
        super().__init__(message, loc, hint)
        self.message = message
        self.loc = loc
        self.hint = hint

    def __str__(self) -> str:
        lines = [self.message]
        if self.loc is not None:
            lines[0] = f"{self.loc.file}:{self.loc.line}:{self.loc.column}: {self.message}"
            lines.extend(_excerpt(self.loc))
        if self.hint is not None:
            lines.append(f"hint: {self.hint}")
        return "\n".join(lines)


def placed(error: SrcgradError, loc: Loc) -> SrcgradError:
    """``error`` with a place, which is ``loc`` unless it has one."""
    if error.loc is not None:
        return error
    if isinstance(error, CertainError):
        return CertainError(error.message, loc, error.original, error.hint)
    return type(error)(error.message, loc, error.hint)


def _excerpt(loc: Loc) -> list[str]:
    """The source line of ``loc`` with carets below the part that is meant."""
    if not loc.text:
        return []
    line = loc.text[0]
    stripped = line.strip()
    start = max(loc.column - loc.indent - (len(line) - len(line.lstrip())), 0)
    end = loc.end_column - loc.column + start if loc.end_line == loc.line else len(stripped)
    end = min(max(end, start + 1), len(stripped))
    return ["    " + stripped, "    " + " " * start + "^" * max(end - start, 1)]


class UnsupportedSyntaxError(SrcgradError):
    """A construct of Python that srcgrad does not differentiate (yet)."""


UNBOUND = "cannot access local variable '{}' where it is not associated with a value"
"""What ``UnboundLocalError`` says."""
FREE = "cannot access free variable '{}' where it is not associated with a value in enclosing scope"
"""What ``NameError`` says of a variable of a function around."""


def unassigned(kind: type[NameError], name: str) -> str:
    """What an error of this ``kind`` says of a variable that has no value."""
    return (UNBOUND if issubclass(kind, UnboundLocalError) else FREE).format(name)


class CertainError(UnsupportedSyntaxError):
    """A statement that certainly raises; ``original`` is what it raises when it runs.

    Among its arguments may be operands of the program.
    """

    def __init__(
        self, message: str, loc: Loc | None, original: Exception, hint: str | None = None
    ) -> None:
        super().__init__(message, loc, hint)
        self.original = original


class MutationError(UnsupportedSyntaxError):
    """A function that cannot be looked into may write into what it has not made itself."""


class NoSourceError(SrcgradError):
    """The source of a function cannot be found, or is no longer what is running."""


class NoDerivativeError(SrcgradError):
    """A differentiated value reaches a function without a derivative rule."""


class AliasingError(SrcgradError):
    """Two names may share memory in a way that makes an in-place operation ambiguous."""


class UnknownTypeError(SrcgradError):
    """The type or the rank of a value must be known at compile time here, and is not."""


class SubclassError(SrcgradError, TypeError):
    """An array of a subclass of ``numpy.ndarray`` is read, and is not looked into."""


class RuleError(SrcgradError):
    """A derivative rule that was registered does not fit the function that it is for."""
