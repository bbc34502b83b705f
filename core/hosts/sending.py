"""Content to a host: only the files that it lacks, each from where it was cut."""

from collections.abc import Callable, Mapping, Sequence

from core.errors import StoreError
from core.hosts.agent_link import AgentLink, EndedError
from core.hosts.contents import Content, Piece, blocks
from core.hosts.telling import Telling

_TRIES = 3
Key = tuple[str, str]


class Sending:
    """Sends some content; `count` is told how many bytes went, before any packing."""

    def __init__(self, link: AgentLink, host: str, heard: Callable[[str], None], count: Callable[[int], None]) -> None:
        self._link, self._host, self._count = link, host, count
        self._telling = Telling(heard)

    def send(self, contents: Sequence[Content]) -> None:
        """Until all is there. Raises HostError, StoreError when content changes meanwhile."""
        pieces = {(piece.kind, piece.digest): piece for content in contents for piece in content.files()}
        objects = {content.digest: content.text() for content in contents}
        ended: EndedError | None = None
        for _ in range(_TRIES):
            try:
                if self._send_files(pieces) and not self._link.ask({"do": "make", "objects": objects})["gone"]:
                    return
            except EndedError as error:  # it holds what came and is not on disk yet
                ended = error
            else:
                ended = None
        raise ended or StoreError("data changes while it is sent", hint="wait until it is written, then run again")

    def _send_files(self, pieces: Mapping[Key, Piece]) -> bool:
        """Whether all are there; else some were not what their digests say."""
        is_good = True
        while is_good:
            answer = self._link.ask({"do": "lacking", "files": [[*key, piece.size] for key, piece in pieces.items()]})
            if answer["send"]:
                is_good = self._take([(pieces[kind, digest], start) for kind, digest, start in answer["send"]])
                if not answer["more"] and not answer["wait"]:
                    return is_good
            elif answer["wait"]:
                self._wait([key for key in pieces if key[1] in dict(answer["wait"])], pieces)
            else:
                return True
        return False

    def _take(self, files: Sequence[tuple[Piece, int]]) -> bool:
        told = [[piece.kind, piece.digest, start, piece.size] for piece, start in files]
        total, had = sum(piece.size for piece, _ in files), sum(start for _, start in files)
        counted = 0

        def came(count: int) -> None:
            nonlocal counted
            self._count(count - counted)
            counted = count
            self._telling.tell(f"sent {{}} to {self._host}", had + count, total)

        answer = self._link.send({"do": "take", "files": told}, blocks(files), total - had, came)
        self._telling.end(f"sent {{}} to {self._host}", total, total)
        return not answer["bad"]

    def _wait(self, keys: Sequence[Key], pieces: Mapping[Key, Piece]) -> None:
        """Somebody else sends the same."""
        came = self._link.ask({"do": "wait", "files": [list(key) for key in keys]})["came"]
        total = sum(pieces[key].size for key in keys)
        self._telling.tell(f"another step sends {{}} to {self._host}", sum(came.values()), total)
