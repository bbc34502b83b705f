"""A pipeline that is saved while its run goes on: steps that have not begun take it, all others stay as they are."""

import json
import random
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from core.engine.crashes import REDEFINING_POINTS
from core.engine.identity import read_identity
from core.records.model import RunStatus, StepStatus
from tests.support.bench import SCHEMA, Bench
from tests.support.steps import step
from tests.support.waiting import eventually

OUT = "${{outputs.out}}/f"


def slow(bench: Bench, say: str = "slow 1", **more: Any) -> dict[str, Any]:
    """Writes what it says, then waits at the gate."""
    return step(f"echo {say} > {OUT}; {bench.gate()}", makes=["out"], **more)


def after(*takes: str, say: str = "1", **more: Any) -> dict[str, Any]:
    """Hands on what it takes, and says its own."""
    files = " ".join(f"${{{{inputs.{name}}}}}/f" for name in takes)
    return step(
        f"cat {files} /dev/null > {OUT}; echo {say} >> {OUT}",
        takes={name: f"{name}.out" for name in takes},
        makes=["out"],
        **more,
    )


def begin(bench: Bench, **steps: Mapping[str, Any]) -> int:
    """A run that stands at the gate of its step `slow`."""
    bench.pipeline({"slow": slow(bench), **steps})
    run = bench.start()
    bench.until_started("slow")
    bench.until(run, slow=StepStatus.RUNNING)
    return run


def ask(bench: Bench, run: int, **steps: Mapping[str, Any]) -> None:
    """Save the pipeline, and ask the run to take that."""
    bench.pipeline(steps)
    with bench.workspace() as workspace:
        handed = workspace.redefine(run)
    assert (bool(handed.number), handed.why) == (True, "")


def save(bench: Bench, run: int, **steps: Mapping[str, Any]) -> None:
    """The same, until the supervisor has taken it."""
    ask(bench, run, **steps)
    until_heeded(bench, run)


def heeded(bench: Bench, run: int) -> bool:
    with bench.workspace() as workspace:
        return not workspace.records.redefinitions.is_asked(run)


def until_heeded(bench: Bench, run: int) -> None:
    eventually(lambda: heeded(bench, run), "the supervisor to take what was saved")


def end(bench: Bench, run: int) -> None:
    bench.open_gate()
    assert bench.end_of(run).status is RunStatus.SUCCEEDED, bench.statuses(run)


def let_go(bench: Bench, run: int, held: Path) -> None:
    """Let the supervisor go on as often as it comes to where it is held."""

    def is_over() -> bool:
        held.unlink(missing_ok=True)
        return bench.status(run).is_final

    eventually(is_over, "the end of the run")


def defined(bench: Bench, run: int, name: str) -> str:
    """The command that the run's own graph has for a step."""
    with bench.workspace() as workspace:
        return workspace.run_graph(run).steps[name].command


def test_a_step_that_waits_takes_the_new_definition_and_the_running_one_goes_on(bench: Bench) -> None:
    run = begin(bench, next=after("slow"))
    save(bench, run, slow=slow(bench, "slow 2"), next=after("slow", say="2"))
    end(bench, run)
    assert bench.text(run, "next") == "slow 1\n2\n"
    assert bench.started() == ["slow", "next"]
    assert "slow 1" in defined(bench, run, "slow")
    assert "echo 2" in defined(bench, run, "next")
    assert bench.run_record(run).notices[-1] == "defined anew while the run went on: next"
    assert bench.plan() == {"slow": "command changed", "next": "waits for slow"}


def test_a_literal_an_environment_variable_and_a_source_are_taken(bench: Bench) -> None:
    def said(value: int, source: str, variable: str) -> dict[str, Any]:
        return step(
            f"cat ${{{{inputs.x}}}}/f > {OUT}; echo ${{{{inputs.v}}}} $WORD >> {OUT}",
            takes={"x": f"{source}.out"},
            values={"v": value},
            makes=["out"],
            environment_variables={"WORD": variable},
        )

    run = begin(bench, other=after(say="other"), next=said(1, "slow", "one"))
    save(bench, run, slow=slow(bench), other=after(say="other"), next=said(2, "other", "two"))
    bench.until(run, next=StepStatus.SUCCEEDED)  # it does not need slow any more
    assert bench.text(run, "next") == "other\n2 two\n"
    end(bench, run)


def test_a_step_is_added_behind_one_that_runs_and_another_removed(bench: Bench) -> None:
    run = begin(bench, gone=after("slow"), last=after("gone"))
    save(bench, run, slow=slow(bench), new=after("slow", say="new"), last=after("new"))
    end(bench, run)
    assert bench.text(run, "last") == "slow 1\nnew\n1\n"
    assert bench.statuses(run) == {"slow": "succeeded", "new": "succeeded", "last": "succeeded", "gone": "not_run"}
    assert bench.steps(run)["gone"].reasons == ("no longer part of the pipeline",)
    assert bench.run_record(run).notices[-1] == "defined anew while the run went on: last, gone (removed), new (added)"
    assert bench.run() == []


def test_a_step_that_was_removed_comes_back(bench: Bench) -> None:
    run = begin(bench, gone=after("slow"))
    save(bench, run, slow=slow(bench))
    assert bench.statuses(run)["gone"] == "not_run"
    save(bench, run, slow=slow(bench), gone=after("slow", say="2"))
    end(bench, run)
    assert bench.text(run, "gone") == "slow 1\n2\n"


def test_a_step_of_a_nested_pipeline_takes_what_is_saved_in_its_file(bench: Bench) -> None:
    def nested(say: str) -> None:
        bench.write(
            {
                "inner.yml": "type: pipeline\ninputs: {x: {type: uri_folder}}\noutputs: {y: {type: uri_folder}}\n"
                "jobs:\n  deep:\n    type: command\n    environment: {image: 'ubuntu:22.04'}\n"
                "    inputs: {x: '${{parent.inputs.x}}'}\n    outputs: {y: '${{parent.outputs.y}}'}\n"
                f"    command: cat ${{{{inputs.x}}}}/f > ${{{{outputs.y}}}}/f; echo {say} >> ${{{{outputs.y}}}}/f\n"
            }
        )

    nested("1")
    inner = {"type": "pipeline", "component": "./inner.yml", "inputs": {"x": "${{parent.jobs.slow.outputs.out}}"}}
    bench.file.write_text(
        json.dumps({"$schema": SCHEMA, "type": "pipeline", "jobs": {"slow": slow(bench), "inner": inner}})
    )
    run = bench.start()
    bench.until(run, slow=StepStatus.RUNNING)
    nested("2")
    with bench.workspace() as workspace:
        assert workspace.redefine(run).number
    until_heeded(bench, run)
    end(bench, run)
    assert bench.text(run, "inner.deep", "y") == "slow 1\n2\n"


def test_a_step_that_waits_for_its_turn_is_decided_again(bench: Bench) -> None:
    bench.write({"mlpw.yml": "local: {cpus: 1}\n"})
    run = begin(bench, queued=after())
    bench.until(run, queued=StepStatus.PREPARING)
    save(bench, run, slow=slow(bench), queued=after(say="2"))
    end(bench, run)
    assert bench.text(run, "queued") == "2\n"
    assert bench.started() == ["slow", "queued"]


def test_a_queued_step_that_is_gone_does_not_run(bench: Bench) -> None:
    bench.write({"mlpw.yml": "local: {cpus: 1}\n"})
    run = begin(bench, queued=after())
    bench.until(run, queued=StepStatus.PREPARING)
    save(bench, run, slow=slow(bench))
    end(bench, run)
    assert bench.statuses(run)["queued"] == "not_run"
    assert bench.started() == ["slow"]


def test_a_step_whose_result_exists_once_it_is_defined_otherwise_is_reused(bench: Bench) -> None:
    bench.open_gate()
    bench.pipeline({"slow": slow(bench), "next": after("slow", say="2")})
    bench.run()
    (bench.outside / "gate").unlink()
    bench.pipeline({"slow": slow(bench), "next": after("slow", say="1")})
    run = bench.start(force_steps=["slow"])
    bench.until_started("slow", times=2)
    save(bench, run, slow=slow(bench), next=after("slow", say="2"))
    end(bench, run)
    assert bench.statuses(run) == {"slow": "succeeded", "next": "reused"}


@pytest.mark.parametrize("saved", ["removed", "changed"])
def test_a_step_whose_code_is_being_looked_at_is_looked_at_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, saved: str
) -> None:
    held = bench.hold_at("code_captured", monkeypatch)
    bench.write({"src/s.sh": "echo code"})
    bench.pipeline({"slow": slow(bench), "next": step(f"sh s.sh > {OUT}", code="src/", makes=["out"])})
    run = bench.start()
    eventually(held.exists, "the look at next's code")
    again = {"next": step(f"sh s.sh > {OUT}; echo 2 >> {OUT}", code="src/", makes=["out"])}
    save(bench, run, slow=slow(bench), **(again if saved == "changed" else {}))
    bench.open_gate()
    let_go(bench, run, held)
    end(bench, run)
    if saved == "changed":
        assert bench.text(run, "next") == "code\n2\n"
    assert bench.started().count("next") == (1 if saved == "changed" else 0)


def test_a_step_that_starts_at_that_very_moment_keeps_what_it_has(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = bench.hold_at("attempt_opened", monkeypatch)
    bench.pipeline({"one": after(), "two": after("one")})
    run = bench.start()
    eventually(held.exists, "the start of one")
    ask(bench, run, one=after(say="2"), two=after("one", say="2"))
    let_go(bench, run, held)
    assert bench.end_of(run).status is RunStatus.SUCCEEDED
    assert bench.text(run, "two") == "1\n2\n"
    assert "echo 1" in defined(bench, run, "one")


@pytest.mark.parametrize("point", REDEFINING_POINTS)
def test_a_supervisor_killed_while_it_takes_it_is_followed_by_one_that_has_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    once = bench.outside / "crashed"
    monkeypatch.setenv("MLPW_CRASH_AT", f"{point}:{once}")
    run = begin(bench, next=after("slow"), gone=after("slow"))
    ask(bench, run, slow=slow(bench), next=after("slow", say="2"), new=after("next", say="new"))
    eventually(once.exists, "the crash")
    bench.recover()
    until_heeded(bench, run)
    end(bench, run)
    assert bench.text(run, "new") == "slow 1\n2\nnew\n"
    assert bench.statuses(run)["gone"] == "not_run"
    assert bench.started() == ["slow", "next", "new"]


def test_what_is_saved_while_nobody_supervises_is_taken_by_the_next(bench: Bench) -> None:
    """Of two requests the last one counts."""
    run = begin(bench, next=after("slow"))
    bench.kill_supervisor(run)
    for say in ("2", "3"):
        ask(bench, run, slow=slow(bench), next=after("slow", say=say))
    end(bench, run)
    assert bench.text(run, "next") == "slow 1\n3\n"


def test_going_back_at_once_is_heard_too(bench: Bench) -> None:
    run = begin(bench, next=after("slow"))
    bench.kill_supervisor(run)
    for say in ("2", "1"):
        ask(bench, run, slow=slow(bench), next=after("slow", say=say))
    end(bench, run)
    assert bench.text(run, "next") == "slow 1\n1\n"


def test_what_cannot_be_taken_is_left_to_the_next_run(bench: Bench) -> None:
    run = begin(bench, next=after("slow"))
    more = step(f"echo more > ${{{{outputs.more}}}}/f; {bench.gate()}", makes=["out", "more"])
    taking = step(f"cat ${{{{inputs.x}}}}/f > {OUT}", takes={"x": "slow.more"}, makes=["out"])
    bench.pipeline({"slow": more, "next": taking})
    with bench.workspace() as workspace:
        assert workspace.redefine(run).why == "input 'x' of next takes 'more' of slow, which began without it"
        number = workspace.records.redefinitions.ask(run, workspace.graphs.text(bench.graph()))
    until_heeded(bench, run)
    end(bench, run)
    assert number
    assert bench.text(run, "next") == "slow 1\n1\n"
    assert bench.run_record(run).notices[-1].startswith("the next run takes what was saved meanwhile: input 'x' of")


def test_what_could_not_run_is_not_handed_in(bench: Bench) -> None:
    run = begin(bench, next=after("slow"))
    missing = step("true", takes={"x": "slow.out"}, data={"y": "https://example.org/nowhere.csv"})
    bench.pipeline({"slow": slow(bench), "next": {**missing, "type": "command", "compute": "local"}})
    bench.file.write_text(bench.file.read_text().replace('"jobs"', '"jbos"'))
    with bench.workspace() as workspace:
        handed = workspace.redefine(run)
    assert "unknown key 'jbos'" in handed.why
    assert not handed.number
    end(bench, run)
    assert bench.text(run, "next") == "slow 1\n1\n"


def test_a_comment_is_nothing_to_hand_in(bench: Bench) -> None:
    run = begin(bench, next=after("slow"))
    bench.file.write_text("# words\n" + bench.file.read_text())
    with bench.workspace() as workspace:
        assert workspace.redefine(run).number == 0
    end(bench, run)


def test_a_run_keeps_the_values_that_it_was_given(bench: Bench) -> None:
    def pipeline(say: str) -> None:
        bench.pipeline(
            {"slow": slow(bench), "next": {**after("slow", say=f"{say} ${{{{inputs.v}}}}"), "inputs": inputs}},
            inputs={"v": 1},
        )

    inputs = {"slow": "${{parent.jobs.slow.outputs.out}}", "v": "${{parent.inputs.v}}"}
    pipeline("1")
    run = bench.start(set={"inputs.v": "7"})
    bench.until_started("slow")
    pipeline("2")
    with bench.workspace() as workspace:
        assert workspace.redefine(run).number
    until_heeded(bench, run)
    end(bench, run)
    assert bench.text(run, "next") == "slow 1\n2 7\n"


def test_a_restarted_step_is_defined_as_it_was_saved_last(bench: Bench) -> None:
    run = begin(bench, next=after("slow"))
    bench.pipeline({"slow": slow(bench, "slow 2"), "next": after("slow")})
    with bench.workspace() as workspace:
        assert workspace.redefine(run).number == 0  # nothing of what has not begun
        assert workspace.begin_anew(bench.steps(run)["slow"], is_same=False) == ""
    bench.until_started("slow", times=2)
    end(bench, run)
    assert bench.text(run, "next") == "slow 2\n1\n"
    assert bench.steps(run)["slow"].attempt == 2
    assert "slow 2" in defined(bench, run, "slow")
    assert bench.run() == []


def test_a_restarted_step_waits_for_what_it_newly_takes(bench: Bench) -> None:
    run = begin(bench)
    bench.pipeline({"first": after(say="first"), "slow": after("first", say="slow 2")})
    with bench.workspace() as workspace:
        assert workspace.begin_anew(bench.steps(run)["slow"], is_same=False) == ""
    bench.until(run, slow=StepStatus.SUCCEEDED)  # which needs no gate
    end(bench, run)
    assert bench.text(run, "slow") == "first\nslow 2\n"


def test_a_run_that_is_cancelled_takes_nothing(bench: Bench) -> None:
    run = begin(bench, next=after("slow"))
    bench.kill_supervisor(run)
    ask(bench, run, slow=slow(bench), next=after("slow", say="2"), new=after("slow"))
    bench.cancel(run)
    assert bench.end_of(run).status is RunStatus.CANCELLED
    assert bench.statuses(run) == {"slow": "cancelled", "next": "cancelled"}


def test_a_new_step_behind_a_failed_one_is_not_run(bench: Bench) -> None:
    bench.pipeline({"bad": step("exit 3", makes=["out"]), "slow": slow(bench)}, **GOES_ON)
    run = bench.start()
    bench.until(run, bad=StepStatus.FAILED, slow=StepStatus.RUNNING)
    bench.pipeline({"bad": step("exit 3", makes=["out"]), "slow": slow(bench), "new": after("bad")}, **GOES_ON)
    with bench.workspace() as workspace:
        assert workspace.redefine(run).number
    until_heeded(bench, run)
    bench.until(run, new=StepStatus.NOT_RUN)
    assert bench.steps(run)["new"].reasons == ("needs bad, which failed",)
    bench.open_gate()
    assert bench.end_of(run).status is RunStatus.FAILED


GOES_ON = {"settings": {"continue_on_step_failure": True}}


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_saved_meanwhile_each_step_ran_as_the_run_says(bench: Bench, seed: int) -> None:
    """Saves at random moments, supervisors killed among them; the records name what each step really ran from."""
    chance = random.Random(seed)
    names = [f"s{number}" for number in range(8)]

    def some() -> dict[str, Any]:
        chosen = [name for name in names if chance.random() < 0.8] or names[:1]
        return {
            name: after(*chance.sample(chosen[:place], min(place, chance.randint(0, 2))), say=str(chance.randint(0, 9)))
            for place, name in enumerate(chosen)
        }

    bench.write({"mlpw.yml": "local: {cpus: 2}\n"})
    bench.pipeline(some())
    run = bench.start()
    deadline, kills = time.monotonic() + 60, 2  # a run whose supervisors die one after the other is given up
    while not bench.status(run).is_final and time.monotonic() < deadline:
        bench.pipeline(some())
        with bench.workspace() as workspace:
            workspace.redefine(run)
        if kills and chance.random() < 0.2 and bench.supervisor(run):
            kills -= 1
            bench.kill_supervisor(run)
            bench.recover()
    bench.end_of(run)
    with bench.workspace() as workspace:
        graph, records = workspace.run_graph(run), {record.step: record for record in workspace.steps(run)}
    assert list(graph.steps) == list(records)
    for name, record in records.items():
        if record.status is StepStatus.SUCCEEDED:
            identity = read_identity(bench.attempt(run, name))
            assert identity is not None
            assert identity.parts["command"][""] == graph.steps[name].command
        else:
            assert record.status in (StepStatus.REUSED, StepStatus.NOT_RUN)
            assert (name in graph.left) is (record.status is StepStatus.NOT_RUN)
