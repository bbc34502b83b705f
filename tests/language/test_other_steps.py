"""Step types that cannot run here yet: they load, show in the plan, and only running them is refused."""

import json

import pytest

from tests.support.shell import Shell

OTHERS = {
    "parallel": {
        "type": "parallel",
        "mini_batch_size": "1",
        "input_data": "${{inputs.x}}",
        "inputs": {"x": "${{parent.jobs.before.outputs.out}}"},
        "outputs": {"out": {"type": "uri_folder"}},
        "task": {"type": "run_function", "code": ".", "entry_script": "s.py", "environment": {"image": "x"}},
    },
    "sweep": {
        "type": "sweep",
        "trial": "./c.yml",
        "inputs": {"x": "${{parent.jobs.before.outputs.out}}"},
        "outputs": {"out": None},
        "search_space": {"lr": {"type": "uniform", "min_value": 0.1, "max_value": 0.9}},
        "objective": {"goal": "minimize", "primary_metric": "loss"},
        "sampling_algorithm": "random",
    },
    "automl": {
        "type": "automl",
        "task": "classification",
        "training_data": "${{parent.jobs.before.outputs.out}}",
        "outputs": {"out": {"type": "mlflow_model"}},
    },
    "spark": {
        "type": "spark",
        "code": "./src",
        "entry": {"file": "s.py"},
        "inputs": {"x": "${{parent.jobs.before.outputs.out}}"},
        "outputs": {"out": {"type": "uri_folder", "mode": "direct"}},
    },
}
C = """
name: c
inputs: {x: {type: uri_folder}, lr: {type: number}}
outputs: {out: {type: uri_folder}}
environment: {image: x}
command: echo ${{inputs.x}} ${{inputs.lr}} ${{outputs.out}}
"""


@pytest.fixture
def around(shell: Shell, request: pytest.FixtureRequest) -> Shell:
    """`before` and `alone` are commands; `other`, between, cannot run."""
    shell.write("c.yml", C)
    shell.write("src/s.py")
    command = {"environment": {"image": "x"}, "outputs": {"out": {"type": "uri_folder"}}}
    document = {
        "type": "pipeline",
        "jobs": {
            "before": {"command": "touch ${{outputs.out}}/f", **command},
            "other": OTHERS[request.param],
            "after": {
                "command": "ls ${{inputs.x}}",
                "inputs": {"x": "${{parent.jobs.other.outputs.out}}"},
                **command,
            },
            "alone": {"command": "touch ${{outputs.out}}/g", **command},
        },
    }
    shell.write("p.yml", json.dumps(document))
    return shell


@pytest.mark.parametrize("around", OTHERS, indirect=True)
def test_it_shows_in_the_plan_and_what_does_not_need_it_runs(around: Shell, request: pytest.FixtureRequest) -> None:
    kind = request.node.callspec.params["around"]
    planned = around.ok("plan", "p.yml", "--json").json["steps"]
    assert set(planned) == {"before", "other", "after", "alone"}
    assert planned["other"]["decision"] == planned["after"]["decision"] == "waiting"

    line = around.refused("run", "p.yml")
    assert "step 'other'" in line
    assert kind in line
    assert line.startswith("p.yml:1:")

    only = around.run("p.yml", "--only", "alone")
    assert only.json["status"] == "succeeded"
    assert [name for name, status in only.statuses.items() if status != "not_run"] == ["alone"]
    before = around.run("p.yml", "--to", "before")
    assert [name for name, status in before.statuses.items() if status != "not_run"] == ["before"]


ONE_PROCESS = {
    "pytorch, process_count_per_instance: 1": (
        "$RANK $WORLD_SIZE $LOCAL_RANK $NODE_RANK $MASTER_ADDR",
        "0 1 0 0 127.0.0.1",
    ),
    "mpi, process_count_per_instance: 1": ("$OMPI_COMM_WORLD_RANK $OMPI_COMM_WORLD_SIZE", "0 1"),
    "tensorflow, worker_count: 1": ('"$TF_CONFIG"', '{"cluster": {"worker": ["127.0.0.1:'),
}


def test_a_distribution_of_one_process_runs_and_tells_it_that_it_is_alone(shell: Shell) -> None:
    port = 'test -n "$MASTER_PORT$TF_CONFIG$AZ_BATCH_MASTER_NODE"'
    jobs = "".join(
        f"  s{i}:\n    command: echo {seen} > ${{{{outputs.out}}}}; {port}\n"
        f"    environment: {{image: x}}\n    distribution: {{type: {kind}}}\n    outputs: {{out: {{type: uri_file}}}}\n"
        for i, (kind, (seen, _)) in enumerate(ONE_PROCESS.items())
    )
    shell.write("p.yml", f"type: pipeline\njobs:\n{jobs}")

    run = shell.run("p.yml")

    for i, (_, told) in enumerate(ONE_PROCESS.values()):
        assert run.text(f"s{i}").startswith(told)


def test_a_distribution_over_several_processes_shows_and_does_not_run_yet(shell: Shell) -> None:
    shell.write(
        "p.yml",
        """
        type: pipeline
        jobs:
          a:
            command: echo $RANK of $WORLD_SIZE > ${{outputs.out}}
            environment: {image: x}
            distribution: {type: pytorch, process_count_per_instance: 2}
            resources: {instance_count: 1}
            outputs: {out: {type: uri_file}}
    """,
    )
    assert "step 'a'" in shell.refused("run", "p.yml")
    assert list(shell.plan("p.yml")) == ["a"]
