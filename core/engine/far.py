"""A step on a host that shares no files with us: what must go there, by content, and what is kept there.

Every path is the one that the step would have here, so that its command and variables are the same.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.computes.protocol import RecorderHook, Staged, Staging
from core.engine.containers import keeper_of
from core.engine.harvest import ARTIFACT_FOLDERS, ARTIFACT_PORTS, FILE_TYPE, output_path
from core.engine.laying_out import file_name, kept_name, path_of
from core.engine.noted import ARTIFACTS
from core.layout import AttemptFolder
from core.planning.graph import Binding, Step
from core.store.objects import Store
from core.tracking.sources.metrics_files import METRICS_FILES


@dataclass(slots=True)
class Far:
    """Collects what an attempt needs; nothing of it is laid out here."""

    attempt: AttemptFolder
    store: Store
    _needs: dict[str, Staged] = field(default_factory=dict)
    _copies: list[Staged] = field(default_factory=list)
    _folders: list[str] = field(default_factory=list)
    _tops: list[str] = field(default_factory=list)
    _places: dict[str, str] = field(default_factory=dict)

    def lay_out(self, step: Step, code: Mapping[str, str]) -> None:
        """The snapshot as working folder, and at its top what joins it; folders for outputs."""
        attempt = self.attempt
        if "" in code:
            self._copies.append(Staged(code[""], str(attempt.code)))
        for place, digest in code.items():
            if place:
                is_file = (self.store.path(digest) / place).is_file()
                self._copies.append(Staged(digest, f"{attempt.code}/{place}", inside=place if is_file else ""))
        self._tops += [str(attempt.code), str(attempt.outputs)]
        self._folders += [*self._tops, *self._artifact_folders()]
        self._places[ARTIFACTS] = f"{attempt.root}/{ARTIFACTS.strip()}"
        for port, declared in step.outputs.items():
            if port in ARTIFACT_PORTS:  # the whole folder is wanted, even if nothing is in it
                self._folders.append(self._places[ARTIFACTS])
                continue
            self._places[port] = str(output_path(attempt, port))
            if declared.type != FILE_TYPE:
                self._folders.append(self._places[port])

    def shown(self, name: str, binding: Binding, digest: str) -> str:
        """The path here, or one with the file's own name."""
        source = path_of(binding, digest, self.store)
        wanted = kept_name(binding)
        path = (
            f"{self.attempt.root}/inputs/{name}/{wanted}" if wanted and not self._is_folder(source, digest) else source
        )
        self._needs[path] = Staged(digest, path, source)
        return path

    def copied(self, name: str, binding: Binding, digest: str) -> str:
        """A copy in a folder of the input's."""
        source = path_of(binding, digest, self.store)
        folder = f"{self.attempt.root}/inputs/{name}"
        path = folder if self._is_folder(source, digest) else f"{folder}/{file_name(binding, Path(source))}"
        self._copies.append(Staged(digest, path, source))
        self._tops.append(folder)
        return path

    def staging(self, recorder: RecorderHook | None) -> Staging:
        """All that was asked for, and what the recorder needs where there is one."""
        needs, files, reported = dict(self._needs), list[str](), list[str]()
        if recorder is not None:
            modules = map(str, sorted(Path(recorder.folder).glob("*.py")))  # beside them lies bytecode, which changes
            needs.update((path, Staged(self.store.hash(path).digest, path, path)) for path in modules)
            files = [str(self.attempt.events)]
            reported = [f"{self.attempt.root}/{name}" for name in ("tracked", "mlflow")]
        return Staging(
            workspace=str(self.store.layout.root),
            needs=tuple(needs.values()),
            copies=tuple(self._copies),
            folders=(*self._folders, *reported),
            files=tuple(files),
            mounted=(*self._tops, *reported),
            places=self._places,
            gathered={ARTIFACTS: self._artifact_folders()},
            brought=(*files, *reported),
            told=METRICS_FILES,
            keeper=keeper_of(self.store),
        )

    def _artifact_folders(self) -> list[str]:
        return [f"{self.attempt.code}/{name}" for name in ARTIFACT_FOLDERS]

    def _is_folder(self, path: str, digest: str) -> bool:
        """Also of content that lies on another machine."""
        return os.path.isdir(path) or (not os.path.lexists(path) and self.store.manifests.has(digest))
