"""`mlpw keys`: what people need to write their own."""

from pathlib import Path

from tests.support.commands import Bench


def keys_file(home: Path, text: str) -> None:
    (home / "config" / "mlpw").mkdir(parents=True)
    (home / "config" / "mlpw" / "keys.toml").write_text(text)


def test_every_key_is_listed_with_its_id_and_its_screens(bench: Bench) -> None:
    listed = bench.ok("keys", "--json").json
    assert listed["preset"] == "default"
    (start,) = (key for key in listed["keys"] if key["id"] == "run.start")
    assert (start["keys"], start["screens"], start["own"]) == (["r"], ["run"], False)
    assert "run.start" in bench.ok("keys").out
    assert "run.start" not in bench.ok("keys", "runs").out


def test_own_keys_are_listed_as_such(bench: Bench, own_person: Path) -> None:
    keys_file(own_person, 'preset = "vim"\n[keys]\nrun.start = "f9"\n')
    listed = bench.ok("keys", "--json").json
    (start,) = (key for key in listed["keys"] if key["id"] == "run.start")
    assert (listed["preset"], start["keys"], start["own"]) == ("vim", ["f9"], True)
    assert bench.ok("keys", "--check").out == "every key does one thing\n"


def test_the_check_says_clashes_and_mistakes(bench: Bench, own_person: Path) -> None:
    keys_file(own_person, '[keys]\nrun.cancel = "x"\n')
    said = bench.mlpw("keys", "--check")
    assert (said.code, said.out) == (2, "")
    assert said.err == "mlpw: keys.toml: run: x is both run.cancel and step.explain\n"


def test_an_unknown_screen_is_refused_with_those_that_there_are(bench: Bench) -> None:
    assert "no screen 'rusn'; there are " in bench.refused("keys", "rusn")
