"""Building a pipeline: steps, wires and values, each edit small, checked as the loader checks, and undone."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core.editing.pipelines import Source
from core.errors import DefinitionError, MlpwError, UsageError, WorkspaceError
from core.records.model import RunStatus
from core.workspace import Workspace, templates
from core.workspace.cloning import clone
from core.workspace.designing import Design
from core.workspace.edits import Edit
from tests.support.bench import Bench

SAMPLE = Path(__file__).parents[3] / "sample_workspace"
FILE = "pipelines/train_evaluate.yml"


class Desk:
    """A workspace made from a template, and its pipeline to edit."""

    def __init__(self, root: Path, template: str = "train-evaluate") -> None:
        self.path = root / templates.create(template, root).pipeline
        self.workspace = Workspace.open(root)

    @property
    def design(self) -> Design:
        return self.workspace.design(self.path)

    @property
    def text(self) -> str:
        return self.path.read_text()

    def do(self, edit: Edit) -> list[str]:
        """Write an edit; the lines that differ."""
        self.workspace.edits.write(edit)
        return lines(edit)


def lines(edit: Edit) -> list[str]:
    return [line for line in edit.diff if line[0] in "+-" and not line.startswith(("+++", "---"))]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "houses")


def test_ports_show_what_is_declared_and_what_is_given(desk: Desk) -> None:
    split = desk.design.steps["split"]
    assert [(port.name, port.type, port.is_required, str(port.source or "")) for port in split.inputs] == [
        ("table", "uri_file", True, "inputs.houses"),
        ("test_share", "number", False, "inputs.test_share"),
        ("seed", "integer", False, ""),
    ]
    assert split.outputs == (("train", "uri_file"), ("test", "uri_file"))
    assert desk.design.port("split", "test_share").maximum == "0.5"


def test_only_what_fits_is_offered_and_never_what_would_go_in_a_circle(desk: Desk) -> None:
    def offered(step: str, port: str) -> list[str]:
        return [str(each.source) for each in desk.design.sources(step, port)]

    assert offered("evaluate", "test") == ["split.train", "split.test", "inputs.houses", "train.model"]
    assert offered("split", "table") == ["inputs.houses"]
    assert offered("train", "ridge") == ["inputs.test_share", "inputs.ridge"]
    assert offered("split", "seed") == []


def test_a_step_is_added_with_its_required_inputs_left_open_and_then_connected(desk: Desk) -> None:
    added = desk.do(desk.design.add_step("components/evaluate.yml", "again", leave_open=True))
    assert [line for line in added if line.startswith("-")] == []
    assert desk.design.definition.body.inputs["model"].type == "custom_model"
    assert desk.do(desk.design.connect("again", "model", Source("model", "train"))) == [
        *("-  model:", "-    type: custom_model"),
        *("-      model: ${{parent.inputs.model}}", "+      model: ${{parent.jobs.train.outputs.model}}"),
    ]
    desk.do(desk.design.connect("again", "test", Source("train", "split")))
    assert "test" not in desk.design.definition.body.inputs
    desk.do(desk.design.remove_step("again"))
    assert desk.text == (Path(templates.__file__).parent / "train-evaluate" / FILE).read_text()


def test_a_broken_edit_changes_nothing_and_is_said_as_the_loader_says_it(desk: Desk) -> None:
    before = desk.text
    broken: list[tuple[Callable[[], Edit], type[MlpwError], str]] = [
        (lambda: desk.design.add_step("components/evaluate.yml", "x"), DefinitionError, "required input 'model'"),
        (lambda: desk.design.add_step("components/evalute.yml", "x"), DefinitionError, "did you mean 'evaluate.yml'"),
        (lambda: desk.design.add_step("evaluate_mode", "x"), DefinitionError, "is not registered"),
        (lambda: desk.design.remove_step("split"), DefinitionError, "required input"),
        (lambda: desk.design.disconnect("train", "train"), DefinitionError, "required input 'train'"),
        (
            lambda: desk.design.connect("split", "table", Source("model", "train")),
            DefinitionError,
            "wait for each other",
        ),
        (lambda: desk.design.connect("train", "ridge", Source("train", "split")), DefinitionError, "is a number"),
        (lambda: desk.design.connect("train", "trian", Source("houses")), UsageError, "did you mean 'train'"),
        (lambda: desk.design.connect("train", "train", Source("trian", "split")), UsageError, "did you mean 'train'"),
        (lambda: desk.design.set_values([("jobs.split.inputs.test_share", "0.9")]), DefinitionError, "above the most"),
        (lambda: desk.design.set_values([("jobs.split.inputs.seed", "1.5")]), DefinitionError, "a whole number"),
        (lambda: desk.design.set_values([("jobs.split.imputs.seed", "1")]), UsageError, "did you mean 'inputs'"),
        (lambda: desk.design.set_values([("jobs.split.inputs.sed", "1")]), UsageError, "did you mean 'seed'"),
        (lambda: desk.design.rename_step("split", "sp lit"), DefinitionError, "cannot name a step"),
        (lambda: desk.design.unset(["inputs.houses"]), DefinitionError, "houses"),
    ]
    for edit, kind, said in broken:
        with pytest.raises(kind, match=said):
            edit()
    assert desk.text == before


def test_values_take_the_form_of_their_declared_type(desk: Desk) -> None:
    assert desk.do(desk.design.set_values([("jobs.split.inputs.seed", "7"), ("inputs.ridge", "2.5")])) == [
        *("-  ridge: 1.0", "+  ridge: 2.5"),
        *("+      seed: 7",),
    ]
    assert desk.do(desk.design.set_values([("settings.default_compute", "azureml:gpu")])) == [
        *("-  default_compute: azureml:local", "+  default_compute: azureml:gpu"),
    ]


def test_a_step_can_be_removed_with_what_needs_it_left_open(desk: Desk) -> None:
    desk.do(desk.design.remove_step("train", leave_open=True))
    assert desk.design.port("evaluate", "model").source == Source("model")
    assert list(desk.design.steps) == ["split", "evaluate"]


def test_a_file_with_two_mistakes_is_mended_one_after_the_other(desk: Desk) -> None:
    right = desk.text
    broken = right.replace("train.outputs.model", "train.outputs.mdoel").replace("seed isn't", "it isn't")
    desk.path.write_text(broken.replace("component: ../components/split.yml", "component: ../components/splt.yml"))
    edit = desk.design.set_values([("jobs.split.component", "../components/split.yml")])
    assert [notice.message for notice in edit.notices] == [
        "it still cannot run: step 'train' has no output 'mdoel'",
    ]
    desk.do(edit)
    desk.do(desk.design.connect("evaluate", "model", Source("model", "train")))
    assert desk.text == right.replace("seed isn't", "it isn't")


def test_edits_are_undone_and_done_again_by_any_later_mlpw(desk: Desk) -> None:
    first = desk.text
    desk.do(desk.design.rename_step("train", "learn"))
    second = desk.text
    desk.do(desk.design.set_values([("inputs.ridge", "3")]))
    third = desk.text
    desk.workspace.close()
    with Workspace.open(desk.workspace.root) as workspace:
        assert workspace.edits.undo(desk.path).title == "undo: set inputs.ridge=3"
        assert desk.text == second
        workspace.edits.undo(desk.path)
        assert desk.text == first
        with pytest.raises(UsageError, match="no edit of pipelines/train_evaluate"):
            workspace.edits.undo(desk.path)
        workspace.edits.redo(desk.path)
        workspace.edits.redo(desk.path)
        assert desk.text == third
        with pytest.raises(UsageError, match="do again"):
            workspace.edits.redo(desk.path)


def test_a_file_changed_meanwhile_is_not_overwritten(desk: Desk) -> None:
    edit = desk.design.rename_step("train", "learn")
    mine = desk.text + "# mine\n"
    desk.path.write_text(mine)
    with pytest.raises(WorkspaceError, match="changed on disk meanwhile"):
        desk.workspace.edits.write(edit)
    desk.do(desk.design.rename_step("train", "learn"))
    desk.path.write_text(mine)
    with pytest.raises(WorkspaceError, match="changed on disk meanwhile"):
        desk.workspace.edits.undo(desk.path)
    assert desk.text == mine
    assert sorted(path.name for path in desk.path.parent.iterdir()) == ["train_evaluate.yml"]


def test_a_written_file_keeps_its_mode_and_a_link_stays_a_link(desk: Desk) -> None:
    desk.path.chmod(0o640)
    link = desk.path.with_name("link.yml")
    link.symlink_to(desk.path.name)
    desk.workspace.edits.write(desk.workspace.design(link).rename_step("train", "learn"))
    assert link.is_symlink()
    assert desk.path.stat().st_mode & 0o777 == 0o640
    assert "learn:" in desk.text


def test_a_command_says_which_ports_it_has(desk: Desk) -> None:
    desk.do(
        desk.design.add_command(
            "head -1 < ${{inputs.table}} > ${{outputs.first}}; ls ${{outputs.all}}/x",
            "peek",
            {"table": Source("houses")},
        )
    )
    peek = desk.design.steps["peek"]
    assert peek.outputs == (("first", "uri_file"), ("all", "uri_folder"))
    assert [str(port.source) for port in peek.inputs] == ["inputs.houses"]
    assert "image: library/python:3.12" in desk.text


def test_a_pipeline_built_from_a_blank_one_runs(bench: Bench) -> None:
    desk = Desk(bench.root, "blank")
    desk.do(desk.design.add_command("echo one > ${{outputs.out}}", "one"))
    desk.do(
        desk.design.add_command(
            "tr a-z A-Z < ${{inputs.text}} > ${{outputs.out}}", "two", {"text": Source("out", "one")}
        )
    )
    desk.do(desk.design.add_command("cat < ${{inputs.text}}", "three", leave_open=True))
    desk.do(desk.design.connect("three", "text", Source("out", "two")))
    desk.do(desk.design.remove_step("start"))
    desk.do(desk.design.add_output("result", Source("out", "two")))
    bench.name = "pipelines/pipeline.yml"
    run = bench.start()
    assert bench.end_of(run).status is RunStatus.SUCCEEDED
    assert list(bench.statuses(run)) == ["one", "two", "three"]
    assert bench.log(run, "three").strip() == "ONE"


def test_a_clone_has_a_new_name_and_reads_the_same(desk: Desk) -> None:
    made = clone(desk.workspace, desk.path, "second")
    assert made == desk.path.with_name("second.yml")
    assert made.read_text() == desk.text.replace("display_name: train_evaluate", "display_name: second")
    assert list(desk.workspace.design(made).steps) == list(desk.design.steps)
    component = clone(desk.workspace, desk.workspace.root / "components/train.yml", "train_more.yml")
    text = component.read_text()
    assert "name: train_more\n" in text
    assert 'version: "1"' in text
    assert "display_name: train_more" in text
    with pytest.raises(WorkspaceError, match="is there already"):
        clone(desk.workspace, desk.path, "second")
    with pytest.raises(UsageError, match="cannot name a file"):
        clone(desk.workspace, desk.path, "../second")
    with pytest.raises(UsageError, match="no pipeline and no component"):
        clone(desk.workspace, desk.workspace.root / "environments/python.yml", "x")


class Nested:
    """A pipeline in which another one, in a file of its own, is a step."""

    def __init__(self, root: Path) -> None:
        shutil.copytree(SAMPLE, root, ignore=shutil.ignore_patterns(".mlpw", "*.csv"))
        for name in ("weather.csv", "airlines.csv"):
            (root / "data" / name).touch()
        self.workspace = Workspace.open(root)
        self.outer = root / "pipelines/flight_delays.yml"
        self.inner = root / "components/train_models.yml"


@pytest.fixture
def nested(tmp_path: Path) -> Nested:
    return Nested(tmp_path / "flights")


def test_a_step_that_is_a_pipeline_tells_its_file(nested: Nested) -> None:
    steps = nested.workspace.design(nested.outer).steps
    assert (steps["train"].is_nested, steps["train"].nested) == (True, "components/train_models.yml")
    assert (steps["split"].is_nested, steps["split"].nested) == (False, "")


def test_a_pipeline_component_is_checked_as_the_component_that_it_is(nested: Nested) -> None:
    edit = nested.workspace.design(nested.inner).rename_step("boosting", "boosted")
    assert [line for line in lines(edit) if "boost" in line] == ["-  boosting:", "+  boosted:"]
    assert edit.notices == ()
    assert nested.workspace.graph(nested.inner).notices == ()


def test_an_edit_of_a_component_names_the_pipelines_that_it_breaks(nested: Nested) -> None:
    edit = nested.workspace.design(nested.inner).remove_step("boosting")
    assert [notice.message.partition(":")[0] for notice in edit.notices] == [
        "no step writes output 'boosting' of the pipeline",
        "pipelines/flight_delays.yml cannot run until it is changed too",
    ]
