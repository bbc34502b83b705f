"""mlpw plan --diff, as people type it."""

from tests.support.commands import Bench


def edited(ran: Bench) -> Bench:
    text = (ran.root / "pipe.yml").read_text()
    ran.write("pipe.yml", text.replace("tr a-z A-Z", "tr a-y A-Y"))
    return ran


def test_what_changed_is_told_line_by_line(ran: Bench) -> None:
    said = edited(ran).ok("plan", "pipe.yml", "--diff").out
    lines = said.splitlines()
    assert "shout: command changed  since run 1" in lines[0]
    assert "  -tr a-z A-Z < ${{inputs.said}}/word.txt > ${{outputs.loud}}" in lines
    assert "  +tr a-y A-Y < ${{inputs.said}}/word.txt > ${{outputs.loud}}" in lines
    assert "say" not in said.replace("said", "")


def test_a_step_can_be_named_before_or_after_the_option(ran: Bench) -> None:
    after = edited(ran).ok("plan", "pipe.yml", "--diff", "shout").out
    assert after == ran.ok("plan", "--diff", "pipe.yml", "shout").out
    assert "say: up to date  since run 1; nothing that it is made from has changed" in ran.ok(
        "plan", "pipe.yml", "--diff", "say"
    ).out.replace("\n", " ")


def test_values_that_are_set_are_compared(ran: Bench) -> None:
    said = ran.ok("plan", "pipe.yml", "--diff", "--set", "inputs.word=bye").out
    assert "  -word: hello" in said
    assert "  +word: bye" in said
    assert "shout: waits for say" in said


def test_nothing_to_run_is_said(ran: Bench) -> None:
    assert ran.ok("plan", "pipe.yml", "--diff").out == "no step would run: nothing has changed\n"


def test_as_json(ran: Bench) -> None:
    (name,) = found = edited(ran).ok("plan", "pipe.yml", "--diff", "--json").json["steps"]
    assert name == "shout"
    assert found
    report = ran.ok("plan", "pipe.yml", "--diff", "--json").json["steps"]["shout"]
    assert (report["decision"], report["since_run"]) == ("stale", "1")
    (change,) = report["changes"]
    assert (change["about"], change["path"], change["change"], change["counts"]) == (
        "command",
        "command",
        "changed",
        True,
    )
    assert change["bytes"] == [None, None]


def test_a_step_without_the_option_says_what_is_meant(ran: Bench) -> None:
    assert "steps are named for --diff" in ran.refused("plan", "pipe.yml", "shout")
    assert "did you mean 'shout'?" in ran.refused("plan", "pipe.yml", "--diff", "shuot")
