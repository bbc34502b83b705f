"""What was done to a file, and how much of it is undone: a value, kept wherever its owner likes."""

import json
from dataclasses import dataclass

MOST = 50  # edits; older ones cannot be undone any more


@dataclass(frozen=True, slots=True)
class Revision:
    """One edit: its name, and the whole text before and after."""

    title: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class History:
    """Edits, oldest first; those from `at` on are undone."""

    revisions: tuple[Revision, ...] = ()
    at: int = 0

    @property
    def last(self) -> Revision | None:
        """The edit that undoing takes back."""
        return self.revisions[self.at - 1] if self.at else None

    @property
    def next(self) -> Revision | None:
        """The edit that redoing does again."""
        return self.revisions[self.at] if self.at < len(self.revisions) else None

    def with_edit(self, title: str, before: str, after: str) -> "History":
        """With one more edit; what was undone is forgotten."""
        kept = (*self.revisions[: self.at], Revision(title, before, after))[-MOST:]
        return History(kept, len(kept))

    def undone(self) -> "History":
        """After undoing."""
        return History(self.revisions, max(0, self.at - 1))

    def redone(self) -> "History":
        """After redoing."""
        return History(self.revisions, min(len(self.revisions), self.at + 1))

    def as_json(self) -> dict[str, object]:
        """As plain values."""
        return {"at": self.at, "revisions": [[each.title, each.before, each.after] for each in self.revisions]}

    @classmethod
    def from_json(cls, text: str) -> "History":
        """From the text of `as_json`.

        Raises ValueError for another.
        """
        try:
            data = json.loads(text)
            revisions = tuple(
                Revision(str(title), str(before), str(after)) for title, before, after in data["revisions"]
            )
            return cls(revisions, min(max(0, int(data["at"])), len(revisions)))
        except (KeyError, TypeError) as error:
            raise ValueError(str(error)) from None
