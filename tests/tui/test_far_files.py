"""What lies on a host, in the workbench: said, fetched when a person opens it, left when they want."""

import threading
from collections.abc import Callable, Iterator

import pytest

from tests.core.engine.hosts.conftest import contained, pipeline, ran, run
from tests.support.bench import Bench
from tests.support.docker_hosts import DockerHost, DockerHosts
from tests.support.far import leave_nothing, lose_all, until_left, write_target
from tests.support.screen import screen_text, until, until_gone, until_logged, until_shown
from tests.support.steps import file, folder
from tui.app import Workbench
from tui.session import Session


@pytest.fixture(scope="session")
def far_host(docker_hosts: DockerHosts) -> DockerHost:
    return docker_hosts.start("far", ssh=True)


@pytest.fixture
def trained(
    new_bench: Callable[[str], Bench], far_host: DockerHost, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    """A model and a table were made far away, and the model registered."""
    for name in ("NO_COLOR", "SSH_CONNECTION", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLPW_ASCII", "0")
    bench = new_bench("trained")
    write_target(bench.root, far_host)
    command = (
        "mkdir ${{outputs.model}}/parts; echo weights > ${{outputs.model}}/w.txt; echo apples > ${{outputs.table}}"
    )
    makes = {"model": folder(type="custom_model", name="best"), "table": file()}
    pipeline(bench, {"train": contained(command, "far", makes=makes)})
    assert ran(bench, run(bench)) == ["train"]
    until_left(far_host)
    yield bench
    leave_nothing(far_host)


@pytest.fixture
def app(trained: Bench) -> Iterator[Workbench]:
    session = Session(trained.root)
    yield Workbench(session, session.view_file)
    session.close()


async def test_opening_an_output_brings_it_here(app: Workbench, trained: Bench) -> None:
    async with app.run_test(size=(140, 45), notifications=True) as pilot:
        await until_shown(pilot, "up to date", "on far: o fetches it")
        await pilot.press("o")
        await until_shown(pilot, "output model", "8 B on far", "output table", "7 B on far")
        await until_shown(pilot, "this lies on far, 8 B", "Enter brings it here")
        assert not any("mlpw fetch" in line for line in app.commands), "moving there starts nothing"
        await pilot.press("v")
        await until_shown(pilot, "it lies on far: Enter fetches it")
        await pilot.press("enter")
        await until_shown(pilot, "▾ output model", "▸ parts", "w.txt", "folder · 2 entries")
        await until_logged(pilot, "mlpw fetch 1/train model")
        await pilot.press("G")
        await until_shown(pilot, "this lies on far, 7 B")
        await pilot.press("enter")
        await until_shown(pilot, "apples")
        assert "B on far" not in screen_text(app)
    assert trained.output(1, "train", "table").read_text() == "apples\n"


async def test_a_fetch_can_be_left(app: Workbench, trained: Bench, far_host: DockerHost) -> None:
    async with app.run_test(size=(140, 45), notifications=True) as pilot:
        await until_shown(pilot, "up to date")
        await pilot.press("o")
        await until_shown(pilot, "8 B on far")
        far_host.cut_link()
        try:
            await pilot.press("enter")
            await until_shown(pilot, "reaching the host; Esc stops it")
            await pilot.press("escape")
            await until_gone(pilot, "Esc stops it")
            await until_shown(pilot, "▸ output model", "8 B on far", "Enter brings it here")
        finally:
            far_host.mend_link()
        await until(pilot, lambda: not fetches(), "the end of the transfer")
        await pilot.press("escape")
        await until_gone(pilot, "Files of train")
    with trained.workspace() as workspace:
        assert workspace.whereabouts(trained.steps(1)["train"].outputs["model"]).host == "far"
        assert list(workspace.layout.temporary.glob("*fetch*")) == []


def fetches() -> list[str]:
    """Threads that bring something here."""
    return [thread.name for thread in threading.enumerate() if thread.name == "mlpw-fetch"]


async def test_what_its_host_has_lost_is_said(app: Workbench, far_host: DockerHost) -> None:
    lose_all(far_host)
    async with app.run_test(size=(140, 45), notifications=True) as pilot:
        await until_shown(pilot, "up to date")
        await pilot.press("o")
        await until_shown(pilot, "8 B on far")
        await pilot.press("enter")
        await until_shown(pilot, "is not on far any more", "run again: the step that makes it is stale now")


async def test_a_registered_model_is_fetched_from_its_screen(app: Workbench) -> None:
    async with app.run_test(size=(140, 45), notifications=True) as pilot:
        await until_shown(pilot, "up to date")
        await pilot.press("6")
        await until_shown(pilot, "best", "8 B")
        await pilot.press("enter")
        await until_shown(pilot, "on far, where it was made")
        await pilot.press("o")
        await until_shown(pilot, "this lies on far, 8 B")
        await pilot.press("enter")
        await until_shown(pilot, "▾ best:1", "w.txt")
        await until_logged(pilot, "mlpw fetch model:best:1")
