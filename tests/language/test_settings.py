"""Settings, limits, tags and `mlpw.yml`."""

import pytest

from tests.support.shell import Shell

THREE = """
type: pipeline
settings: {SETTINGS}
jobs:
  bad:
    command: echo lost; echo why >&2; exit 3
    environment: {image: x}
    outputs: {out: {type: uri_file}}
  needs:
    command: cat ${{inputs.x}}
    environment: {image: x}
    inputs: {x: "${{parent.jobs.bad.outputs.out}}"}
  after:
    command: cat ${{inputs.x}}; true
    environment: {image: x}
    inputs: {x: "${{parent.jobs.slow.outputs.out}}"}
  slow:
    command: until [ -e ../../../bad/1/result.json ]; do sleep 0.05; done; echo > ${{outputs.out}}
    environment: {image: x}
    outputs: {out: {type: uri_file}}
  copes:
    component: copes.yml
    inputs: {x: "${{parent.jobs.bad.outputs.out}}"}
"""
COPES = """
name: copes
inputs: {x: {type: uri_file, optional: true}}
outputs: {out: {type: uri_file}}
environment: {image: x}
command: echo without $[[${{inputs.x}}]] > ${{outputs.out}}
"""


@pytest.mark.parametrize(
    ("goes_on", "after", "copes"), [(False, "not_run", "not_run"), (True, "succeeded", "succeeded")]
)
def test_a_failed_step_stops_what_needs_it_and_the_rest_as_the_setting_says(
    shell: Shell, goes_on: bool, after: str, copes: str
) -> None:
    shell.write("copes.yml", COPES)
    shell.write("p.yml", THREE.replace("SETTINGS", f"continue_on_step_failure: {goes_on}"))

    run = shell.run("p.yml", code=1)

    assert run.statuses == {
        "bad": "failed",
        "needs": "not_run",
        "slow": "succeeded",
        "after": after,
        "copes": copes,
    }
    assert run.json["status"] == "failed"
    assert run.json["steps"]["bad"]["exit_code"] == 3
    assert run.json["steps"]["bad"]["outputs"] == {}
    assert run.said.err.index("    lost") < run.said.err.index("    why")
    if goes_on:
        assert run.text("copes") == "without\n"


def test_a_rerun_goes_on_from_where_it_failed(shell: Shell) -> None:
    shell.write("src/gate.sh", "exit 1\n")
    shell.write(
        "p.yml",
        """
        type: pipeline
        jobs:
          a: {command: "echo > ${{outputs.out}}", environment: {image: x}, outputs: {out: {type: uri_file}}}
          b:
            command: sh gate.sh ${{inputs.x}}
            code: src
            environment: {image: x}
            inputs: {x: "${{parent.jobs.a.outputs.out}}"}
    """,
    )
    shell.run("p.yml", code=1)
    assert shell.plan("p.yml") == {"a": "up_to_date", "b": "failed in run 1"}

    shell.write("src/gate.sh", "exit 0\n")

    assert shell.run("p.yml").statuses == {"a": "reused", "b": "succeeded"}


ONE = "type: pipeline\n{}\njobs:\n  a:\n    command: 'true'\n    environment: {{image: x}}\n{}"


def test_force_rerun_and_steps_that_are_not_deterministic_run_again(shell: Shell) -> None:
    shell.write("forced.yml", ONE.format("settings: {force_rerun: true}", ""))
    shell.write("chance.yml", ONE.format("", "    is_deterministic: false\n"))
    for pipeline, why in (("forced", "settings.force_rerun is true"), ("chance", "is_deterministic is false")):
        shell.run(f"{pipeline}.yml")
        assert shell.run(f"{pipeline}.yml").reasons("a") == [why]


def test_a_step_over_its_time_is_ended_and_says_so(shell: Shell) -> None:
    shell.write(
        "p.yml",
        "type: pipeline\njobs:\n  a:\n    command: sleep 60\n    environment: {image: x}\n    limits: {timeout: 1}\n",
    )

    run = shell.run("p.yml", code=1)

    assert run.statuses == {"a": "failed"}
    assert "1 s" in run.json["steps"]["a"]["error"]
    assert "time" in run.json["steps"]["a"]["error"]


def test_compute_of_any_name_is_this_machine(shell: Shell) -> None:
    shell.write(
        "p.yml",
        """
        type: pipeline
        inputs: {where: gpu-cluster}
        compute: azureml:cpu-cluster
        settings: {default_compute: serverless}
        jobs:
          a: {command: 'true', environment: {image: x}, compute: azureml:cpu-cluster}
          b: {command: 'true', environment: {image: x}, compute: gpu-cluster, resources: {instance_count: 1}}
          c: {command: 'true', environment: {image: x}, compute: "${{parent.inputs.where}}"}
          d: {command: 'true', environment: {image: x}}
    """,
    )

    assert set(shell.run("p.yml").statuses.values()) <= {"succeeded", "reused"}
    assert shell.run("p.yml", "--set", "settings.default_compute=other").json["status"] == "succeeded"


def test_tags_and_names_are_for_people_and_change_no_result(shell: Shell) -> None:
    shell.write("p.yml", ONE.format("tags: {a: b}\nexperiment_name: e\ndisplay_name: d\ndescription: f", ""))
    shell.run("p.yml")

    shell.write(
        "p.yml", ONE.format("tags: {a: c}\nexperiment_name: f\n# words", "    tags: {x: '1'}\n    comment: y\n")
    )

    assert shell.plan("p.yml") == {"a": "up_to_date"}


LAX = [
    ("settings: {default_datestore: azureml:x}", "", "unknown key 'default_datestore', which is ignored; did you mean"),
    ("settings: {continue_on_step_failur: true}", "", "did you mean 'continue_on_step_failure'?"),
    ("tags: {a: 1}", "", "Azure ML refuses tag 'a': its value must be text, in quotes"),
    ("", "    shm_size: 2g\n", "step 'a' has an unknown key 'shm_size', which is ignored"),
    ("", "  Prep-Data: {command: 'true', environment: {image: x}}\n", "Azure ML refuses the step name 'Prep-Data'"),
    ("", "  b: {command: 'true'}\n", "step 'b' names no environment, which Azure ML requires"),
    ("limits: {timeout: 60}", "", "Azure ML refuses 'limits' in a pipeline job; it is ignored"),
    ("outputs: {nobody: {type: uri_folder}}", "", "no step writes output 'nobody' of the pipeline"),
    ("inputs:", "", "Azure ML refuses an empty 'inputs:' in the pipeline"),
]


@pytest.mark.parametrize(("top", "step", "said"), LAX, ids=[(top + step).strip() for top, step, _ in LAX])
def test_what_azure_accepts_though_lax_runs_with_a_warning(shell: Shell, top: str, step: str, said: str) -> None:
    shell.write("p.yml", ONE.format(top, step))

    ok = shell.ok("plan", "p.yml")

    assert [warning for warning in ok.warnings if said in warning], ok.err
    assert all(warning.startswith("p.yml:") for warning in ok.warnings)


def test_mlpw_yml_maps_what_a_laptop_lacks(shell: Shell) -> None:
    shell.write(
        "mlpw.yml",
        """
        name: taxi
        compute: {gpu-cluster: local}
        components:
          azureml://registries/azureml/components/say/*: parts/say.yml
        local: {cpus: 1, memory: 2g}
    """,
    )
    shell.write("parts/say.yml", "name: say\ncommand: 'true'\nenvironment: {image: x}\n")
    shell.write(
        "p.yml",
        "type: pipeline\njobs:\n  a:\n    component: azureml://registries/azureml/components/say/versions/1\n"
        "    compute: azureml:gpu-cluster\n",
    )

    assert shell.run("p.yml").statuses == {"a": "succeeded"}


WRONG = [
    ("computes: {a: local}", "mlpw.yml:1:1: unknown key 'computes' in mlpw.yml; did you mean 'compute'?"),
    ("compute: local", "mlpw.yml:1:10: compute of mlpw.yml must be a mapping, not 'local'"),
    ("local: {cpus: -1}", "mlpw.yml:1:15: cpus must be a number above 0, not '-1'"),
    ("local: {memory: much}", "mlpw.yml:1:17: 'much' is no size; write it as 512m, 2g or 16g"),
    ("data: {x: [1]}", "mlpw.yml:1:11: data.x of mlpw.yml must be text, not a list"),
    ("- name", "mlpw.yml:1:1: mlpw.yml must be a mapping, not a list"),
    ("name: [", "mlpw.yml:2:1: not valid YAML"),
]


@pytest.mark.parametrize(("text", "said"), WRONG, ids=[text for text, _ in WRONG])
def test_a_mistake_in_mlpw_yml_is_said_where_it_stands(shell: Shell, text: str, said: str) -> None:
    shell.write("mlpw.yml", text + "\n")
    shell.write("p.yml", ONE.format("", ""))

    assert said in shell.refused("run", "p.yml")
