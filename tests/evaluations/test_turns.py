"""Turns at computing for public pages: nobody waits for one, and each is given back."""

from __future__ import annotations

from threading import Event, Thread

import pytest

from quanheng.evaluations.errors import BenchBusy
from quanheng.evaluations.turns import AT_ONCE, turn


def test_whoever_comes_when_all_places_are_taken_is_asked_to_come_again() -> None:
    release, taken = Event(), [Event() for _ in range(AT_ONCE)]

    def hold(mine: Event) -> None:
        with turn():
            mine.set()
            release.wait(10)

    threads = [Thread(target=hold, args=(each,)) for each in taken]
    for thread in threads:
        thread.start()
    assert all(each.wait(10) for each in taken)
    with pytest.raises(BenchBusy), turn():
        pass
    release.set()
    for thread in threads:
        thread.join()
    with turn():
        pass


def test_a_failure_gives_its_place_back() -> None:
    for _ in range(AT_ONCE + 1):
        with pytest.raises(ZeroDivisionError), turn():
            raise ZeroDivisionError
