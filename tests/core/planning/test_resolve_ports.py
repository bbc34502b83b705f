"""What fits a port, what may be left out, and where an output goes."""

import pytest

from core.planning.graph import Absent, Missing, OutputPort, Parameter, StepOutput
from tests.support.pipelines import Desk


class TestOptional:
    COMPONENT = """
        name: c
        type: command
        inputs:
          data: {type: uri_folder, optional: true}
          rate: {type: number, optional: true, default: 0.1}
          must: {type: integer}
        command: echo $[[--data ${{inputs.data}}]] $[[--rate ${{inputs.rate}}]] ${{inputs.must}}
        environment: {image: x}
    """

    def test_an_optional_input_is_absent_unless_it_has_a_default(self, desk: Desk) -> None:
        desk.write("c.yml", self.COMPONENT)
        step = desk.graph("type: pipeline\njobs: {a: {component: c.yml, inputs: {must: 3}}}").steps["a"]
        assert step.inputs["data"] == Absent("uri_folder")
        assert step.inputs["rate"] == Parameter("0.1", "number")

    def test_a_required_input_without_value_is_an_error(self, desk: Desk) -> None:
        desk.write("c.yml", self.COMPONENT)
        error = desk.error("type: pipeline\njobs:\n  a: {component: c.yml}\n")
        assert error.startswith("pipeline.yml:3:3: step 'a' gives no value to the required input 'must'")

    def test_an_optional_input_takes_an_output_without_waiting_for_its_success(self, desk: Desk) -> None:
        desk.write("c.yml", self.COMPONENT)
        graph = desk.graph("""
            type: pipeline
            jobs:
              m: {command: "true", environment: {image: x}, outputs: {o: }}
              a: {component: c.yml, inputs: {must: 3, data: "${{parent.jobs.m.outputs.o}}"}}
        """)
        assert graph.steps["a"].producers() == {"m"}
        assert graph.steps["a"].required_producers() == frozenset()

    def test_what_is_absent_outside_is_absent_inside(self, desk: Desk) -> None:
        desk.write("c.yml", self.COMPONENT)
        desk.write(
            "p.yml",
            """
            name: p
            type: pipeline
            inputs: {data: {type: uri_folder, optional: true}}
            jobs: {a: {component: c.yml, inputs: {must: 1, data: "${{parent.inputs.data}}"}}}
        """,
        )
        graph = desk.graph("type: pipeline\njobs: {outer: {type: pipeline, component: p.yml}}")
        assert graph.steps["outer.a"].inputs["data"] == Absent("uri_folder")

    def test_a_required_port_cannot_take_what_is_absent(self, desk: Desk) -> None:
        desk.write("c.yml", self.COMPONENT)
        desk.write(
            "p.yml",
            """
            name: p
            type: pipeline
            inputs: {n: {type: integer, optional: true}}
            jobs: {a: {component: c.yml, inputs: {must: "${{parent.inputs.n}}"}}}
        """,
        )
        graph = desk.graph("type: pipeline\njobs: {outer: {type: pipeline, component: p.yml}}")
        assert isinstance(graph.steps["outer.a"].inputs["must"], Missing)


class TestTypes:
    def given(self, desk: Desk, kind: str, value: str) -> str:
        desk.write(
            "c.yml",
            f"""
            name: c
            type: command
            inputs: {{x: {{type: {kind}}}}}
            command: echo ${{{{inputs.x}}}}
            environment: {{image: x}}
        """,
        )
        desk.write("data/x")
        return f"type: pipeline\njobs:\n  a:\n    component: c.yml\n    inputs:\n      x: {value}\n"

    @pytest.mark.parametrize(
        ("kind", "value", "message"),
        [
            ("number", "abc", "a number is declared"),
            ("integer", "1.5", "an integer is declared"),
            ("boolean", "maybe", "a boolean is declared"),
            ("{type: integer}", "3", "type of input 'x'"),
            ("numbr", "3", "did you mean 'number'?"),
            ("number", "{path: data}", "is a number, but it is given data"),
            ("uri_folder", "3", "would have to be a path"),
            ("number", "[1, 2]", "cannot be a list"),
            ("number", "", "has no value"),
        ],
    )
    def test_values_that_cannot_be_what_is_declared_are_errors(
        self, desk: Desk, kind: str, value: str, message: str
    ) -> None:
        assert message in desk.error(self.given(desk, kind, value))

    def test_a_literal_of_the_pipeline_is_checked_where_it_arrives(self, desk: Desk) -> None:
        self.given(desk, "number", "1")
        error = desk.error("""
            type: pipeline
            inputs: {rate: fast}
            jobs:
              a: {component: c.yml, inputs: {x: "${{parent.inputs.rate}}"}}
        """)
        assert error.startswith("pipeline.yml:4:")
        assert "'fast'" in error

    def test_text_of_the_pipeline_is_no_data(self, desk: Desk) -> None:
        self.given(desk, "uri_folder", "data")
        error = desk.error("""
            type: pipeline
            inputs: {where: ./data}
            jobs: {a: {component: c.yml, inputs: {x: "${{parent.inputs.where}}"}}}
        """)
        assert "path: ..." in error

    def test_a_file_given_for_a_folder_is_only_said(self, desk: Desk) -> None:
        notices = desk.notices(self.given(desk, "uri_folder", "{type: uri_file, path: data/x}"))
        assert notices == ["pipeline.yml:6:33: input 'x' of step 'a' is uri_folder, but it is given uri_file"]

    def test_min_max_and_enum_hold(self, desk: Desk) -> None:
        desk.write(
            "c.yml",
            """
            name: c
            type: command
            inputs:
              n: {type: integer, min: 0, max: 10, default: 1}
              k: {type: string, enum: [step, cosine], default: step}
            command: echo ${{inputs.n}} ${{inputs.k}}
            environment: {image: x}
        """,
        )
        assert "above the most allowed" in desk.error("type: pipeline\njobs: {a: {component: c.yml, inputs: {n: 11}}}")
        assert "did you mean 'cosine'?" in desk.error(
            "type: pipeline\njobs: {a: {component: c.yml, inputs: {k: cosin}}}"
        )


class TestOutputs:
    def test_five_forms_of_an_output(self, desk: Desk) -> None:
        graph = desk.graph("""
            type: pipeline
            outputs:
              result: {type: mlflow_model, mode: upload}
              other:
            jobs:
              a:
                command: touch ${{outputs.e}}
                environment: {image: x}
                outputs:
                  a: ${{parent.outputs.result}}
                  b:
                  c: {type: uri_file, mode: rw_mount, path: azureml://datastores/workspaceblobstore/paths/out/c.csv}
                  d: {path: "${{parent.outputs.other}}"}
                  e: {name: cleaned, version: 2, type: mltable}
        """)
        ports = graph.steps["a"].outputs
        assert ports["a"] == OutputPort("mlflow_model", "upload")
        assert ports["b"] == OutputPort("uri_folder")
        folder = desk.root / ".mlpw/datastores/workspaceblobstore"
        assert ports["c"] == OutputPort("uri_file", path=str(folder / "out/c.csv"))
        assert ports["e"] == OutputPort("mltable", asset_name="cleaned", asset_version="2")
        assert {name: output.port for name, output in graph.outputs.items()} == {"result": "a", "other": "d"}

    def test_the_run_fills_in_its_name(self, desk: Desk) -> None:
        graph = desk.graph("""
            type: pipeline
            jobs:
              a:
                command: touch ${{outputs.o}}
                environment: {image: x}
                outputs:
                  o: {path: "azureml://datastores/${{default_datastore}}/paths/${{name}}/${{output_name}}.csv"}
        """)
        assert graph.steps["a"].outputs["o"].path.endswith("/workspaceblobstore/${{name}}/o.csv")

    def test_two_outputs_cannot_go_to_one_path(self, desk: Desk) -> None:
        error = desk.error("""
            type: pipeline
            jobs:
              a: {command: "true", environment: {image: x}, outputs: {o: {path: ./out}}}
              b: {command: "true", environment: {image: x}, outputs: {o: {path: out/}}}
        """)
        assert "two outputs go to one path" in error
        assert "a.o and b.o" in error

    def test_two_steps_cannot_write_one_output_of_the_pipeline(self, desk: Desk) -> None:
        error = desk.error("""
            type: pipeline
            outputs: {x: }
            jobs:
              a: {command: "true", environment: {image: x}, outputs: {o: "${{parent.outputs.x}}"}}
              b: {command: "true", environment: {image: x}, outputs: {o: "${{parent.outputs.x}}"}}
        """)
        assert "written by both 'a' and 'b'" in error

    def test_an_unknown_output_of_the_pipeline_names_the_nearest(self, desk: Desk) -> None:
        error = desk.error("""
            type: pipeline
            outputs: {model: }
            jobs:
              a: {command: "true", environment: {image: x}, outputs: {o: "${{parent.outputs.modle}}"}}
        """)
        assert "did you mean 'model'?" in error

    def test_an_output_of_the_pipeline_that_nobody_writes_is_said(self, desk: Desk) -> None:
        assert any(
            "no step writes output 'lost'" in notice
            for notice in desk.notices("""
            type: pipeline
            outputs: {lost: }
            jobs: {a: {command: "true", environment: {image: x}}}
        """)
        )

    def test_the_artifact_folder_can_be_taken_without_being_declared(self, desk: Desk) -> None:
        desk.write("c.yml", "name: c\ntype: command\ncommand: 'true'\nenvironment: {image: x}\n")
        graph = desk.graph("""
            type: pipeline
            jobs:
              a: {component: c.yml}
              b:
                command: ls ${{inputs.x}}/outputs
                environment: {image: x}
                inputs: {x: "${{parent.jobs.a.outputs.default}}"}
        """)
        assert graph.steps["b"].inputs["x"] == StepOutput("a", "default", "uri_folder")
        assert "default" in graph.steps["a"].outputs
