"""A program in a container that has this terminal: a fresh container for it, or one that runs already."""

import contextlib
import os
import select
import shutil
import signal
import sys
import termios
import tty
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from core.computes.containers.body import create_body
from core.computes.containers.ending import is_over, refusal
from core.computes.containers.frames import Frames
from core.computes.containers.staging import StagedData
from core.computes.protocol import AttemptSpec
from core.errors import StepError
from core.hosts.attachment import Attachment
from core.hosts.connection import connect
from core.hosts.engine import Engine
from core.hosts.errors import HostError
from core.layout import AttemptFolder

_PIECE = 65536
#: A shell for a person: bash where the image has it, with a prompt and the step's command as its history.
_SHELL = """
if command -v bash >/dev/null; then exec bash -c 'exec bash --rcfile <(printf "%s\\n" "$MLPW_START") -i'; fi
PS1="$MLPW_PROMPT" exec sh -i
"""


def shell_words() -> list[str]:
    """The words that start a shell for a person; see `shell_variables`."""
    return ["/bin/sh", "-c", _SHELL]


def shell_variables(start_file: Path, step: str) -> dict[str, str]:
    """What such a shell finds: the start file's text, and a plain prompt."""
    shown = "".join(letter if letter.isalnum() or letter in "_.-" else "?" for letter in step)
    return {"MLPW_START": start_file.read_text("utf-8", "replace"), "MLPW_PROMPT": f"(mlpw {shown}) \\w\\$ "}


def run_fresh(spec: AttemptSpec, attempt: AttemptFolder, argv: Sequence[str], more: dict[str, str]) -> int:
    """Run `argv` in a new container where `spec` would run its command; its exit code. The container goes afterwards.

    Raises StepError with the engine's refusal in words.
    """
    container = spec.container
    assert container is not None
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    staged = StagedData(container, attempt, lambda words: None) if container.staging else None
    with _in_words(), contextlib.closing(connect(container.target)) as engine:
        mounts = staged.stage(engine) if staged is not None else None
        body = create_body({**spec.as_json(), "argv": list(argv)}, {**_terminal_variables(is_terminal), **more}, mounts)
        streams = dict.fromkeys(("AttachStdin", "AttachStdout", "AttachStderr", "OpenStdin", "StdinOnce"), True)
        made = engine.create(container.name, {**body, **streams, "Tty": is_terminal})
        try:
            stream = engine.attach(made)
            engine.start(made)
            _pump(stream, is_terminal, lambda rows, columns: engine.resize(made, rows, columns))
            return _exit_code(engine, made)
        finally:
            engine.remove(made)
            if staged is not None:
                staged.leave(engine)


def run_beside(spec: AttemptSpec, container: str, argv: Sequence[str], more: dict[str, str]) -> int:
    """Run `argv` in a container that runs already; its exit code. Raises StepError."""
    assert spec.container is not None
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    variables = {**_terminal_variables(is_terminal), **more}
    with _in_words(), contextlib.closing(connect(spec.container.target)) as engine:
        made = engine.make_exec(container, _in_shell(argv), variables, spec.cwd, is_terminal=is_terminal)
        stream = engine.start_exec(made, is_terminal=is_terminal)
        _pump(stream, is_terminal, lambda rows, columns: engine.resize_exec(made, rows, columns))
        return engine.exec_code(made)


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except HostError as error:
        raise StepError(refusal(error.message), hint=error.hint) from error


def _in_shell(argv: Sequence[str]) -> list[str]:
    """`bash` means sh where the image has none, as for a step's command."""
    script = '[ "$1" != bash ] || command -v bash >/dev/null || { shift; set -- sh "$@"; }; exec "$@"'
    return ["/bin/sh", "-c", script, "mlpw", *argv]


def _terminal_variables(is_terminal: bool) -> dict[str, str]:
    return {"TERM": os.environ.get("TERM", "xterm")} if is_terminal else {}


def _exit_code(engine: Engine, container: str) -> int:
    while not is_over(state := engine.inspect(container)["State"]):
        select.select([], [], [], 0.02)  # its output has ended, so it is about to
    return int(state["ExitCode"])


def _pump(stream: Attachment, is_terminal: bool, resize: Callable[[int, int], None]) -> None:
    """Carry input and output until the program has ended."""
    keyboard, screen, errors = sys.stdin.fileno(), sys.stdout.fileno(), sys.stderr.fileno()
    with _raw(keyboard, resize) if is_terminal else contextlib.nullcontext():
        frames = Frames(timestamps=False)
        inputs = [keyboard]
        while (piece := _exchange(stream, inputs)) != b"":
            if is_terminal:
                _write(screen, piece or b"")
            else:
                for frame in frames.feed(piece or b""):
                    _write(screen if frame.stream != 2 else errors, frame.text)


def _exchange(stream: Attachment, inputs: list[int]) -> bytes | None:
    """Wait for one side and hand on what is typed; what came, b"" when it is over.

    No more is read of what the program does not take yet, and its output comes meanwhile.
    """
    ready: list[Attachment | int] = [stream]
    try:
        if not stream.is_waiting:
            sending = [stream] if stream.is_sending else []
            ready, room, _ = select.select([stream, *(() if sending else inputs)], sending, [])
            if room:
                stream.push()
        if any(file in ready for file in inputs):
            typed = os.read(inputs[0], _PIECE)
            if typed:
                stream.send(typed)
            else:
                inputs.clear()
                stream.end_input()
        return stream.receive() if stream in ready else None
    except OSError:
        return b""  # it has hung up: what is known of the program says how it ended


def _write(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


@contextlib.contextmanager
def _raw(keyboard: int, resize: Callable[[int, int], None]) -> Iterator[None]:
    """Keys as they are pressed; the program's terminal is as large as this one."""

    def tell(*_: object) -> None:
        size = shutil.get_terminal_size()
        with contextlib.suppress(HostError):
            resize(size.lines, size.columns)

    before, handler = termios.tcgetattr(keyboard), signal.signal(signal.SIGWINCH, tell)
    tty.setraw(keyboard)
    try:
        tell()
        yield
    finally:
        signal.signal(signal.SIGWINCH, handler)
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)
