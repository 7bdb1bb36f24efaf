"""Random programs in the normal suite: none wrong, none crashed, few refused.

``python -m tests.fuzz`` checks more of them, shows one, and makes a failing one small.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz.campaign import Counts, counted
from tests.fuzz.check import CRASHED, OK, REFUSED, WRONG, Verdict, known, loaded
from tests.fuzz.generate import REQUIRED, program
from tests.verifying import verified_passes

BATCHES, SIZE = 30, 50
PLAIN_BATCHES = 2
VERIFIED = 6  # each pass is verified in one batch of so many
PATIENCE = 150.0  # seconds for which the table waits for batches in another process


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker: str) -> Path:
    """A directory that all processes of this run of the tests see."""
    base = tmp_path_factory.getbasetemp()
    path = (base.parent if worker else base) / "random_programs"
    path.mkdir(exist_ok=True)
    return path


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    return str(getattr(request.config, "workerinput", {}).get("workerid", ""))


def wanted_batches(request: pytest.FixtureRequest) -> int:
    """How many batches ``--programs`` asks for."""
    return min(BATCHES, -(-int(request.config.getoption("--programs")) // SIZE))


def described(failures: list[Verdict]) -> str:
    lines = [f"seed {v.seed}: {v.kind}: {v.reason}" for v in failures]
    lines.append("smaller: python -m tests.fuzz --shrink SEED")
    return "\n".join(lines)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_batch(
    batch: int, shared: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    if batch >= wanted_batches(request):
        pytest.skip("more than --programs asks for")
    if batch % VERIFIED == 0:
        verified_passes(monkeypatch)
    counts = counted(range(SIZE * batch, SIZE * (batch + 1)))
    partial = shared / f"{batch}.partial"
    partial.write_bytes(pickle.dumps(counts))
    partial.rename(shared / f"{batch}.counts")  # in one step: the table may be waiting for it
    assert not counts.failures, described(counts.failures)


@pytest.mark.parametrize("batch", range(PLAIN_BATCHES))
def test_plain_batch(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs without writes and exits: all of them are differentiated."""
    if batch == 0:
        verified_passes(monkeypatch)
    counts = counted(range(SIZE * batch, SIZE * (batch + 1)), kind="plain")
    assert not counts.failures, described(counts.failures)
    assert counts.kinds[REFUSED] == 0
    assert counts.kinds[OK] > 0.9 * SIZE


def test_each_construct_occurs() -> None:
    """Of each construct there is an example in one accepted program of twenty at least."""
    counts = Counts()
    for seed in range(400):
        drawn = program(seed)
        with loaded(drawn) as names:
            truth = known(drawn, names["f"], 0)
        if isinstance(truth, str):
            counts.add(Verdict(seed, "rejected", truth))
        else:
            counts.add(Verdict(seed, OK, "", truth.tags))
    print(counts.table())
    assert set(counts.tags) <= set(REQUIRED), "a construct that nobody asks for"
    assert not counts.rare()
    assert counts.accepted > 0.7 * 400, "too many draws of numbers do not suit"


def batches(shared: Path, request: pytest.FixtureRequest) -> Iterator[Counts]:
    """The counts of the batches that are part of this run, when they are there."""
    names = {item.name for item in request.session.items if "random_programs" in str(item.path)}
    wanted = [i for i in range(wanted_batches(request)) if f"test_batch[{i}]" in names]
    end = time.monotonic() + PATIENCE
    for i in wanted:
        path = shared / f"{i}.counts"
        while not path.exists() and time.monotonic() < end:
            time.sleep(0.2)
        if path.exists():
            yield pickle.loads(path.read_bytes())


def test_table(shared: Path, request: pytest.FixtureRequest, record_property: Any) -> None:
    """Runs after the batches, and prints what came out of all of them."""
    total = Counts()
    for counts in batches(shared, request):
        total.merge(counts)
    if not total.accepted:
        pytest.skip("needs the batches above")
    record_property("table", total.table())  # printed at the end of the run
    assert total.share(total.kinds[REFUSED]) <= 0.05
    assert not total.rare()
    assert total.kinds[WRONG] == total.kinds[CRASHED] == 0
