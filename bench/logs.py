"""Logs of a million lines: read, filtered, searched, drawn; beside wc and grep, which only count."""

import json
from collections.abc import Iterator
from pathlib import Path

from bench.installing import CHECKOUT
from bench.measuring import figure
from bench.results import MLPW, Measurement
from bench.rig import Rig

LINES = 1_000_000
FRAMES = 400
_TEXT, _REGEX = "loss=0.5", r"loss=0\.5\d+7 "
_WORK = CHECKOUT / "bench" / "log_work.py"


def measure_logs(rig: Rig) -> Iterator[Measurement]:
    """Each part is a process of its own; "log, nothing" is what starting one takes, with all that is imported."""
    log = rig.new_folder("log") / "log.txt"
    _write(log)
    python = str(rig.mlpw.scripts / "python")
    parts: dict[str, tuple[list[str], dict[str, list[str]]]] = {
        "log, nothing": (["nothing"], {}),
        "log, index": (["index"], {"wc": ["wc", "-l", str(log)]}),
        "log, search a text": (["search", _TEXT], {"grep": ["grep", "-ic", _TEXT, str(log)]}),
        "log, search a regex": (["search", f"~{_REGEX}"], {"grep": ["grep", "-icP", _REGEX, str(log)]}),
        "log, frames": (["frames", str(FRAMES)], {}),
        "log, one frame": (["frames", "1"], {}),
    }
    for name, (work, peers) in parts.items():
        told = log.with_name("told.json")
        commands = {MLPW: [python, str(_WORK), str(log), str(told), *work], **peers}
        timings = {
            tool: [rig.stopwatch.run(command, CHECKOUT, rig.variables) for _ in range(rig.settings.repeats)]
            for tool, command in commands.items()
        }
        notes = json.loads(told.read_text())
        figures = {tool: figure(each) for tool, each in timings.items()}
        yield Measurement(name, LINES, figures, notes={MLPW: f"{notes['memory'] / 1e6:.1f} MB more"})


def _write(log: Path) -> None:
    """A million lines, 113 MB."""
    log.parent.mkdir(parents=True)
    with log.open("w") as file:
        for start in range(0, LINES, 10_000):
            file.writelines(
                f"2026-01-01 12:00:00,123 INFO train step {n:07d} loss={n / LINES:.6f} lr=0.0010 "
                f"grad_norm={n % 97:02d} epoch={n // 10_000:03d} throughput=1234/s\n"
                for n in range(start, start + 10_000)
            )
