"""What a build container needs of this machine's package indexes, certificates and proxies.

None of it may enter an image, a record or a log: it reaches a build through a volume that is deleted afterwards.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.environments.images.local_indexes import local_root, wanted_files
from core.environments.pip_settings import pip_files, pip_options, uv_settings

#: Where a build's volume is mounted: what is below /dev never enters an image.
PLACE = "/dev/mlpw"
_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy", "ftp_proxy")
#: Variables that name a file of trusted authorities: for OpenSSL and Python, requests, curl, git, Node and pip.
_AUTHORITIES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS",
                "PIP_CERT")  # fmt: skip
_PIP = ("index-url", "extra-index-url", "no-index", "trusted-host", "default-timeout", "timeout", "proxy")
_UV = ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_INDEX_STRATEGY", "UV_NO_INDEX",
       "UV_INSECURE_HOST", "UV_HTTP_TIMEOUT", "UV_SYSTEM_CERTS", "UV_NATIVE_TLS", "UV_FIND_LINKS")  # fmt: skip
_CERTIFICATES = f"{PLACE}/authorities.pem"


@dataclass(frozen=True, slots=True)
class MachineSettings:
    """Variables of a build, files of this machine by their name in the build's volume, texts never to be shown."""

    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    files: Mapping[str, Path | bytes] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


def machine_settings(environ: Mapping[str, str], asked: str) -> MachineSettings:
    """What pip, uv and others are configured with here, with its files at the places they have in a build.

    `asked` is the text of what is installed; of large local folders of wheels only those named in it go along.
    """
    files: dict[str, Path | bytes] = {}
    options = pip_options(environ, pip_files(environ))
    uv = uv_settings(environ)
    variables = {name: environ[name] for name in _UV if environ.get(name)} | dict(uv.variables)
    variables |= {f"PIP_{name.upper().replace('-', '_')}": options[name] for name in _PIP if options.get(name)}
    variables |= {each: environ[each] for name in _PROXIES for each in (name, name.upper()) if environ.get(each)}
    variables |= {name: value for name, value in environ.items() if name.startswith("UV_INDEX_") and value}
    variables |= _find_links(options.get("find-links", ""), environ.get("UV_FIND_LINKS", ""), files, asked)
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_INDEX", "PIP_INDEX_URL",
                 "PIP_EXTRA_INDEX_URL"):  # fmt: skip
        if name in variables:
            variables[name] = " ".join(_moved(word, files, asked) for word in variables[name].split())
    variables |= _certificates(options, environ, files)
    netrc = Path(environ.get("NETRC") or Path(environ.get("HOME") or Path.home()) / ".netrc")
    if netrc.is_file():
        files["netrc"] = netrc
        variables["NETRC"] = f"{PLACE}/netrc"
    secrets = {*uv.secrets, *(value for name, value in variables.items() if name.endswith(("_PASSWORD", "_USERNAME")))}
    return MachineSettings(
        {name: value for name, value in variables.items() if value},
        files,
        tuple(sorted(secrets, key=len, reverse=True)),
    )


def _certificates(
    options: Mapping[str, str], environ: Mapping[str, str], files: dict[str, Path | bytes]
) -> dict[str, str]:
    """Trust what this machine trusts."""
    found: dict[str, str] = {}
    chosen = options.get("cert") or environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile or ""
    if chosen and Path(chosen).is_file():
        files["authorities.pem"] = Path(chosen)
        files["apt.conf"] = f'Acquire::https::CaInfo "{_CERTIFICATES}";\n'.encode()
        found = {**dict.fromkeys(_AUTHORITIES, _CERTIFICATES), "APT_CONFIG": f"{PLACE}/apt.conf"}
    client = options.get("client-cert") or environ.get("SSL_CLIENT_CERT") or ""
    if client and Path(client).is_file():
        files["client.pem"] = Path(client)
        found |= dict.fromkeys(("PIP_CLIENT_CERT", "SSL_CLIENT_CERT"), f"{PLACE}/client.pem")
    return found


def _find_links(pip: str, uv: str, files: dict[str, Path | bytes], asked: str) -> dict[str, str]:
    places = [_moved(each, files, asked) for each in dict.fromkeys([*pip.split(), *uv.replace(",", " ").split()])]
    words = [each for each in places if each]
    return {"PIP_FIND_LINKS": " ".join(words), "UV_FIND_LINKS": ",".join(words)}


def _moved(place: str, files: dict[str, Path | bytes], asked: str) -> str:
    """A local folder of wheels or index where the build finds it, "" for one that is not there; addresses stay."""
    found = local_root(place)
    if found is None:
        return place
    root, rest = found
    if not (root / rest).exists():
        return ""
    folders = [name for name, path in files.items() if name.endswith("/") and path == root]
    inside = folders[0] if folders else f"links{sum(1 for name in files if name.endswith('/'))}/"
    if not folders:
        files[inside] = root
        files |= {inside + name: file for name, file in wanted_files(root, asked)}
    shown = f"{PLACE}/{inside}{rest}".rstrip("/")
    return f"file://{shown}" if place.startswith("file:") else shown
