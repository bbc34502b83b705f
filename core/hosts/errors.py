"""What can go wrong with a Docker host, told apart by what to do about it."""

from core.errors import MlpwError


class HostError(MlpwError):
    """The engine of a host refused or failed; `status` is the HTTP status it answered with, 0 for none."""

    def __init__(self, message: str, *, hint: str = "", status: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class HostUnreachableError(HostError):
    """Nobody answers there now: nothing is known of what runs there, and nothing has changed."""


class NotThereError(HostError):
    """The container, image or volume does not exist on the host."""


class ConflictError(HostError):
    """It exists already, or is in another state than the request needs."""


class StoppedError(HostError):
    """We hung up, for whoever asked no longer wants it."""


def advice(words: str) -> str:
    """What to do about an engine's words, whatever it was asked for; "" when that depends on what it was."""
    return FREE_SPACE if "no space left" in words.lower() else ""


FREE_SPACE = "free some space on that machine: 'mlpw gc --environments' here, or 'docker system prune' there"
