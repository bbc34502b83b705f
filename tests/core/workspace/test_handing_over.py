"""What the command learned about files is handed to the supervisor, which still notices what changed since."""

import os
from pathlib import Path
from typing import Any

import pytest

from core.store import hashing
from core.store.signatures import now
from core.workspace import Workspace
from tests.support.bench import Bench
from tests.support.steps import step
from tests.support.waiting import eventually


def _opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    original = os.open

    def noting(path: Any, flags: int, *options: Any, **more: Any) -> int:
        names.append(Path(path).name)
        return original(path, flags, *options, **more)

    monkeypatch.setattr(os, "open", noting)
    return names


def test_data_that_the_plan_read_is_not_read_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.write({"raw/rows": "old\n", "raw/more/rows2": "old\n"})
    bench.pipeline({"read": step("cat ${{inputs.raw}}/rows", data={"raw": "raw/"})})
    monkeypatch.setattr(hashing, "now", lambda: now() + 3600 * 10**9)  # what was just written counts as old
    with bench.workspace() as planning:
        planning.plan(planning.graph(bench.file))
        planning.keep()
        opened = _opened(monkeypatch)

        with Workspace.open(bench.root) as running:
            running.store.hash(bench.root / "raw")

    assert "raw" in opened
    assert not {"rows", "rows2"} & set(opened)


def test_data_saved_between_plan_and_start_is_what_the_step_reads(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.write({"raw/rows": "old\n"})
    bench.pipeline({"read": step("cat ${{inputs.raw}}/rows > ${{outputs.out}}/f", data={"raw": "raw/"}, makes=["out"])})
    monkeypatch.setattr(hashing, "now", lambda: now() + 3600 * 10**9)
    held = bench.hold_at("run_started", monkeypatch)
    run = bench.start()
    eventually(held.exists, "the supervisor at its start")
    bench.write({"raw/rows": "new\n"})
    held.unlink()
    bench.end_of(run)

    assert bench.statuses(run) == {"read": "succeeded"}
    assert bench.text(run, "read") == "new\n"
    monkeypatch.undo()
    assert bench.run() == []
