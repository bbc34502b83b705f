"""mlpw compare and mlpw rm, as people type them."""

from tests.support.commands import Bench


def test_two_runs_are_compared(ran: Bench) -> None:
    ran.ok("run", "pipe.yml", "--set", "inputs.word=bye")
    said = ran.ok("compare", "1", "latest").out
    assert "parameters" in said
    assert "say.word" in said
    assert "hello" in said
    assert "bye" in said


def test_a_comparison_as_json_has_a_value_for_each_run(ran: Bench) -> None:
    ran.ok("run", "pipe.yml", "--set", "inputs.word=bye")
    found = ran.ok("compare", "1", "2", "--json").json
    assert found["runs"] == ["1", "2"]
    words = [line for line in found["lines"] if line["about"] == "parameters" and line["step"] == "say"]
    assert [line["values"] for line in words] == [["hello", "bye"]]
    assert all(line["differs"] for line in found["lines"])
    every = ran.ok("compare", "1", "2", "--json", "--all").json
    assert len(every["lines"]) > len(found["lines"])


def test_comparing_one_run_says_what_is_expected(ran: Bench) -> None:
    said = ran.mlpw("compare", "1", "1")
    assert said.code == 2
    assert "name two to 6 different runs" in said.err


def test_a_deleted_run_is_gone_and_its_results_stay(ran: Bench) -> None:
    said = ran.ok("rm", "1", "--yes").out
    assert said.startswith("deleted run 1, ")
    assert "kept 2 results with their logs" not in said
    assert "kept 2 results" in said
    assert ran.ok("runs", "--json").json == {"runs": []}
    steps = ran.ok("plan", "pipe.yml", "--json").json["steps"]
    assert {step["decision"] for step in steps.values()} == {"up_to_date"}


def test_deleting_asks_and_where_nobody_can_be_asked_wants_a_yes(ran: Bench) -> None:
    said = ran.mlpw("rm", "1")
    assert said.code == 2
    assert "give --yes" in said.err
    assert ran.ok("runs", "--json").json["runs"]


def test_deleting_as_json_names_the_runs(ran: Bench) -> None:
    assert ran.ok("rm", "latest", "--yes", "--json").json["deleted"] == ["1"]
