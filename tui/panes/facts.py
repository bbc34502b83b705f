"""What is known about an asset."""

from tui.keys.moves import LIST_KEYS
from tui.widgets.document import Document


class FactsPane(Document):
    """Facts, scrolled by the keys of every list."""

    BINDINGS = [key for key in LIST_KEYS if key.id != "list.enter"]
