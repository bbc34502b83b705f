from pathlib import Path

from core.environments.pip_settings import pip_files, uv_settings

NO_FILES: tuple[Path, ...] = ()


def test_pips_variables_become_uvs() -> None:
    environ = {
        "PIP_INDEX_URL": "https://main.example/simple",
        "PIP_EXTRA_INDEX_URL": "https://a.example/simple https://b.example/simple",
        "PIP_TRUSTED_HOST": "a.example",
        "PIP_DEFAULT_TIMEOUT": "180",
    }
    variables = uv_settings(environ, NO_FILES).variables
    assert variables["UV_DEFAULT_INDEX"] == "https://main.example/simple"
    assert variables["UV_EXTRA_INDEX_URL"] == "https://a.example/simple https://b.example/simple"
    assert variables["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert variables["UV_INSECURE_HOST"] == "a.example"
    assert variables["UV_HTTP_TIMEOUT"] == "180"


def test_pips_files_are_read_the_later_over_the_earlier_and_variables_over_all(tmp_path: Path) -> None:
    weak, strong = tmp_path / "weak.conf", tmp_path / "strong.conf"
    weak.write_text("[global]\nindex-url = https://weak.example\ntimeout = 5\n")
    strong.write_text("[global]\nindex_url = https://strong.example\n[install]\ntrusted-host = h.example\n")
    variables = uv_settings({"PIP_TIMEOUT": "7"}, [weak, strong, tmp_path / "missing.conf"]).variables
    assert variables["UV_DEFAULT_INDEX"] == "https://strong.example"
    assert variables["UV_INSECURE_HOST"] == "h.example"
    assert variables["UV_HTTP_TIMEOUT"] == "7"


def test_uvs_own_variables_win() -> None:
    environ = {"PIP_INDEX_URL": "https://pip.example", "UV_INDEX_URL": "https://uv.example"}
    assert "UV_DEFAULT_INDEX" not in uv_settings(environ, NO_FILES).variables


def test_local_indexes_and_links_that_are_not_there_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    environ = {
        "PIP_EXTRA_INDEX_URL": f"file://{tmp_path}/here file://{tmp_path}/gone",
        "PIP_FIND_LINKS": f"{tmp_path}/here {tmp_path}/gone",
    }
    variables = uv_settings(environ, NO_FILES).variables
    assert variables["UV_EXTRA_INDEX_URL"] == f"file://{tmp_path}/here"
    assert variables["UV_FIND_LINKS"] == f"{tmp_path}/here"


def test_certificates_are_passed_on(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("x")
    variables = uv_settings({"PIP_CERT": str(bundle)}, NO_FILES).variables
    assert variables["SSL_CERT_FILE"] == str(bundle)
    assert variables["UV_SYSTEM_CERTS"] == "true"


def test_the_null_device_as_configuration_means_none_at_all() -> None:
    assert pip_files({"PIP_CONFIG_FILE": "/dev/null"}) == ()


def test_a_broken_configuration_file_is_passed_over(tmp_path: Path) -> None:
    broken = tmp_path / "pip.conf"
    broken.write_text("index-url = no section\n")
    assert "UV_DEFAULT_INDEX" not in uv_settings({}, [broken]).variables


def test_addresses_and_passwords_are_secrets() -> None:
    settings = uv_settings({"PIP_INDEX_URL": "https://me:hunter2@main.example/simple"}, NO_FILES)
    assert "hunter2" in settings.secrets
    assert "https://me:hunter2@main.example/simple" in settings.secrets
    assert "hunter2" not in repr(settings)
