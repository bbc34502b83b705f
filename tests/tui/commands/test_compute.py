"""`mlpw compute`: real hosts by SSH and TLS, listed, shown and tried."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.definitions.compute_target import ComputeTarget
from tests.support.commands import Bench
from tests.support.docker_hosts import DockerHosts


@pytest.fixture
def away(bench: Bench) -> Bench:
    """A workspace whose hosts nobody can reach."""
    bench.write("gone.yml", "type: docker\nname: gone\nhost: ssh://127.0.0.1:1\nmemory: 2g\ngpus: 1\n")
    bench.write("bad.yml", "type: docker\nname: bad\nhost: tcp://127.0.0.1:1\n")
    return bench


@pytest.fixture
def hosted(bench: Bench, docker_hosts: DockerHosts) -> Bench:
    """A workspace with a host behind SSH, one behind TLS, and this machine's."""
    write = _writer(bench)
    write(docker_hosts.start("far", ssh=True).target(), "description: Under the desk\nconcurrency: 2\n")
    write(docker_hosts.start("certified", tls=True).target(), "")
    write(docker_hosts.start("here").target(), "")
    return bench


def test_targets_are_listed_without_asking_them(away: Bench) -> None:
    said = away.ok("compute", "list")
    assert "gone  ssh://127.0.0.1:1  2.1 GB, 1 card" in said.out
    assert "bad.yml:3:1: 'tcp://127.0.0.1:1' without certificates" in said.err
    listed = away.ok("compute", "list", "--json").json["targets"]
    assert [(each["name"], bool(each["error"])) for each in listed] == [("gone", False), ("bad", True)]


def test_nothing_defined_says_how(bench: Bench) -> None:
    assert "write a YAML file with 'type: docker'" in bench.ok("compute", "list").err


@pytest.mark.usefixtures("docker_hosts")
def test_a_host_that_is_away(away: Bench) -> None:
    shown = away.mlpw("compute", "show", "gone")
    assert (shown.code, "Connection refused; does sshd run there" in shown.err) == (1, True)
    tried = away.mlpw("compute", "test")
    assert tried.code == 1
    assert "reach    gone cannot be reached" in tried.out
    assert not away.mlpw("compute", "test", "--json").json["well"]


def test_a_name_that_is_no_target(away: Bench) -> None:
    said = away.mlpw("compute", "show", "gon")
    assert (said.code, "did you mean 'gone'?" in said.err) == (2, True)


def test_a_plan_says_where_its_steps_would_run(away: Bench) -> None:
    away.write("mlpw.yml", "compute: {cluster: [gone, local]}\n")
    step = "{command: 'true', environment: {image: python}, compute: %s}"
    jobs = [f"  {name}: {step % compute}" for name, compute in {"a": "gone", "b": "cluster", "c": "local"}.items()]
    away.write("where.yml", "\n".join(["type: pipeline", "jobs:", *jobs]))
    said = away.ok("plan", "where.yml")
    assert "a  stale  on gone        never run" in said.out
    assert "b  stale  on gone|local  never run" in said.out
    steps = away.ok("plan", "where.yml", "--json").json["steps"]
    assert [step.get("computes") for step in steps.values()] == [["gone"], ["gone", "local"], None]


def test_this_machine_is_no_host_and_that_is_said(away: Bench) -> None:
    said = away.mlpw("compute", "pause", "local")
    assert (said.code, "'local' is this machine with its processes" in said.err) == (2, True)


def test_a_host_is_paused_and_used_again(away: Bench) -> None:
    assert "gone is paused" in away.ok("compute", "pause", "gone").out
    assert "1 card  paused" in away.ok("compute", "list").out
    assert [each.get("paused") for each in away.ok("compute", "list", "--json").json["targets"]] == [True, None]
    assert "gone is used again" in away.ok("compute", "resume", "gone").out
    said = away.mlpw("compute", "pause", "gon")
    assert (said.code, "did you mean 'gone'?" in said.err) == (2, True)


def test_what_a_host_is_and_has(hosted: Bench) -> None:
    said = hosted.ok("compute", "show", "far").out
    for words in ("Docker 2", "Under the desk", "2 steps", "GB free (", "none of an environment yet", "0 running"):
        assert words in said
    facts = hosted.ok("compute", "show", "certified", "--json").json
    assert facts["reachable"]
    assert facts["facts"]["cpus"] > 0
    assert facts["facts"]["latency_s"] < 5


def test_hosts_are_tried_as_far_as_a_step_needs_them(hosted: Bench) -> None:
    tried = hosted.ok("compute", "test", "--json").json["targets"]
    found = {each["name"]: {finding["name"]: finding["found"] for finding in each["findings"]} for each in tried}
    assert "a container runs" in found["far"]["data"]
    assert "a container runs" in found["certified"]["data"]
    assert "shares this machine's files" in found["here"]["data"]


def test_a_target_that_says_more_than_its_host_has(hosted: Bench) -> None:
    file = hosted.root / "far.yml"
    file.write_text(file.read_text() + "cpus: 4000\ngpus: 1\n")
    tried = hosted.mlpw("compute", "test", "far")
    assert tried.code == 1
    assert "the target says more; lower 'cpus:' of the target" in tried.out
    assert "none, the target says 1; install the NVIDIA Container Toolkit" in tried.out


def test_doctor_asks_hosts(hosted: Bench, away: Bench) -> None:
    del away  # writes into the same workspace
    checks = {each["name"]: each for each in hosted.ok("doctor", "--json").json["checks"]}
    assert checks["host far"]["health"] == "ok"
    assert checks["host far"]["found"].startswith("Docker ")
    assert checks["host gone"]["health"] == "weak"
    assert "without certificates" in checks["host bad"]["found"]


def _writer(bench: Bench) -> Callable[[ComputeTarget, str], Path]:
    def write(target: ComputeTarget, more: str) -> Path:
        lines = f"type: docker\nname: {target.name}\nhost: {target.host}\n"
        if target.ssh_config:
            lines += f"ssh_config: {target.ssh_config}\n"
        if target.tls_ca:
            lines += f"tls: {{ca: {target.tls_ca}, cert: {target.tls_cert}, key: {target.tls_key}}}\n"
        return bench.write(f"{target.name}.yml", lines + more)

    return write
