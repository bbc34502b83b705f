"""After a step ended well: are its inputs as they were, and what did it leave?"""

import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.engine.noted import Noted, left_on_host
from core.engine.observed import use_of
from core.errors import InputError, StepError
from core.layout import AttemptFolder
from core.planning.code_use import CodeUse
from core.planning.graph import OutputPort, Step
from core.planning.trace import Parts
from core.store.manifest import Difference
from core.store.objects import Store
from core.store.publish import Prepared
from core.store.space import free_space

#: Output names that mean the step's whole artifact folder
#: (learn.microsoft.com/azure/machine-learning/how-to-manage-inputs-outputs-pipeline, "default output").
ARTIFACT_PORTS = frozenset({"artifacts", "default"})
#: Folders under the working folder whose content is kept with the run, as Azure ML keeps them.
ARTIFACT_FOLDERS = ("outputs", "logs")
#: The one type that is a file; every other type's output is a folder that exists before the step starts.
FILE_TYPE = "uri_file"
#: So many names of files stand in a message.
SHOWN_NAMES = 3


@dataclass(frozen=True, slots=True)
class Harvest:
    """What a step left, hashed and ready for the store; `absent` are ports of files that it did not write.

    `kept` are digests of what is in the store already because an earlier supervisor died after moving it there; `use`
    is what the step used of its code, None when it has none.
    """

    ports: Mapping[str, Prepared]
    artifacts: Prepared | None
    absent: tuple[str, ...] = ()
    kept: Noted = field(default_factory=Noted)
    use: CodeUse | None = None

    def everything(self) -> list[Prepared]:
        """All that must be in the store before a record may name it."""
        return [*self.ports.values(), *([self.artifacts] if self.artifacts else [])]

    def digests(self) -> dict[str, str]:
        """Digest by port."""
        found = {port: item.digest for port, item in self.ports.items()} | dict(self.kept.ports)
        if self.artifacts_digest:
            found.update(dict.fromkeys(self.absent_artifact_ports, self.artifacts_digest))
        return found

    @property
    def artifacts_digest(self) -> str:
        """Digest of the artifact folder, "" when there is none."""
        return self.artifacts.digest if self.artifacts else self.kept.artifacts

    @property
    def absent_artifact_ports(self) -> tuple[str, ...]:
        """Declared ports that stand for the artifact folder."""
        return tuple(port for port in self.absent if port in ARTIFACT_PORTS)


def harvest(
    store: Store,
    step: Step,
    attempt: AttemptFolder,
    given: Mapping[str, tuple[str, str]],
    parts: Parts,
    *,
    needed: Collection[str],
    noted: Noted,
) -> Harvest:
    """Check inputs (`given`: path and digest by port) and hash outputs; ports in `needed` must have been written.

    What `noted` names and the attempt's folder has no more is taken from the store.

    Raises InputError for a changed input, StepError for an output that is missing or cannot be kept.
    """
    _check_inputs(store, given)
    shortage = free_space(attempt.root).shortage
    if shortage:
        raise StepError(f"{shortage} while the step ran; its result may be incomplete and is not kept")
    far = left_on_host(store, attempt)
    if far is not None:
        return _far_harvest(step, attempt, parts, store, far, needed)
    kept = _moved_already(store, attempt, noted)
    always = any(port in ARTIFACT_PORTS for port in step.outputs)
    artifacts = None if kept.artifacts else _gather_artifacts(attempt, always=always)
    ports: dict[str, Prepared] = {}
    absent: list[str] = []
    for port in [port for port in step.outputs if port not in kept.ports]:
        written = output_path(attempt, port)
        if port in ARTIFACT_PORTS or not os.path.lexists(written):
            absent.append(port)
        else:
            ports[port] = store.prepare(written)
    _check_written(step, absent, needed)
    gathered = store.prepare(artifacts) if artifacts else None
    made = Harvest(ports, gathered, tuple(absent), kept)
    return replace(made, use=use_of(step, attempt, parts, store, doubt=_doubt(made)))


def _check_inputs(store: Store, given: Mapping[str, tuple[str, str]]) -> None:
    """What lies on another machine only was nowhere that a step could change it."""
    for port, (path, digest) in given.items():
        if store.elsewhere.has(digest) and not os.path.lexists(path):
            continue
        difference = store.changes(path, digest)
        if difference:
            raise _changed_input(store, port, path, digest, difference)


def _far_harvest(
    step: Step, attempt: AttemptFolder, parts: Parts, store: Store, kept: Noted, needed: Collection[str]
) -> Harvest:
    """What lies on the step's host, where it is kept already."""
    absent = tuple(port for port in step.outputs if port not in kept.ports)
    _check_written(step, absent, needed)
    made = Harvest({}, None, absent, kept)
    return replace(made, use=use_of(step, attempt, parts, store, doubt="it ran on another machine"))


def _check_written(step: Step, absent: Collection[str], needed: Collection[str]) -> None:
    lost = sorted(set(absent) & set(needed) - ARTIFACT_PORTS)
    if lost:
        raise StepError(_not_written(lost[0], step.outputs[lost[0]]))


def _doubt(made: Harvest) -> str:
    """Why the result may hold code that the step did not open: a link's target is read after the step."""
    if any(item.linked for item in made.everything()):
        return "an output was a link"
    return "mlpw was ended while it kept the result" if made.kept != Noted() else ""


def _moved_already(store: Store, attempt: AttemptFolder, noted: Noted) -> Noted:
    """What went from the attempt's folder into the store before a supervisor died."""
    ports = {
        port: digest
        for port, digest in noted.ports.items()
        if port not in ARTIFACT_PORTS and not os.path.lexists(output_path(attempt, port)) and store.has(digest)
    }
    moved = noted.artifacts and not _gathered(attempt).exists() and store.has(noted.artifacts)
    return Noted(ports, noted.artifacts if moved else "")


def output_path(attempt: AttemptFolder, port: str) -> Path:
    """Where a step writes a port; the artifact ports are the folder whose content is kept anyway."""
    return attempt.code / "outputs" if port in ARTIFACT_PORTS else attempt.outputs / port


def make_output_places(step: Step, attempt: AttemptFolder) -> None:
    """Make what exists before a step starts: artifact folders, folder outputs, and the folder around file outputs."""
    folders = [os.fspath(attempt.outputs), *(os.path.join(attempt.code, name) for name in ARTIFACT_FOLDERS)]
    for port, declared in step.outputs.items():
        if port in ARTIFACT_PORTS or declared.type != FILE_TYPE:
            folders.append(os.fspath(output_path(attempt, port)))
    for folder in folders:
        with suppress(FileExistsError):  # the code may bring a folder, or a file, of this name
            os.mkdir(folder)


def _gather_artifacts(attempt: AttemptFolder, *, always: bool) -> Path | None:
    """Move ./outputs and ./logs of the working folder together; None when the step left nothing there."""
    gathered = _gathered(attempt)
    if gathered.exists():
        return gathered
    filled = [name for name in ARTIFACT_FOLDERS if _holds_something(attempt.code / name)]
    if not filled and not always:
        return None
    gathered.mkdir()
    for name in filled:
        (attempt.code / name).rename(gathered / name)
    return gathered


def _gathered(attempt: AttemptFolder) -> Path:
    return attempt.root / "artifacts"


def _holds_something(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None and not os.path.islink(folder)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _changed_input(store: Store, port: str, path: str, digest: str, difference: Difference) -> InputError:
    names = ", ".join(difference.names[:SHOWN_NAMES])
    if path == str(store.path(digest)):
        store.remove(digest)
        return InputError(
            f"the step changed its input '{port}': {names}",
            hint="inputs are read-only: copy what you change, or use mode: download; a rerun makes the input again",
        )
    return InputError(f"input '{port}' changed while the step ran: {names}", hint="run again; the result was not kept")


def _not_written(port: str, declared: OutputPort) -> str:
    return f"the step ended well but did not write its output '{port}' ({declared.type}), which is needed"
