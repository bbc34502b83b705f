"""Pipelines become graphs: wiring, nesting, promotion, order."""

import pytest

from core.errors import Location
from core.planning.graph import DataInput, OutputPort, Parameter, StepOutput
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
    desk.write("gpu.yml", "type: docker\nname: gpu-box\n")
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
