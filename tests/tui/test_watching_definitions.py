"""Definitions that are saved in the workbench's sight while a run goes on."""

import json
from collections.abc import Iterator

import pytest

from core.records.model import StepStatus
from tests.support.bench import Bench
from tests.support.screen import until, until_shown
from tests.support.steps import step
from tests.tui.chain_shown import running, statuses
from tui.app import Workbench
from tui.reading.detail import step_more
from tui.session import Session
from tui.views import StepState, Subject
from tui.widgets.status import Status

OUT = "${{outputs.out}}/f"


@pytest.fixture
def app(chain: Bench) -> Iterator[Workbench]:
    session = Session(chain.root)
    yield Workbench(session, session.view_file)
    session.close()


async def test_a_definition_saved_meanwhile_is_taken_by_a_step_that_has_not_begun(chain: Bench, app: Workbench) -> None:
    """report waits for train, takes another command and new company, and runs so in the run that goes on."""
    document = json.loads(chain.file.read_text())
    late = step(f"cat ${{{{inputs.x}}}}/f > {OUT}; echo 1 >> {OUT}", takes={"x": "train.out"}, makes=["out"])
    document["jobs"]["late"] = late
    chain.file.write_text(json.dumps(document))
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "late")
        await running(pilot, chain, keys="r enter")
        late["command"] = late["command"].replace("echo 1", "echo 2")
        document["jobs"]["more"] = step(f"cat ${{{{inputs.x}}}}/f > {OUT}", takes={"x": "late.out"}, makes=["out"])
        chain.file.write_text(json.dumps(document))
        await until(pilot, lambda: statuses(app).get("more") is Status.WAITING, "the new step in the run")
        assert statuses(app)["train"] is Status.RUNNING
        chain.open_gate()
        await until_shown(pilot, "up to date")
    assert chain.last() == 2
    assert chain.text(2, "more") == "1\n2\n2\n"


async def test_a_running_step_that_is_defined_otherwise_is_offered_to_begin_anew(chain: Bench, app: Workbench) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "up to date")
        await running(pilot, chain, keys="r enter")
        chain.file.write_text(chain.file.read_text().replace("; until", "; echo 3 >> ${{outputs.out}}/f; until"))
        await until_shown(pilot, "X begins it anew, as it is defined now: train")
        await pilot.press("X")
        await until(pilot, lambda: chain.started().count("train") == 3, "the next attempt")
        chain.open_gate()
        await until_shown(pilot, "up to date")
    assert chain.last() == 2
    assert chain.text(2, "train") == "1\n2\n3\n"


def test_a_running_step_is_told_as_it_was_defined_when_it_began(bench: Bench) -> None:
    def saved(value: int) -> None:
        bench.pipeline({"slow": step(f"echo ${{{{inputs.n}}}}; {bench.gate()}", values={"n": value})})

    saved(1)
    run = bench.start()
    bench.until(run, slow=StepStatus.RUNNING)
    saved(2)
    running = StepState(Status.RUNNING, made_by_run=run, attempt=1)
    with bench.workspace() as workspace:
        more = step_more(Subject("pipeline.yml"), "slow", running)(workspace)
    assert [(port.name, port.text) for port in more.inputs] == [("n", "1")]
    bench.open_gate()
    bench.end_of(run)
