"""A supervisor that has driven many steps is as small as one that drove a few."""

from pathlib import Path

from core.computes import processes
from core.records.model import RunStatus
from tests.support.bench import Bench
from tests.support.steps import step
from tests.support.waiting import eventually

STEPS = 300
_PAUSES = {STEPS // 3: "early", STEPS - 1: "late"}
_MARGIN = 6 * 2**20


def test_memory_and_descriptors_stay_flat_over_hundreds_of_steps(bench: Bench) -> None:
    alone = {"docker_args": "--cpus=1000"}  # such a step starts when all before it have ended, and runs by itself
    jobs = {f"s{i:03}": step("echo $RANDOM > ${{outputs.out}}/f", makes=["out"]) for i in range(STEPS)}
    for i, gate in _PAUSES.items():
        jobs[f"s{i:03}"] = step(bench.gate(gate), resources=alone)
    bench.pipeline(jobs)
    run = bench.start()
    pid = bench.until_supervised(run)
    seen = []
    for i, gate in _PAUSES.items():
        bench.until_started(f"s{i:03}")
        eventually(lambda i=i: list(bench.statuses(run).values()).count("succeeded") == i, f"the end of {i} steps")  # type: ignore[misc]
        seen.append({pid: _use(pid), **{child: _use(child) for child in processes.children(pid)}})
        bench.open_gate(gate)

    assert bench.end_of(run).status is RunStatus.SUCCEEDED
    early, late = seen
    assert early.keys() == late.keys(), "the same processes"
    for process, (descriptors, memory) in early.items():
        assert late[process][0] <= descriptors + 2, "no descriptor a step"
        assert late[process][1] <= memory + _MARGIN, "no memory to speak of"


def _use(pid: int) -> tuple[int, int]:
    """Open descriptors, and bytes in memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return len(list(Path(f"/proc/{pid}/fd").iterdir())), pages * 4096
