"""`mlpw watch`: real processes, real saves."""

from pathlib import Path

import pytest

from tests.support.bench import Bench
from tests.support.steps import step
from tests.support.waiting import eventually
from tests.support.watching import StartWatching, is_, run_chain

OUT = "${{outputs.out}}/f"


@pytest.fixture
def chain(bench: Bench) -> Bench:
    """Steps that ran; train waits for a gate that stands open before it opens anything."""
    run_chain(bench, f"{bench.gate()}; sh t.sh ${{{{inputs.x}}}} > {OUT}")
    return bench


def test_each_save_shows_what_it_touches(chain: Bench, watching: StartWatching) -> None:
    watch = watching("--json")
    watch.until_planned(prepare="up_to_date", train="up_to_date", report="up_to_date")

    chain.write({"src/t.sh": "cat $1/f; echo 2"})
    event = watch.until_planned(train="stale")
    assert event["steps"]["train"]["reasons"] == ["t.sh changed"]
    assert [Path(path).name for path in event["changed"]] == ["t.sh"]
    assert event["steps"]["prepare"]["unopened"] == ["t.sh"]

    seen = len(watch.events)
    chain.write({"src/t.sh": "cat $1/f"})
    watch.until_planned(train="up_to_date", after=seen)
    assert sorted(chain.started()) == ["prepare", "report", "train"]
    watch.press()
    assert watch.end() == 0


def test_a_definition_that_does_not_load_is_said_and_recovers(chain: Bench, watching: StartWatching) -> None:
    watch = watching()
    watch.until_said("3 steps")
    good = chain.file.read_text()
    chain.file.write_text(good.replace('"jobs"', '"jbos"'))
    watch.until_said("did you mean 'jobs'?", "^\n")
    assert "pipeline.yml:4:2: unknown key 'jbos'" in watch.text
    line, mark = watch.text.splitlines()[-2:]
    assert line[mark.index("^") :].startswith('"jbos"')
    chain.file.write_text(good)
    watch.until_said("pipeline.yml loads again")
    watch.press()
    assert watch.end() == 0


def test_a_pipeline_that_never_loaded_is_waited_for(bench: Bench, watching: StartWatching) -> None:
    bench.file.write_text("type: pipeline\njobs: {a: {command: echo, component: ./a.yml}}\n")
    watch = watching("--json")
    watch.until(is_("error"))
    bench.pipeline({"a": step()})
    watch.until_planned(a="stale")


def test_a_missing_component_that_comes_is_noticed(bench: Bench, watching: StartWatching) -> None:
    bench.file.write_text('{"type": "pipeline", "jobs": {"a": {"type": "command", "component": "./c/a.yml"}}}')
    watch = watching("--json")
    watch.until(is_("error"))
    bench.write({"c/a.yml": "type: command\nname: a\ncommand: echo\nenvironment: {image: 'ubuntu:22.04'}\n"})
    watch.until_planned(a="stale")


def test_what_a_save_makes_stale_runs_at_once(chain: Bench, watching: StartWatching) -> None:
    watch = watching("--run", "--json")
    watch.until_planned(report="up_to_date")
    before = len(chain.started())
    chain.write({"src/r.sh": "echo other"})
    event = watch.until(is_("ended"))
    assert event["status"] == "succeeded"
    assert chain.started()[before:] == ["report"]
    chain.write({"src/README.md": "other words"})
    watch.until(lambda e: e["event"] == "plan" and any(path.endswith("README.md") for path in e["changed"]))
    assert chain.started()[before:] == ["report"]


def test_a_running_step_goes_on_and_runs_again(chain: Bench, watching: StartWatching) -> None:
    watch = watching("--run", "--json")
    watch.until_planned(train="up_to_date")
    (chain.outside / "gate").unlink()
    chain.write({"src/t.sh": "cat $1/f; echo 2"})
    chain.until_started("train", times=2)
    chain.write({"src/t.sh": "cat $1/f; echo 3"})
    assert watch.until(is_("outdated", step="train"))["restarted"] is False
    chain.open_gate()
    chain.until_started("train", times=3)
    watch.until(lambda e: e["event"] == "ended" and e["run"] == "3")
    assert chain.text(3, "train") == "1\n3\n"
    assert chain.started().count("report") == 1


def test_a_running_step_is_restarted_where_that_is_wished(chain: Bench, watching: StartWatching) -> None:
    watch = watching("--run", "--restart", "--json")
    watch.until_planned(train="up_to_date")
    (chain.outside / "gate").unlink()
    chain.write({"src/t.sh": "cat $1/f; echo 2"})
    chain.until_started("train", times=2)
    chain.write({"src/t.sh": "cat $1/f; echo 3"})
    watch.until(is_("outdated", step="train", restarted=True))
    chain.until_started("train", times=3)
    assert chain.last() == 2
    chain.open_gate()
    watch.until(lambda e: e["event"] == "ended" and e["run"] == "2")
    assert chain.text(2, "train") == "1\n3\n"
    assert (chain.steps(2)["train"].attempt, chain.last()) == (2, 2)


def test_a_running_step_that_is_defined_otherwise_begins_anew_as_it_is_defined_now(
    chain: Bench, watching: StartWatching
) -> None:
    watch = watching("--run", "--restart", "--json")
    watch.until_planned(train="up_to_date")
    (chain.outside / "gate").unlink()
    chain.write({"src/t.sh": "cat $1/f; echo 2"})
    chain.until_started("train", times=2)
    chain.file.write_text(chain.file.read_text().replace("; sh t.sh", "; echo 3; sh ./t.sh"))
    watch.until(is_("outdated", step="train", restarted=True))
    chain.until_started("train", times=3)
    chain.open_gate()
    watch.until(lambda e: e["event"] == "ended" and e["run"] == "2")
    assert chain.text(2, "train") == "1\n2\n"
    assert (chain.steps(2)["train"].attempt, chain.last()) == (2, 2)


def test_a_file_that_a_running_step_opens_only_later_counts_then(chain: Bench, watching: StartWatching) -> None:
    chain.write({"src/t.sh": f"{chain.gate('half')}; . ./late.sh; {chain.gate('end')}", "src/late.sh": "echo 1"})
    watch = watching("--run", "--restart", "--json")
    chain.until_started("train", times=2)
    told = chain.attempt(chain.last(), "train").opened_so_far
    eventually(lambda: told.exists() and "t.sh" in told.read_text())
    chain.write({"src/late.sh": "echo 2"})
    watch.until(lambda e: e["event"] == "plan" and any(path.endswith("late.sh") for path in e["changed"]))
    assert not any(map(is_("outdated"), watch.events))
    chain.open_gate("half")
    watch.until(is_("outdated", step="train", restarted=True))
    chain.until_started("train", times=3)  # the earlier attempt is over by then
    chain.open_gate("end")
    watch.until(is_("ended", status="succeeded"))
    assert chain.text(chain.last(), "train") == "2\n"


def test_a_failure_is_not_run_again_before_the_next_save(chain: Bench, watching: StartWatching) -> None:
    watch = watching("--run", "--json")
    watch.until_planned(report="up_to_date")
    chain.write({"src/r.sh": "exit 3"})
    assert watch.until(is_("ended"))["status"] == "failed"
    seen = len(watch.events)
    chain.write({"src/README.md": "a save that has nothing to do with it"})
    watch.until(is_("plan"), after=seen)
    chain.write({"src/t.sh": "cat $1/f; echo 2"})
    assert watch.until(is_("ended"), after=seen)["status"] == "failed"  # a run of what was saved leaves it as it is
    assert chain.statuses(3) == {"prepare": "reused", "train": "succeeded", "report": "failed"}
    assert chain.steps(3)["report"].reasons == ("failed in run 2, and nothing that it depends on has changed",)
    chain.write({"src/r.sh": "echo good"})
    watch.until(is_("ended", status="succeeded"))
    assert chain.started().count("report") == 3


def test_somebody_elses_run_is_waited_for(chain: Bench, watching: StartWatching) -> None:
    (chain.outside / "gate").unlink()
    chain.write({"src/t.sh": "cat $1/f; echo 2"})
    other = chain.start()
    chain.until_started("train", times=2)
    watch = watching("--run", "--json")
    watch.until(is_("waits", run=str(other)))
    chain.open_gate()
    chain.end_of(other)
    watch.until_planned(train="up_to_date")
    assert chain.last() == other


def test_ctrl_c_cancels_its_own_run(chain: Bench, watching: StartWatching) -> None:
    watch = watching("--run", "--json")
    watch.until_planned(train="up_to_date")
    (chain.outside / "gate").unlink()
    chain.write({"src/t.sh": "cat $1/f; echo 2"})
    chain.until_started("train", times=2)
    watch.press()
    watch.until(is_("cancelling"))
    assert watch.end() == 130
    assert chain.statuses(2)["train"] == "cancelled"


def test_restart_without_run_is_refused(bench: Bench, watching: StartWatching) -> None:
    watch = watching("--restart")
    assert watch.end() == 2
    assert "--restart needs --run" in watch.text
