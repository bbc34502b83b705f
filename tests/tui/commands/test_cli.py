"""What holds for every command: help with examples, JSON, a place in README.md, and a light start."""

import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.support.commands import Bench
from tests.support.waiting import PATIENCE_SECONDS, eventually
from tui.cli import COMMANDS, cli

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()
#: What takes long to import and no quick command needs.
HEAVY = ("textual", "rich", "docker", "watchdog", "sqlite_utils", "yaml", "psutil", "asyncio")


def every_command() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {verb}", inner) for verb, inner in command.commands.items())


EVERY = dict(every_command())


@pytest.mark.parametrize("name", EVERY)
def test_help_shows_examples(bench: Bench, name: str) -> None:
    said = bench.ok(*name.split(), "--help").out
    assert "Examples:\n" in said
    assert f"mlpw {name.split(maxsplit=1)[0]}" in said.partition("Examples:")[2]
    assert not (bench.root / ".mlpw").exists()


@pytest.mark.parametrize("name", [name for name, each in EVERY.items() if not isinstance(each, click.Group)])
def test_every_command_speaks_json(name: str) -> None:
    options = {option for parameter in EVERY[name].params for option in parameter.opts}
    assert "--json" in options or name == "completion"


@pytest.mark.parametrize("name", EVERY)
def test_every_command_stands_in_the_readme(name: str) -> None:
    first, _, verb = name.partition(" ")
    assert f"mlpw {first}" in README or f"\\|{first}" in README
    assert not verb or f"`{verb}" in README


@pytest.mark.parametrize("name", [name for name in EVERY if " " not in name or name.startswith("data ")])
def test_every_option_stands_in_the_readme(name: str) -> None:
    options = {option for parameter in EVERY[name].params for option in parameter.opts if option.startswith("--")}
    assert sorted(option for option in options if option not in README) == []


def test_help_of_all_lists_every_command_and_imports_none() -> None:
    said = imported("--help")
    assert not {f"tui.commands.{module}" for module, _, _ in COMMANDS.values()} & said


def imported(*arguments: str, folder: Path = ROOT) -> set[str]:
    """The modules in memory when the command ends."""
    program = (
        "import sys, json, atexit\n"
        "atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))\n"
        "from tui.start import main\nmain()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return set(json.loads(ended.stderr.splitlines()[-1]))


def test_the_version_needs_nothing_heavy() -> None:
    found = imported("--version")
    assert not found & {*HEAVY, "pysqlite3", "sqlite3", "difflib", "blake3", "click"}
    assert not {name for name in found if name.startswith("core.")}


def test_a_plain_run_with_nothing_to_do_needs_no_parser_of_options(ran: Bench) -> None:
    ran.ok("run", "pipe.yml")
    eventually(
        lambda: "click" not in imported("run", "pipe.yml", folder=ran.root), "files that are trusted to be settled"
    )


@pytest.mark.parametrize("arguments", [("run", "missing.yml"), ("run", ""), ("run", "--oops"), ("run",)])
def test_what_is_wrong_with_a_plain_run_is_said_by_the_command(bench: Bench, arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "tui", *arguments]
    ended = subprocess.run(command, cwd=bench.root, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("arguments", [("run", "pipe.yml"), ("plan", "pipe.yml"), ("runs",), ("show", "latest")])
def test_what_is_up_to_date_needs_nothing_heavy(ran: Bench, arguments: tuple[str, ...]) -> None:
    ran.ok("run", "pipe.yml")
    end = time.monotonic() + PATIENCE_SECONDS
    found = imported(*arguments, folder=ran.root)
    while found & {*HEAVY} and time.monotonic() < end:  # files that were written just now are not trusted to be settled
        found = imported(*arguments, folder=ran.root)
    assert sorted(found & {*HEAVY}) == []


def test_a_reader_that_leaves_is_no_error(ran: Bench) -> None:
    command = f"{sys.executable} -m tui runs | head -0"
    ended = subprocess.run(["bash", "-c", command], cwd=ran.root, capture_output=True, text=True, check=False)
    assert (ended.stdout, ended.stderr) == ("", "")


def test_every_kind_of_thing_is_listed_with_what_is_wrong(ran: Bench) -> None:
    schema = "https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json"
    ran.write("broken.yml", f"$schema: {schema}\nname: [\n")
    ran.write("taxi.yml", "name: taxi\ntype: uri_file\npath: pipe.yml\n")
    ran.ok("data", "create", "-f", "taxi.yml")
    listed = ran.ok("ls", "--json").json
    assert list(listed) == ["pipelines", "components", "data", "environments", "models", "computes", "runs"]
    assert [entry["path"] for entry in listed["pipelines"]["definitions"]] == ["pipe.yml"]
    assert "broken.yml:" in listed["components"]["definitions"][0]["error"]
    assert [asset["version"] for asset in listed["data"]["versions"]] == ["1"]
    assert [run["run"] for run in listed["runs"]] == ["1"]
    assert "broken.yml" in ran.ok("ls", "component").out


def test_a_new_workspace_has_something_to_run(bench: Bench) -> None:
    made = bench.ok("init", "taxi", "--json").json
    assert made["made"] == [".mlpw", "mlpw.yml", "pipelines/hello.yml"]
    assert bench.ok("-C", "taxi", "run", made["pipeline"]).code == 0
    assert bench.ok("-C", "taxi", "init", "--json").json["made"] == []


def test_a_workspace_can_begin_with_a_template(bench: Bench) -> None:
    listed = bench.ok("init", "--list", "--json").json["templates"]
    assert [each["name"] for each in listed] == ["blank", "train-evaluate", "batch-score"]
    assert "train-evaluate  split a table" in bench.ok("init", "--list").out
    assert "did you mean 'batch-score'" in bench.refused("init", "-t", "batchscore", "x")
    made = bench.ok("init", "--template", "train-evaluate", "houses", "--json").json
    assert bench.ok("-C", "houses", "run", made["pipeline"]).code == 0


def test_init_changes_nothing_that_is_there(bench: Bench) -> None:
    bench.write("pipe.yml", "type: pipeline\njobs: {a: {command: echo}}\n")
    before = bench.everything()
    made = bench.ok("init", "--json").json
    assert (made["made"], made["pipeline"]) == ([".mlpw"], "pipe.yml")
    assert before.items() <= bench.everything().items()


def test_init_marks_a_folder_inside_another_workspace(bench: Bench) -> None:
    assert "lies inside the workspace" in bench.ok("init", "inner").err
    assert (bench.root / "inner/mlpw.yml").exists()


def test_doctor_looks_without_touching(bench: Bench) -> None:
    before = bench.everything()
    found = bench.ok("doctor", "--json").json
    assert {"Python", "uv", "filesystem", "disk", "files", "docker", "terminal"} <= {
        each["name"] for each in found["checks"]
    }
    assert bench.everything() == before


def test_doctor_says_what_is_wrong_with_a_used_workspace(ran: Bench) -> None:
    (ran.root / ".mlpw").chmod(0o755)
    found = {each["name"]: each for each in ran.ok("doctor", "--json").json["checks"]}
    assert (found["privacy"]["health"], found["privacy"]["advice"]) == ("weak", "chmod 700 .mlpw")
    assert found["records"]["health"] == "ok"
    ran.write("mlpw.yml", "nam: x\n")
    assert ran.mlpw("doctor").code == 1


def test_completion_offers_runs_steps_kinds_and_names(ran: Bench) -> None:
    def offered(*words: str) -> list[str]:
        environment = {
            **os.environ,
            "_MLPW_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(("mlpw", *words)),
            "COMP_CWORD": str(len(words)),
        }
        said = subprocess.run(
            [sys.executable, "-c", "from tui.cli import main; main()"],
            cwd=ran.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return [line.partition(",")[2] for line in said.stdout.splitlines()]

    assert offered("show", "") == ["latest", "1"]
    assert offered("logs", "1/s") == ["1/say", "1/shout"]
    assert offered("ls", "m") == ["models"]
    ran.write("box.yml", "type: docker\nname: gpu-box\n")
    assert offered("compute", "show", "g") == ["gpu-box"]
    assert offered("run", "pi") == ["pipe.yml"]


def test_a_terminal_gets_colours_and_a_pipe_none(ran: Bench) -> None:
    leader, follower = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    command = [sys.executable, "-m", "tui", "runs"]
    subprocess.run(command, cwd=ran.root, stdout=follower, env=environment, check=True)
    os.close(follower)
    assert b"\033[" in os.read(leader, 65536)
    os.close(leader)
    assert "\033" not in ran.ok("runs").out
