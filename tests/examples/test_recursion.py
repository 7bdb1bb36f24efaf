"""The recursive functions of ``examples/recursion.py``."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import numpy as np
import pytest
import recursion

from srcgrad import grad, testing

TREE = recursion.make_tree(np.random.default_rng(1), 3)
TARGET = np.array([0.1, 0.2, -0.4])


def test_the_program_runs(capsys):
    recursion.main()
    printed = capsys.readouterr().out
    rows = re.findall(r"derivative +(-?[\d.]+) +closed form +(-?[\d.]+)", printed)
    assert len(rows) == 4
    assert all(a == b for a, b in rows)
    losses = [float(loss) for loss in re.findall(r"loss ([\d.]+)", printed)]
    assert losses[-1] < 0.1 * losses[0]
    assert "def horner_grad(c, x, i):" in printed


def test_it_needs_srcgrad_only_in_main():
    tree = ast.parse(Path(recursion.__file__).read_text())
    outside = [node for node in tree.body if getattr(node, "name", "") != "main"]
    assert "srcgrad" not in "".join(map(ast.unparse, outside[1:]))


def test_gradients():
    testing.check_grads(recursion.tree_loss, (TREE, TARGET))
    testing.check_grads(recursion.horner, (np.array([1.0, -2.0, 3.0]), 0.3))
    assert grad(recursion.chebyshev, argnums=1)(5, 0.2) == pytest.approx(
        5 * np.sin(5 * np.arccos(0.2)) / np.sqrt(0.96)
    )


def test_the_gradient_of_the_tree_is_a_tree():
    bar = grad(recursion.tree_loss)(TREE, TARGET)
    assert recursion.descend(TREE, bar, 0.1).left.W.shape == TREE.left.W.shape
    assert isinstance(bar.right.right, recursion.Leaf)


def test_the_tree_is_straight_line_code():
    source = grad(recursion.tree_loss).lower(TREE, TARGET).source
    (function,) = (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
    assert not any(isinstance(node, ast.If | ast.For | ast.While) for node in ast.walk(function))
