"""A step must never be hurt by its recorder, nor the recorder by its step."""

import ast
import json
import resource
import socket
import subprocess
import sys
import threading
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.core.tracking.beside import API, RECORDER, RUN, Beside, recorder_beside, settings_for
from tests.support.waiting import PATIENCE_SECONDS

ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"


def log(beside: Beside, key: str, value: object = 1) -> int:
    return beside.ask("POST", "runs/log-metric", run_id=RUN, key=key, value=value, step=0, timestamp=1)[0]


def test_it_runs_under_python_3_8_with_the_standard_library_alone() -> None:
    nodes = [
        node for file in RECORDER.glob("*.py") for node in ast.walk(ast.parse(file.read_text(), feature_version=(3, 8)))
    ]
    modules = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    modules |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    assert "json" in modules
    assert {module.split(".")[0] for module in modules} <= sys.stdlib_module_names


def test_fifty_clients_at_once_lose_nothing(beside: Beside) -> None:
    def client(number: int) -> None:
        connection = HTTPConnection(*beside.address, timeout=PATIENCE_SECONDS)
        for step in range(20):
            body = json.dumps({"run_id": RUN, "key": f"c{number}", "value": step, "step": step, "timestamp": 1})
            connection.request("POST", API + "runs/log-metric", body, beside.headers)
            assert connection.getresponse().read() == b"{}"
        connection.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    points = {(point.key, point.step) for point in beside.report.metrics}
    assert points == {(f"c{number}", step) for number in range(50) for step in range(20)}


@pytest.mark.parametrize(
    "part",
    [
        b"POST /api/2.0/ml",
        b"POST /api/2.0/mlflow/runs/log-metric HTTP/1.1\r\nContent-Le",
        b'POST /api/2.0/mlflow/runs/log-metric HTTP/1.1\r\nContent-Length: 500\r\n\r\n{"run_id": "',
        b"POST /api/2.0/mlflow/runs/log-metric HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{",
        b"PUT /api/2.0/mlflow-artifacts/artifacts/runs/" + RUN.encode() + b"/x HTTP/1.1\r\nContent-Length: 9\r\n\r\nab",
    ],
)
def test_a_client_that_dies_in_mid_request_leaves_no_mark(tmp_path: Path, part: bytes) -> None:
    with recorder_beside(tmp_path) as beside:
        with socket.create_connection(beside.address) as client:
            client.sendall(part)

        assert log(beside, "next") == 200

    assert [line["type"] for line in beside.journal] == ["log"]
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and file.name != "events.jsonl"]


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 500 + b"\r\n",
        b"POST /api/2.0/mlflow/runs/log-metric HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_request_is_refused_and_the_next_one_is_served(beside: Beside, request_: bytes) -> None:
    with socket.create_connection(beside.address, timeout=PATIENCE_SECONDS) as client:
        client.sendall(request_)
        assert client.recv(64).startswith((b"HTTP/1.1 4",))

    assert log(beside, "next") == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b'{"run_id": 7}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"run_id":"' + RUN.encode() + b'","metrics":"x"}',
        b'{"run_id":"' + RUN.encode() + b'","metrics":[{"key":"k","value":"abc"}]}',
        b'{"run_id":"' + RUN.encode() + b'","metrics":[{"key":"k","value":1,"step":99999999999999999999}]}',
        b'{"run_id":"' + RUN.encode() + b'","params":[{}]}',
    ],
)
def test_a_senseless_body_is_a_4xx_and_changes_nothing(beside: Beside, body: bytes) -> None:
    status, answer = beside.send("POST", API + "runs/log-batch", body)

    assert 400 <= status < 500
    assert json.loads(answer)["error_code"]
    assert not beside.report.metrics
    assert not beside.report.params


def test_a_huge_body_is_refused_and_the_connection_goes_on(beside: Beside) -> None:
    status, answer = beside.send("POST", API + "runs/log-batch", b" " * (40 << 20))

    assert (status, json.loads(answer)["error_code"]) == (413, "RESOURCE_LIMIT_EXCEEDED")
    assert log(beside, "next") == 200


def test_a_body_in_chunks_is_read(beside: Beside) -> None:
    body = json.dumps({"run_id": RUN, "key": "k", "value": 1.5, "timestamp": 1}).encode()
    beside.connection.request(
        "POST",
        API + "runs/log-metric",
        iter([body[:10], body[10:]]),
        headers={**beside.headers, "Transfer-Encoding": "chunked"},
        encode_chunked=True,
    )

    assert beside.connection.getresponse().read() == b"{}"
    assert [point.value for point in beside.report.metrics] == [1.5]


def test_an_upload_is_whole_or_not_there(beside: Beside) -> None:
    content = bytes(range(256)) * 20_000

    assert beside.send("PUT", f"{ARTIFACTS}/runs/{RUN}/deep/file%20one.bin", content)[0] == 200

    assert (beside.folder / "artifacts" / "deep" / "file one.bin").read_bytes() == content
    assert [(artifact.path, artifact.size) for artifact in beside.report.artifacts] == [
        ("deep/file one.bin", len(content))
    ]


@pytest.mark.parametrize(
    "path",
    [
        f"runs/{RUN}/../../../outside.txt",
        f"runs/{RUN}/%2e%2e/%2e%2e/outside.txt",
        f"runs/{RUN}/a/..%2f..%2foutside.txt",
        f"runs/{RUN}/link/outside.txt",
        f"runs/{RUN}/nul%00byte",
        f"runs/{RUN}/back%5c..%5coutside.txt",
        "runs/../outside.txt",
        "models/../../outside.txt",
        "versions/x/1/outside.txt",
        "/etc/passwd",
        "elsewhere",
    ],
)
def test_paths_that_lead_out_of_the_artifacts_are_refused(tmp_path: Path, path: str) -> None:
    (tmp_path / "outside.txt").write_text("secret")
    attempt = tmp_path / "attempt"
    (attempt / "artifacts").mkdir(parents=True)
    (attempt / "artifacts" / "link").symlink_to(tmp_path)
    with recorder_beside(attempt) as beside:
        read, content = beside.send("GET", f"{ARTIFACTS}/{path}")
        written, _ = beside.send("PUT", f"{ARTIFACTS}/{path}", b"overwritten")
        listed, names = beside.send("GET", f"{ARTIFACTS}?path={path}")

    assert 400 <= read < 500
    assert 400 <= written < 500
    assert 400 <= listed < 500
    assert b"secret" not in content
    assert b"outside" not in names or b"nvalid" in names or b"not found" in names
    assert (tmp_path / "outside.txt").read_text() == "secret"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic c2VzYW1l"}])
def test_without_the_token_nothing_is_told_or_taken(beside: Beside, headers: dict[str, str]) -> None:
    body = json.dumps({"run_id": RUN, "key": "k", "value": 1}).encode()

    assert beside.send("POST", API + "runs/log-metric", body, headers)[0] == 401
    assert beside.send("GET", f"{API}runs/get?run_id={RUN}", headers=headers)[0] == 401
    assert not beside.journal


def test_a_web_page_cannot_write(beside: Beside) -> None:
    headers = {**beside.headers, "Origin": "http://evil.example"}

    assert beside.send("POST", API + "runs/set-tag", b"{}", headers)[0] == 403


def test_a_full_disk_is_a_4xx_that_says_so(tmp_path: Path) -> None:
    with recorder_beside(tmp_path, events="/dev/full") as beside:
        status, answer = beside.ask("POST", "runs/log-metric", run_id=RUN, key="k", value=1)

        assert (status, answer["error_code"]) == (413, "RESOURCE_LIMIT_EXCEEDED")
        assert "space" in answer["message"]
        assert beside.get("runs/get", run_id=RUN)["run"]["data"]["metrics"] == []


SERVE = """
import json, os, resource, socket, sys
sys.path.insert(0, os.path.dirname(sys.argv[1]))
import recorder
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
recorder.serve(listening, json.loads(sys.argv[3]))
"""


def test_an_event_cut_off_by_a_full_disk_spoils_no_later_one(tmp_path: Path) -> None:
    command = [sys.executable, "-I", "-S", "-c", SERVE, str(RECORDER), "200", json.dumps(settings_for(tmp_path))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    beside = Beside(tmp_path, ("127.0.0.1", int(process.stdout.readline())), "")

    assert [log(beside, "first"), log(beside, "cut off")] == [200, 413]
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))  # there is space again
    assert log(beside, "third") == 200
    process.kill()
    process.wait()
    process.stdout.close()
    beside.connection.close()

    assert [point.key for point in beside.report.metrics] == ["first", "third"]


def test_a_torn_last_line_is_closed_before_the_next(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_bytes(b'{"type":"log","run"')
    with recorder_beside(tmp_path) as beside:
        assert log(beside, "next") == 200

    assert [point.key for point in beside.report.metrics] == ["next"]
