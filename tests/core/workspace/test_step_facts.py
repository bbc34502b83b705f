"""What can be told about a step: in a run, and as it would run."""

import shutil
from dataclasses import replace

import pytest

from core.computes.usage import Usage, UsageMeter
from core.errors import NotFoundError
from core.planning.graph import Graph
from core.workspace import Workspace
from core.workspace.step_facts import Content, StepFacts
from tests.support.bench import Bench
from tests.support.steps import step
from tests.support.waiting import eventually


def words(bench: Bench) -> None:
    bench.write({"src/words.txt": "alpha\n", "data/a.txt": "1234\n"})
    bench.pipeline(
        {
            "first": step("cat words.txt > ${{outputs.out}}/w; echo kept > outputs/k", code="./src", makes=["out"]),
            "second": step(
                "cat ${{inputs.words}}/w ${{inputs.data}}/a.txt; echo ${{inputs.n}} > ${{outputs.out}}/x",
                takes={"words": "first.out"},
                data={"data": "data/"},
                values={"n": 3},
                makes=["out"],
                environment_variables={"MODE": "fast"},
            ),
        }
    )


def facts(bench: Bench, name: str, run: int = 0) -> StepFacts:
    with bench.workspace() as workspace:
        graph: Graph = workspace.run_graph(run) if run else workspace.graph(bench.file)
        record = next(row for row in workspace.steps(run) if row.step == name) if run else None
        return workspace.step_facts(graph, name, record)


def by_name(contents: tuple[Content, ...]) -> dict[str, Content]:
    return {content.name: content for content in contents}


def test_a_step_that_never_ran_is_told_as_far_as_it_is_known(bench: Bench) -> None:
    words(bench)

    found = facts(bench, "second")

    assert not found.has_run
    assert "cat '<first.out>'/w" in found.command or "<first.out>" in found.command
    assert f"{bench.root}/data" in found.command
    assert "echo 3 >" in found.command
    assert dict(found.variables) == {"MODE": "fast"}
    inputs = by_name(found.inputs)
    assert (inputs["n"].text, inputs["data"].text, inputs["data"].path) == ("3", "data", f"{bench.root}/data")
    assert (inputs["words"].text, inputs["words"].digest) == ("first.out", "")
    assert by_name(found.outputs)["out"].path == ""


def test_a_step_that_is_not_in_the_pipeline_any_more_is_said(bench: Bench) -> None:
    words(bench)

    with pytest.raises(NotFoundError, match="has no step 'secnd'; did you mean 'second'"):
        facts(bench, "secnd")


def test_a_step_that_ran_is_told_by_what_really_ran(bench: Bench) -> None:
    words(bench)
    bench.run()
    made = bench.steps(1)["first"].outputs["out"]

    found = facts(bench, "second", run=1)

    assert found.has_run
    assert f"cat {bench.output(1, 'first', 'out')}/w" in found.command
    inputs, outputs = by_name(found.inputs), by_name(found.outputs)
    assert (inputs["words"].digest, inputs["words"].size) == (made, len("alpha\n"))
    assert len(inputs["data"].digest) == 64
    assert inputs["data"].size == len("1234\n")
    assert (outputs["out"].path, outputs["out"].size) == (str(bench.output(1, "second", "out")), 2)
    assert found.outcome is not None
    assert found.outcome.succeeded
    assert found.python


def test_artifacts_are_told_beside_the_outputs(bench: Bench) -> None:
    words(bench)
    bench.run()

    assert list(by_name(facts(bench, "first", run=1).outputs)) == ["out", "artifacts"]


def test_a_failed_step_shows_what_it_had_written(bench: Bench) -> None:
    bench.pipeline({"half": step("echo a > ${{outputs.out}}/part; exit 1", makes=["out"])})
    bench.run()

    (out,) = facts(bench, "half", run=1).outputs

    assert (out.text, out.digest) == ("as far as it was written", "")
    assert out.path.endswith("/outputs/out")


def test_what_was_removed_from_the_store_has_a_digest_and_no_place(bench: Bench) -> None:
    words(bench)
    bench.run()
    with bench.workspace() as workspace:
        workspace.store.remove(bench.steps(1)["second"].outputs["out"])

    out = by_name(facts(bench, "second", run=1).outputs)["out"]

    assert (out.path, out.size) == ("", -1)
    assert out.digest


def test_a_running_step_uses_cores_and_memory_and_nothing_when_it_has_ended(bench: Bench) -> None:
    bench.pipeline({"busy": step(f"until [ -e {bench.outside}/gate ]; do :; done")})
    run = bench.start()
    bench.until_started("busy")
    with bench.workspace() as workspace:
        meter = workspace.usage(workspace.steps(run)[0])

        eventually(lambda: uses(meter) is not None, "processes")
        eventually(lambda: (used := uses(meter)) is not None and used.cpu > 0.1, "a busy core")
        used = uses(meter)

        assert used is not None
        assert used.processes >= 1
        assert 0 < used.memory <= used.most_memory
        bench.open_gate()
        bench.end_of(run)
        assert uses(meter) is None


def uses(meter: UsageMeter) -> Usage | None:
    return meter.look()


def test_the_history_of_a_step_is_that_of_its_pipeline(bench: Bench) -> None:
    bench.pipeline({"say": step("echo one")})
    bench.run()
    bench.run()
    bench.pipeline({"say": step("exit 3")})
    bench.run()
    with Workspace.open(bench.root) as workspace:
        rows = workspace.history("pipeline.yml", "say")

        assert [(row.run, str(row.status)) for row in rows] == [(3, "failed"), (2, "reused"), (1, "succeeded")]
        assert workspace.history("other.yml", "say") == []


def test_attempts_that_were_lost_stand_before_the_one_that_counts(bench: Bench) -> None:
    bench.pipeline({"say": step("echo one")})
    bench.run()
    with bench.workspace() as workspace:
        record = bench.steps(1)["say"]
        first = workspace.layout.attempt(1, "say", 1)
        shutil.copytree(first.root, workspace.layout.attempt(1, "say", 2).root)
        first.result.unlink()  # what a killed shim leaves: it signed, and never said how it ended

        found = workspace.step_facts(workspace.run_graph(1), "say", replace(record, attempt=2, source_attempt=2))

    assert [(number, str(outcome.ending)) for number, outcome in found.others] == [(1, "lost")]
    assert found.outcome is not None
    assert found.outcome.succeeded
