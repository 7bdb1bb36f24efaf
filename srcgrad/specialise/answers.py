"""What special methods give back has to be of some class: ``__len__`` an int, ``__bool__`` a bool.

Python looks at what they give, and raises an error if it is something else.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import Loc
from srcgrad.ir.nodes import Const
from srcgrad.specialise import certain
from srcgrad.specialise.classes import classes_of
from srcgrad.specialise.values import ITERABLES, RangeOf, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_ASKING: dict[str, Callable[[Any], Any]] = {
    "__bool__": bool,
    "__float__": float,
    "__format__": format,
    "__int__": int,
    "__iter__": iter,
    "__len__": len,
    "__repr__": repr,
    "__str__": str,
}
_EXAMPLES: dict[type, Any] = {
    **{cls: cls() for cls in (bool, bytes, complex, dict, float, int, list, set, str, tuple)},
    **{cls: cls() for cls in (np.bool_, np.float32, np.float64, np.int64)},
    np.ndarray: np.zeros(1),
    range: range(0),
    type(None): None,
}
"""One value of each class of which it is known whether Python takes it."""


def check(sp: Specialiser, cls: type, method: str, result: Value, loc: Loc) -> None:
    """Raises what Python raises for the ``result`` of a special method of ``cls``, if it does."""
    asking = _ASKING.get(method)
    is_iterator = isinstance(result, ITERABLES) and not isinstance(result, RangeOf)
    if asking is None or is_iterator:
        return
    if isinstance(result, Const):
        examples = [result.value] if type(result.value) in _EXAMPLES else []
    else:
        classes = classes_of(sp, result)
        examples = [_EXAMPLES[each] for each in classes if each in _EXAMPLES]
        if len(examples) < len(classes) or _takes_one(cls, method, asking, examples):
            return
    for example in examples[:1]:
        certain.computed(loc, _ask, asking, _answering(cls, method, example))


def _takes_one(cls: type, method: str, asking: Callable[[Any], Any], examples: list[Any]) -> bool:
    """Whether Python takes one of these as what a method gives."""
    for example in examples:
        try:
            _ask(asking, _answering(cls, method, example))
        except (TypeError, ValueError):
            continue
        return True
    return False


def _ask(asking: Callable[[Any], Any], asked: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the program warns itself
        asking(asked)


def _answering(cls: type, method: str, answer: Any) -> Any:
    """An object of which a method gives ``answer``, of a class of the same name."""
    return type(cls.__name__, (), {method: lambda self, *args: answer})()
