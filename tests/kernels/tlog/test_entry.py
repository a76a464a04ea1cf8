from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from quanheng.kernels.canonical import CanonicalError, canonical_json, commitment
from quanheng.kernels.tlog.entry import EntryError, leaf_entry, parse_leaf

AT = datetime(2026, 11, 23, 13, 10, 0, 999, tzinfo=timezone(timedelta(hours=8)))
GOOD: dict[str, Any] = {"kind": "plan:compiled", "at": AT, "subject": "0b9e", "data": {"items": 15}}
FIELDS: dict[str, Any] = {
    "v": 1, "kind": "plan:compiled", "at": "2026-11-23T05:10:00Z", "subject": "0b9e", "data": {"items": 15}
}  # fmt: skip


def test_envelope_bytes() -> None:
    entry = leaf_entry(**GOOD)
    assert entry == (
        b'{"at":"2026-11-23T05:10:00Z","data":{"items":15},"kind":"plan:compiled","subject":"0b9e","v":1}'
    )
    leaf = parse_leaf(entry)
    assert (leaf.kind, leaf.subject, leaf.data) == ("plan:compiled", "0b9e", {"items": 15})
    assert leaf.at == datetime(2026, 11, 23, 5, 10, tzinfo=UTC)


def test_a_commitment_stands_for_a_personal_value() -> None:
    hidden = {"commitment": commitment(bytes(16), "身份证号")}
    assert parse_leaf(leaf_entry(**GOOD | {"data": {"who": [hidden]}})).data == {"who": [hidden]}
    for false in ({"commitment": "ab"}, {"commitment": 1}, hidden | {"salt": "00"}):
        with pytest.raises(EntryError, match="commitment"):
            leaf_entry(**GOOD | {"data": {"who": [false]}})


@pytest.mark.parametrize(
    "bad",
    [
        {"kind": "compiled"},
        {"kind": "Plan:compiled"},
        {"kind": "plan:compiled\n"},
        {"at": AT.replace(tzinfo=None)},
        {"subject": ""},
        {"subject": "s" * 201},
        {"data": []},
        {"data": {"text": "x" * 65535}},
    ],
)
def test_leaves_out_of_form_are_not_written(bad: dict[str, Any]) -> None:
    with pytest.raises(EntryError):
        leaf_entry(**GOOD | bad)


@pytest.mark.parametrize(
    "bad",
    [
        {"v": 2},
        {"v": True},
        {"at": "2026-11-23T05:10:00+00:00"},
        {"at": "2026-13-23T05:10:00Z"},
        {"at": 1},
        {"extra": 1},
        {"kind": 1},
    ],
)
def test_leaves_out_of_form_are_not_read(bad: dict[str, Any]) -> None:
    assert parse_leaf(canonical_json(FIELDS)).kind == "plan:compiled"
    with pytest.raises(EntryError):
        parse_leaf(canonical_json(FIELDS | bad))


def test_other_spellings_are_not_read() -> None:
    with pytest.raises(CanonicalError):
        parse_leaf(canonical_json(FIELDS) + b"\n")
    with pytest.raises(EntryError):
        parse_leaf(b"[]")
