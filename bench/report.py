"""The results as text tables and as JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from bench.goals import Verdict
from bench.results import MLPW, Measurement, Results

_HEADINGS = ("workload", "tool", "wall s", "x mlpw", "cpu s", "x mlpw", "fastest", "runs", "steps ran")


def as_text(results: Results, verdicts: Sequence[Verdict]) -> str:
    """Both tables in Markdown, which reads well in a terminal too."""
    lines = [f"`{results.command}`  ", results.machine, ""]
    lines.append(", ".join(f"{tool} {version}" for tool, version in results.versions.items()))
    if not results.counts_everything:
        lines.append("cpu s leaves out processes that nobody waits for (mlpw's shims): no control group could be made")
    rows = [row for measurement in results.measurements for row in _rows(measurement)]
    lines += ["", *_table(_HEADINGS, rows)]
    judged = [(v.subject, v.goal, v.measured, "reached" if v.reached else "**not reached**") for v in verdicts]
    lines += ["", *_table(("goal for", "at most / at least", "measured", ""), judged)]
    return "\n".join(lines)


def as_json(results: Results, verdicts: Sequence[Verdict]) -> dict[str, object]:
    """Plain values."""
    return {**asdict(results), "goals": [asdict(verdict) for verdict in verdicts]}


def _rows(measurement: Measurement) -> Iterator[tuple[str, ...]]:
    name = f"{measurement.workload}, {measurement.size:,}" if measurement.size else measurement.workload
    ours = measurement.figures.get(MLPW)
    for tool, figure in measurement.figures.items():
        yield (
            name,
            tool,
            f"{figure.wall:.3f}",
            f"{figure.wall / ours.wall:.2f}" if ours else "",
            f"{figure.cpu:.3f}",
            f"{figure.cpu / ours.cpu:.2f}" if ours and ours.cpu else "",
            f"{figure.fastest:.3f}",
            str(figure.count),
            str(measurement.ran.get(tool, measurement.notes.get(tool, ""))),
        )
    for tool, reason in measurement.left_out.items():
        yield (name, tool, "-", "", "", "", "", "0", reason)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in (headings, *rows)) for i in range(len(headings))]
    lines = [headings, ["-" * width for width in widths], *rows]
    return [f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |" for row in lines]
