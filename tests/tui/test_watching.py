"""Watching in the workbench, over a real session: what saves show, run and offer; and what they leave alone."""

import asyncio
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from core.computes.shim.system import add_watch
from tests.support.bench import Bench
from tests.support.screen import screen_text, until, until_gone, until_shown
from tests.tui.chain_shown import running, shown, statuses
from tests.tui.fake_bridge import FakeBridge
from tui.app import Workbench
from tui.screens.run import RunScreen
from tui.session import Session
from tui.views import Scene
from tui.widgets.status import Status
from tui.worker_thread import WorkerThread


@pytest.fixture
def session(chain: Bench) -> Iterator[Session]:
    made = Session(chain.root)
    yield made
    made.close()


@pytest.fixture
def app(session: Session) -> Workbench:
    return Workbench(session, session.view_file)


def stale(app: Workbench) -> set[str]:
    return {name for name, status in statuses(app).items() if status is Status.STALE}


@pytest.fixture
def takes(monkeypatch: pytest.MonkeyPatch) -> list[Scene]:
    """Every scene that the Run screen is given from now on."""
    given: list[Scene] = []
    take = RunScreen._take

    def counted(screen: RunScreen, scene: Scene) -> None:
        given.append(scene)
        take(screen, scene)

    monkeypatch.setattr(RunScreen, "_take", counted)
    return given


async def heard(pilot: Pilot[Any], session: Session, chain: Bench) -> None:
    """Let the session hear of every save until now: it tells of a file that nothing depends on but the tree."""
    seen = session._plans
    name = f"marker{len(list(chain.root.glob('marker*')))}.yml"
    told: list[bool] = []
    look = seen.look

    def looked(workspace: Any) -> Any:
        change = look(workspace)
        told.append(change.definitions)
        return change

    seen.look = looked  # type: ignore[method-assign]
    chain.write({name: "nothing: 1\n"})
    await until(pilot, lambda: any(told), "the marker")
    seen.look = look  # type: ignore[method-assign]


# What is shown


async def test_a_save_makes_exactly_the_affected_step_stale(chain: Bench, app: Workbench) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "up to date")
        chain.write({"src/t.sh": "cat $1/f; echo 2"})
        await until_shown(pilot, "● 1 stale")
        assert stale(app) == {"train"}
        chain.write({"src/t.sh": "cat $1/f"})
        await until_shown(pilot, "up to date")
        assert chain.last() == 1


async def test_a_save_that_changes_nothing_changes_nothing_on_screen(
    chain: Bench, session: Session, app: Workbench, takes: list[Scene]
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "up to date")
        await heard(pilot, session, chain)
        takes.clear()
        (chain.root / "src/t.sh").touch()
        chain.write({"src/r.sh": "echo report"})
        await heard(pilot, session, chain)
        assert takes == []


async def test_an_idle_workbench_looks_at_no_file(
    chain: Bench, session: Session, app: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    polls, asked_at = 0, 0

    def counting(real: Callable[..., Any]) -> Callable[..., Any]:
        def counted(path: Any = ".", *rest: Any, **more: Any) -> Any:
            nonlocal asked_at
            name = f"{os.fspath(path) if not isinstance(path, int) else ''}/"
            if name.startswith(f"{chain.root}/") and "/.mlpw" not in name:
                asked_at = polls
            return real(path, *rest, **more)

        return counted

    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "up to date")
        new = chain.outside / "idle.yml"
        new.write_text(chain.file.read_text())
        new.rename(chain.root / "idle.yml")
        await until_shown(pilot, "├ idle", "└ pipeline", "up to date")  # whatever was to be read again has been
        for name in ("stat", "lstat", "scandir", "listdir"):
            monkeypatch.setattr(os, name, counting(getattr(os, name)))
        poll = session.poll

        async def counted() -> bool:
            nonlocal polls
            polls += 1
            return await poll()

        monkeypatch.setattr(session, "poll", counted)
        await until(pilot, lambda: polls >= asked_at + 3, "three looks at the records and none at a file")


async def test_a_file_that_does_not_load_shows_its_line_and_keeps_the_graph(chain: Bench, app: Workbench) -> None:
    good = chain.file.read_text()
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "up to date", "train")
        chain.file.write_text(good.replace("prepare.outputs.out", "perpare.outputs.out"))
        text = await until_shown(pilot, "pipeline.yml:", "perpare", "│ ", "▲", "did you mean")
        assert "✓ train" in text
        assert "does not load" in text
        rows = text.splitlines()
        mark = next(index for index, row in enumerate(rows) if "▲" in row)
        assert "perpare" in rows[mark - 1]
        assert rows[mark - 1][rows[mark].index("▲") :].lstrip('"').startswith("${{parent")

        chain.write({"src/t.sh": "cat $1/f; echo 2"})  # saved beside the error, and not forgotten
        chain.file.write_text(good)
        await until_gone(pilot, "perpare")
        await until_shown(pilot, "● 1 stale")
        assert stale(app) == {"train"}


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (160, 45)])
async def test_an_error_has_room_everywhere(chain: Bench, app: Workbench, size: tuple[int, int]) -> None:
    good = chain.file.read_text()
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: shown(app).scene.is_planned, "the plan")
        chain.file.write_text(good.replace("prepare.outputs.out", "perpare.outputs.out"))
        await until_shown(pilot, "pipeline.yml:", "▲")
        chain.file.write_text(good)
        await until_gone(pilot, "▲")


async def test_a_limit_of_the_kernel_is_said_once_and_saves_are_seen_all_the_same(
    chain: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = 0

    def limited(queue: int, path: bytes, events: int) -> int:
        nonlocal added
        added += 1
        return add_watch(queue, path, events) if added <= 2 else -errno.ENOSPC

    monkeypatch.setattr("core.watching.noticing.add_watch", limited)
    session = Session(chain.root)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until_shown(pilot, "up to date", "looks each second", "sudo sysctl")
        chain.write({"src/r.sh": "echo other"})
        await until_shown(pilot, "● 1 stale")
    session.close()


# What is run


async def test_watching_is_on_however_early_it_is_asked_for(
    chain: Bench, app: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under load the pipeline is not read yet when the key comes."""
    chain.write({"src/t.sh": "cat $1/f; echo 2"})
    read = asyncio.Event()
    call = WorkerThread.call

    async def held(thread: WorkerThread, wanted: Callable[..., Any]) -> Any:
        await read.wait()
        return await call(thread, wanted)

    monkeypatch.setattr(WorkerThread, "call", held)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("w")
        read.set()
        await until(pilot, lambda: chain.started().count("train") == 2, "the run")
        await until_shown(pilot, "runs at save", "up to date")


async def test_a_slow_answer_about_the_records_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLPW_ASCII", "0")
    bridge = FakeBridge(tmp_path)
    asked = 0
    answer = asyncio.Event()
    poll = bridge.poll

    async def slow() -> bool:
        nonlocal asked
        asked += 1
        written = await poll()
        if asked == 1:
            await answer.wait()
        return written

    bridge.poll = slow  # type: ignore[method-assign]
    app = Workbench(bridge, tmp_path / "view.json")
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "taxi")
        bridge.begin_run()
        await until(pilot, lambda: asked == 1, "a question")
        ticks: list[None] = []
        app.set_interval(0.5, lambda: ticks.append(None))
        await until(pilot, lambda: len(ticks) == 3, "the time for two more questions")
        assert asked == 1
        answer.set()
        await until_shown(pilot, "running run 7")


async def test_what_is_watched_runs_while_something_else_is_shown(chain: Bench, app: Workbench) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "up to date")
        await pilot.press("w")
        await until_shown(pilot, "watching, runs at save")
        await pilot.press("2")
        await until_shown(pilot, "Runs 1")
        chain.write({"src/r.sh": "echo 22"})
        await until(pilot, lambda: chain.started().count("report") == 2, "the run")
        chain.end_of(2)
        assert chain.text(2, "report") == "22\n"


async def test_a_failure_is_left_alone_until_something_that_it_read_changes(chain: Bench, app: Workbench) -> None:
    chain.write({"src/r.sh": "exit 3"})
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "● 1 stale")
        await pilot.press("w")
        await until_shown(pilot, "runs at save", "✗ 1 failed")
        chain.write({"src/t.sh": "cat $1/f; echo 2"})
        await until(pilot, lambda: chain.started().count("train") == 2, "the run of train")
        await until_shown(pilot, "runs at save", "✗ 1 failed", "✓ train")
        assert chain.started().count("report") == 2
        chain.write({"src/r.sh": "echo good"})
        await until(pilot, lambda: chain.started().count("report") == 3, "the run of report")
        await until_shown(pilot, "up to date")


async def test_in_a_log_w_wraps_and_its_second_key_watches(chain: Bench, app: Workbench) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "up to date", "w watch")
        shown(app).log_pane.focus()
        await until_gone(pilot, "w watch")
        await pilot.press("w")
        assert shown(app).log_pane.wraps
        assert not shown(app).at_save.pipeline
        await pilot.press("A")
        await until_shown(pilot, "runs at save")
        await pilot.press("A")
        await until_gone(pilot, "runs at save")


# While a run goes on


async def test_a_save_offers_to_restart_the_running_step(chain: Bench, app: Workbench) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "up to date")
        await running(pilot, chain, keys="r enter")
        chain.write({"src/t.sh": "cat $1/f; echo 3"})
        await until_shown(pilot, "X begins it anew: train")
        chain.write({"src/t.sh": "cat $1/f; echo 2"})
        await until_gone(pilot, "begins it anew")  # nothing is to be restarted any more
        chain.write({"src/t.sh": "cat $1/f; echo 3"})
        await until_shown(pilot, "X begins it anew: train")
        good = chain.file.read_text()
        chain.file.write_text(good.replace("prepare.outputs.out", "perpare.outputs.out"))
        await until_shown(pilot, "perpare", "X begins it anew: train")
        chain.file.write_text(good)
        await until_gone(pilot, "perpare")
        await pilot.press("X")
        await until(pilot, lambda: chain.started().count("train") == 3, "the next attempt")
        await until_gone(pilot, "begins it anew")
        chain.open_gate()
        await until_shown(pilot, "up to date")
    assert chain.last() == 2
    assert chain.text(2, "train") == "1\n3\n"
    assert chain.started().count("report") == 1


async def test_an_offer_ends_with_its_step(chain: Bench, app: Workbench) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "up to date")
        await running(pilot, chain, keys="r enter")
        chain.write({"src/t.sh": "cat $1/f; echo 3"})
        await until_shown(pilot, "X begins it anew: train")
        chain.open_gate()
        await until_gone(pilot, "begins it anew")
        await until_shown(pilot, "● 1 stale")


async def test_a_running_step_restarts_by_itself_where_that_is_wished(chain: Bench, app: Workbench) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "up to date")
        await running(pilot, chain, keys="ctrl+x")
        await until_shown(pilot, "runs and restarts at save")
        chain.write({"src/t.sh": "cat $1/f; echo 3"})
        await until(pilot, lambda: chain.started().count("train") == 3, "the next attempt")
        assert "begins it anew" not in screen_text(app)
        chain.open_gate()
        await until_shown(pilot, "up to date")
    assert chain.last() == 2
    assert chain.text(2, "train") == "1\n3\n"


async def test_a_step_that_has_ended_becomes_stale_while_its_run_goes_on(chain: Bench, app: Workbench) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "up to date")
        await running(pilot, chain, keys="w")
        chain.write({"src/r.sh": "echo 22"})
        await until(pilot, lambda: stale(app) == {"report"}, "report stale")
        assert statuses(app)["train"] is Status.RUNNING
        assert chain.last() == 2  # no second run beside the one that goes on
        chain.open_gate()
        await until(pilot, lambda: chain.started().count("report") == 2, "the next run")
        await until_shown(pilot, "up to date")
    assert chain.last() == 3
    assert chain.started().count("train") == 2
