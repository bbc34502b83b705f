"""What steps are given: data read-only or as their own copy, optional inputs, and nothing that changed meanwhile."""

import pytest

from core.errors import DefinitionError, InputError
from core.records.model import AssetKind
from core.workspace.versions import NewVersion
from tests.support.bench import Bench
from tests.support.steps import file, step
from tests.support.waiting import eventually


def test_a_step_that_changes_its_input_fails_and_the_input_is_made_again(bench: Bench) -> None:
    change = "chmod -R u+w ${{inputs.x}}; echo broken > ${{inputs.x}}/f"
    bench.pipeline(
        {
            "make": step("echo good > ${{outputs.out}}/f", makes=["out"]),
            "break": step(change, takes={"x": "make.out"}, makes=["out"]),
        }
    )

    bench.run()

    assert bench.steps(1)["break"].error == (
        "the step changed its input 'x': f; inputs are read-only: copy what you change, or use mode: download; "
        "a rerun makes the input again"
    )
    assert bench.plan()["make"] == "output removed from the store: out"
    assert bench.run() == ["make", "break"]


def test_data_saved_while_a_step_reads_it_is_told_and_the_result_not_kept(bench: Bench) -> None:
    bench.write({"raw/rows": "old\n"})
    bench.pipeline({"read": step(f"cat ${{{{inputs.raw}}}}/rows; {bench.gate()}", data={"raw": "raw/"})})
    run = bench.start()
    bench.until_started("read")
    bench.write({"raw/rows": "newer\n"})
    bench.open_gate()
    bench.end_of(run)

    assert bench.steps(run)["read"].error == (
        "input 'raw' changed while the step ran: rows; run again; the result was not kept"
    )
    assert bench.run() == ["read"]
    assert bench.statuses(2) == {"read": "succeeded"}


def test_download_gives_a_copy_that_the_step_may_change(bench: Bench) -> None:
    bench.write({"raw/rows": "mine\n"})
    change = "echo changed > ${{inputs.raw}}/rows; echo changed > ${{inputs.x}}/f; cat ${{inputs.raw}}/rows"
    copied = {
        "raw": {"type": "uri_folder", "path": "raw/", "mode": "download"},
        "x": {"type": "uri_folder", "path": "${{parent.jobs.make.outputs.out}}", "mode": "download"},
    }
    bench.pipeline(
        {"make": step("echo made > ${{outputs.out}}/f", makes=["out"]), "change": step(change, values=copied)}
    )

    bench.run()

    assert bench.statuses(1) == {"make": "succeeded", "change": "succeeded"}
    assert (bench.root / "raw/rows").read_text() == "mine\n"
    assert bench.text(1, "make") == "made\n"
    assert bench.run() == []


@pytest.mark.parametrize("path", ["raw/", "raw/rows"])
def test_data_saved_before_its_copy_is_made_is_not_taken_for_what_was_looked_at(
    bench: Bench, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the new content's result would be kept under the old content's name."""
    bench.write({"raw/rows": "old\n", "src/f": ""})
    kind = "uri_folder" if path.endswith("/") else "uri_file"
    copied = {"raw": {"type": kind, "path": path, "mode": "download"}}
    read = step("cat $(find ${{inputs.raw}} -type f) > ${{outputs.out}}/f", values=copied, code="src/", makes=["out"])
    bench.pipeline({"read": read})
    held = bench.hold_at("laid_out", monkeypatch)
    run = bench.start()
    eventually(held.exists)
    bench.write({"raw/rows": "newer\n"})
    held.unlink()
    bench.end_of(run)
    monkeypatch.delenv("MLPW_HOLD_AT")

    assert bench.steps(run)["read"].error == "input 'raw' changed before the step began: rows; run again"
    assert bench.run() == ["read"]
    assert bench.text(2, "read") == "newer\n"
    bench.write({"raw/rows": "old\n"})
    assert bench.run() == ["read"]
    assert bench.text(3, "read") == "old\n"


def test_direct_gives_the_address_and_only_a_new_address_is_a_change(bench: Bench) -> None:
    """Of data that is nowhere on this machine; what is here is given by its path and looked at as any other."""

    def write(address: str) -> None:
        given = {
            "far": {"type": "uri_folder", "path": f"wasbs://box@there.net/{address}", "mode": "direct"},
            "near": {"type": "uri_folder", "path": "raw/", "mode": "direct"},
        }
        bench.pipeline({"read": step("echo ${{inputs.far}}; cat ${{inputs.near}}/rows", values=given)})

    bench.write({"raw/rows": "1\n"})
    write("taxi")
    assert bench.run() == ["read"]
    assert bench.log(1, "read") == "wasbs://box@there.net/taxi\n1\n"
    assert bench.run() == []

    write("bus")
    assert bench.plan() == {"read": "input data changed (far)"}
    assert bench.run() == ["read"]
    bench.write({"raw/rows": "2\n"})
    assert bench.run() == ["read"]


def test_a_step_finds_folder_outputs_made_and_file_outputs_not(bench: Bench) -> None:
    empty = 'test -d ${{outputs.a}}; test -z "$(ls -A ${{outputs.a}})"'
    look = f"{empty}; test -d $(dirname ${{{{outputs.b}}}}); test ! -e ${{{{outputs.b}}}}"
    bench.pipeline({"look": step(f"set -e; {look}", makes={"a": {"type": "uri_folder"}, "b": file()})})

    bench.run()

    assert bench.statuses(1) == {"look": "succeeded"}


def test_an_optional_input_that_nothing_gives_leaves_its_part_of_the_command_out(bench: Bench) -> None:
    bench.write(
        {
            "say.yml": """
type: command
name: say
inputs: {x: {type: string, optional: true}}
command: echo begin $[[--x ${{inputs.x}}]] end
environment: {image: "ubuntu:22.04"}
"""
        }
    )
    bench.file.write_text(
        '{"type": "pipeline", "jobs": {"without": {"type": "command", "component": "./say.yml"},'
        ' "with": {"type": "command", "component": "./say.yml", "inputs": {"x": "it\'s $(here)"}}}}'
    )

    bench.run()

    assert bench.log(1, "without") == "begin end\n"
    assert bench.log(1, "with") == "begin --x it's $(here) end\n"


def test_data_that_is_not_there_refuses_the_run_or_fails_the_step_with_its_name(bench: Bench) -> None:
    bench.pipeline({"read": step("cat ${{inputs.raw}}", data={"raw": "missing.csv"})})

    try:
        bench.run()
        said = bench.run_record(1).error
    except (DefinitionError, InputError) as error:
        said = str(error)

    assert "missing.csv" in said
    assert bench.started() == []


@pytest.mark.parametrize("value", ["a b", "it's", '"', "$HOME $(id)", "`id`", "*", "ünï", "-n", "a\\b"])
def test_a_parameter_reaches_the_command_exactly(bench: Bench, value: str) -> None:
    bench.pipeline({"say": step("printf '%s' \"${{inputs.text}}\"", values={"text": value})})

    bench.run()

    assert bench.log(1, "say") == value


def test_a_registered_file_keeps_its_name(bench: Bench) -> None:
    bench.write(
        {"data/flights.csv": "late\n", "flights.yml": "name: flights\ntype: uri_file\npath: data/flights.csv\n"}
    )
    with bench.workspace() as workspace:
        workspace.create_version(NewVersion(AssetKind.DATA, bench.root / "flights.yml"))
    takes = {"given": {"type": "uri_file", "path": "azureml:flights@latest"}}
    copied = {"given": {**takes["given"], "mode": "download"}}
    say = "cat ${{inputs.given}} > ${{outputs.out}}/f; basename ${{inputs.given}} >> ${{outputs.out}}/f"
    bench.pipeline(
        {"read": {**step(say, makes=["out"]), "inputs": takes}, "copy": {**step(say, makes=["out"]), "inputs": copied}}
    )

    bench.run()

    assert bench.text(1, "read") == bench.text(1, "copy") == "late\nflights.csv\n"
    assert bench.run() == []
