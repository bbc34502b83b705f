"""The message of a widget whose rows have keys."""

from textual.message import Message


class Keyed(Message):
    """Something happened to the row of a key."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key
