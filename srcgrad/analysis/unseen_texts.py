"""Texts that are executed: ``exec("cfg.gain = 5.0")``, as if they stood in the function."""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from srcgrad.analysis import unseen_bodies, unseen_code
from srcgrad.analysis.unseen_objects import is_plain_dict
from srcgrad.analysis.unseen_values import SOME, Given, Made, Values, inner, plain, union

if TYPE_CHECKING:
    from srcgrad.analysis.unseen import Unseen

_NO_PARAMETERS = ast.arguments([], [], None, [], [], None, [])


def results(unseen: Unseen, is_eval: bool, given: Given) -> Values:
    """What ``exec`` or ``eval`` may give; what it changes is noted."""
    body, scopes = unseen.body, given.args[1:]
    texts = _texts(given.args[0]) if given.args else None
    if texts is None or body is None or given.rest or given.kwargs:
        unseen.change_everything()
        return (SOME, *inner(given.everything()))
    found: list[Values] = []
    for text in texts:
        if isinstance(text, types.CodeType):
            found.append(unseen_code.go_through(unseen, body.made_of(text), given))
            continue
        node = _parsed(text, is_eval)
        if node is not None:
            found.append(_Executed(unseen, body, node, scopes).results(Given()))
    return union(found)


def _texts(values: Values) -> list[str | types.CodeType] | None:
    """The texts, and the code, that are executed; None if they are not known."""
    found: list[str | types.CodeType] = []
    for each in values:
        parts = each.parts if isinstance(each, Made) and each.cls is types.CodeType else [each]
        if not parts or not all(isinstance(part, str | types.CodeType) for part in parts):
            return None
        found.extend(parts)
    return found or None


def _parsed(text: str, is_eval: bool) -> unseen_bodies.Definition | None:
    """A function that has a text for its body; None where the text is wrong, which then raises."""
    try:
        if is_eval:
            return ast.Lambda(_NO_PARAMETERS, ast.parse(text.strip(), mode="eval").body)
        return ast.FunctionDef("exec", _NO_PARAMETERS, ast.parse(text).body, [])
    except (SyntaxError, ValueError):
        return None


class _Executed(unseen_bodies.Body):
    """A text that is executed, with the names of the function, or with those that it is given."""

    def __init__(
        self,
        unseen: Unseen,
        around: unseen_bodies.Body,
        node: unseen_bodies.Definition,
        scopes: tuple[Values, ...],
    ) -> None:
        super().__init__(unseen, around.function, node, "")
        self._scopes = [scope for scope in scopes if scope != (None,)]
        self.around = None if self._scopes else around

    def _defaults(self, spec: ast.arguments, params: list[str]) -> Iterator[tuple[str, Values]]:
        """None: a text has no parameters, whatever those of the function around it are."""
        return iter(())

    def _outside(self, name: str) -> Values:
        found: list[Values] = [] if self._scopes else [super()._outside(name)]
        for scope in (each for values in self._scopes for each in values):
            if is_plain_dict(scope) and dict.__contains__(scope, name):
                found.append((plain(dict.__getitem__(scope, name)),))
            elif isinstance(scope, Made):
                found.append(inner(tuple(scope.parts)))
            found.append(self._unseen.assigned(scope, name))
        return union(found) if any(found) else super()._outside(name)

    def _assign(self, name: str, values: Values) -> None:
        super()._assign(name, values)
        owners: tuple[Any, ...] = self._scopes[-1] if self._scopes else ()
        if name in self._global and self._scopes:
            owners = self._scopes[0]
        for each in owners:
            self._unseen.set_item(each, (name,), values)
