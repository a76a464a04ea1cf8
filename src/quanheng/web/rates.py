"""How often somebody may ask, counted in each web process for itself."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from threading import Lock

_MOST_KEYS = 10_000  # the longest silent are forgotten first


class Rate:
    """So many times in so many seconds for each key; ``limit`` is given when asking."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._times: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = Lock()

    def take(self, key: str, limit: int) -> bool:
        """Count one more for ``key`` and return True, unless it has used up its times."""
        now = time.monotonic()
        with self._lock:
            times = self._times.setdefault(key, deque())
            self._times.move_to_end(key)
            while times and times[0] <= now - self._seconds:
                times.popleft()
            if len(times) >= limit:
                return False
            times.append(now)
            while len(self._times) > _MOST_KEYS:
                self._times.popitem(last=False)
            return True

    def clear(self) -> None:
        """Forget everybody."""
        with self._lock:
            self._times.clear()
