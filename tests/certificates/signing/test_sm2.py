from __future__ import annotations

import json
import secrets
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanheng.certificates.signing import sm2
from quanheng.certificates.signing.errors import DemonstrationKeyRefused, KeyUnavailable, WrongKey
from quanheng.certificates.signing.report import Flaw

KEY = sm2.Sm2Key(bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"))


@pytest.fixture
def vectors(shared: Path):
    return json.loads((shared / "crypto/sm2.json").read_text())


def point(case: dict[str, str]) -> bytes:
    return bytes.fromhex("04" + case["px"] + case["py"])


def test_sm3_gives_the_digests_of_the_standard(shared: Path):
    for case in json.loads((shared / "crypto/sm3.json").read_text())["vectors"]:
        assert sm2.sm3(bytes.fromhex(case["msg_hex"])).hex() == case["sm3"]


def test_sm2_signs_as_in_the_annex_of_the_standard(vectors, monkeypatch: pytest.MonkeyPatch):
    for case in vectors["sign"]:
        monkeypatch.setattr(secrets, "randbits", lambda _bits, k=int(case["k"], 16): k)
        key = sm2.Sm2Key(bytes.fromhex(case["d"]), case["id"])
        assert key.public_key == point(case)
        assert sm2.identity_digest(key.public_key, case["id"]).hex() == case["za"]
        assert key.sign(bytes.fromhex(case["msg_hex"])).hex() == case["r"] + case["s"]


def test_sm2_verifies_the_annex_and_refuses_the_negative_cases(vectors):
    for name, valid in (("sign", True), ("negative", False)):
        for case in vectors[name]:
            signature = bytes.fromhex(case["r"] + case["s"])
            message = bytes.fromhex(case["msg_hex"])
            assert sm2.verify_raw(message, signature, point(case), case["id"]) is valid


@settings(max_examples=10, deadline=None)
@given(data=st.binary(max_size=200), flip=st.integers(min_value=0, max_value=511))
def test_what_is_signed_verifies_and_any_changed_bit_does_not(data: bytes, flip: int):
    signature = KEY.sign(data)
    assert sm2.verify_raw(data, signature, KEY.public_key)
    changed = bytearray(signature)
    changed[flip // 8] ^= 1 << flip % 8
    assert not sm2.verify_raw(data, bytes(changed), KEY.public_key)
    assert not sm2.verify_raw(data + b"!", signature, KEY.public_key)
    assert not sm2.verify_raw(data, signature, KEY.public_key, "another signer")


@pytest.mark.parametrize("signature", [b"", bytes(64), bytes(63), b"\xff" * 64])
def test_numbers_out_of_range_are_no_signature(signature: bytes):
    assert not sm2.verify_raw(b"paper", signature, KEY.public_key)


@pytest.mark.parametrize(
    "public_key",
    [b"", KEY.public_key[1:], KEY.public_key[:-1] + b"\0", b"\x04" + bytes(64), b"\x04" + b"\xff" * 64],
)
def test_a_public_key_off_the_curve_is_refused(public_key: bytes):
    with pytest.raises(WrongKey):
        sm2.verify_raw(b"paper", bytes(64), public_key)


@pytest.mark.parametrize("private", [b"", bytes(32), b"\xff" * 32, b"\1" * 31])
def test_a_private_key_out_of_range_is_refused(private: bytes):
    with pytest.raises(WrongKey):
        sm2.Sm2Key(private)


def test_a_detached_signature_says_what_it_is_and_verifies():
    made = sm2.sign_detached(b"paper", KEY)
    record = json.loads(made)
    assert (record["format"], record["algorithm"], record["id"]) == (
        "quanheng-sm2-1",
        "SM2-SM3",
        "1234567812345678",
    )
    assert record["file"]["bytes"] == 5
    report = sm2.verify_detached(b"paper", made)
    assert report.valid
    assert report.reason == ""
    assert report.public_key == KEY.public_key


def test_a_detached_signature_of_another_file_is_refused():
    made = sm2.sign_detached(b"paper", KEY)
    report = sm2.verify_detached(b"Paper", made)
    assert report.flaw is Flaw.CHANGED
    assert report.reason == "文件内容在签名后被改动。"


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ({"signature": "00" * 64}, Flaw.FORGED),
        ({"id": "another signer"}, Flaw.FORGED),
        ({"public_key": "04" + "00" * 64}, Flaw.FORGED),
        ({"public_key": sm2.Sm2Key(bytes(31) + b"\1").public_key.hex()}, Flaw.FORGED),
        ({"algorithm": "SM2-SHA1"}, Flaw.WEAK),
        ({"format": "other"}, Flaw.WEAK),
        ({"file": {}}, Flaw.CHANGED),
        ({"signature": 5}, Flaw.UNREADABLE),
    ],
)
def test_a_changed_signature_file_is_refused(change: dict[str, object], flaw: Flaw):
    record = json.loads(sm2.sign_detached(b"paper", KEY)) | change
    assert sm2.verify_detached(b"paper", json.dumps(record).encode()).flaw is flaw


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"\xff", b"null", b"[" * 100_000])
def test_what_is_no_signature_file_is_unreadable(text: bytes):
    assert sm2.verify_detached(b"paper", text).flaw is Flaw.UNREADABLE


def test_an_sm2_key_file_is_private_and_for_demonstration_only(tmp_path: Path):
    path = tmp_path / "sm2.key"
    made = sm2.make_demonstration_sm2_key(path)
    assert sm2.open_sm2_key(path, allow_demonstration=True).public_key == made.public_key
    with pytest.raises(DemonstrationKeyRefused):
        sm2.open_sm2_key(path, allow_demonstration=False)
    with pytest.raises(FileExistsError):
        sm2.make_demonstration_sm2_key(path)
    path.chmod(0o644)
    with pytest.raises(KeyUnavailable):
        sm2.open_sm2_key(path, allow_demonstration=True)
    path.chmod(0o600)
    path.write_text("no key")
    with pytest.raises(WrongKey):
        sm2.open_sm2_key(path, allow_demonstration=True)
