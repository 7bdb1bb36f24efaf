"""The text of a generated module, laid out by templates."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srcgrad.backend.comments import commented
from srcgrad.backend.plan import Scope
from srcgrad.backend.printing import print_statement
from srcgrad.backend.spelling import Spelling
from srcgrad.backend.writer import Row, Writer, docstring, sections, signature
from srcgrad.ir.nodes import Loc, Var

if TYPE_CHECKING:
    import jinja2


@dataclass(frozen=True)
class Emitted:
    """The source text of a generated function, and what it needs to run.

    Attributes
    ----------
    source : str
        A complete module.
    name : str
        The name of the function in it.
    imports : dict
        The modules that the text imports: local name to dotted path.
    submodules : tuple of str
        Modules inside those packages that must be imported as well.
    injected : dict
        Objects that the text reads by a name that it does not define.
    builtins : frozenset of str
        The built-in names that it reads.
    locations : dict
        For each line of the text that comes from the user's source, where from.
    """

    source: str
    name: str
    imports: Mapping[str, str] = field(default_factory=dict)
    submodules: tuple[str, ...] = ()
    injected: Mapping[str, Any] = field(default_factory=dict)
    builtins: frozenset[str] = frozenset()
    locations: Mapping[int, Loc] = field(default_factory=dict)


def lay_out(
    scopes: Sequence[tuple[Scope, Mapping[Var, str], Loc]],
    spelling: Spelling,
    modules: Mapping[str, str],
    errstate: ast.expr | None = None,
) -> Emitted:
    """The module that holds functions, each with the names of its variables and where it comes
    from; the last is the one that is asked for."""
    lines: list[tuple[str, Loc | None]] = []
    functions = [
        _function(scope, Writer(names, errstate), loc, lines) for scope, names, loc in scopes
    ]
    helpers = [
        _helper_source(name, f, spelling.module("numpy")) for name, f in spelling.helpers.items()
    ]
    text = (
        _environment()
        .get_template("module.py.j2")
        .render(
            imports=[*spelling.import_lines(), *_module_imports(modules, spelling)],
            functions=[*helpers, *functions],
        )
    )
    text = text.lstrip("\n").rstrip("\n") + "\n"
    return Emitted(
        source=text,
        name=scopes[-1][0].node.name,
        imports={**spelling.imports, **modules},
        submodules=tuple(sorted(spelling.submodules)),
        injected=dict(spelling.injected),
        builtins=frozenset(spelling.builtins),
        locations=_locations(text, lines),
    )


def _function(scope: Scope, writer: Writer, loc: Loc, lines: list[tuple[str, Loc | None]]) -> str:
    """The text of a function; its lines, with where they come from, are added to ``lines``."""
    parts: list[dict[str, Any]] = []
    for title, steps in sections(scope.body):
        rows = _without_double_blanks(writer.steps(steps, 1))
        section = commented(rows, loc.file)
        lines.extend(section)
        parts.append({"title": title, "lines": [line for line, _ in section]})
    text = (
        _environment()
        .get_template("function.py.j2")
        .render(
            signature="\n".join(signature(scope.node)),
            doc=textwrap.indent("\n".join(docstring(scope.doc)), "    ") if scope.doc else "",
            sections=parts,
        )
    )
    return text.rstrip("\n")


def _without_double_blanks(rows: Iterable[Row]) -> list[Row]:
    result: list[Row] = []
    for row in rows:
        if row.lines or (result and result[-1].lines):
            result.append(row)
    return result


def _module_imports(modules: Mapping[str, str], spelling: Spelling) -> list[str]:
    lines = []
    for name, path in sorted(modules.items()):
        package, _, last = path.rpartition(".")
        if spelling.imports.get(name) == path:
            continue
        if package and last == name:
            lines.append(f"from {package} import {name}")
        else:
            lines.append(f"import {path}" if path == name else f"import {path} as {name}")
    return lines


def _locations(text: str, lines: list[tuple[str, Loc | None]]) -> dict[int, Loc]:
    """Where each numbered line of ``text`` comes from; ``lines`` occur in it in their order."""
    found: dict[int, Loc] = {}
    waiting = iter([(line, loc) for line, loc in lines if loc is not None])
    line, loc = next(waiting, (None, None))
    for number, candidate in enumerate(text.split("\n"), 1):
        if line is not None and loc is not None and candidate == line:
            found[number] = loc
            line, loc = next(waiting, (None, None))
    return found


# --- helpers ------------------------------------------------------------------------------------


@functools.cache
def _helper_source(name: str, function: types.FunctionType, numpy: str) -> str:
    """The source of a run-time helper under another name, without annotations; ``numpy`` is what
    NumPy is called there."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    tree.name, tree.returns, tree.decorator_list = name, None, []
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.Name) and node.id == "np":
            node.id = numpy
        elif isinstance(node, ast.Name) and node.id == function.__name__:
            node.id = name  # it calls itself
    return "\n".join(print_statement(tree))


# --- templates ----------------------------------------------------------------------------------


def find_templates() -> Path:
    """The folder of templates: inside the installed package, or beside it in the repository."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


@functools.cache
def _environment() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(find_templates()),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,
    )
