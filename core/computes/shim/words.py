"""Why a step could not start, for people."""

import errno
import os


def cannot_start(error: OSError, command: str, cwd: str) -> str:
    """One line without a full stop: what is missing or refused."""
    number = error.errno
    if number in (errno.ENOENT, errno.ENOTDIR) and not os.path.isdir(cwd):
        return f"the working folder does not exist: {cwd}"
    if number == errno.ENOENT and os.path.exists(command):
        return f"the program named in the first line of {command} does not exist"
    return {
        errno.ENOENT: f"command not found: {command}",
        errno.ENOTDIR: f"command not found: {command}",
        errno.EACCES: f"not executable: {command}",
        errno.ENOEXEC: f"not executable: {command}",
        errno.EAGAIN: "out of processes: the limit of this user or control group is reached",
        errno.ENOMEM: "out of memory",
        errno.E2BIG: "the command and its environment variables are longer than the system takes",
        errno.EMFILE: "too many open files",
        errno.ENFILE: "too many open files",
        errno.ENOSPC: "no space left on the device",
        errno.EDQUOT: "the disk quota is used up",
    }.get(number or 0, f"{error.strerror or error}: {error.filename or command}")
