"""A Dockerfile followed on a host: what it copies and sets by Docker's classic builder, what it runs by a `Site`.

The builder alone would write this machine's settings into the image's history, or keep them from `RUN`.
"""

import hashlib
import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.environments.images.archives import tar_of_folder
from core.environments.images.ignored import context_names, named_by
from core.environments.images.instructions import (
    Instruction,
    UnreadableError,
    escape_of,
    expand,
    read_instructions,
    stage_of,
    unquoted,
)
from core.environments.images.pulling import image_named, pull
from core.environments.images.site import Site
from core.environments.images.value import LAYER_LABEL
from core.errors import EnvironmentBuildError, Location
from core.hosts.errors import HostError, HostUnreachableError, StoppedError

#: Label of what a RUN made; its value names what was run on what, so that it need not be run again.
_RUN_LABEL = "mlpw.run"
#: How the builder's Dockerfile is called in the context; `.dockerignore` keeps it out of what is copied.
_OWN_NAME = ".mlpw.Dockerfile"
_PARSE_ERROR = "dockerfile parse error line "
_LAST_LINES = 3


@dataclass(frozen=True, slots=True)
class Context:
    """A build context: its folder, its Dockerfile by relative name, and how messages name that."""

    folder: Path
    dockerfile: str
    shown: str

    def fault(self, line: int, message: str, hint: str = "") -> EnvironmentBuildError:
        """Something wrong in a line of the Dockerfile."""
        return EnvironmentBuildError(message, location=Location(self.shown, line), hint=hint)


def follow(site: Site, context: Context, builder: str) -> tuple[str, Mapping[str, str]]:
    """Follow a Dockerfile to its last stage; that image's id, and those of the images it is built on, by name.

    `builder` signs what is left of a build that fails. Raises EnvironmentBuildError at the line at fault.
    """
    try:
        text = (context.folder / context.dockerfile).read_text("utf-8", "replace")
        follower = _Follower(site, context, builder, escape_of(text), context_names(context.folder, context.dockerfile))
        for instruction in read_instructions(text):
            follower.take(instruction)
        return follower.finished(), follower.bases
    except UnreadableError as error:
        raise context.fault(error.line, error.message, error.hint) from None
    except OSError as error:
        raise EnvironmentBuildError(f"the build context cannot be read: {error}") from error


@dataclass(slots=True)
class _Follower:
    """How far a Dockerfile has been followed: `image` is what the present stage has become."""

    site: Site
    context: Context
    builder: str
    escape: str
    names: tuple[str, ...]
    image: str = ""
    stages: dict[str, str] = field(default_factory=dict)
    bases: dict[str, str] = field(default_factory=dict)
    _stage: str = ""
    _stages: int = 0
    _defaults: dict[str, str] = field(default_factory=dict)
    _arguments: list[Instruction] = field(default_factory=list)
    _pending: list[Instruction] = field(default_factory=list)
    _is_laid_out: bool = False

    def take(self, instruction: Instruction) -> None:
        """Follow one instruction, or put it off until it must be."""
        if instruction.word == "FROM":
            self._begin(instruction)
        elif instruction.word == "ARG" and not self._stages:
            name, _, value = instruction.rest.partition("=")
            self._defaults[name.strip()] = unquoted(expand(value, self._defaults))
        elif not self._stages:
            raise UnreadableError(instruction.line, f"{instruction.word} stands before the first FROM")
        elif instruction.word == "RUN":
            self._settle()
            self._run(instruction)
        else:
            self._pending.append(instruction)

    def finished(self) -> str:
        """The last stage's image, when all was taken."""
        self._end_stage()
        return self.image

    # Stages

    def _begin(self, instruction: Instruction) -> None:
        self._end_stage()
        written, name = stage_of(instruction)
        reference = expand(written, self._defaults)
        if not reference:
            raise UnreadableError(instruction.line, f"FROM names no image: '{written}'")
        self._say(instruction)
        self._stage, self._stages = name, self._stages + 1
        self._arguments, self._pending = [], []
        self.image = self.stages.get(reference.lower(), "") or self._base(reference, instruction)
        if reference != "scratch" and (self._config().get("OnBuild") or ()):
            self._build([])

    def _base(self, reference: str, instruction: Instruction) -> str:
        if reference == "scratch":
            return reference
        try:
            found = image_named(self.site.work.engine, reference) or pull(self.site.work, reference)
        except EnvironmentBuildError as error:
            raise self.context.fault(instruction.line, error.message, error.hint) from error
        self.bases[reference] = str(found["Id"])
        return self.bases[reference]

    def _end_stage(self) -> None:
        if self._stages:
            self._settle()
            self.stages[str(self._stages - 1)] = self.image
            if self._stage:
                self.stages[self._stage] = self.image

    # What the builder does

    def _settle(self) -> None:
        """Have the builder follow what was put off."""
        pending, self._pending = self._pending, []
        if any(each.word != "ARG" for each in pending):
            self._build(pending)
        self._arguments += [each for each in pending if each.word == "ARG"]

    def _build(self, pending: Sequence[Instruction]) -> None:
        moved = [self._from_stage(each) for each in pending]
        heads = [f"FROM {self.image}", f"LABEL {LAYER_LABEL}={self.builder}"]
        arguments = [self._argument(each) for each in self._arguments]
        lines = [*heads, *arguments, *(self._argument(each) if each.word == "ARG" else _whole(each) for each in moved)]
        known = [0, 0, *(each.line for each in self._arguments), *(each.line for each in moved)]
        first = [f"# escape={self.escape}"]
        texts = {
            _OWN_NAME: "\n".join([*first, *lines, ""]).encode(),
            ".dockerignore": b".mlpw.Dockerfile\n.dockerignore\n",
        }
        names = named_by(self.context.folder, self.names, [each.arguments for each in moved if _is_copy(each)])
        for each in pending:
            self._say(each)
        step = 0
        try:
            params = {"dockerfile": _OWN_NAME, "rm": "1", "forcerm": "1"}
            archive = tar_of_folder(self.context.folder, [name for name in names if name not in texts], texts)
            for message in self.site.work.engine.build(archive, params, self.site.work.cancelled):
                said = str(message.get("stream", ""))
                if said.startswith("Step "):
                    step = int(said.removeprefix("Step ").partition("/")[0])
                elif said.strip() and not said.startswith((" --->", "Removing intermediate", "Successfully ")):
                    self.site.work.note(said.rstrip())
                self.image = str((message.get("aux") or {}).get("ID", self.image))
        except StoppedError:
            raise EnvironmentBuildError("the build of the environment was cancelled") from None
        except HostUnreachableError:
            raise
        except HostError as error:
            raise self._builder_fault(error, known, step) from error

    def _builder_fault(self, error: HostError, known: Sequence[int], step: int) -> EnvironmentBuildError:
        """What the builder refused, at the line of the Dockerfile as it was written."""
        said = error.message.removeprefix(f"{self.site.work.engine.name}: ")
        if said.lower().startswith(_PARSE_ERROR):
            number, _, said = said[len(_PARSE_ERROR) :].partition(":")
            step = int(number) - 1 if number.isdigit() else step
        line = known[step - 1] if 0 < step <= len(known) else 0
        return self.context.fault(line, said.strip())

    def _from_stage(self, instruction: Instruction) -> Instruction:
        """COPY --from=STAGE with the image that the stage became."""
        rest = instruction.rest
        for flag in instruction.flags if instruction.word == "COPY" else ():
            if flag == "--link":  # only says how layers are stored
                rest = rest.replace(flag, "", 1).lstrip()
            if flag.startswith("--from="):
                name = flag.removeprefix("--from=")
                image = self.stages.get(name.lower()) or self._base(name, instruction)
                rest = rest.replace(flag, f"--from={image}", 1)
        return Instruction(instruction.line, instruction.word, rest)

    def _argument(self, instruction: Instruction) -> str:
        """ARG with the default that stands before the first FROM, if it has none of its own."""
        name = instruction.rest.strip()
        default = self._defaults.get(name)
        return _whole(instruction) if default is None else f"ARG {name}={json.dumps(default)}"

    # What is run

    def _run(self, instruction: Instruction) -> None:
        if self.image == "scratch":
            raise UnreadableError(instruction.line, "nothing can run in an empty image")
        self._say(instruction)
        config = self._config()
        network = self._network(instruction)
        argv = _argv(instruction.script, config.get("Shell") or ["/bin/sh", "-c"])
        variables = self._values(config)
        key = _key(self.image, argv, variables, network)
        for found in self.site.work.engine.images(f"{_RUN_LABEL}={key}", every=True):
            if found["ParentId"] == self.image:  # images made from it have the label, too
                self.site.work.note("was run before")
                self.image = str(found["Id"])
                return
        if not self._is_laid_out:
            self.site.lay_out(self.image, {})
            self._is_laid_out = True
        container, ran = self.site.run(self.image, argv, variables=variables, network=network)
        if ran.code:
            last = [line.strip() for line in ran.text.splitlines() if line.strip()][-_LAST_LINES:]
            told = f": {' / '.join(last)}" if last else ""
            raise self.context.fault(instruction.line, f"RUN ended with exit code {ran.code}{told}")
        self.image = self.site.keep(container, self.image, {LAYER_LABEL: self.builder, _RUN_LABEL: key})

    def _network(self, instruction: Instruction) -> str:
        network = ""
        for flag in instruction.flags:
            if flag.startswith("--network="):
                network = flag.removeprefix("--network=").replace("default", "")
            elif flag.startswith("--mount=") and "type=cache" in flag.split("=", 1)[1].split(","):
                self.site.work.note(f"{flag} is not kept from one build to the next")
            else:
                raise UnreadableError(instruction.line, f"'{flag}' needs BuildKit", "copy what it needs with COPY")
        return network

    def _values(self, config: Mapping[str, Any]) -> dict[str, str]:
        """The stage's build arguments; the image's own variables win over them."""
        own = dict(line.partition("=")[::2] for line in config.get("Env") or ())
        values: dict[str, str] = {}
        for each in self._arguments:
            for word in _words(each.rest):
                name, given, default = word.partition("=")
                found = expand(default, {**values, **own}) if given else self._defaults.get(name)
                if found is not None:
                    values[name] = found
        return {name: value for name, value in values.items() if name not in own}

    def _config(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = (self.site.work.engine.image(self.image) or {}).get("Config") or {}
        return found

    def _say(self, instruction: Instruction) -> None:
        first = _whole(instruction).partition("\n")[0]
        self.site.work.announce(f"{self.context.dockerfile}:{instruction.line}: {first}")


def _whole(instruction: Instruction) -> str:
    return f"{instruction.word} {instruction.rest}"


def _is_copy(instruction: Instruction) -> bool:
    """Whether it takes something of the context."""
    from_image = any(flag.startswith("--from=") for flag in instruction.flags)
    return instruction.word in {"COPY", "ADD"} and not from_image


def _argv(text: str, shell: Sequence[str]) -> list[str]:
    """What a RUN starts: the words of its list, or its text by the shell."""
    if text.startswith("["):
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if isinstance(found, list) and all(isinstance(word, str) for word in found):
            return found
    return [*shell, text]


def _key(image: str, argv: Sequence[str], variables: Mapping[str, str], network: str) -> str:
    parts = [image, list(argv), sorted(variables.items()), network]
    return hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
