"""`mlpw gc` and the caches of hosts, which are others' too."""

import contextlib
from collections.abc import Callable, Iterator

import pytest

from core.engine.containers import keeper_of
from core.hosts import agent_image
from core.hosts.cache import HostCache, Work
from core.hosts.contents import content_at
from core.workspace import host_sweep
from tests.core.engine.hosts.conftest import contained, pipeline, ran, run
from tests.support.bench import Bench
from tests.support.commands import Bench as Commands
from tests.support.docker_hosts import BASE_IMAGE, DockerHost, DockerHosts
from tests.support.far import leave_nothing, until_left, write_target
from tests.support.steps import file
from tests.support.waiting import eventually


@pytest.fixture(scope="session")
def far_host(docker_hosts: DockerHosts) -> DockerHost:
    return docker_hosts.start("far", ssh=True)


@pytest.fixture
def two(new_bench: Callable[[str], Bench], far_host: DockerHost) -> Iterator[list[Bench]]:
    """Two workspaces whose pipeline has run on the same host, which keeps no more than it must."""
    benches = [new_bench("ours"), new_bench("theirs")]
    for bench in benches:
        write_target(bench.root, far_host, cache="1b")
        bench.write({"rows.txt": f"rows of {bench.root.name}"})
        command = f"cat ${{{{inputs.rows}}}} > ${{{{outputs.out}}}}; echo {bench.root.name} >> ${{{{outputs.out}}}}"
        pipeline(bench, {"make": contained(command, "far", data={"rows": "rows.txt"}, makes={"out": file()})})
        assert ran(bench, run(bench)) == ["make"]
    until_left(far_host)
    yield benches
    leave_nothing(far_host)


def objects(host: DockerHost) -> set[str]:
    """What the host's cache holds."""
    with contextlib.closing(host.engine()) as engine:
        return set(HostCache(engine).usage()["objects"])


def test_gc_shrinks_a_cache_to_what_lies_nowhere_else(two: list[Bench], far_host: DockerHost) -> None:
    ours, theirs = two
    results = {bench.steps(1)["make"].outputs["out"] for bench in two}
    before = objects(far_host)
    commands = Commands(ours.root)

    said = commands.ok("gc", "--dry-run").out
    assert f"would remove {len(before - results)} cached objects" in said
    assert objects(far_host) == before

    assert f"removed {len(before - results)} cached objects" in commands.ok("gc").out
    assert objects(far_host) == results
    assert "2 objects" in commands.ok("compute", "show", "far").out
    assert theirs.text(1, "make") == "rows of theirstheirs\n"


def test_a_result_that_nothing_needs_goes_from_its_host(two: list[Bench], far_host: DockerHost) -> None:
    ours, theirs = two
    lost, kept = (bench.steps(1)["make"].outputs["out"] for bench in two)

    Commands(ours.root).ok("gc", "--keep-runs", "0")

    assert lost not in objects(far_host)
    assert kept in objects(far_host)
    assert theirs.text(1, "make") == "rows of theirstheirs\n"


def test_gc_forgets_our_attempts_that_nobody_keeps(two: list[Bench], far_host: DockerHost) -> None:
    ours, theirs = two
    with contextlib.closing(far_host.engine()) as engine:
        cache = HostCache(engine)
        for bench in two:
            with bench.workspace() as workspace:
                rows = bench.root / "rows.txt"
                digest = workspace.store.hash(rows).digest
                work = Work(bench.root.name, [digest], keeper=keeper_of(workspace.store), folder="/runs/9/make/1")
                content = content_at(workspace.store, str(rows), digest)
                cache.lay_out(work, lambda _, content=content: content)  # type: ignore[misc]

        assert "removed 1 cached attempt\n" in Commands(ours.root).ok("gc").out

        assert cache.usage()["attempts"] == ["theirs"]
        assert "removed 1 cached attempt\n" in Commands(theirs.root).ok("gc").out


def test_gc_removes_containers_of_transfers_whose_makers_died(
    two: list[Bench], far_host: DockerHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = Commands(two[0].root)
    with contextlib.closing(far_host.engine()) as engine:
        made = engine.create(
            "mlpw-helper-died", {"Image": BASE_IMAGE, "Cmd": ["never"], "Labels": {agent_image.HELPER_LABEL: "1"}}
        )
        try:
            assert "container" not in commands.ok("gc").out, "it may be somebody's who lives"
            monkeypatch.setattr(host_sweep, "_ABANDONED_SECONDS", -60.0)
            eventually(lambda: len(engine.containers(agent_image.HELPER_LABEL)) == 1, "the end of the agent of that gc")
            assert "removed 1 container\n" in commands.ok("gc").out
            eventually(lambda: engine.containers(agent_image.HELPER_LABEL) == [], "the end of the agent")
        finally:
            engine.remove(made)


def test_gc_tells_of_workspaces_that_are_gone_and_ends_what_they_keep_when_asked(
    two: list[Bench], far_host: DockerHost
) -> None:
    ours, theirs = two
    lost, kept = theirs.steps(1)["make"].outputs["out"], ours.steps(1)["make"].outputs["out"]
    commands = Commands(ours.root)
    assert "not there any more" not in commands.ok("gc").err
    (theirs.root / ".mlpw").rename(theirs.outside / "away")

    told = commands.ok("gc").err
    assert f":{theirs.root} is not there any more and keeps 21 B" in told
    assert "mlpw gc --workspaces-gone" in told
    assert lost in objects(far_host), "nobody said that it may go"
    assert commands.mlpw("gc", "--workspaces-gone").code == 2, "nobody is there to be asked"

    (gone,) = commands.ok("gc", "--workspaces-gone", "--yes", "--json").json["workspaces_gone"]

    assert (gone["host"], gone["ended"]) == ("far", True)
    assert lost not in objects(far_host)
    assert kept in objects(far_host)


def test_gc_tells_of_workspaces_that_were_not_there_for_long(two: list[Bench]) -> None:
    theirs = two[1]
    commands = Commands(two[0].root)
    assert commands.ok("gc", "--dry-run", "--json").json["workspaces_gone"] == []

    (quiet,) = commands.ok("gc", "--workspaces-gone", "0", "--dry-run", "--json").json["workspaces_gone"]

    assert quiet["workspace"].endswith(f":{theirs.root}")
    assert not quiet["ended"]


def test_gc_says_which_host_it_could_not_ask(two: list[Bench], far_host: DockerHost) -> None:
    far_host.cut_link()
    try:
        said = Commands(two[0].root).ok("gc", "--json").json
    finally:
        far_host.mend_link()
    assert "far cannot be reached" in str(said["not_asked"])
