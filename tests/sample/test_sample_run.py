"""The sample end to end: what its README promises of each change, through the real command.

One workspace, one story after the other: the first run takes most of the time, what follows changes one thing each.
"""

import shutil
from pathlib import Path

import pytest

from tests.support.shell import Report, Shell

SAMPLE = Path(__file__).parents[2] / "sample_workspace"
PIPELINE = "pipelines/flight_delays.yml"
pytestmark = pytest.mark.timeout(1800)  # the first run builds an environment of 300 MB
STEPS = [
    *("inventory", "prepare", "split", "train.linear", "train.forest", "train.boosting"),
    *("evaluate", "gate", "report"),
]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A copy of the sample as it is handed out, never run."""
    root = tmp_path_factory.mktemp("sample") / "sample_workspace"
    shutil.copytree(SAMPLE, root, ignore=shutil.ignore_patterns(".mlpw"))
    return Shell(root)


@pytest.fixture(scope="module")
def first(sample: Shell) -> Report:
    """Its first run."""
    return sample.run(PIPELINE)


def test_nine_steps_succeed_and_draw_a_report(first: Report) -> None:
    assert first.statuses == dict.fromkeys(STEPS, "succeeded")
    report = Path(first.json["outputs"]["report"]["path"])
    assert {"page": any(report.glob("*.md")) or any(report.glob("*.html")), "picture": any(report.glob("*.png"))} == {
        "page": True,
        "picture": True,
    }


def test_a_second_run_runs_nothing(sample: Shell, first: Report) -> None:
    assert sample.run(PIPELINE).statuses == dict.fromkeys(STEPS, "reused")


def test_the_approved_model_is_a_version_that_can_be_found(sample: Shell, first: Report) -> None:
    model = sample.ok("show", "flight_delay_model@latest", "--json").json
    assert (model["version"], model["type"]) == ("1", "custom_model")
    assert model["digest"] == first.json["steps"]["gate"]["outputs"]["approved_model"]["digest"]


def test_another_learning_rate_concerns_boosting_and_what_needs_its_model(sample: Shell, first: Report) -> None:
    planned = sample.plan(PIPELINE, "--set", "inputs.learning_rate=0.05")

    assert planned["train.boosting"] == "learning_rate 0.1 -> 0.05"
    assert [name for name, why in planned.items() if why == "up_to_date"] == [
        name for name in STEPS if name not in ("train.boosting", "evaluate", "gate", "report")
    ]
    assert planned["evaluate"] == "waits for train.boosting"


def test_a_comment_reruns_its_step_and_goes_no_further(sample: Shell, first: Report) -> None:
    script = sample.root / "src/prepare/prepare.py"
    before = script.read_text()
    script.write_text(before + "# nothing\n")

    run = sample.run(PIPELINE)

    assert run.statuses == dict.fromkeys(STEPS, "reused") | {"prepare": "succeeded"}
    assert run.reasons("prepare") == ["prepare.py changed"]


def test_taking_the_comment_back_finds_the_earlier_result(sample: Shell, first: Report) -> None:
    script = sample.root / "src/prepare/prepare.py"
    script.write_text((SAMPLE / "src/prepare/prepare.py").read_text())

    assert sample.run(PIPELINE).statuses == dict.fromkeys(STEPS, "reused")


def test_a_row_of_data_reruns_what_reads_it(sample: Shell, first: Report) -> None:
    month = sample.root / "data/flights/flights-2013-07.csv"
    before = month.read_text()
    month.write_text(before + before.splitlines(keepends=True)[-1])

    planned = sample.plan(PIPELINE)
    month.write_text(before)

    assert planned["inventory"] == planned["prepare"] == "input data changed: 1 of 12 files (flights)"


def test_a_threshold_that_is_not_met_fails_the_gate_in_its_own_words(sample: Shell, first: Report) -> None:
    run = sample.run(PIPELINE, "--set", "inputs.max_error_minutes=12", code=1)

    assert run.statuses == dict.fromkeys(STEPS, "reused") | {"gate": "failed", "report": "not_run"}
    assert run.json["status"] == "failed"
    assert run.json["steps"]["gate"]["exit_code"] == 1
    assert "the best model, boosting, is off by 12.33 minutes on average; 12 minutes are allowed" in run.said.err


def test_a_threshold_that_lets_the_same_model_through_leaves_the_report_as_it_is(sample: Shell, first: Report) -> None:
    run = sample.run(PIPELINE, "--set", "inputs.max_error_minutes=12.5")

    assert run.statuses == dict.fromkeys(STEPS, "reused") | {"gate": "succeeded"}


def test_another_version_of_a_package_concerns_every_step_in_that_environment(sample: Shell, first: Report) -> None:
    conda = sample.root / "environments/conda.yml"
    before = conda.read_text()
    pinned = next(line.split("==")[1].split()[0] for line in before.splitlines() if "scikit-learn==" in line)
    sample.edit("environments/conda.yml", f"scikit-learn=={pinned}", "scikit-learn==1.8.0")

    planned = sample.plan(PIPELINE)
    conda.write_text(before)

    assert planned["prepare"] == f"environment changed: scikit-learn {pinned} -> 1.8.0"
    assert [name for name, why in planned.items() if f"scikit-learn {pinned} -> 1.8.0" not in why] == []


def test_a_value_written_into_the_yaml_reruns_the_step_it_is_for(sample: Shell, first: Report) -> None:
    file = sample.root / "components/train_models.yml"
    before = file.read_text()
    head, found, tail = before.partition("  forest:\n    type: command\n")
    assert found
    start, inputs, rest = tail.partition("    inputs:\n")
    file.write_text(f"{head}{found}{start}{inputs}      max_depth: 12\n{rest}")

    planned = sample.plan(PIPELINE)
    file.write_text(before)

    assert planned["train.forest"] == "max_depth added: 12"
    assert planned["train.linear"] == planned["train.boosting"] == "up_to_date"


def test_a_touched_and_copied_sample_runs_nothing(sample: Shell, first: Report, tmp_path: Path) -> None:
    for file in sample.root.glob("src/*/*.py"):
        file.touch()
    assert set(sample.plan(PIPELINE).values()) == {"up_to_date"}
    for file in sample.root.glob("components/*.yml"):
        file.write_text("# said by a reader\n" + file.read_text())
    assert set(sample.plan(PIPELINE).values()) == {"up_to_date"}
    shutil.copytree(sample.root, tmp_path / "copy", symlinks=True, ignore=shutil.ignore_patterns("envs"))
    assert set(Shell(tmp_path / "copy").run(PIPELINE).statuses.values()) == {"reused"}
