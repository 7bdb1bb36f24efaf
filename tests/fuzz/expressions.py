"""The expressions of the interpreter; the statements, and what calls do, are in ``interpreter``."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator
from typing import Any

from tests.fuzz.dual import Dual, apply, method
from tests.fuzz.frames import Closure, Scope
from tests.fuzz.instances import Instances

BINARY = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Mod: operator.mod,
    ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv, ast.Pow: operator.pow,
    ast.MatMult: operator.matmul, ast.BitAnd: operator.and_, ast.BitOr: operator.or_,
    ast.BitXor: operator.xor, ast.LShift: operator.lshift, ast.RShift: operator.rshift,
}  # fmt: skip
UNARY = {
    ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Invert: operator.invert,
}  # fmt: skip
COMPARE = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip


class Expressions(Instances):
    """The part of a run that evaluates expressions: ``eval_X`` for each node ``X``."""

    builtin: Callable[[Any, list[Any], dict[str, Any]], Any]
    assign: Callable[[Any, Any, Scope], None]
    items: Callable[[Any], Any]

    def truth(self, node: ast.expr, scope: Scope) -> bool:
        return self.true(self.expression(node, scope))

    def true(self, thing: Any) -> bool:
        if isinstance(thing, Dual):
            self.watch.kink(thing, 0.0)
            return bool(thing.v)
        return self.truth_of(thing)

    def expression(self, node: Any, scope: Scope) -> Any:
        return getattr(self, f"eval_{type(node).__name__}")(node, scope)

    def eval_Constant(self, node: Any, scope: Scope) -> Any:
        return node.value

    def eval_Name(self, node: Any, scope: Scope) -> Any:
        return scope.look(node.id)

    def eval_Lambda(self, node: Any, scope: Scope) -> Any:
        return Closure(node, scope)

    def eval_Tuple(self, node: Any, scope: Scope) -> Any:
        return tuple(self.elements(node.elts, scope))

    def eval_List(self, node: Any, scope: Scope) -> Any:
        return list(self.elements(node.elts, scope))

    def elements(self, nodes: list[Any], scope: Scope) -> Iterator[Any]:
        for each in nodes:
            if isinstance(each, ast.Starred):
                yield from self.items(self.expression(each.value, scope))
            else:
                yield self.expression(each, scope)

    def eval_Dict(self, node: Any, scope: Scope) -> Any:
        made: dict[Any, Any] = {}
        for key, each in zip(node.keys, node.values, strict=True):
            if key is None:
                made.update(self.expression(each, scope))
            else:
                name = self.expression(key, scope)
                made[name] = self.expression(each, scope)
        return made

    def eval_Slice(self, node: Any, scope: Scope) -> Any:
        parts = (node.lower, node.upper, node.step)
        return slice(*(None if p is None else self.expression(p, scope) for p in parts))

    def eval_Subscript(self, node: Any, scope: Scope) -> Any:
        owner = self.expression(node.value, scope)
        return self.get_item(owner, self.expression(node.slice, scope))

    def eval_Attribute(self, node: Any, scope: Scope) -> Any:
        return self.read(self.expression(node.value, scope), node.attr)

    def eval_BinOp(self, node: Any, scope: Scope) -> Any:
        left, right = self.expression(node.left, scope), self.expression(node.right, scope)
        return self.binary(BINARY[type(node.op)], left, right)

    def binary(self, op: Any, left: Any, right: Any) -> Any:
        found = self.operate(op, left, right)
        if found is not NotImplemented:
            return found
        if isinstance(left, list | tuple | str | dict) or isinstance(right, list | tuple | str):
            return op(left, right)
        return apply(op, (left, right), {}, self.watch)

    def eval_UnaryOp(self, node: Any, scope: Scope) -> Any:
        if isinstance(node.op, ast.Not):
            return not self.truth(node.operand, scope)
        return self.builtin(UNARY[type(node.op)], [self.expression(node.operand, scope)], {})

    def eval_BoolOp(self, node: Any, scope: Scope) -> Any:
        stops = isinstance(node.op, ast.Or)
        for each in node.values:
            result = self.expression(each, scope)
            if self.true(result) == stops:
                break
        return result

    def eval_Compare(self, node: Any, scope: Scope) -> Any:
        left = self.expression(node.left, scope)
        result: Any = True
        for op, each in zip(node.ops, node.comparators, strict=True):
            right = self.expression(each, scope)
            result = self.compare(op, left, right)
            if len(node.ops) > 1 and not self.true(result):
                return result
            left = right
        return result

    def compare(self, op: Any, left: Any, right: Any) -> Any:
        if isinstance(op, ast.Is | ast.IsNot):
            return (left is right) == isinstance(op, ast.Is)
        if isinstance(op, ast.In | ast.NotIn):
            return (left in self.items(right)) == isinstance(op, ast.In)
        found = self.operate(COMPARE[type(op)], left, right)
        if found is not NotImplemented:
            return found
        if isinstance(left, list | tuple | str | dict | None) or right is None:
            return COMPARE[type(op)](left, right)
        return apply(COMPARE[type(op)], (left, right), {}, self.watch)

    def eval_IfExp(self, node: Any, scope: Scope) -> Any:
        return self.expression(node.body if self.truth(node.test, scope) else node.orelse, scope)

    def eval_NamedExpr(self, node: Any, scope: Scope) -> Any:
        scope[node.target.id] = self.expression(node.value, scope)
        return scope[node.target.id]

    def eval_ListComp(self, node: Any, scope: Scope) -> Any:
        inner = Scope(scope, scope.globals, self)
        return list(self.comprehend(node.elt, node.generators, inner))

    def eval_GeneratorExp(self, node: Any, scope: Scope) -> Any:
        return self.comprehend(node.elt, node.generators, Scope(scope, scope.globals, self))

    def comprehend(self, element: Any, generators: list[Any], scope: Scope) -> Iterator[Any]:
        """The elements, one after the other; what they are made of is evaluated at once."""
        first, rest = generators[0], generators[1:]
        over = iter(self.items(self.expression(first.iter, scope)))

        def found() -> Iterator[Any]:
            for each in over:
                self.assign(first.target, each, scope)
                if not all(self.truth(test, scope) for test in first.ifs):
                    continue
                if rest:
                    yield from self.comprehend(element, rest, scope)
                else:
                    yield self.expression(element, scope)

        return found()

    def eval_Call(self, node: Any, scope: Scope) -> Any:
        function = node.func
        if isinstance(function, ast.Name) and function.id == "super" and not node.args:
            return super(scope.look("__class__"), scope.receiver)
        owner = None
        if isinstance(function, ast.Attribute):
            owner = self.expression(function.value, scope)
            callee = None if isinstance(owner, Dual) else self.read(owner, function.attr)
        else:
            callee = self.expression(function, scope)
        args = list(self.elements(node.args, scope))
        kwargs: dict[str, Any] = {}
        for keyword in node.keywords:
            new = self.expression(keyword.value, scope)
            kwargs.update(new if keyword.arg is None else {keyword.arg: new})
        if isinstance(owner, Dual):
            return method(owner, function.attr, args, kwargs, self.watch)
        return self.call(callee, args, kwargs)
