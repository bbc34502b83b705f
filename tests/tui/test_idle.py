"""An idle workbench over a real workspace: it asks the records nothing but whether they changed."""

from pathlib import Path
from typing import Any

import pytest

import core.records.database
import tui.session
from tests.support.screen import until, until_shown, until_still
from tests.tui.test_terminal import run, workspace
from tui.app import Workbench
from tui.session import Session

#: A question of SQLite's own counter in shared memory; it reads no page.
CHANGED = "PRAGMA data_version"


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement of every connection that is opened from now on."""
    heard: list[str] = []
    connect = core.records.database._connect

    def listening(path: Path) -> Any:
        connection = connect(path)
        connection.set_trace_callback(heard.append)
        return connection

    monkeypatch.setattr(core.records.database, "_connect", listening)
    monkeypatch.setattr(tui.session, "_RECOVER_EVERY", 10**9)  # every ten seconds, two questions of its own
    return heard


async def test_an_idle_workbench_asks_the_records_only_whether_they_changed(
    tmp_path: Path, statements: list[str]
) -> None:
    root = workspace(tmp_path / "w", "words", "alpha\n")
    run(root)
    session = Session(root)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(160, 45)) as pilot:
        await until_shown(pilot, "up to date")
        await until_still(pilot, lambda: len([text for text in statements if text != CHANGED]))
        statements.clear()
        await until(pilot, lambda: statements.count(CHANGED) >= 4)
        assert set(statements) == {CHANGED}
    session.close()
