"""A model in a link: what goes in comes out, and nothing else does."""

from __future__ import annotations

import re
import zlib
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.evaluations.errors import BadShareLink
from quanheng.evaluations.examples import examples
from quanheng.evaluations.sharing import MAX_CODE_CHARACTERS, MAX_TEXT_BYTES, share_code, shared_text
from tests.evaluations.making import MODEL


def coded(data: bytes) -> str:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return urlsafe_b64encode(packer.compress(data) + packer.flush()).rstrip(b"=").decode()


@given(st.text(st.characters(codec="utf-8"), max_size=2000))
def test_what_a_link_carries_is_what_was_put_into_it(text: str) -> None:
    code = share_code(text)
    assert code is None or shared_text(code) == text


def test_a_link_is_of_letters_that_no_address_changes_and_short() -> None:
    text = examples()[0].text
    code = share_code(text)
    assert code is not None
    assert re.fullmatch("[A-Za-z0-9_-]+", code)
    assert len(code) < len(text.encode())


def test_what_is_too_long_for_a_link_gets_none() -> None:
    noise = "".join(chr(0x4E00 + (7919 * n) % 20000) for n in range(6000))
    assert share_code(noise) is None
    assert share_code("a" * MAX_TEXT_BYTES) is not None
    assert share_code("a" * (MAX_TEXT_BYTES + 1)) is None


@pytest.mark.parametrize(
    "code",
    [
        coded(b"a" * (MAX_TEXT_BYTES + 1)),  # just too long
        coded(b"\0" * 3_000_000),  # a bomb: 3 MB in 4 kB
        coded(MODEL.encode())[:-4],  # cut off
        coded(MODEL.encode()) + "AAAA",  # something behind it
        coded(b"\xff\xfe"),  # no text
        coded(MODEL.encode()).replace("-", "+").replace("_", "/") + "*",
        "a",
        "链接",
        "!" * 10,
        "A" * (MAX_CODE_CHARACTERS + 1),
    ],
)
def test_a_link_that_is_damaged_or_a_bomb_is_refused(code: str) -> None:
    with pytest.raises(BadShareLink):
        shared_text(code)


def test_a_bomb_is_never_inflated_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    real = zlib.decompressobj

    class Watched:
        def __init__(self, bits: int) -> None:
            self.inner = real(bits)

        def decompress(self, data: bytes, limit: int) -> bytes:
            asked.append(limit)
            found = self.inner.decompress(data, limit)
            asked.append(len(found))
            return found

        def __getattr__(self, name: str) -> object:
            return getattr(self.inner, name)

    monkeypatch.setattr(zlib, "decompressobj", Watched)
    with pytest.raises(BadShareLink):
        shared_text(coded(b"\0" * 3_000_000))
    assert asked == [MAX_TEXT_BYTES + 1, MAX_TEXT_BYTES + 1]
