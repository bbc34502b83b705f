"""pip's configuration of indexes and certificates, as the variables that uv reads.

uv does not read pip's files or variables. None of these values may enter a record, a log or a fingerprint.
"""

import configparser
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True)
class UvSettings:
    """Variables to add to uv's environment, and the texts that must never be shown."""

    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


def uv_settings(environ: Mapping[str, str], files: Iterable[Path] | None = None) -> UvSettings:
    """What pip is configured to use, unless uv itself is configured: its UV_ variables always win.

    Rules: https://pip.pypa.io/en/stable/topics/configuration/ and
    https://docs.astral.sh/uv/reference/environment/. `file://` indexes that do not exist are left out.
    """
    options = pip_options(environ, pip_files(environ) if files is None else files)
    variables = {
        name: value for name, value in _variables(options, environ).items() if value and not _is_set(name, environ)
    }
    urls = [*_words(options.get("index-url", "")), *_words(options.get("extra-index-url", ""))]
    urls += [word for name in _INDEX_VARIABLES for word in environ.get(name, "").split()]
    urls += [word for word in _words(options.get("find-links", "")) if "://" in word]
    return UvSettings(variables, tuple(sorted({text for url in urls for text in _secrets(url)}, key=len, reverse=True)))


_INDEX_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL")
_SAME = {
    "UV_DEFAULT_INDEX": ("UV_INDEX_URL",),
    "UV_EXTRA_INDEX_URL": ("UV_INDEX",),
    "UV_SYSTEM_CERTS": ("UV_NATIVE_TLS",),
}


def pip_options(environ: Mapping[str, str], files: Iterable[Path]) -> dict[str, str]:
    """Option name -> value as `pip install` would see it: files in order, then PIP_ variables."""
    options: dict[str, str] = {}
    for file in files:
        parser = configparser.RawConfigParser()
        try:
            parser.read_string(file.read_text("utf-8"))
        except (OSError, UnicodeDecodeError, configparser.Error):
            continue
        for section in ("global", "install"):
            if parser.has_section(section):
                options.update({_option(name): value for name, value in parser.items(section)})
    options.update({_option(name[4:]): value for name, value in environ.items() if name.startswith("PIP_") and value})
    return options


def pip_files(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """pip's configuration files, the weakest first; none when PIP_CONFIG_FILE is the null device."""
    chosen = environ.get("PIP_CONFIG_FILE", "")
    if chosen == os.devnull:
        return ()
    home = Path(environ.get("HOME") or Path.home())
    shared = environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(os.pathsep)
    user = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    mac = home / "Library" / "Application Support" / "pip" / "pip.conf"
    return (
        *(Path(folder) / "pip" / "pip.conf" for folder in reversed(shared) if folder),
        Path("/etc/pip.conf"),
        home / ".pip" / "pip.conf",
        mac if mac.is_file() else user / "pip" / "pip.conf",
        Path(sys.prefix) / "pip.conf",
        *([Path(chosen)] if chosen else []),
    )


def _variables(options: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    indexes = [url for url in _words(options.get("extra-index-url", "")) if _exists(url)]
    links = [link for link in _words(options.get("find-links", "")) if _exists(link)]
    main = options.get("index-url", "").strip()
    certificate = options.get("cert", "").strip()
    return {
        "UV_DEFAULT_INDEX": main if main and _exists(main) else "",
        "UV_EXTRA_INDEX_URL": " ".join(indexes),
        # pip takes the best version of all indexes; uv would stop at the first index that knows the name
        "UV_INDEX_STRATEGY": "unsafe-best-match" if indexes or environ.get("UV_EXTRA_INDEX_URL") else "",
        "UV_FIND_LINKS": ",".join(links),
        "UV_NO_INDEX": "1" if _is_true(options.get("no-index", "")) else "",
        "UV_INSECURE_HOST": " ".join(_words(options.get("trusted-host", ""))),
        "UV_KEYRING_PROVIDER": "subprocess" if options.get("keyring-provider") == "subprocess" else "",
        "UV_HTTP_TIMEOUT": options.get("default-timeout", options.get("timeout", "")).partition(".")[0],
        "HTTPS_PROXY": "" if environ.get("https_proxy") else options.get("proxy", ""),
        "SSL_CERT_FILE": certificate if certificate and Path(certificate).is_file() else "",
        "SSL_CLIENT_CERT": options.get("client-cert", ""),
        **_system_certificates(environ, certificate),
    }


def _system_certificates(environ: Mapping[str, str], certificate: str) -> dict[str, str]:
    """Trust what the machine trusts, as pip does; both names, for uv before and after the option was renamed."""
    import ssl  # only a build needs it; start-up does not

    known = ssl.get_default_verify_paths()
    chosen = certificate or environ.get("SSL_CERT_FILE", "") or known.cafile
    trusted = "true" if chosen and Path(chosen).is_file() else ""
    return {"UV_SYSTEM_CERTS": trusted, "UV_NATIVE_TLS": trusted}


def _is_set(name: str, environ: Mapping[str, str]) -> bool:
    return any(environ.get(each) for each in (name, *_SAME.get(name, ())))


def _option(name: str) -> str:
    return name.lower().replace("_", "-")


def _words(value: str) -> list[str]:
    return value.split()


def _is_true(value: str) -> bool:
    return value.strip().lower() in {"1", "true", "yes", "on"}


def _exists(place: str) -> bool:
    """Whether an index or folder of links can be there: only local ones are looked at."""
    if place.startswith("file:"):
        return Path(unquote(urlsplit(place).path)).exists()
    return "://" in place or Path(place).expanduser().exists()


def _secrets(url: str) -> Iterable[str]:
    """The address itself, and what stands before its host."""
    yield url
    split = urlsplit(url)
    for part in (split.netloc, split.netloc.rpartition("@")[2], split.password):
        if part and split.scheme not in {"", "file"}:
            yield part
