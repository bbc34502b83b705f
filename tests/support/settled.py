"""Pipelines of many steps that are up to date without ever having run: their results are written down by hand."""

from collections.abc import Collection

from core.engine.facts import WorldFacts
from core.planning.code_use import code_use, files_of
from core.planning.decide import Planner
from core.planning.plan import UpToDate
from core.planning.selection import EVERYTHING
from core.planning.trace import Trace
from core.records.model import StepRunRecord, StepStatus
from core.records.traces import Finished
from tests.support.bench import Bench
from tests.support.steps import step

#: So many steps take each other's outputs; the first of each chain takes nothing.
CHAIN = 3


def settled(bench: Bench, count: int) -> None:
    """`count` steps in chains, all from `src/`: each opens `common.sh` and a file of its own, none `README.md`.

    Step i is `s{i}` and opens `s{i}.sh`; every tenth has data of its own in `data{i}/`.
    """
    names = [f"s{number}" for number in range(count)]
    bench.write({f"src/{name}.sh": f"echo {name}\n" for name in names})
    bench.write({"src/common.sh": "true\n", "src/README.md": "words\n"})
    bench.write({f"data{number}/rows": "1\n" for number in range(0, count, 10)})
    bench.pipeline(
        {
            name: step(
                f"sh {name}.sh > ${{{{outputs.out}}}}/f",
                code="src/",
                takes={"x": f"{names[number - 1]}.out"} if number % CHAIN else {},
                data={"d": f"data{number}/"} if number % 10 == 0 else {},
                makes=["out"],
            )
            for number, name in enumerate(names)
        }
    )
    end_well(bench)


def end_well(bench: Bench, output: str = "made", forced: Collection[str] = ()) -> None:
    """Write down results of all steps that are not up to date, and of `forced` ones, which all give this output."""
    made = bench.outside / "made"
    made.mkdir()
    (made / "f").write_text(f"{output}\n")
    with bench.workspace() as workspace:
        workspace.keep()
        workspace.store.snapshot(bench.root / "src")
        digest = workspace.store.capture(made)
        graph = workspace.graph(bench.file)
        key = workspace.pipeline_key(graph)
        facts = WorldFacts(workspace.store, workspace.records, key)
        planner = Planner(graph, EVERYTHING, facts)
        finished: list[Finished] = []
        reused: dict[str, str] = {}
        for found in graph.steps.values():
            decision = planner.decide(found, ())
            if isinstance(decision, UpToDate) and found.name not in forced:
                planner.settle(found.name, decision.trace.outputs)
                reused[found.name] = decision.trace.fingerprint
                continue
            fingerprint, parts = planner.fingerprint(found)
            files = files_of(parts["code"], facts.manifest)
            assert files is not None
            use = code_use(parts, files, [f"{found.name}.sh", "common.sh"])
            trace = Trace(fingerprint, {"out": digest}, key, found.name, 1, 1)
            finished.append(Finished(trace, parts, StepRunRecord(1, found.name, StepStatus.SUCCEEDED), use))
            planner.settle(found.name, trace.outputs)
        workspace.records.traces.keep(finished)
        workspace.records.traces.point_latest(key, reused)
