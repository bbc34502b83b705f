"""The supervisor killed at each named moment of a run: the next command finishes the run, and nothing is done twice."""

import pytest

from core.engine.crashes import POINTS
from core.records.model import AssetKind
from tests.support.bench import Bench
from tests.support.steps import folder, step


@pytest.mark.parametrize("point", POINTS)
def test_a_run_killed_at_any_point_is_finished_by_the_next_command(
    bench: Bench, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = bench.crash_at(point, monkeypatch)
    bench.write({"src/say.sh": "echo said\n"})
    made = {"out": folder(path="./delivered", name="weights")}
    bench.pipeline(
        {
            "train": step("sh say.sh > ${{outputs.out}}/f", code="src/", makes=made),
            "report": step("cat ${{inputs.x}}/f", takes={"x": "train.out"}),
        }
    )

    run = bench.start()

    assert str(bench.end_of(run).status) == "succeeded"
    assert once.exists(), "it was not killed"
    assert bench.started() == ["train", "report"]
    assert bench.text(run, "train") == (bench.root / "delivered" / "f").read_text() == "said\n"
    with bench.workspace() as workspace:
        assert [asset.version for asset in workspace.records.assets.versions(AssetKind.DATA, "weights")] == ["1"]
    assert bench.recover() == []
    assert bench.run() == []
    assert bench.supervisor_log(run) == ""
