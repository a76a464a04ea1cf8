from __future__ import annotations

import base64
from pathlib import Path

import pytest
from typer.testing import CliRunner

from quanheng.base.locks import lock_for_process
from quanheng.cli.main import app
from quanheng.kernels.tlog.cosignature import cosign, verify_cosignature
from quanheng.kernels.tlog.notes import (
    COSIGNATURE_V1,
    ED25519,
    Signature,
    SigningKey,
    format_note,
    parse_note,
)
from quanheng.transparency.errors import CheckpointNotFound, CosignatureRefused
from quanheng.transparency.models import SignedCheckpoint, WitnessSignature
from quanheng.transparency.sequencer import lock_path, sequence
from quanheng.transparency.witnesses import accept_cosignature
from tests.transparency.making import stage
from tests.transparency.published import check_codes

pytestmark = pytest.mark.django_db
WITNESS = SigningKey("witness.example/neighbour", COSIGNATURE_V1, bytes(range(32)))
OTHER = SigningKey("witness.example/other", COSIGNATURE_V1, bytes(range(1, 33)))
VKEY = WITNESS.verifier.vkey
SECOND = 1_772_452_800


def line(signature: Signature) -> str:
    return f"— {signature.name} {base64.b64encode(signature.key_id + signature.blob).decode()}"


def text_at(size: int) -> str:
    return parse_note(SignedCheckpoint.objects.get(tree_size=size).note.encode()).text


@pytest.fixture
def checkpoint(home: Path) -> Path:
    stage(2)
    sequence()
    stage(3)
    sequence()
    return home / "log" / "checkpoint"


def test_a_cosignature_is_stored_once_and_published(checkpoint: Path) -> None:
    given = line(cosign(text_at(5), WITNESS, timestamp=SECOND))
    stored = accept_cosignature(tree_size=5, cosignature=given, witness_vkey=VKEY)
    assert stored.cosigned_at.timestamp() == SECOND
    note = parse_note(checkpoint.read_bytes())
    assert verify_cosignature(note, WITNESS.verifier) == SECOND
    assert check_codes(checkpoint.parent) == []
    again = cosign(text_at(5), WITNESS, timestamp=SECOND + 60)
    assert accept_cosignature(tree_size=5, cosignature=line(again), witness_vkey=VKEY) == stored
    assert WitnessSignature.objects.count() == 1


def test_a_whole_cosigned_note_is_accepted_too(checkpoint: Path) -> None:
    note = parse_note(checkpoint.read_bytes()).signed_by(cosign(text_at(5), WITNESS, timestamp=SECOND))
    accept_cosignature(tree_size=5, cosignature=format_note(note).decode(), witness_vkey=VKEY)
    assert checkpoint.read_bytes() == format_note(note)


def test_witnesses_stand_below_their_own_checkpoint_only(checkpoint: Path) -> None:
    before = checkpoint.read_bytes()
    old = line(cosign(text_at(2), WITNESS, timestamp=SECOND))
    accept_cosignature(tree_size=2, cosignature=old, witness_vkey=VKEY)
    assert checkpoint.read_bytes() == before
    for key in (WITNESS, OTHER):
        given = line(cosign(text_at(5), key, timestamp=SECOND))
        accept_cosignature(tree_size=5, cosignature=given, witness_vkey=key.verifier.vkey)
    assert len(parse_note(checkpoint.read_bytes()).signatures) == 3
    stage(1)
    sequence()
    assert len(parse_note(checkpoint.read_bytes()).signatures) == 1


def test_what_could_not_be_published_at_once_is_published_by_the_next_run(checkpoint: Path) -> None:
    given = line(cosign(text_at(5), WITNESS, timestamp=SECOND))
    with lock_for_process(lock_path()):
        accept_cosignature(tree_size=5, cosignature=given, witness_vkey=VKEY)
    assert given not in checkpoint.read_text()
    sequence()
    assert given in checkpoint.read_text()


def test_a_false_cosignature_is_refused(checkpoint: Path) -> None:
    good = cosign(text_at(5), WITNESS, timestamp=SECOND)
    bent = Signature(good.name, good.key_id, good.blob[:-1] + bytes([good.blob[-1] ^ 1]))
    earlier = Signature(good.name, good.key_id, (SECOND - 1).to_bytes(8) + good.blob[8:])
    late = cosign(text_at(5), WITNESS, timestamp=2**62)
    of_other_size = cosign(text_at(2), WITNESS, timestamp=SECOND)
    by_other = cosign(text_at(5), OTHER, timestamp=SECOND)
    old = parse_note(SignedCheckpoint.objects.get(tree_size=2).note.encode()).signed_by(of_other_size)
    lines = [line(signature) for signature in (bent, earlier, late, of_other_size, by_other)]
    for text in [*lines, format_note(old).decode(), "", "— nonsense", "\n\n", "\ud800"]:
        with pytest.raises(CosignatureRefused, match="见证签名无效"):
            accept_cosignature(tree_size=5, cosignature=text, witness_vkey=VKEY)
    assert not WitnessSignature.objects.exists()


@pytest.mark.parametrize("vkey", ["", "nonsense", SigningKey("log", ED25519, bytes(32)).verifier.vkey])
def test_a_key_that_is_no_witness_key_is_refused(checkpoint: Path, vkey: str) -> None:
    given = line(cosign(text_at(5), WITNESS, timestamp=SECOND))
    with pytest.raises(CosignatureRefused):
        accept_cosignature(tree_size=5, cosignature=given, witness_vkey=vkey)


def test_a_checkpoint_that_we_did_not_sign_is_not_found(checkpoint: Path) -> None:
    given = line(cosign(text_at(5), WITNESS, timestamp=SECOND))
    with pytest.raises(CheckpointNotFound, match="3 条"):
        accept_cosignature(tree_size=3, cosignature=given, witness_vkey=VKEY)


def test_the_command_keeps_a_neighbour_s_signature_and_refuses_a_stranger_s(
    checkpoint: Path, tmp_path: Path
) -> None:
    note = parse_note(checkpoint.read_bytes())
    signed = tmp_path / "cosigned"
    signed.write_bytes(format_note(note.signed_by(cosign(note.text, WITNESS, timestamp=SECOND))))
    command = ["log", "add-witness", str(signed), "--witness"]

    assert CliRunner().invoke(app, [*command, OTHER.verifier.vkey]).exit_code == 2
    assert not WitnessSignature.objects.exists()
    assert CliRunner().invoke(app, [*command, VKEY]).exit_code == 0
    assert WitnessSignature.objects.get().checkpoint_id == 5
    signed.write_bytes(b"no note")
    assert CliRunner().invoke(app, [*command, VKEY]).exit_code == 2
