"""A host's Docker engine, spoken to in a few typed calls (https://docs.docker.com/reference/api/engine/version/v1.41)."""

import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from http.client import RemoteDisconnected
from typing import Any, Protocol

import docker
from docker.errors import APIError, DockerException
from requests import Response
from requests.exceptions import ConnectionError as Unconnected
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError

from core.hosts.attachment import Attachment
from core.hosts.errors import ConflictError, HostError, HostUnreachableError, NotThereError, advice
from core.hosts.image_calls import ImageCalls

#: Seconds until an engine that says nothing counts as unreachable.
ANSWER_SECONDS = 20.0
#: Seconds that an engine may be silent while it unpacks or packs what goes to or from it.
_TRANSFER_SECONDS = 120.0
#: Version of the API that Docker 20.10 speaks.
_OLDEST = "1.41"
_ERRORS: Mapping[int, type[HostError]] = {404: NotThereError, 409: ConflictError}


class Closable(Protocol):
    """Something to be closed."""

    def close(self) -> None:
        """Let go of it."""
        ...


class Way(Closable, Protocol):
    """What leads to an engine's host."""

    @property
    def folder(self) -> str:
        """A folder there, of whoever runs the engine; it need not be there yet."""
        ...

    def reach(self, path: str) -> AbstractContextManager[socket.socket]:
        """A connection to a socket there, which is whole once something has come in the context. Raises OSError."""
        ...


class Engine(ImageCalls):
    """Calls to one host, from any thread; every failure is a HostError that names the host."""

    #: The API's newest version that is spoken here; Engines since 29 refuse those before it.
    newest = "1.44"

    def __init__(
        self, name: str, api: docker.APIClient, door: Callable[[], Attachment], way: Way | None = None
    ) -> None:
        """`door` connects anew, for a stream of a program; `way` is what leads to the engine, closed with it."""
        self.name = name
        self.lock = threading.Lock()
        #: What all who have this engine share on its host (see core.hosts.agent_link), closed with it.
        self.helper: Closable | None = None
        self.way = way
        self._api, self._door = api, door

    @property
    def is_far(self) -> bool:
        """Whether a network lies between."""
        return self.way is not None or self._api.base_url.startswith("https")

    def close(self) -> None:
        """Drop the connections."""
        if self.helper is not None:
            self.helper.close()
        self._api.close()
        if self.way is not None:
            self.way.close()

    def agree(self) -> None:
        """Speak the version of the API that both sides know. Raises HostUnreachableError, HostError for an old engine.

        docker-py would ask with the environment's certificates instead of those given.
        """
        with self._said():
            answer = self._api.get(f"{self._api.base_url}/_ping", timeout=ANSWER_SECONDS)
        theirs = answer.headers.get("Api-Version", "")
        if answer.status_code != 200 or not theirs:
            raise HostUnreachableError(f"{self.name} cannot be reached: what answers is no Docker engine")
        if _numbers(theirs) < _numbers(_OLDEST):
            raise HostError(f"{self.name}: its engine speaks version {theirs} of the API", hint="update Docker there")
        self._api._version = min(theirs, self.newest, key=_numbers)  # type: ignore[attr-defined]

    def ping(self) -> None:
        """Nothing when it answers. Raises HostUnreachableError."""
        with self._said():
            self._api.ping()

    def version(self) -> Mapping[str, Any]:
        """As `docker version` says it of the server."""
        with self._said():
            found: Mapping[str, Any] = self._api.version()
            return found

    def info(self) -> Mapping[str, Any]:
        """As `docker info` says it."""
        with self._said():
            found: Mapping[str, Any] = self._api.info()
            return found

    def started_at(self) -> str:
        """When the engine was last started, "" when it does not show: it makes its own network anew at each start."""
        try:
            return str(self._json("GET", "/networks/bridge").get("Created", ""))
        except NotThereError:
            return ""

    # Containers

    def create(self, name: str, config: Mapping[str, Any]) -> str:
        """A container's id. `config` is the body of the API's ContainerCreate; ConflictError when the name is taken."""
        made = self._json("POST", "/containers/create", params={"name": name}, json=config)
        return str(made["Id"])

    def start(self, container: str) -> None:
        """Start it; nothing when it runs."""
        self._json("POST", f"/containers/{container}/start")

    def inspect(self, container: str) -> Mapping[str, Any]:
        """All about a container. Raises NotThereError."""
        found: Mapping[str, Any] = self._json("GET", f"/containers/{container}/json")
        return found

    def containers(self, *labels: str) -> Sequence[Mapping[str, Any]]:
        """Running and ended ones that have all the labels ("key" or "key=value")."""
        with self._said():
            return list(self._api.containers(all=True, filters={"label": list(labels)}))

    def stop(self, container: str, grace_s: float) -> None:
        """SIGTERM, and SIGKILL whole seconds later; returns when it has ended."""
        params = {"t": max(0, round(grace_s))}
        self._json("POST", f"/containers/{container}/stop", params=params, timeout=grace_s + ANSWER_SECONDS)

    def kill(self, container: str, signal: str = "KILL") -> None:
        """Send a signal to its main process. Raises ConflictError when it does not run."""
        self._json("POST", f"/containers/{container}/kill", params={"signal": signal})

    def remove(self, container: str) -> None:
        """Be rid of it, running or not; nothing when it is not there."""
        try:
            self._json("DELETE", f"/containers/{container}", params={"force": "1", "v": "1"})
        except NotThereError:
            return

    def wait(self, container: str, timeout: float = 600.0) -> int:
        """Until it has ended: its exit code. Raises HostUnreachableError after `timeout` seconds."""
        found = self._json("POST", f"/containers/{container}/wait", timeout=timeout)
        return int(found["StatusCode"])

    def stats(self, container: str) -> Mapping[str, Any]:
        """One reading of what it uses."""
        params = {"stream": "0", "one-shot": "1"}
        found: Mapping[str, Any] = self._json("GET", f"/containers/{container}/stats", params=params)
        return found

    def ran_out_of_memory(self, container: str, since: int, until: int) -> bool:
        """Whether the engine heard that between two seconds of its own clock; its inspection may have missed it."""
        filters = json.dumps({"container": [container], "event": ["oom"]})
        params = {"since": since, "until": until, "filters": filters}
        with self._answer("GET", "/events", params=params) as answer:
            return bool(answer.content.strip())

    def put(self, container: str, folder: str, archive: Iterable[bytes]) -> None:
        """Unpack a tar stream in a folder of a container; other calls about this container wait meanwhile."""
        params, path = {"path": folder}, f"/containers/{container}/archive"
        with self._answer("PUT", path, params=params, data=iter(archive), timeout=_TRANSFER_SECONDS):
            pass

    @contextmanager
    def get(self, container: str, path: str, *, packed: bool = False) -> Iterator[Iterator[bytes]]:
        """A file or folder of a container as a tar stream; `packed` on its way, which pays where the link is slow."""
        more = {"params": {"path": path}, "headers": {"Accept-Encoding": "gzip" if packed else "identity"}}
        where = f"/containers/{container}/archive"
        with self._answer("GET", where, stream=True, timeout=_TRANSFER_SECONDS, **more) as answer:
            yield self._pieces(answer)

    def log(
        self, container: str, *, since: str = "", follow: bool = True, timeout: float = ANSWER_SECONDS
    ) -> AbstractContextManager[Iterator[bytes]]:
        """The raw frames of standard output and error with timestamps, from `since` ("seconds.nanoseconds") on.

        An iterator that ends says nothing about the container (docker-py turns a cut into an end, too); a stream
        that says nothing for `timeout` seconds raises HostUnreachableError, though its container may only be quiet.
        """
        params = {"stdout": "1", "stderr": "1", "timestamps": "1", "follow": "1" if follow else "0"}
        if since:
            params["since"] = since
        return self._streamed(f"/containers/{container}/logs", params, timeout)

    def volume_path(self, name: str) -> str:
        """Where a volume lies on the host. Raises NotThereError."""
        return str(self._json("GET", f"/volumes/{name}")["Mountpoint"])

    # Programs with a terminal

    def attach(self, container: str) -> Attachment:
        """The standard files of a container's program; attach before it is started, and nothing is missed."""
        return self._stream(f"/containers/{container}/attach?stdin=1&stdout=1&stderr=1&stream=1", {})

    def resize(self, container: str, rows: int, columns: int) -> None:
        """Make its terminal so large."""
        self._json("POST", f"/containers/{container}/resize", params={"h": rows, "w": columns})

    def make_exec(
        self, container: str, argv: Sequence[str], variables: Mapping[str, str], folder: str, *, is_terminal: bool
    ) -> str:
        """A further program of a container that runs, made ready: its id. Raises ConflictError when it has ended."""
        body = {
            "Cmd": list(argv),
            "Env": [f"{name}={value}" for name, value in variables.items()],
            "WorkingDir": folder,
            "Tty": is_terminal,
            **dict.fromkeys(("AttachStdin", "AttachStdout", "AttachStderr"), True),
        }
        return str(self._json("POST", f"/containers/{container}/exec", json=body)["Id"])

    def start_exec(self, program: str, *, is_terminal: bool) -> Attachment:
        """Start it; its standard files."""
        return self._stream(f"/exec/{program}/start", {"Detach": False, "Tty": is_terminal})

    def resize_exec(self, program: str, rows: int, columns: int) -> None:
        """Make its terminal so large."""
        self._json("POST", f"/exec/{program}/resize", params={"h": rows, "w": columns})

    def exec_code(self, program: str) -> int:
        """The exit code of one that has ended."""
        return int(self._json("GET", f"/exec/{program}/json")["ExitCode"] or 0)

    # How it is done

    def _json(self, method: str, path: str, *, timeout: float = ANSWER_SECONDS, **more: Any) -> Any:
        with self._answer(method, path, timeout=timeout, **more) as answer:
            return answer.json() if answer.content else {}

    def _stream(self, path: str, body: Mapping[str, Any]) -> Attachment:
        """A connection that becomes the stream of a program."""
        with self._said():
            stream = self._door()
            try:
                status, answer = stream.upgrade(f"/v{self._api.api_version}{path}", body, ANSWER_SECONDS)
            except BaseException:
                stream.close()
                raise
        if status in (101, 200):
            return stream
        stream.close()
        raise _refusal(self.name, status, _message(answer.decode("utf-8", "replace"), status))

    @contextmanager
    def _streamed(self, path: str, params: Mapping[str, str], timeout: float) -> Iterator[Iterator[bytes]]:
        with self._answer("GET", path, params=params, stream=True, timeout=timeout) as answer:
            yield self._pieces(answer)

    def _pieces(self, answer: Response) -> Iterator[bytes]:
        """What comes, as it comes."""
        with self._said():
            yield from answer.raw.stream(1 << 20, decode_content=True)

    @contextmanager
    def _answer(
        self, method: str, path: str, *, timeout: float | None = ANSWER_SECONDS, **more: Any
    ) -> Iterator[Response]:
        with self._said():
            url = f"{self._api.base_url}/v{self._api.api_version}{path}"
            patience = (ANSWER_SECONDS, timeout)
            answer = self._api.request(method, url, timeout=patience, **more)
            try:
                if answer.status_code >= 400:
                    raise _refusal(self.name, answer.status_code, _words(answer))
                yield answer
            finally:
                answer.close()

    @contextmanager
    def _said(self) -> Iterator[None]:
        """Failures of the library in our own words."""
        try:
            yield
        except APIError as error:
            raise _refusal(self.name, error.status_code or 0, error.explanation or str(error)) from error
        except (Unconnected, RequestException, HTTPError, DockerException, OSError) as error:
            raise HostUnreachableError(f"{self.name} cannot be reached: {_reason(error)}") from error


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _refusal(host: str, status: int, words: str) -> HostError:
    return _ERRORS.get(status, HostError)(f"{host}: {words}", hint=advice(words), status=status)


def _words(answer: Response) -> str:
    return _message(answer.text, answer.status_code)


def _message(text: str, status: int) -> str:
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text.strip() or f"status {status}"


def _reason(error: BaseException) -> str:
    """The innermost cause, which is the one that says something."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    if isinstance(error, RemoteDisconnected):
        return "the connection broke off"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
