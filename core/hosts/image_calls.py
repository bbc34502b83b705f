"""What an engine is asked about images, and about the containers and volumes that images are made with."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import docker
from docker.auth import get_config_header, resolve_repository_name
from requests import Response

from core.hosts.errors import HostError, NotThereError, StoppedError, advice
from core.hosts.messages import frames, heard, objects
from core.hosts.references import familiar, repository_and_tag

#: Seconds that an engine may take to write a container's files into an image, or to delete an image's.
_LAYER_SECONDS = 1800.0

Cancelled = Callable[[], bool]


class ImageCalls(ABC):
    """The part of an Engine that knows images."""

    name: str
    _api: docker.APIClient

    def image(self, reference: str) -> Mapping[str, Any] | None:
        """All about an image, None when the host has none of that name."""
        try:
            found: Mapping[str, Any] = self._json("GET", f"/images/{reference}/json")
            return found
        except NotThereError:
            return None

    def images(self, *labels: str, every: bool = False) -> Sequence[Mapping[str, Any]]:
        """Images that have all the labels; `every` gives also those that only other images are made from."""
        return self._images({"label": list(labels)}, every)

    def images_named(self, *references: str) -> Sequence[Mapping[str, Any]]:
        """Images by name, those that are there, in one call; each with `Id`, `RepoTags`, `RepoDigests`, `Labels`."""
        return self._images({"reference": [familiar(each) for each in references]}, every=False)

    def pull(self, reference: str, cancelled: Cancelled = lambda: False) -> Iterator[Mapping[str, Any]]:
        """Get an image from its registry; gives the engine's messages about it (`status`, `progressDetail`, `id`).

        The registry's credentials are those of this machine's Docker configuration. Raises HostError with the
        registry's words, StoppedError when cancelled.
        """
        name, tag = repository_and_tag(reference)
        params = {"fromImage": name, "tag": tag or ("" if "@" in reference else "latest")}
        return self._messages("/images/create", cancelled, params=params, headers=self._credentials(name))

    def commit(self, container: str, config: Mapping[str, Any], *, comment: str = "") -> str:
        """An image's id, made of an ended container's files; what `config` leaves out comes from the container."""
        params = {"container": container, "comment": comment, "pause": "0"}
        return str(self._json("POST", "/commit", params=params, json=config, timeout=_LAYER_SECONDS)["Id"])

    def tag(self, image: str, reference: str) -> None:
        """Call an image by one more name, which may have been another's."""
        name, tag = repository_and_tag(reference)
        self._json("POST", f"/images/{image}/tag", params={"repo": name, "tag": tag or "latest"})

    def build(
        self, context: Iterable[bytes], params: Mapping[str, str], cancelled: Cancelled
    ) -> Iterator[Mapping[str, Any]]:
        """Have the classic builder follow a Dockerfile in a tar stream; gives its messages (`stream`, `aux`)."""
        headers = {"Content-Type": "application/x-tar"}
        return self._messages("/build", cancelled, params=params, headers=headers, data=_unless(cancelled, context))

    @contextmanager
    def save(self, *references: str) -> Iterator[Iterator[bytes]]:
        """Images as a tar stream that `load` takes."""
        params = {"names": list(references)}
        with self._answer("GET", "/images/get", params=params, stream=True, timeout=_LAYER_SECONDS) as answer:
            yield self._pieces(answer)

    def load(self, archive: Iterable[bytes], cancelled: Cancelled = lambda: False) -> Iterator[Mapping[str, Any]]:
        """Take images out of a tar stream; gives the engine's messages."""
        headers = {"Content-Type": "application/x-tar"}
        return self._messages(
            "/images/load", cancelled, params={"quiet": "1"}, headers=headers, data=_unless(cancelled, archive)
        )

    def import_image(self, archive: bytes, repository: str, tag: str, changes: Sequence[str] = ()) -> None:
        """Make an image of a tar archive, gzipped or not; `changes` are lines of a Dockerfile."""
        params = {"fromSrc": "-", "repo": repository, "tag": tag, "changes": list(changes)}
        headers = {"Content-Type": "application/x-tar"}
        for _ in self._messages("/images/create", lambda: False, params=params, headers=headers, data=archive):
            pass

    def remove_image(self, reference: str, *, force: bool = False) -> None:
        """Be rid of an image; nothing when it is not there. Raises ConflictError when a container needs it."""
        try:
            params = {"force": "1" if force else "0"}
            self._json("DELETE", f"/images/{reference}", params=params, timeout=_LAYER_SECONDS)
        except NotThereError:
            return

    def output(self, container: str, cancelled: Cancelled = lambda: False, *, follow: bool = True) -> Iterator[bytes]:
        """What a container wrote, and what it writes until it ends; an end that comes early proves nothing."""

        def ask() -> AbstractContextManager[Response]:
            params = {"stdout": "1", "stderr": "1", "follow": "1" if follow else "0"}
            return self._answer("GET", f"/containers/{container}/logs", params=params, stream=True, timeout=None)

        return heard(ask, frames, cancelled, self.ping)

    def containers_called(self, beginning: str) -> Sequence[Mapping[str, Any]]:
        """Running and ended containers whose names begin so."""
        filters = json.dumps({"name": [f"^/{beginning}"]})
        return self._list("/containers/json", params={"all": "1", "filters": filters})

    def create_volume(self, name: str, labels: Mapping[str, str]) -> None:
        """A volume of that name; nothing when it is there."""
        self._json("POST", "/volumes/create", json={"Name": name, "Labels": dict(labels)})

    def volumes(self, *labels: str) -> Sequence[Mapping[str, Any]]:
        """Volumes that have all the labels."""
        found = self._json("GET", "/volumes", params={"filters": json.dumps({"label": list(labels)})})
        return list(found.get("Volumes") or ())

    def remove_volume(self, name: str) -> None:
        """Be rid of a volume; nothing when it is not there. Raises ConflictError when a container has it."""
        try:
            self._json("DELETE", f"/volumes/{name}", params={"force": "1"})
        except NotThereError:
            return

    @abstractmethod
    def ping(self) -> None:
        """Nothing when it answers."""

    def _images(self, filters: Mapping[str, list[str]], every: bool) -> Sequence[Mapping[str, Any]]:
        return self._list("/images/json", params={"all": "1" if every else "0", "filters": json.dumps(filters)})

    def _messages(self, path: str, cancelled: Cancelled, **more: Any) -> Iterator[Mapping[str, Any]]:
        """What a long request answers. Raises HostError for an `error`, StoppedError when cancelled."""

        def ask() -> AbstractContextManager[Response]:
            return self._answer("POST", path, stream=True, timeout=None, **more)

        for said in heard(ask, objects, cancelled, self.ping):
            if "error" in said:
                raise HostError(f"{self.name}: {said['error']}", hint=advice(str(said["error"])))
            yield said

    def _credentials(self, repository: str) -> Mapping[str, str]:
        registry, _ = resolve_repository_name(repository)
        header = get_config_header(self._api, registry)
        return {"X-Registry-Auth": header.decode()} if header else {}

    def _list(self, path: str, **more: Any) -> Sequence[Mapping[str, Any]]:
        found = self._json("GET", path, **more)
        assert isinstance(found, list)
        return found

    @abstractmethod
    def _json(self, method: str, path: str, *, timeout: float = ..., **more: Any) -> Any: ...

    @abstractmethod
    def _answer(
        self, method: str, path: str, *, timeout: float | None = ..., **more: Any
    ) -> AbstractContextManager[Response]: ...

    @abstractmethod
    def _pieces(self, answer: Response) -> Iterator[bytes]: ...


def _unless(cancelled: Cancelled, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces, until somebody cancels."""
    for piece in pieces:
        if cancelled():
            raise StoppedError("cancelled")
        yield piece
