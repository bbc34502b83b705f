"""A change of what an environment is built from, in words."""

from core.planning.fingerprint import differences
from core.planning.trace import Parts

OLD, NEW = "a" * 64, "b" * 64


def words(before: str, after: str, known: bool = True, name: str = "../lib") -> list[str]:
    manifests = {OLD: {"a.py": "f1", "b.py": "f1"}, NEW: {"a.py": "f2", "c.py": "f1"}} if known else {}
    parts: list[Parts] = [{"environment": {name: digest} if digest else {}} for digest in (before, after)]
    return [str(reason) for reason in differences(parts[0], parts[1], manifests.get, {})]


def test_the_files_are_named() -> None:
    assert words(OLD, NEW) == ["environment changed: a.py changed, c.py added, b.py removed in ../lib"]


def test_a_file_or_a_folder_that_nobody_remembers_is_named_itself() -> None:
    assert words(OLD, NEW, known=False, name="./a.whl") == ["environment changed: ./a.whl changed"]


def test_of_older_records_no_digest_is_shown() -> None:
    assert words("1" * 32, NEW) == ["environment changed: ../lib changed"]


def test_a_version_is_no_digest() -> None:
    assert words("1.0", "2.0", name="pandas") == ["environment changed: pandas 1.0 -> 2.0"]
