"""The sample keeps what its pages promise; what needs its Python packages is tested by running the pipeline."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "sample_workspace"
COMPONENTS = sorted((SAMPLE / "components").glob("*.yml"))
COMMANDS = [path for path in COMPONENTS if "command" in yaml.safe_load(path.read_text())]
PAGES = [SAMPLE / "README.md", SAMPLE / "data/README.md"]


def test_the_data_are_the_records_that_their_page_counts() -> None:
    flights = [row for file in sorted((SAMPLE / "data/flights").glob("*.csv")) for row in rows(file)]
    weather = rows(SAMPLE / "data/weather.csv")
    page = (SAMPLE / "data/README.md").read_text()
    assert f"| {len(flights):,} |" in page
    assert f"| {len(weather):,} |" in page


def test_every_flight_can_be_joined_with_weather_of_its_airports() -> None:
    airports = {row["origin"] for row in rows(SAMPLE / "data/weather.csv")}
    for file in (SAMPLE / "data/flights").glob("*.csv"):
        assert {row["origin"] for row in rows(file)} <= airports


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.stem)
def test_a_command_uses_every_input_and_output_that_its_component_declares(path: Path) -> None:
    component = yaml.safe_load(path.read_text())
    declared = {f"{side}.{name}" for side in ("inputs", "outputs") for name in component[side]}
    assert set(re.findall(r"\$\{\{(.+?)\}\}", component["command"])) == declared


def test_each_component_has_a_code_folder_of_its_own() -> None:
    folders = [yaml.safe_load(path.read_text())["code"] for path in COMMANDS]
    assert len(set(folders)) == len(folders) == len(list((SAMPLE / "src").iterdir()))


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.stem)
def test_a_command_names_a_script_of_its_code_folder(path: Path) -> None:
    component = yaml.safe_load(path.read_text())
    script = component["command"].split()[1]
    assert (path.parent / component["code"] / script).is_file()


@pytest.mark.parametrize("path", [*PAGES, ROOT / "README.md"], ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_the_pages_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", path.read_text())
    in_sample = [link for link in links if SAMPLE in (path.parent / link).resolve().parents]
    assert in_sample
    assert [link for link in in_sample if not (path.parent / link).exists()] == []


def test_the_gate_lets_a_good_model_through(tmp_path: Path) -> None:
    gate = run_gate(tmp_path, error=12.3, allowed=13)
    assert gate.returncode == 0
    assert (tmp_path / "approved/model.joblib").read_text() == "a model"


def test_the_gate_fails_naming_the_model_and_the_threshold(tmp_path: Path) -> None:
    gate = run_gate(tmp_path, error=12.3, allowed=12)
    assert gate.returncode == 1
    assert "NOT approved: the best model, forest, is off by 12.30 minutes on average; 12 minutes are" in gate.stdout
    assert list((tmp_path / "approved").iterdir()) == []


def run_gate(folder: Path, *, error: float, allowed: float) -> subprocess.CompletedProcess[str]:
    """Run the gate's script on a forest with that error."""
    evaluation, best, approved = (folder / name for name in ("evaluation", "best", "approved"))
    for made in (evaluation, best, approved):
        made.mkdir()
    write_json(evaluation / "metrics.json", {"forest/error_minutes": error})
    write_json(best / "model.json", {"kind": "forest"})
    (best / "model.joblib").write_text("a model")
    places = ["--evaluation", str(evaluation), "--best-model", str(best), "--approved-model", str(approved)]
    command = [sys.executable, str(SAMPLE / "src/gate/gate.py"), *places, "--max-error-minutes", str(allowed)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def rows(path: Path) -> list[dict[str, str]]:
    """Read a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON."""
    path.write_text(json.dumps(value))
