"""Paths: where they start, where they may lead, and what may lie there."""

import os
import socket
from pathlib import Path

import pytest

from core.planning.graph import DataInput
from tests.support.pipelines import Desk


def using(path: str, kind: str = "uri_folder", mode: str = "") -> str:
    return f"""
        type: pipeline
        jobs:
          a:
            command: ls ${{{{inputs.x}}}}
            environment: {{image: x}}
            inputs:
              x: {{type: {kind}, path: "{path}"{f", mode: {mode}" if mode else ""}}}
    """


def data_of(desk: Desk, path: str, kind: str = "uri_folder") -> DataInput:
    data = desk.graph(using(path, kind)).steps["a"].inputs["x"]
    assert isinstance(data, DataInput)
    return data


def test_a_path_starts_at_the_yaml_that_holds_it(desk: Desk) -> None:
    desk.write("deep/er/c.yml", "name: c\ncommand: python a.py\ncode: ../../src\nenvironment: {image: x}\n")
    desk.write("src/a.py")
    graph = desk.graph("type: pipeline\njobs: {a: {component: ../er/c.yml}}", path="deep/p/pipeline.yml")
    assert graph.steps["a"].code == str(desk.root / "src")


def test_code_may_be_one_file(desk: Desk) -> None:
    desk.write("a.py")
    graph = desk.graph("type: pipeline\njobs: {a: {command: python a.py, code: a.py, environment: {image: x}}}")
    assert graph.steps["a"].code == str(desk.root / "a.py")


def test_a_missing_path_names_the_nearest_in_its_folder(desk: Desk) -> None:
    desk.write("data/train/x")
    error = desk.error(using("./data/trian"))
    assert error.startswith("pipeline.yml:7:35: input 'x' of step 'a' './data/trian' does not exist")
    assert error.endswith("did you mean 'train'?")


def test_leaving_the_workspace_needs_a_line_in_mlpw_yml(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    assert "leaves the workspace" in desk.error(using(str(outside)))
    assert "leaves the workspace" in desk.error(using("../../../../../../../.."))
    desk.write("mlpw.yml", f"data_outside: [{outside}]")
    assert data_of(desk, str(outside)).path == str(outside)


def test_a_link_does_not_lead_out(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (desk.root / "data").symlink_to(outside)
    error = desk.error(using("data"))
    assert "through a link" in error
    assert f"list {outside} under 'data_outside'" in error


def test_a_link_inside_the_workspace_is_fine(desk: Desk) -> None:
    desk.write("real/x")
    (desk.root / "data").symlink_to("real")
    assert data_of(desk, "data").path == str(desk.root / "data")


@pytest.mark.parametrize("kind", ["fifo", "socket", "device"])
def test_only_files_and_folders_are_data(desk: Desk, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if kind == "fifo":
        os.mkfifo(desk.root / "special")
    elif kind == "socket":
        monkeypatch.chdir(desk.root)
        socket.socket(socket.AF_UNIX).bind("special")
    else:
        desk.write("mlpw.yml", "data_outside: [/dev]")
    error = desk.error(using("/dev/null" if kind == "device" else "special"))
    assert f"is a {'FIFO' if kind == 'fifo' else kind}, not a file or folder" in error


def test_a_broken_link_is_said(desk: Desk) -> None:
    (desk.root / "data").symlink_to("nowhere")
    assert "is a link that leads nowhere" in desk.error(using("data"))


@pytest.mark.parametrize(
    "uri",
    [
        "azureml://datastores/lake/paths/a/b.csv",
        "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/lake/paths/a/b.csv",
    ],
)
def test_a_datastore_is_a_folder_looked_at_late(desk: Desk, uri: str) -> None:
    desk.write("mlpw.yml", "datastores: {lake: ./blob}")
    data = data_of(desk, uri, "uri_file")
    assert (data.path, data.late, data.uri) == (str(desk.root / "blob/a/b.csv"), True, uri)


def test_the_default_datastore_needs_no_mapping(desk: Desk) -> None:
    uri = "azureml://datastores/workspaceblobstore/paths/a"
    assert data_of(desk, uri).path == str(desk.root / ".mlpw/datastores/workspaceblobstore/a")
    assert any(".mlpw/datastores/workspaceblobstore" in notice for notice in desk.notices(using(uri)))


def test_an_unknown_datastore_names_the_nearest_or_the_line_to_write(desk: Desk) -> None:
    uri = "azureml://datastores/lake/paths/a"
    assert "add 'datastores: {lake: ./folder}' to mlpw.yml" in desk.error(using(uri))
    desk.write("mlpw.yml", "datastores: {lakes: ./blob}")
    assert "did you mean 'lakes'?" in desk.error(using(uri))


def test_an_output_may_go_to_a_datastore_that_is_not_mapped(desk: Desk) -> None:
    graph = desk.graph("""
        type: pipeline
        jobs:
          a:
            command: "true"
            environment: {image: x}
            outputs: {o: {path: "azureml://datastores/lake/paths/${{ name }}/a"}}
    """)
    assert graph.steps["a"].outputs["o"].path == str(desk.root / ".mlpw/datastores/lake/${{name}}/a")
    (desk.root / ".mlpw/datastores/lake").mkdir(parents=True)
    assert data_of(desk, "azureml://datastores/lake/paths/x/a").late


@pytest.mark.parametrize("path", [".", "./.mlpw/store/x", ".mlpw"])
def test_no_output_goes_where_mlpw_keeps_its_own(desk: Desk, path: str) -> None:
    text = f"type: pipeline\njobs: {{a: {{command: x, environment: {{image: x}}, outputs: {{o: {{path: '{path}'}}}}}}}}"
    assert "cannot be written to" in desk.error(text)


def test_a_datastore_path_stays_in_it(desk: Desk) -> None:
    assert "leaves the datastore" in desk.error(using("azureml://datastores/workspaceblobstore/paths/../../../x"))


def test_a_url_is_only_known_by_name_unless_mapped(desk: Desk) -> None:
    url = "https://example.org/titanic.csv"
    assert (data_of(desk, url, "uri_file").path, data_of(desk, url).uri) == ("", url)
    desk.write("data/titanic.csv")
    desk.write("mlpw.yml", "data: {'https://example.org/*': ./data/titanic.csv}")
    assert data_of(desk, url, "uri_file").path == str(desk.root / "data/titanic.csv")


def test_a_mapping_to_nowhere_is_said(desk: Desk) -> None:
    desk.write("mlpw.yml", "data: {'wasbs://c@a.blob.core.windows.net/x': ./nope}")
    assert "mapped by mlpw.yml" in desk.error(using("wasbs://c@a.blob.core.windows.net/x"))


def test_additional_includes_join_the_code(desk: Desk) -> None:
    desk.write("src/a.py")
    desk.write("common/b.py")
    desk.write(
        "c.yml",
        """
        name: c
        command: python a.py
        code: ./src
        environment: {image: x}
        additional_includes: [./common]
    """,
    )
    step = desk.graph("type: pipeline\njobs: {a: {component: c.yml}}").steps["a"]
    assert step.code_includes == (str(desk.root / "common"),)


def test_code_in_a_cloud_is_refused(desk: Desk) -> None:
    error = desk.error("type: pipeline\njobs: {a: {command: x, code: 'git+https://x.org/a', environment: {image: x}}}")
    assert "is not on this machine" in error


def test_mlpw_yml_may_be_missing(desk: Desk, tmp_path: Path) -> None:
    assert not (tmp_path / "mlpw.yml").exists()
    assert desk.graph("type: pipeline\njobs: {a: {command: x, environment: {image: x}}}").steps["a"].compute == "local"
