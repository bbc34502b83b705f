"""Start the step's first process, or say for people why it could not start."""

import errno
import os
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs the nursery its start
    from collections.abc import Mapping

WORDS = {
    errno.ENOENT: "command not found: {}",
    errno.ENOTDIR: "command not found: {}",
    errno.EACCES: "not executable: {}",
    errno.ENOEXEC: "not executable: {}",
    errno.EAGAIN: "out of processes: the limit of this user or control group is reached",
    errno.ENOMEM: "out of memory",
    errno.E2BIG: "the command and its environment variables are longer than the system takes",
    errno.EMFILE: "too many open files",
    errno.ENFILE: "too many open files",
    errno.ENOSPC: "no space left on the device",
    errno.EDQUOT: "the disk quota is used up",
}


class CannotStartError(Exception):
    """One line without a full stop: what is missing or refused."""


def spawn(argv: list[str], cwd: str, environment: "Mapping[str, str]", output: int) -> int:
    """Run a program in a process group of its own, both outputs into one pipe; returns its pid.

    Everything open here closes on exec but standard input, which is /dev/null. This process moves to `cwd` itself:
    it has nothing else to do there, and posix_spawn, the cheapest way from a small process, cannot do it.
    """
    try:
        os.chdir(cwd)
    except OSError as error:
        there = "cannot be entered" if error.errno == errno.EACCES else "does not exist"
        raise CannotStartError(f"the working folder {there}: {cwd}") from error
    program = _program(argv[0], environment.get("PATH", os.defpath))
    try:
        return os.posix_spawn(
            program,
            argv,
            environment,
            file_actions=[(os.POSIX_SPAWN_DUP2, output, 1), (os.POSIX_SPAWN_DUP2, output, 2)],
            setpgroup=0,
            setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],  # Python ignores these, which a program would inherit
        )
    except (OSError, ValueError) as error:
        raise CannotStartError(in_words(error, program)) from error


def in_words(error: Exception, command: str) -> str:
    """What the system's refusal to run `command` means."""
    number = getattr(error, "errno", None)
    if number == errno.ENOENT and os.path.exists(command):
        return f"the program named in the first line of {command} does not exist"
    if number in WORDS:
        return WORDS[number].format(command)
    return str(error)


def _program(name: str, path: str) -> str:
    """Where a program lies, as execvp finds it."""
    if "/" in name:
        return name
    for folder in path.split(os.pathsep):
        candidate = os.path.join(folder or ".", name)
        if os.path.isfile(candidate) and os.access(candidate, os.X_OK):
            return candidate
    raise CannotStartError(f"command not found: {name}")
