"""A pipeline that is saved while its run goes on, and stands at the gate of its step `slow`."""

from collections.abc import Mapping
from typing import Any

from core.records.model import RunStatus, StepStatus
from tests.support.bench import Bench
from tests.support.steps import step
from tests.support.waiting import eventually

OUT = "${{outputs.out}}/f"


def slow(bench: Bench, say: str = "slow 1", **more: Any) -> dict[str, Any]:
    """Writes what it says, then waits at the gate."""
    return step(f"echo {say} > {OUT}; {bench.gate()}", makes=["out"], **more)


def after(*takes: str, say: str = "1", **more: Any) -> dict[str, Any]:
    """Hands on what it takes, and says its own."""
    files = " ".join(f"${{{{inputs.{name}}}}}/f" for name in takes)
    return step(
        f"cat {files} /dev/null > {OUT}; echo {say} >> {OUT}",
        takes={name: f"{name}.out" for name in takes},
        makes=["out"],
        **more,
    )


def begin(bench: Bench, **steps: Mapping[str, Any]) -> int:
    """A run that stands at the gate of its step `slow`."""
    bench.pipeline({"slow": slow(bench), **steps})
    run = bench.start()
    bench.until_started("slow")
    bench.until(run, slow=StepStatus.RUNNING)
    return run


def ask(bench: Bench, run: int, **steps: Mapping[str, Any]) -> None:
    """Save the pipeline, and ask the run to take that."""
    bench.pipeline(steps)
    hand_in(bench, run)


def hand_in(bench: Bench, run: int) -> None:
    """Ask the run to take the pipeline as it is saved."""
    with bench.workspace() as workspace:
        handed = workspace.redefine(run)
    assert (bool(handed.number), handed.why) == (True, "")


def save(bench: Bench, run: int, **steps: Mapping[str, Any]) -> None:
    """The same, until the supervisor has taken it."""
    ask(bench, run, **steps)
    until_heeded(bench, run)


def heeded(bench: Bench, run: int) -> bool:
    """Whether nothing waits to be taken."""
    with bench.workspace() as workspace:
        return not workspace.records.redefinitions.is_asked(run)


def until_heeded(bench: Bench, run: int) -> None:
    """Wait until the supervisor has taken what was saved."""
    eventually(lambda: heeded(bench, run), "the supervisor to take what was saved")


def end(bench: Bench, run: int) -> None:
    """Open the gate; the run succeeds."""
    bench.open_gate()
    assert bench.end_of(run).status is RunStatus.SUCCEEDED, bench.statuses(run)


def defined(bench: Bench, run: int, name: str) -> str:
    """The command that the run's own graph has for a step."""
    with bench.workspace() as workspace:
        return workspace.run_graph(run).steps[name].command
