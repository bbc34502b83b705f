"""Keys for hosts of tests: SSH's, with the configuration that finds them, and TLS's with an authority of their own."""

from pathlib import Path

from tests.support.host_network import run


class SshKeys:
    """One person's key, known hosts and configuration (`ssh -F`), and a key for each host."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "config"
        self.known_hosts = folder / "known_hosts"
        self.authorized = folder / "authorized_keys"
        self.identity = folder / "identity"

    def host_key(self, name: str, address: str) -> Path:
        """The host's private key; clients know it, and find the host by its name."""
        self._prepare()
        key = self.folder / name / "host_key"
        if not key.exists():
            key.parent.mkdir(exist_ok=True)
            _make_key(key)
            public = key.with_suffix(".pub").read_text()
            with self.known_hosts.open("a") as known:
                known.write(f"{address} {public}")
            with self.config.open("a") as config:
                config.write(self._entry(name, address))
        return key

    def forget(self, name: str) -> None:
        """Give a host another key, which clients do not know."""
        key = self.folder / name / "host_key"
        key.unlink()
        _make_key(key)

    def _prepare(self) -> None:
        if not self.folder.exists():
            self.folder.mkdir(mode=0o700)
            _make_key(self.identity)
            self.authorized.write_text(self.identity.with_suffix(".pub").read_text())

    def _entry(self, name: str, address: str) -> str:
        return (
            f"Host {name}\n  HostName {address}\n  User root\n  IdentityFile {self.identity}\n  IdentitiesOnly yes\n"
            f"  UserKnownHostsFile {self.known_hosts}\n  StrictHostKeyChecking yes\n  ConnectTimeout 10\n"
        )


class Authority:
    """A certificate authority, and what it signed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def client(self, name: str = "client") -> tuple[str, str, str]:
        """The paths of the authority's certificate, a person's certificate and its key."""
        return self._signed(name, f"/CN={name}", "extendedKeyUsage=clientAuth")

    def server(self, address: str) -> tuple[str, str, str]:
        """The same for an engine at an address."""
        name = f"server-{address}"
        return self._signed(name, f"/CN={address}", f"subjectAltName=IP:{address}\nextendedKeyUsage=serverAuth")

    def _signed(self, name: str, subject: str, extensions: str) -> tuple[str, str, str]:
        self._prepare()
        key, request, cert = (self.folder / f"{name}.{end}" for end in ("key", "csr", "crt"))
        if not cert.exists():
            wanted = self.folder / f"{name}.ext"
            wanted.write_text(extensions)
            run("openssl", "req", "-new", *_NEW_KEY, "-keyout", str(key), "-out", str(request), "-subj", subject)
            signing = ("-CA", self._ca, "-CAkey", str(self.folder / "ca.key"), "-CAcreateserial", "-days", "2")
            files = ("-in", str(request), "-out", str(cert), "-extfile", str(wanted))
            run("openssl", "x509", "-req", *signing, *files)
        return self._ca, str(cert), str(key)

    @property
    def _ca(self) -> str:
        return str(self.folder / "ca.crt")

    def _prepare(self) -> None:
        if not self.folder.exists():
            self.folder.mkdir(mode=0o700)
            made = ("-keyout", str(self.folder / "ca.key"), "-out", self._ca)
            run("openssl", "req", "-x509", "-new", *_NEW_KEY, *made, "-days", "2", "-subj", "/CN=tests")


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def _make_key(path: Path) -> None:
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "tests", "-f", str(path))
