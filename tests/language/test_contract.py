"""What scripts rely on: exit codes, the JSON, what is set and selected, and where the workspace is."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.shell import MLPW, Shell
from tests.support.waiting import PATIENCE_SECONDS, eventually

CHAIN = """
type: pipeline
inputs:
  lr: 0.1
  data: {type: uri_file, path: data.txt}
outputs:
  model: {type: uri_file}
jobs:
  prep:
    command: sh src.sh ${{inputs.data}} > ${{outputs.out}}
    code: src
    environment: {image: x}
    inputs: {data: "${{parent.inputs.data}}"}
    outputs: {out: {type: uri_file}}
  nested:
    type: pipeline
    component: nested.yml
    inputs: {x: "${{parent.jobs.prep.outputs.out}}", lr: "${{parent.inputs.lr}}"}
    outputs: {model: "${{parent.outputs.model}}"}
  last:
    command: cat ${{inputs.x}} > ${{outputs.out}}/copy
    environment: {image: x}
    inputs: {x: "${{parent.jobs.nested.outputs.model}}"}
    outputs: {out: }
"""
NESTED = """
name: nested
type: pipeline
inputs: {x: {type: uri_file}, lr: {type: number}}
outputs: {model: {type: uri_file}}
jobs:
  train:
    command: cat ${{inputs.x}} > ${{outputs.model}}; echo ${{inputs.lr}} >> ${{outputs.model}}
    environment: {image: x}
    inputs: {x: "${{parent.inputs.x}}", lr: "${{parent.inputs.lr}}"}
    outputs: {model: "${{parent.outputs.model}}"}
"""
STEPS = ("prep", "nested.train", "last")
REUSED = dict.fromkeys(STEPS, "reused")


def chain(shell: Shell) -> Shell:
    """prep -> nested.train -> last."""
    shell.write("p.yml", CHAIN)
    shell.write("nested.yml", NESTED)
    shell.write("src/src.sh", "cat $1\n")
    shell.write("data.txt", "data\n")
    return shell


@pytest.fixture(scope="module")
def done(shared: Shell) -> Shell:
    """A workspace in which the chain ran; stories here leave it as they found it."""
    chain(shared)
    shared.run("p.yml")
    return shared


class TestJson:
    def test_a_run_tells_exactly_what_is_documented(self, shell: Shell) -> None:
        run = chain(shell).run("p.yml")

        assert {"run", "status", "steps", "outputs"} <= run.json.keys()
        assert (run.json["run"], run.json["status"]) == ("1", "succeeded")
        assert set(run.json["steps"]) == set(STEPS)
        train = run.json["steps"]["nested.train"]
        assert {"status", "reasons", "exit_code", "duration_s", "outputs"} <= train.keys()
        assert (train["status"], train["exit_code"], train["reasons"]) == ("succeeded", 0, ["never run"])
        assert train["duration_s"] > 0
        assert train["outputs"].keys() == {"model"}
        assert train["outputs"]["model"].keys() == {"digest", "path"}
        assert train["outputs"]["model"]["digest"] in train["outputs"]["model"]["path"].replace("/", "")
        assert Path(train["outputs"]["model"]["path"]).read_text() == "data\n0.1\n"
        assert run.json["outputs"] == {"model": train["outputs"]["model"]}

    def test_standard_output_holds_one_line_of_json_and_nothing_else(self, done: Shell) -> None:
        said = done.mlpw("run", "p.yml", "--json", "--force-step", "last")

        assert said.out.count("\n") == 1
        assert "▶ last started (forced)" in said.err

    def test_a_reused_step_has_its_outputs_and_no_exit_code(self, done: Shell) -> None:
        run = done.run("p.yml")

        assert run.statuses == REUSED
        step = run.json["steps"]["prep"]
        assert (step["exit_code"], step["reasons"], step["duration_s"]) == (None, [], 0)
        assert Path(step["outputs"]["out"]["path"]).read_text() == "data\n"

    def test_a_plan_tells_decision_and_reasons_of_each_step(self, done: Shell) -> None:
        said = done.ok("plan", "p.yml", "--set", "inputs.lr=0.05", "--json")

        assert said.json["steps"] == {
            "prep": {"decision": "up_to_date", "reasons": []},
            "nested.train": {"decision": "stale", "reasons": ["lr 0.1 -> 0.05"]},
            "last": {"decision": "waiting", "reasons": ["waits for nested.train"]},
        }

    def test_a_plan_tells_how_long_it_would_take_by_what_it_took_last(self, done: Shell) -> None:
        said = done.ok("plan", "p.yml", "--set", "inputs.lr=0.05", "--json").json["estimate"]

        assert list(said) == ["seconds", "at_least_s", "last_s", "unknown"]
        assert list(said["last_s"]) == ["nested.train", "last"]
        assert said["unknown"] == []
        assert said["seconds"] == pytest.approx(sum(said["last_s"].values()), abs=0.01)
        assert said["at_least_s"] == pytest.approx(said["last_s"]["nested.train"], abs=0.01)

    def test_a_plan_with_nothing_to_do_takes_no_time(self, done: Shell) -> None:
        said = done.ok("plan", "p.yml", "--json").json["estimate"]

        assert said == {"seconds": 0, "at_least_s": 0, "last_s": {}, "unknown": []}

    def test_show_tells_the_same_later(self, done: Shell) -> None:
        run = done.run("p.yml", "--force-step", "last")

        assert done.ok("show", run.json["run"], "--json").json == run.json


class TestWhatIsPrinted:
    def test_without_a_terminal_there_are_plain_lines(self, done: Shell) -> None:
        said = done.ok("run", "p.yml", "--force-step", "last")

        assert "\x1b" not in said.out + said.err
        assert "\r" not in said.out + said.err
        lines = [line.split("  ")[0] for line in said.err.splitlines()]
        assert [line for line in lines if "note:" not in line and "waits" not in line] == [
            "▶ last started (forced)",
            "✓ last",
        ]
        assert said.out.startswith("✓ run ")
        assert "1 succeeded, 2 reused" in said.out

    def test_nothing_to_do_is_one_line(self, done: Shell) -> None:
        said = done.ok("run", "p.yml")

        assert said.out.splitlines()[0].endswith("nothing to do, 3 steps up to date")
        assert len(said.out.splitlines()) == 1
        assert said.err == ""


SELECTED = [
    (["--only", "last"], {"last": "up_to_date"}),
    (["--to", "nested"], {"prep": "up_to_date", "nested.train": "up_to_date"}),
    (["--from", "nested.train"], {"nested.train": "up_to_date", "last": "up_to_date"}),
    (["--from", "nested", "--to", "nested"], {"nested.train": "up_to_date"}),
    (["--force"], dict.fromkeys(STEPS, "forced")),
    (["--force-step", "last"], {"prep": "up_to_date", "nested.train": "up_to_date", "last": "forced"}),
    (["--only", "last", "--force"], {"last": "forced"}),
]


@pytest.mark.parametrize(("flags", "planned"), SELECTED, ids=[" ".join(flags) for flags, _ in SELECTED])
def test_steps_can_be_selected_and_forced(done: Shell, flags: list[str], planned: dict[str, str]) -> None:
    assert done.plan("p.yml", *flags) == planned


def test_only_takes_what_others_made_before(shell: Shell) -> None:
    chain(shell).run("p.yml", "--to", "nested")
    shell.edit("nested.yml", "echo ${{inputs.lr}}", "echo changed ${{inputs.lr}}")

    run = shell.run("p.yml", "--only", "last")

    assert run.json["steps"]["last"]["status"] == "succeeded"
    assert (run.path("last") / "copy").read_text() == "data\n0.1\n"
    assert shell.plan("p.yml")["nested.train"] == "command changed"


def test_only_a_step_whose_inputs_were_never_made_says_so(shell: Shell) -> None:
    line = chain(shell).mlpw("run", "p.yml", "--only", "last")

    assert line.code in (1, 2)
    assert "nested.train" in line.err


class TestSet:
    @pytest.mark.parametrize(
        ("change", "stale"),
        [
            ("inputs.lr=0.1", {}),
            ("inputs.lr=0.2", {"nested.train": "lr 0.1 -> 0.2"}),
            ("inputs.lr=1e-3", {"nested.train": "lr 0.1 -> 1e-3"}),
            ("inputs.data=other.txt", {"prep": "input data changed: other.txt"}),
            ("inputs.data.path=./other.txt", {"prep": "input data changed: other.txt"}),
            ("jobs.nested.inputs.lr=3", {"nested.train": "lr 0.1 -> 3"}),
            ("settings.default_compute=gpu", {}),
            ("settings.force_rerun=true", dict.fromkeys(STEPS, "settings.force_rerun is true")),
            ("jobs.last.environment_variables.A=1", {"last": "environment variable A added: 1"}),
            ("description=words with spaces", {}),
        ],
    )
    def test_a_value_is_changed_as_az_ml_does(self, done: Shell, change: str, stale: dict[str, str]) -> None:
        done.write("other.txt", "other\n")

        planned = done.plan("p.yml", "--set", change)

        assert {
            name: why for name, why in planned.items() if why != "up_to_date" and not why.startswith("waits for")
        } == stale

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ("inputs.lrr=1", "--set inputs.lrr: there is no 'lrr' in the pipeline's inputs; did you mean 'lr'?"),
            ("jobs.pre.inputs.data=x", "there is no 'pre' in jobs; did you mean 'prep'?"),
            ("settings.default_computer=x", "did you mean 'default_compute'?"),
            ("imputs.lr=1", "did you mean 'inputs'?"),
            ("inputs.lr", "expected KEY=VALUE, such as inputs.epochs=3"),
            ("inputs.data.path=nothing.txt", "'nothing.txt' does not exist"),
            ("inputs.lr.deeper=1", "'lr' is a single value"),
        ],
    )
    def test_a_change_of_what_is_not_there_is_refused(self, done: Shell, change: str, said: str) -> None:
        line = done.refused("run", "p.yml", "--set", change)

        assert said in line


class TestWhereTheWorkspaceIs:
    def test_it_is_found_upward_from_the_pipelines_file(self, done: Shell) -> None:
        inner = done.root / "deep" / "er"
        inner.mkdir(parents=True, exist_ok=True)
        shutil.copy(done.root / "nested.yml", inner / "n.yml")
        done.write("deep/er/q.yml", "type: pipeline\njobs: {a: {command: 'true', environment: {image: x}}}\n")

        Shell(inner).run("q.yml")

        assert not (inner / ".mlpw").exists()
        assert done.ok("runs", "--json").json["runs"][0]["pipeline"] == "deep/er/q.yml"

    def test_an_mlpw_yml_makes_its_folder_the_workspace(self, done: Shell) -> None:
        inner = Shell(done.root / "own", done.root / ".mlpw" / "envs")
        inner.write("mlpw.yml", "# mine\n")
        inner.write("pipelines/q.yml", "type: pipeline\njobs: {a: {command: 'true', environment: {image: x}}}\n")

        done.run("own/pipelines/q.yml")

        assert (inner.root / ".mlpw" / "mlpw.db").exists()
        assert [run["pipeline"] for run in inner.ok("runs", "--json").json["runs"]] == ["pipelines/q.yml"]

    def test_without_either_it_is_the_working_folder(self, shell: Shell) -> None:
        shell.write("pipelines/q.yml", "type: pipeline\njobs: {a: {command: 'true', environment: {image: x}}}\n")

        shell.run("pipelines/q.yml")

        assert (shell.root / ".mlpw" / "mlpw.db").exists()
        assert not (shell.root / "pipelines" / ".mlpw").exists()

    def test_c_acts_as_if_started_there(self, done: Shell, tmp_path: Path) -> None:
        said = done.mlpw("-C", done.root, "plan", "p.yml", "--json", cwd=tmp_path)

        assert {step["decision"] for step in said.json["steps"].values()} == {"up_to_date"}
        assert done.mlpw("-C", done.root / "nowhere", "runs", cwd=tmp_path).code == 2
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("way", ["copied", "cloned without times", "touched", "renamed"])
def test_a_workspace_elsewhere_or_with_other_times_reruns_nothing(done: Shell, tmp_path: Path, way: str) -> None:
    other = tmp_path / "other"
    shutil.copytree(done.root, other, symlinks=True)
    if way == "cloned without times":
        for file in other.rglob("*"):
            if ".mlpw" not in file.parts and file.is_file():
                os.utime(file, (1, 1))
    elif way == "touched":
        for name in ("data.txt", "src/src.sh", "p.yml", "nested.yml"):
            (other / name).touch()
    elif way == "renamed":
        other = other.rename(tmp_path / "another name")

    run = Shell(other).run("p.yml")

    assert run.statuses == REUSED
    assert str(other) in run.json["outputs"]["model"]["path"]


WAITING = """
type: pipeline
jobs:
  a:
    command: "touch OUTSIDE/started; until [ -e OUTSIDE/gate ]; do sleep 0.05; done; touch OUTSIDE/ended"
    environment: {image: x}
"""


class TestInterrupted:
    @pytest.fixture
    def waiting(self, shell: Shell, tmp_path: Path) -> Shell:
        """A pipeline whose step waits for `gate`."""
        shell.write("p.yml", WAITING.replace("OUTSIDE", str(tmp_path)))
        return shell

    def test_ctrl_c_cancels_the_run_and_its_step(self, waiting: Shell, tmp_path: Path) -> None:
        mlpw = waiting.start("run", "p.yml", "--json")
        eventually((tmp_path / "started").exists)

        mlpw.send_signal(signal.SIGINT)
        out, err = mlpw.communicate(timeout=PATIENCE_SECONDS)

        assert mlpw.returncode == 130, err
        assert "cancelling run 1; Ctrl-C again leaves it to itself" in err
        report = waiting.ok("show", "1", "--json").json
        assert (report["status"], report["steps"]["a"]["status"]) == ("cancelled", "cancelled")
        assert out.strip() == waiting.ok("show", "1", "--json").out.strip()
        assert not (tmp_path / "ended").exists()

    def test_a_second_ctrl_c_leaves_a_stubborn_run_to_itself(self, waiting: Shell, tmp_path: Path) -> None:
        waiting.edit("p.yml", '"touch ', f"\"trap 'touch {tmp_path}/asked' TERM INT; touch ")
        mlpw = waiting.start("run", "p.yml")
        eventually((tmp_path / "started").exists)

        mlpw.send_signal(signal.SIGINT)
        eventually((tmp_path / "asked").exists)
        mlpw.send_signal(signal.SIGINT)
        _, err = mlpw.communicate(timeout=PATIENCE_SECONDS)

        assert mlpw.returncode == 130
        assert "run 1 goes on; follow it: mlpw logs 1 -f, stop it: mlpw cancel 1" in err
        (tmp_path / "gate").touch()
        eventually(lambda: waiting.ok("show", "1", "--json").json["status"] != "running")

    def test_a_detached_run_goes_on_by_itself(self, waiting: Shell, tmp_path: Path) -> None:
        said = waiting.ok("run", "p.yml", "--detach", "--json")

        assert said.json == {"run": "1"}
        eventually((tmp_path / "started").exists)
        assert waiting.ok("show", "1", "--json").json["status"] == "running"
        (tmp_path / "gate").touch()
        eventually(lambda: waiting.ok("show", "1", "--json").json["status"] == "succeeded")

    def test_a_killed_viewer_stops_nothing(self, waiting: Shell, tmp_path: Path) -> None:
        mlpw = waiting.start("run", "p.yml")
        eventually((tmp_path / "started").exists)
        mlpw.kill()
        mlpw.communicate()

        (tmp_path / "gate").touch()

        eventually(lambda: waiting.ok("show", "1", "--json").json["status"] == "succeeded")

    def test_cancel_from_elsewhere_ends_it_with_130(self, waiting: Shell, tmp_path: Path) -> None:
        mlpw = waiting.start("run", "p.yml", "--json")
        eventually((tmp_path / "started").exists)

        waiting.ok("cancel", "1")
        mlpw.communicate(timeout=PATIENCE_SECONDS)

        assert mlpw.returncode == 130


USAGE = [
    (["run"], "PIPELINE"),
    (["run", "nothing.yml"], "nothing.yml"),
    (["run", "p.ym"], "p.ym"),
    (["run", "p.yml", "--onyl", "prep"], "--only"),
    (["run", "p.yml", "--only", "pre"], "did you mean 'prep'?"),
    (["run", "p.yml", "--only", "prep", "--to", "last"], "--only does not go with --from or --to"),
    (["rnu", "p.yml"], "did you mean 'run'?"),
    (["plan", "src"], "src"),
    (["plan", "src/src.sh"], "src.sh"),
    (["show", "999"], "999"),
    (["logs", "1/pre"], "prep"),
]


@pytest.mark.parametrize(("arguments", "said"), USAGE, ids=[" ".join(arguments) for arguments, _ in USAGE])
def test_a_mistake_on_the_command_line_is_exit_2_and_changes_nothing(
    done: Shell, arguments: list[str], said: str
) -> None:
    before = done.everything()

    ended = done.mlpw(*arguments)

    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert done.everything() == before


def test_a_closed_pipe_is_no_error(done: Shell) -> None:
    ended = subprocess.run(
        ["/bin/sh", "-c", f"{MLPW} plan p.yml | true"], cwd=done.root, capture_output=True, text=True, check=False
    )

    assert "Traceback" not in ended.stderr
    assert "BrokenPipe" not in ended.stderr
