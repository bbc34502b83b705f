"""`docker_args` of a step that runs in a container: what may be asked of a host, in the API's words, and what not.

https://docs.docker.com/reference/cli/docker/container/run has the arguments; their fields are HostConfig's of
https://docs.docker.com/reference/api/engine/version/v1.41, ContainerCreate.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from core.definitions.workspace_reader import parse_size
from core.errors import DefinitionError, Location, did_you_mean

#: Said elsewhere: `resources` reads these, and mlpw does the rest anyway.
_KNOWN = frozenset({"cpus", "memory", "m", "shm-size"})
_ALWAYS = frozenset({"rm", "init"})
_REFUSED = {
    "privileged": "steps run without privileges",
    "cap-add": "steps run without capabilities",
    "cap-drop": "steps run without capabilities anyway",
    "security-opt": "steps run without new privileges",
    "device": "for graphics cards say gpus",
    "pid": "a step sees its own processes",
    "userns": "files must belong to you",
    "user": "files must belong to you",
    "u": "files must belong to you",
    "volume": "give data as an input",
    "v": "give data as an input",
    "mount": "give data as an input",
    "env": "use environment_variables, which belong to the result's fingerprint",
    "e": "use environment_variables, which belong to the result's fingerprint",
    "env-file": "use environment_variables, which belong to the result's fingerprint",
    "entrypoint": "the step's command is what runs",
    "restart": "mlpw tries a lost step again by itself",
    "name": "mlpw names containers so that it finds them again",
    "label": "mlpw labels containers so that it finds them again",
    "workdir": "a step starts in its code folder",
    "w": "a step starts in its code folder",
    "detach": "mlpw follows the step",
    "d": "mlpw follows the step",
    "cgroup-parent": "it would leave the limits that the host has for containers",
}


def host_config(words: Sequence[str], location: Location | None = None) -> dict[str, object]:
    """HostConfig's fields for the arguments of `docker_args`, as split by a shell.

    Raises DefinitionError for one that is refused, unknown, or has a value that cannot be.
    """
    found: dict[str, object] = {}
    for name, value in _pairs(words):
        if name in _KNOWN or name in _ALWAYS:
            continue
        shown = f"{'-' if len(name) == 1 else '--'}{name}"
        if name in _REFUSED:
            raise DefinitionError(f"docker_args: {shown} is not allowed", location=location, hint=_REFUSED[name])
        if name not in _FIELDS:
            hint = did_you_mean(name, (*_FIELDS, *_KNOWN)) or f"allowed: {', '.join(sorted((*_FIELDS, *_KNOWN)))}"
            raise DefinitionError(f"docker_args: {shown} is not known here", location=location, hint=hint)
        try:
            _FIELDS[name](found, value)
        except (ValueError, DefinitionError) as error:
            why = error.message if isinstance(error, DefinitionError) else str(error)
            raise DefinitionError(f"docker_args: {shown} {value}: {why}", location=location) from None
    return found


def _pairs(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """'--name=value', '--name value' and '--name', the dashes taken off."""
    waiting = ""
    for word in words:
        if word.startswith("-") and not word[1:].isdecimal():  # -1 is a value
            if waiting:
                yield waiting, ""
            name, equals, value = word.lstrip("-").partition("=")
            waiting = "" if equals else name
            if equals:
                yield name, value
        elif waiting:
            yield waiting, word
            waiting = ""
    if waiting:
        yield waiting, ""


def _chosen(field: str, allowed: Mapping[str, str]) -> Callable[[dict[str, object], str], None]:
    """One of a few words; those with a text are refused for that reason."""

    def put(found: dict[str, object], value: str) -> None:
        if value not in allowed or allowed[value]:
            words = allowed.get(value) or f"one of {', '.join(word for word, why in allowed.items() if not why)}"
            raise ValueError(words)
        found[field] = value

    return put


def _whole(field: str) -> Callable[[dict[str, object], str], None]:
    def put(found: dict[str, object], value: str) -> None:
        if not value.lstrip("-").isdecimal():
            raise ValueError("a whole number")
        found[field] = int(value)

    return put


def _text(field: str) -> Callable[[dict[str, object], str], None]:
    def put(found: dict[str, object], value: str) -> None:
        if not value:
            raise ValueError("needs a value")
        found[field] = value

    return put


def _several(field: str, *, named: bool = False) -> Callable[[dict[str, object], str], None]:
    """Addresses; those that are `named` stand behind a name and a colon."""

    def put(found: dict[str, object], value: str) -> None:
        name, colon, address = value.partition(":") if named else ("", "", value)
        if (named and not (name and colon)) or not _is_address(address):
            raise ValueError("write it as NAME:10.0.0.1" if named else "an address, as 10.0.0.1")
        known = found.get(field, [])
        found[field] = [*(known if isinstance(known, list) else []), value]

    return put


def _is_address(text: str) -> bool:
    from ipaddress import ip_address  # hardly ever needed

    if text == "host-gateway":
        return True
    try:
        ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True


def _ulimit(found: dict[str, object], value: str) -> None:
    name, _, limits = value.partition("=")
    soft, _, hard = limits.partition(":")
    if not name or not soft.lstrip("-").isdecimal() or (hard and not hard.lstrip("-").isdecimal()):
        raise ValueError("write it as nofile=1024 or nofile=1024:2048")
    known = found.get("Ulimits", [])
    limit = {"Name": name, "Soft": int(soft), "Hard": int(hard or soft)}
    found["Ulimits"] = [*(known if isinstance(known, list) else []), limit]


def _tmpfs(found: dict[str, object], value: str) -> None:
    path, _, options = value.partition(":")
    if not path.startswith("/"):
        raise ValueError("an absolute path, as in /scratch:size=2g")
    known = found.get("Tmpfs", {})
    found["Tmpfs"] = {**(known if isinstance(known, dict) else {}), path: options}


def _reservation(found: dict[str, object], value: str) -> None:
    found["MemoryReservation"] = parse_size(value)


def _gpus(found: dict[str, object], value: str) -> None:
    """A number is said by `resources`; which ones, or all, only here."""
    devices = value.strip('"').removeprefix("device=")
    asked: dict[str, object] = {"Driver": "", "Capabilities": [["gpu"]]}
    if value == "all":
        found["DeviceRequests"] = [{**asked, "Count": -1}]
    elif devices != value.strip('"') and all(devices.split(",")):
        found["DeviceRequests"] = [{**asked, "DeviceIDs": devices.split(",")}]
    elif not value.isdecimal():
        raise ValueError("a number, all, or device=0,1")


def _read_only(found: dict[str, object], value: str) -> None:
    found["ReadonlyRootfs"] = value in ("", "true")


_FIELDS: dict[str, Callable[[dict[str, object], str], None]] = {
    "ipc": _chosen("IpcMode", {"private": "", "none": "", "host": "for more shared memory say shm_size: 8g"}),
    "network": _chosen("NetworkMode", {"bridge": "", "none": "", "host": "a step has a network of its own"}),
    "net": _chosen("NetworkMode", {"bridge": "", "none": "", "host": "a step has a network of its own"}),
    "runtime": _chosen("Runtime", {"nvidia": "", "runc": ""}),
    "ulimit": _ulimit,
    "tmpfs": _tmpfs,
    "pids-limit": _whole("PidsLimit"),
    "cpu-shares": _whole("CpuShares"),
    "cpuset-cpus": _text("CpusetCpus"),
    "memory-reservation": _reservation,
    "add-host": _several("ExtraHosts", named=True),
    "dns": _several("Dns"),
    "read-only": _read_only,
    "gpus": _gpus,
}
