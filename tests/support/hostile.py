"""A workspace in which every text is hostile, and the looks of what a terminal would obey."""

import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

from core.workspace import Workspace
from tests.support.terminal import SEQUENCE
from tests.support.waiting import eventually

#: Harmless, and at the end of every text: who sees it has seen the text.
MARK = "zzmark"
#: What names, texts and logs may hold: line ends, escape sequences, C1, OSC 0, 8, 52, direction, width, markup, floods.
STRINGS = (
    "new\nline",
    "\x1b]52;c;aGFja2Vk\x07clipboard",
    "\x1b]0;owned\x1b\\title",
    "\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\",
    "\x1b[2J\x1b[Hclear",
    "\x1b[31;1mred\x1b[6n",
    "\x1bcreset",
    "\x9b2J\x9d0;c1\x9c\x90q\x9c",
    "\x1bP+q544e\x1b\\string",
    "\x1b_Gi=1;AAAA\x1b\\picture",
    "exe\u202egnp.py",
    "\u2066isolate\u2069\u200e\u200f",
    "zero\u200bwidth\u200d\ufeff\u00ad",
    "bell\x07\x08\x08\x7f",
    "tab\tstop\rreturn\x0b\x0c",
    "\x1b[?1049l\x1b[?1000lmodes",
    "[bold red]markup[/] [@click=app.quit]quit[/] {x} $y %s",
    "flood" + "e" + "\u0301" * 3000,
    "wide \U0001f469\u200d\U0001f469\u200d\U0001f467 \u4e2d\u6587",
    "para\u2028graph\u2029",
)
TEXT = "".join(STRINGS) + MARK
#: The same without what YAML's printable characters or a command line leave no room for.
SHORT = "\x1b]0;owned\x07\x1b[2J\u202e[bold]" + MARK
LONG = "long" * 5000 + "\x1b[2J"


def hostile_file(number: int, text: str, ending: str) -> bytes:
    """A file name with `text` in it, as far as names can hold it; one of them is not UTF-8."""
    clean = text.replace("/", "").replace("\x00", "").encode("utf-8", "surrogatepass")[:120]
    while clean and clean[-1] & 0xC0 == 0x80:
        clean = clean[:-1]
    clean = clean[:-1] if clean and clean[-1] >= 0xC0 else clean
    return str(number).encode() + clean + (b"\xff\xfe" if number == 0 else b"") + ending.encode()


def _yaml(value: str) -> str:
    """The text in double quotes, everything unusual escaped."""
    shown = ("\\" + char if char in '"\\' else char if " " <= char <= "~" else f"\\U{ord(char):08x}" for char in value)
    return f'"{"".join(shown)}"'


_PIPELINE = """\
type: pipeline
display_name: {text}
description: {text}
tags: {{{short}: {text}}}
inputs:
  note: {{type: string, default: {short}, description: {text}}}
  many: {{type: integer, default: 3}}
jobs:
  made:
    type: command
    display_name: {text}
    description: {text}
    command: cp -r files/. ${{{{outputs.out}}}}
    code: ./src
    environment: {{image: library/python:3.12}}
    outputs: {{out: {{type: uri_folder}}}}
  fails:
    type: command
    display_name: {text}
    command: "cat words.txt ${{{{inputs.got}}}}/words.txt; cat last.txt; exit 3 # ${{{{inputs.said}}}}"
    code: ./src
    environment: {{image: library/python:3.12}}
    environment_variables: {{SAID: {short}}}
    inputs:
      got: ${{{{parent.jobs.made.outputs.out}}}}
      said: ${{{{parent.inputs.note}}}}
"""
_COMPONENT = """\
type: command
name: part
version: "1"
display_name: {text}
description: {text}
tags: {{{short}: {text}}}
inputs: {{x: {{type: string, default: {short}, description: {text}}}}}
command: echo ${{{{inputs.x}}}}
environment: {{image: library/python:3.12}}
"""
_DATA = (
    "type: uri_folder\nname: rows\nversion: '1'\npath: ./src/files\ndescription: {text}\ntags: {{{short}: {text}}}\n"
)
_MODEL = (
    "type: custom_model\nname: net\nversion: '1'\npath: ./src/files\ndescription: {text}\ntags: {{{short}: {text}}}\n"
)
_ENVIRONMENT = (
    "name: python\nversion: '1'\nimage: library/python:3.12\ndescription: {text}\ntags: {{{short}: {text}}}\n"
)


def hostile_workspace(root: Path) -> Path:
    """Write it, register its assets, run its pipeline (which fails), and change a file of its code."""
    files = root / "src" / "files"
    files.mkdir(parents=True)
    (root / "mlpw.yml").write_text("name: w\n")
    filled = {"text": _yaml(TEXT), "short": _yaml(SHORT)}
    for name, text in (
        ("words.yml", _PIPELINE),
        ("part.yml", _COMPONENT),
        ("rows.yml", _DATA),
        ("net.yml", _MODEL),
        ("python.yml", _ENVIRONMENT),
        ("broken.yml", _PIPELINE + "    {text}: 1\n"),
        ("host.yml", "type: docker\nname: {short}\nhost: local\ndescription: {text}\n"),
    ):
        (root / name).write_text(text.format(**filled))
    raw = "\n".join((*STRINGS, LONG, MARK)).encode() + b"\xff\xfe\xed\xa0\x80\n"
    (root / "src" / "words.txt").write_bytes(raw)
    (root / "src" / "last.txt").write_bytes((SHORT + "\n").encode())
    (files / "words.txt").write_bytes(raw)
    cells = [text.replace('"', "'") for text in STRINGS]
    (files / "cells.csv").write_text("\n".join(f'"{cell}","{cell}"' for cell in cells))
    (files / "tree.json").write_text(json.dumps({text: list(STRINGS) for text in STRINGS}, ensure_ascii=False))
    for number, text in enumerate(STRINGS):
        Path(os.fsdecode(os.fsencode(files) + b"/" + hostile_file(number, text, ".txt"))).write_bytes(raw)
        (root / os.fsdecode(hostile_file(number + 1, text, ".yml"))).write_text(
            "type: pipeline\njobs: {a: {command: x}}\n"
        )
    for kind, name in (("data", "rows"), ("model", "net"), ("component", "part"), ("environment", "python")):
        subprocess.run([sys.executable, "-m", "tui", "-C", str(root), kind, "create", "-f", f"{name}.yml"], check=True)
    with Workspace.open(root) as opened:
        number = opened.submit(opened.graph(root / "words.yml"))
        eventually(lambda: opened.run(number).status.is_final, "the run's end")
    (files / "words.txt").write_text("\n".join((*STRINGS[::-1], LONG, MARK)))
    return root


def obeyed(sent: str, allowed: set[str]) -> set[str]:
    """What a terminal would obey in `sent`, beside `allowed` kinds of sequences: sequences, and single characters."""
    found = {_kind(sequence) for sequence in SEQUENCE.findall(sent)} - allowed
    left = SEQUENCE.sub("", sent)
    return found | {char for char in left if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - {
        "\r",
        "\n",
    }


def _kind(sequence: str) -> str:
    return f"\x1b[{sequence[-1]}" if sequence.startswith("\x1b[") and sequence[-1] in "mH" else sequence
