"""Pipelines become graphs: wiring, nesting, promotion, order."""

import pytest

from core.errors import Location
from core.planning.graph import Absent, DataInput, Missing, OutputPort, Parameter, StepOutput
from tests.support.pipelines import TRAIN, Desk

TWO = """
    type: pipeline
    jobs:
      use:
        command: cat ${{inputs.text}}/a
        environment: {image: python}
        inputs:
          text: ${{parent.jobs.make.outputs.text}}
      make:
        command: echo hello > ${{outputs.text}}/a
        environment: {image: python}
        outputs:
          text:
"""


def test_steps_come_in_the_order_in_which_they_can_run(desk: Desk) -> None:
    graph = desk.graph(TWO)
    assert list(graph.steps) == ["make", "use"]
    assert graph.steps["use"].inputs == {"text": StepOutput("make", "text", "uri_folder")}
    assert graph.steps["make"].outputs == {"text": OutputPort("uri_folder")}
    assert graph.steps["use"].location == Location("pipeline.yml", 3, 3)


def test_independent_steps_keep_the_order_written(desk: Desk) -> None:
    steps = "".join(f"  {name}: {{command: 'true', environment: {{image: x}}}}\n" for name in ("c", "a", "b"))
    assert list(desk.graph(f"type: pipeline\njobs:\n{steps}").steps) == ["c", "a", "b"]


def test_a_component_takes_values_defaults_and_data(desk: Desk) -> None:
    desk.write("train.yml", TRAIN)
    desk.write("data/a.csv")
    graph = desk.graph("""
        type: pipeline
        inputs:
          data: {type: uri_folder, path: ./data}
          rate: 1e-3
        jobs:
          one:
            component: ./train.yml
            inputs: {data: "${{parent.inputs.data}}", rate: "${{parent.inputs.rate}}"}
          two:
            component: ./train.yml
            inputs: {data: {type: uri_folder, path: data, mode: download}}
    """)
    one, two = graph.steps["one"], graph.steps["two"]
    assert one.inputs["rate"] == Parameter("1e-3", "number")
    assert two.inputs["rate"] == Parameter("0.1", "number")
    data = one.inputs["data"]
    assert isinstance(data, DataInput)
    assert (data.path, data.uri, data.mode) == (str(desk.root / "data"), "./data", "ro_mount")
    assert two.inputs["data"].mode == "download"  # type: ignore[union-attr]
    assert graph.inputs == {"data": "./data", "rate": "1e-3"}
    assert one.command == "python train.py ${{inputs.data}} ${{inputs.rate}} ${{outputs.model}}"


NESTED = """
    name: inner
    type: pipeline
    inputs:
      data: {type: uri_folder}
      rate: {type: number, default: 0.5}
    outputs:
      model: {type: uri_folder}
    jobs:
      fit:
        component: ./train.yml
        inputs: {data: "${{parent.inputs.data}}", rate: "${{parent.inputs.rate}}"}
        outputs: {model: "${{parent.outputs.model}}"}
"""


def test_nested_pipelines_are_flattened_with_dotted_names(desk: Desk) -> None:
    desk.write("parts/train.yml", TRAIN)
    desk.write("parts/inner.yml", NESTED)
    desk.write(
        "middle.yml",
        """
        name: middle
        type: pipeline
        inputs: {data: {type: uri_folder}}
        outputs: {best: {type: uri_folder}}
        jobs:
          deep:
            type: pipeline
            component: file:parts/inner.yml
            inputs: {data: "${{parent.inputs.data}}"}
            outputs: {model: "${{parent.outputs.best}}"}
    """,
    )
    desk.write("data/x")
    graph = desk.graph("""
        type: pipeline
        outputs: {final: {type: uri_folder, path: ./out, name: best_model, version: 3}}
        jobs:
          report:
            command: ls ${{inputs.model}}
            environment: {image: x}
            inputs: {model: "${{parent.jobs.outer.outputs.best}}"}
          outer:
            type: pipeline
            component: middle.yml
            inputs: {data: {path: data}}
            outputs: {best: "${{parent.outputs.final}}"}
    """)
    assert list(graph.steps) == ["outer.deep.fit", "report"]
    assert graph.steps["report"].inputs["model"] == StepOutput("outer.deep.fit", "model", "uri_folder")
    assert graph.steps["outer.deep.fit"].inputs["rate"] == Parameter("0.5", "number")
    port = graph.steps["outer.deep.fit"].outputs["model"]
    assert (port.path, port.asset_name, port.asset_version) == (str(desk.root / "out"), "best_model", "3")
    assert graph.outputs["final"].step == "outer.deep.fit"
    assert graph.outputs["final"].path == port.path


def test_every_file_that_was_read_is_a_source(desk: Desk) -> None:
    desk.write("train.yml", TRAIN.replace("{image: python}", "{image: x, conda_file: env/conda.yml}"))
    desk.write("env/conda.yml", "dependencies: [python=3.10, {pip: [-r more.txt]}]")
    desk.write("env/more.txt", "numpy\n")
    desk.write("mlpw.yml", "name: taxi\n")
    desk.write("data/x")
    graph = desk.graph("type: pipeline\njobs: {t: {component: train.yml, inputs: {data: {path: data}}}}")
    files = ("pipeline.yml", "train.yml", "env/conda.yml", "env/more.txt", "mlpw.yml")
    assert set(graph.sources) == {str(desk.root / name) for name in files}


def test_a_cycle_is_printed(desk: Desk) -> None:
    text = "type: pipeline\njobs:\n"
    for name, needs in (("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")):
        text += (
            f"  {name}:\n    command: cp ${{{{inputs.x}}}} ${{{{outputs.o}}}}\n    environment: {{image: x}}\n"
            f"    inputs: {{x: '${{{{parent.jobs.{needs}.outputs.o}}}}'}}\n    outputs: {{o: }}\n"
        )
    assert "a -> b -> c -> a" in desk.error(text)


def test_a_cycle_through_nested_pipelines_is_printed(desk: Desk) -> None:
    desk.write("train.yml", TRAIN)
    desk.write("inner.yml", NESTED)
    error = desk.error("""
        type: pipeline
        jobs:
          a: {type: pipeline, component: inner.yml, inputs: {data: "${{parent.jobs.b.outputs.model}}"}}
          b: {type: pipeline, component: inner.yml, inputs: {data: "${{parent.jobs.a.outputs.model}}"}}
    """)
    assert "a.fit -> b.fit -> a.fit" in error


@pytest.mark.parametrize(
    ("binding", "message"),
    [
        ("${{parent.jobs.trian.outputs.model}}", "step 'trian' is not defined; did you mean 'train'?"),
        ("${{parent.jobs.train.outputs.modle}}", "step 'train' has no output 'modle'; did you mean 'model'?"),
        ("${{parent.inputs.dta}}", "the pipeline has no input 'dta'; did you mean 'data'?"),
        ("${{parent.jobs.use.outputs.o}}", "step 'use' takes its own output 'o'"),
        ("${{inputs.data}}", "write '${{parent.inputs.data}}'"),
        ("${{parent.outputs.x}}", "stands for nothing"),
        ("${{parent.inpts.data}}", "did you mean 'inputs'?"),
    ],
)
def test_a_dangling_binding_names_the_nearest(desk: Desk, binding: str, message: str) -> None:
    desk.write("train.yml", TRAIN)
    desk.write("data/x")
    error = desk.error(f"""
        type: pipeline
        inputs: {{data: {{type: uri_folder, path: data}}}}
        jobs:
          train: {{component: train.yml, inputs: {{data: "${{{{parent.inputs.data}}}}"}}}}
          use:
            command: ls ${{{{inputs.x}}}}
            environment: {{image: x}}
            inputs:
              x: {binding}
            outputs: {{o: }}
    """)
    assert message in error
    assert error.startswith("pipeline.yml:9:10")


def test_text_and_expressions_mix_in_a_literal(desk: Desk) -> None:
    graph = desk.graph("""
        type: pipeline
        inputs: {size: 3, tag: night}
        jobs:
          a:
            command: echo ${{inputs.label}}
            environment: {image: x}
            inputs: {label: "run-${{parent.inputs.tag}}-${{parent.inputs.size}}"}
    """)
    assert graph.steps["a"].inputs["label"] == Parameter("run-night-3", "string")


def test_compute_may_come_from_an_input_and_mlpw_yml_maps_it(desk: Desk) -> None:
    desk.write("mlpw.yml", "compute: {gpu-cluster: gpu-box}")
    graph = desk.graph("""
        type: pipeline
        settings: {default_compute: azureml:cpu-cluster}
        inputs: {where: gpu-cluster}
        jobs:
          a: {command: "true", environment: {image: x}, compute: "${{parent.inputs.where}}"}
          b: {command: "true", environment: {image: x}}
          c: {command: "true", environment: {image: x}}
    """)
    assert [step.compute for step in graph.steps.values()] == ["gpu-box", "local", "local"]
    assert sum("cpu-cluster" in str(notice) for notice in graph.notices) == 1


def test_a_step_overrides_what_its_component_says(desk: Desk) -> None:
    desk.write(
        "c.yml",
        """
        name: c
        type: command
        command: python a.py
        environment: {image: old}
        resources: {instance_count: 1, shm_size: 1g}
    """,
    )
    graph = desk.graph("""
        type: pipeline
        inputs: {level: debug}
        jobs:
          a:
            component: c.yml
            environment: {image: new}
            environment_variables: {LEVEL: "${{parent.inputs.level}}", COUNT: 3, FLAG: yes}
            resources: {shm_size: 2g, docker_args: "--cpus=1.5 -m 4g"}
            limits: {timeout: 90}
    """)
    step = graph.steps["a"]
    assert step.environment.image == "new"
    assert step.environment_variables == {"LEVEL": "debug", "COUNT": "3", "FLAG": "True"}
    assert (step.resources.shm_size, step.resources.cpus, step.resources.memory) == ("2g", 1.5, 4 * 2**30)
    assert step.timeout == 90


def test_environment_variables_keep_the_paths_of_the_step(desk: Desk) -> None:
    desk.write("data/x")
    graph = desk.graph("""
        type: pipeline
        jobs:
          a:
            command: env
            environment: {image: x}
            inputs: {data: {path: data}, n: 4}
            outputs: {o: }
            environment_variables: {DATA: "${{inputs.data}}/x", N: "${{inputs.n}}", OUT: "${{outputs.o}}"}
    """)
    expected = {"DATA": "${{inputs.data}}/x", "N": "4", "OUT": "${{outputs.o}}"}
    assert graph.steps["a"].environment_variables == expected


def test_an_input_of_a_sibling_can_be_named(desk: Desk) -> None:
    graph = desk.graph("""
        type: pipeline
        jobs:
          a: {command: "echo ${{inputs.n}}", environment: {image: x}, inputs: {n: 4}}
          b: {command: "echo ${{inputs.n}}", environment: {image: x}, inputs: {n: "${{parent.jobs.a.inputs.n}}"}}
    """)
    assert graph.steps["b"].inputs["n"] == Parameter("4", "integer")


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


class TestKindsToCome:
    def test_they_load_with_their_wiring_and_say_that_they_cannot_run(self, desk: Desk) -> None:
        desk.write("train.yml", TRAIN)
        desk.write("data/x")
        graph = desk.graph("""
            type: pipeline
            jobs:
              tune:
                type: sweep
                trial: ./train.yml
                inputs: {data: {path: data}}
                search_space: {rate: {type: uniform, min_value: 0.1, max_value: 1}}
                objective: {goal: minimize, primary_metric: loss}
                limits: {max_total_trials: 5}
              score:
                type: parallel
                inputs: {model: "${{parent.jobs.tune.outputs.model}}"}
                outputs: {o: {type: uri_file}}
                input_data: ${{inputs.model}}
                task: {type: run_function, entry_script: a.py}
              auto:
                type: automl
                task: classification
                training_data: ${{parent.jobs.score.outputs.o}}
                outputs: {best_model: {type: mlflow_model}}
              sparkle: {type: spark, entry: {file: a.py}, inputs: {m: "${{parent.jobs.auto.outputs.best_model}}"}}
        """)
        assert list(graph.steps) == ["tune", "score", "auto", "sparkle"]
        assert [step.kind for step in graph.steps.values()] == ["sweep", "parallel", "automl", "spark"]
        assert all("cannot be run" in step.unsupported for step in graph.steps.values())
        assert graph.ancestors("sparkle") == {"tune", "score", "auto"}

    @pytest.mark.parametrize(
        ("distribution", "runs"),
        [
            ("{type: pytorch, process_count_per_instance: 1}", True),
            ("{type: PyTorch, process_count_per_instance: 2}", False),
            ("{type: mpi}", True),
            ("{type: tensorflow, worker_count: 2}", False),
            ("{type: tensorflow, worker_count: 1}", True),
        ],
    )
    def test_distribution_over_one_process_is_a_plain_command(self, desk: Desk, distribution: str, runs: bool) -> None:
        text = f"type: pipeline\njobs: {{a: {{command: x, environment: {{image: x}}, distribution: {distribution}}}}}"
        step = desk.graph(text).steps["a"]
        assert (step.unsupported == "") is runs
        assert step.distribution["type"] in {"pytorch", "mpi", "tensorflow"}


def test_a_thousand_steps_make_a_graph_of_a_thousand_steps(desk: Desk) -> None:
    lines = ["type: pipeline", "jobs:"]
    for i in range(1_000):
        lines.append(f"  s{i}: {{command: 'true', environment: {{image: x}}, outputs: {{o: }}")
        lines[-1] += f", inputs: {{x: '${{{{parent.jobs.s{i - 1}.outputs.o}}}}'}}}}" if i else "}"
    graph = desk.graph("\n".join(lines))
    assert list(graph.steps) == [f"s{i}" for i in range(1_000)]
