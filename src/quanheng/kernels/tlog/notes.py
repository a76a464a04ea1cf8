"""Signed notes (C2SP signed-note): text, keys and Ed25519 signatures."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = 1
COSIGNATURE_V1 = 4
MAX_NOTE_BYTES = 1_000_000
MAX_SIGNATURES = 100
_KEY_BYTES = 32
_KEY_ID_BYTES = 4
_KEY = re.compile(r"([^+]+)\+([0-9a-f]{8})\+(.+)", re.ASCII)  # "+" may stand in base64, not in a name
_SIGNATURE_PREFIX = "— "
_PRIVATE_PREFIX = "PRIVATE+KEY+"


class NoteError(ValueError):
    """The bytes are no signed note, or the text no key."""


class SignatureError(NoteError):
    """A known key did not sign this note, or a signature under a known key is false."""


def check_name(name: str) -> str:
    """Return ``name``; refuse what cannot name a key."""
    if not name or "+" in name or any(c.isspace() or c < " " for c in name):
        raise NoteError(f"not a key name: {name!r}")
    return name


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with the name it signs under."""

    name: str
    algorithm: int
    public_key: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.algorithm not in (ED25519, COSIGNATURE_V1) or len(self.public_key) != _KEY_BYTES:
            raise NoteError(f"unknown kind of key: type {self.algorithm}, {len(self.public_key)} bytes")

    @property
    def key_id(self) -> bytes:
        """The four bytes that mark this key's signatures."""
        named = self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public_key
        return hashlib.sha256(named).digest()[:_KEY_ID_BYTES]

    @property
    def vkey(self) -> str:
        """The key as one line: ``name+key id+base64``."""
        material = base64.b64encode(bytes([self.algorithm]) + self.public_key).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"

    @classmethod
    def parse(cls, vkey: str) -> VerifierKey:
        """Return the key that ``vkey`` writes out."""
        name, key_id, material = _split_key(vkey)
        key = cls(name, material[0], material[1:])
        if key.key_id != key_id:
            raise NoteError(f"key id {key_id.hex()} does not belong to this key: {vkey!r}")
        return key

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether ``signature`` is this key's raw Ed25519 signature of ``message``."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with the name it signs under."""

    name: str
    algorithm: int
    seed: bytes

    def __post_init__(self) -> None:
        if len(self.seed) != _KEY_BYTES:
            raise NoteError(f"seed must have {_KEY_BYTES} bytes: {len(self.seed)}")

    def __repr__(self) -> str:
        return f"SigningKey({self.name!r}, {self.algorithm})"  # the seed must not reach a log file

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        return VerifierKey(self.name, self.algorithm, public)

    @property
    def skey(self) -> str:
        """The key as one line, to be kept secret: ``PRIVATE+KEY+name+key id+base64``."""
        material = base64.b64encode(bytes([self.algorithm]) + self.seed).decode()
        return f"{_PRIVATE_PREFIX}{self.name}+{self.verifier.key_id.hex()}+{material}"

    @classmethod
    def parse(cls, skey: str) -> SigningKey:
        """Return the key that ``skey`` writes out; errors do not repeat it."""
        try:
            name, key_id, material = _split_key(skey.removeprefix(_PRIVATE_PREFIX))
            key = cls(name, material[0], material[1:])
            matches = skey.startswith(_PRIVATE_PREFIX) and key.verifier.key_id == key_id
        except ValueError:
            matches = False
        if not matches:
            raise NoteError("not a private key")
        return key

    def sign(self, message: bytes) -> bytes:
        """Return the raw Ed25519 signature of ``message``."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line; ``blob`` is what follows the key id."""

    name: str
    key_id: bytes
    blob: bytes

    def is_by(self, key: VerifierKey) -> bool:
        """Whether this line names ``key``; says nothing about whether it is true."""
        return self.name == key.name and self.key_id == key.key_id


@dataclass(frozen=True, slots=True)
class Note:
    """A text and all signature lines under it, those of unknown keys too."""

    text: str
    signatures: tuple[Signature, ...]

    def signed_by(self, signature: Signature) -> Note:
        """Return the note with one more signature, in place of an older one by the same key."""
        kept = [s for s in self.signatures if (s.name, s.key_id) != (signature.name, signature.key_id)]
        return Note(self.text, (*kept, signature))


def parse_note(data: bytes) -> Note:
    """Return the note in ``data``; nothing is verified yet."""
    if len(data) > MAX_NOTE_BYTES:
        raise NoteError(f"note of {len(data)} bytes is over {MAX_NOTE_BYTES}")
    try:
        full = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoteError(f"note is not UTF-8: {error}") from error
    if any(c < " " and c != "\n" for c in full):
        raise NoteError("note has control characters")
    text, blank, lines = full.rpartition("\n\n")
    if not blank or not lines.endswith("\n"):
        raise NoteError("note has no signature block")
    rows = lines[:-1].split("\n")
    if len(rows) > MAX_SIGNATURES:
        raise NoteError(f"note has over {MAX_SIGNATURES} signatures: {len(rows)}")
    return Note(text + "\n", tuple(map(_parse_signature, rows)))


def format_note(note: Note) -> bytes:
    """Return ``note`` as it is published."""
    if not note.text.endswith("\n") or not note.signatures:
        raise NoteError("a note ends in a newline and has a signature")
    rows = [
        f"{_SIGNATURE_PREFIX}{s.name} {base64.b64encode(s.key_id + s.blob).decode()}\n"
        for s in note.signatures
    ]
    data = (note.text + "\n" + "".join(rows)).encode()
    if parse_note(data) != note:
        raise NoteError(f"text cannot stand in a note: {note.text!r}")
    return data


def sign_note(text: str, key: SigningKey) -> Note:
    """Return ``text`` signed by ``key``."""
    if key.algorithm != ED25519:
        raise NoteError(f"key of type {key.algorithm} does not sign plain notes")
    return Note(text, (Signature(key.name, key.verifier.key_id, key.sign(text.encode())),))


def verify_note(note: Note, keys: Sequence[VerifierKey]) -> tuple[VerifierKey, ...]:
    """Return those of ``keys`` (all Ed25519) that signed ``note``.

    Signatures of other keys are ignored.

    Raises
    ------
    SignatureError
        If none of ``keys`` signed, or if a signature under one of them is false.
    """
    signers: list[VerifierKey] = []
    for signature in note.signatures:
        key = next((key for key in keys if signature.is_by(key)), None)
        if key is None:
            continue
        if key.algorithm != ED25519 or not key.verify(note.text.encode(), signature.blob):
            raise SignatureError(f"signature of {key.name}+{key.key_id.hex()} is false")
        if key not in signers:
            signers.append(key)
    if not signers:
        raise SignatureError("note is not signed by " + ", ".join(key.vkey for key in keys))
    return tuple(signers)


def decode_base64(text: str) -> bytes:
    """Return the bytes of standard base64; refuse every other way of writing them."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError(f"not base64: {text!r}") from error
    if base64.b64encode(data).decode() != text:
        raise NoteError(f"not base64 in its one form: {text!r}")
    return data


def _parse_signature(row: str) -> Signature:
    name, space, encoded = row.removeprefix(_SIGNATURE_PREFIX).partition(" ")
    if not row.startswith(_SIGNATURE_PREFIX) or not space:
        raise NoteError(f"not a signature line: {row!r}")
    data = decode_base64(encoded)
    if len(data) <= _KEY_ID_BYTES:
        raise NoteError(f"signature is too short: {row!r}")
    return Signature(check_name(name), data[:_KEY_ID_BYTES], data[_KEY_ID_BYTES:])


def _split_key(text: str) -> tuple[str, bytes, bytes]:
    match = _KEY.fullmatch(text)
    if match is None:
        raise NoteError(f"not a key: {text!r}")
    return match[1], bytes.fromhex(match[2]), decode_base64(match[3])
