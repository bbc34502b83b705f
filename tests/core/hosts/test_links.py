"""Content over links that are slow, or cut: what they carry is counted where it arrives."""

import contextlib
import os
import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NoReturn

import pytest

from core.hosts.agent.pace import Pace
from core.hosts.agent_link import shared_link
from core.hosts.cache import HostCache, Work
from core.hosts.connection import connect
from core.hosts.contents import Content, content_at
from core.hosts.errors import HostUnreachableError
from core.hosts.tunnel import Tunnel
from core.layout import Layout
from core.store.objects import Store
from tests.support.docker_hosts import DockerHost, DockerHosts
from tests.support.far import lose_all
from tests.support.waiting import eventually

_MB = 1_000_000
#: Of a link, in Mbit/s: two megabytes a second.
_SLOW = 16


@pytest.fixture
def host(docker_hosts: DockerHosts) -> Iterator[DockerHost]:
    host = docker_hosts.start("links", ssh=True)
    with closing(connect(host.target())) as engine:
        HostCache(engine).usage()  # the agent's image is there
    yield host
    host.mend_link()
    host.slow_link(0)
    with closing(host.engine()) as engine:
        HostCache(engine).forget(HostCache(engine).usage()["attempts"])
    lose_all(host)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(Layout(tmp_path / "workspace"))) as store:
        yield store


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    """Another workspace, which has nothing yet."""
    with closing(Store(Layout(tmp_path / "other"))) as store:
        yield store


def words(path: Path, size: int) -> Path:
    """A file that becomes much smaller when it is packed."""
    chosen = random.Random(1)
    some = [f"{chosen.randrange(1 << 30)}" for _ in range(200)]
    path.write_text(" ".join(chosen.choices(some, k=size // 10)).ljust(size)[:size])
    return path


def noise(path: Path, size: int) -> Path:
    """A file that does not."""
    path.write_bytes(os.urandom(size))
    return path


def send(host: DockerHost, store: Store, path: Path, heard: Callable[[str], None] = lambda words: None) -> HostCache:
    """As a step does that needs the file."""
    digest = store.hash(path).digest
    with closing(connect(host.target())) as engine:
        cache = HostCache(engine, heard)
        cache.lay_out(Work(f"of {path.name}", [digest]), finder(store, path))
    return cache


def finder(store: Store, path: Path) -> Callable[[str], Content]:
    return lambda digest: content_at(store, str(path), digest)


def fetch(host: DockerHost, store: Store, digest: str, heard: Callable[[str], None] = lambda words: None) -> HostCache:
    """As somebody does who looks at a result."""
    with closing(connect(host.target())) as engine:
        cache = HostCache(engine, heard)
        cache.fetch(digest, store)
    return cache


def once_reached(attempt: Callable[[], HostCache]) -> HostCache:
    """As a step does: again until the host can be reached."""
    done: list[HostCache] = []

    def is_done() -> bool:
        with contextlib.suppress(HostUnreachableError):
            done.append(attempt())
        return bool(done)

    eventually(is_done, "the host")
    return done[0]


def most_left(size: int, told: str) -> int:
    """Bytes that are left at most when so many were told to have come, in whole megabytes."""
    number, unit = told.split()[1:3]
    return size - (int(number) - 1) * _MB if unit == "MB" else size


@pytest.mark.parametrize(("make", "least", "most"), [(words, 0.1, 0.6), (noise, 1.0, 1.25)])
def test_a_slow_link_carries_packed_what_that_makes_smaller(
    host: DockerHost,
    store: Store,
    other: Store,
    tmp_path: Path,
    make: Callable[[Path, int], Path],
    least: float,
    most: float,
) -> None:
    size = 12 * _MB
    path = make(tmp_path / "rows", size)
    host.slow_link(_SLOW)
    there, back = host.carried()

    send(host, store, path)
    assert least < (host.carried()[0] - there) / size < most

    digest = store.hash(path).digest
    fetch(host, other, digest)
    assert other.path(digest).read_bytes() == path.read_bytes()
    assert least < (host.carried()[1] - back) / size < most


def test_a_link_that_is_fast_enough_carries_data_as_it_is(
    host: DockerHost, store: Store, other: Store, tmp_path: Path
) -> None:
    size = 12 * _MB
    path = words(tmp_path / "rows", size)
    digest = store.hash(path).digest
    there, back = host.carried()

    with closing(connect(host.target())) as engine:
        shared_link(engine).pace = Pace(slow=10_000)  # what this machine carries while it does much else, too
        cache = HostCache(engine)
        cache.lay_out(Work("one", [digest]), finder(store, path))
        cache.fetch(digest, other)

    assert host.carried()[0] - there > size
    assert host.carried()[1] - back > size


def test_a_cut_send_goes_on_where_it_was(host: DockerHost, store: Store, tmp_path: Path) -> None:
    size = 24 * _MB
    path = noise(tmp_path / "rows", size)
    host.slow_link(2 * _SLOW)
    told: list[str] = []

    def cut(words: str) -> None:
        told.append(words)
        if most_left(size, words) <= 16 * _MB:
            host.drop_connections()

    with pytest.raises(HostUnreachableError):
        send(host, store, path, cut)
    before = host.carried()[0]
    again = once_reached(lambda: send(host, store, path))

    left = most_left(size, told[-1])
    assert again.sent <= left
    assert host.carried()[0] - before < 1.25 * left
    assert send(host, store, path).sent == 0


def crash_amid(host: DockerHost, size: int, told: list[str]) -> Callable[[str], None]:
    """Hears how a transfer goes, and kills the host's engine when a third of it has come."""

    def crash(words: str) -> None:
        is_first = not told or most_left(size, told[-1]) > 16 * _MB
        told.append(words)
        if is_first and most_left(size, words) <= 16 * _MB:
            host.stop_engine(signal="KILL")

    return crash


def test_an_engine_that_crashes_amid_a_send_keeps_what_came(
    host: DockerHost, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tunnel, "folder", "")  # all goes through the engine
    size = 24 * _MB
    path = noise(tmp_path / "rows", size)
    host.slow_link(2 * _SLOW)
    told: list[str] = []

    with pytest.raises(HostUnreachableError):
        send(host, store, path, crash_amid(host, size, told))
    host.start_engine()

    assert once_reached(lambda: send(host, store, path)).sent <= most_left(size, told[-1])


def test_an_engine_that_crashes_is_not_missed_by_much_data(host: DockerHost, store: Store, tmp_path: Path) -> None:
    """It goes beside the engine, through a socket that is gone afterwards."""
    size = 24 * _MB
    path = noise(tmp_path / "rows", size)
    host.slow_link(2 * _SLOW)

    sent = send(host, store, path, crash_amid(host, size, [])).sent
    host.start_engine()

    assert sent == size
    assert send(host, store, path).sent == 0
    assert host.run("ls /run/mlpw") == ""
    assert host.run("stat -c %a /run/mlpw").strip() == "711"


def refused(tunnel: Tunnel, path: str) -> NoReturn:
    """As where sshd forwards one socket alone."""
    raise PermissionError(path)


@contextlib.contextmanager
def led_astray(tunnel: Tunnel, path: str) -> Iterator[socket.socket]:
    """As where the engine's files are not the host's."""
    with reach(tunnel, f"{path}-elsewhere") as plain:
        yield plain


reach = Tunnel.reach


@pytest.mark.parametrize(("name", "instead"), [("folder", "/proc/mlpw"), ("reach", refused), ("reach", led_astray)])
def test_where_nothing_leads_beside_the_engine_data_goes_through_it(
    host: DockerHost, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, instead: object
) -> None:
    monkeypatch.setattr(Tunnel, name, instead)
    path = noise(tmp_path / "rows", 12 * _MB)

    assert send(host, store, path).sent == 12 * _MB
    assert send(host, store, path).sent == 0


def test_a_cut_fetch_goes_on_where_it_was(host: DockerHost, store: Store, other: Store, tmp_path: Path) -> None:
    size = 24 * _MB
    path = tmp_path / "results"
    path.mkdir()
    noise(path / "model", size)
    (path / "sub").mkdir()
    (path / "sub" / "notes").write_text("it is good")
    send(host, store, path)
    digest = store.hash(path).digest
    host.slow_link(2 * _SLOW)
    told: list[str] = []

    def cut(words: str) -> None:
        told.append(words)
        if most_left(size, words) <= 16 * _MB:
            host.cut_link()

    with pytest.raises(HostUnreachableError):
        fetch(host, other, digest, cut)
    assert not other.has(digest)
    host.mend_link()
    before = host.carried()[1]
    again = once_reached(lambda: fetch(host, other, digest))

    left = most_left(size, told[-1])
    assert again.fetched <= left
    assert host.carried()[1] - before < 1.25 * left
    assert other.verify(digest) == ()
    assert not other.layout.half_fetched.joinpath(digest).exists()


def test_what_two_steps_lack_is_sent_once(host: DockerHost, store: Store, tmp_path: Path) -> None:
    size = 24 * _MB
    path = noise(tmp_path / "rows", size)
    digest = store.hash(path).digest
    host.slow_link(_SLOW / 4)  # until the second has found that the first is at it
    before = host.carried()[0]
    told: list[str] = []
    is_under_way = threading.Event()

    def hear(words: str) -> None:
        told.append(words)
        host.slow_link(0)

    def second() -> None:
        is_under_way.wait()
        with closing(Store(store.layout)) as mine, closing(connect(host.target())) as engine:
            HostCache(engine, hear).lay_out(Work("second", [digest]), finder(mine, path))

    thread = threading.Thread(target=second)
    thread.start()
    send(host, store, path, lambda words: is_under_way.set())
    thread.join()

    assert any("another step sends" in words for words in told)
    assert host.carried()[0] - before < 1.25 * size
