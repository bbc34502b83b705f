"""Environments in every way Azure ML lets a step name one; packages are tiny and made here, so nothing is fetched."""

import json
from pathlib import Path

import pytest

from tests.support.shell import Shell
from tests.support.wheels import make_wheel

SHOW = "python -c 'import tiny; print(tiny.version)' > ${{outputs.out}}"


@pytest.fixture
def offline(shell: Shell) -> Shell:
    """A workspace beside a folder with versions 1.0 and 2.0 of the package `tiny`."""
    wheels = shell.root.parent / "wheels"
    wheels.mkdir()
    for version in ("1.0", "2.0"):
        make_wheel(wheels, "tiny", version)
    return shell


def using(shell: Shell, environment: str, command: str = SHOW) -> str:
    """A pipeline with one step in that environment."""
    document = {
        "type": "pipeline",
        "jobs": {
            "a": {
                "command": command,
                "environment": json.loads(environment) if environment.startswith("{") else environment,
                "outputs": {"out": {"type": "uri_file"}},
            }
        },
    }
    shell.write("p.yml", json.dumps(document))
    return "p.yml"


def from_wheels(shell: Shell) -> dict[str, str]:
    """Where the installer finds packages, as a person would say it."""
    return {"UV_FIND_LINKS": str(shell.root.parent / "wheels"), "UV_NO_INDEX": "1", "PIP_NO_INDEX": "1"}


CONDA = "name: c\nchannels: [conda-forge]\ndependencies: [python, pip, {pip: [tiny==1.0]}]\n"


@pytest.mark.parametrize(
    ("environment", "version"),
    [
        ('{"image": "x", "conda_file": {"dependencies": ["python", "pip", {"pip": ["tiny==1.0"]}]}}', "1.0"),
        ('{"image": "x", "conda_file": "envs/conda.yml"}', "1.0"),
        ('{"image": "x", "conda_file": {"dependencies": [{"pip": ["-r envs/requirements.txt"]}]}}', "2.0"),
        ("file:envs/env.yml", "1.0"),
        ("file:./envs/env.yml", "1.0"),
        ("azureml://registries/azureml/environments/mine/versions/7", "2.0"),
        ("azureml:plain@latest", "2.0"),
    ],
)
def test_a_step_finds_its_packages(offline: Shell, environment: str, version: str) -> None:
    offline.write("envs/conda.yml", CONDA)
    offline.write("envs/requirements.txt", "# ours\ntiny>=2\n")
    offline.write("envs/env.yml", "name: tiny-env\nimage: x\nconda_file: conda.yml\n")
    offline.write(
        "mlpw.yml",
        "environments:\n  azureml://registries/azureml/environments/mine/*: envs/requirements.txt\n"
        "  azureml:plain@latest: envs/requirements.txt\n",
    )

    run = offline.run(using(offline, environment), env=from_wheels(offline))

    assert run.text("a") == f"{version}\n"


def test_another_version_names_the_package_and_an_edit_of_nothing_does_not(offline: Shell) -> None:
    offline.write("envs/conda.yml", CONDA)
    using(offline, '{"image": "x", "conda_file": "envs/conda.yml"}')
    offline.run("p.yml", env=from_wheels(offline))

    offline.edit("envs/conda.yml", "name: c\n", "# a comment\n")
    assert offline.plan("p.yml") == {"a": "up_to_date"}
    offline.edit("envs/conda.yml", "tiny==1.0", "tiny==2.0")
    assert offline.plan("p.yml") == {"a": "environment changed: tiny 1.0 -> 2.0"}


def test_a_version_of_a_package_is_named_with_what_it_was(offline: Shell) -> None:
    """As people know it; the environment of the second version is not built to be compared with."""
    make_wheel(offline.root.parent / "wheels", "scikit_learn", "1.5.0")
    pip = '{"image": "x", "conda_file": {"dependencies": [{"pip": ["scikit-learn==VERSION"]}]}}'
    offline.run(using(offline, pip.replace("VERSION", "1.5.0"), "echo > ${{outputs.out}}"), env=from_wheels(offline))

    using(offline, pip.replace("VERSION", "1.5.2"), "echo > ${{outputs.out}}")

    assert offline.plan("p.yml") == {"a": "environment changed: scikit-learn 1.5.0 -> 1.5.2"}


def test_an_image_alone_means_the_default_environment_and_is_said_once(shell: Shell) -> None:
    jobs = "".join(f"  s{i}: {{command: 'true', environment: {{image: 'some/image:1'}}}}\n" for i in range(3))
    shell.write("p.yml", f"type: pipeline\njobs:\n{jobs}")

    run = shell.run("p.yml")

    assert [note for note in run.said.notes if "some/image:1" in note] == [
        "p.yml:3:38: image 'some/image:1' is not used on local compute; its steps run in the workspace's default "
        "environment"
    ]


def test_a_package_that_cannot_be_had_fails_the_step_and_is_named(offline: Shell) -> None:
    using(offline, '{"image": "x", "conda_file": {"dependencies": [{"pip": ["tiny==9.9"]}]}}')

    run = offline.run("p.yml", code=1, env=from_wheels(offline))

    assert run.statuses == {"a": "failed"}
    assert "tiny" in run.json["steps"]["a"]["error"]
    assert "tiny==9.9" in run.said.err


def test_a_step_never_sees_what_mlpw_is_made_of(shell: Shell) -> None:
    names = ("textual", "click", "core", "tui", "pytest")
    code = f"import importlib.util as u; print([n for n in {names} if u.find_spec(n)])"
    using(shell, '{"image": "x"}', f'python -c "{code}" > ${{{{outputs.out}}}}')

    leaked = {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONHOME": ""}
    assert shell.run("p.yml", env=leaked).text("a") == "[]\n"


MISTAKES = [
    ("azureml:nothing@latest", "environment 'nothing@latest' is not registered in this workspace"),
    ("azureml://registries/azureml/environments/sklaern-1.5/labels/latest", "did you mean"),
    ("azureml://registries/other/environments/x/versions/1", "lives in the registry 'other'"),
    ("file:envs/nothing.yml", "does not exist"),
    ("python:3.10", "write 'azureml:python:3.10@latest' for a registered one"),
    ('{"image": "x", "conda_fil": "c.yml"}', "did you mean 'conda_file'?"),
    ('{"image": "x", "conda_file": "c.yml"}', "conda_file 'c.yml' does not exist"),
    ('{"image": "x", "dependencies": ["pandas"]}', "'dependencies' belongs in a conda file"),
]


@pytest.mark.parametrize(("environment", "said"), MISTAKES, ids=[text for text, _ in MISTAKES])
def test_an_environment_that_cannot_be(shell: Shell, environment: str, said: str) -> None:
    assert said in shell.refused("run", using(shell, environment))
