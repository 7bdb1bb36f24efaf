"""Where generated functions live: globals, closure cells, tracebacks."""

from __future__ import annotations

import inspect
import math
import operator
import traceback
from typing import Any

import numpy as np
import pytest

from srcgrad.backend import emit, load
from srcgrad.backend.layout import find_templates
from srcgrad.ir.nodes import Function, Var
from srcgrad.ir.types import PY_FLOAT, PY_INT
from tests.backend.building import VECTOR, Builder


def scaled() -> tuple[Function, Var]:
    b, x, scale = Builder(), Var("x", VECTOR), Var("scale", PY_FLOAT)
    y = b.add(np.exp, b.add(operator.mul, x, scale), name="y")
    return b.function("f_grad", [x], y), scale


def test_globals_are_shared_and_not_written_to() -> None:
    function, scale = scaled()
    namespace: dict[str, Any] = {"scale": 2.0, "__name__": "model"}
    made = load(emit(function, "Doc.", {scale: "scale"}), namespace, {}, {}, "grad of f, m.py:1")
    assert made.__globals__ is namespace
    assert set(namespace) == {"scale", "__name__"}
    assert (made.__name__, made.__qualname__, made.__module__) == ("f_grad", "f_grad", "model")
    assert made(1.0) == np.exp(2.0)
    namespace["scale"] = 3.0
    assert made(1.0) == np.exp(3.0)


def test_closure_cells_are_shared() -> None:
    scale = 2.0

    def user() -> float:
        return scale

    function, var = scaled()
    cells = dict(zip(user.__code__.co_freevars, user.__closure__ or (), strict=True))
    made = load(emit(function, "Doc.", {var: "scale"}), {}, cells, {}, "grad of f")
    assert made(1.0) == np.exp(2.0)
    scale = 4.0
    assert made(1.0) == np.exp(4.0)


def test_shadowed_builtins() -> None:
    b, x = Builder(), Var("x", VECTOR)
    function = b.function("f", [x], b.add(len, x, type=PY_INT))
    assert load(emit(function, "Doc."), {"len": None}, {}, {}, "f")([1, 2]) == 2


def test_source_and_traceback() -> None:
    b, x = Builder(), Var("x", PY_FLOAT)
    b.line(7, "return math.sqrt(x)")
    function = b.function("f_grad", [x], b.add(math.sqrt, x, name="y", type=PY_FLOAT))
    emitted = emit(function, "Doc.")
    made = load(emitted, {}, {}, {}, "grad of f, m.py:7")
    assert made.__code__.co_filename.startswith("<srcgrad grad of f, m.py:7")
    assert inspect.getsource(made) == emitted.source[emitted.source.index("def ") :]
    with pytest.raises(ValueError, match="math domain error|nonnegative") as caught:
        made(-1.0)
    assert "y = math.sqrt(x)" in "".join(traceback.format_tb(caught.tb))
    frame = traceback.extract_tb(caught.tb)[-1]
    assert frame.lineno is not None
    assert emitted.locations[frame.lineno].line == 7


def test_file_names_are_unique() -> None:
    one, var = scaled()
    b, x = Builder(), Var("x", VECTOR)
    two = b.function("f_grad", [x], b.add(np.sin, x))
    places = {var: "scale"}
    names = [
        load(emitted, {}, {}, {}, "grad of g").__code__.co_filename
        for emitted in (emit(one, "Doc.", places), emit(two, "Doc."), emit(two, "Doc."))
    ]
    assert names[0] != names[1] == names[2]


def test_templates_are_found() -> None:
    assert (find_templates() / "function.py.j2").is_file()
