"""Docker contexts, as `docker context create` keeps them (https://docs.docker.com/engine/manage-resources/contexts)."""

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

from core.definitions.compute_target import LOCAL, ComputeTarget
from core.errors import did_you_mean
from core.hosts.errors import HostError

_PREFIX = "context:"
_DEFAULT = "default"


def followed(target: ComputeTarget) -> ComputeTarget:
    """A target with the address that its context has; any other target as it is.

    Raises HostError for a context that is not there, or that must not be used.
    """
    if not target.host.startswith(_PREFIX):
        return target
    name = target.host.removeprefix(_PREFIX)
    if name == _DEFAULT:
        return replace(target, host=LOCAL)
    key = hashlib.sha256(name.encode()).hexdigest()
    try:
        told = json.loads((_folder() / "meta" / key / "meta.json").read_text(encoding="utf-8"))
        endpoint = told["Endpoints"]["docker"]
        host = str(endpoint["Host"])
    except FileNotFoundError:
        near = did_you_mean(name, context_names()) or f"'docker context ls' lists them; looked in {_folder()}"
        raise HostError(f"{target.name}: there is no Docker context '{name}'", hint=near) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HostError(f"{target.name}: Docker context '{name}' cannot be read: {error}") from None
    if endpoint.get("SkipTLSVerify"):
        raise HostError(
            f"{target.name}: Docker context '{name}' does not check certificates", hint="make it anew with its 'ca'"
        )
    return replace(target, host=host, tls_ca=_file(key, "ca"), tls_cert=_file(key, "cert"), tls_key=_file(key, "key"))


def context_names() -> list[str]:
    """The contexts of this user."""
    names: list[str] = [_DEFAULT]
    for path in sorted(_folder().glob("meta/*/meta.json")):
        try:
            names.append(str(json.loads(path.read_text(encoding="utf-8"))["Name"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return names


def _folder() -> Path:
    return Path(os.environ.get("DOCKER_CONFIG") or "~/.docker").expanduser() / "contexts"


def _file(key: str, name: str) -> str:
    """The path of a context's own certificate or key, "" when it has none."""
    path = _folder() / "tls" / key / "docker" / f"{name}.pem"
    return str(path) if path.is_file() else ""
