"""What all tests share: ``--long``, ``--programs``, ``--update-golden``,
the tables at the end, and random numbers that repeat."""

from __future__ import annotations

import gc
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

import srcgrad.pipeline  # noqa: F401  whose modules import each other, in an order that works
from srcgrad.dispatch import Dispatch
from tests import parts

# The same examples in every run: what fails fails for everybody.  ``--long`` looks further.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("exploring", deadline=None)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the tests marked long as well")
    parser.addoption(
        "--programs", type=int, default=1500, help="how many random programs tests/fuzz checks"
    )
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite tests/golden with what comes out now"
    )


def pytest_configure(config: pytest.Config) -> None:
    parts.everything = config.getoption("--long")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=_place)
    if config.getoption("--long"):
        settings.load_profile("exploring")
        return
    # Not skipped: what is skipped is reported thousands of times.
    long = [item for item in items if "long" in item.keywords]
    items[:] = [item for item in items if "long" not in item.keywords]
    config.hook.pytest_deselected(items=long)


def pytest_collection_finish() -> None:
    """What has been made so far, the tests too, lives until the end: the garbage collector need
    not look at it, nor as often as it would at what the compiler makes and keeps."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(400_000, 20, 50)


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """What was compiled for the tests of a module is dropped after them: the heap stays small,
    and so does what the garbage collector takes."""
    if nextitem is None or nextitem.path != item.path:
        Dispatch.forget()


def _place(item: pytest.Item) -> int:
    """The long tests first, and what tells what they have counted last."""
    if item.name == "test_table":
        return 2
    return 0 if "fuzz" in item.path.parts else 1


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Prints the tables that tests recorded, also when they ran in another process."""
    for reports in list(terminalreporter.stats.values()):
        for report in reports:
            for name, text in getattr(report, "user_properties", []):
                if name == "table" and report.when == "call":
                    terminalreporter.section(report.nodeid)
                    terminalreporter.write_line(text)


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """Random numbers that depend on the test's name alone, not on the order of tests."""
    return np.random.default_rng(zlib.crc32(request.node.name.encode()))
