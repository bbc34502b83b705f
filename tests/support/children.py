"""Other processes for a test: a function of a test module, run by a fresh Python (a fork of pytest may deadlock)."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

_HOME = Path(__file__).parents[2]
_CALL = "import sys, importlib; getattr(importlib.import_module(sys.argv[1]), sys.argv[2])(*sys.argv[3:])"


def start_child(function: Callable[..., object], *arguments: object) -> "subprocess.Popen[bytes]":
    """Call the function, with its arguments as text, in a process of its own; what it prints comes through stdout."""
    words = [sys.executable, "-c", _CALL, function.__module__, function.__name__, *map(str, arguments)]
    return subprocess.Popen(words, cwd=_HOME, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def first_line(child: "subprocess.Popen[bytes]") -> str:
    """Wait for the child to say something; "" when it ended instead."""
    assert child.stdout is not None
    return child.stdout.readline().decode().rstrip()


def kill_child(child: "subprocess.Popen[bytes]") -> None:
    """End it at once, wait for that, and close its pipes."""
    child.kill()
    child.communicate()
