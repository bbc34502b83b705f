"""The figures to reach, each beside what was measured: medians for ratios, the fastest run for seconds."""

from collections.abc import Iterator
from dataclasses import dataclass

from bench.logs import FRAMES, LINES
from bench.results import MLPW, Results
from core.watching.watcher import QUIET_SECONDS

_GB = 1e9


@dataclass(frozen=True, slots=True)
class Verdict:
    """A goal in words, what was measured in words, and whether that reaches it."""

    subject: str
    goal: str
    measured: str
    reached: bool


def verdicts(results: Results) -> Iterator[Verdict]:
    """One for every goal that this run measured."""
    for size in (10, 100, 1000):
        yield from _no_op(results, size)
    for size in (100, 1000):
        yield from _one_change(results, size)
        yield from _cutoff(results, size)
    yield from _cold(results)
    yield from _hashing(results)
    yield from _graphs(results)
    yield from _starting(results)
    yield from _drawing(results)
    yield from _saving(results)
    yield from _logs(results)
    yield from _sending(results)
    yield from _containing(results)


def _no_op(results: Results, size: int) -> Iterator[Verdict]:
    measured = results.find("no-op", size)
    ratio = measured.ratio("doit") if measured else None
    if measured and ratio is not None:
        told = f"{measured.wall():.3f} s, doit {measured.wall('doit'):.3f} s: 1/{ratio:.2f}"
        yield Verdict(f"no-op, {size:,} steps", "half of doit", told, ratio >= 2)


def _one_change(results: Results, size: int) -> Iterator[Verdict]:
    """The steps' own time is what three of them take in a cold run without any tool, a few milliseconds."""
    changed, same = results.find("one change", size), results.find("no-op", size)
    if changed and same and (after := changed.fastest()) is not None and (before := same.fastest()) is not None:
        told = f"{after:.3f} s, {after - before:.3f} s more than the no-op; {changed.ran.get('mlpw')} steps ran"
        yield Verdict(f"one change, {size:,} steps", "no-op + the steps + 0.1 s", told, after - before <= 0.115)


def _cutoff(results: Results, size: int) -> Iterator[Verdict]:
    measured = results.find("early cutoff", size)
    if measured and "mlpw" in measured.ran:
        told = f"{measured.ran['mlpw']} ran"
        yield Verdict(f"early cutoff, {size:,} steps", "1 step runs", told, measured.ran["mlpw"] == 1)


def _cold(results: Results) -> Iterator[Verdict]:
    measured = results.find("cold", 1000)
    took = measured.fastest() if measured else None
    if measured is None or took is None:
        return
    yield Verdict("cold, 1,000 steps, a step", "10 ms", f"{took:.1f} ms", took <= 10)
    ratio = measured.ratio("snakemake")
    if ratio is not None:
        yield Verdict("cold, 1,000 steps", "half of Snakemake", f"1/{ratio:.2f}", ratio >= 2)


def _hashing(results: Results) -> Iterator[Verdict]:
    """What a run over the data takes more than the same run over nothing."""
    for kind in ("bytes", "files"):
        for time in ("first", "again"):
            there = next((m for m in results.measurements if m.workload == f"hash {kind}, {time}"), None)
            nothing = results.find(f"hash nothing, {time}", 1)
            if there and nothing and (took := there.fastest()) is not None and (base := nothing.fastest()) is not None:
                yield _hash_verdict(kind, time, there.size, max(took - base, 1e-6))


def _hash_verdict(kind: str, time: str, size: int, took: float) -> Verdict:
    if kind == "bytes" and time == "first":
        speed = size / _GB / took
        return Verdict(f"hash {size / _GB:.1f} GB, first", "2.5 GB/s", f"{speed:.1f} GB/s", speed >= 2.5)
    if kind == "bytes":
        return Verdict(f"hash {size / _GB:.1f} GB, again", "0.05 s", f"{took:.3f} s", took <= 0.05)
    limit = (0.5 if time == "first" else 0.15) * size / 20_000
    return Verdict(f"hash {size:,} files of 4 kB, {time}", f"{limit:.3f} s", f"{took:.3f} s", took <= limit)


def _graphs(results: Results) -> Iterator[Verdict]:
    for name in ("plan a graph, first", "plan a graph"):
        found = sorted((m for m in results.measurements if m.workload == name), key=lambda m: m.size)
        walls = [wall for m in found if (wall := m.fastest()) is not None]
        if len(walls) == 2:
            ratio = walls[1] / walls[0]
            told = f"{walls[0]:.2f} s and {walls[1]:.2f} s: {ratio:.1f} times"
            sizes = f"{found[1].size:,} against {found[0].size:,} steps"
            yield Verdict(f"{name}, {sizes}", "at most 12 times", told, ratio <= 12)


def _starting(results: Results) -> Iterator[Verdict]:
    for name, limit in (("--version", 0.07), ("plan of the sample", 0.15), ("first frame", 0.8)):
        measured = results.find(name)
        took = measured.fastest() if measured else None
        if took is not None:
            yield Verdict(name, f"{limit} s", f"{took:.3f} s", took <= limit)


def _drawing(results: Results) -> Iterator[Verdict]:
    """Processor time, which is what a shared machine leaves to compare."""
    for part, size, limit in (("layout", 200, 0.05), ("frame", 200, 0.016), ("frame", 1000, 0.016)):
        measured = results.find(f"graph drawing, {part}", size)
        if measured is not None:
            took = measured.figures[MLPW].cpu
            yield Verdict(f"{part} of a graph, {size:,} steps", f"{limit} s", f"{took:.4f} s", took <= limit)


def _saving(results: Results) -> Iterator[Verdict]:
    """Beyond the debounce, which is a choice and no cost."""
    limits = {"screen": 0.1, "line": 0.1, "process": 0.2}
    for measured in results.measurements:
        limit = next((limit for word, limit in limits.items() if f" {word}" in measured.workload), None)
        took = measured.fastest()
        if measured.workload.startswith("save") and limit is not None and took is not None:
            beyond = took - QUIET_SECONDS
            told = f"{took:.3f} s, {beyond:.3f} s beyond"
            yield Verdict(
                f"{measured.workload}, {measured.size:,} steps", f"{limit} s + debounce", told, beyond <= limit
            )


def _logs(results: Results) -> Iterator[Verdict]:
    """What a log of a million lines takes of a core, without what starting a process takes."""
    nothing = results.find("log, nothing", LINES)
    if nothing is None:
        return
    base = nothing.figures["mlpw"].cpu
    for name, least in (("log, index", 1.3), ("log, search a text", 1.0), ("log, search a regex", 0.5)):
        measured = results.find(name, LINES)
        if measured is not None:
            speed = LINES / 1e6 / max(measured.figures["mlpw"].cpu - base, 1e-3)
            yield Verdict(name, f"{least} million lines/s", f"{speed:.1f} million lines/s", speed >= least)
    many, one = results.find("log, frames", LINES), results.find("log, one frame", LINES)
    if many and one:
        frame = 1000 * (many.figures["mlpw"].cpu - one.figures["mlpw"].cpu) / (FRAMES - 1)
        yield Verdict("log, a frame at 160x45", "16 ms of a core", f"{frame:.1f} ms", frame <= 16)


def _sending(results: Results) -> Iterator[Verdict]:
    for measured in results.measurements:
        when = measured.workload.partition(", ")[0]
        ratio = measured.ratio("rsync") if when in ("send", "fetch", "send again") else None
        if ratio is not None and when == "send again":  # what asks whether all is there is no data
            told = measured.notes.get(MLPW, "")
            yield Verdict(measured.workload, "no data", told, told.startswith("0."))
        elif ratio is not None:
            told = f"{measured.wall():.1f} s, rsync {measured.wall('rsync'):.1f} s"
            yield Verdict(measured.workload, "not slower than rsync", told, ratio >= 1)


def _containing(results: Results) -> Iterator[Verdict]:
    for measured in results.measurements:
        ratio = measured.ratio("docker run") if measured.workload == "step in a container" else None
        if ratio is not None:
            told = f"{measured.wall():.2f} s, docker run {measured.wall('docker run'):.2f} s: {1 / ratio:.2f} times"
            yield Verdict(measured.workload, "at most 1.3 times docker run", told, 1 / ratio <= 1.3)
