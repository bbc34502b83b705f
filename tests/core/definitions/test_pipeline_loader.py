"""Pipelines and components are loaded with every reference followed, and mistakes are said where they stand."""

import pytest

from core.definitions.catalog import CatalogEntry
from core.planning.graph import DataInput, Parameter
from tests.support.pipelines import TRAIN, Desk, Registered

STEP = "{command: 'true', environment: {image: x}}"


def with_step(lines: str) -> str:
    return f"type: pipeline\njobs:\n  a:\n    command: 'true'\n    environment: {{image: x}}\n{lines}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("type: pipeline\njob: {}\n", "pipeline.yml:2:1: unknown key 'job' in the pipeline; did you mean 'jobs'?"),
        ("type: pipeline\njobs: {}\n", "pipeline.yml:2:1: the pipeline has no jobs"),
        ("type: pipeline\n", "the pipeline has no jobs"),
        ("type: pipeline\njobs: []\n", "pipeline.yml:2:7: jobs of the pipeline must be a mapping, not a list"),
        ("type: pipeline\njobs:\n  a:\n", "pipeline.yml:3:3: step 'a' is empty"),
        ("type: pipline\njobs: {a: {}}\n", "pipeline.yml:1:7: 'pipline' is no type"),
        ("type: pipeline\njobs: {a: {type: comand, command: x}}\n", "did you mean 'command'?"),
        ("type: pipeline\njobs:\n  a: {comand: x}\n", "there is a 'comand': did you mean 'command'?"),
        ("type: pipeline\njobs:\n  a.b: {command: x}\n", "pipeline.yml:3:3: 'a.b' cannot name a step"),
        ("- a\n", "must be a mapping, not a list"),
        ("hello: 1\n", "is no pipeline"),
        ("$schema: https://x/batchDeployment.schema.json\nendpoint_name: a\n", "its schema is that of batchdep"),
        (f"type: pipeline\njobs: {{a: {STEP}}}\ncomponent: c.yml\n", "both a component and jobs"),
        (f"type: pipeline\njobs: {{a: {STEP}}}\noutputs: {{x: oops}}\n", "must be '${{parent.outputs.NAME}}'"),
        (f"type: pipeline\njobs: {{a: {STEP}}}\ntags: [a]\n", "tags of the pipeline must be a mapping"),
        (f"type: pipeline\njobs: {{a: {STEP}}}\nsettings: {{force_rerun: maybe}}\n", "must be true or false"),
        (f"type: pipeline\njobs: {{a: {STEP}}}\ninputs: {{x: [1]}}\n", "cannot be a list"),
        (f"type: pipeline\njobs: {{a: {STEP}}}\ninputs: {{x: {{type: uri_fodler}}}}\n", "did you mean 'uri_folder'?"),
        (f"type: pipeline\njobs: {{a: {STEP}}}\ninputs: {{x: {{paht: a}}}}\n", "did you mean 'path'?"),
        (with_step("    limits: {timeuot: 3}\n"), "pipeline.yml:6:14: unknown key 'timeuot' in limits of step 'a'"),
        (with_step("    limits: {timeout: 5m}\n"), "must be a whole number, not '5m'"),
        (with_step("    resources: {instance_cnt: 1}\n"), "did you mean 'instance_count'?"),
        (with_step("    resources: {instance_count: 0}\n"), "must be at least 1"),
        (with_step("    limits: {timeout: 0}\n"), "must be at least 1"),
        (with_step("    distribution: {type: pytorh}\n"), "did you mean 'pytorch'?"),
        (with_step("    distribution: {type: mpi, workers: 1}\n"), "unknown key 'workers'"),
        (with_step("    outputs: {o: {mode: rwmount}}\n"), "did you mean 'rw_mount'?"),
        (with_step("    outputs: {o: folder}\n"), "output 'o' of step 'a' must be"),
        (with_step("    inputs: {x: {path: ., mode: donwload}}\n"), "did you mean 'download'?"),
        (with_step("    outputs: {../o: }\n"), "'../o' cannot name an input or output"),
        (with_step("    inputs: {'a=b': 1}\n"), "'a=b' cannot name an input or output"),
        ('type: pipeline\njobs:\n  "a\\e[1m": {command: x}\n', "'a\\x1b[1m' cannot name a step"),
        (with_step("    code: ./nope\n"), "code of step 'a' './nope' does not exist"),
        (with_step("    environment_variables: [A]\n"), "must be a mapping, not a list"),
    ],
)
def test_mistakes_are_said_where_they_stand(desk: Desk, text: str, message: str) -> None:
    assert message in desk.error(text)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("type: number, default: 0.1", "type: numbr"), "train.yml:5:16: type of input 'rate' of component 'train'"),
        (("type: number, default: 0.1", "default: 0.1"), "input 'rate' of component 'train' has no type"),
        (("{type: number, default: 0.1}", "number"), "write 'rate: {type: string}'"),
        (("default: 0.1", "defualt: 0.1"), "did you mean 'default'?"),
        (("default: 0.1", "default: abc"), "train.yml:5:33: the input 'rate' is 'abc'"),
        (("{type: uri_folder}\n  rate", "{type: uri_folder, path: ./d}\n  rate"), "cannot have a path"),
        (("model: {type: uri_folder}", "model:"), "write 'model: {type: uri_folder}'"),
        (("${{inputs.rate}}", "${{inputs.rte}}"), "train.yml:9:43: the input 'rte' is not declared"),
        (("${{outputs.model}}", "${{outputs.modle}}"), "did you mean 'model'?"),
        (("command: python", "comand: python"), "component 'train' has no command"),
    ],
)
def test_mistakes_in_a_component_are_said_in_its_file(desk: Desk, change: tuple[str, str], message: str) -> None:
    assert change[0] in TRAIN
    desk.write("train.yml", TRAIN.replace(*change).lstrip("\n"))
    desk.write("data/x")
    assert message in desk.error("type: pipeline\njobs: {a: {component: train.yml, inputs: {data: {path: data}}}}")


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("./trian.yml", "component of step 'a' './trian.yml' does not exist; did you mean 'train.yml'?"),
        ("parts", "is a folder, not a YAML file; it holds x.yml"),
        ("https://example.org/c.yml", "is no component"),
        ("azureml:train:1", "mlpw component create -f train.yml"),
        ("azureml://registries/azureml/components/x/versions/1", "lives in the registry 'azureml'"),
        ("[a]", "must be a path, a name or a mapping"),
    ],
)
def test_a_component_that_is_not_there(desk: Desk, reference: str, message: str) -> None:
    desk.write("train.yml", TRAIN)
    desk.write("parts/x.yml", TRAIN)
    assert message in desk.error(f"type: pipeline\njobs:\n  a:\n    component: {reference}\n")


def test_a_pipeline_that_includes_itself_is_printed(desk: Desk) -> None:
    desk.write("a.yml", "name: a\ntype: pipeline\njobs: {x: {type: pipeline, component: b.yml}}\n")
    desk.write("b.yml", "name: b\ntype: pipeline\njobs: {x: {type: pipeline, component: ./a.yml}}\n")
    error = desk.error("type: pipeline\njobs: {x: {type: pipeline, component: a.yml}}")
    assert error.startswith("b.yml:3:39: a pipeline includes itself: a.yml -> b.yml -> a.yml")
    assert "pipeline.yml -> pipeline.yml" in desk.error(
        "type: pipeline\njobs: {x: {type: pipeline, component: pipeline.yml}}"
    )


class TestRegistered:
    def catalog(self, desk: Desk) -> Registered:
        definition: dict[str, object] = {
            "name": "prep",
            "type": "command",
            "inputs": {"n": {"type": "integer", "default": 2}},
            "command": "python prep.py ${{inputs.n}}",
            "code": "src",
            "environment": {"image": "x"},
        }
        desk.write("kept/src/prep.py")
        folder = str(desk.root / "kept")
        data = CatalogEntry("taxi", "1", path="/somewhere", digest="abc", type="uri_folder")
        return Registered(
            {
                ("component", "prep"): [
                    CatalogEntry("prep", "1", definition, folder, archived=True),
                    CatalogEntry("prep", "2", definition, folder),
                ],
                ("data", "taxi"): [data],
            }
        )

    @pytest.mark.parametrize("reference", ["azureml:prep:2", "azureml:prep@latest", "azureml:prep"])
    def test_a_component_by_version_or_label(self, desk: Desk, reference: str) -> None:
        desk.catalog = self.catalog(desk)
        step = desk.graph(f"type: pipeline\njobs: {{a: {{component: '{reference}', inputs: {{n: 5}}}}}}").steps["a"]
        assert step.inputs["n"] == Parameter("5", "integer")
        assert step.code == str(desk.root / "kept/src")
        assert step.component == reference

    def test_an_archived_version_still_runs_with_a_warning(self, desk: Desk) -> None:
        desk.catalog = self.catalog(desk)
        graph = desk.graph("type: pipeline\njobs: {a: {component: 'azureml:prep:1'}}")
        assert [notice.message for notice in graph.notices] == ["component prep:1 is archived"]

    def test_an_unknown_version_lists_those_there_are(self, desk: Desk) -> None:
        desk.catalog = self.catalog(desk)
        error = desk.error("type: pipeline\njobs: {a: {component: 'azureml:prep:9'}}")
        assert "component 'prep' has no version 9; it has 1, 2" in error
        assert "has no label 'stable'" in desk.error("type: pipeline\njobs: {a: {component: 'azureml:prep@stable'}}")

    def test_data_by_version(self, desk: Desk) -> None:
        desk.catalog = self.catalog(desk)
        text = "type: pipeline\njobs: {a: {command: x, environment: {image: x}, inputs: {d: {path: 'azureml:taxi:1'}}}}"
        data = desk.graph(text).steps["a"].inputs["d"]
        assert isinstance(data, DataInput)
        assert (data.digest, data.type, data.path, data.uri) == ("abc", "uri_folder", "/somewhere", "azureml:taxi:1")

    def test_a_reference_alone_is_data_where_data_is_declared(self, desk: Desk) -> None:
        desk.catalog = self.catalog(desk)
        desk.write("train.yml", TRAIN)
        graph = desk.graph("type: pipeline\njobs: {a: {component: train.yml, inputs: {data: 'azureml:taxi@latest'}}}")
        assert graph.steps["a"].inputs["data"].digest == "abc"  # type: ignore[union-attr]

    def test_unregistered_data_names_the_command_and_the_mapping(self, desk: Desk) -> None:
        text = "type: pipeline\njobs: {a: {command: x, environment: {image: x}, inputs: {d: {path: 'azureml:taxi:1'}}}}"
        error = desk.error(text)
        assert "mlpw data create -f" in error
        assert 'data: {"azureml:taxi:1": ./data}' in error

    def test_mlpw_yml_can_map_a_component_of_a_registry(self, desk: Desk) -> None:
        desk.write("train.yml", TRAIN)
        desk.write("data/x")
        desk.write("mlpw.yml", "components: {'azureml://registries/azureml/components/train/*': ./train.yml}")
        graph = desk.graph("""
            type: pipeline
            jobs:
              a:
                component: azureml://registries/azureml/components/train/versions/0.0.1
                inputs: {data: {path: data}}
        """)
        assert graph.steps["a"].command.startswith("python train.py")


class TestRoots:
    def test_a_component_at_the_root(self, desk: Desk) -> None:
        desk.write(
            "p.yml",
            """
            name: p
            type: pipeline
            inputs: {n: {type: integer}}
            jobs: {a: {command: "echo ${{inputs.n}}", environment: {image: x}, inputs: {n: "${{parent.inputs.n}}"}}}
        """,
        )
        graph = desk.graph("type: pipeline\ncomponent: ./p.yml\ninputs: {n: 3}\n")
        assert graph.steps["a"].inputs["n"] == Parameter("3", "integer")
        graph = desk.graph("type: pipeline\ncomponent: ./p.yml\n", ("inputs.n", "4"))
        assert graph.steps["a"].inputs["n"] == Parameter("4", "integer")
        error = desk.error("type: pipeline\ncomponent: ./p.yml\n", ("inputs.m", "4"))
        assert "there is no 'm' in the inputs of the pipeline; there are n" in error

    def test_a_command_component_at_the_root(self, desk: Desk) -> None:
        desk.write("train.yml", TRAIN)
        desk.write("d/x")
        graph = desk.graph("type: pipeline\ncomponent: train.yml\ninputs: {data: {path: d}}\n")
        assert list(graph.steps) == ["train"]
        assert graph.outputs["model"].step == "train"

    def test_a_command_job_is_a_pipeline_of_one_step(self, desk: Desk) -> None:
        desk.write("d/x")
        graph = desk.graph(
            """
            $schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
            command: ls ${{inputs.data}} --lr ${{inputs.lr}} ${{outputs.o}}
            inputs:
              lr: 0.1
              data: {type: uri_folder, path: d}
            outputs: {o: {type: uri_folder}}
            environment: {image: x}
            compute: azureml:cpu
            experiment_name: hello
            """,
            ("inputs.lr", "0.2"),
            path="hello-world.yml",
        )
        assert list(graph.steps) == ["hello_world"]
        assert graph.steps["hello_world"].inputs["lr"] == Parameter("0.2", "number")
        assert graph.experiment == "hello"
        assert "o" in graph.steps["hello_world"].outputs

    def test_a_sweep_job_is_shown(self, desk: Desk) -> None:
        graph = desk.graph("""
            type: sweep
            trial: {command: "echo ${{search_space.lr}} ${{inputs.n}}", environment: {image: x}}
            inputs: {n: 3}
            search_space: {lr: {type: uniform, min_value: 0, max_value: 1}}
            objective: {goal: maximize, primary_metric: acc}
            limits: {max_total_trials: 3}
        """)
        step = graph.steps["pipeline"]
        assert step.kind == "sweep"
        assert step.unsupported
        assert step.inputs["n"] == Parameter("3", "integer")


class TestLax:
    """What Azure ML accepts is only said."""

    @pytest.mark.parametrize(
        ("lines", "word"),
        [
            ("    tgas: {a: b}\n", "did you mean 'tags'?"),
            ("    outputs: {}\n    zzz: 1\n", "zzz"),
        ],
    )
    def test_unknown_keys_of_a_step(self, desk: Desk, lines: str, word: str) -> None:
        assert any(word in notice for notice in desk.notices(with_step(lines)))

    def test_unknown_keys_of_a_component_file(self, desk: Desk) -> None:
        desk.write("train.yml", TRAIN + "\nauthor: me\n")
        desk.write("d/x")
        notices = desk.notices("type: pipeline\njobs: {a: {component: train.yml, inputs: {data: {path: d}}}}")
        assert [notice for notice in notices if "unknown key 'author'" in notice]

    def test_an_undeclared_input_is_left_out(self, desk: Desk) -> None:
        desk.write("train.yml", TRAIN)
        desk.write("d/x")
        graph = desk.graph("type: pipeline\njobs: {a: {component: train.yml, inputs: {data: {path: d}, rte: 1}}}")
        assert set(graph.steps["a"].inputs) == {"data", "rate"}
        assert "did you mean 'rate'?" in str(graph.notices[0])

    def test_a_schedule_and_declared_literals_are_refused_by_azure_only(self, desk: Desk) -> None:
        graph = desk.graph(f"""
            type: pipeline
            schedule: {{type: cron}}
            inputs: {{n: {{type: integer, default: 3}}}}
            tags: {{a: 1}}
            jobs: {{a: {STEP}}}
        """)
        assert graph.inputs == {"n": "3"}
        assert graph.tags == {"a": "1"}
        assert sum("Azure ML refuses" in str(notice) for notice in graph.notices) == 3

    def test_what_azure_refuses_though_its_meaning_is_plain(self, desk: Desk) -> None:
        notices = desk.notices(f"inputs:\njobs: {{a: {STEP}}}")
        assert notices == [
            "pipeline.yml:1:1: Azure ML wants 'type: pipeline' at the top of a pipeline",
            "pipeline.yml:1:1: Azure ML refuses an empty 'inputs:' in the pipeline",
        ]

    def test_jobs_right_inside_a_step(self, desk: Desk) -> None:
        graph = desk.graph(f"type: pipeline\njobs: {{outer: {{type: pipeline, jobs: {{a: {STEP}}}}}}}")
        assert list(graph.steps) == ["outer.a"]

    def test_what_azure_knows_and_mlpw_does_not_use(self, desk: Desk) -> None:
        text = with_step("    services: {code: {type: vs_code}}\n    identity: {type: aml_token}\n    comment: x\n")
        assert desk.notices(text) == []


def test_a_component_used_by_many_steps_is_read_once(desk: Desk) -> None:
    desk.write("c.yml", "name: c\ncommand: 'true'\nenvironment: {image: x}\nzzz: 1\n")
    steps = ", ".join(f"s{i}: {{component: {'./' * (i % 2)}c.yml}}" for i in range(20))
    notices = desk.notices(f"type: pipeline\njobs: {{{steps}}}")
    assert sum("zzz" in notice for notice in notices) == 1


def test_a_key_repeated_with_the_same_value_is_a_warning(desk: Desk) -> None:
    """Three of the public repositories made from Azure/mlops-v2 repeat `experiment_name`; Azure ML takes the last."""
    text = "type: pipeline\nexperiment_name: x\nexperiment_name: x\njobs: {a: {command: y, environment: {image: x}}}\n"
    assert desk.notices(text) == [
        "pipeline.yml:3:1: the pipeline has the key 'experiment_name' twice, with the same value"
    ]


def test_a_key_repeated_with_another_value_is_an_error(desk: Desk) -> None:
    text = "type: pipeline\njobs:\n  a: {command: x}\n  a: {command: y}\n"
    assert "the key 'a' is given twice" in desk.error(text)
