"""Signed notes, checkpoints and cosignatures."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.kernels.tlog.checkpoint import (
    Checkpoint,
    CheckpointError,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
)
from quanheng.kernels.tlog.cosignature import cosign, verify_cosignature
from quanheng.kernels.tlog.hashing import EMPTY_ROOT
from quanheng.kernels.tlog.notes import (
    COSIGNATURE_V1,
    ED25519,
    Note,
    NoteError,
    Signature,
    SignatureError,
    SigningKey,
    VerifierKey,
    format_note,
    parse_note,
    sign_note,
    verify_note,
)
from tests.kernels.tlog.logs import KEY, ORIGIN, shared_vectors

# The example keys and note of the Go package golang.org/x/mod/sumdb/note.
GO_SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
GO_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZS"
    "NXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
WITNESS = SigningKey("witness.example/w1", COSIGNATURE_V1, bytes(32))
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters="+"), min_size=1)
NAMES = NAMES.filter(lambda name: not any(c.isspace() for c in name))
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n")).map(lambda text: text + "\n")


def test_signature_equals_that_of_the_go_package() -> None:
    note = sign_note(GO_TEXT, SigningKey.parse(GO_SKEY))
    assert format_note(note).decode() == f"{GO_TEXT}\n{GO_LINE}"
    key = VerifierKey.parse(GO_VKEY)
    assert verify_note(note, [key]) == (key,)
    assert SigningKey.parse(GO_SKEY).skey == GO_SKEY
    assert SigningKey.parse(GO_SKEY).verifier.vkey == GO_VKEY


@given(NAMES, st.binary(min_size=32, max_size=32), st.sampled_from([ED25519, COSIGNATURE_V1]))
def test_parsing_a_key_is_the_inverse(name: str, seed: bytes, algorithm: int) -> None:
    key = SigningKey(name, algorithm, seed)
    assert SigningKey.parse(key.skey) == key
    assert VerifierKey.parse(key.verifier.vkey) == key.verifier
    assert base64.b64encode(seed).decode() not in repr(key)


@given(TEXT, st.lists(st.tuples(NAMES, st.binary(min_size=4, max_size=4), st.binary(min_size=1)), min_size=1))
def test_parsing_a_note_is_the_inverse(text: str, lines: list[tuple[str, bytes, bytes]]) -> None:
    note = Note(text, tuple(Signature(*line) for line in lines))
    assert parse_note(format_note(note)) == note


@pytest.mark.parametrize("vkey", ["", "a+b", GO_VKEY[:-1], GO_VKEY.replace("c74f20a3", "c74f20a4"), GO_SKEY])
def test_false_keys_are_refused(vkey: str) -> None:
    with pytest.raises(NoteError):
        VerifierKey.parse(vkey)
    if vkey != GO_SKEY:
        with pytest.raises(NoteError, match=r"^not a private key$"):  # and never repeats it
            SigningKey.parse(vkey)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u3000b", "a\tb"])
def test_names_with_spaces_or_plus_are_refused(name: str) -> None:
    with pytest.raises(NoteError, match="not a key name"):
        VerifierKey(name, ED25519, bytes(32))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        f"text\n\n{GO_LINE}"[:-1].encode(),
        f"text\n{GO_LINE}".encode(),
        f"text\r\n\n{GO_LINE}".encode(),
        f"text\n\n{GO_LINE}trailing\n".encode(),
        f"text\n\n{GO_LINE.replace('— ', '- ')}".encode(),
        f"text\n\n{GO_LINE.replace('nAM=', 'nAN=')}".encode(),  # the same bytes in another base64
        "text\n\n— name AAAA\n".encode(),
        b"\xff\n\n" + GO_LINE.encode(),
        b"text\n\n" + GO_LINE.encode() * 101,
        b"x" * 1_000_001,
    ],
)
def test_malformed_notes_are_refused(data: bytes) -> None:
    with pytest.raises(NoteError):
        parse_note(data)


def test_signatures_of_unknown_keys_are_ignored_but_kept() -> None:
    key = VerifierKey.parse(GO_VKEY)
    stranger = Signature("stranger", b"abcd", b"anything")
    namesake = Signature(key.name, b"abcd", b"anything")
    note = sign_note(GO_TEXT, SigningKey.parse(GO_SKEY)).signed_by(stranger).signed_by(namesake)
    note = parse_note(format_note(note))
    assert note.signatures[1:] == (stranger, namesake)
    assert verify_note(note, [key]) == (key,)
    with pytest.raises(SignatureError, match="not signed by"):
        verify_note(note, [KEY.verifier])


def test_a_false_signature_of_a_known_key_spoils_the_note() -> None:
    note = sign_note(GO_TEXT, SigningKey.parse(GO_SKEY))
    keys = [VerifierKey.parse(GO_VKEY), KEY.verifier]
    with pytest.raises(SignatureError, match="is false"):
        verify_note(Note(GO_TEXT + "more\n", note.signatures), keys)
    false = Signature(KEY.name, KEY.verifier.key_id, bytes(64))
    with pytest.raises(SignatureError, match="is false"):
        verify_note(note.signed_by(false), keys)


def test_a_second_signature_of_a_key_takes_the_place_of_the_first() -> None:
    old, new = Signature("w", b"abcd", b"old"), Signature("w", b"abcd", b"new")
    assert Note("text\n", (old,)).signed_by(new).signatures == (new,)


def test_shared_ed25519_vectors() -> None:
    vectors = shared_vectors("ed25519_rfc8032.json")["vectors"]
    assert len(vectors) >= 3
    for vector in vectors:
        message, signature = bytes.fromhex(vector["msg_hex"]), bytes.fromhex(vector["sig"])
        key = SigningKey("k", ED25519, bytes.fromhex(vector["sk"]))
        assert key.verifier.public_key.hex() == vector["pk"]
        assert key.sign(message) == signature
        assert key.verifier.verify(message, signature)
        assert not key.verifier.verify(message + b"x", signature)
        assert not key.verifier.verify(message, signature[:-1])


CHECKPOINT = Checkpoint(ORIGIN, 20852163, bytes(range(32)))


@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32), st.lists(NAMES, max_size=2))
def test_parsing_a_checkpoint_is_the_inverse(size: int, root: bytes, extensions: list[str]) -> None:
    checkpoint = Checkpoint(ORIGIN, size, root, tuple(extensions))
    assert parse_checkpoint(checkpoint.text) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o\n1\n",
        "\n1\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "o\n01\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "o\n-1\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "o\n1 \n" + base64.b64encode(bytes(32)).decode() + "\n",
        "o\n9223372036854775808\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "o\n1\n" + base64.b64encode(bytes(31)).decode() + "\n",
        "o\n1\n" + base64.b64encode(bytes(32)).decode(),
        "o\n1\n" + base64.b64encode(bytes(32)).decode() + "\n\n",
    ],
)
def test_malformed_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(NoteError):
        parse_checkpoint(text)


def test_a_checkpoint_opens_with_the_key_of_its_log_only() -> None:
    data = format_note(sign_checkpoint(CHECKPOINT, KEY))
    assert open_checkpoint(data, KEY.verifier) == CHECKPOINT
    other = SigningKey("other.example/log", ED25519, KEY.seed)
    with pytest.raises(SignatureError):
        open_checkpoint(data, other.verifier)
    with pytest.raises(CheckpointError, match="not that of the log"):
        sign_checkpoint(CHECKPOINT, other)
    borrowed = format_note(sign_note(CHECKPOINT.text, other))
    with pytest.raises(CheckpointError, match="not by the log"):
        open_checkpoint(borrowed, other.verifier)


def test_what_no_parser_would_read_back_is_not_written() -> None:
    for checkpoint in (
        Checkpoint("a\nb", 1, bytes(32)),
        Checkpoint("a", -1, EMPTY_ROOT),
        Checkpoint("a", 1, b""),
    ):
        with pytest.raises(NoteError):
            _ = checkpoint.text


def test_a_cosignature_says_who_saw_which_checkpoint_when() -> None:
    note = sign_checkpoint(CHECKPOINT, KEY)
    line = cosign(note.text, WITNESS, timestamp=1679315147)
    assert line.blob[:8].hex() == "00000000641850cb"
    message = f"cosignature/v1\ntime 1679315147\n{CHECKPOINT.text}".encode()
    assert WITNESS.verifier.verify(message, line.blob[8:])
    cosigned = parse_note(format_note(note.signed_by(line)))
    assert verify_cosignature(cosigned, WITNESS.verifier) == 1679315147
    assert open_checkpoint(format_note(cosigned), KEY.verifier) == CHECKPOINT


def test_a_cosignature_of_another_text_or_time_is_refused() -> None:
    note = sign_checkpoint(CHECKPOINT, KEY)
    with pytest.raises(SignatureError, match="not cosigned"):
        verify_cosignature(note, WITNESS.verifier)
    line = cosign(note.text, WITNESS, timestamp=5)
    later = Signature(line.name, line.key_id, (6).to_bytes(8) + line.blob[8:])
    grown = sign_checkpoint(Checkpoint(ORIGIN, 20852164, bytes(32)), KEY)
    beyond = Signature(line.name, line.key_id, b"\xff" * 8 + line.blob[8:])
    for false in (note.signed_by(later), grown.signed_by(line), note.signed_by(beyond)):
        with pytest.raises(SignatureError, match="is false"):
            verify_cosignature(false, WITNESS.verifier)


def test_keys_do_not_change_roles() -> None:
    with pytest.raises(NoteError, match="plain notes"):
        sign_note(CHECKPOINT.text, WITNESS)
    with pytest.raises(ValueError, match="cannot cosign"):
        cosign(CHECKPOINT.text, KEY, timestamp=1)
    with pytest.raises(ValueError, match="cannot cosign"):
        cosign(CHECKPOINT.text, WITNESS, timestamp=2**63)
    with pytest.raises(NoteError):
        cosign("no checkpoint\n", WITNESS, timestamp=1)
