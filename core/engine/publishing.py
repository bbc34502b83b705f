"""What goes into the store on its way: one batch at a time, so that whatever comes meanwhile shares the next flush."""

from collections.abc import Callable, Sequence
from functools import partial

from core.engine.work import Workers
from core.store.objects import Store
from core.store.publish import Prepared

#: Called in the loop's thread when the items are in the store, or with what kept them from getting there.
Then = Callable[[BaseException | None], None]


class Publishing:
    """Publishes for the whole run, results as well as captured code."""

    def __init__(self, store: Store, workers: Workers) -> None:
        self._store, self._workers = store, workers
        self._waiting: list[tuple[Sequence[Prepared], Then]] = []
        self.is_busy = False

    def want(self, items: Sequence[Prepared], then: Then) -> None:
        """Put items into the store with the next batch, then call `then`."""
        self._waiting.append((items, then))

    def start(self) -> None:
        """Begin a batch unless one is under way."""
        if self._waiting and not self.is_busy:
            self.is_busy = True
            batch, self._waiting = self._waiting, []
            publish = partial(self._store.publish, [item for items, _ in batch for item in items])
            self._workers.submit(publish, partial(self._over, [then for _, then in batch]))

    def _over(self, waiting: Sequence[Then], _: object, error: BaseException | None) -> None:
        self.is_busy = False
        for then in waiting:
            then(error)
