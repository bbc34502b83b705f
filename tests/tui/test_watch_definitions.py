"""`mlpw watch`: definitions that are saved while a run goes on."""

import json

import pytest

from tests.support.bench import Bench
from tests.support.steps import step
from tests.support.waiting import eventually
from tests.support.watching import StartWatching, is_, run_chain

OUT = "${{outputs.out}}/f"


def saved(chain: Bench, before: str, after: str) -> None:
    text = chain.file.read_text()
    assert before in text
    chain.file.write_text(text.replace(before, after))


@pytest.fixture
def behind(bench: Bench) -> Bench:
    """Steps that ran; train is stale, will stand at its gate, and a new step score comes after it."""
    chain = bench
    run_chain(chain, f"{chain.gate()}; sh t.sh ${{{{inputs.x}}}} > {OUT}")
    (chain.outside / "gate").unlink()
    files = "cat ${{inputs.x}}/f"
    steps = json.loads(chain.file.read_text())["jobs"]
    chain.file.write_text(
        json.dumps(
            {
                "type": "pipeline",
                "jobs": {
                    **steps,
                    "score": step(f"echo score >> {chain.journal}; {files} > {OUT}; echo 1 >> {OUT}", makes=["out"])
                    | {"inputs": {"x": "${{parent.jobs.train.outputs.out}}"}},
                },
            },
            indent=1,
        )
    )
    chain.write({"src/t.sh": "cat $1/f; echo 2"})
    return chain


def test_a_step_that_has_not_begun_is_defined_anew_in_the_run_that_goes_on(
    behind: Bench, watching: StartWatching
) -> None:
    watch = watching("--run", "--json")
    watch.until(is_("started"))
    behind.until_started("train", times=2)
    saved(behind, "echo 1 >>", "echo 3 >>")
    said = "defined anew while the run went on: score"
    watch.until(is_("notice", run="2", notice=said))
    behind.open_gate()
    watch.until(is_("ended", run="2", status="succeeded"))
    seen = len(watch.events)
    assert behind.text(2, "score") == "1\n2\n3\n"
    behind.write({"src/r.sh": "echo other"})
    watch.until(is_("ended", run="3"), after=seen)  # no run between
    assert behind.statuses(3) == {"prepare": "reused", "train": "reused", "report": "succeeded", "score": "reused"}


def test_a_definition_that_does_not_load_leaves_the_run_alone(behind: Bench, watching: StartWatching) -> None:
    watch = watching("--run")
    behind.until_started("train", times=2)
    good = behind.file.read_text()
    saved(behind, '"score"', '"score" "score"')
    eventually(lambda: "the last good plan stays" in watch.text, watch.text)
    behind.file.write_text(good.replace("echo 1 >>", "echo 3 >>"))
    eventually(lambda: "defined anew while the run went on: score" in watch.text, watch.text)
    behind.open_gate()
    eventually(lambda: "run 2 succeeded" in watch.text, watch.text)
    assert behind.text(2, "score") == "1\n2\n3\n"


def test_a_run_that_cannot_take_a_definition_goes_on_and_the_next_takes_it(
    behind: Bench, watching: StartWatching
) -> None:
    watch = watching("--run", "--json")
    behind.until_started("train", times=2)
    train = json.loads(behind.file.read_text())
    train["jobs"]["train"]["outputs"]["more"] = {"type": "uri_folder"}
    train["jobs"]["train"]["command"] += "; echo more > ${{outputs.more}}/f"
    train["jobs"]["score"]["inputs"]["x"] = "${{parent.jobs.train.outputs.more}}"
    behind.file.write_text(json.dumps(train))
    assert "which began without it" in watch.until(is_("refused", run="2"))["why"]
    behind.open_gate()
    watch.until(is_("ended", run="3", status="succeeded"))
    assert behind.text(2, "score") == "1\n2\n1\n"
    assert behind.text(3, "score") == "more\n1\n"


def test_somebody_elses_run_takes_it_too_while_saves_are_only_shown(behind: Bench, watching: StartWatching) -> None:
    run = behind.start()
    behind.until_started("train", times=2)
    watch = watching("--json")
    watch.until(is_("plan"))
    saved(behind, "echo 1 >>", "echo 3 >>")
    eventually(lambda: behind.run_record(run).notices[-1:] == ("defined anew while the run went on: score",))
    behind.open_gate()
    behind.end_of(run)
    assert behind.text(run, "score") == "1\n2\n3\n"
