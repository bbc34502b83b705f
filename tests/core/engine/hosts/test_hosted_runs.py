"""Pipelines whose steps run in containers: the same caching, logs, cancel and recovery as processes have."""

import os
import re

import pytest

from core.computes import attempts
from core.engine.containers import workspace_id
from core.hosts.engine import Engine
from core.records.model import RunStatus, StepStatus
from tests.core.engine.hosts.conftest import add_target, contained, containers_of, pipeline, ran, run, state_of
from tests.support.bench import Bench, kill
from tests.support.docker_hosts import DockerHost
from tests.support.steps import file, step
from tests.support.waiting import eventually


def test_data_goes_from_a_container_to_a_process_and_back(hosted: Bench) -> None:
    hosted.write({"raw/a.txt": "from the workspace\n", "src/say.sh": "cat $1; echo by the script\n"})
    says = "sh say.sh ${{inputs.raw}}/a.txt > ${{outputs.out}}; echo said"
    first = contained(says, code="./src", data={"raw": "raw/"}, makes={"out": file()})
    raises = "tr a-z A-Z < ${{inputs.text}} > ${{outputs.out}}"
    second = step(raises, takes={"text": "first.out"}, makes={"out": file()})
    turns = "rev ${{inputs.text}} > ${{outputs.out}}"
    third = contained(turns, takes={"text": "second.out"}, makes={"out": file()})
    steps = {"first": first, "second": second, "third": third}
    pipeline(hosted, steps)
    number = run(hosted)
    assert hosted.statuses(number) == dict.fromkeys(steps, "succeeded"), hosted.steps(number)
    assert hosted.text(number, "third") == "ECAPSKROW EHT MORF\nTPIRCS EHT YB\n"
    assert hosted.log(number, "first") == "said\n"

    assert ran(hosted, run(hosted)) == [], "nothing changed"
    hosted.write({"src/say.sh": "echo other; cat $1\n"})
    assert ran(hosted, run(hosted)) == ["first", "second", "third"]


def test_what_ran_as_a_process_need_not_run_in_a_container(hosted: Bench) -> None:
    pipeline(hosted, {"only": contained("echo x > ${{outputs.out}}", compute="local", makes={"out": file()})})
    assert ran(hosted, run(hosted)) == ["only"]
    pipeline(hosted, {"only": contained("echo x > ${{outputs.out}}", makes={"out": file()})})
    assert ran(hosted, run(hosted)) == []


def test_only_code_that_a_container_opened_counts(hosted: Bench) -> None:
    hosted.write({"src/used.sh": "echo used\n", "src/other.sh": "echo other\n"})
    pipeline(hosted, {"only": contained("sh used.sh", code="./src")})
    assert ran(hosted, run(hosted)) == ["only"]
    hosted.write({"src/other.sh": "echo changed\n"})
    assert ran(hosted, run(hosted)) == []
    hosted.write({"src/used.sh": "echo changed\n"})
    assert ran(hosted, run(hosted)) == ["only"]


def test_a_container_fails_in_words(hosted: Bench) -> None:
    pipeline(hosted, {
        "code": contained("exit 3"),
        "memory": contained("exec tail /dev/zero", resources={"docker_args": "-m 20m"}),
        "image": contained("true", environment={"image": "localhost:1/nothing:1"}),
        "privilege": contained("true", resources={"shm_size": "16m", "docker_args": "--ulimit nofile=64:128"}),
    }, settings={"continue_on_step_failure": True})  # fmt: skip
    number = run(hosted)
    rows = hosted.steps(number)
    assert rows["code"].error == "exit code 3"
    assert "out of memory" in rows["memory"].error
    assert "localhost:1/nothing:1" in rows["image"].error
    assert rows["privilege"].status is StepStatus.SUCCEEDED


def test_a_cancelled_run_ends_its_containers(hosted: Bench, engine: Engine) -> None:
    pipeline(hosted, {"long": contained("echo ready; sleep 1000")})
    number = hosted.start()
    eventually(lambda: state_of(hosted, engine) == "running", "the container")
    hosted.cancel(number)
    assert hosted.end_of(number).status is RunStatus.CANCELLED
    eventually(lambda: not containers_of(hosted, engine), "its removal")


@pytest.mark.parametrize("both", [False, True])
def test_a_killed_supervisor_loses_no_container(hosted: Bench, engine: Engine, both: bool) -> None:
    pipeline(hosted, {"long": contained(f"echo begun; {waits_for_code()}")})
    number = hosted.start()
    hosted.until(number, long=StepStatus.RUNNING)
    attempt = hosted.attempt(number, "long")
    eventually(lambda: attempt.log.exists() and "begun" in attempt.log.read_text(), "its first word")
    hosted.kill_supervisor(number)
    if both:
        keeper = attempts.owner(attempt)
        assert keeper is not None
        kill(keeper.pid)
    (attempt.code / "open").touch()
    assert hosted.recover() == [number]
    assert hosted.end_of(number).status is RunStatus.SUCCEEDED
    assert hosted.steps(number)["long"].attempt == 1, "the same try went on"
    assert hosted.log(number, "long") == "begun\n"


def waits_for_code() -> str:
    """Until the test puts a file into the step's working folder."""
    return "until [ -e open ]; do sleep 0.05; done"


def test_a_host_that_is_away_is_waited_for_and_shown(hosted: Bench, host: DockerHost) -> None:
    host.stop_engine()
    host.live_restore = True
    host.start_engine()
    try:
        pipeline(hosted, {"long": contained(f"echo begun; {waits_for_code()}")})
        number = hosted.start()
        hosted.until(number, long=StepStatus.RUNNING)
        attempt = hosted.attempt(number, "long")
        eventually(lambda: attempt.log.exists() and "begun" in attempt.log.read_text(), "its first word")
        host.stop_engine()
        said = re.compile(r"box unreachable since \d\d:\d\d:\d\d; the step goes on there")
        eventually(lambda: said.fullmatch(hosted.steps(number)["long"].detail), "the word of it")
        host.start_engine()
        eventually(lambda: hosted.steps(number)["long"].detail == "", "that it is over")
        (attempt.code / "open").touch()
        assert hosted.end_of(number).status is RunStatus.SUCCEEDED
    finally:
        host.stop_engine()
        host.live_restore = False
        host.start_engine()


def test_a_host_that_is_away_before_a_step_starts_is_waited_for(hosted: Bench, host: DockerHost) -> None:
    host.stop_engine()
    try:
        pipeline(hosted, {"only": contained("true"), "here": step("true")})
        number = hosted.start()
        hosted.until(number, here=StepStatus.SUCCEEDED)
        eventually(lambda: "box cannot be reached for" in hosted.steps(number)["only"].detail, "the word of it")
    finally:
        host.start_engine()
    assert hosted.end_of(number).status is RunStatus.SUCCEEDED


def test_a_step_that_a_restarted_engine_ended_is_tried_again(hosted: Bench, host: DockerHost) -> None:
    pipeline(hosted, {"long": contained(f"echo begun; {waits_for_code()}")})
    number = hosted.start()
    hosted.until(number, long=StepStatus.RUNNING)
    first = hosted.attempt(number, "long")
    eventually(lambda: first.log.exists() and "begun" in first.log.read_text(), "its first word")
    host.stop_engine()
    host.start_engine()
    eventually(lambda: hosted.steps(number)["long"].attempt == 2, "another try")
    second = hosted.attempt(number, "long")
    eventually(second.code.exists, "its folder")
    (second.code / "open").touch()
    assert hosted.end_of(number).status is RunStatus.SUCCEEDED
    (said,) = hosted.run_record(number).notices
    assert said == "long: try 1 was lost: the engine of box was started anew while the step ran; it is tried again"


def test_a_full_host_holds_up_no_other(hosted: Bench, host: DockerHost, engine: Engine) -> None:
    add_target(hosted, "box", host, concurrency=1)
    add_target(hosted, "other", host)
    small = {"docker_args": "--cpus 0.1"}
    steps = {f"s{n}": contained(f"echo {n}; {waits_for_code()}", resources=small) for n in range(3)}
    steps["there"] = contained("true", compute="other", resources=small)
    steps["here"] = step("true", resources=small)
    pipeline(hosted, steps)
    number = hosted.start()
    hosted.until(number, there=StepStatus.SUCCEEDED, here=StepStatus.SUCCEEDED)
    statuses = list(hosted.statuses(number).values())
    assert statuses.count("running") == 1
    said = "waits for room on box"
    eventually(lambda: [row.detail for row in hosted.steps(number).values()].count(said) == 2, "why two wait")
    for _ in range(3):
        eventually(lambda: "running" in hosted.statuses(number).values(), "the next")
        for name, row in hosted.steps(number).items():
            if row.status is StepStatus.RUNNING:
                (hosted.attempt(number, name).code / "open").touch()
                eventually(lambda name=name: hosted.steps(number)[name].status is StepStatus.SUCCEEDED, "its end")  # type: ignore[misc]
    assert hosted.end_of(number).status is RunStatus.SUCCEEDED


def test_files_belong_to_the_user_and_containers_to_the_workspace(hosted: Bench, engine: Engine) -> None:
    pipeline(hosted, {"only": contained(f"id -u; {waits_for_code()}")})
    number = hosted.start()
    eventually(lambda: state_of(hosted, engine) == "running", "the container")
    (container,) = containers_of(hosted, engine)
    told = engine.inspect(container)
    with hosted.workspace() as workspace:
        assert told["Name"] == f"/mlpw-{workspace_id(workspace.layout)}-{number}-only-1"
    assert told["Config"]["Labels"]["mlpw.step"] == "only"
    assert told["Config"]["User"] == f"{os.getuid()}:{os.getgid()}"
    (hosted.attempt(number, "only").code / "open").touch()
    hosted.end_of(number)
    assert hosted.log(number, "only") == f"{os.getuid()}\n"
