"""Steps on hosts that share no files with this machine, reached by SSH and by TLS."""

import contextlib
import os
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from core.engine.placing import set_paused
from core.hosts.agent_link import VOLUME
from core.hosts.fetching import bring
from core.workspace.step_facts import StepFacts
from tests.core.engine.hosts.conftest import add_target, contained, has_said, pipeline, ran, run
from tests.support.bench import Bench
from tests.support.docker_hosts import DockerHost
from tests.support.far import leave_nothing, lose_all, until_left, write_target
from tests.support.steps import file, step
from tests.support.waiting import eventually

#: A busy machine takes its time to start hosts, to put the agent's image together and to send it.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def bench(
    new_bench: Callable[[str], Bench], host: DockerHost, by_ssh: DockerHost, by_tls: DockerHost
) -> Iterator[Bench]:
    """A workspace with a container host here, and two far away, where it leaves nothing."""
    bench = new_bench("workspace")
    add_target(bench, "box", host)
    for far in (by_ssh, by_tls):
        write_target(bench.root, far)
    yield bench
    with contextlib.closing(host.engine()) as engine:
        assert engine.containers("mlpw.workspace") == []
    for far in (by_ssh, by_tls):
        leave_nothing(far)


def test_a_far_step_gives_what_it_would_give_here(bench: Bench) -> None:
    bench.write({"raw/rows.txt": "rows\n"})
    command = "cat ${{inputs.rows}} > ${{outputs.out}}; mkdir -p logs; echo noted > logs/note; echo said"
    pipeline(bench, {"far": contained(command, "far", data={"rows": "raw/rows.txt"}, makes={"out": file()})})

    first = run(bench)

    row = bench.steps(first)["far"]
    assert row.status == "succeeded", row.error
    assert bench.log(first, "far").endswith("said\n")
    with bench.workspace() as workspace:
        digests = [row.outputs["out"], row.artifacts]
        assert not any(workspace.store.has(digest) for digest in digests)
        bring(workspace.store, digests)
        assert workspace.store.path(row.outputs["out"]).read_text() == "rows\n"
        assert (workspace.store.path(row.artifacts) / "logs" / "note").read_text() == "noted\n"
    second = run(bench)
    assert ran(bench, second) == []
    for number in (first, second):  # which took the result of the first
        with bench.workspace() as workspace:
            facts = workspace.step_facts(workspace.run_graph(number), "far", bench.steps(number)["far"])
        assert facts.host == "far (ssh://far)"
        assert facts.container.endswith(f"-{first}-far-1")


def test_data_goes_from_place_to_place_by_content(bench: Bench) -> None:
    """A local process, a local container, and two hosts far away."""
    bench.write({"raw/rows.txt": "rows"})
    add = "cat ${{inputs.x}} > ${{outputs.out}}; printf ' %s' >> ${{outputs.out}}"
    out = {"out": file()}
    steps = {
        "a": step(add % "process", data={"x": "raw/rows.txt"}, makes=out),
        "b": contained(add % "ssh", "far", takes={"x": "a.out"}, makes=out),
        "c": contained(add % "again", "far", takes={"x": "b.out"}, makes=out),
        "d": contained(add % "tls", "away", takes={"x": "c.out"}, makes=out),
        "e": contained(add % "container", takes={"x": "d.out"}, makes=out),
        "f": step(add % "end", takes={"x": "e.out"}, makes=out),
    }
    pipeline(bench, steps)

    number = run(bench)

    assert ran(bench, number) == sorted(steps), {name: row.error for name, row in bench.steps(number).items()}
    assert bench.text(number, "f") == "rows process ssh again tls container end"


def test_only_what_a_change_reaches_runs_again_far_away(bench: Bench) -> None:
    first = contained("echo one > ${{outputs.out}}", "far", makes={"out": file()})
    second = contained("cat ${{inputs.x}} > ${{outputs.out}}", "far", takes={"x": "first.out"}, makes={"out": file()})
    pipeline(bench, {"first": first, "second": second})
    assert ran(bench, run(bench)) == ["first", "second"]
    second["command"] += " && echo more >> ${{outputs.out}}"
    pipeline(bench, {"first": first, "second": second})

    assert ran(bench, run(bench)) == ["second"]


def test_a_step_may_write_to_a_copy_of_its_input_far_away(bench: Bench) -> None:
    bench.write({"raw/rows.txt": "rows"})
    rows = {"type": "uri_folder", "path": "raw", "mode": "download"}
    command = "echo more >> ${{inputs.rows}}/rows.txt; cat ${{inputs.rows}}/rows.txt > ${{outputs.out}}"
    pipeline(bench, {"far": contained(command, "far", values={"rows": rows}, makes={"out": file()})})

    number = run(bench)

    assert bench.text(number, "far") == "rowsmore\n"
    assert (bench.root / "raw" / "rows.txt").read_text() == "rows"


def test_a_far_failure_is_the_steps(bench: Bench) -> None:
    pipeline(bench, {"far": contained("echo broken >&2; exit 3", "far")})

    number = run(bench)

    row = bench.steps(number)["far"]
    assert (row.status, row.exit_code) == ("failed", 3)
    assert bench.log(number, "far").endswith("broken\n")


def test_content_that_its_host_has_lost_is_made_again(bench: Bench, by_ssh: DockerHost) -> None:
    make = contained("echo one > ${{outputs.out}}", "far", makes={"out": file()})
    pipeline(bench, {"make": make})
    run(bench)
    lose_all(by_ssh)
    out = {"out": file()}
    read = "cat ${{inputs.x}} > ${{outputs.out}}"
    steps = {
        "make": make,
        "here": step(read, takes={"x": "make.out"}, makes=out),
        "there": contained(f"true; {read}", "far", takes={"x": "make.out"}, makes=out),
        "away": contained(read, "away", takes={"x": "make.out"}, makes=out),
    }
    pipeline(bench, steps)

    number = run(bench)

    assert ran(bench, number) == sorted(steps), {name: row.error for name, row in bench.steps(number).items()}
    assert bench.text(number, "away") == "one\n"
    notices = bench.run_record(number).notices
    assert any("make: what it made is gone from its host" in text for text in notices), notices


def test_what_was_read_of_lost_content_is_read_again_when_it_is_made_otherwise(
    bench: Bench, by_ssh: DockerHost
) -> None:
    """`make` gives something else each time; `early` has read it before it is lost, `later` needs it afterwards."""
    out, has_read = {"out": file()}, bench.outside / "has_read"
    has_read.parent.mkdir(exist_ok=True)
    read = "cat ${{inputs.x}} > ${{outputs.out}}"
    steps = {
        "make": contained("head -c 16 /dev/urandom | od -x > ${{outputs.out}}", "far", makes=out),
        "early": contained(f"{read}; echo more >> ${{{{outputs.out}}}}", "far", takes={"x": "make.out"}, makes=out),
        "between": step(
            f"wc -c < ${{{{inputs.x}}}} > ${{{{outputs.out}}}}; touch {has_read}; {bench.gate()}",
            takes={"x": "early.out"},
        ),
        "later": step(read, takes={"x": "make.out", "y": "between.out"}, makes=out),
    }
    steps["between"]["outputs"] = out
    pipeline(bench, steps)
    number = bench.start()
    eventually(has_read.exists, "the step between, with its data")
    before = bench.steps(number)["early"].outputs
    until_left(by_ssh)
    lose_all(by_ssh)
    bench.open_gate()

    bench.end_of(number)

    assert ran(bench, number) == sorted(steps), {name: row.error for name, row in bench.steps(number).items()}
    assert bench.steps(number)["early"].outputs != before
    assert bench.text(number, "early") == bench.text(number, "later") + "more\n"
    notices = bench.run_record(number).notices
    assert any("early: what it read of make was made again and is not the same" in text for text in notices), notices
    assert ran(bench, run(bench)) == []


def test_lost_content_of_a_step_that_was_not_asked_for_is_said(bench: Bench, by_ssh: DockerHost) -> None:
    make = contained("echo one > ${{outputs.out}}", "far", makes={"out": file()})
    pipeline(bench, {"make": make})
    run(bench)
    lose_all(by_ssh)
    use = step("cat ${{inputs.x}} > ${{outputs.out}}", takes={"x": "make.out"}, makes={"out": file()})
    pipeline(bench, {"make": make, "use": use})

    lost = run(bench, only=("use",))

    assert "is not on far any more" in bench.steps(lost)["use"].error
    assert ran(bench, run(bench)) == ["make", "use"]


def test_a_host_with_a_full_disk_is_said_with_what_to_do(bench: Bench, by_ssh: DockerHost) -> None:
    (bench.root / "raw").mkdir()
    (bench.root / "raw" / "large").write_bytes(os.urandom(16 << 20))
    pipeline(bench, {"one": contained("cat ${{inputs.x}}", "far", data={"x": "raw/large"})})
    until_left(by_ssh)  # which makes the volume
    with contextlib.closing(by_ssh.engine()) as engine:
        place = engine.volume_path(VOLUME)
    by_ssh.run(f"mount -t tmpfs -o size=4m tmpfs {place}")
    try:
        row = bench.steps(run(bench))["one"]
        until_left(by_ssh)
    finally:
        by_ssh.run(f"umount -l {place}")

    assert row.status == "failed"
    assert "no space left on device" in row.error.lower()
    assert "free some space on the host" in row.error


def test_links_that_break_in_the_middle_change_nothing(bench: Bench, by_ssh: DockerHost, by_tls: DockerHost) -> None:
    counts = "echo %s; for i in $(seq 60); do echo line $i; sleep 0.1; done; cp ${{inputs.x}} ${{outputs.out}}"
    bench.write({"raw/rows.txt": "rows"})
    out = {"out": file()}
    steps = {
        "here": contained(counts % "here", data={"x": "raw/rows.txt"}, makes=out),
        "ssh": contained(counts % "ssh", "far", data={"x": "raw/rows.txt"}, makes=out),
        "tls": contained(counts % "tls", "away", data={"x": "raw/rows.txt"}, makes=out),
        "both": step("cat ${{inputs.x}} ${{inputs.y}} > ${{outputs.out}}", takes={"x": "ssh.out", "y": "tls.out"}),
    }
    steps["both"]["outputs"] = out
    pipeline(bench, steps)
    number = bench.start()
    for host, name in ((by_ssh, "ssh"), (by_tls, "tls")):
        eventually(partial(has_said, bench, number, name, "line 3\n"), f"the log of {name}")
        host.cut_link()
    eventually(lambda: "the step goes on there" in bench.steps(number)["ssh"].detail, "the words about it")
    for host in (by_ssh, by_tls):
        host.mend_link()

    bench.end_of(number)

    assert ran(bench, number) == sorted(steps), {name: row.error for name, row in bench.steps(number).items()}
    for name in ("here", "ssh", "tls"):
        said = [line for line in bench.log(number, name).splitlines() if line.startswith("line ")]
        assert said == [f"line {i}" for i in range(1, 61)]
    assert bench.text(number, "both") == "rowsrows"


def test_a_step_goes_where_its_data_lies(bench: Bench) -> None:
    bench.write({"mlpw.yml": "compute: {anywhere: [box, away, far]}\n"})
    out = {"out": file()}
    make = contained("echo made > ${{outputs.out}}", "far", makes=out)
    use = contained("cat ${{inputs.x}} > ${{outputs.out}}", "anywhere", takes={"x": "make.out"}, makes=out)
    pipeline(bench, {"make": make, "use": use})

    number = run(bench)

    assert ran(bench, number) == ["make", "use"], {name: row.error for name, row in bench.steps(number).items()}
    assert host_of(bench, number, "use") == "far: its data lies there"
    assert bench.text(number, "use") == "made\n"


def test_a_host_that_cannot_be_used_now_is_passed_over(bench: Bench, by_ssh: DockerHost) -> None:
    bench.write({"mlpw.yml": "compute: {anywhere: [far, away, box]}\n"})
    with bench.workspace() as workspace:
        workspace.keep()
        set_paused(workspace.layout, "away", True)
    by_ssh.stop_sshd()
    by_ssh.drop_connections()
    pipeline(bench, {"one": contained("true", "anywhere")})

    number = run(bench)
    by_ssh.start_sshd()

    assert host_of(bench, number, "one").startswith("box: ")
    far, away = facts_of(bench, number, "one").passed_over
    assert far.startswith(("far cannot be reached", "far has not answered yet"))
    assert away == "away is paused"


def test_a_step_that_has_no_place_yet_says_which_it_may_have(bench: Bench) -> None:
    bench.write({"mlpw.yml": "compute: {anywhere: [far, away]}\n"})
    pipeline(bench, {"one": contained("true", "anywhere")})
    with bench.workspace() as workspace:
        facts = workspace.step_facts(bench.graph(), "one", None)
    assert facts.host == "one of far, away: the best when it is ready"


def test_what_no_target_has_is_said(bench: Bench) -> None:
    pipeline(bench, {"one": contained("true", "auto", resources={"docker_args": "--memory 900000g"})})

    row = bench.steps(run(bench))["one"]

    assert row.status == "failed"
    assert "no compute target can run it: away has" in row.error


def host_of(bench: Bench, run: int, step: str) -> str:
    """Where a step's container ran, and why there."""
    name, _, why = facts_of(bench, run, step).host.partition(" (")
    return name + why.partition(")")[2]


def facts_of(bench: Bench, run: int, step: str) -> StepFacts:
    """What is known of a step of a run."""
    with bench.workspace() as workspace:
        return workspace.step_facts(workspace.run_graph(run), step, bench.steps(run)[step])
