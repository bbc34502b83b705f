"""What a step says, on its way into the log: secrets masked, size bounded."""

from core.computes.shim.log import Log
from core.computes.shim.mask import Mask

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs the nursery its start
    from typing import Any

    from core.computes.shim.result import Fields


class Output:
    """The log of the attempt that `request` names, for a step whose spec is `spec`."""

    __slots__ = ("_log", "_mask")

    def __init__(self, request: "dict[str, Any]", spec: "dict[str, Any]") -> None:
        hidden = (*request["secrets"].values(), *request["masks"])
        self._mask = Mask(text.encode("utf-8", "surrogateescape") for text in hidden)
        paths = request["paths"]
        self._log = Log(paths["log"], paths["log_times"], spec["log_limit_bytes"])

    @property
    def place(self) -> int:
        """The log's length when all that was fed is in it; -1 while something is kept back or a tail goes round."""
        return -1 if self._mask.holds or self._log.has_tail else self._log.size

    def feed(self, data: bytes) -> None:
        """Something the step said."""
        self._log.write(self._mask.feed(data))

    def note(self, text: str) -> None:
        """A line of mlpw's own."""
        self._log.note(text)

    def flush(self) -> None:
        """Write what was kept back: no more comes."""
        self._log.write(self._mask.end())

    def end(self) -> None:
        """Join what is to be kept of the end, and close the file."""
        self._log.end()

    @property
    def disk_full(self) -> bool:
        """Whether the disk refused some of it."""
        return self._log.disk_full

    def fields(self) -> "Fields":
        """What the result says of the log."""
        return {"log_bytes": self._log.size, "log_left_out": self._log.left_out, "log_lost": self._log.lost}
