"""What expressions in a function that is only called may be; what they change is noted."""

from __future__ import annotations

import abc
import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.analysis import unseen_constants
from srcgrad.analysis.unseen_classes import class_of
from srcgrad.analysis.unseen_names import keys_of
from srcgrad.analysis.unseen_values import (
    ALL,
    Given,
    Made,
    Values,
    behind,
    contents,
    elements,
    inner,
    is_array,
    plain,
    rank_of,
    union,
)

if TYPE_CHECKING:
    from srcgrad.analysis.unseen import Unseen

_ITERATING = ("__iter__", "__next__", "__getitem__", "__reversed__", "__aiter__", "__anext__")
_INDEXING = ("__getitem__", "__missing__", "__class_getitem__")
_AS_INDEX = ("__index__", "__hash__", "__eq__")
_AS_TRUTH = ("__bool__", "__len__")
_KINDS: dict[type[ast.expr], type] = {
    ast.Tuple: tuple,
    ast.List: list,
    ast.ListComp: list,
    ast.GeneratorExp: list,
    ast.Set: set,
    ast.SetComp: set,
    ast.Dict: dict,
    ast.DictComp: dict,
}
"""What displays and comprehensions make; a generator gives one element after the other."""


class Expressions(abc.ABC):
    """The expressions of one function that is gone through."""

    def __init__(self, unseen: Unseen) -> None:
        self._unseen = unseen
        self._returned: list[Values] = []

    @abc.abstractmethod
    def _read(self, name: str) -> Values:
        """What a name stands for."""

    @abc.abstractmethod
    def _steady(self, name: str) -> Values | None:
        """What a name stands for, None where it may stand for something else the next time."""

    @abc.abstractmethod
    def _store(self, target: ast.expr, values: Values) -> None:
        """Assigns to a target."""

    @abc.abstractmethod
    def _mangled(self, name: str) -> str:
        """The name of an attribute, as the class of the function knows it."""

    @abc.abstractmethod
    def _special(self, node: ast.expr) -> Values | None:
        """What an expression may be that depends on the function; None for any other."""

    def _value(self, node: ast.expr) -> Values:
        """What an expression may be; what evaluating it changes is noted."""
        special = self._special(node)
        if special is not None:
            return special
        match node:
            case ast.Constant():
                return (node.value,)
            case ast.Name():
                return self._read(node.id)
            case ast.Attribute():
                name = self._mangled(node.attr)
                owners = self._value(node.value)
                return union([self._unseen.attribute(owner, name) for owner in owners])
            case ast.Subscript():
                return self._item(node)
            case ast.Call():
                return self._call(node)
            case ast.IfExp():
                self._tested(node.test)
                return union((self._value(node.body), self._value(node.orelse)))
            case ast.BoolOp():
                return union([self._tested(value) for value in node.values])
            case ast.Await() | ast.Yield() | ast.YieldFrom():
                return self._given_away(node)
            case _:
                return self._display(node)

    def _tested(self, node: ast.expr) -> Values:
        """What an expression may be whose truth is asked for."""
        for each in (values := self._value(node)):
            self._unseen.ask(each, *_AS_TRUTH)
        return values

    def _given_away(self, node: ast.Await | ast.Yield | ast.YieldFrom) -> Values:
        """What a generator gives, or waits for."""
        if isinstance(node, ast.YieldFrom):
            values = self._items(node.value)
        else:
            values = () if node.value is None else self._value(node.value)
        if isinstance(node, ast.Await):
            asked = union([self._unseen.ask(each, "__await__") for each in values])
            return (*values, *asked)
        self._returned.append((Made(list(values), list),))
        return values

    def _display(self, node: ast.expr) -> Values:
        """A display, or what operators make: something new, with what is in it."""
        if isinstance(node, ast.BinOp | ast.JoinedStr):
            known = unseen_constants.known(node, self._steady)
            if known is not None:
                return known
        children = (each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr))
        values = [self._value(child) for child in children]
        parts = union(values)
        if isinstance(node, ast.Starred):
            return union(map(elements, parts))
        if isinstance(node, ast.Dict):
            spread = [v for k, v in zip(node.keys, node.values, strict=True) if k is None]
            held = (contents(each) for value in spread for each in self._value(value))
            return (Made(list(union((parts, *held))), dict, keys=keys_of(node)),)
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            return (Made(list(parts), _KINDS[type(node)]),)
        return self._made_of(parts)

    def _made_of(self, parts: Values) -> tuple[Made]:
        """What operators make of operands."""
        asked = [self._unseen.ask(each) for each in parts]
        if any(isinstance(each, np.ndarray) for each in parts):
            return (Made([*union(asked)]),)
        return (Made(list(union((*map(elements, parts), *asked)))),)

    # --- items ----------------------------------------------------------------------------------

    def _keys(self, node: ast.expr) -> Values:
        """What an index may be."""
        values = self._value(node)
        return unseen_constants.known(node, self._steady) or values

    def _item(self, node: ast.Subscript) -> Values:
        keys = self._keys(node.slice)
        for each in keys:
            self._unseen.ask(each, *_AS_INDEX)
        found: list[Values] = []
        for owner in map(behind, self._value(node.value)):
            given = self._unseen.ask(owner, *_INDEXING)
            found.extend((given, *map(elements, given), self._unseen.assigned(owner, ALL)))
            known = isinstance(owner, dict) and keys and all(isinstance(k, str | int) for k in keys)
            if known:
                there = (key for key in keys if dict.__contains__(owner, key))
                found.extend((plain(dict.__getitem__(owner, key)),) for key in there)
            elif is_array(owner) and _takes_a_part(node.slice, keys):
                found.append((owner,))
            elif is_array(owner) and _takes_one(node.slice, owner):
                found.append(())
            else:
                found.append(elements(owner))
        return union(found)

    def _items(self, node: ast.expr) -> Values:
        """What a loop over an expression takes from it."""
        values = self._value(node)
        given = union([self._unseen.ask(each, *_ITERATING) for each in values])
        more = union([self._unseen.ask(each, *_ITERATING) for each in given])  # by an iterator
        put = [self._unseen.assigned(each, ALL) for each in values]
        return union((*map(contents, (*values, *given, *more)), given, more, *put))

    def _loops(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> Iterator[ast.expr]:
        """Goes through the loops of a comprehension; the expressions that it takes."""
        for loop in node.generators:
            self._store(loop.target, self._items(loop.iter))
            for test in loop.ifs:
                self._tested(test)
        yield from (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> Values:
        parts = union([self._value(each) for each in self._loops(node)])
        return (Made(list(parts), _KINDS[type(node)]),)

    # --- calls ----------------------------------------------------------------------------------

    def _call(self, node: ast.Call) -> Values:
        callees = self._value(node.func)
        starred: list[Values] = []
        args: list[Values] = []
        for arg in node.args:
            if isinstance(arg, ast.Starred) or starred:
                starred.append(self._value(arg))
            else:
                args.append(self._value(arg))
        named = {word.arg: self._value(word.value) for word in node.keywords if word.arg}
        spread = [self._value(word.value) for word in node.keywords if word.arg is None]
        rest = union((*starred, *(contents(each) for value in spread for each in value)))
        given = Given(tuple(args), named, rest)
        made = unseen_constants.known(node, self._steady)
        return made or self._unseen.call_any(callees, given)


def _takes_a_part(key: ast.expr, keys: Values) -> bool:
    """Whether an index may be a slice, which shows a part of an array."""
    if any(isinstance(node, ast.Slice) for node in ast.walk(key)):
        return True
    parts = inner(keys)
    return any(each is ... or each is None or class_of(each) is slice for each in parts)


def _takes_one(key: ast.expr, array: Any) -> bool:
    """Whether an index that has no slices is one for each dimension of an array."""
    return isinstance(key, ast.Tuple) and len(key.elts) == rank_of(array)
