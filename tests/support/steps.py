"""Pipelines written in a line a step, as the Azure ML YAML they stand for."""

from collections.abc import Mapping, Sequence
from typing import Any

ENVIRONMENT = {"image": "ubuntu:22.04"}  # on local compute this is a bare Python environment


def step(
    command: str = "true",
    *,
    takes: Mapping[str, str] | None = None,
    data: Mapping[str, str] | None = None,
    values: Mapping[str, object] | None = None,
    makes: Sequence[str] | Mapping[str, Any] = (),
    code: str = "",
    **more: Any,
) -> dict[str, Any]:
    """A command step.

    `takes` binds inputs to "step.output", `data` to paths ("raw/" is a folder), `values` to literals; `makes` names its
    outputs, files when they have a dot in their name; `more` is any other key of Azure ML's.
    """
    inputs: dict[str, Any] = {}
    for port, source in (takes or {}).items():
        producer, _, output = source.rpartition(".")
        inputs[port] = f"${{{{parent.jobs.{producer}.outputs.{output}}}}}"
    for port, path in (data or {}).items():
        inputs[port] = {"type": "uri_folder" if path.endswith("/") else "uri_file", "path": path}
    inputs.update(values or {})
    outputs = makes if isinstance(makes, Mapping) else {port: folder() for port in makes}
    written = {"type": "command", "command": command, "environment": ENVIRONMENT, **more}
    return (
        written
        | ({"inputs": inputs} if inputs else {})
        | ({"outputs": dict(outputs)} if outputs else {})
        | ({"code": code} if code else {})
    )


def folder(**more: Any) -> dict[str, Any]:
    """An output that is a folder."""
    return {"type": "uri_folder", **more}


def file(**more: Any) -> dict[str, Any]:
    """An output that is a file."""
    return {"type": "uri_file", **more}


def copying(source: str = "${{inputs.x}}", target: str = "${{outputs.out}}") -> str:
    """A command that hands on what it was given, with its own name on top."""
    return f"cat {source}/* > {target}/f"


def output_of(port: str) -> str:
    """Where a command writes."""
    return f"${{{{outputs.{port}}}}}"
