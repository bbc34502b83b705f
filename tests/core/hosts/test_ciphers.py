"""The order of SSH's ciphers, by the machine's own ssh."""

from pathlib import Path

import pytest

from core.hosts import ciphers
from core.hosts.ciphers import quick_first

_AES, _OTHER = "aes128-gcm@openssh.com", "chacha20-poly1305@openssh.com"


def asked(folder: Path, config: str) -> list[str]:
    file = folder / "config"
    file.write_text(f"Host *\n  {config}\n")
    return quick_first(["ssh", "-F", str(file)], "ssh://somebody@there:2222")


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ciphers, "_knows_aes", lambda: True)


@pytest.mark.usefixtures("_quick")
def test_the_cipher_that_the_processor_knows_comes_first(tmp_path: Path) -> None:
    assert asked(tmp_path, f"Ciphers {_OTHER},aes256-ctr,{_AES}") == ["-o", f"Ciphers={_AES},{_OTHER},aes256-ctr"]


@pytest.mark.usefixtures("_quick")
def test_a_cipher_that_the_user_does_not_allow_is_not_tried(tmp_path: Path) -> None:
    assert asked(tmp_path, f"Ciphers {_OTHER},aes256-ctr") == []
    assert asked(tmp_path, "NoSuchWord yes") == []


def test_where_the_processor_does_not_know_it_the_order_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ciphers, "_knows_aes", lambda: False)
    assert asked(tmp_path, f"Ciphers {_OTHER},{_AES}") == []
