"""What real Azure ML pipelines do that a careful reader of the documentation would not expect."""

import pytest

from core.planning.graph import Absent, DataInput, Missing, Parameter
from tests.support.pipelines import TRAIN, Desk


def test_a_nested_pipeline_passing_an_undeclared_input_is_only_warned_of(desk: Desk) -> None:
    """azureml-examples: pipeline_with_pipeline_component/nyc_taxi_data_regression_with_pipeline_component."""
    desk.write(
        "inner.yml",
        """
        name: inner
        type: pipeline
        inputs: {ratio: {type: number, default: 1}}
        jobs: {a: {command: "echo ${{inputs.r}}", environment: {image: x}, inputs: {r: "${{parent.inputs.ratio}}"}}}
    """,
    )
    graph = desk.graph("""
        type: pipeline
        jobs:
          outer: {type: pipeline, component: inner.yml, inputs: {ratoi: 0.2}}
    """)
    assert graph.steps["outer.a"].inputs["r"] == Parameter("1", "number")
    assert [str(notice) for notice in graph.notices] == [
        "pipeline.yml:3:58: step 'outer' gives input 'ratoi', which its component does not declare; it is ignored; "
        "did you mean 'ratio'?"
    ]


def test_a_name_inside_a_step_is_ignored(desk: Desk) -> None:
    graph = desk.graph("type: pipeline\njobs: {a: {name: other, command: 'true', environment: {image: x}}}")
    assert list(graph.steps) == ["a"]
    assert graph.notices == ()


def test_type_beside_literal_inputs_is_an_input(desk: Desk) -> None:
    graph = desk.graph("""
        type: pipeline
        inputs: {type: fast, rate: 1}
        jobs:
          a:
            command: echo ${{inputs.type}}
            environment: {image: x}
            inputs: {type: "${{parent.inputs.type}}", size: 3}
    """)
    assert graph.steps["a"].inputs == {"type": Parameter("fast"), "size": Parameter("3", "integer")}


class TestDumped:
    """What azure-ai-ml's own dump() writes."""

    def test_literals_are_bound_by_path(self, desk: Desk) -> None:
        desk.write("train.yml", TRAIN.replace("default: 0.1", "default: '0.1'"))
        desk.write("data/x")
        graph = desk.graph("""
            type: pipeline
            inputs:
              rate: '0.2'
              data: {type: uri_folder, path: "azureml:./data/"}
            jobs:
              a:
                component: train.yml
                inputs: {rate: {path: "${{parent.inputs.rate}}"}, data: {path: "${{parent.inputs.data}}"}}
              b:
                component: train.yml
                inputs: {data: {path: "${{parent.inputs.data}}", type: uri_folder, mode: download}}
        """)
        assert graph.steps["a"].inputs["rate"] == Parameter("0.2", "number")
        assert graph.steps["b"].inputs["rate"] == Parameter("0.1", "number")
        data = graph.steps["b"].inputs["data"]
        assert isinstance(data, DataInput)
        assert (data.path, data.mode) == (str(desk.root / "data"), "download")


class TestPipelineInputWithoutPath:
    PIPELINE = """
        type: pipeline
        inputs:
          raw: {type: uri_folder}
        jobs:
          a: {component: train.yml, inputs: {data: "${{parent.inputs.raw}}"}}
    """

    def test_it_can_be_shown_and_says_what_to_set(self, desk: Desk) -> None:
        desk.write("train.yml", TRAIN)
        missing = desk.graph(self.PIPELINE).steps["a"].inputs["data"]
        assert isinstance(missing, Missing)
        assert "--set inputs.raw=PATH" in missing.hint
        assert missing.location is not None
        assert missing.location.line == 3

    def test_setting_it_gives_it_a_path(self, desk: Desk) -> None:
        desk.write("train.yml", TRAIN)
        desk.write("d/x")
        data = desk.graph(self.PIPELINE, ("inputs.raw", "./d")).steps["a"].inputs["data"]
        assert isinstance(data, DataInput)
        assert data.path == str(desk.root / "d")


@pytest.mark.parametrize("reference", ["./parts/train.yml", "parts/train.yml", "file:./parts/train.yml"])
def test_three_ways_to_write_a_reference_are_one(desk: Desk, reference: str) -> None:
    desk.write("parts/train.yml", TRAIN + "code: ../src\n")
    desk.write("src/train.py")
    desk.write("data/x")
    graph = desk.graph(f"""
        type: pipeline
        jobs:
          a: {{component: "{reference}", inputs: {{data: {{path: data}}}}}}
    """)
    assert graph.steps["a"].code == str(desk.root / "src")


def test_yaml_1_1_booleans_become_python_words(desk: Desk) -> None:
    graph = desk.graph("""
        type: pipeline
        jobs:
          a: {command: "echo ${{inputs.b}}", environment: {image: x}, inputs: {b: no, n: 1e-3, t: 'yes'}}
    """)
    assert graph.steps["a"].inputs == {
        "b": Parameter("False", "boolean"),
        "n": Parameter("1e-3", "string"),
        "t": Parameter("yes", "string"),
    }


def test_settings_may_be_misspelt(desk: Desk) -> None:
    """azureml-examples: pipelines-with-components/basics/3a_basic_pipeline says default_datestore."""
    notices = desk.notices("""
        type: pipeline
        settings: {default_datestore: azureml:workspaceblobstore}
        jobs: {a: {command: "true", environment: {image: x}}}
    """)
    assert len(notices) == 1
    assert "did you mean 'default_datastore'?" in notices[0]


def test_versions_of_any_form_are_accepted(desk: Desk) -> None:
    for version in ("1", "01", "0.0.1", "''"):
        desk.write("c.yml", f"name: c-d\nversion: {version}\ncommand: 'true'\nenvironment: {{image: x}}\n")
        assert desk.graph("type: pipeline\njobs: {a: {component: c.yml}}").steps["a"].component == "c.yml"


def test_an_optional_default_keeps_its_part_of_the_command(desk: Desk) -> None:
    """azureml-examples: cli/assets/component/train.yml has optional inputs with defaults."""
    desk.write(
        "c.yml",
        """
        name: c
        command: train $[[--epochs ${{inputs.epochs}}]] $[[--rate ${{inputs.rate}}]]
        inputs: {epochs: {type: integer, optional: true}, rate: {type: number, default: 0.01, optional: true}}
        environment: {image: x}
    """,
    )
    inputs = desk.graph("type: pipeline\njobs: {a: {component: c.yml}}").steps["a"].inputs
    assert inputs == {"epochs": Absent("integer"), "rate": Parameter("0.01", "number")}


def test_step_names_azure_refuses_run_here_with_a_warning(desk: Desk) -> None:
    graph = desk.graph("type: pipeline\njobs: {Prep-Data: {command: 'true', environment: {image: x}}}")
    assert list(graph.steps) == ["Prep-Data"]
    assert "Azure ML refuses the step name" in str(graph.notices[0])
