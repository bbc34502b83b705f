"""What the planner needs to know of the world: the store and the records, asked as little as possible."""

import time
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from pathlib import Path

from core.definitions.environment import BuiltFrom
from core.engine.downloads import download, downloaded
from core.errors import InputError, StepError
from core.planning.code_use import CodeUse, NewestUse
from core.planning.decide import Failure
from core.planning.graph import DataInput, Step
from core.planning.trace import Parts, Trace
from core.records.model import StepStatus
from core.records.records import Records
from core.records.traces import LastingUse
from core.store.hashing import Hashed
from core.store.manifest import Entry, Manifest, make_manifest
from core.store.objects import Captured, Store

Digests = Mapping[str, str]
#: Stands for the content of data that a step is only given the address of (mode: direct).
UNREAD = "unread"
#: With more than these remembered, a new plan begins to remember anew.
_MOST_LISTINGS = 100
#: Or with more names in them together: some hold thousands.
_MOST_NAMES = 50_000
#: For so many steps it is asked one by one what they used of their code.
_FEW_USES = 20
#: What a plan asks of the records for all its steps at once.
_OF_RECORDS = ("_failing", "_latest", "_by_fingerprint", "_lasting")
#: A failure is remembered for so many runs.
_RUNS_BACK = 10


class WorldFacts:
    """Facts about one pipeline; a plan looks at every path once.

    `fresh_for` is how many seconds a digest is believed: for ever while planning, a moment while a run goes on, where
    files may be saved before a step starts. `has_moved` says that something was other than the graph was read from: a
    plan can say no more of it than that it changed, which the next one can.
    """

    def __init__(
        self,
        store: Store,
        records: Records,
        pipeline: str,
        *,
        fresh_for: float = float("inf"),
        for_all: bool | None = None,
    ) -> None:
        self._store = store
        self._records = records
        self._pipeline = pipeline
        self._fresh_for = fresh_for
        #: A plan asks about every step, so that one query for all is best; a run asks about the stale ones.
        self.is_for_all = fresh_for == float("inf") if for_all is None else for_all
        self._seen: dict[tuple[str, str], tuple[float, str]] = {}
        self._edited: dict[str, tuple[Hashed, Collection[str]]] = {}
        self._manifests: dict[str, Manifest | Hashed] = {}
        self._listings: dict[str, Digests | None] = {}
        self._places: dict[str, BuiltFrom] = {}
        self._kept: set[str] = set()
        self._uses_asked = 0
        self.has_moved = False

    def believe(
        self, before: "WorldFacts", paths: Collection[str], edited: Mapping[str, Collection[str]] | None = None
    ) -> None:
        """Take over what an earlier plan saw of these paths, and of the records, which are as they were.

        Of data that is `edited`, nothing but these names in it may be other than they were.
        """
        for path, names in (edited or {}).items():
            hashed = before._manifests.get(before._known("data", path))
            if isinstance(hashed, Hashed) and hashed.is_folder:
                self._edited[path] = (hashed, names)
        self.__dict__.update({name: before.__dict__[name] for name in _OF_RECORDS if name in before.__dict__})
        self.is_for_all |= "_latest" in self.__dict__
        self._seen.update({key: seen for key, seen in before._seen.items() if key[1] in paths})
        kept = {digest for _, digest in self._seen.values()}
        self._manifests.update({digest: found for digest, found in before._manifests.items() if digest in kept})
        listings = {digest: found for digest, found in before._listings.items() if found is not None}
        if len(listings) <= _MOST_LISTINGS and sum(map(len, listings.values())) <= _MOST_NAMES:
            self._listings.update(listings)  # they are of results too, and there are ever more of them

    def learn(self) -> None:
        """Ask the records now for what is needed as soon as a step is stale."""
        _ = self._failing

    def forget(self, paths: Collection[str]) -> None:
        """Look at these paths anew, however lately they were seen."""
        for kind in ("code", "captured", "data"):
            for path in paths:
                self._seen.pop((kind, path), None)
                self._edited.pop(path, None)

    def code_seen(self, path: str) -> str:
        """The digest of code that was looked at, "" when it was not."""
        return self._known("code", path)

    def is_remembered(self, digest: str) -> bool:
        """Whether it is known what a folder holds that was captured: whatever a step ran from is (one stat)."""
        return self._store.manifests.has(digest)

    def code_digest(self, path: str) -> str:
        """Digest of the code at a path.

        Raises InputError when it cannot be read.
        """
        return self._known("code", path) or self._see("code", path, self._store.digest_of_code(path))

    def data_digest(self, data: DataInput) -> str:
        """Digest of the content, "" when it is not there."""
        if data.digest:
            return data.digest
        if not data.path:
            return UNREAD if data.mode == "direct" else downloaded(self._store, data.uri)
        if not Path(data.path).exists():
            return ""
        return self._known("data", data.path) or self._see("data", data.path, self._hash(data.path))

    def capture_code(self, paths: Collection[str]) -> Captured:
        """Copy code that steps are to run from, which `take_captured` makes known once it is in the store."""
        return self._store.capture_code([path for path in dict.fromkeys(paths) if not self._known("captured", path)])

    def take_captured(self, captured: Captured) -> None:
        """Take what was captured, and is in the store now, for the code at its paths."""
        for path, snapshot in captured.found.items():
            if not isinstance(snapshot, StepError):
                self._manifests[snapshot.digest] = snapshot.manifest
                self._remember("captured", path, snapshot.digest)
                self._remember("code", path, snapshot.digest)

    def look_at_data(self, data: DataInput) -> None:
        """Hash the data now and keep its manifest and small texts, so that a later difference can be shown.

        Raises InputError when it is not there.
        """
        if data.digest or (not data.path and data.mode == "direct"):
            return
        if not data.path:
            download(self._store, data)
            return
        if not Path(data.path).exists():
            raise InputError(f"input not found: {data.uri or data.path}")
        hashed = self._store.hash(data.path)
        if not hashed.is_folder:
            self._store.texts.keep(hashed.digest, data.path)
        elif not self._store.manifests.has(hashed.digest) and (manifest := hashed.manifest()) is not None:
            self._store.texts.keep_folder(manifest, data.path)
            self._store.manifests.keep(manifest)
        self._see("data", data.path, hashed)

    def know_places(self, built_from: Iterable[BuiltFrom]) -> None:
        """Where the folders lie that environments are built from, whose content `manifest` may be asked for."""
        self._places.update({each.digest: each for each in built_from})

    def keep_places(self, built_from: Iterable[BuiltFrom]) -> None:
        """Keep manifests and small texts of what an environment is built from, as `look_at_data` does."""
        for each in built_from:
            if each.digest not in self._kept and not self._store.manifests.has(each.digest):
                self._keep(each)
            self._kept.add(each.digest)

    def trace(self, fingerprint: str) -> Trace | None:
        """The result kept under a fingerprint."""
        if not self.is_for_all:
            return self._records.traces.get(fingerprint)
        return self._by_fingerprint.get(fingerprint) or self._records.traces.get(fingerprint)

    def latest(self, step: str) -> Trace | None:
        """The step's newest result in this pipeline."""
        if not self.is_for_all:
            return self._records.traces.latest_of(self._pipeline, step)
        return self._latest.get(step)

    def parts(self, fingerprint: str) -> Parts | None:
        """What a kept result was made from."""
        return self._records.traces.parts(fingerprint)

    def opened_by(self, identity: str) -> Collection[tuple[str, ...]]:
        """Which files the steps of an identity opened."""
        return self._records.traces.opened_by(identity)

    def trace_by_content(self, identity: str, opened: tuple[str, ...], content: str) -> Trace | None:
        """The newest result of such a step that found this content in the files it opened."""
        return self._records.traces.by_content(identity, opened, content)

    def code_use(self, fingerprint: str) -> CodeUse | None:
        """What a kept result's step used of its code."""
        return self._records.traces.code_use(fingerprint)

    def newest_use(self, step: str) -> NewestUse | None:
        """What a step's newest result used of its code, asked of the records for all steps at once when many ask."""
        self._uses_asked += 1
        trace = self._latest.get(step) if self.is_for_all and self._uses_asked > _FEW_USES else None
        found = self._lasting.get(trace.fingerprint) if trace is not None else None
        return None if trace is None or found is None else NewestUse(trace, found.code, found.use)

    def failed_in(self, fingerprint: str) -> int:
        """The newest run in which exactly this failed."""
        return self._records.runs.failed_in(fingerprint)

    def last_failure(self, step: Step) -> Failure | None:
        """How the step failed when it was tried last."""
        if step.name not in self._failing:
            return None
        tries = self._records.runs.history(self._pipeline, step.name, _RUNS_BACK)
        record = next((one for one in tries if one.status.is_final and one.status is not StepStatus.NOT_RUN), None)
        if record is None or record.status is not StepStatus.FAILED or not record.source_attempt:
            return None
        from core.engine.identity import read_identity  # only failures need them
        from core.engine.observed import use_so_far

        attempt = self._store.layout.attempt(record.source_run, record.step, record.source_attempt)
        identity = read_identity(attempt)
        return None if identity is None else Failure(record.run, identity.parts, use_so_far(step, attempt))

    def missing(self, digests: Collection[str]) -> Collection[str]:
        """Digests without content in the store."""
        return self._store.missing(digests)

    def manifest(self, digest: str) -> Digests | None:
        """Files of a folder by path, when remembered."""
        if digest == UNREAD:
            return None
        if digest not in self._listings:  # steps that share their code ask again and again
            seen = self._manifests.get(digest)
            found = seen or self._store.manifest(digest) or self._manifest_there(digest)
            self._listings[digest] = None if found is None else found.listing()
        return self._listings[digest]

    def _manifest_there(self, digest: str) -> Manifest | None:
        """Of a folder that an environment is built from, unless it has changed meanwhile."""
        place = self._places.get(digest)
        if place is None or Path(place.path).is_file():
            return None
        from core.definitions.built_folders import entries_of  # few environments have local parts

        try:
            entries = entries_of(place.path, place.dockerfile)
            found = make_manifest({name: Entry(*entry) for name, entry in entries.items()})
        except OSError:
            self.has_moved = True
            return None
        self.has_moved |= found.digest != digest
        return found if found.digest == digest else None

    def _keep(self, place: BuiltFrom) -> None:
        self.know_places([place])
        manifest = self._manifest_there(place.digest)
        if manifest is not None:
            self._store.texts.keep_folder(manifest, place.path)
            self._store.manifests.keep(manifest)
        elif Path(place.path).is_file():
            self._store.texts.keep(place.digest, place.path)

    @cached_property
    def _failing(self) -> frozenset[str]:
        return self._records.runs.failing(self._pipeline, _RUNS_BACK)

    @cached_property
    def _latest(self) -> dict[str, Trace]:
        return self._records.traces.latest(self._pipeline)

    @cached_property
    def _lasting(self) -> dict[str, LastingUse]:
        return self._records.traces.lasting_uses(self._pipeline)

    @cached_property
    def _by_fingerprint(self) -> dict[str, Trace]:
        return {trace.fingerprint: trace for trace in self._latest.values()}

    def _known(self, kind: str, path: str) -> str:
        at, digest = self._seen.get((kind, path), (0.0, ""))
        return digest if digest and time.monotonic() - at <= self._fresh_for else ""

    def _hash(self, path: str) -> Hashed:
        before = self._edited.get(path)
        return self._store.hash(path) if before is None else self._store.hash_edited(path, *before)

    def _see(self, kind: str, path: str, hashed: Hashed) -> str:
        if hashed.is_folder:
            self._manifests[hashed.digest] = hashed
        return self._remember(kind, path, hashed.digest)

    def _remember(self, kind: str, path: str, digest: str) -> str:
        self._seen[kind, path] = (time.monotonic(), digest)
        return digest
