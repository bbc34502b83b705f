"""Content on a host that shares no files with us: sent once by digest, laid out, kept, fetched when needed."""

import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from core.hosts import agent_image
from core.hosts.agent_link import VOLUME, AgentLink, PieceReader, shared_link
from core.hosts.contents import Content
from core.hosts.engine import Engine
from core.hosts.errors import HostError, NotThereError
from core.hosts.receiving import Receiving
from core.hosts.sending import Sending
from core.store.copying import remove_tree
from core.store.objects import Store

_TRIES = 3
_DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Work:
    """What an attempt needs on a host: digests it reads, copies that it may write to, folders and empty files.

    A copy is (digest, inside, place): content, or what lies `inside` of it, joins what is at its place already. Places
    are relative to the attempt's folder on the host; `owner` is uid and gid of what it may write to. `keeper` is the
    workspace's name there, `workspace` what people know it by, `folder` the attempt's here.
    """

    attempt: str
    needs: Sequence[str]
    copies: Sequence[tuple[str, str, str]] = ()
    folders: Sequence[str] = ()
    files: Sequence[str] = ()
    owner: tuple[int, int] = (0, 0)
    keeper: str = ""
    workspace: str = ""
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """What a step left at a place: its digest, bytes and manifest ("" for a file), or why it cannot be kept.

    `texts` are those of small files that were asked for, by their place in it.
    """

    digest: str = ""
    size: int = 0
    manifest: str = ""
    linked: bool = False
    error: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one workspace, `keeper` ("" for none), wants of a host: attempts of its own to `forget`, digests to `keep`.

    Of its `claims` (see `usage`) it lets go of `release`: what its steps leave there meanwhile is kept. `gone` are
    other workspaces that keep nothing more, if they were not there since a time. Then the cache shrinks to `limit`
    bytes, and parts of files that nobody went on sending for `older_than_s` seconds go.
    """

    keeper: str
    forget: Sequence[str]
    keep: Sequence[str]
    limit: int
    release: Sequence[str] = ()
    gone: Sequence[tuple[str, float]] = ()
    older_than_s: float = _DAY_SECONDS


class HostCache:
    """The content of one host; `heard` is told in words how a transfer goes.

    `sent` and `fetched` count bytes, before any packing.
    """

    def __init__(self, engine: Engine, heard: Callable[[str], None] = lambda words: None) -> None:
        self._engine, self._heard = engine, heard
        self.sent = self.fetched = 0
        self._root = ""

    def lay_out(self, work: Work, find: Callable[[str], Content]) -> None:
        """Make an attempt's folders, sending what the host lacks; `find` gives content by its digest.

        Raises HostError, StoreError.
        """
        asked = {
            "do": "lay_out",
            "attempt": work.attempt,
            "needs": list(work.needs),
            "copies": [list(copy) for copy in work.copies],
            "folders": list(work.folders),
            "files": list(work.files),
            "owner": list(work.owner),
            "keeper": work.keeper,
            "workspace": work.workspace,
            "folder": work.folder,
        }
        with self._agent() as link:
            for _ in range(_TRIES):
                missing = link.ask(asked).get("missing", [])
                if not missing:
                    return
                self.send([find(digest) for digest in missing])
        raise HostError(f"{self._engine.name}: content that was sent is gone again")

    def send(self, contents: Sequence[Content]) -> None:
        """Bring content to the host, without the files that it has already; after a cut it goes on where it was.

        Raises HostError, StoreError when content changes meanwhile.
        """
        with self._agent() as link:
            Sending(link, self._engine.name, self._heard, self._count).send(contents)

    def place(self, digest: str, inside: str = "") -> str:
        """The path, as the host's engine sees it, of content that is there, or of what lies inside of it."""
        place = f"{self._volume_root()}/.mlpw/store/{digest[:2]}/{digest}"
        return f"{place}/{inside}" if inside else place

    def work_place(self, attempt: str, place: str) -> str:
        """The path, as the host's engine sees it, of a folder of an attempt."""
        return f"{self._volume_root()}/work/{attempt}/{place}"

    def collect(
        self,
        attempt: str,
        places: Mapping[str, str],
        gathered: Mapping[str, Sequence[str]] | None = None,
        keeper: str = "",
        told: Sequence[str] = (),
    ) -> dict[str, Made]:
        """Keep what an attempt left, there; by name, without what it did not write.

        `gathered` are folders by a place's name that go together into it before, those with something in them. For the
        workspace `keeper` it stays until that one's `sweep` leaves it out. Small files called as one of
        `told` are told.
        """
        asked = {"do": "collect", "attempt": attempt, "places": dict(places), "gathered": dict(gathered or {})}
        answer = self._ask({**asked, "keeper": keeper, "told": list(told)})
        return {name: Made(**found) for name, found in answer["found"].items()}

    def fetch(self, digest: str, store: Store) -> None:
        """Bring content from the host into the store here; nothing when it is here. After a cut it goes on.

        Raises NotThereError when the host has it no more, StoreError when it is damaged; what `heard` raises ends it.
        """
        if store.has(digest):
            return
        with self._agent() as link:
            receiving = Receiving(link, self._engine.name, store, digest, self._heard)
            try:
                receiving.fetch()
            finally:
                self.fetched += receiving.came

    def bring(self, attempt: str, place: str, target: Path) -> None:
        """Copy what an attempt wrote at a place to `target` here, over what is there; nothing when it wrote none."""
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".bring-") as folder:
            copy = Path(folder)
            try:
                with (
                    self._agent() as link,
                    self._engine.get(link.container, f"{agent_image.VOLUME}/work/{attempt}/{place}") as pieces,
                ):
                    _unpack(pieces, copy)
            except NotThereError:
                return
            came = copy / Path(place).name
            if came.is_dir():
                remove_tree(str(target))
            came.replace(target)  # a file at once: somebody may be reading it

    def forget(self, attempts: Iterable[str]) -> None:
        """Be rid of what attempts worked on."""
        self._ask({"do": "forget", "attempts": list(attempts)})

    def usage(self, keeper: str = "") -> Mapping[str, Any]:
        """`objects` (bytes and time of last use by digest), `attempts`, `free` and `total` bytes of its disk.

        `whose` are a workspace's name and a folder there by attempt, `kept` the digests that some workspace has only
        here: `claims` are the lines of the one called `keeper`, `keepers` tells of each what it says of itself
        (`workspace`), when it was `seen` last and the `bytes` that it alone keeps there.
        """
        return self._ask({"do": "usage", "keeper": keeper})

    def trim(self, limit: int, older_than_s: float = _DAY_SECONDS) -> int:
        """Remove what was used longest ago until `limit` bytes are left; bytes that this freed.

        What attempts read and what a workspace has only here stays.
        """
        return sum(self.sweep(Sweep("", (), (), limit, older_than_s=older_than_s)).values())

    def sweep(self, asked: Sweep, *, dry_run: bool = False) -> Mapping[str, int]:
        """Tidy up in the name of a workspace; bytes by digest of content that went, or would."""
        plain = {"do": "trim", **asdict(asked), "dry_run": dry_run}
        removed: dict[str, int] = self._ask(plain)["removed"]
        return removed

    # How it is done

    def _count(self, size: int) -> None:
        self.sent += size

    def _ask(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Have the agent answer a request."""
        with self._agent() as link:
            return link.ask(asked)

    @contextmanager
    def _agent(self) -> Iterator[AgentLink]:
        """The way to the agent, for nobody else meanwhile."""
        link = shared_link(self._engine)
        with link.lock:
            yield link

    def _volume_root(self) -> str:
        if not self._root:
            self._root = self._engine.volume_path(VOLUME)
        return self._root


def _unpack(pieces: Iterator[bytes], folder: Path) -> None:
    """What is kept holds files, folders and links that stay inside; anything else is refused."""
    with tarfile.open(fileobj=PieceReader(pieces), mode="r|") as tar:
        tar.extractall(folder, filter="data")
