"""Why uv failed, read from what it said."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto


class FailureKind(Enum):
    """What kind of help there is against a failed installation."""

    MISSING = auto()  #: a package or version that no index holds
    NO_BUILD = auto()  #: it exists, but not for this Python, or cannot be compiled here
    CONFLICT = auto()  #: requirements that exclude each other
    UNREACHABLE = auto()  #: no index could be asked
    NO_HOST = auto()  #: the host of a git repository cannot be reached; `package` is its name
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed installation: the package at fault if uv named one, and uv's reason in one line."""

    kind: FailureKind
    reason: str
    package: str = ""
    named: frozenset[str] = frozenset()


_NOT_FOUND = re.compile(
    r"(?:Because |that |and )([\w.\-\[\]]+) (?:was|were) not found in the (?:package registry|provided)"
)
_NO_VERSION = re.compile(r"there (?:is no version|are no versions) of ([\w.\-]+)")
_NO_WHEEL = re.compile(r"(?:Because |and |that )(?:all versions of )?([\w.\-]+)\S* (?:has|have) no (?:usable )?wheels")
_FAILED_BUILD = re.compile(r"Failed to (?:download and )?build:? `?([\w.\-]+?)(?:==[^`\s]*)?`")
_NO_HOST = re.compile(r"(?:Could not resolve host(?:name)?:? |Failed to connect to )([\w.\-]+)")
_NETWORK = ("error sending request", "dns error", "Failed to fetch", "network was disabled", "Could not connect",
            "Request failed after", "operation timed out", "Could not resolve host")  # fmt: skip


def read_failure(text: str) -> Failure:
    """What uv's output says about why it failed.

    uv words its reasons for people and changes them between versions; what is not recognized is OTHER.
    """
    flat = " ".join(text.replace("╰─▶", " ").replace("×", " ").split())  # noqa: RUF001 - the sign that uv prints
    if "Git operation failed" in flat:
        reason = "a git repository cannot be fetched: " + flat.rpartition("fatal: ")[2][:200]
        host = _NO_HOST.search(flat)
        return Failure(FailureKind.NO_HOST if host else FailureKind.OTHER, reason, host.group(1) if host else "")
    reason = _reason(flat)
    for kind, pattern in (
        (FailureKind.NO_BUILD, _FAILED_BUILD),
        (FailureKind.MISSING, _NOT_FOUND),
        (FailureKind.NO_BUILD, _NO_WHEEL),
        (FailureKind.MISSING, _NO_VERSION),
    ):
        if found := pattern.search(flat):
            package = found.group(1).partition("[")[0]
            if kind is FailureKind.NO_BUILD and pattern is _FAILED_BUILD and _is_unreachable(flat):
                break
            return Failure(kind, reason, package, _names(flat))
    if _is_unreachable(flat):
        return Failure(FailureKind.UNREACHABLE, reason)
    if "does not satisfy Python" in flat:
        found = re.search(r"(?:and |Because )([\w.\-]+?)[=<>!~][^ ]* depends on Python", flat)
        return Failure(FailureKind.NO_BUILD, reason, found.group(1) if found else "", _names(flat))
    if "unsatisfiable" in flat or "cannot be used" in flat:
        return Failure(FailureKind.CONFLICT, reason, "", _names(flat))
    return Failure(FailureKind.OTHER, reason)


def names_in(failure: Failure, candidates: Iterable[str]) -> list[str]:
    """Those of some packages that uv's reason speaks of."""
    return [name for name in candidates if name in failure.named]


def _is_unreachable(flat: str) -> bool:
    return any(sign in flat for sign in _NETWORK)


def _names(flat: str) -> frozenset[str]:
    return frozenset(canonical(word) for word in re.findall(r"[A-Za-z][\w.\-]*", flat))


def canonical(name: str) -> str:
    """'Scikit_Learn' -> 'scikit-learn', as PyPI compares names."""
    return re.sub(r"[-_.]+", "-", name).strip("-").lower()


def _reason(flat: str) -> str:
    """The most telling sentence, in one line of at most 300 characters."""
    start = flat.find("Because ")
    if start < 0:
        start = max(flat.rfind("error: "), 0)
        sentence = flat[start:].removeprefix("error: ").replace(" cause: ", ": ").partition(" [stderr]")[0]
    else:
        sentence = flat[start:].partition(" hint: ")[0].removeprefix("Because ")
        sentence = re.sub(r",? we can conclude that .*?(?=\. And because|\.?$)", "", sentence)
        sentence = sentence.replace(". And because", "; and").rstrip(".")
    sentence = re.sub(
        r"Couldn't parse requirement in `[^`]*` at position \d+", "a requirement cannot be read", sentence
    )
    return sentence if len(sentence) <= 300 else sentence[:299] + "…"
