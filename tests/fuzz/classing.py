"""Draws classes, and says what can be done with their instances: ``classes(rng)``.

What is in braces is drawn where it is used: ``{o}`` is an instance, ``{p}`` another of its class,
``{c}`` and ``{d}`` are numbers, ``{n}`` is how deep to go, ``{v}`` is a vector that may be written
and ``{i}`` an index that every vector has.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

METHOD, TWO_CLASSES, PROPERTY = "method that writes", "super()", "property"
SETTER, CACHED, STATIC = "property that is set", "cached property", "static and class methods"
CALLED, OPERATOR, IN_PLACE = "__call__", "operator", "operator in place"
COMPARED, TRUTH, ITEMS = "instances compared", "instance as a condition", "items of an instance"
ITERATED, DATACLASS, FROZEN = "instance iterated over", "dataclass", "frozen dataclass"
REPLACED, NAMED, OWN_CALLS = "replaced", "named tuple", "method that calls itself"

INSTANCES = (
    METHOD, TWO_CLASSES, PROPERTY, SETTER, CACHED, STATIC, CALLED, OPERATOR, IN_PLACE, COMPARED,
    TRUTH, ITEMS, ITERATED, DATACLASS, FROZEN, REPLACED, NAMED, OWN_CALLS,
)  # fmt: skip

Forms = Mapping[str, str]
"""Texts with what they are examples of."""


@dataclass(frozen=True)
class Sort:
    """A class.

    ``made`` makes an instance and ``derived`` one of another, ``numbers`` reads one, ``effects``
    does and changes it, ``changes`` are statements, ``tests`` are conditions, and ``end`` is what
    is returned of it.
    """

    text: str
    made: Forms
    numbers: Forms
    end: str
    changes: Forms = field(default_factory=dict)
    effects: Forms = field(default_factory=dict)
    derived: Forms = field(default_factory=dict)
    tests: Forms = field(default_factory=dict)


def _text(rng: random.Random, text: str, **choices: list[str]) -> str:
    """The text with one of the choices in each place ``<name>``."""
    for name, lines in choices.items():
        text = text.replace(f"<{name}>", rng.choice(lines))
    return text


BODY = """\
class Body:
    rate = 0.6

    def __init__(self, u, arr):
        <init>
        self.arr = arr

    def move(self, c):
        <move>
        <write>
        return self.u

    def pull(self, other):
        self.u += 0.3 * other.u
        other.arr[0] = <pull>
        return self

    @property
    def level(self):
        return self.u * self.arr[0] + self.rate

    @level.setter
    def level(self, c):
        self.u = c * 0.5
        self.arr[-1] = <set>

    @functools.cached_property
    def first(self):
        return <first>

    @staticmethod
    def bend(c):
        return np.tanh(c) * <bend>

    @classmethod
    def of(cls, c):
        return cls(cls.bend(c) * cls.rate, np.array([c, 0.3, -0.5 * c]))

    def deep(self, n, c):
        if n <= 0:
            return self.u * c
        return <deep>

    def __call__(self, c):
        <call>
        return np.sin(self.u * c)


class Heavy(Body):
    rate = 0.8

    def __init__(self, u, arr, w=0.5):
        super().__init__(u * 0.5, arr)
        self.w = w

    def move(self, c):
        <before>
        got = super().move(c * self.w)
        self.w = <after>
        return got

    def __call__(self, c):
        return super().__call__(<given>) + self.w"""

_BODILY: dict[str, dict[str, str]] = {
    "numbers": {
        "{o}.u": "", "{o}.arr[{i}]": "", "np.sum({o}.arr) * 0.3": "", "{o}.level": PROPERTY,
        "{o}.first": CACHED, "{o}.first * {o}.u": CACHED, "({p}.first - {o}.arr[{i}])": CACHED,
        "{o}({p}.u)": CALLED, "twice({o}, {c})": CALLED, "{o}({c})": CALLED,
        "{o}.bend({c})": STATIC, "Body.bend({c})": STATIC, "{o}.deep({n}, {c})": OWN_CALLS,
        "{o}.deep({n}, {p}.u)": OWN_CALLS, "({o}.deep({n}, {d}) - {p}.u)": OWN_CALLS,
        "({o} if {c} > {d} else {p}).u": "", "getattr({o}, 'u')": "",
    },
    "effects": {
        "{o}.move({c})": METHOD, "{o}.pull({p}).u": METHOD, "{o}({c})": CALLED,
    },
    "changes": {
        "{o}.move({c})": METHOD, "{o}.pull({p})": METHOD, "{o}.u = {c}": "", "{o}.u += {c}": "",
        "{o}.arr *= 0.8": "", "{o}.arr[{i}] = {c}": "", "{o}.arr = {v}": "",
        "{o}.level = {c}": SETTER, "{o}.level += {c}": SETTER,
        "{o}.level *= 0.5": SETTER, "{o}.level, {p}.level = {c}, {o}.level": SETTER,
        "setattr({o}, 'u', {c})": "",
        "{o}.u, {p}.u = {p}.u, {c}": "", "{o}.arr, {p}.arr = {p}.arr, {o}.arr": "",
    },
}  # fmt: skip


def _bodies(rng: random.Random) -> dict[str, Sort]:
    text = _text(
        rng,
        BODY,
        init=["self.u = u", "self.u, self.rate = u, 0.4 * u"],
        move=["self.u = np.sin(self.u + c)", "self.u *= c", "self.u += 0.4 * c * self.arr[0]"],
        write=["self.arr[0] = 0.5 * self.u", "self.arr *= np.cos(c)"],
        pull=["self.u * 0.5", "self.arr[1] * other.u", "np.sin(other.arr[0])"],
        set=["c", "np.sin(self.u)", "self.arr[0] * c"],
        first=["np.sin(self.u)", "self.u * self.arr[1]", "np.cos(self.arr[0])"],
        bend=["0.7", "c", "Body.rate"],
        deep=[
            "self.deep(n - 1, c) * self.arr[0] + 0.2",
            "self.deep(n - 1, np.sin(c)) + self.arr[n % 2]",
        ],
        call=["self.u += 0.2 * c", "c = c * self.arr[0]", "self.arr[1] = c * self.u"],
        before=["self.u += 0.1 * c", "c = c * 0.9", "self.arr[-1] = c"],
        after=["got * 0.5 + c", "self.w * 0.8", "np.sin(self.u)"],
        given=["c", "c * self.w", "self.move(c)"],
    )
    derived = {"{o}": "", "urge({o}, {c})": METHOD, "{o}.pull({p})": METHOD, "copy.copy({o})": ""}
    made = {"Body({c}, {v})": "", "Body.of({c})": STATIC}
    heavier = {"Heavy({c}, {v})": TWO_CLASSES, "Heavy({c}, {v}, w={d})": TWO_CLASSES}
    heavier |= {"Heavy.of({c})": STATIC}
    above = {"{o}.move({c})": TWO_CLASSES, "{o}({c})": TWO_CLASSES}
    numbers, effects = _BODILY["numbers"], _BODILY["effects"]
    rest = {"changes": _BODILY["changes"], "derived": derived}
    body = Sort(
        text, made, numbers, "{o}.u * {o}.level + np.sum({o}.arr ** 2)", effects=effects, **rest
    )
    heavy = Sort(
        text, heavier, numbers | {"{o}.w": ""} | above, "{o}.level * {o}.w + np.sum({o}.arr ** 2)",
        effects=effects | above, changes=rest["changes"] | above | {"{o}.w *= {c}": ""},
        derived=derived,
    )  # fmt: skip
    return {"Body": body, "Heavy": heavy}


NUM = """\
class Num:
    def __init__(self, a, b=0.5):
        self.a = a
        self.b = b

    def __add__(self, other):
        if isinstance(other, Num):
            return Num(self.a + other.a, <both>)
        return Num(self.a + other, self.b)

    def __radd__(self, other):
        return Num(<radd>, self.b)

    def __mul__(self, other):
        if isinstance(other, Num):
            return Num(self.a * other.a, <times>)
        if not isinstance(other, float):
            return NotImplemented
        return Num(self.a * other, <scaled>)

    def __rmul__(self, other):
        return Num(other * self.a, <rmul>)

    def __sub__(self, other):
        <sub>
        return Num(self.a - other.a, self.b)

    def __neg__(self):
        return Num(-self.a, <neg>)
<iadd>
    def __eq__(self, other):
        return self.a * 0.5 == other.b

    def __lt__(self, other):
        return <lt>

    def __bool__(self):
        return <bool>

    def bump(self, c):
        self.a = np.sin(self.a + c)
        self.b *= 0.9
        return self


class Late(Num):
    def __radd__(self, other):
        return Late(<late>, 0.3) if isinstance(other, Num) else Late(self.a + other)

    def __gt__(self, other):
        return self.b > other.a"""

_IADD = """
    def __iadd__(self, other):
        <change>
        return <self>
"""


def _nums(rng: random.Random) -> dict[str, Sort]:
    text = _text(
        rng,
        NUM,
        both=["self.b * other.b", "self.b - 0.3 * other.a", "other.b"],
        radd=["other + self.a", "other * 0.5 + self.a", "self.a - other"],
        times=["self.b + other.b", "self.a * other.b"],
        scaled=["self.b", "self.b * other"],
        rmul=["self.b", "self.b + other"],
        sub=["self.b *= 0.8", "other = -other", "other = other * 0.5"],
        neg=["self.b", "-self.b", "self.a * self.b"],
        iadd=["", _IADD, _IADD, _IADD],
        lt=["self.a < other.a", "self.b < other.a + other.b"],
        bool=["bool(self.a > 0.1)", "bool(self.a < self.b)"],
        late=["other.a - self.a", "other.b * self.a", "0.5 * (self.a + other.a)"],
    )
    has_iadd = "__iadd__" in text
    text = _text(
        rng,
        text,
        change=[
            "self.a = self.a + (other.a if isinstance(other, Num) else other)",
            "self.b *= 0.7",
        ],
        self=["self", "self", "Num(self.a * 0.5, self.b)"],
    )
    in_place = IN_PLACE if has_iadd else OPERATOR
    derived = {
        "{o}": "", "({o} + {p})": OPERATOR, "({o} * {p})": OPERATOR, "({c} * {o})": OPERATOR,
        "({o} + {c})": OPERATOR, "(-{o})": OPERATOR, "({o} - {p})": OPERATOR,
        "{o}.bump({c})": METHOD, "sum([{o}, {p}])": OPERATOR, "({o}.bump({c}) + {o})": OPERATOR,
        "({o} + {p}.bump({c}) * {o})": OPERATOR, "({p} if {o} < {p} else {o})": COMPARED,
    }  # fmt: skip
    numbers = {
        "{o}.a": "", "{o}.b": "", "({o} + {p}).b": OPERATOR, "({o} * {c}).a": OPERATOR,
        "({c} + {o}).a": OPERATOR, "(-{o}).b": OPERATOR, "({o} + Late({c})).b": OPERATOR,
        "({o} - {o}.bump({c})).a": OPERATOR, "sum([{o}, {p}, {c}]).a": OPERATOR,
    }  # fmt: skip
    changes = {
        "{o}.bump({c})": METHOD, "{o} += {p}": in_place, "{o} += {c}": in_place,
        "{o} += {o}": in_place, "{o} += {p} * {c}": in_place, "{o} += {p}.bump({c})": in_place,
        "{p}.b, {o}.a = {o}.a, {c}": "",
        "{o} = {o} * {p}": OPERATOR, "{o} *= {c}": OPERATOR, "{o} -= {p}": OPERATOR,
    }  # fmt: skip
    tests = {"{o} < {p}": COMPARED, "{o} > {p}": COMPARED, "{o} == {p}": COMPARED, "{o}": TRUTH}
    tests |= {"not {o}": TRUTH, "{o} != {p}": COMPARED, "{o} < Late({c})": COMPARED}
    effects = {"{o}.bump({c}).a": METHOD, "({o}.bump({c}) * {o}).b": OPERATOR}
    end = "{o}.a - 0.6 * {o}.b"
    made = {"Num({c}, {d})": "", "Num({c})": "", "Num(b={c}, a={d})": ""}
    return {"Num": Sort(text, made, numbers, end, changes, effects, derived, tests)}


ROW = """\
class Row:
    def __init__(self, arr):
        self.arr = arr
        self.seen = 0.2

    def __getitem__(self, i):
        <read>
        return self.arr[i] * 0.5

    def __setitem__(self, i, c):
        self.arr[i] = <set>

    def __len__(self):
        return len(self.arr)

    def __iter__(self):
        return iter(<iter>)"""


def _rows(rng: random.Random) -> dict[str, Sort]:
    text = _text(
        rng,
        ROW,
        read=["self.seen += 0.1 * self.arr[0]", "self.arr[1] *= 0.9", "self.seen *= 0.9"],
        set=["c", "np.sin(c)", "c * self.seen"],
        iter=["self.arr", "[a * self.seen for a in self.arr]", "(self.arr[0], self.seen)"],
    )
    numbers = {
        "{o}[{i}]": ITEMS, "sum({o}) * 0.3": ITERATED, "{o}.seen": "",
        "{c} * len({o}) * 0.2": ITEMS, "sum([0.4 * e for e in {o}])": ITERATED,
        "list({o})[1]": ITERATED,
    }  # fmt: skip
    changes = {
        "{o}[{i}] = {c}": ITEMS, "{o}[{i}] += {c}": ITEMS, "{o}.seen = {c}": "",
        "{o}[{i}], {o}[1] = {o}[1], {c}": ITEMS, "{o}[{i}] = {o}[0] * {p}[{i}]": ITEMS,
    }  # fmt: skip
    effects = {"{o}[{i}]": ITEMS, "{o}[0] * {o}[{i}]": ITEMS}
    derived = {"{o}": "", "Row(np.array([{c}, {o}[0], 0.4]))": ITEMS}
    made = {"Row({v})": "", "Row([{c}, {d}, 0.4])": ""}
    end = "{o}[0] - 0.4 * {o}.seen + np.sum(np.array({o}.arr) ** 2)"
    return {"Row": Sort(text, made, numbers, end, changes, effects, derived, {"{o}": TRUTH})}


STATE = """\
@dataclasses.dataclass
class State:
    u: float
    arr: np.ndarray
    log: list = dataclasses.field(default_factory=list)
    total: float = <total>

    def __post_init__(self):
        <post>

    def push(self, c):
        self.log.append(c * self.u)
        <push>
        return self.total


@dataclasses.dataclass(frozen=True)
class Fixed:
    a: float
    b: float = 0.5
<fixed>
    @property
    def both(self):
        return self.a * <both> + self.b

    def moved(self, c):
        return dataclasses.replace(self, <moved>)

    def __add__(self, other):
        return Fixed(self.a + 0.5 * other.a, other.b)


class Duo(NamedTuple):
    a: float
    b: float = 0.4

    def mixed(self, c):
        return <mixed>

    @property
    def swapped(self):
        return Duo(self.b, self.a)"""

_POST = """
    def __post_init__(self):
        object.__setattr__(self, "b", self.b * self.a)
"""


def _records(rng: random.Random) -> dict[str, Sort]:
    text = _text(
        rng,
        STATE,
        total=["dataclasses.field(init=False)", "0.3"],
        post=["self.total = self.u * 0.5 + self.arr[0]", "self.total = 0.3\n        self.u *= 0.9"],
        push=["self.total += 0.3 * self.log[0]", "self.u = np.sin(c)", "self.arr[0] = self.total"],
        fixed=["", _POST],
        both=["2.0", "self.b", "self.a"],
        moved=["a=self.a * c", "b=c", "a=self.b, b=self.a * c"],
        mixed=["self.a * c - self.b", "np.sin(self[0]) + c * self[1]"],
    )
    state = Sort(
        text,
        {"State({c}, {v})": DATACLASS, "State({c}, arr={v}, log=[{d}])": DATACLASS},
        {"{o}.u": "", "{o}.total": DATACLASS, "sum({o}.log) * 0.3": DATACLASS, "{o}.arr[{i}]": ""},
        "{o}.u * {o}.total + 0.2 * sum({o}.log) + np.sum({o}.arr ** 2)",
        {"{o}.push({c})": DATACLASS, "{o}.log.append({c})": "", "{o}.arr[{i}] *= {c}": "",
         "{o}.u = {c}": "", "{o}.total -= {c}": "", "{o}.log = {p}.log": ""},
        {"{o}.push({c})": METHOD},
        {"{o}": "", "dataclasses.replace({o}, u={c})": REPLACED, "copy.copy({o})": "",
         "dataclasses.replace({o}, arr={v}, u={c})": REPLACED, "State(*[{c}, {o}.arr])": DATACLASS},
    )  # fmt: skip
    fixed = Sort(
        text,
        {"Fixed({c}, {d})": FROZEN, "Fixed({c})": FROZEN},
        {"{o}.a": FROZEN, "{o}.b": FROZEN, "{o}.both": PROPERTY, "({o} + {p}).a": OPERATOR},
        "{o}.a - 0.4 * {o}.both",
        {"{o} = {o}.moved({c})": REPLACED, "{o} += {p}": OPERATOR},
        {},
        {"{o}": "", "{o}.moved({c})": REPLACED, "dataclasses.replace({o}, b={c})": REPLACED,
         "({o} + {p})": OPERATOR},
        {"{o} == {p}": COMPARED},
    )  # fmt: skip
    duo = Sort(
        text,
        {"Duo({c}, {d})": NAMED, "Duo(b={c}, a={d})": NAMED, "Duo({c})": NAMED},
        {"{o}.a": NAMED, "{o}[1]": NAMED, "{o}.mixed({c})": NAMED, "{o}.swapped.b": PROPERTY,
         "0.4 * sum({o})": NAMED, "max(*{o})": NAMED},
        "{o}.a - 0.4 * {o}.mixed({o}.b)",
        {"{o} = {o}._replace(a={c})": NAMED, "{o} = {o}.swapped": PROPERTY},
        {},
        {"{o}": "", "{o}._replace(b={c})": REPLACED, "Duo(*{o})": NAMED, "{o}.swapped": PROPERTY},
    )  # fmt: skip
    return {"State": state, "Fixed": fixed, "Duo": duo}


FAMILIES: tuple[Callable[[random.Random], dict[str, Sort]], ...] = (_bodies, _nums, _rows, _records)


def classes(rng: random.Random, count: int) -> dict[str, Sort]:
    """The classes of so many families, by their names."""
    found: dict[str, Sort] = {}
    for family in rng.sample(FAMILIES, count):
        found |= family(rng)
    return found
