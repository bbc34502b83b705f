"""A recorder beside the test, as the shim has one beside a step, and a plain HTTP client for it."""

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from core.computes.shim.recording import load_recorder
from core.tracking.report import Report
from core.tracking.sources import StepFiles, read_report
from tests.support.waiting import PATIENCE_SECONDS

RECORDER = Path(__file__).parents[3] / "core" / "tracking" / "recorder"
RUN = "0123456789abcdef0123456789abcdef"
ROOT = "f" * 32
API = "/api/2.0/mlflow/"


def settings_for(folder: Path, **more: object) -> dict[str, object]:
    """Settings of a step `train` whose attempt folder this is."""
    return {
        "events": str(folder / "events.jsonl"),
        "artifacts": str(folder / "artifacts"),
        "run_id": RUN,
        "root_run_id": ROOT,
        "run_name": "train",
        "experiment_id": "1",
        "experiment_name": "taxi",
        **more,
    }


class Beside:
    """A running recorder and what it journaled."""

    def __init__(self, folder: Path, address: tuple[str, int], token: str) -> None:
        self.folder = folder
        self.address = address
        self.uri = f"http://{address[0]}:{address[1]}"
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.connection = HTTPConnection(*address, timeout=PATIENCE_SECONDS)

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """One request as it is: status and body of the answer."""
        self.connection.request(method, path, body, headers=self.headers if headers is None else dict(headers))
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def ask(self, method: str, endpoint: str, /, **fields: object) -> tuple[int, Any]:
        """One call of MLflow's API: status and the answer."""
        if method == "GET":
            status, answer = self.send("GET", f"{API}{endpoint}?{urlencode(fields, doseq=True)}")
        else:
            status, answer = self.send(method, API + endpoint, json.dumps(fields).encode())
        return status, json.loads(answer)

    def get(self, endpoint: str, /, **fields: object) -> Any:
        """A question that must be answered."""
        status, answer = self.ask("GET", endpoint, **fields)
        assert status == 200, answer
        return answer

    def post(self, endpoint: str, /, **fields: object) -> Any:
        """A request that must be granted."""
        status, answer = self.ask("POST", endpoint, **fields)
        assert status == 200, answer
        return answer

    @property
    def journal(self) -> list[dict[str, Any]]:
        """The journal's lines."""
        path = self.folder / "events.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    @property
    def report(self) -> Report:
        """What the journal says, read back."""
        return read_report(step_files(self.folder))


def step_files(folder: Path, **outputs: Path) -> StepFiles:
    """The files of the attempt in this folder."""
    return StepFiles(
        folder / "events.jsonl", RUN, folder / "log.txt", folder / "log.times", outputs, folder / "artifacts"
    )


@contextmanager
def recorder_beside(folder: Path, **more: object) -> Iterator[Beside]:
    """A recorder on a free port, ended afterwards."""
    recorder = load_recorder(str(RECORDER))
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    thread = threading.Thread(target=recorder.serve, args=(listening, settings_for(folder, **more)), daemon=True)
    thread.start()
    beside = Beside(folder, listening.getsockname(), str(more.get("token", "")))
    try:
        yield beside
    finally:
        recorder.stop()
        thread.join(10)
        assert not thread.is_alive()
        beside.connection.close()
        listening.close()
