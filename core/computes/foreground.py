"""A program in an attempt's surroundings that has this terminal, with the recorder that a step's calls expect."""

import select
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.computes.protocol import AttemptSpec
from core.computes.shim.recording import Recording


def run_here(spec: AttemptSpec, argv: Sequence[str], more: Mapping[str, str] | None = None) -> int:
    """Run `argv` where `spec` runs its command, with this process's terminal, until it ends; its exit code.

    `more` are further environment variables. A signal that ended it gives 128 and its number, as a shell says it.
    Raises OSError when it cannot be started.
    """
    environment = {**spec.surroundings, **spec.env, **(more or {})}
    recording = Recording(spec.recorder.as_json(), lambda text: None) if spec.recorder else None
    if recording is not None:
        environment.update(recording.environment())
        threading.Thread(target=_serve, args=(recording,), name="recorder", daemon=True).start()
    try:
        process = subprocess.Popen(argv, cwd=spec.cwd, env=environment)
        code = _wait(process)
    finally:
        if recording is not None:
            recording.stop()
    return 128 - code if code < 0 else code


def write_start_file(folder: Path, prompt: str, command: str) -> Path:
    """What an interactive bash reads first: a prompt that says where one is, and the step's command as its history."""
    import shlex

    shown = "".join(letter if letter.isalnum() or letter in "_.-/ " else "?" for letter in prompt)
    file = folder / "start.sh"
    lines = ["PROMPT_DIRTRIM=2", f"PS1='({shown}) \\w\\$ '", "unset HISTFILE", f"history -s -- {shlex.quote(command)}"]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="surrogateescape")
    return file


def interactive(shell: str, start_file: Path) -> list[str]:
    """The words that start a shell for a person, without their own start files, which may change PATH."""
    return [shell, "--rcfile", str(start_file), "-i"] if shell.endswith("bash") else [shell, "-i"]


def _wait(process: "subprocess.Popen[bytes]") -> int:
    """Ctrl-C is for the program in front, which shares this terminal."""
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


def _serve(recording: Recording) -> None:
    """Load the recorder at the first call."""
    try:
        select.select([recording.fileno()], [], [])
    except (OSError, ValueError):
        return
    recording.start()
