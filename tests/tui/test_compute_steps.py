"""The Computes screen: what runs on each target, how many may, and which are paused; nobody is asked twice."""

from collections.abc import Callable
from contextlib import closing

import pytest

from core.engine.containers import workspace_id
from core.hosts import labels
from tests.support.bench import Bench
from tests.support.docker_hosts import BASE_IMAGE, DockerHosts
from tests.support.far import write_target
from tests.support.screen import screen_lines, until, until_gone, until_shown
from tests.support.steps import step
from tui.app import Workbench
from tui.session import Session

_GONE = "type: docker\nname: gone\nhost: ssh://127.0.0.1:1\n"


@pytest.fixture
def away(words: Bench) -> Bench:
    """A workspace with a host that is away, and a target that cannot be used."""
    words.write({"gone.yml": _GONE, "bad.yml": "type: docker\nname: bad\nhost: tcp://127.0.0.1:1\n"})
    return words


@pytest.mark.usefixtures("away")
async def test_a_host_is_paused_and_used_again_without_a_question(app: Workbench) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("9")
        await until_shown(pilot, "gone     ✗ away")
        await pilot.press("j", "p")
        assert "p resume" in await until_shown(pilot, "nothing new starts here", "p uses it again")
        await pilot.press("p")
        assert "p pause" in await until_gone(pilot, "nothing new starts here")
        assert app.commands[-2:] == ["mlpw compute pause gone", "mlpw compute resume gone"]


async def test_a_pause_that_somebody_else_asks_for_is_seen(app: Workbench, away: Bench) -> None:
    from core.workspace.computes import pause

    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("9")
        await until_shown(pilot, "gone     ✗ away")
        await pilot.press("j")
        with away.workspace() as workspace:
            pause(workspace, "gone", True)
        await until_shown(pilot, "nothing new starts here")


@pytest.mark.usefixtures("away")
async def test_a_small_terminal_shows_why_a_host_is_away(app: Workbench) -> None:
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("9", "j")
        await until_shown(pilot, "gone     ✗ away", "✗ gone cannot be reached", "does sshd run there")


@pytest.mark.usefixtures("away")
async def test_what_only_a_host_takes_is_offered_for_hosts_alone(app: Workbench) -> None:
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("9")
        await until_shown(pilot, "gone     ✗ away", "Processes of this machine")
        assert "test" not in screen_lines(app)[-1]
        await pilot.press("enter")
        await until_shown(pilot, "only a Docker host can be asked")
        await pilot.press("j")
        await until(pilot, lambda: "Enter ask  t test  p pause" in screen_lines(app)[-1], "keys of a host")
        await pilot.press("j", "p")
        await until_shown(pilot, "mend its file first")


async def test_a_step_that_could_run_elsewhere_counts_where_it_runs(new_bench: Callable[[str], Bench]) -> None:
    bench = new_bench("auto")
    bench.write({"gone.yml": _GONE})
    bench.pipeline({"slow": step(bench.gate(), compute="auto")})
    run = bench.start()
    session = Session(bench.root)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("9")
        await until_shown(pilot, "running   1", "run 1    slow · ")
        bench.open_gate()
        await until_shown(pilot, "running   0")
    session.close()
    bench.end_of(run)


async def test_steps_on_a_host_are_named_and_those_of_others_counted(
    app: Workbench, words: Bench, docker_hosts: DockerHosts
) -> None:
    host = docker_hosts.start("here")
    words.write({"here.yml": f"type: docker\nname: here\nhost: {host.target().host}\nconcurrency: 4\n"})
    with words.workspace() as workspace:
        own = {labels.WORKSPACE: workspace_id(workspace.layout), labels.RUN: "7", labels.STEP: "train.deep"}
    others = {labels.WORKSPACE: "0" * 8, labels.RUN: "1", labels.STEP: "secret"}
    with closing(host.engine()) as engine:
        made = [engine.create("", _sleeping(told)) for told in (own, others)]
        for container in made:
            engine.start(container)
        async with app.run_test(size=(100, 30)) as pilot:
            await pilot.press("9", "j")
            shown = await until_shown(pilot, "running   2 of 4", "run 7    train.deep", "1 of other workspaces")
            assert "secret" not in shown
            for container in made:
                engine.remove(container)
            await until_shown(pilot, "running   0 of 4")


async def test_a_host_that_falls_silent_is_not_called_ready(
    app: Workbench, words: Bench, docker_hosts: DockerHosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.screens.compute_words.SILENT_SECONDS", 4.0)
    host = docker_hosts.start("far", ssh=True)
    write_target(words.root, host)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("9", "j")
        await until_shown(pilot, "far      ✓ ready")
        host.cut_link()
        try:
            await until_shown(pilot, "far      ◌ silent", "this is how it was")
        finally:
            host.mend_link()


def _sleeping(told: dict[str, str]) -> dict[str, object]:
    return {"Image": BASE_IMAGE, "Cmd": ["sleep", "600"], "Labels": told, "HostConfig": {"Init": True}}
