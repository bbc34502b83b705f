"""What steps leave: artifacts, registered outputs, outputs delivered to a place, and what must not be left."""

import os

import pytest

from core.records.model import AssetKind
from tests.support.bench import Bench
from tests.support.steps import file, folder, step


def test_what_is_left_in_outputs_and_logs_is_kept_as_artifacts(bench: Bench) -> None:
    bench.pipeline({"train": step("echo plot > outputs/plot.txt; echo line > logs/a.log")})
    bench.run()

    with bench.workspace() as workspace:
        kept = workspace.content_path(bench.steps(1)["train"].artifacts)
    names = sorted(path.relative_to(kept).as_posix() for path in kept.rglob("*") if path.is_file())
    assert names == ["logs/a.log", "outputs/plot.txt"]


def test_a_delivered_output_lies_at_its_place_and_is_delivered_again_when_it_went(bench: Bench) -> None:
    bench.pipeline({"export": step("echo 1 > ${{outputs.out}}", makes={"out": file(path="./results/table.csv")})})
    assert bench.run() == ["export"]
    place = bench.root / "results/table.csv"
    assert place.read_text() == "1\n"
    place.unlink()

    assert bench.run() == []
    assert place.read_text() == "1\n"


def test_a_place_that_cannot_be_written_is_told_and_the_result_kept(bench: Bench) -> None:
    bench.write({"results": "a file in the way"})
    bench.pipeline({"export": step("echo 1 > ${{outputs.out}}", makes={"out": file(path="./results/table.csv")})})

    assert bench.run() == ["export"]
    assert bench.statuses(1) == {"export": "succeeded"}
    assert any(notice.startswith("export: its result is kept, but: ") for notice in bench.run_record(1).notices)


def test_a_registered_output_becomes_a_version_once(bench: Bench) -> None:
    made = {"out": folder(name="weights")}
    bench.pipeline({"train": step("echo 1 > ${{outputs.out}}/f", makes=made)})
    bench.run()
    bench.run(force=True)
    bench.pipeline({"train": step("echo 2 > ${{outputs.out}}/f", makes=made)})
    bench.run()

    with bench.workspace() as workspace:
        versions = workspace.records.assets.versions(AssetKind.DATA, "weights")
    assert sorted((asset.version, asset.made_by_run) for asset in versions) == [("1", 1), ("2", 3)]


def test_a_step_sees_the_variables_azure_ml_sets(bench: Bench) -> None:
    bench.write({"raw/rows": "1"})
    bench.pipeline(
        {"show": step("env", data={"raw": "raw/"}, makes=["out"], environment_variables={"MINE": "yes"})},
        experiment_name="taxi",
    )
    bench.run()

    seen = dict(line.split("=", 1) for line in bench.log(1, "show").splitlines() if "=" in line)
    assert seen["MINE"] == "yes"
    assert seen["MLFLOW_EXPERIMENT_NAME"] == "taxi"
    assert seen["MLFLOW_RUN_ID"] == seen["AZUREML_RUN_ID"] != seen["AZUREML_ROOT_RUN_ID"]
    assert {"MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_ID", "AZURE_ML_OUTPUT_out"} <= seen.keys()
    assert seen["AZURE_ML_INPUT_raw"] == str(bench.root / "raw")
    assert seen["VIRTUAL_ENV"].startswith(str(bench.root / ".mlpw" / "envs"))


def test_a_step_stands_in_its_code(bench: Bench) -> None:
    bench.write({"src/a.txt": "a", "src/pkg/b.txt": "b"})
    bench.pipeline({"look": step("ls; cat pkg/b.txt", code="src/")})
    bench.run()

    assert bench.log(1, "look").split() == ["a.txt", "logs", "outputs", "pkg", "b"]


def test_no_secret_of_the_surroundings_is_written_anywhere(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step may read it; the workspace must not hold it, whatever the variable is called."""
    secret = "s3cr3t-of-the-surroundings"
    monkeypatch.setenv("DATABASE_URL", f"postgres://me:{secret}@host/db")
    monkeypatch.setenv("CLOUD_TOKEN", secret)
    bench.pipeline({"use": step('test -n "$DATABASE_URL" && test -n "$CLOUD_TOKEN" && echo "got it"')})
    bench.run()

    assert bench.log(1, "use") == "got it\n"
    holding = [
        path
        for folder_, _, names in os.walk(bench.root)
        for path in (os.path.join(folder_, name) for name in names)  # noqa: PTH118
        if not path.endswith(("mlpw.db", "-wal", "-shm")) and secret.encode() in open(path, "rb").read()  # noqa: PTH123, SIM115
    ]
    assert holding == []
    with bench.workspace() as workspace:
        rows = workspace.records.database.rows("SELECT * FROM runs JOIN step_runs ON run = number")
    assert secret not in repr([tuple(row) for row in rows])
