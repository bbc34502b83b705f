"""Content on a host that shares no files with us."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core.errors import StoreError
from core.hosts.agent_link import AgentLink
from core.hosts.cache import HostCache, Sweep, Work
from core.hosts.contents import Content, content_at
from core.hosts.engine import Engine
from core.layout import Layout
from core.store.objects import Store
from tests.support.docker_hosts import BASE_IMAGE, DockerHost, DockerHosts
from tests.support.waiting import eventually

_MIB = 1 << 20


@pytest.fixture
def host(docker_hosts: DockerHosts) -> DockerHost:
    return docker_hosts.start("cache")


@pytest.fixture
def engine(host: DockerHost) -> Iterator[Engine]:
    with closing(host.engine()) as engine:
        yield engine


@pytest.fixture
def cache(engine: Engine) -> Iterator[HostCache]:
    cache = HostCache(engine)
    yield cache
    cache.forget(cache.usage()["attempts"])
    cache.trim(0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(Layout(tmp_path / "workspace"))) as store:
        yield store


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with all that a folder can hold."""
    folder = tmp_path / "data"
    (folder / "sub").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / "sub" / "a.txt").write_text("apples")
    (folder / "run.sh").write_text("echo ran")
    (folder / "run.sh").chmod(0o755)
    (folder / "link").symlink_to("sub/a.txt")
    return folder


def finder(store: Store, *paths: Path) -> Callable[[str], Content]:
    """How content is found by its digest."""
    places = {store.hash(path).digest: str(path) for path in paths}
    return lambda digest: content_at(store, places[digest], digest)


def said(engine: Engine, command: str, *binds: str, user: str = "0:0") -> str:
    """What a container says with folders of the host in it."""
    config = {"Image": BASE_IMAGE, "Cmd": ["sh", "-c", command], "User": user, "HostConfig": {"Binds": list(binds)}}
    container = engine.create(f"test-{os.urandom(4).hex()}", {**config, "Tty": True})
    try:
        engine.start(container)
        engine.wait(container)
        with engine.log(container, follow=False) as pieces:
            lines = b"".join(pieces).decode().splitlines()
    finally:
        engine.remove(container)
    return "\n".join(line.partition(" ")[2] for line in lines)


def test_a_step_finds_its_data_and_may_not_change_it(
    cache: HostCache, engine: Engine, store: Store, data: Path
) -> None:
    digest = store.hash(data).digest

    cache.lay_out(Work("one", [digest]), finder(store, data))

    told = said(engine, "cd /in; cat link; ./run.sh; ls -d empty; touch new", f"{cache.place(digest)}:/in:ro")
    assert told.split() == ["applesran", "empty", "touch:", "new:", "Read-only", "file", "system"]


def test_what_a_step_works_on_is_its_own(cache: HostCache, engine: Engine, store: Store, data: Path) -> None:
    digest = store.hash(data).digest

    cache.lay_out(Work("one", [], [(digest, "", "code")], ["outputs/model"], owner=(1000, 1000)), finder(store, data))

    binds = [f"{cache.work_place('one', place)}:/{place}" for place in ("code", "outputs/model")]
    told = said(engine, "echo more >>/code/sub/a.txt; cat /code/sub/a.txt; touch /outputs/model/x && echo may", *binds)
    assert told.split() == ["applesmore", "may"]
    assert said(engine, "cat /in/sub/a.txt", f"{cache.place(digest)}:/in:ro") == "apples"


def test_what_the_host_has_is_not_sent_again(cache: HostCache, store: Store, data: Path) -> None:
    digest = store.hash(data).digest
    cache.lay_out(Work("one", [digest]), finder(store, data))
    before = cache.sent

    cache.lay_out(Work("two", [digest]), finder(store, data))

    assert before > 0
    assert cache.sent == before


def test_of_a_folder_only_the_files_that_are_new_are_sent(cache: HostCache, store: Store, data: Path) -> None:
    cache.lay_out(Work("one", [store.hash(data).digest]), finder(store, data))
    before = cache.sent
    (data / "sub" / "b.txt").write_text("pears")

    cache.lay_out(Work("two", [store.hash(data).digest]), finder(store, data))

    assert cache.sent - before == len("pears")


def test_what_a_step_left_has_the_digest_it_would_have_here(
    cache: HostCache, engine: Engine, store: Store, tmp_path: Path
) -> None:
    cache.lay_out(Work("one", [], [], ["outputs/model"]), finder(store))
    said(
        engine,
        "cd /out; echo 1 >a; chmod +x a; mkdir s; ln -s ../a s/l",
        f"{cache.work_place('one', 'outputs')}/model:/out",
    )
    same = tmp_path / "same"
    (same / "s").mkdir(parents=True)
    (same / "a").write_text("1\n")
    (same / "a").chmod(0o755)
    (same / "s" / "l").symlink_to("../a")

    made = cache.collect("one", {"model": "outputs/model", "other": "outputs/other"})

    assert list(made) == ["model"]
    assert made["model"].digest == store.hash(same).digest


def test_what_a_step_left_stays_until_it_is_fetched(cache: HostCache, engine: Engine, store: Store) -> None:
    cache.lay_out(Work("one", [], [], ["outputs"]), finder(store))
    said(engine, "echo 1 >/out/a", f"{cache.work_place('one', 'outputs')}:/out")
    digest = cache.collect("one", {"all": "outputs"})["all"].digest

    cache.lay_out(Work("two", [digest]), finder(store))
    assert cache.sent == 0
    assert not store.has(digest)

    cache.fetch(digest, store)
    assert (store.path(digest) / "a").read_text() == "1\n"
    assert store.verify(digest) == ()


def test_damaged_content_is_not_fetched(cache: HostCache, engine: Engine, store: Store, data: Path) -> None:
    digest = store.hash(data).digest
    cache.lay_out(Work("one", [digest]), finder(store, data))
    said(engine, "chmod u+w /in/sub/a.txt; echo bad >/in/sub/a.txt", f"{cache.place(digest)}:/in")

    with pytest.raises(StoreError, match="is damaged on cache"):
        cache.fetch(digest, store)


def test_data_that_changes_meanwhile_is_said(cache: HostCache, store: Store, data: Path) -> None:
    find = finder(store, data)
    digest = store.hash(data).digest
    content = find(digest)
    (data / "sub" / "a.txt").write_text("plums!")

    with pytest.raises(StoreError, match="changes while it is sent"):
        cache.lay_out(Work("one", [digest]), lambda _: content)


def test_the_cache_forgets_what_was_used_longest_ago(cache: HostCache, store: Store, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("old", "new", "used")]
    for path in paths:
        path.write_bytes(path.name.encode() * 1000)
    old, new, used = (store.hash(path).digest for path in paths)
    cache.lay_out(Work("using", [used]), finder(store, *paths))
    for digest in (old, new):
        cache.lay_out(Work(digest, [digest]), finder(store, *paths))
        cache.forget([digest])

    freed = cache.trim(limit=7000)

    assert freed == 3000
    assert set(cache.usage()["objects"]) == {new, used}


def test_what_a_workspace_has_only_there_nobody_else_removes(cache: HostCache, engine: Engine, store: Store) -> None:
    made = {}
    for workspace in ("ours", "theirs"):
        cache.lay_out(Work(workspace, [], [], ["out"], keeper=workspace), finder(store))
        said(engine, f"echo {workspace} >/out/a", f"{cache.work_place(workspace, 'out')}:/out")
        made[workspace] = cache.collect(workspace, {"all": "out"}, keeper=workspace)["all"].digest
        cache.forget([workspace])

    assert cache.trim(0) == 0
    assert cache.usage()["kept"] == sorted(made.values())
    assert cache.sweep(Sweep("ours", [], [], 0)) == {}, "it lets go of nothing"
    ours, theirs = (cache.usage(name)["claims"] for name in ("ours", "theirs"))
    assert list(cache.sweep(Sweep("ours", [], [], 0, ours), dry_run=True)) == [made["ours"]]
    assert set(cache.usage()["objects"]) == set(made.values())
    assert list(cache.sweep(Sweep("ours", [], [], 0, ours))) == [made["ours"]]
    assert list(cache.sweep(Sweep("theirs", [], [], 0, theirs))) == [made["theirs"]]
    assert cache.usage()["objects"] == {}


def test_who_asks_again_what_a_step_left_is_told_the_same(cache: HostCache, engine: Engine, store: Store) -> None:
    """The first answer was lost with the link."""
    cache.lay_out(Work("one", [], [], ["out", "logs"]), finder(store))
    said(engine, "echo 1 >/out/a; echo 2 >/out/b", f"{cache.work_place('one', 'out')}:/out")
    said(engine, "echo log >/logs/log", f"{cache.work_place('one', 'logs')}:/logs")
    asked = {"all": "out", "artifacts": "artifacts"}, {"artifacts": ["logs"]}

    first = cache.collect("one", *asked)

    assert sorted(first) == ["all", "artifacts"]
    assert cache.collect("one", *asked) == first


def test_what_was_left_since_a_look_is_not_let_go(cache: HostCache, engine: Engine, store: Store) -> None:
    for attempt in ("before", "after"):
        cache.lay_out(Work(attempt, [], [], ["out"], keeper="ours"), finder(store))
        said(engine, "echo same >/out/a", f"{cache.work_place(attempt, 'out')}:/out")
        digest = cache.collect(attempt, {"all": "out"}, keeper="ours")["all"].digest
        cache.forget([attempt])
        if attempt == "before":
            seen = cache.usage("ours")["claims"]

    assert cache.sweep(Sweep("ours", [], [], 0, seen)) == {}
    assert list(cache.sweep(Sweep("ours", [], [], 0, cache.usage("ours")["claims"]))) == [digest]


def test_a_workspace_that_has_moved_keeps_what_it_names(cache: HostCache, engine: Engine, store: Store) -> None:
    cache.lay_out(Work("one", [], [], ["out"], keeper="old"), finder(store))
    said(engine, "echo 1 >/out/a", f"{cache.work_place('one', 'out')}:/out")
    digest = cache.collect("one", {"all": "out"}, keeper="old")["all"].digest
    cache.forget(["one"])

    assert cache.sweep(Sweep("new", [], [digest], 0)) == {}
    assert cache.sweep(Sweep("old", [], [], 0, cache.usage("old")["claims"])) == {}
    assert list(cache.sweep(Sweep("new", [], [], 0, cache.usage("new")["claims"]))) == [digest]


def test_a_workspace_that_is_gone_keeps_nothing_more(cache: HostCache, engine: Engine, store: Store) -> None:
    cache.lay_out(Work("one", [], [], ["out"], keeper="lost", workspace="laptop:/home/me"), finder(store))
    said(engine, "echo 1 >/out/a", f"{cache.work_place('one', 'out')}:/out")
    digest = cache.collect("one", {"all": "out"}, keeper="lost")["all"].digest
    cache.forget(["one"])
    told = cache.usage()["keepers"]["lost"]
    assert (told["workspace"], told["bytes"]) == ("laptop:/home/me", 2)

    was_there_since = Sweep("", [], [], 0, gone=[("lost", told["seen"] - 1)])
    assert cache.sweep(was_there_since) == {}
    assert list(cache.sweep(Sweep("", [], [], 0, gone=[("lost", told["seen"])]))) == [digest]
    assert cache.usage()["keepers"] == {}


def test_an_attempt_says_whose_it_is(cache: HostCache, store: Store, tmp_path: Path) -> None:
    file = tmp_path / "rows"
    file.write_text("rows")
    digest = store.hash(file).digest
    cache.lay_out(Work("one", [digest], keeper="ours", folder="/runs/1"), finder(store, file))

    assert cache.usage()["whose"] == {"one": ["ours", "/runs/1"]}
    assert cache.sweep(Sweep("ours", [], [], 0)) == {}, "it reads the rows"
    assert cache.sweep(Sweep("ours", ["one"], [], 0)) == {digest: 4}
    assert cache.usage()["attempts"] == []


def test_an_agent_that_ended_while_nobody_asked_is_begun_anew(cache: HostCache, engine: Engine) -> None:
    link = AgentLink(engine)
    try:
        link.ask({"do": "usage"})
        engine.stop(link.container, 0)
        assert link.ask({"do": "usage"})["attempts"] == []
    finally:
        link.close()
    eventually(lambda: engine.containers("mlpw.helper") == [], "the end of the agent")


def test_transfers_leave_no_container_behind(host: DockerHost, engine: Engine, store: Store, data: Path) -> None:
    with closing(host.engine()) as another:
        HostCache(another).lay_out(Work("one", [store.hash(data).digest]), finder(store, data))

    eventually(lambda: engine.containers("mlpw.helper=1") == [], "the end of the agent")
