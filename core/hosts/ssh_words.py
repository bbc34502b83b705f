"""What ssh says when it cannot connect, with what to do about it."""

import re
import shlex
from collections.abc import Callable
from urllib.parse import urlsplit

from core.definitions.compute_target import ComputeTarget

_CHANGED = re.compile(r"[Hh]ost key for (\S+) has changed")
_OFFENDING = re.compile(r"Offending \S+ key in (.+):(\d+)")


def explained(words: str, target: ComputeTarget) -> tuple[str, str]:
    """A message of one line and a hint, from all that ssh said (OpenSSH's words, in English)."""
    for sign, hint in _HINTS:
        if sign in words:
            return _line_with(sign, words), hint(words, target)
    lines = [line for line in words.splitlines() if line.strip()]
    return (_tidy(lines[-1]) if lines else "ssh said nothing"), f"see what this says: {_by_hand(target)}"


def _changed(words: str, target: ComputeTarget) -> str:
    found = _OFFENDING.search(words)
    file = f" -f {shlex.quote(found[1])}" if found else ""
    told = _CHANGED.search(words)
    name = told[1] if told else urlsplit(target.host).hostname or target.host
    return (
        "either the machine was set up anew or somebody stands between: ask who runs it, and if all is well,"
        f" 'ssh-keygen{file} -R {name}' forgets the old key"
    )


def _unknown(words: str, target: ComputeTarget) -> str:
    del words
    return f"its host key is not known here: connect once by hand to see and accept it: {_by_hand(target)}"


def _denied(words: str, target: ComputeTarget) -> str:
    del words
    name = target.host.removeprefix("ssh://")
    return f"{_by_hand(target)} must work without asking: 'ssh-add' a key, or 'ssh-copy-id {name}' puts it there"


def _by_hand(target: ComputeTarget) -> str:
    config = f"-F {shlex.quote(target.ssh_config)} " if target.ssh_config else ""
    return f"'ssh {config}{target.host}'"


def _say(text: str) -> Callable[[str, ComputeTarget], str]:
    return lambda words, target: text


#: Where ssh says it in many lines, or in words of its protocol.
_OWN_WORDS = {
    "REMOTE HOST IDENTIFICATION HAS CHANGED": "its SSH host key has changed",
    "open failed": "its engine does not answer behind SSH",
    "no engine socket": "there is no socket of a Docker engine",
}
_HINTS: tuple[tuple[str, Callable[[str, ComputeTarget], str]], ...] = (
    (
        "open failed",
        _say(
            "does it run ('systemctl status docker' there)?"
            " does sshd let it through ('AllowStreamLocalForwarding yes')?"
        ),
    ),
    ("REMOTE HOST IDENTIFICATION HAS CHANGED", _changed),
    ("Host key verification failed", _unknown),
    ("Permission denied", _denied),
    ("Too many authentication failures", _say("say which key with 'IdentityFile' and 'IdentitiesOnly yes' for it")),
    ("Could not resolve hostname", _say("look at the name under 'host:', and at your SSH configuration")),
    ("Connection refused", _say("does sshd run there, at this port?")),
    ("timed out", _say("is the machine on, and is a network between?")),
    ("No route to host", _say("is the machine on, and is a network between?")),
    ("denied by", _say("the user there must be in the group 'docker', or run a rootless engine")),
    ("no engine socket", _say("install Docker there, or start it; DOCKER_HOST of its shell may name the socket")),
    ("No such file or directory: 'ssh'", _say("install OpenSSH's client on this machine")),
)


def _line_with(sign: str, words: str) -> str:
    if sign in _OWN_WORDS:
        return _OWN_WORDS[sign]
    return _tidy(next(line for line in reversed(words.splitlines()) if sign in line))


def _tidy(line: str) -> str:
    return line.strip().strip("@").strip().rstrip(".").removeprefix("ssh: ")
