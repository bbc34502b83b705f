"""A socket for the step's MLflow calls, and the recorder behind it, loaded only when a step calls."""

import gc
import os
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs the nursery its start
    from collections.abc import Callable
    from typing import Any


class Recording:
    """A listening socket; `start` loads the recorder and lets it serve in a thread of this process."""

    __slots__ = ("_complain", "_module", "_path", "_settings", "_socket")

    def __init__(self, hook: "dict[str, Any]", complain: "Callable[[str], None]") -> None:
        self._path: str = hook["folder"]
        self._settings = {"token": os.urandom(16).hex(), **hook["settings"]}
        self._complain = complain
        self._module: Any = None
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)

    def environment(self) -> dict[str, str]:
        """What tells MLflow's clients where to report."""
        port = self._socket.getsockname()[1]
        return {
            "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{port}",
            "MLFLOW_TRACKING_TOKEN": self._settings["token"],
        }

    def fileno(self) -> int:
        """Readable when the first call waits."""
        return self._socket.fileno()

    def start(self) -> None:
        """Serve; a recorder that cannot be loaded is said in the log, and calls are refused at once."""
        gc.enable()
        try:
            self._module = load_recorder(self._path)
        except Exception as error:
            self._fail(error)
        else:
            import threading  # only a step that reports metrics needs it

            threading.Thread(target=self._serve, name="recorder", daemon=True).start()

    def stop(self) -> None:
        """Finish the calls under way."""
        if self._module is not None:
            self._module.stop()

    def _serve(self) -> None:
        try:
            self._module.serve(self._socket, self._settings)
        except Exception as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self._socket.close()
        self._complain(f"metrics are not recorded: {type(error).__name__}: {error}")


def load_recorder(path: str) -> "Any":
    """The package in this folder, whatever it is called elsewhere."""
    import importlib.util  # only a step that reports metrics needs these
    import sys

    name = "mlpw_recorder"
    spec = importlib.util.spec_from_file_location(name, f"{path}/__init__.py", submodule_search_locations=[path])
    if spec is None or spec.loader is None:
        raise ImportError(f"not a folder of Python files: {path}")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
