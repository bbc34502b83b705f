"""Keys that come faster than screens: each is handled to its end before the next one is given to anybody.

Over a slow line `:run 3` and Enter arrive at once. Without this the letters would go to the screen on which the palette
is about to open, and Enter to an empty palette.
"""

import time
from collections import deque
from functools import partial

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.timer import Timer

from tui.escape_keys import AltOrEscape

#: After so long (seconds) the next key goes on whatever became of the one before; long enough for a busy machine.
_PATIENCE = 2.0
#: Seconds between looks whether a screen that was opened has read what it shows.
_LOOK_SECONDS = 0.02


class TypeAhead(App[int]):
    """An app that hands keys on one at a time."""

    _keys_to_come: deque[events.Key]
    _key_now: events.Key | None = None
    _screen_of_key: Screen[object] | None = None
    _giving_up: Timer | None = None
    _slow: Screen[object] | None = None

    async def on_event(self, event: events.Event) -> None:
        """Hold a key back while the one before it is being handled, or the screen is not ready for it."""
        if isinstance(event, AltOrEscape):
            for key in event.meant(event.key in self.screen.active_bindings):
                await self.on_event(key)
            return
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
            return
        self._waiting_keys().append(event)
        if len(self._waiting_keys()) == 1 and self._key_now is None:
            await self._next_in_line(time.monotonic() + _PATIENCE)

    def _waiting_keys(self) -> deque[events.Key]:
        if not hasattr(self, "_keys_to_come"):
            self._keys_to_come = deque()
        return self._keys_to_come

    async def _next_in_line(self, until: float) -> None:
        """Hand on the first key, once the screen in front has read what keys act on."""
        if self._would_be_lost() and time.monotonic() < until:
            self.set_timer(_LOOK_SECONDS, partial(self._next_in_line, until))
            return
        if self._would_be_lost():
            self._slow = self.screen  # it may never have anything to show: one wait is enough
        if waiting := self._waiting_keys():
            await self._hand_on(waiting.popleft())

    async def _hand_on(self, event: events.Key) -> None:
        self._key_now, self._screen_of_key = event, self.screen
        self._giving_up = self.set_timer(_PATIENCE, partial(self._next_key, event))
        target: MessagePump = self.focused or self.screen
        await super().on_event(event)
        self._follow(event, target)

    def _follow(self, event: events.Key, node: MessagePump) -> None:
        """Behind the key, from whoever got it outward to the app, as keys go that nobody stops."""
        outward = node._parent if isinstance(node, DOMNode) else None
        if node is self or not node.is_running or not node.call_later(self._follow, event, outward or self):
            self.call_later(self._settle, event)

    async def _settle(self, event: events.Key) -> None:
        """The key has been handled; a screen that it opened gets ready for the next one."""
        front = self.screen
        if front is self._screen_of_key:
            await self._next_key(event)
        else:
            front.call_after_refresh(self.call_later, self._next_key, event)
            self._look_whether_covered(event, front)

    def _look_whether_covered(self, event: events.Key, front: Screen[object]) -> None:
        """A screen that another one covers is not refreshed before a person comes back to it."""

        async def look() -> None:
            if event is not self._key_now:
                return
            if self.screen is not front:
                await self._settle(event)
            else:
                self._look_whether_covered(event, front)

        self.set_timer(_LOOK_SECONDS, look)

    async def _next_key(self, event: events.Key) -> None:
        if event is not self._key_now:
            return
        if self._giving_up is not None:
            self._giving_up.stop()
        self._key_now = None
        if self._waiting_keys():
            await self._next_in_line(time.monotonic() + _PATIENCE)

    def _would_be_lost(self) -> bool:
        """Whether the screen in front has yet to read what the first key acts on."""
        waiting, would_lose = self._waiting_keys(), getattr(self.screen, "would_lose", None)
        return bool(waiting and would_lose and self.screen is not self._slow and would_lose(waiting[0].key))
