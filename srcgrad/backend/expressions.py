"""Operands and operations as Python expressions.

Variables become ``ast.Name`` nodes whose identifier is filled in once names are known; the builder
remembers them, and tells which variables an expression reads.
"""

from __future__ import annotations

import ast
import dataclasses
import enum
import math
import operator
import types
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from srcgrad.backend.listing import listing
from srcgrad.backend.nest import Nesting, is_logical
from srcgrad.backend.spelling import Spelling, dtype_name, special_float
from srcgrad.instances import is_just_fields
from srcgrad.ir import intrinsics
from srcgrad.ir.keeping import changed_by
from srcgrad.ir.nodes import UNDEFINED, Apply, Const, If, Operand, Pack, Var
from srcgrad.ir.records import is_record
from srcgrad.ir.recursion import Pull

BINARY: dict[Any, type[ast.operator]] = {
    operator.add: ast.Add,
    operator.sub: ast.Sub,
    operator.mul: ast.Mult,
    operator.truediv: ast.Div,
    operator.floordiv: ast.FloorDiv,
    operator.mod: ast.Mod,
    operator.pow: ast.Pow,
    operator.matmul: ast.MatMult,
    operator.and_: ast.BitAnd,
    operator.or_: ast.BitOr,
    operator.xor: ast.BitXor,
    operator.lshift: ast.LShift,
    operator.rshift: ast.RShift,
}
_UNARY: dict[Any, type[ast.unaryop]] = {
    operator.neg: ast.USub,
    operator.pos: ast.UAdd,
    operator.invert: ast.Invert,
    operator.not_: ast.Not,
}
_COMPARE: dict[Any, type[ast.cmpop]] = {
    operator.lt: ast.Lt,
    operator.le: ast.LtE,
    operator.gt: ast.Gt,
    operator.ge: ast.GtE,
    operator.eq: ast.Eq,
    operator.ne: ast.NotEq,
    operator.is_: ast.Is,
    operator.is_not: ast.IsNot,
}
_NEGATED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_LOAD = ast.Load()
_CONVERSIONS: dict[Any, int] = {repr: ord("r"), str: ord("s"), ascii: ord("a")}


class Expressions:
    """Builds the expressions of one generated function.

    Parameters
    ----------
    nesting : Nesting
        Which statements are written where their value is used.
    spelling : Spelling
        How objects are called.
    inline : mapping of Var to callable
        Variables that are read from a place each time: each gives a new expression.
    """

    def __init__(
        self,
        nesting: Nesting,
        spelling: Spelling,
        inline: dict[Var, Callable[[], ast.expr]] | None = None,
    ) -> None:
        self.nesting = nesting
        self.spelling = spelling
        self.inline = {} if inline is None else inline
        self.slots: list[tuple[ast.Name, Var]] = []
        self.parameter_slots: list[tuple[ast.arg, Var]] = []
        self.hints: dict[Var, str] = {}
        self._var_of: dict[int, Var] = {}
        self._reads: list[Var] = []

    # --- variables ------------------------------------------------------------------------------

    def tracked(self, build: Callable[[], ast.expr]) -> tuple[ast.expr, tuple[Var, ...]]:
        """The expression that ``build`` makes, and the variables that it reads."""
        before, self._reads = self._reads, []
        expr = build()
        reads = tuple(dict.fromkeys(self._reads))
        self._reads = before
        self._reads.extend(reads)
        return expr, reads

    def read(self, operand: Operand) -> tuple[ast.expr, tuple[Var, ...]]:
        """``operand`` as an expression, and the variables that this reads."""
        return self.tracked(lambda: self.operand(operand))

    def name(self, var: Var, store: bool = False) -> ast.Name:
        """The name of ``var``, to be filled in."""
        node = ast.Name("", ast.Store() if store else _LOAD)
        self.slots.append((node, var))
        self._var_of[id(node)] = var
        if not store:
            self._reads.append(var)
        return node

    def fill_in(self, names: Mapping[Var, str]) -> None:
        """Writes the names of all variables into the expressions that were built."""
        for node, var in self.slots:
            node.id = names.get(var, "_") if isinstance(node.ctx, ast.Store) else names[var]
        for arg, var in self.parameter_slots:
            arg.arg = names[var]

    def operand(self, operand: Operand) -> ast.expr:
        if isinstance(operand, Var):
            inner = self.nesting.inner.get(operand)
            if inner is not None:
                return self.value(inner)
            place = self.inline.get(operand)
            return place() if place is not None else self.name(operand)
        if isinstance(operand, Const):
            return self.constant(operand.value)
        if isinstance(operand, Pack):
            return self.pack(operand)
        raise AssertionError(f"{operand} does not belong to the typed dialect")

    # --- constants ------------------------------------------------------------------------------

    def constant(self, value: Any) -> ast.expr:
        """A value that the compiler knows."""
        if value is UNDEFINED:
            return ast.Constant(None)
        if type(value) in (bool, str, bytes, type(None), type(Ellipsis)):
            return ast.Constant(value)
        if type(value) in (int, float):
            return self._number(value)
        if type(value) is complex:
            return self._complex(value)
        if isinstance(value, np.generic):
            return self._numpy_number(value)
        if isinstance(value, np.dtype):
            return self._dtype(value)
        if type(value) in (tuple, list, set, frozenset, dict, slice, range):
            return self._container(value)
        if isinstance(value, enum.Enum):
            return self.spelling.object(value, f"{type(value).__name__}_{value.name}")
        return self.spelling.object(value)

    def _number(self, value: float) -> ast.expr:
        if math.copysign(1.0, value) < 0 and value == value:
            return ast.UnaryOp(ast.USub(), self._number(-value))
        special = special_float(value) if isinstance(value, float) else None
        if special is not None:
            return self._numpy(special)
        return ast.Constant(value)

    def _complex(self, value: complex) -> ast.expr:
        if value.real == 0 and math.copysign(1.0, value.real) > 0 and 0 <= value.imag < math.inf:
            return ast.Constant(value)
        return self._call(self.spelling.object(complex), [value.real, value.imag])

    def _numpy_number(self, value: np.generic) -> ast.expr:
        name = dtype_name(value.dtype)
        if name is None:
            return self.spelling.object(value)
        return self._call(self._numpy(name), [value.item()])

    def _dtype(self, dtype: np.dtype[Any]) -> ast.expr:
        return self._call(self._numpy("dtype"), [dtype_name(dtype) or dtype.str])

    def _given_to_numpy(self, operand: Operand) -> ast.expr:
        """An argument of a function of NumPy's, to which the class of numbers is the dtype too."""
        dtype = operand.value if isinstance(operand, Const) else None
        name = dtype_name(dtype) if isinstance(dtype, np.dtype) else None
        return self._numpy(name) if name else self.operand(operand)

    def _numpy(self, name: str) -> ast.expr:
        root = ast.Name(self.spelling.module("numpy"), _LOAD)
        return ast.Attribute(root, name, _LOAD)

    def _call(self, function: ast.expr, values: list[Any]) -> ast.expr:
        return ast.Call(function, [self.constant(value) for value in values], [])

    def _container(self, value: Any) -> ast.expr:
        match value:
            case slice() | range():
                parts = [value.start, value.stop, value.step]
                return self._call(self.spelling.object(type(value)), parts)
            case dict():
                keys: list[ast.expr | None] = [self.constant(key) for key in value]
                return ast.Dict(keys, [self.constant(item) for item in value.values()])
            case frozenset():
                return self._call(self.spelling.object(frozenset), [list(value)])
            case set() if not value:
                return self._call(self.spelling.object(set), [])
        items = [self.constant(item) for item in value]
        if isinstance(value, set):
            return ast.Set(items)
        return ast.Tuple(items, _LOAD) if isinstance(value, tuple) else ast.List(items, _LOAD)

    def pack(self, pack: Pack) -> ast.expr:
        """A container display."""
        items = [self.operand(item) for item in pack.items]
        if pack.kind is tuple or is_record(pack.kind):
            return ast.Tuple(items, _LOAD)
        if pack.kind is list:
            return ast.List(items, _LOAD)
        if pack.kind is dict:
            return ast.Dict([self.constant(key) for key in pack.keys], items)
        function = self.spelling.object(pack.kind)
        if pack.kind is slice or (issubclass(pack.kind, tuple) and not pack.keys):
            return ast.Call(function, items, [])
        if not dataclasses.is_dataclass(pack.kind) and issubclass(pack.kind, tuple):
            return ast.Call(function, items, [])
        keywords = [ast.keyword(k, v) for k, v in zip(pack.keys, items, strict=True)]
        if is_just_fields(pack.kind):
            return ast.Call(function, [], keywords)
        # What its ``__init__`` and ``__post_init__`` have computed is in the fields already.
        return ast.Call(self.spelling.object(intrinsics.instance), [function], keywords)

    # --- operations -----------------------------------------------------------------------------

    def value(self, stmt: Apply | If) -> ast.expr:
        """What ``stmt`` computes, as an expression."""
        if isinstance(stmt, Apply):
            return self.apply(stmt)
        return self._logical(stmt) if is_logical(stmt) else self._conditional(stmt)

    def _conditional(self, stmt: If) -> ast.expr:
        test, then = self.operand(stmt.cond), self.operand(stmt.then.results[0])
        return ast.IfExp(test, then, self.operand(stmt.orelse.results[0]))

    def _logical(self, stmt: If) -> ast.expr:
        is_or = stmt.then.results[0] is stmt.cond
        arm = stmt.orelse if is_or else stmt.then
        op: ast.boolop = ast.Or() if is_or else ast.And()
        parts = []
        for part in (self.operand(stmt.cond), self.operand(arm.results[0])):
            same = isinstance(part, ast.BoolOp) and type(part.op) is type(op)
            parts.extend(part.values if same and isinstance(part, ast.BoolOp) else [part])
        text = "".join(stmt.loc.text)
        if (
            not is_or
            and len(parts) == 2
            and (chain := self._chained(*parts))
            and " and " not in text
        ):
            return chain
        return ast.BoolOp(op, parts)

    def _chained(self, first: ast.expr, second: ast.expr) -> ast.expr | None:
        """``a < b < c`` for ``a < b and b < c``."""
        if not isinstance(first, ast.Compare) or not isinstance(second, ast.Compare):
            return None
        a, b = first.comparators[-1], second.left
        if isinstance(a, ast.Constant) and isinstance(b, ast.Constant):
            same = type(a.value) is type(b.value) and a.value == b.value
        else:
            same = id(a) in self._var_of and self._var_of[id(a)] is self._var_of.get(id(b))
        if not same:
            return None
        comparators = first.comparators + second.comparators
        return ast.Compare(first.left, first.ops + second.ops, comparators)

    def apply(self, stmt: Apply) -> ast.expr:
        """One operation."""
        op, args = stmt.op, stmt.args
        if (expr := listing(self, stmt)) is not None:
            return expr
        if not stmt.kwargs and (expr := self._syntax(op, args)) is not None:
            return expr
        if isinstance(op, Pull):
            return self._application(self.operand(args[0]), op.given(args), stmt)
        if op is intrinsics.call:
            return self._application(self.operand(args[0]), args[1:], stmt)
        if isinstance(op, types.MethodDescriptorType) and args:
            method = ast.Attribute(self.operand(args[0]), op.__name__, _LOAD)
            return self._application(method, args[1:], stmt)
        if op is changed_by and isinstance(args[1], Const):
            method = ast.Attribute(self.operand(args[0]), args[1].value, _LOAD)
            return self._application(method, args[2:], stmt)
        if op is intrinsics.taken:
            return self.operand(args[0])
        if op is intrinsics.collect:
            op = np.array
        return self._application(self.spelling.object(op), args, stmt)

    def _application(self, function: ast.expr, args: tuple[Operand, ...], stmt: Apply) -> ast.expr:
        spell = self._given_to_numpy if _is_of_numpy(stmt.op) else self.operand
        keywords = [(name, spell(value)) for name, value in stmt.kwargs]
        return ast.Call(function, [*map(spell, args)], [ast.keyword(*each) for each in keywords])

    def _syntax(self, op: Any, args: tuple[Operand, ...]) -> ast.expr | None:
        """An operation that has a syntax of its own; None for a call."""
        if op is list and not args:
            return ast.List([], _LOAD)
        if op is intrinsics.call and isinstance(args[0], Const):
            looks_up = args[0].value is getattr or args[0].value is operator.getitem
            return self._syntax(args[0].value, args[1:]) if looks_up else None
        if op is intrinsics.join_text:
            return self._text(args)
        if isinstance(op, types.GetSetDescriptorType | types.MemberDescriptorType):
            return ast.Attribute(self.operand(args[0]), op.__name__, _LOAD)
        if isinstance(op, property) and op.fget is not None:
            return ast.Attribute(self.operand(args[0]), op.fget.__name__, _LOAD)
        if op is getattr and len(args) == 2 and isinstance(args[1], Const):
            name = args[1].value
            if isinstance(name, str) and name.isidentifier():
                return ast.Attribute(self.operand(args[0]), name, _LOAD)
        return self._operator(op, args)

    def _operator(self, op: Any, args: tuple[Operand, ...]) -> ast.expr | None:
        if not isinstance(op, types.BuiltinFunctionType) or op.__module__ != "_operator":
            return None
        if op is operator.getitem:
            return ast.Subscript(self.operand(args[0]), self.index(args[1]), _LOAD)
        if op is operator.contains:
            container, item = self.operand(args[0]), self.operand(args[1])
            return ast.Compare(item, [ast.In()], [container])
        if op in BINARY:
            return ast.BinOp(self.operand(args[0]), BINARY[op](), self.operand(args[1]))
        if op in _COMPARE:
            left, right = self.operand(args[0]), self.operand(args[1])
            return ast.Compare(left, [_COMPARE[op]()], [right])
        if op is operator.not_:
            return negated(self.operand(args[0]))
        if op in _UNARY:
            return ast.UnaryOp(_UNARY[op](), self.operand(args[0]))
        return None

    def index(self, operand: Operand) -> ast.expr:
        """What stands between the brackets of a subscript."""
        if isinstance(operand, Pack) and operand.kind is slice:
            return ast.Slice(*(self._bound(item) for item in operand.items))
        if isinstance(operand, Pack) and operand.kind is tuple and operand.items:
            return ast.Tuple([self.index(item) for item in operand.items], _LOAD)
        if isinstance(operand, Const) and isinstance(operand.value, slice):
            bounds = (operand.value.start, operand.value.stop, operand.value.step)
            return ast.Slice(*(self._bound(Const(bound)) for bound in bounds))
        if isinstance(operand, Const) and isinstance(operand.value, tuple) and operand.value:
            return ast.Tuple([self.index(Const(item)) for item in operand.value], _LOAD)
        return self.operand(operand)

    def _bound(self, operand: Operand) -> ast.expr | None:
        missing = isinstance(operand, Const) and operand.value is None
        return None if missing else self.operand(operand)

    def _text(self, args: tuple[Operand, ...]) -> ast.expr:
        """An f-string."""
        return ast.JoinedStr([self._text_part(arg) for arg in args])

    def _text_part(self, operand: Operand) -> ast.expr:
        if isinstance(operand, Const) and isinstance(operand.value, str):
            return ast.Constant(operand.value)
        inner = self.nesting.inner.get(operand) if isinstance(operand, Var) else None
        if not isinstance(inner, Apply) or inner.op is not format or inner.kwargs:
            return self._converted(operand, None)
        spec = inner.args[1] if len(inner.args) > 1 else Const("")
        if isinstance(spec, Const):
            plain = ast.JoinedStr([ast.Constant(spec.value)]) if spec.value else None
            return self._converted(inner.args[0], plain)
        return self._converted(inner.args[0], ast.JoinedStr([self._converted(spec, None)]))

    def _converted(self, operand: Operand, spec: ast.expr | None) -> ast.expr:
        inner = self.nesting.inner.get(operand) if isinstance(operand, Var) else None
        if isinstance(inner, Apply) and inner.op in _CONVERSIONS and len(inner.args) == 1:
            value = self.operand(inner.args[0])
            return ast.FormattedValue(value, _CONVERSIONS[inner.op], spec)
        return ast.FormattedValue(self.operand(operand), -1, spec)


def _is_of_numpy(op: Any) -> bool:
    """Whether an operation is a function, or a method, of NumPy's, or one of the compiler's own."""
    if op is intrinsics.call:
        return False
    owner = getattr(op, "__objclass__", None) or op
    module = "numpy" if isinstance(op, np.ufunc) else getattr(owner, "__module__", None)
    return (module or "").split(".")[0] in ("numpy", __name__.split(".")[0])


def negated(test: ast.expr) -> ast.expr:
    """``not test``, simplified where that is certain to mean the same."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        other = _NEGATED.get(type(test.ops[0]))
        if other is not None:
            return ast.Compare(test.left, [other()], test.comparators)
    return ast.UnaryOp(ast.Not(), test)
