"""What must fail fails before anything starts: one line, where it stands, what was meant, and nothing changed."""

import os
from pathlib import Path

import pytest

from tests.support.shell import Shell

GOOD = """\
type: pipeline
inputs:
  rate: 0.1
jobs:
  prep:
    command: echo ${{inputs.rate}} > ${{outputs.out}}
    environment: {image: x}
    inputs: {rate: "${{parent.inputs.rate}}"}
    outputs: {out: {type: uri_file}}
  train:
    command: cat ${{inputs.x}}
    code: src
    environment: {image: x}
    inputs: {x: "${{parent.jobs.prep.outputs.out}}"}
"""

#: What is replaced in the good pipeline, by what, where the mistake is said to stand, and the words.
WRONG = [
    ("type: pipeline", "type: pipelin", "1:7", "did you mean 'pipeline'?"),
    (
        "inputs:\n  rate: 0.1",
        "input:\n  rate: 0.1",
        "2:1",
        "unknown key 'input' in the pipeline; did you mean 'inputs'?",
    ),
    ("jobs:", "job:", "", "did you mean 'jobs'?"),
    ("jobs.prep.outputs", "jobs.perp.outputs", "14:17", "step 'perp' is not defined; did you mean 'prep'?"),
    ("jobs.prep.outputs.out", "jobs.prep.outputs.ouput", "14:17", "step 'prep' has no output 'ouput'"),
    ("jobs.prep.outputs.out", "jobs.prep.output.out", "14:18", "did you mean 'outputs'?"),
    ("code: src", "code: scr", "12:11", "code of step 'train' 'scr' does not exist; did you mean 'src'?"),
    ("code: src", "code: ../other", "12:11", "leaves the workspace"),
    ("cat ${{inputs.x}}", "cat ${{inputs.y}}", "11:18", "the input 'y' is not declared"),
    ("  rate: 0.1", "  rate: 0.1\n  rate: 0.2", "4:3", "the key 'rate' is given twice, first at line 3"),
    ("  rate: 0.1", "\trate: 0.1", "3:1", "tab"),
    ("  rate: 0.1", "  rate: [0.1", "", "not valid YAML"),
    ("  rate: 0.1", "  rate: !!python/object:os.system x", "3:9", "tag"),
    ("  rate: 0.1", "  ? [a]\n  : 0.1", "3:", "key"),
    ("  rate: 0.1", "  rate: " + "9" * 5000, "3:9", "a number of 5,000 characters"),
    ("jobs:", "---\njobs:", "4:1", "document"),
    ("command: cat ${{inputs.x}}", "command: [cat]", "11:14", "command of step 'train' must be text, not a list"),
    ("  prep:", '  "pre\\np":', "5:3", "cannot name a step"),
    ("  prep:", "  ../prep:", "5:3", "cannot name a step"),
    (
        "{out: {type: uri_file}}",
        "{out: {type: uri_file, path: out}, other: {path: out}}",
        "5:3",
        "two outputs go to one path",
    ),
    ("{out: {type: uri_file}}", "{out: uri_file}", "9:20", "must be '${{parent.outputs.NAME}}', a mapping or nothing"),
    ("{out: {type: uri_file}}", "{out: {path: .mlpw/x}}", "9:27", "cannot be written to '.mlpw/x'"),
    ("{out: {type: uri_file}}", "{out: {type: uri_fil}}", "9:27", "did you mean 'uri_file'?"),
    (
        '{rate: "${{parent.inputs.rate}}"}',
        '{rate: "${{parent.jobs.train.outputs.artifacts}}"}',
        "5:3",
        "prep -> train -> prep",
    ),
    (
        "environment: {image: x}\n    inputs: {x",
        "environment: nothing\n    inputs: {x",
        "13:18",
        "'nothing' is no environment",
    ),
]


@pytest.mark.parametrize(("old", "new", "where", "said"), WRONG, ids=[new[:40] for _, new, _, _ in WRONG])
def test_a_mistake_is_one_line_with_its_place(shell: Shell, old: str, new: str, where: str, said: str) -> None:
    shell.write("src/f")
    assert GOOD.count(old) >= 1
    (shell.root / "p.yml").write_text(GOOD.replace(old, new, 1))

    line = shell.refused("run", "p.yml")

    assert line.startswith(f"p.yml:{where}"), line
    assert said in line


def test_the_good_pipeline_is_good(shell: Shell) -> None:
    shell.write("src/f")
    shell.write("p.yml", GOOD)

    assert list(shell.plan("p.yml")) == ["prep", "train"]


FILES: list[tuple[str, bytes, str]] = [
    ("empty", b"", "empty"),
    ("comments", b"# nothing\n", "empty"),
    ("utf-16", "type: pipeline\n".encode("utf-16"), "UTF-8"),
    ("latin-1", b"type: pipeline\ndescription: \xfc\n", "UTF-8"),
    ("nul", b"type: pipeline\0\n", "p.yml:1"),
    ("deep", b"[" * 10_000, "p.yml:1"),
    (
        "bomb",
        b"a: &a [x,x,x,x,x,x,x,x,x,x]\n"
        + b"".join(
            b"b%d: &b%d [%s]\n" % (i, i, b",".join([b"*" + (b"b%d" % (i - 1) if i else b"a")] * 10)) for i in range(9)
        ),
        "p.yml:",
    ),
    ("merge", b"a: &a {x: 1}\nb: {<<: *a, <<: *nothing}\n", "p.yml:2"),
    ("list", b"- a\n", "must be a mapping, not a list"),
    ("text", b"hello\n", "must be a mapping, not 'hello'"),
    ("no jobs", b"type: pipeline\n", "nothing would run"),
    ("empty jobs", b"type: pipeline\njobs: {}\n", "nothing would run"),
    ("an environment", b"name: e\nimage: x\n", "is no pipeline"),
]


@pytest.mark.parametrize(("content", "said"), [case[1:] for case in FILES], ids=[case[0] for case in FILES])
def test_a_file_that_is_no_pipeline(shell: Shell, content: bytes, said: str) -> None:
    (shell.root / "p.yml").write_bytes(content)

    assert said in shell.refused("run", "p.yml")


SPECIAL = [
    ("FIFO", os.mkfifo),
    ("a link that leads nowhere", lambda path: path.symlink_to("nowhere")),
    ("through a link to", lambda path: path.symlink_to("/etc/hostname")),
]


@pytest.mark.parametrize(("said", "make"), SPECIAL, ids=[said for said, _ in SPECIAL])
def test_data_that_is_no_plain_file_is_refused_without_being_read(shell: Shell, said: str, make: object) -> None:
    assert callable(make)
    make(shell.root / "data")
    shell.write(
        "p.yml",
        "type: pipeline\njobs:\n  a:\n    command: cat ${{inputs.d}}\n    environment: {image: x}\n"
        "    inputs: {d: {type: uri_file, path: data}}\n",
    )

    assert said in shell.refused("run", "p.yml")


def test_a_foreign_or_newer_folder_is_refused(shell: Shell) -> None:
    other = Shell(shell.root / "other")
    other.write(".mlpw/theirs", "x")
    other.write("p.yml", GOOD)
    other.write("src/f")

    assert "was not made by mlpw" in other.refused("run", "p.yml")


@pytest.mark.parametrize(
    ("value", "said"),
    [("x" * 200_000, "Linux allows"), ("a'b\"c$(touch pwned)\n`touch pwned`", "")],
)
def test_values_of_any_kind_stay_values(shell: Shell, value: str, said: str) -> None:
    shell.write(
        "p.yml",
        'type: pipeline\ninputs: {v: x}\njobs:\n  a:\n    command: printf %s "${{inputs.v}}" > ${{outputs.out}}\n'
        "    environment: {image: x}\n    inputs: {v: '${{parent.inputs.v}}'}\n    outputs: {out: {type: uri_file}}\n",
    )
    if said:
        big = shell.root / "p.yml"
        big.write_text(big.read_text().replace("{v: x}", f"{{v: {value}}}"))
        assert said in shell.refused("run", "p.yml")
        return

    assert shell.run("p.yml", "--set", f"inputs.v={value}").text("a") == value
    assert not list(Path(shell.root).rglob("pwned"))
