"""Prints the IR as readable Python-like text: what users see as ``.ssa`` and ``.adjoint``.

There is one line for each statement.  A loop over an array, for example, prints as::

    def power(x: float64[n0], n: int):
        %1 = for t in range(0, n) carrying (h = x):    # float64[n0]
            h.1 = h * x                                # float64[n0]
            yield h.1
        return %1

Versions of one name are numbered from the second on (``h``, ``h.1``), temporaries are ``%1``,
``%2``; types stand as trailing comments, in the spelling of :mod:`srcgrad.ir.spelling`.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from srcgrad.ir import walk
from srcgrad.ir.nodes import (
    UNDEFINED,
    Apply,
    Block,
    Const,
    Define,
    For,
    ForEach,
    Free,
    Function,
    If,
    Invoke,
    Operand,
    Pack,
    Param,
    Raise,
    Star,
    Stmt,
    Store,
    Try,
    Var,
    While,
)
from srcgrad.ir.spelling import spell_constant, spell_display, spell_object, spell_type
from srcgrad.ir.types import PY_INT, UNKNOWN, StackOf, Symbol, Type

_INFIX: dict[Any, str] = {
    operator.add: "+",
    operator.sub: "-",
    operator.mul: "*",
    operator.truediv: "/",
    operator.floordiv: "//",
    operator.mod: "%",
    operator.pow: "**",
    operator.matmul: "@",
    operator.and_: "&",
    operator.or_: "|",
    operator.xor: "^",
    operator.lshift: "<<",
    operator.rshift: ">>",
    operator.eq: "==",
    operator.ne: "!=",
    operator.lt: "<",
    operator.le: "<=",
    operator.gt: ">",
    operator.ge: ">=",
    operator.is_: "is",
    operator.is_not: "is not",
}
_PREFIX: dict[Any, str] = {
    operator.neg: "-",
    operator.pos: "+",
    operator.invert: "~",
    operator.not_: "not ",
}
_INDENT = "    "
_COMMENT_COLUMN = 60
"""Comments are aligned below one another, but no farther to the right than this."""

_STARS: dict[Any, str] = {
    inspect.Parameter.VAR_POSITIONAL: "*",
    inspect.Parameter.VAR_KEYWORD: "**",
}


def to_text(function: Function, outside: Mapping[Var, str] | None = None) -> str:
    """The text of a function of either dialect.

    Parameters
    ----------
    function : Function
        What to print.  It need not be valid: a variable without a definition has a name too.
    outside : mapping, optional
        The variables that the function reads from outside, with the expressions that give them.

    Returns
    -------
    str
        The text, which depends on the program alone and ends in a newline.
    """
    printer = _Printer(_names(function, outside or {}), typed=_is_typed(function))
    for var, place in (outside or {}).items():
        printer.lines.append(_Line(f"# {place}: {printer.type(var.type)}"))
    printer.function(function, f"def {function.name}", {}, "")
    return "".join(line + "\n" for line in _layout(printer.lines))


def statement_text(function: Function, stmt: Stmt) -> str:
    """The line of one statement of ``function``, named as in the text of the whole."""
    printer = _Printer(_names(function, {}), typed=False)
    printer.stmt(stmt, "", header_only=True)
    return printer.lines[0].code


def variable_text(function: Function, var: Var) -> str:
    """The name that a variable has in the text of ``function``."""
    return _names(function, {}).of(var)


# --- names --------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Names:
    """A name for every variable, a number for every symbolic length."""

    names: dict[Var, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    versions: dict[str, int] = field(default_factory=dict)
    symbols: dict[Symbol, str] = field(default_factory=dict)

    def of(self, var: object) -> str:
        if not isinstance(var, Var):
            return f"<{type(var).__name__}>"  # in a broken program
        name = self.names.get(var)
        if name is None:
            name = self.names[var] = self.new(var.name)
        return name

    def new(self, hint: str) -> str:
        """A name that is not used yet: the hint itself, or a version of it."""
        while True:
            version = self.versions.get(hint, 0 if hint else 1)
            self.versions[hint] = version + 1
            name = hint if hint and not version else f"{hint}.{version}" if hint else f"%{version}"
            if name not in self.used:
                self.used.add(name)
                return name

    def symbol(self, symbol: Symbol) -> str:
        return self.symbols.setdefault(symbol, f"n{len(self.symbols)}")


def _names(function: Function, outside: Mapping[Var, str]) -> _Names:
    names = _Names(dict(outside), set(outside.values()))
    for var in _definitions(function):
        names.of(var)
    return names


def _is_typed(function: Function) -> bool:
    return any(type_ is not UNKNOWN for type_ in _types(_definitions(function)))


def _definitions(function: Function) -> Iterator[Var]:
    """All variables of a function in the order in which they get their values."""
    yield from walk.params_of(function)
    yield from _definitions_in(function.body)


def _definitions_in(block: Block) -> Iterator[Var]:
    yield from block.params
    for stmt in block.body:
        if isinstance(stmt, Define):
            yield from _definitions(stmt.function)
        else:
            for inner in walk.blocks(stmt):
                yield from _definitions_in(inner)
        yield from walk.targets(stmt)


# --- lines --------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Line:
    code: str
    comment: str = ""


def _layout(lines: list[_Line]) -> Iterator[str]:
    """The lines with their comments in one column."""
    widths = [len(line.code) for line in lines if line.comment]
    column = max((width for width in widths if width <= _COMMENT_COLUMN), default=0)
    for line in lines:
        yield f"{line.code:<{column}}  # {line.comment}" if line.comment else line.code


@dataclass(slots=True)
class _Printer:
    """The lines printed so far, and what operands are called."""

    names: _Names
    typed: bool
    lines: list[_Line] = field(default_factory=list)

    def line(self, indent: str, code: str, types: Iterable[Type] = ()) -> None:
        comment = ", ".join(self.type(type_) for type_ in types) if self.typed else ""
        self.lines.append(_Line(indent + code, comment))

    # Operands

    def type(self, type_: Type) -> str:
        return spell_type(type_, self.names.symbol)

    def operand(self, operand: object) -> str:
        match operand:
            case Var():
                return self.names.of(operand)
            case Const():
                return spell_constant(operand.value)
            case Free():
                return operand.name
            case Pack():
                items = [self.operand(item) for item in operand.items]
                return spell_display(operand.kind, items, operand.keys)
            case Star():
                return "*" + self.atom(operand.operand)
            case _:  # only in a broken program
                return f"<{type(operand).__name__}>"

    def atom(self, operand: Operand) -> str:
        """An operand as an operand of an operator."""
        text = self.operand(operand)
        is_number = isinstance(operand, Const) and isinstance(operand.value, int | float | complex)
        return f"({text})" if is_number and text[:1] == "-" else text

    def receiver(self, operand: Operand) -> str:
        """An operand before a dot, a bracket or a call."""
        text = self.operand(operand)
        is_number = isinstance(operand, Const) and isinstance(operand.value, int | float | complex)
        return f"({text})" if is_number else text

    def index(self, operand: Operand) -> str:
        """An operand between brackets."""
        if not isinstance(operand, Pack):
            return self.operand(operand)
        if operand.kind is slice:
            parts = ["" if _is_none(item) else self.operand(item) for item in operand.items]
            return ":".join(parts if len(parts) != 3 or parts[2] else parts[:2])
        if operand.kind is tuple and operand.items:
            items = [self.index(item) for item in operand.items]
            return items[0] + "," if len(items) == 1 else ", ".join(items)
        return self.operand(operand)

    def arguments(
        self, args: Iterable[Operand], kwargs: Iterable[tuple[str | None, Operand]] = ()
    ) -> str:
        parts = [self.operand(arg) for arg in args]
        for name, value in kwargs:
            parts.append(
                f"**{self.atom(value)}" if name is None else f"{name}={self.operand(value)}"
            )
        return f"({', '.join(parts)})"

    def pairs(
        self, what: str, params: Sequence[Var], values: Sequence[Operand], types: list[Type]
    ) -> str:
        """`` carrying (h.1 = h, s.1 = s)``: what the parameters of a loop are at first.

        ``types`` are those of the parameters as far as the line says them elsewhere.
        """
        if not values:
            return ""
        # In a broken program the lengths may differ; it is printed as well as it can be.
        types = types + [UNKNOWN] * (len(params) - len(types))
        parts = [
            f"{self.definition(var, type_)} = {self.operand(value)}"
            for var, value, type_ in zip(params, values, types, strict=False)
        ]
        return f" {what} ({', '.join(parts)})"

    # Operations

    def operation(
        self,
        op: Any,
        args: tuple[Operand, ...],
        kwargs: tuple[tuple[str | None, Operand], ...],
    ) -> str:
        """A call of a known function, in the notation that Python has for it."""
        plain = not kwargs and not any(isinstance(arg, Star) for arg in args)
        if plain and isinstance(op, Hashable):
            special = self.notation(op, args)
            if special is not None:
                return special
        if args and _is_method(op) and not isinstance(args[0], Star):
            return f"{self.receiver(args[0])}.{op.__name__}" + self.arguments(args[1:], kwargs)
        return spell_object(op) + self.arguments(args, kwargs)

    def notation(self, op: Any, args: tuple[Operand, ...]) -> str | None:
        """An operator, subscript or attribute; None for everything else."""
        if len(args) == 1:
            if inspect.isgetsetdescriptor(op) or inspect.ismemberdescriptor(op):
                return f"{self.receiver(args[0])}.{op.__name__}"
            prefix = _PREFIX.get(op)
            return None if prefix is None else prefix + self.atom(args[0])
        if len(args) != 2:
            return None
        left, right = args
        if op is operator.getitem:
            return f"{self.receiver(left)}[{self.index(right)}]"
        if op is operator.contains:
            return f"{self.atom(right)} in {self.atom(left)}"
        if op is getattr and isinstance(right, Const) and isinstance(right.value, str):
            return f"{self.receiver(left)}.{right.value}"
        infix = _INFIX.get(op)
        return None if infix is None else f"{self.atom(left)} {infix} {self.atom(right)}"

    # Statements

    def stmt(self, stmt: Stmt, indent: str, header_only: bool = False) -> None:
        """One statement with its blocks, or only its first line."""
        types = _types(walk.targets(stmt))
        names = ", ".join(self.names.of(var) for var in walk.targets(stmt))
        define = f"{names} = " if names else ""
        match stmt:
            case Apply():
                self.line(indent, define + self.operation(stmt.op, stmt.args, stmt.kwargs), types)
            case Invoke():
                self.line(indent, define + self.invoke(stmt), types)
            case Store():
                self.line(indent, self.store(stmt))
            case Raise():
                cause = "" if stmt.cause is None else f" from {self.operand(stmt.cause)}"
                self.line(indent, f"raise {self.operand(stmt.exception)}{cause}")
            case Try():
                self.line(indent, f"{define}try {self.operand(stmt.cond)}:", types)
            case If():
                self.line(indent, f"{define}if {self.operand(stmt.cond)}:", types)
            case ForEach() | For():
                self.line(indent, define + self.loop_header(stmt), types)
            case While():
                carried = self.pairs("carrying", stmt.cond.params, stmt.init, types)
                self.line(indent, f"{define}while{carried}{self.until(stmt)}:", types)
            case Define():
                defaults = dict(stmt.defaults)
                if header_only:
                    self.line(indent, define + f"def {stmt.function.name}")
                    return
                captured = self.captured(stmt)
                header = f"{define}def {stmt.function.name}"
                self.function(stmt.function, header, defaults, indent, captured)
        if not header_only and not isinstance(stmt, Define):
            self.blocks(stmt, indent)

    def blocks(self, stmt: Stmt, indent: str) -> None:
        match stmt:
            case Try():
                self.block(stmt.then, indent + _INDENT)
                self.line(indent, f"except {self.operand(stmt.caught)}:")
                self.block(stmt.orelse, indent + _INDENT)
            case If():
                self.block(stmt.then, indent + _INDENT)
                if stmt.orelse.body or stmt.orelse.results:
                    self.line(indent, "else:")
                    self.block(stmt.orelse, indent + _INDENT)
            case ForEach() | For():
                self.block(stmt.body, indent + _INDENT)
            case While():
                self.block(stmt.cond, indent + _INDENT)
                params = ", ".join(map(self.names.of, stmt.body.params))
                self.line(indent, f"do with ({params}):" if params else "do:")
                self.block(stmt.body, indent + _INDENT)

    def invoke(self, stmt: Invoke) -> str:
        if isinstance(stmt.callee, Const):
            return self.operation(stmt.callee.value, stmt.args, stmt.kwargs)
        return self.receiver(stmt.callee) + self.arguments(stmt.args, stmt.kwargs)

    def store(self, stmt: Store) -> str:
        index = "..." if stmt.index is None else self.index(stmt.index)
        sign = "+=" if stmt.accumulate else "="
        return f"{self.operand(stmt.buffer)}[{index}] {sign} {self.operand(stmt.value)}"

    def loop_header(self, stmt: ForEach | For) -> str:
        types = _types(stmt.targets)
        item, params = stmt.body.params[:1], stmt.body.params[1:]
        carried = self.pairs("carrying", params, stmt.init, types)
        loop = f"for {self.definition(item[0], PY_INT) if item else '?'} in "
        until = self.until(stmt)
        if isinstance(stmt, ForEach):
            return f"{loop}{self.operand(stmt.iterable)}{carried}{until}:"
        has_step = not (isinstance(stmt.step, Const) and stmt.step.value == 1)
        bounds = (stmt.start, stmt.stop, *((stmt.step,) if has_step else ()))
        iterable = f"range{self.arguments(bounds)}"
        if stmt.backward:
            iterable = f"reversed({iterable})"
        elements = params[len(stmt.init) :]
        items = [_item_type(stack) for stack in stmt.stacks]
        consumed = self.pairs("consuming", elements, stmt.stacks, items)
        return f"{loop}{iterable}{carried}{consumed}{until}:"

    def until(self, stmt: ForEach | For | While) -> str:
        """The result of the body that ends the loop."""
        if not stmt.exits or not stmt.body.results:
            return ""
        whole = " in whole trips" if isinstance(stmt, For | While) and stmt.whole else ""
        return f"{whole} until {self.operand(stmt.body.results[0])}"

    def captured(self, stmt: Define) -> str:
        pairs = [f"{name} = {self.operand(value)}" for name, value in stmt.captures]
        return f" capturing ({', '.join(pairs)})" if pairs else ""

    def block(self, block: Block, indent: str, ending: str = "yield") -> None:
        """The statements of a block and what it yields, if it gets so far."""
        for stmt in block.body:
            self.stmt(stmt, indent)
        if block.results and not (block.diverges and _is_undefined(block.results)):
            results = ", ".join(self.operand(result) for result in block.results)
            self.line(indent, f"{ending} {results}")
        elif not block.body:
            self.line(indent, "pass")

    # Functions

    def function(
        self,
        function: Function,
        header: str,
        defaults: Mapping[str, Operand],
        indent: str,
        captured: str = "",
    ) -> None:
        kinds = [param.kind for param in function.params]
        texts = [self.parameter(param, defaults) for param in function.params]
        params = ", ".join(_separated(kinds, texts))
        self.line(indent, f"{header}({params}){captured}:")
        self.block(function.body, indent + _INDENT, "return")

    def parameter(self, param: Param, defaults: Mapping[str, Operand]) -> str:
        stars = _STARS.get(param.kind, "")
        if isinstance(param.value, Var) and param.value.name == param.name:
            text = stars + self.definition(param.value)
        else:
            text = f"{stars}{param.name} as {self.pattern(param.value)}"
        if param.has_default:
            default = defaults.get(param.name)
            text += " = " + ("..." if default is None else self.operand(default))
        return text

    def pattern(self, operand: Operand) -> str:
        """The variables into which a parameter is taken apart."""
        if isinstance(operand, Pack):
            return spell_display(operand.kind, map(self.pattern, operand.items), operand.keys)
        return self.definition(operand) if isinstance(operand, Var) else self.operand(operand)

    def definition(self, var: Var, expected: Type = UNKNOWN) -> str:
        """The name of a variable, with its type where that is known and not as expected."""
        name = self.names.of(var)
        return name if var.type in (expected, UNKNOWN) else f"{name}: {self.type(var.type)}"


def _separated(kinds: Sequence[Any], params: Sequence[str]) -> Iterator[str]:
    """The parameters of a function with ``/`` and ``*`` between those of different kinds."""
    kind = inspect.Parameter
    before: Any = None
    for now, param in zip([*kinds, None], [*params, ""], strict=True):
        if before is kind.POSITIONAL_ONLY and now is not before:
            yield "/"
        if now is kind.KEYWORD_ONLY and before not in (kind.VAR_POSITIONAL, kind.KEYWORD_ONLY):
            yield "*"
        if now is not None:
            yield param
        before = now


def _types(variables: Iterable[object]) -> list[Type]:
    return [var.type if isinstance(var, Var) else UNKNOWN for var in variables]


def _is_none(operand: Operand) -> bool:
    return isinstance(operand, Const) and operand.value is None


def _is_undefined(results: tuple[Operand, ...]) -> bool:
    return all(isinstance(item, Const) and item.value is UNDEFINED for item in results)


def _is_method(op: Any) -> bool:
    """Whether ``op`` is the method of a class as such: ``np.ndarray.sum``, ``str.format``."""
    return inspect.ismethoddescriptor(op) and hasattr(op, "__objclass__")


def _item_type(stack: Operand) -> Type:
    """The type of what a loop reads from a stack."""
    if isinstance(stack, Var) and isinstance(stack.type, StackOf):
        return stack.type.item
    return UNKNOWN
