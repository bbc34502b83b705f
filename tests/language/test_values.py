"""Literals arrive in commands as Azure ML writes them, and stay values wherever their placeholder stands."""

import json
from dataclasses import dataclass

import pytest

from tests.support.shell import Shell

#: YAML as written, what the program gets as one argument in double quotes, and the type declared ("" for none).
WRITTEN = [
    ("false", "False", ""),
    ("no", "False", ""),
    ("True", "True", ""),
    ("on", "True", ""),
    ("'no'", "no", ""),
    ("1e-3", "1e-3", ""),
    ("1e-3", "1e-3", "number"),
    ("1.0e-3", "0.001", ""),
    ("0.10", "0.1", ""),
    ("7", "7", ""),
    ("'007'", "007", ""),
    ("-3", "-3", "integer"),
    ("3.0", "3", "integer"),
    ("0x1F", "31", ""),
    ("1_000", "1000", ""),
    ("'true'", "True", "boolean"),
    ("'0.5'", "0.5", "number"),
    ("''", "", ""),
    ('""', "", "string"),
    ("it's", "it's", ""),
    ("'say \"hi\"'", 'say "hi"', ""),
    ('\'{"a": [1, "two"]}\'', '{"a": [1, "two"]}', ""),
    ("'$(touch pwned) `touch pwned` $HOME'", "$(touch pwned) `touch pwned` $HOME", ""),
    ("'a\\b; touch pwned'", "a\\b; touch pwned", ""),
    ("two words", "two words", ""),
    ("2024-01-31", "2024-01-31", "string"),
    ("grün ☀", "grün ☀", ""),
]


@dataclass(frozen=True)
class Seen:
    """The arguments that a program got: in double quotes, in single quotes, bare."""

    double: list[str]
    single: list[str]
    bare: list[str]
    files: list[str]


@pytest.fixture(scope="module")
def seen(shared: Shell) -> list[Seen]:
    """What every literal of the table became, all of them in one pipeline."""
    shared.write("src/show.py", "import json, os, sys\nprint(json.dumps([*sys.argv[1:], sorted(os.listdir())]))\n")
    lines = []
    for i in range(len(WRITTEN)):
        lines.append(f'python show.py "${{{{inputs.v{i}}}}}" | tee ${{{{outputs.out}}}}/double{i}')
        lines.append(f"python show.py '${{{{inputs.v{i}}}}}' > ${{{{outputs.out}}}}/single{i}")
        lines.append(f"python show.py ${{{{inputs.v{i}}}}} > ${{{{outputs.out}}}}/bare{i}")
    declared = "".join(f"  v{i}: {{type: {kind or 'string'}}}\n" for i, (_, _, kind) in enumerate(WRITTEN))
    shared.write(
        "show.yml",
        "name: show\ntype: command\ninputs:\n"
        + declared
        + "outputs: {out: {type: uri_folder}}\ncode: ./src\nenvironment: {image: python}\ncommand: |\n  "
        + "\n  ".join(lines)
        + "\n",
    )
    given = "".join(f"      v{i}: {text}\n" for i, (text, _, _) in enumerate(WRITTEN))
    shared.write(
        "pipeline.yml",
        f"type: pipeline\njobs:\n  show:\n    type: command\n    component: show.yml\n    inputs:\n{given}",
    )
    run = shared.run("pipeline.yml")
    out = run.path("show")

    def read(name: str) -> list[object]:
        found: list[object] = json.loads((out / name).read_text())
        return found

    def words(name: str) -> list[str]:
        return [str(word) for word in read(name)[:-1]]

    return [
        Seen(
            words(f"double{i}"),
            words(f"single{i}"),
            words(f"bare{i}"),
            [str(name) for name in json.loads((out / f"bare{i}").read_text())[-1]],
        )
        for i in range(len(WRITTEN))
    ]


CASES = pytest.mark.parametrize("case", range(len(WRITTEN)), ids=[f"{t or 'any'}-{w}" for w, _, t in WRITTEN])


@CASES
def test_a_literal_in_quotes_is_one_argument_with_this_text(seen: list[Seen], case: int) -> None:
    _, text, _ = WRITTEN[case]
    assert (seen[case].double, seen[case].single) == ([text], [text])


@CASES
def test_a_bare_literal_is_split_into_words_and_runs_nothing(seen: list[Seen], case: int) -> None:
    _, text, _ = WRITTEN[case]
    plain = not any(character in text for character in "\"'\\ ")
    if plain:
        assert seen[case].bare == ([text] if text else [])
    assert seen[case].files == ["logs", "outputs", "show.py"], "a value ran as a command"


def test_quotes_inside_a_bare_value_group_words_as_in_a_shell(shared: Shell, seen: list[Seen]) -> None:
    groups = {WRITTEN[i][1]: seen[i].bare for i in range(len(WRITTEN))}
    assert groups["two words"] == ["two", "words"]
    assert groups['say "hi"'] == ["say", "hi"]
    assert groups["it's"] == ["it's"]


REFUSED = [
    ("number", "abc", "the input 'v' is 'abc', and a number is declared"),
    ("integer", "1.5", "the input 'v' is '1.5', and an integer is declared"),
    ("boolean", "maybe", "the input 'v' is 'maybe', and a boolean is declared"),
    ("integer, min: 1", "0", "the input 'v' is 0, below the least allowed, 1"),
    ("number, max: 1", "1.5", "the input 'v' is 1.5, above the most allowed, 1"),
    ("string, enum: [fast, exact]", "exakt", "did you mean 'exact'?"),
    ("uri_folder", "3", "input 'v' of step 'a' is uri_folder, so '3' would have to be a path"),
    ("string", "[1, 2]", "input 'v' of step 'a' cannot be a list"),
    ("string", "~", "input 'v' of step 'a' has no value"),
]


@pytest.mark.parametrize(("declared", "value", "said"), REFUSED, ids=[f"{d}-{v}" for d, v, _ in REFUSED])
def test_a_literal_that_its_declaration_excludes_is_refused_at_its_place(
    shell: Shell, declared: str, value: str, said: str
) -> None:
    shell.write(
        "c.yml",
        f"name: c\ninputs: {{v: {{type: {declared}}}}}\ncommand: echo ${{{{inputs.v}}}}\nenvironment: {{image: x}}\n",
    )
    shell.write("p.yml", f"type: pipeline\njobs:\n  a:\n    component: c.yml\n    inputs:\n      v: {value}\n")

    line = shell.refused("plan", "p.yml")

    assert line.startswith("p.yml:6:10: ")
    assert said in line


def test_values_of_set_are_checked_like_written_ones(shell: Shell) -> None:
    shell.write("c.yml", "name: c\ninputs: {v: {type: integer, min: 1}}\ncommand: 'true'\nenvironment: {image: x}\n")
    shell.write("p.yml", "type: pipeline\njobs: {a: {component: c.yml, inputs: {v: 3}}}\n")

    line = shell.refused("run", "p.yml", "--set", "jobs.a.inputs.v=0")

    assert line == "--set jobs.a.inputs.v=0: the input 'v' is 0, below the least allowed, 1"


def test_defaults_optional_parts_and_types_left_out(shell: Shell) -> None:
    """azureml-examples: cli/assets/component/train.yml has an optional input with a default."""
    shell.write(
        "c.yml",
        """
        name: c
        inputs:
          given: {type: string, default: unused}
          default: {type: number, default: 1e-3}
          flag: {type: boolean, default: no}
          both: {type: integer, default: 5, optional: true}
          absent: {type: integer, optional: true}
          here: {type: integer, optional: true}
          data: {type: uri_file, optional: true}
        outputs: {out: {type: uri_file}}
        environment: {image: python}
        command: >-
          echo given=${{inputs.given}} default=${{inputs.default}} flag=${{inputs.flag}}
          $[[both=${{inputs.both}}]] $[[absent=${{inputs.absent}}]] $[[here=${{inputs.here}}]]
          $[[data=${{inputs.data}} and ${{inputs.here}}]] > ${{outputs.out}}
    """,
    )
    shell.write(
        "p.yml",
        "type: pipeline\njobs:\n  a: {component: c.yml, inputs: {given: '', here: 0}}\n"
        "  b: {component: c.yml, inputs: {given: yes, both: 6, absent: 7}}\n",
    )

    run = shell.run("p.yml")

    assert run.text("a") == "given= default=1e-3 flag=False both=5 here=0\n"
    assert run.text("b") == "given=True default=1e-3 flag=False both=6 absent=7\n"
