"""What compiling does not do: run rules or user code, know operations by name, import much."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from srcgrad import grad, pipeline, register_vjp, vjp
from srcgrad.ir.nodes import Var
from srcgrad.ir.ops import DERIVATIVES, OPS
from srcgrad.ir.types import UNKNOWN
from srcgrad.ir.verifier import InvalidIR
from srcgrad.transform import reverse
from tests.verifying import verified_passes

X = np.array([0.5, -1.0, 2.0])


def never(*args, **kwargs):
    raise AssertionError("compiling ran this")


@pytest.fixture
def raising_tanh(monkeypatch):
    """``np.tanh`` replaced by something that raises, for which the compiler knows the same."""

    def stand_in(*args, **kwargs):
        never()

    grad(lambda x: np.sum(x)).lower(X)  # NumPy's names are looked up once: while they are NumPy's
    monkeypatch.setitem(OPS, stand_in, OPS[np.tanh])
    monkeypatch.setitem(DERIVATIVES, stand_in, DERIVATIVES[np.tanh])
    monkeypatch.setattr(np, "tanh", stand_in)
    return stand_in


def test_compiling_executes_no_operation(raising_tanh):
    def f(x):
        y = np.tanh(x)
        for _ in range(2):
            y = np.tanh(y) if y[0] > 0 else y
        return np.sum(y)

    g = grad(f)
    lowered = g.lower(X)
    assert "stand_in" in lowered.source
    assert lowered.ssa
    assert lowered.adjoint
    assert g.source == lowered.source
    with pytest.raises(AssertionError, match="compiling ran this"):
        g(X)


def test_generic_source_executes_no_operation(raising_tanh):
    source = grad(lambda x: np.sum(np.tanh(x))).source
    assert "Generic source" in source
    assert "stand_in" in source


def test_compiling_executes_no_constant_operation(raising_tanh):
    assert "stand_in" in grad(lambda x: np.sum(x) * np.tanh(1.0)).lower(X).source


def test_compiling_executes_no_user_code():
    def helper(x):
        never()
        return x * x

    def opaque(x):
        try:
            never()
        finally:
            return x

    @register_vjp(opaque)
    def opaque_vjp(y_bar, y, x):
        never()
        return y_bar

    class Model:
        @property
        def scale(self):
            never()
            return 2.0

        def apply(self, x):
            never()
            return x

    def f(x, model, default=3.0):
        return np.sum(helper(x) + opaque(x) + model.apply(x) * model.scale * default)

    g = grad(f)
    lowered = g.lower(X, Model())
    assert "compiling ran this" in lowered.source
    with pytest.raises(AssertionError, match="compiling ran this"):
        g(X, Model())


def test_compiling_executes_no_rule():
    def square(x):
        return x * x

    @register_vjp(square)
    def square_vjp(y_bar, y, x):
        never()
        return 2 * x * y_bar

    g = grad(lambda x: square(x))
    assert g.lower(1.5).adjoint
    with pytest.raises(AssertionError, match="compiling ran this"):
        g(1.5)


# ---- the reverse transform ----


def operation_names() -> set[str]:
    names = {getattr(op, "__name__", "") for op in (*OPS, *DERIVATIVES)}
    return {name for name in names if name.isidentifier()}


def test_reverse_knows_no_operation():
    """No module of NumPy's, Python's operators or gast is imported, no operation named."""
    tree = ast.parse(inspect.getsource(reverse))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
            # Python's own function of this name, as an operation, is no business of it either.
            assert not {alias.name for alias in node.names} & operation_names()
    allowed = {"__future__", "inspect", "collections", "dataclasses", "typing", "srcgrad"}
    assert imported <= allowed
    strings = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert not strings & operation_names()
    assert "numpy" not in vars(reverse)
    assert not any(module in vars(reverse) for module in ("np", "operator", "math", "gast"))
    assert not any(
        value in OPS
        for value in vars(reverse).values()
        if callable(value) and getattr(value, "__module__", "") != "builtins"
    )


# ---- importing ----


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout


HEAVY = ["gast", "astor", "jinja2", "scipy", "numba", "matplotlib", "typing_extensions"]
COMPILER = ["dispatch", "pipeline", "ir", "rules", "frontend", "specialise", "transform", "backend"]


def test_importing_loads_neither_tools_nor_compiler():
    loaded = run(
        "import sys, numpy; before = set(sys.modules); import srcgrad; "
        "g = srcgrad.grad(lambda x: x); srcgrad.value_and_grad(argnums=0)(lambda x: x); repr(g); "
        "print(*sorted(set(sys.modules) - before))"
    ).split()
    assert not [name for name in loaded if name.partition(".")[0] in HEAVY]
    assert not [name for name in loaded if name.startswith(tuple(f"srcgrad.{c}" for c in COMPILER))]
    others = {name for name in loaded if not name.startswith("srcgrad")}
    assert others <= {"__future__", "copy", "dataclasses"}


def test_compiling_loads_no_optional_library():
    loaded = run(
        "import sys, srcgrad, importlib.util as u; "
        "import linecache; t = 'def f(x):\\n    return x * x\\n'; "
        "linecache.cache['m.py'] = (len(t), None, t.splitlines(True), 'm.py'); "
        "n = {}; exec(compile(t, 'm.py', 'exec'), n); assert srcgrad.grad(n['f'])(3.0) == 6.0; "
        "print(*sys.modules)"
    ).split()
    assert "gast" in loaded
    assert not {"scipy", "numba", "matplotlib"} & set(loaded)


def test_little_is_loaded_with_the_package():
    """What makes the import fast; benchmarks/compile_time.py says how fast."""
    code = (
        "import sys, numpy, inspect, functools; before = set(sys.modules); import srcgrad; "
        "print(*(set(sys.modules) - before))"
    )
    loaded = run(code).split()
    assert len([name for name in loaded if name.startswith("srcgrad")]) < 12
    assert not {"gast", "astor", "jinja2", "scipy", "numba"} & set(loaded)


def test_every_pass_is_verified(passes):
    vjp(lambda x: np.exp(x), X)
    assert {"specialise", "reverse", "legalise", "protect"} <= set(passes)


@pytest.mark.parametrize(
    ("name", "each"),
    [("remove_dead", True), ("settle_undefined", True), ("raise_unassigned", False)],
)
def test_a_pass_that_gives_no_valid_program_is_seen(name, each, monkeypatch):
    """The last pass in every test; the others where each is verified."""

    def broken(function):
        return replace(function, body=replace(function.body, results=(Var("lost", UNKNOWN),)))

    passes = verified_passes(monkeypatch, each)
    broken.__name__ = name
    monkeypatch.setattr(pipeline, name, broken)
    with pytest.raises(InvalidIR):
        grad(lambda x: np.sum(np.exp(x) * x))(X)
    assert "spell_shapes" in passes
    assert name not in passes
