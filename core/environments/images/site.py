"""Where an image is built on a host: a throw-away volume with this machine's settings, and containers that use it.

A command runs in a container of the image as it stands; what it changed becomes the next image. The volume is mounted
below /dev, so that nothing of it, not even its mount point, is part of an image; neither are the variables, which a
script in the volume exports. (Docker's builder can do neither without BuildKit, which docker-py does not speak.)
"""

import contextlib
import hashlib
import os
import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.environments.images.archives import tar_of
from core.environments.images.machine_settings import PLACE, MachineSettings
from core.environments.images.work import Work
from core.errors import EnvironmentBuildError
from core.hosts.errors import HostError, StoppedError
from core.layout import Layout

#: Label of a build's volume; its value names the workspace that builds.
BUILD_LABEL = "mlpw.build"
#: How lines begin that a build says to mlpw alone.
TOLD = "mlpw: "
_RUN = f"{PLACE}/run.sh"
_WAKE_SECONDS = 0.1
_FOLDERS = {"": 0o755, "tmp": 0o1777, "cache": 0o1777}
_SCRIPT = """exec 2>&1
while [ "$1" != -- ]; do export "$1"; shift; done
shift
. {place}/settings.sh
exec "$@"
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command in a build ended, and what it wrote."""

    code: int
    text: str


def builder_name(layout: Layout) -> str:
    """How a workspace on this machine signs what it makes on hosts while it builds."""
    text = f"{os.uname().nodename}\0{layout.root.absolute()}"
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:8]


def build_prefix(layout: Layout, digest: str = "") -> str:
    """How the names of a workspace's build containers and volumes begin, all of them or those of one content."""
    return f"mlpw-build-{builder_name(layout)}-{f'{digest[:16]}-' if digest else ''}"


@dataclass(slots=True)
class Site:
    """A build under way. Use `opened`; `name` is that of its volume, and begins those of its containers."""

    work: Work
    name: str
    settings: MachineSettings
    _made: bool = field(default=False)
    _count: int = field(default=0)

    def lay_out(self, image: str, files: Mapping[str, Path | bytes]) -> None:
        """Have the volume, with the machine's settings and `files` in it; an image is needed to reach into it."""
        engine = self.work.engine
        if not self._made:
            engine.create_volume(self.name, {BUILD_LABEL: self.name})
            self._made = True
            script = _SCRIPT.format(place=PLACE).encode()
            files = {"run.sh": script, "settings.sh": self._exports().encode(), **self.settings.files, **files}
        helper = engine.create(f"{self.name}-put", {**self._container(image, ["--", "true"])})
        try:
            engine.put(helper, "/dev", tar_of(files, _FOLDERS, "mlpw/"))
        finally:
            engine.remove(helper)

    def run(
        self,
        image: str,
        argv: Sequence[str],
        *,
        variables: Mapping[str, str] | None = None,
        network: str = "",
        as_root: bool = False,
    ) -> tuple[str, Ran]:
        """Run a command in a container of an image until it ends; the container's id and what came of it.

        Raises EnvironmentBuildError when cancelled.
        """
        self._count += 1
        engine, words = self.work.engine, [f"{name}={value}" for name, value in (variables or {}).items()]
        config = self._container(image, [*words, "--", *argv])
        if as_root:
            config["User"] = "0"
        if network:
            config["HostConfig"] = {**config["HostConfig"], "NetworkMode": network}
        container = engine.create(f"{self.name}-{self._count}", config)
        engine.start(container)
        try:
            return container, self._followed(container)
        except StoppedError:
            raise EnvironmentBuildError("the build of the environment was cancelled") from None

    def keep(self, container: str, image: str, labels: Mapping[str, str], **changed: Any) -> str:
        """Make what a container changed in an image the next image, which starts as that one does; its id."""
        found = self.work.engine.image(image) or {}
        base = found.get("Config") or {}
        config = {
            **base,
            "Entrypoint": base.get("Entrypoint") or [],
            "Cmd": base.get("Cmd") or ["/bin/sh"],
            "Labels": {**(base.get("Labels") or {}), **labels},
            **changed,
        }
        made = self.work.engine.commit(container, config)
        self.work.engine.remove(container)
        return made

    def labelled(self, image: str, labels: Mapping[str, str]) -> str:
        """The image with more labels, which is another image with the same files; its id."""
        container = self.work.engine.create(f"{self.name}-end", {"Image": image, "Cmd": ["true"]})
        return self.keep(container, image, labels)

    def close(self) -> None:
        """Leave nothing on the host but images."""
        clear(self.work, self.name)

    def _container(self, image: str, argv: Sequence[str]) -> dict[str, Any]:
        mount = {"Type": "volume", "Source": self.name, "Target": PLACE, "VolumeOptions": {"NoCopy": True}}
        return {
            "Image": image,
            "Entrypoint": ["/bin/sh", _RUN],
            "Cmd": list(argv),
            "Healthcheck": {"Test": ["NONE"]},
            "HostConfig": {"Mounts": [mount]},
        }

    def _exports(self) -> str:
        variables = {"TMPDIR": f"{PLACE}/tmp", "PIP_DISABLE_PIP_VERSION_CHECK": "1", **self.settings.variables}
        return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())

    def _followed(self, container: str) -> Ran:
        """Pass on what a container writes until it has ended, whatever becomes of the stream meanwhile."""
        engine, pending, shown = self.work.engine, b"", 0
        for piece in engine.output(container, self.work.cancelled):
            *whole, pending = (pending + piece).split(b"\n")
            for line in whole:
                self._say(line.decode("utf-8", "replace"))
            shown += len(whole)
        state = self._ended(container)
        text = b"".join(engine.output(container, follow=False)).decode("utf-8", "replace")
        for left in text.split("\n")[shown:]:
            self._say(left)
        text = self.work.clean(f"{text}{state.get('Error') or ''}")
        return Ran(int(state["ExitCode"]) or int(bool(state.get("Error"))), text)

    def _say(self, line: str) -> None:
        if line.strip() and not line.startswith(TOLD):
            self.work.announce(line.rstrip())

    def _ended(self, container: str) -> Mapping[str, Any]:
        while (state := self.work.engine.inspect(container)["State"])["Running"]:
            if self.work.cancelled():
                raise StoppedError("cancelled")
            time.sleep(_WAKE_SECONDS)
        found: Mapping[str, Any] = state
        return found


@contextmanager
def opened(work: Work, layout: Layout, digest: str, settings: MachineSettings) -> Iterator[Site]:
    """A place to build a content in; nothing is left of it, nor of what a killed build of the same content left."""
    prefix = build_prefix(layout, digest)
    clear(work, prefix)
    site = Site(work, f"{prefix}{os.urandom(3).hex()}", settings)
    try:
        yield site
    finally:
        with contextlib.suppress(HostError):
            site.close()


def clear(work: Work, beginning: str) -> None:
    """Remove containers and volumes of builds whose names begin so."""
    engine = work.engine
    for container in engine.containers_called(beginning):
        engine.remove(str(container["Id"]))
    for volume in engine.volumes(BUILD_LABEL):
        if str(volume["Name"]).startswith(beginning):
            engine.remove_volume(str(volume["Name"]))
