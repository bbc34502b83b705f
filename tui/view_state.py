"""What the workbench remembers of a workspace between two starts: what was shown, and how."""

import contextlib
import json
import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

_LARGEST_PANE = 10_000


@dataclass(frozen=True, slots=True)
class ViewState:
    """The last subject and step, and a person's choices."""

    pipeline: str = ""
    run: int = 0
    step: str = ""
    screen: str = "run"
    theme: str = ""
    wrap: bool = False
    zoomed: str = ""
    sizes: dict[str, int] = field(default_factory=dict)


def load(file: Path) -> ViewState:
    """What was remembered; anything that cannot be read is as if nothing was."""
    try:
        data = json.loads(file.read_bytes()[: 64 << 10])
    except (OSError, ValueError):
        return ViewState()
    if not isinstance(data, dict):
        return ViewState()
    default = ViewState()
    known = {
        each.name: data[each.name]
        for each in fields(ViewState)
        if type(data.get(each.name)) is type(getattr(default, each.name))
    }
    sizes = known.get("sizes", {})
    known["sizes"] = {name: size for name, size in sizes.items() if type(size) is int and 0 < size < _LARGEST_PANE}
    return ViewState(**known)


def save(file: Path, state: ViewState) -> None:
    """Remember; a folder that cannot be written is no reason to fail."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(exist_ok=True)
        half = file.with_name(f"{file.name}.{os.getpid()}.tmp")
        half.write_text(json.dumps(asdict(state)))
        half.replace(file)
