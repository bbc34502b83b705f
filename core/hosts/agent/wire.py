"""What travels between this machine and the agent on a host: frames, the same both ways, on one stream.

A frame is its kind in one byte, the length of its bytes in four (big endian), and the bytes. Data wants to be
acknowledged now and then: so its sender knows how fast the link is, and never has more under way than a cut may cost.
"""

import json
import struct
import zlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

ALIVE, TOLD, PLAIN, PACKED, GOT = range(5)
#: Added to the kind of data whose sender waits to hear that it came.
WANTED = 0x80
HEAD = struct.Struct(">BI")
#: Bytes of data in a frame, before packing.
BLOCK = 1 << 18

Bytes = bytes | bytearray | memoryview


class Line(ABC):
    """One end of the stream."""

    @abstractmethod
    def write(self, kind: int, data: Bytes = b"") -> None:
        """Send a frame."""

    @abstractmethod
    def read(self) -> tuple[int, Bytes]:
        """The next frame; its bytes may be overwritten by the frame after it."""

    def tell(self, said: Mapping[str, Any]) -> None:
        """Send a request or an answer."""
        self.write(TOLD, zlib.compress(json.dumps(said).encode(), 1))


def understood(data: Bytes) -> dict[str, Any]:
    """What was told."""
    said: dict[str, Any] = json.loads(zlib.decompress(data))
    return said
