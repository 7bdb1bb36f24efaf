"""Numbers that are read back from texts, or from arrays of objects: no derivative goes through
those.  Where a text is only printed, compared, measured or a key, nothing is lost."""

from __future__ import annotations

import ast
import decimal
import io
import logging
from typing import Any

import numpy as np
import pytest

from srcgrad import NoDerivativeError, grad
from tests.slopes import check_at

X = np.array([0.75, -1.25, 2.5])
LOG: list[Any] = []
TABLE = {"0.75": 2.0, "0.5": 3.0}


def converted(x):
    return float(str(x[0])) * x[1]


def formatted(x):
    return float(f"{x[0]:.17g}") * x[1]


def taken_apart_and_put_together(x):
    text = f"{x[0]}"
    return float(text[:-1] + text[-1])


def by_a_method(x):
    return float("{}".format(x[0]))


def as_a_complex_number(x):
    return complex(str(x[0])).real * 2.0


def as_a_scalar_of_numpy(x):
    return np.float64(str(x[0])) * 2.0


def as_an_array(x):
    return np.sum(np.array([str(v) for v in x]).astype(float))


def as_an_array_of_texts(x):
    return np.sum(x.astype(str).astype(float))


def as_an_array_of_objects(x):
    return np.sum(np.array(x, dtype=object).astype(float))


def through_another_library(x):
    return float(decimal.Decimal(str(x[0])))


def as_a_literal(x):
    return ast.literal_eval(str(x.tolist()))[0] * 2.0


def from_a_file(x):
    return np.sum(np.loadtxt(io.StringIO("\n".join(str(v) for v in x))))


def from_the_greatest(x):
    return float(max([str(v) for v in x]))


def carried_by_a_loop(x):
    text = "0"
    for i in range(3):
        text = str(x[i])
    return float(text)


def in_a_branch(x):
    text = str(x[0]) if x[1] < 0.0 else "1.0"
    return float(text)


def from_an_error(x):
    try:
        raise ValueError(str(x[0]))
    except ValueError as error:
        return float(str(error)) * 2.0


def from_a_tuple_in_a_list(x):
    rows = [(v, str(v)) for v in x]
    return float(rows[0][1]) * rows[1][0]


@pytest.mark.parametrize(
    "f",
    [
        from_a_tuple_in_a_list,
        *(converted, formatted, taken_apart_and_put_together, by_a_method, as_a_complex_number),
        *(as_a_scalar_of_numpy, as_an_array, as_an_array_of_texts, as_an_array_of_objects),
        *(through_another_library, as_a_literal, from_a_file),
        *(from_the_greatest, carried_by_a_loop, in_a_branch, from_an_error),
    ],
    ids=lambda f: f.__name__,
)
def test_a_number_is_not_read_back(f):
    f(X)
    with pytest.raises(NoDerivativeError, match="is read here from a text, or an array of objects"):
        grad(f)(X)


def printed(x):
    print(f"{x[0]}", file=io.StringIO())
    return np.sum(x * x)


def logged(x):
    logging.getLogger("texts").debug("%s", str(x[0]))
    return np.sum(x * x)


def kept(x):
    LOG.append(f"{x[0]:.3f}")
    return np.sum(x * x)


def a_key(x):
    return np.sum(x * x) * TABLE[f"{np.round(x[0], 2)}"]


def a_key_of_its_own(x):
    weights = {str(x[0]): 3.0}
    return np.sum(x * x) * weights[str(x[0])]


def measured(x):
    return np.sum(x * x) * len(str(x[0] > 0.0))


def compared(x):
    return np.sum(x * x) * (1.0 if str(x[1]).startswith("-") else 2.0)


def not_differentiated(x):
    return np.sum(x * x) * float(str(len(x)))


def read_and_printed(x):
    print(float(f"{x[0]:.3f}"), file=io.StringIO())
    return np.sum(x * x)


def rounded(x):
    return np.sum(x * x) * int(f"{x[2]:.0f}")


class Labelled:
    def __init__(self, v: Any) -> None:
        self.v = v
        self.label = f"{v:.2f}"


def beside_numbers_in_tuples(x):
    rows = []
    for i, v in enumerate(x):
        rows.append((i, f"{v:.2f}", v * v))
    return sum(row[2] for row in rows)


def beside_numbers_in_dicts(x):
    rows = [{"label": f"{v:.2f}", "v": v * v} for v in x]
    return sum(row["v"] for row in rows)


def beside_numbers_in_objects(x):
    rows = [Labelled(v * v) for v in x if v > 0.0]
    return sum(row.v for row in rows)


def beside_numbers_that_are_sorted(x):
    rows = sorted([(v, f"{v}") for v in x], key=lambda row: row[0])
    return rows[0][0] * rows[1][0]


def hashed(x):
    return np.sum(x * x) * (1 + 0 * (hash(str(x[0])) % 2))


@pytest.mark.parametrize(
    "f",
    [
        *(beside_numbers_in_tuples, beside_numbers_in_dicts, beside_numbers_in_objects, hashed),
        beside_numbers_that_are_sorted,
        *(printed, logged, kept, a_key, a_key_of_its_own, measured, compared),
        *(not_differentiated, read_and_printed, rounded),
    ],
    ids=lambda f: f.__name__,
)
def test_a_text_may_be_used_for_anything_else(f):
    check_at(f, X + 0.001)
