"""What requests and answers are made of: MLflow's fields as ours, and refusals."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any, Union

    Json = dict[str, Any]
    Answer = Union[Json, bytes, Path]


class Refusal(Exception):
    """An answer other than 200: HTTP status, MLflow's error code, one sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def now() -> int:
    """Milliseconds since the epoch."""
    return int(time.time() * 1000)


def wire(value: float) -> object:
    """A number as protobuf's JSON writes it: NaN and the infinities are text."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def number(value: Any) -> float:
    """The float that `wire` wrote."""
    return float(value)


def integer(value: Any) -> int:
    """An int64, which clients send as a number or as text."""
    whole = int(value or 0)
    if not -(1 << 63) <= whole < 1 << 63:
        raise invalid(f"{whole} does not fit into 64 bits")
    return whole


def point(metric: Json) -> Json:
    """A metric's point as the journal has it."""
    extra = {key: str(metric[key]) for key in ("model_id", "dataset_name", "dataset_digest") if metric.get(key)}
    step, timestamp = integer(metric.get("step")), integer(metric.get("timestamp") or now())
    return {
        "key": str(metric["key"]),
        "value": wire(float(metric["value"])),
        "step": step,
        "timestamp": timestamp,
        **extra,
    }


def listed(value: Any) -> list[Any]:
    """A repeated field: absent, one (in a query) or several."""
    return [] if value is None else (list(value) if isinstance(value, (list, tuple)) else [value])


def named(entries: Any) -> dict[str, str]:
    """MLflow's list of {key, value} as a mapping."""
    return {str(entry["key"]): str(entry.get("value", "")) for entry in listed(entries)}


def pairs(values: dict[str, str]) -> list[Json]:
    """The other way round."""
    return [{"key": key, "value": value} for key, value in values.items()]


def texts(values: Json) -> dict[str, str]:
    """Parameters as MLflow keeps them: text."""
    return {str(key): str(value) for key, value in values.items()}


def invalid(message: str) -> Refusal:
    """A request that cannot be right."""
    return Refusal(400, "INVALID_PARAMETER_VALUE", message)


def missing(what: str) -> Any:
    """Raise that something is not here."""
    raise Refusal(404, "RESOURCE_DOES_NOT_EXIST", f"{what} not found")


def inside(root: Path, path: str) -> Path:
    """The file below `root` that `path` names; raises Refusal when it would lie elsewhere, links followed."""
    parts = [part for part in path.split("/") if part]
    if any(part in (".", "..") or "\0" in part or "\\" in part for part in parts):
        raise invalid(f"Invalid path: {path!r}")
    target = root.joinpath(*parts)
    resolved, top = target.resolve(), root.resolve()
    if resolved != top and top not in resolved.parents:
        raise invalid(f"Invalid path: {path!r}")
    return target


def file_info(path: Path, name: str) -> Json:
    """MLflow's `FileInfo` message."""
    return (
        {"path": name, "is_dir": True}
        if path.is_dir()
        else {"path": name, "is_dir": False, "file_size": path.stat().st_size}
    )
