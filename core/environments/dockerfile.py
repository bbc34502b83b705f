"""What a Dockerfile installs into Python, for machines that build no image."""

import posixpath
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.environments.conda import inline_requirements

_SEPARATORS = frozenset({"&&", "||", ";", "|", "&"})
_PIP_WITH_VALUE = frozenset({"--index-url", "-i", "--extra-index-url", "--find-links", "-f"})
_PIP_IGNORED_WITH_VALUE = frozenset(
    {"--trusted-host", "--timeout", "--retries", "-t", "--target", "--constraint", "-c"}
)


@dataclass(frozen=True, slots=True)
class DockerInstalls:
    """The last stage's base image, and what its `RUN pip install` and `RUN conda install` lines ask for.

    `conda_files` are files of the context given to `conda env create|update`.
    """

    image: str = ""
    pip: tuple[str, ...] = ()
    conda: tuple[str, ...] = ()
    conda_files: tuple[str, ...] = ()


def read_dockerfile(text: str, files: Mapping[str, str]) -> DockerInstalls:
    """What a Dockerfile's instructions install; `files` are the context's texts by relative path.

    The format: https://docs.docker.com/reference/dockerfile/. Instructions other than FROM and RUN say nothing here.
    """
    image, pip, conda, conda_files = "", list[str](), list[str](), list[str]()
    for instruction, rest in _instructions(text):
        if instruction == "FROM":
            image = next((word for word in rest.split() if not word.startswith("--")), "")
            pip, conda, conda_files = [], [], []
        elif instruction == "RUN":
            for words in _commands(rest):
                _collect(words, files, pip, conda, conda_files)
    return DockerInstalls(image, tuple(pip), tuple(conda), tuple(conda_files))


def _instructions(text: str) -> Iterable[tuple[str, str]]:
    pending = ""
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("#"):
            continue
        if stripped.endswith("\\"):
            pending += stripped[:-1] + " "
            continue
        word, _, rest = (pending + stripped).strip().partition(" ")
        pending = ""
        if word:
            yield word.upper(), rest.strip()


def _commands(line: str) -> Iterable[list[str]]:
    """A shell line's simple commands, as words; a line that a shell would not read either gives none."""
    try:
        lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|")
        lexer.whitespace_split = True
        words = list(lexer)
    except ValueError:
        return
    command: list[str] = []
    for word in words:
        if word in _SEPARATORS:
            yield command
            command = []
        else:
            command.append(word)
    yield command


def _collect(
    words: list[str], files: Mapping[str, str], pip: list[str], conda: list[str], conda_files: list[str]
) -> None:
    program = [posixpath.basename(word) for word in words]
    if "install" in program and any(word in {"pip", "pip3"} for word in program[: program.index("install")]):
        pip.extend(_pip_arguments(words[program.index("install") + 1 :], files))
    elif program and any(word in {"conda", "mamba", "micromamba"} for word in program[:4]):
        if "env" in program or any(word in {"-f", "--file"} for word in words):
            conda_files.extend(found for word in words if (found := _in_context(word, files)))
        for verb in ("install", "create"):
            if verb in program and "env" not in program:
                conda.extend(_conda_arguments(words[program.index(verb) + 1 :]))


def _pip_arguments(words: list[str], files: Mapping[str, str]) -> Iterable[str]:
    remaining = iter(words)
    for word in remaining:
        if word in {"-r", "--requirement"} or word.startswith("--requirement="):
            name = word.partition("=")[2] or next(remaining, "")
            if path := _in_context(name, files):
                yield from inline_requirements(files[path].splitlines(), lambda each: _text(each, files))
        elif word in _PIP_WITH_VALUE:
            yield f"{word} {next(remaining, '')}"
        elif word in _PIP_IGNORED_WITH_VALUE:
            next(remaining, "")
        elif not word.startswith(("-", "$", ".", "/")):
            yield word


def _conda_arguments(words: list[str]) -> Iterable[str]:
    remaining = iter(words)
    for word in remaining:
        if word in {"-c", "--channel", "-n", "--name", "-p", "--prefix"}:
            next(remaining, "")
        elif not word.startswith(("-", "$", "/")):
            yield word


def _text(path: str, files: Mapping[str, str]) -> str | None:
    found = _in_context(path, files)
    return files[found] if found else None


def _in_context(path: str, files: Mapping[str, str]) -> str:
    """The context's file that a path inside the image most likely is a copy of, or ''."""
    plain = posixpath.normpath(path.lstrip("/")) if path else ""
    if plain in files:
        return plain
    name = posixpath.basename(plain)
    return next((file for file in sorted(files) if name and posixpath.basename(file) == name), "")
