"""The container of one attempt on its host: made once, started once, found again by its name."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from core.computes.containers.body import create_body
from core.computes.containers.ending import OverError, is_fresh
from core.computes.containers.kept import Kept
from core.computes.containers.reported import mark_of
from core.computes.containers.staging import StagedData
from core.computes.protocol import ContainerSpec
from core.hosts import labels
from core.hosts.engine import Engine
from core.hosts.errors import ConflictError, NotThereError

#: An engine that is asked to make a container holds its name for so long at most before the container is there.
_MAKING_SECONDS, _LOOK_SECONDS = 30.0, 0.02


class Making:
    """Asks an engine; everything may be asked again, by another shim too.

    `attempt` is the attempt's whole spec; `staged_is_over` hears that its data is there, or is not; `check_cancel`
    raises OverError when nobody wants the container any more.
    """

    def __init__(
        self,
        spec: ContainerSpec,
        attempt: dict[str, Any],
        secrets: Mapping[str, str],
        kept: Kept,
        *,
        staged: StagedData | None,
        staged_is_over: Callable[[], None],
        check_cancel: Callable[[], None],
    ) -> None:
        self._spec, self._attempt, self._secrets, self._kept = spec, attempt, secrets, kept
        self._staged, self._staged_is_over, self._check_cancel = staged, staged_is_over, check_cancel
        self._is_new = False

    def create(self, engine: Engine) -> str:
        """The container's id; one of this name is ours, made by a request whose answer was lost, or by a dead shim."""
        self._check_cancel()
        try:
            staged = None if self._staged is None else self._staged.stage(engine)
        finally:
            self._staged_is_over()
        echo = "" if staged is None else mark_of(self._spec)
        body = create_body(self._attempt, self._secrets, staged, echo=echo)
        until = time.monotonic() + _MAKING_SECONDS
        while True:
            try:
                made = engine.create(self._spec.name, body)
            except ConflictError:
                found = self._found(engine, is_last=time.monotonic() > until)
                if found:
                    return found
                time.sleep(_LOOK_SECONDS)
                self._check_cancel()
            else:
                self._is_new = True
                return made

    def _found(self, engine: Engine, *, is_last: bool) -> str:
        """The id of the container that has the name, "" while its engine still makes it, or just removed it."""
        try:
            found = engine.inspect(self._spec.name)
        except NotThereError:
            if is_last:
                raise
            return ""
        folder = (found["Config"].get("Labels") or {}).get(labels.FOLDER)
        if folder != self._spec.labels.get(labels.FOLDER):
            raise OverError("not_started", f"a container of another attempt has its name: {self._spec.name}")
        return str(found["Id"])

    def start(self, engine: Engine) -> Mapping[str, Any]:
        """Its state; a container that runs or has run already is not started again.

        Nobody can have started one that was made a moment ago; once that was tried, it may run though nobody said so.
        """
        is_new, self._is_new = self._is_new, False
        if not is_new:
            found: Mapping[str, Any] = engine.inspect(self._kept.container)["State"]
            if not is_fresh(found):
                return found
        engine.start(self._kept.container)
        return {"Status": "running"}

    def state(self, engine: Engine) -> Mapping[str, Any] | None:
        """How it stands, None when there is none; asked by name where a shim died after making it."""
        try:
            found = engine.inspect(self._kept.container or self._spec.name)
        except NotThereError:
            return None
        self._kept.container = str(found["Id"])
        state: Mapping[str, Any] = found["State"]
        return state
