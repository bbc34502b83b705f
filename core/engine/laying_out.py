"""Where a step finds its code and data, and how that gets there when its files lie on this machine."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.engine.downloads import can_download, name_at
from core.engine.facts import UNREAD
from core.engine.harvest import SHOWN_NAMES, make_output_places
from core.errors import InputError
from core.hosts.fetching import bring
from core.layout import AttemptFolder
from core.planning.graph import Binding, DataInput, Step, StepOutput
from core.store.objects import Store


class Surface(Protocol):
    """Makes an attempt's files ready, here or by saying what must be ready elsewhere; paths are the same for both."""

    def lay_out(self, step: Step, code: Mapping[str, str]) -> None:
        """The working folder with `code` (digests by place in it), and places for outputs."""

    def shown(self, name: str, binding: Binding, digest: str) -> str:
        """The path at which the step reads an input in place."""

    def copied(self, name: str, binding: Binding, digest: str) -> str:
        """The path of a private, writable copy, as Azure ML makes for mode: download."""


@dataclass(frozen=True, slots=True)
class Near:
    """Fills an attempt's folder on this machine."""

    attempt: AttemptFolder
    store: Store

    def lay_out(self, step: Step, code: Mapping[str, str]) -> None:
        """The snapshot as working folder, and at its top what joins it: a file, or a folder under its own name."""
        attempt = self.attempt
        if "" in code:
            self.store.checkout(code[""], attempt.code)
        else:
            attempt.code.mkdir(parents=True, exist_ok=True)
        for place, digest in code.items():
            if place:
                made = self.store.checkout(digest, attempt.root / "includes" / place)
                source = made / place if (made / place).is_file() else made
                target = attempt.code / place
                if source.is_dir():
                    shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
                else:
                    shutil.copy2(source, target)
                shutil.rmtree(made)
        make_output_places(step, attempt)

    def shown(self, name: str, binding: Binding, digest: str) -> str:
        """A file of the store under its own name, as many programs go by a name's ending."""
        path = path_of(binding, digest, self.store)
        bring(self.store, [digest])
        wanted = kept_name(binding)
        if not wanted or os.path.isdir(path):
            return path
        link = self.attempt.root / "inputs" / name / wanted
        link.parent.mkdir(parents=True)
        link.symlink_to(path)
        return str(link)

    def copied(self, name: str, binding: Binding, digest: str) -> str:
        """Raises InputError when data is no more what was looked at."""
        bring(self.store, [digest])
        source = Path(path_of(binding, digest, self.store))
        folder = self.attempt.root / "inputs" / name
        target = folder if source.is_dir() else folder / file_name(binding, source)
        if not _is_the_users(binding):
            return str(self.store.copy_out(digest, target))
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copy2(source, target)
        difference = self.store.changes(source, digest)
        if difference:  # it was looked at some time ago; the result must not be kept under what it was then
            names = ", ".join(difference.names[:SHOWN_NAMES])
            raise InputError(f"input '{name}' changed before the step began: {names}", hint="run again")
        return str(target)


def given_paths(step: Step, data: Mapping[str, str], store: Store) -> dict[str, tuple[str, str]]:
    """Path and digest of every data input that the step reads in place, for the check after it."""
    found: dict[str, tuple[str, str]] = {}
    for name, digest in data.items():
        binding = step.inputs[name]
        if digest not in ("", UNREAD) and getattr(binding, "mode", "") != "download":
            found[name] = (path_of(binding, digest, store), digest)
    return found


def path_of(binding: Binding, digest: str, store: Store) -> str:
    """Data lies where the user has it, everything else in the store."""
    if isinstance(binding, DataInput) and _is_the_users(binding):
        return binding.path
    return str(store.path(digest))


def kept_name(binding: Binding) -> str:
    """What a file that lies in the store was called outside of it."""
    if not isinstance(binding, DataInput):
        return ""
    is_fetched = not binding.path and not binding.digest and can_download(binding)
    return name_at(binding.uri) if is_fetched else binding.file_name


def file_name(binding: Binding, source: Path) -> str:
    """What a step's own copy of a file is called."""
    return binding.port if isinstance(binding, StepOutput) else kept_name(binding) or source.name


def _is_the_users(binding: Binding) -> bool:
    """Whether data lies in a path of the user's."""
    return isinstance(binding, DataInput) and bool(binding.path) and not binding.digest
