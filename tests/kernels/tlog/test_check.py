"""Every attack on a published log is found, and the file is named."""

from __future__ import annotations

import pytest

from quanheng.kernels.tlog.check import Report, check_log
from quanheng.kernels.tlog.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from quanheng.kernels.tlog.layout import CHECKPOINT_PATH, KEY_PATH
from quanheng.kernels.tlog.notes import ED25519, SigningKey, format_note, sign_note
from quanheng.kernels.tlog.proof_file import MAX_BYTES, make_proof, verify_proof
from quanheng.kernels.tlog.proofs import ProofError
from quanheng.kernels.tlog.tiles import TileError, decode_bundle, encode_bundle
from tests.kernels.tlog.logs import KEY, ORIGIN, Files, make_entries, make_entry, publish

ENTRIES = make_entries(600)
BATCHES = [ENTRIES[:100], ENTRIES[100:300], ENTRIES[300:]]
THIEF = SigningKey(ORIGIN, ED25519, bytes(32))


@pytest.fixture
def files() -> Files:
    return publish(BATCHES)


def check(files: Files, **options: object) -> Report:
    return check_log(read=files.get, paths=list(files), **{"key": KEY.verifier} | options)  # type: ignore[arg-type]


def found(files: Files, **options: object) -> list[tuple[str, object]]:
    return [(f.code, f.data.get("path")) for f in check(files, **options).findings]


def altered_bundle(files: Files, path: str, at: int, entry: bytes) -> bytes:
    entries = decode_bundle(files[path])
    return encode_bundle([*entries[:at], entry, *entries[at + 1 :]])


def test_an_honest_log_is_clean(files: Files) -> None:
    report = check(files)
    assert report.findings == report.notices == ()
    assert report.entries == 600
    assert report.checkpoint == open_checkpoint(files[CHECKPOINT_PATH], KEY.verifier)
    assert not report.is_key_from_log
    assert check(files, key=None).is_key_from_log


def test_an_empty_log_is_clean() -> None:
    report = check(publish([]))
    assert report.findings == ()
    assert report.checkpoint is not None
    assert report.checkpoint.size == 0


def test_deleted_partial_tiles_are_not_missed(files: Files) -> None:
    kept = {path: data for path, data in files.items() if ".p/100" not in path}
    assert len(kept) == len(files) - 2
    assert found(kept) == []


def test_a_flipped_bit_in_any_file_is_found_and_the_file_named(files: Files) -> None:
    assert len(files) == 14
    for path, data in files.items():
        for at in (0, len(data) // 3, len(data) // 2, len(data) - 1):
            for bit in (1, 64):
                broken = files | {path: data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]}
                named = [finding.data["path"] for finding in check(broken, key=None).findings]
                # A key that is another one makes the honest checkpoint look false, too.
                assert path in named, (path, at, bit)
                assert set(named) <= {path, CHECKPOINT_PATH}, (path, at, bit)


def test_a_file_cut_short_or_gone_is_named(files: Files) -> None:
    required = publish([ENTRIES]).keys()
    assert len(required) == 9
    for path, data in files.items():
        assert path in [p for _, p in found(files | {path: data[:-2]}, key=None)]
        rest = {p: d for p, d in files.items() if p != path}
        if path in required:
            assert path in [p for _, p in found(rest, key=None)], path
        else:  # a partial tile of an earlier size may be cleaned up
            assert found(rest) == []


def test_truncation_is_named(files: Files) -> None:
    gone = ("tile/entries/002.p/88", "tile/0/002.p/88")
    rest = {path: data for path, data in files.items() if path not in gone}
    assert found(rest) == [("log.missing_file", path) for path in gone]


def test_files_gone_in_the_middle_are_named_and_the_rest_still_checked(files: Files) -> None:
    gone = ("tile/entries/000", "tile/0/000")
    rest = {path: data for path, data in files.items() if path not in gone}
    rest["tile/entries/002.p/88"] = altered_bundle(files, "tile/entries/002.p/88", 0, make_entry(1, forged=1))
    assert found(rest) == [
        *(("log.missing_file", path) for path in gone),
        ("log.entry_altered", "tile/entries/002.p/88"),
    ]
    assert check(rest).entries == 600 - 256


def test_a_rewritten_entry_is_named_with_its_index(files: Files) -> None:
    path = "tile/entries/001"
    files[path] = altered_bundle(files, path, 44, make_entry(300, forged=True))
    (finding,) = check(files).findings
    assert (finding.code, finding.data["path"]) == ("log.entry_altered", path)
    assert finding.data["indexes"] == [300]
    assert path in finding.text


def test_rewritten_entries_with_fitting_tiles_do_not_fit_the_checkpoint(files: Files) -> None:
    forged = [*ENTRIES[:300], make_entry(300, forged=True), *ENTRIES[301:]]
    rewritten = publish([forged]) | {CHECKPOINT_PATH: files[CHECKPOINT_PATH]}
    assert found(rewritten) == [("log.root_mismatch", CHECKPOINT_PATH)]


def test_a_tile_rewritten_to_fit_a_forged_entry_is_named_with_it(files: Files) -> None:
    forged = publish([[*ENTRIES[:10], make_entry(10, forged=True), *ENTRIES[11:]]])
    for path in ("tile/entries/000", "tile/0/000"):
        files[path] = forged[path]
    assert ("log.corrupt_file", "tile/0/000") in found(files)


def test_reordered_entries_are_named(files: Files) -> None:
    path = "tile/entries/000"
    entries = decode_bundle(files[path])
    entries[7], entries[9] = entries[9], entries[7]
    files[path] = encode_bundle(entries)
    (finding,) = check(files).findings
    assert (finding.code, finding.data["path"]) == ("log.entries_reordered", path)
    assert finding.data["indexes"] == [7, 9]


def test_entries_that_are_no_canonical_json_are_named() -> None:
    log = publish([[*ENTRIES[:3], b'{"a": 1}', b"\xff"]])
    (finding,) = check(log).findings
    assert (finding.code, finding.data["path"]) == ("log.entry_malformed", "tile/entries/000.p/5")
    assert (finding.data["index"], finding.data["count"]) == (3, 2)


def test_growth_since_the_last_visit_is_clean(files: Files) -> None:
    for batches in ([], BATCHES[:1], BATCHES[:2], BATCHES, [ENTRIES[:256]], [ENTRIES[:512]], [ENTRIES[:257]]):
        assert found(files, seen=publish(batches)[CHECKPOINT_PATH]) == []


def test_a_replayed_old_checkpoint_is_found_by_who_saw_the_new_one(files: Files) -> None:
    old = files | {CHECKPOINT_PATH: publish(BATCHES[:2])[CHECKPOINT_PATH]}
    assert found(old, seen=files[CHECKPOINT_PATH]) == [("log.rolled_back", CHECKPOINT_PATH)]
    # Without memory it is only remarkable that more is published than is signed.
    report = check(old)
    assert report.findings == ()
    assert [notice.code for notice in report.notices] == ["log.beyond_checkpoint"]


def test_a_split_view_is_found_at_the_same_and_at_a_larger_size(files: Files) -> None:
    forged = [*ENTRIES[:5], make_entry(5, forged=True), *ENTRIES[6:]]
    other = publish([forged])
    assert found(other) == []  # in itself it is an honest log
    assert found(other, seen=files[CHECKPOINT_PATH]) == [("log.split_view", CHECKPOINT_PATH)]
    larger = publish([[*forged, make_entry(600)]])
    assert found(larger, seen=files[CHECKPOINT_PATH]) == [("log.history_rewritten", CHECKPOINT_PATH)]


def test_a_checkpoint_resigned_by_a_thief_with_his_own_key_is_found(files: Files) -> None:
    stolen = publish(BATCHES, THIEF)
    assert ("log.signature_invalid", CHECKPOINT_PATH) in found(stolen)
    assert ("log.key_differs", KEY_PATH) in found(stolen)
    report = check(stolen, key=None, seen=files[CHECKPOINT_PATH])
    assert [finding.code for finding in report.findings] == ["log.key_changed"]


def test_a_checkpoint_of_another_log_is_found(files: Files) -> None:
    other = SigningKey("log.example/other", ED25519, KEY.seed)
    assert "log.signature_invalid" in [code for code, _ in found(publish(BATCHES, other))]
    seen = publish(BATCHES, other)[CHECKPOINT_PATH]
    assert "log.origin_changed" in [code for code, _ in found(files, seen=seen)]


def test_a_checkpoint_over_more_than_is_published_ends(files: Files) -> None:
    huge = sign_checkpoint(Checkpoint(ORIGIN, 2**62, bytes(32)), KEY)
    codes = [code for code, _ in found(files | {CHECKPOINT_PATH: format_note(huge)})]
    assert "log.check_stopped" in codes


def test_garbage_among_the_tiles_is_named(files: Files) -> None:
    strays = ("tile/0/notes.txt", "tile/0/002.p/089", "tile/entries/003", "tile/0/003.p/7", "tile/9/000.p/1")
    assert found(files | dict.fromkeys(strays, b"garbage")) == [
        ("log.stray_file", path) for path in sorted(strays, key=lambda p: (p not in strays[:2], p))
    ]
    assert found(files | {"tile/0/.tmp-1": b"half", "index.html": b"page"}) == []


def test_wider_tiles_that_do_not_continue_the_log_are_named(files: Files) -> None:
    grown = publish([*BATCHES, [make_entry(600)]])
    del grown[CHECKPOINT_PATH]
    assert found(files | grown) == []
    forged = publish([[make_entry(0, forged=1), *make_entries(600)]])
    for path in ("tile/0/002.p/89", "tile/entries/002.p/89"):
        assert ("log.corrupt_file", path) in found(files | {path: forged[path]})


def test_entries_ahead_of_the_checkpoint_must_fit_their_tile(files: Files) -> None:
    grown = publish([make_entries(800)])
    del grown[CHECKPOINT_PATH]
    path = "tile/entries/003.p/32"
    grown[path] = altered_bundle(grown, path, 3, make_entry(1, forged=1))
    assert found(files | grown) == [("log.stray_file", path)]


def test_without_checkpoint_or_key_the_check_says_so(files: Files) -> None:
    assert found({}) == [("log.no_checkpoint", CHECKPOINT_PATH)]
    assert found({}, key=None)[0] == ("log.key_missing", KEY_PATH)
    assert found(files | {CHECKPOINT_PATH: b"text"}) == [("log.checkpoint_malformed", CHECKPOINT_PATH)]


def test_a_proof_file_verifies_alone_and_only_as_made(files: Files) -> None:
    note = files[CHECKPOINT_PATH]
    for index in (0, 255, 256, 599):
        data = make_proof(read=files.get, index=index, note=note, key=KEY.verifier)
        proof = verify_proof(data, key=KEY.verifier)
        assert (proof.index, proof.entry) == (index, ENTRIES[index])
        assert verify_proof(data).key == KEY.verifier
        with pytest.raises(ValueError, match="not signed"):
            verify_proof(data, key=THIEF.verifier)
        for old, new in (
            (f'"index": {index}', f'"index": {index + 1}'),
            ("subject-", "subject+"),
            ('"inclusion": [', f'"inclusion": ["{"00" * 32}",'),
            ("\\n600\\n", "\\n599\\n"),
            ("quanheng-proof/1", "quanheng-proof/2"),
            ('"leaf_hash"', '"leafhash"'),
            ('"index"', '"format": "quanheng-proof/1", "index"'),
            (f'"index": {index}', f'"index": "{index}"'),
        ):
            assert old in data.decode()
            with pytest.raises(ValueError):  # noqa: PT011 (each with its own words)
                verify_proof(data.decode().replace(old, new).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"1", b"{}", b'"text"', b"\xff", b"[" * 100_000, b"[[[1],2]]"])
def test_what_is_no_proof_file_is_refused(data: bytes) -> None:
    with pytest.raises(ProofError, match="not a proof file"):
        verify_proof(data)


def test_a_proof_file_of_megabytes_is_not_read() -> None:
    with pytest.raises(ProofError, match="is over"):
        verify_proof(b"[" + b"[]," * MAX_BYTES + b"[]]")


def test_no_proof_is_made_from_damaged_files_or_for_absent_leaves(files: Files) -> None:
    note = files[CHECKPOINT_PATH]
    with pytest.raises(ValueError, match="no such leaf"):
        make_proof(read=files.get, index=600, note=note, key=KEY.verifier)
    path = "tile/entries/000"
    files[path] = altered_bundle(files, path, 1, make_entry(1, forged=1))
    with pytest.raises(TileError, match=path):
        make_proof(read=files.get, index=1, note=note, key=KEY.verifier)
    assert make_proof(read=files.get, index=2, note=note, key=KEY.verifier)


def test_a_checkpoint_in_another_name_than_its_key_is_found(files: Files) -> None:
    checkpoint = open_checkpoint(files[CHECKPOINT_PATH], KEY.verifier)
    foreign = Checkpoint("log.example/other", checkpoint.size, checkpoint.root)
    files[CHECKPOINT_PATH] = format_note(sign_note(foreign.text, KEY))
    assert found(files) == [("log.origin_differs", CHECKPOINT_PATH)]


def test_where_neither_file_leads_to_the_signed_root_both_are_named(files: Files) -> None:
    files["tile/entries/000"] = altered_bundle(files, "tile/entries/000", 0, make_entry(0, forged=1))
    edge = files["tile/1/000.p/2"]
    files["tile/1/000.p/2"] = bytes(32) + edge[32:]
    findings = check(files).findings
    assert [(f.code, f.data["path"], f.data.get("below")) for f in findings] == [
        ("log.files_disagree", "tile/1/000.p/1", None),  # older, and here the honest one
        ("log.files_disagree", "tile/0/000", "tile/entries/000"),
        ("log.files_disagree", "tile/1/000.p/2", "tile/0/000"),
        ("log.root_mismatch", CHECKPOINT_PATH, None),
    ]
