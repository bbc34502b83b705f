"""Compute targets, from the YAML of the workspace that defines them: `type: docker` and where its engine is."""

import os
import re
from pathlib import Path

from core.definitions import keys
from core.definitions.compute_target import DEFAULT_CACHE, LOCAL, ComputeTarget, Targets
from core.definitions.discovery import classify, content_of, search
from core.definitions.loading import Loading
from core.definitions.references import local_text
from core.definitions.sections import Section, require_mapping
from core.definitions.workspace_reader import parse_size
from core.definitions.yaml_nodes import Mapping, Node, Scalar
from core.errors import DefinitionError, Location, did_you_mean

#: Words that mean something else where a target's name could stand.
RESERVED = frozenset({LOCAL, "auto", "serverless"})
_DOCKER = re.compile(rb"type[\"']?\s*:\s*[\"']?docker\b", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}\Z")
_SSH = re.compile(r"ssh://(?:[A-Za-z0-9_][\w.+-]*@)?(?:[A-Za-z0-9_][\w.-]*|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?/?\Z")
_TCP = re.compile(r"tcp://(?:[A-Za-z0-9_][\w.-]*|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?/?\Z")
_CONTEXT = re.compile(r"context:[A-Za-z0-9][A-Za-z0-9_.+-]*\Z")
_FORMS = "local, context:NAME, unix:///PATH, ssh://USER@HOST or tcp://HOST:2376 with tls"
#: Of so many folders and files nearest to the root, a change means that a target may have come.
_MOST_LOOKED_AT = 1000


def find_targets(loading: Loading) -> Targets:
    """Every compute target that the workspace defines; the files are sources of whatever asks, and those looked at.

    One that cannot be read is kept as its error, for whoever names it.
    """
    looked = search(loading.root)
    loading.looked(looked.first(_MOST_LOOKED_AT))
    found: dict[str, ComputeTarget] = {}
    broken: dict[str, DefinitionError] = {}
    for path in sorted(looked.files):
        name = Path(path).stem
        try:
            node = _docker_document(path, loading)
            if node is None:
                continue
            name = _written_name(node) or name
            target = read_compute(node, os.path.dirname(path), loading)  # noqa: PTH120
            if name in found or name in broken:
                raise _twice(target, found.get(name))
        except DefinitionError as error:
            found.pop(name, None)
            broken[name] = error
        else:
            found[name] = target
    return Targets(found, broken)


def read_compute(node: Node, folder: str, loading: Loading) -> ComputeTarget:
    """The compute target that a YAML document defines; paths in it start at `folder`, or are absolute.

    Raises DefinitionError, at its place, for what it cannot mean and for a host that must not be used.
    """
    mapping = require_mapping(node, "a compute target")
    section = Section(mapping, "the compute target", loading.notices, known=keys.COMPUTE)
    host, where = _host(section)
    tls = _tls(section, host, folder, loading)
    return ComputeTarget(
        name=_name(section),
        host=host,
        tls_ca=tls.get("ca", ""),
        tls_cert=tls.get("cert", ""),
        tls_key=tls.get("key", ""),
        ssh_config=_ssh_config(section, host, folder),
        cpus=section.above_zero("cpus"),
        memory=_size(section, "memory"),
        gpus=section.whole("gpus"),
        shm_size=_size(section, "shm_size"),
        concurrency=section.whole("concurrency"),
        cache_limit=_size(section, "cache") if section.node("cache") is not None else DEFAULT_CACHE,
        description=section.text("description"),
        location=where,
    )


def _docker_document(path: str, loading: Loading) -> Mapping | None:
    """The file's mapping when it defines a target. Raises DefinitionError when it would, were it YAML."""
    if not _DOCKER.search(content_of(path)):
        return None
    node = loading.read(path)
    return node if isinstance(node, Mapping) and classify(node) == "compute" else None


def _written_name(node: Mapping) -> str:
    entry = node.entries.get("name")
    return entry.value.text if entry and isinstance(entry.value, Scalar) else ""


def _twice(target: ComputeTarget, other: ComputeTarget | None) -> DefinitionError:
    at = f" in {other.location.file}" if other and other.location else ""
    return DefinitionError(
        f"there is another compute target '{target.name}'{at}", location=target.location, hint="rename one of them"
    )


def _name(section: Section) -> str:
    scalar = section.scalar("name")
    if scalar is None or not scalar.text:
        raise DefinitionError(
            "the compute target has no name", location=section.location, hint="add 'name:', which steps then use"
        )
    if scalar.text in RESERVED:
        raise DefinitionError(
            f"a compute target cannot be called '{scalar.text}', which means something else",
            location=scalar.location,
            hint="choose another name",
        )
    if not _NAME.match(scalar.text):
        raise DefinitionError(
            f"a compute target cannot be called '{scalar.text}'",
            location=scalar.location,
            hint="use up to 63 letters, digits, dots, underscores and hyphens",
        )
    return scalar.text


def _host(section: Section) -> tuple[str, Location]:
    scalar = section.scalar("host")
    if scalar is None:
        return LOCAL, section.where("name")
    host = scalar.text.strip()
    if host == LOCAL or _SSH.match(host) or _TCP.match(host) or _CONTEXT.match(host):
        return host.rstrip("/"), scalar.location
    if host.startswith("unix:///") and "\0" not in host:
        return host, scalar.location
    raise DefinitionError(f"host cannot be '{host}'", location=scalar.location, hint=_meant(host))


def _meant(host: str) -> str:
    scheme, mark, rest = host.partition("://")
    if mark and scheme == "ssh" and ":" in rest.partition("@")[0] and "@" in rest:
        return "no password stands in a file: use a key, which ssh finds"
    if mark and scheme in {"http", "https"}:
        return f"did you mean 'tcp://{rest}'? it needs tls: {{ca, cert, key}}"
    if mark and scheme in {"ssh", "tcp"}:
        return f"write it as {scheme}://{'USER@' if scheme == 'ssh' else ''}HOST:PORT and nothing more"
    if not mark and host.startswith("/"):
        return f"did you mean 'unix://{host}'?"
    if not mark and "@" in host:
        return f"did you mean 'ssh://{host}'?"
    return did_you_mean(host, {LOCAL}) or f"write it as {_FORMS}"


def _tls(section: Section, host: str, folder: str, loading: Loading) -> dict[str, str]:
    node = section.mapping("tls")
    if not host.startswith("tcp://"):
        if node is not None:
            raise DefinitionError(f"tls is for tcp:// hosts, not for '{host}'", location=section.where("tls"))
        return {}
    if node is None:
        raise DefinitionError(
            f"'{host}' without certificates would let anybody on the network use the machine as root",
            location=section.where("host"),
            hint="add 'tls: {ca: ca.pem, cert: cert.pem, key: key.pem}', or reach it by ssh://",
        )
    tls = Section(node, "tls", loading.notices, known=keys.COMPUTE_TLS)
    return {key: _file(tls, key, folder) for key in ("ca", "cert", "key")}


def _ssh_config(section: Section, host: str, folder: str) -> str:
    if "ssh_config" in section and not host.startswith("ssh://"):
        raise DefinitionError(f"ssh_config is for ssh:// hosts, not for '{host}'", location=section.where("ssh_config"))
    return _file(section, "ssh_config", folder) if section.node("ssh_config") is not None else ""


def _file(section: Section, key: str, folder: str) -> str:
    scalar = section.scalar(key, "a path")
    if scalar is None:
        raise DefinitionError(f"{section.what} names no '{key}'", location=section.location, hint=f"add '{key}: PATH'")
    written = local_text(scalar.text)
    path = os.path.normpath(os.path.join(folder, os.path.expanduser(written)))  # noqa: PTH111, PTH118
    if "\0" in path or not os.path.isfile(path):  # noqa: PTH113
        raise DefinitionError(f"{key} '{scalar.text}' is no file", location=scalar.location, hint=f"looked for {path}")
    return path


def _size(section: Section, key: str) -> int:
    scalar = section.scalar(key, "a size")
    return 0 if scalar is None else parse_size(scalar.text, scalar.location)
