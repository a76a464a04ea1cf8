"""The watch itself: each thing that it must see is done on purpose, and seen."""

from __future__ import annotations

import pytest

from tests.chromium import IN_BROWSER
from tests.e2e.door import Door

pytestmark = IN_BROWSER
BREACHES = {
    "wide": "document.querySelector('main').style.width = '4000px'",
    "h1": "document.querySelector('h1').remove()",
    "onclick": "document.querySelector('main').setAttribute('onclick', '')",
    "px high": "document.querySelector('nav a').style.cssText = 'min-height: 0; align-self: start'",
    "Content Security Policy": "document.head.append(Object.assign(document.createElement('script'), {text: '1'}))",
    "status 404": "fetch('/no-such-page')",
    "thrown": "setTimeout(() => { throw new Error('thrown') })",
}


@pytest.mark.parametrize("width", ["phone"])  # where all the rules hold
@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_is_seen(door: Door, breach: str) -> None:
    page = door.visitor()
    page.goto("/")
    assert door.watch.faults == []
    page.evaluate(f"() => {{ {BREACHES[breach]} }}")
    page.wait_for_load_state("networkidle")
    door.watch.look(page)
    seen = [fault for fault in door.watch.faults if breach in fault]
    door.watch.faults.clear()
    assert seen
