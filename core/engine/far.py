"""A step on a host that shares no files with us: what must go there, by content, and what is kept there.

Every path is the one that the step would have here, so that its command and variables are the same.
"""

from collections.abc import Mapping
from pathlib import Path

from core.computes.protocol import RecorderHook, Staged, Staging
from core.engine.harvest import ARTIFACT_FOLDERS, ARTIFACT_PORTS, FILE_TYPE, output_path
from core.engine.noted import ARTIFACTS
from core.layout import AttemptFolder
from core.planning.graph import Step
from core.store.objects import Store


def staging_of(
    step: Step,
    attempt: AttemptFolder,
    store: Store,
    code: Mapping[str, str],
    read: Mapping[str, tuple[str, str]],
    copied: Mapping[str, tuple[str, str]],
    recorder: RecorderHook | None,
) -> Staging:
    """What the attempt needs.

    `code` are digests by place in the working folder; `read` and `copied` are, by the path that the step gets, the
    digest and where that lies here ("" for the store).
    """
    tops = [str(attempt.code), str(attempt.outputs)]
    outputs = {port: str(output_path(attempt, port)) for port in step.outputs if port not in ARTIFACT_PORTS}
    folders = [*tops, *(f"{attempt.code}/{name}" for name in ARTIFACT_FOLDERS)]
    folders += [path for port, path in outputs.items() if step.outputs[port].type != FILE_TYPE]
    artifacts = f"{attempt.root}/{ARTIFACTS.strip()}"
    if len(outputs) < len(step.outputs):  # the whole folder was asked for, even if nothing is in it
        folders.append(artifacts)
    needs = [Staged(digest, path, source) for path, (digest, source) in read.items()]
    files: list[str] = []
    brought: list[str] = []
    if recorder is not None:
        module = recorder.module_path
        needs.append(Staged(store.hash(module).digest, module, module))
        files = [str(attempt.events)]
        reported = [f"{attempt.root}/{name}" for name in ("tracked", "mlflow")]
        folders += reported
        tops += reported
        brought = [*files, *reported]
    return Staging(
        workspace=str(store.layout.root),
        needs=tuple(needs),
        copies=(*_code(attempt, store, code), *_copies(copied)),
        folders=tuple(folders),
        files=tuple(files),
        mounted=(*tops, *sorted({_top(attempt, path) for path in copied})),
        places={**outputs, ARTIFACTS: artifacts},
        gathered={ARTIFACTS: [f"{attempt.code}/{name}" for name in ARTIFACT_FOLDERS]},
        brought=tuple(brought),
    )


def _code(attempt: AttemptFolder, store: Store, code: Mapping[str, str]) -> list[Staged]:
    """The snapshot as working folder, and at its top what joins it: a file, or a folder under its own name."""
    found = [Staged(code[""], str(attempt.code))] if "" in code else []
    for place, digest in code.items():
        if place:
            is_file = (store.path(digest) / place).is_file()
            found.append(Staged(digest, f"{attempt.code}/{place}", inside=place if is_file else ""))
    return found


def _copies(copied: Mapping[str, tuple[str, str]]) -> list[Staged]:
    return [Staged(digest, path, source) for path, (digest, source) in copied.items()]


def _top(attempt: AttemptFolder, path: str) -> str:
    """The folder of an input, which holds its copy or is it."""
    inputs = attempt.root / "inputs"
    return str(inputs / Path(path).relative_to(inputs).parts[0])
