"""A step's MLflow calls are answered beside it, by a recorder that is loaded only when one comes."""

import json
from pathlib import Path

from core.computes.protocol import RecorderHook
from tests.core.computes.conftest import Bench

RECORDER = """
import json, pathlib
def serve(listening_socket, settings):
    pathlib.Path(settings["loaded"]).touch()
    while True:
        connection, _ = listening_socket.accept()
        with connection:
            request = connection.recv(65536).decode()
            with open(settings["events"], "a") as file:
                file.write(json.dumps({"asked": request.splitlines()[0], "token": settings["token"]}) + "\\n")
            connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok")
def stop():
    pass
"""

CALL = (
    "python3 -c \"import os, urllib.request as r; [print(r.urlopen(os.environ['MLFLOW_TRACKING_URI'] + p)"
    ".read().decode()) for p in ('/one', '/two')]; print(os.environ['MLFLOW_TRACKING_TOKEN'])\""
)


def test_calls_are_answered_and_recorded(bench: Bench) -> None:
    outcome, log = bench.run(CALL, recorder=_hook(bench.root, RECORDER))
    assert outcome.succeeded
    *answers, token = log.split()
    assert answers == ["ok", "ok"]
    events = [json.loads(line) for line in (bench.root / "events.jsonl").read_text().splitlines()]
    assert events == [{"asked": f"GET {path} HTTP/1.1", "token": token} for path in ("/one", "/two")]


def test_a_step_that_reports_nothing_loads_nothing(bench: Bench) -> None:
    outcome, log = bench.run("echo $MLFLOW_TRACKING_URI", recorder=_hook(bench.root, RECORDER))
    assert outcome.succeeded
    assert log.startswith("http://127.0.0.1:")
    assert not (bench.root / "loaded").exists()


def test_a_broken_recorder_is_said_and_does_not_stop_the_step(bench: Bench) -> None:
    outcome, log = bench.run(f"{CALL} 2>/dev/null; echo went on", recorder=_hook(bench.root, "1 / 0"))
    assert outcome.succeeded
    assert "[mlpw: metrics are not recorded: ZeroDivisionError: division by zero]" in log
    assert "went on" in log


def _hook(folder: Path, source: str) -> RecorderHook:
    package = folder / "recorder"
    package.mkdir()
    (package / "__init__.py").write_text(source)
    return RecorderHook(str(package), {"loaded": str(folder / "loaded"), "events": str(folder / "events.jsonl")})
