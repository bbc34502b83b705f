"""`mlpw logs`: one log, several merged, and which of their lines."""

from pathlib import Path

import pytest

from tests.support.bench import Bench
from tests.support.commands import Bench as Commands
from tests.support.steps import step
from tui.commands.log_output import moment_of


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, prepared_environments: Path) -> Commands:
    """Two steps that write one after the other, in turns."""
    made = Bench(tmp_path_factory.mktemp("logs") / "workspace", prepared_environments)
    (made.root / "mlpw.yml").write_text("name: logs\n")
    one = f"echo a1; touch {made.outside}/g1; {made.gate('g2')}; sleep 0.1; echo a2; printf 'a%%3\\r100%%\\n'"
    two = f"{made.gate('g1')}; sleep 0.1; echo b1; sleep 0.1; touch {made.outside}/g2; printf 'no end'"
    made.pipeline({"one": step(one), "second": step(two)})
    made.run()
    return Commands(made.root)


def test_one_log_is_printed_byte_by_byte(ran: Commands) -> None:
    assert ran.ok("logs", "1/one").out == "a1\na2\na%3\r100%\n"
    assert ran.ok("logs", "latest/second").out == "b1\nno end"


def test_several_are_merged_by_time_with_their_names(ran: Commands) -> None:
    wanted = ["one    | a1", "second | b1", "second | no end", "one    | a2", "one    | a%3", "100%"]
    assert ran.ok("logs", "1").out.splitlines() == wanted
    assert ran.ok("logs", "1/one", "1/second").out.splitlines() == wanted
    assert ran.ok("logs", "1", "-f").out.splitlines() == wanted


def test_only_the_last_lines(ran: Commands) -> None:
    assert ran.ok("logs", "1", "-n", 2).out == "one    | a2\none    | a%3\r100%\n"
    assert ran.ok("logs", "1/one", "-n", 2).out == "a2\na%3\r100%\n"
    assert ran.ok("logs", "1/second", "-n", 1).out == "no end"
    assert ran.ok("logs", "1/one", "-n", 99).out == "a1\na2\na%3\r100%\n"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2", ["one    | a2"]),
        ("!1", ["second | no end", "one    | a2"]),
        ("~^[ab]1$", ["one    | a1", "second | b1"]),
        ("%3", []),
    ],
)
def test_only_lines_with_a_text(ran: Commands, text: str, wanted: list[str]) -> None:
    assert ran.ok("logs", "1", "--grep", text).out.splitlines() == wanted


def test_times_and_what_came_since(ran: Commands) -> None:
    first = ran.ok("logs", "1/one", "-t").out.splitlines()[0]
    assert first.endswith(" a1")
    assert moment_of(first[:19]) > moment_of("1h")
    elapsed = ran.ok("logs", "1", "--elapsed").out.splitlines()
    assert elapsed[0].split() == ["+0.000", "one", "|", "a1"]
    assert float(elapsed[1].split()[0]) >= 0.1
    assert ran.ok("logs", "1", "--since", "1h").out == ran.ok("logs", "1").out
    assert ran.ok("logs", "1", "--since", "2999-01-01").out == ""


def test_attempts_by_number(ran: Commands) -> None:
    assert ran.ok("logs", "1/one", "--attempt", 1, "-n", 1).out == "a%3\r100%\n"
    assert "no attempt 4 at 'one' in run 1; there is: 1" in ran.mlpw("logs", "1/one", "--attempt", 4).err
    assert "--attempt is for one step" in ran.mlpw("logs", "1", "--attempt", 1).err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--grep", "~("), "missing )"),
        (("--since", "soon"), "expected 90s, 10m, 2h, 1d, 14:30 or 2026-01-31 14:30"),
    ],
)
def test_what_means_nothing_is_refused(ran: Commands, arguments: tuple[str, ...], said: str) -> None:
    refused = ran.mlpw("logs", "1/one", *arguments)
    assert refused.code == 2
    assert said in refused.err


def test_a_run_of_two_is_not_merged_with_another(ran: Commands) -> None:
    assert "no run 9" in ran.mlpw("logs", "1/one", "9/one").err
