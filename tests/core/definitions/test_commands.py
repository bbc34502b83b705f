"""Commands are filled so that a value is never executed and never altered; real shells are the judges."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from core.definitions.commands import MAX_VALUE_BYTES, Value, render_command, validate_command
from core.errors import DefinitionError, Location

HERE = Location("c.yml", 5, 10)
SHELLS = ("/bin/sh", "/bin/bash")
#: Prints its arguments, each with a NUL behind it.
ARGUMENTS = "printf '%s\\0' --"

HOSTILE = [
    "$(touch pwned)",
    "`touch pwned`",
    "'; touch pwned; '",
    '"; touch pwned; "',
    "x; touch pwned",
    "x\ntouch pwned\n",
    "x && touch pwned || touch pwned & touch pwned",
    "> pwned",
    "x touch pwned",
    "$HOME ${HOME} ~ !! %s",
    "*.jpg ? [a-z] {a,b}",
    "--leading -dash --",
    "a\\b \\' \\\" \\\\",
    "\\",
    "'",
    '"',
    "# no comment",
    "naïve 日本語 🎉 \u202e",
    json.dumps({"a": [1, "it's"], "b": '"q"', "c": "$(touch pwned)"}),
    "  spaces   and\ttabs  ",
    "a[$(touch pwned)]",
    "EOF\ntouch pwned\n",
    "x)\ntouch pwned;;",
]


def fill(template: str, **inputs: str | Value | None) -> str:
    values = {name: Value(value) if isinstance(value, str) else value for name, value in inputs.items()}
    return render_command(template, values, {"out": Value("/tmp/o ut", is_path=True)}, "run_1", HERE)


def run(shell: str, command: str, folder: Path) -> str:
    finished = subprocess.run(
        [shell, "-c", command], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    assert not (folder / "pwned").exists(), command
    assert finished.returncode == 0, (command, finished.stderr)
    return finished.stdout.decode()


def arguments(shell: str, command: str, folder: Path) -> list[str]:
    printed = run(shell, command, folder).split("\0")
    assert (printed[0], printed[-1]) == ("--", "")
    return printed[1:-1]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize(
    "template",
    [
        "%s '${{inputs.x}}'",
        '%s "${{inputs.x}}"',
        'V=${{inputs.x}}; %s "$V"',
        "%s \"$(printf '%%s.' '${{inputs.x}}' | sed '$ s/[.]$//')\" | cat",
        "true && { %s '${{inputs.x}}'; } # and '${{inputs.x}}",
        "case '${{inputs.x}}' in a) false;; *) %s \"${{inputs.x}}\";; esac",
        "cat <<'EOF' >/dev/null\nit's \"\nEOF\n%s '${{inputs.x}}'",
        "for v in '${{inputs.x}}'; do %s \\\n \"$v\"; done",
        "if [ -n '${{inputs.x}}' ]; then (%s '${{inputs.x}}'); fi",
    ],
)
def test_a_quoted_value_arrives_whole(template: str, value: str, shell: str, tmp_path: Path) -> None:
    command = fill(template % ARGUMENTS, x=value)
    expected = value.rstrip("\n") if "$(printf" in template else value
    (got,) = arguments(shell, command, tmp_path)
    assert got.rstrip("\n") == expected.rstrip("\n") if "$(printf" in template else got == expected


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("value", HOSTILE)
def test_an_unquoted_path_is_one_word(value: str, shell: str, tmp_path: Path) -> None:
    command = fill(f"{ARGUMENTS} --in ${{{{inputs.x}}}}/a.csv ${{{{inputs.x}}}}", x=Value(value, is_path=True))
    assert arguments(shell, command, tmp_path) == ["--in", f"{value}/a.csv", value]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("value", HOSTILE)
def test_unquoted_text_is_inert(value: str, shell: str, tmp_path: Path) -> None:
    command = fill(f"{ARGUMENTS} first ${{{{inputs.x}}}} last | cat > list; cat list", x=value)
    got = arguments(shell, command, tmp_path)
    assert (got[0], got[-1]) == ("first", "last")


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("0.1", ["0.1"]),
        ("", []),
        ("  a  b ", ["a", "b"]),
        ("--lr 0.1 --name 'my model'", ["--lr", "0.1", "--name", "my model"]),
        ('"two words" \\$x', ["two words", "$x"]),
        ("don't stop", ["don't", "stop"]),
        ("a,b=c", ["a,b=c"]),
        ("if", ["if"]),
    ],
)
def test_unquoted_text_is_split_as_a_shell_splits(value: str, words: list[str], shell: str, tmp_path: Path) -> None:
    assert arguments(shell, fill(f"{ARGUMENTS} ${{{{inputs.x}}}}", x=value), tmp_path) == words


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("X=${{inputs.x}}", "a touch pwned"),
        ("X=$(date)${{inputs.x}}", "a touch pwned"),
        ("X='a'${{inputs.x}}", "a touch pwned"),
        ("> ${{inputs.x}}", "a touch pwned"),
        (">${{inputs.x}}", "a touch pwned"),
        ("> a${{inputs.x}}", "a touch pwned"),
        ("2> ${{inputs.x}} true", "a touch pwned"),
        ("echo $${x:-a # ${{inputs.x}}", "x\ntouch pwned"),
        ("echo a # ${{inputs.x}}", "x\ntouch pwned"),
        ("echo a; #${{inputs.x}}", "x\ntouch pwned"),
    ],
)
def test_a_value_never_becomes_a_command(template: str, value: str, shell: str, tmp_path: Path) -> None:
    run(shell, fill(template, x=value), tmp_path)


def test_a_conditional_and_arithmetic_take_values(tmp_path: Path) -> None:
    template = "if [[ ${{inputs.kind}} == 'a b' ]] && (( ${{inputs.n}} > 2 )); then echo $((${{inputs.n}} * 2)); fi"
    assert run("/bin/bash", fill(template, kind="a b", n="3"), tmp_path) == "6\n"


def test_an_array_takes_values(tmp_path: Path) -> None:
    template = "args=(--x '${{inputs.x}}' ${{inputs.x}})\nprintf '%s\\0' -- \"${args[@]}\""
    assert arguments("/bin/bash", fill(template, x="a\ntouch pwned"), tmp_path) == [
        "--x",
        "a\ntouch pwned",
        "a",
        "touch",
        "pwned",
    ]


def test_a_value_never_becomes_a_word_of_the_shell() -> None:
    assert fill("${{inputs.x}} true; ${{inputs.y}}", x="if", y="a=b") == "'if' true; 'a=b'"


def test_neighbours_do_not_join_with_a_value(tmp_path: Path) -> None:
    template = 'v=1; echo "$v${{inputs.x}}" $v${{inputs.x}} ${{inputs.n}}>&1 {1..${{inputs.n}}}'
    assert run("/bin/bash", fill(template, x="w", n="2"), tmp_path) == "1w 1w 2 1 2\n"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("echo `cat ${{inputs.x}}`", "inside `...`"),
        ("cat <<EOF\n${{inputs.x}}\nEOF", "here-document"),
        ("cat <<-'EOF'\n\ta\n\t${{inputs.x}}\n\tEOF", "here-document"),
        ("cat <<${{inputs.x}}\n", "here-document"),
        ("echo 'it's ${{inputs.x}}'", "' is not closed"),
        ('echo "${{inputs.x}}', '" is not closed'),
        ("echo $(echo ${{inputs.x}}", "$( is not closed"),
        ("echo ${y:-${{inputs.x}}}", "inside ${...}"),
        ('echo "${y:-$(echo ${{inputs.x}})}"', "inside ${...}"),
        ("echo $${{inputs.x}}", "follows a '$'"),
        ("echo \\${{inputs.x}}", "follows a backslash"),
        ('echo "\\${{inputs.x}}"', "follows a backslash"),
        ("echo $'${{inputs.x}}'", "inside $'...'"),
        ("echo $'it\\n' ${{inputs.x}}", "with a backslash"),
        ("echo $[1] ${{inputs.x}}", "follows $[...]"),
        ("echo $(case a in a) echo '${{inputs.x}}';; esac)", "'case' inside $(...)"),
        ("echo $(cat <<EOF\nEOF\n) ${{inputs.x}}", "here-document"),
        ("echo $\\\n(echo) '${{inputs.x}}'", "continued inside a word"),
        ("echo \"$\\\n(echo '${{inputs.x}}')\"", "continued behind '$'"),
        ("cat <\\\n<EOF\n${{inputs.x}}\nEOF", "continued inside a word"),
        ("echo $((${{inputs.x}}))", "only a plain number"),
        ('echo "$(( "${{inputs.x}}" ))"', "only a plain number"),
        ("a=(1 ${{inputs.x}} ;)", "stands in an array"),
        ("echo >& '${{inputs.x}}'", "only a plain number"),
        ("echo >&a${{inputs.x}}", "only a plain number"),
        ("[[ '${{inputs.x}}' -gt 1 ]]", "only a plain number"),
    ],
)
def test_a_placeholder_that_cannot_be_safe_is_refused(template: str, said: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        fill(template, x="a[$(touch pwned)]")
    assert said in str(raised.value)
    assert str(raised.value).startswith("c.yml:")


def test_a_refusal_points_at_the_line_of_its_cause() -> None:
    with pytest.raises(DefinitionError) as raised:
        fill("python train.py $[[--y ${{inputs.y}}]]\ncat <<EOF\n${{inputs.x}}\nEOF", x="1", y=None)
    assert raised.value.location == Location("c.yml", 7, 0)


def test_a_command_without_placeholders_is_left_as_it_is() -> None:
    assert fill("echo `date` 'it' $[[always]] <<EOF\n") == "echo `date` 'it' always <<EOF\n"


def test_plain_values_leave_a_readable_command() -> None:
    command = (
        "python train.py --lr ${{inputs.lr}} --data ${{inputs.data}}/a.csv --name ${{name}} --out ${{outputs.out}}"
    )
    assert fill(command, lr="1e-3", data=Value("/data/taxi", is_path=True)) == (
        "python train.py --lr 1e-3 --data /data/taxi/a.csv --name run_1 --out '/tmp/o ut'"
    )


@pytest.mark.parametrize(("x", "expected"), [("5", "run --x 5 end"), (None, "run  end"), ("", "run --x  end")])
def test_an_optional_part_is_there_when_its_input_is(x: str | None, expected: str) -> None:
    assert fill("run $[[--x ${{inputs.x}}]] end", x=x) == expected


def test_an_optional_part_of_two_inputs_needs_both() -> None:
    template = "run $[[--xy ${{inputs.x}} ${{inputs.y}}]]"
    assert fill(template, x="1", y=None) == "run "
    assert fill(template, x="1", y="2") == "run --xy 1 2"


def test_an_absent_input_outside_an_optional_part_is_empty(tmp_path: Path) -> None:
    command = fill(ARGUMENTS + " ${{inputs.x}} '${{inputs.x}}' \"a${{inputs.x}}\" $[[inputs.x]]", x=None)
    assert arguments("/bin/sh", command, tmp_path) == ["", "", "a", ""]


def test_inputs_of_a_group_and_paths_of_inputs_are_found() -> None:
    values = {"sizes.width": Value("3"), "data": Value("/d", is_path=True)}
    template = "run ${{inputs.sizes.width}} ${{inputs.data.path}}"
    assert render_command(template, values, {}, "r", HERE) == "run 3 /d"


def test_a_value_that_no_argument_can_hold_is_refused() -> None:
    with pytest.raises(DefinitionError, match="NUL"):
        fill("echo '${{inputs.x}}'", x="a\0b")
    with pytest.raises(DefinitionError, match=r"200,000 bytes long, and Linux allows 131,071"):
        fill("echo '${{inputs.x}}'", x="a" * 200_000)


def test_a_command_too_long_for_a_shell_is_refused() -> None:
    with pytest.raises(DefinitionError, match="the command with its values is 200,004 bytes long"):
        fill("ls ${{inputs.x}} ${{inputs.x}}", x="a" * 100_000)


def test_the_longest_value_fits_into_one_argument(tmp_path: Path) -> None:
    subprocess.run(["/bin/true", "a" * MAX_VALUE_BYTES], check=True)
    with pytest.raises(OSError, match="too long"):
        subprocess.run(["/bin/true", "a" * (MAX_VALUE_BYTES + 1)], check=False)


def check(template: str, inputs: Mapping[str, bool], *outputs: str) -> list[str]:
    return [str(notice) for notice in validate_command(template, inputs, dict.fromkeys(outputs), HERE)]


def test_declared_names_pass() -> None:
    assert (
        check("run ${{inputs.x}} $[[--y ${{inputs.y}}]] ${{outputs.o}} ${{name}}", {"x": False, "y": True}, "o") == []
    )


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("run ${{inputs.dta}}", "c.yml:5:14: the input 'dta' is not declared; did you mean 'data'?"),
        ("run $[[--x ${{inputs.dta}}]]", "c.yml:5:21: the input 'dta' is not declared; did you mean 'data'?"),
        ("run ${{outputs.mdl}}", "the output 'mdl' is not declared; did you mean 'model'?"),
        ("run ${{inputs.zzz}}", "declared: data"),
        ("run ${{parent.inputs.data}}", "bind it to an input of the step and write ${{inputs.data}}"),
        ("run ${{default_datastore}}", "stands for nothing in a command"),
        ("run `${{inputs.data}}`", "cannot be filled in safely"),
        ("run '$[[${{inputs.data}}]]", "' is not closed"),
    ],
)
def test_what_cannot_be_filled_is_said_before_anything_runs(template: str, said: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        check(template, {"data": False}, "model")
    assert said in str(raised.value)


def test_an_optional_input_outside_an_optional_part_is_noticed() -> None:
    (said,) = check("run --x ${{inputs.x}}", {"x": True})
    assert said == "c.yml:5:18: the optional input 'x' stands outside '$[[ ]]' and is empty when it has no value"


def test_a_malformed_optional_part_is_noticed() -> None:
    (said,) = check("run --x $[[inputs.x]]", {"x": True})
    assert "is read as '${{inputs.x}}'" in said
