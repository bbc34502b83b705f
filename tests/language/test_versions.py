"""Versions with a name: made by `create`, found by version, latest and label, archived, and still run where named."""

import pytest

from tests.support.shell import Shell


@pytest.fixture
def registered(shell: Shell) -> Shell:
    """Two versions of a component, of data and of an environment."""
    for version in ("1", "2"):
        shell.write("src/say.sh", f"echo component {version}\n")
        shell.write(
            "say.yml",
            f"""
            $schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
            name: say
            version: "{version}"
            type: command
            inputs: {{data: {{type: uri_file}}}}
            outputs: {{out: {{type: uri_file}}}}
            code: src
            environment: {{image: x}}
            command: sh say.sh > ${{{{outputs.out}}}}; cat ${{{{inputs.data}}}} >> ${{{{outputs.out}}}}
        """,
        )
        shell.write("words.txt", f"data {version}\n")
        shell.write("words.yml", f"name: words\nversion: {version}\ntype: uri_file\npath: words.txt\n")
        shell.ok("component", "create", "-f", "say.yml")
        shell.ok("data", "create", "-f", "words.yml")
    return shell


def pipeline(shell: Shell, component: str, data: str) -> str:
    shell.write(
        "p.yml",
        f"type: pipeline\njobs:\n  a:\n    component: {component}\n"
        f"    inputs: {{data: {{type: uri_file, path: '{data}'}}}}\n",
    )
    return "p.yml"


def test_a_version_and_the_latest_run_as_they_were_when_made(registered: Shell) -> None:
    registered.write("src/say.sh", "echo edited\n")
    registered.write("words.txt", "edited\n")

    exact = registered.run(pipeline(registered, "azureml:say:1", "azureml:words:1"))
    latest = registered.run(pipeline(registered, "azureml:say@latest", "azureml:words@latest"))

    assert exact.lines("a") == ["component 1", "data 1"]
    assert latest.lines("a") == ["component 2", "data 2"]


def test_an_archived_version_runs_where_it_is_named_and_is_not_the_latest(registered: Shell) -> None:
    registered.ok("component", "archive", "say:2")
    registered.ok("data", "archive", "words:2")

    latest = registered.run(pipeline(registered, "azureml:say@latest", "azureml:words@latest"))
    named = registered.run(pipeline(registered, "azureml:say:2", "azureml:words:2"))

    assert latest.lines("a") == ["component 1", "data 1"]
    assert latest.said.warnings == []
    assert named.lines("a") == ["component 2", "data 2"]
    assert [warning.split(": ", 1)[1] for warning in named.said.warnings] == [
        "component say:2 is archived",
        "data words:2 is archived",
    ]
    registered.ok("component", "restore", "say:2")
    assert registered.ok("plan", pipeline(registered, "azureml:say:2", "azureml:words:1")).warnings == []


def test_a_registered_environment_is_used_by_version_and_label(shell: Shell) -> None:
    shell.write(
        "env.yml", "name: mine\nversion: 3\nimage: x\nconda_file: {dependencies: [], variables: {SEEN: three}}\n"
    )
    shell.ok("environment", "create", "-f", "env.yml")
    jobs = "".join(
        f"  s{i}:\n    command: echo $SEEN {i} > ${{{{outputs.out}}}}\n    environment: {name}\n"
        "    outputs: {out: {type: uri_file}}\n"
        for i, name in enumerate(("azureml:mine:3", "azureml:mine@latest"))
    )
    shell.write("p.yml", f"type: pipeline\njobs:\n{jobs}")

    run = shell.run("p.yml")

    assert (run.text("s0"), run.text("s1")) == ("three 0\n", "three 1\n")


MISTAKES = [
    ("azureml:sya:1", "azureml:words:1", "component 'sya:1' is not registered in this workspace; did you mean"),
    ("azureml:say:9", "azureml:words:1", "component 'say' has no version 9; it has 2, 1"),
    ("azureml:say@stable", "azureml:words:1", "component 'say' has no label 'stable'"),
    ("azureml:say:1", "azureml:wrods:1", "data 'wrods:1' is not registered in this workspace; did you mean"),
    ("azureml:say:1", "azureml:words:3", "data 'words' has no version 3; it has 2, 1"),
]


def test_a_version_that_is_not_there_is_refused_with_those_that_are(registered: Shell) -> None:
    for component, data, said in MISTAKES:
        line = registered.refused("run", pipeline(registered, component, data))
        assert said in line
        assert line.startswith("p.yml:")
