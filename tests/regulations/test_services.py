"""Loading, adding and confirming: what acts, what survives, what is refused, and what is logged."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from quanheng.base.errors import BureauError, StaleRevision
from quanheng.base.files import stored_path
from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.kernels.rules import Facts, due
from quanheng.regulations import services
from quanheng.regulations.errors import (
    AlreadyConfirmed,
    AlreadySuperseded,
    BadConfirmation,
    BadRuleFile,
    RuleKnown,
    RuleNotFound,
)
from quanheng.regulations.models import RuleVersion
from quanheng.regulations.packaged import packaged_rules
from quanheng.regulations.selectors import rule_row, rule_rows, rule_set, unconfirmed_rules
from quanheng.transparency.models import PendingLeaf
from tests.conftest import ROOT

ON = date(2027, 2, 1)
ROW: dict[str, Any] = {
    "key": "price_scale",
    "number": 1,
    "control": "both",
    "uses": ["trade"],
    "terms": [{"mode": "periodic", "months": 6}],
    "transition": "next_verification",
    "regulation": "JJG 1204",
    "edition": "2025",
    "in_force_from": "2027-01-08",
    "source": "规程文本",
    "clause": "7.5",
    "confidence": "found",
}


@pytest.fixture
def officer(people: dict[str, User]) -> User:
    return people["officer"]


@pytest.fixture
def loaded(db: None) -> None:
    services.load_packaged_rules()


def row_of(rule_id: str) -> RuleVersion:
    key, number = rule_id.split("/")
    return RuleVersion.objects.get(key=key, number=number)


def logged(kind: str) -> list[dict[str, Any]]:
    return [json.loads(leaf.entry)["data"] for leaf in PendingLeaf.objects.filter(kind=kind)]


def confirm(officer: User, rule_id: str, **changes: Any) -> RuleVersion:
    row = row_of(rule_id)
    given = {"revision": row.revision, "against": "JJG 539-2016 正式文本", "clause": "7.5"} | changes
    return services.confirm_rule(actor=officer, public_id=row.public_id, **given)


def test_without_loaded_rules_the_packaged_ones_act(db: None) -> None:
    assert rule_set() is packaged_rules()


def test_loading_gives_the_packaged_rules_and_repeating_it_changes_nothing(loaded: None) -> None:
    assert {v.id: v for v in rule_set().versions} == {v.id: v for v in packaged_rules().versions}
    again = services.load_packaged_rules()
    assert (again.added, again.kept) == (0, len(packaged_rules().versions))
    assert len(logged("rules:loaded")) == 1
    assert set(logged("rules:loaded")[0]["rules"]) == {v.id for v in packaged_rules().versions}


def test_a_packaged_row_worded_anew_becomes_a_version_that_nobody_confirmed(
    loaded: None, officer: User
) -> None:
    confirm(officer, "truck_scale/1")
    RuleVersion.objects.filter(key="truck_scale").update(body=row_of("truck_scale/1").body | {"note": "旧"})
    assert services.load_packaged_rules().added == 1
    newer = row_of("truck_scale/2")
    assert newer.supersedes == row_of("truck_scale/1")
    acting = [v for v in rule_set().versions if v.kind == "truck_scale"]
    assert [(v.id, v.is_confirmed) for v in acting] == [("truck_scale/2", False)]


def test_a_version_of_the_county_holds_against_the_packaged_one_of_that_day_and_survives_loading(
    loaded: None, officer: User
) -> None:
    row = services.add_rule_version(actor=officer, body=ROW)
    services.load_packaged_rules()
    assert row.rule_id == "price_scale/3"
    found = due(rule_set(), Facts("price_scale", "trade", last_verified_on=date(2027, 1, 8)), ON)
    assert (found.due_on, found.rule_id) == (date(2027, 7, 7), "price_scale/3")
    assert logged("rule:added")[0]["rule"] == "price_scale/3"


def test_a_superseded_version_acts_no_more_and_cannot_be_superseded_again(
    loaded: None, officer: User
) -> None:
    old = row_of("price_scale/2")
    later = ROW | {"in_force_from": "2027-03-01"}
    services.add_rule_version(actor=officer, body=later, supersedes=old.public_id)
    rules = rule_set()
    assert [v.id for v in rules.versions_of("price_scale")] == ["price_scale/1", "price_scale/3"]
    with pytest.raises(AlreadySuperseded, match="price_scale/3"):
        services.add_rule_version(actor=officer, body=later | {"note": "又一版"}, supersedes=old.public_id)
    with pytest.raises(AlreadySuperseded):
        confirm(officer, "price_scale/2")
    with pytest.raises(RuleNotFound):
        services.add_rule_version(actor=officer, body=ROW, supersedes=uuid4())
    with pytest.raises(RuleNotFound):  # of another rule
        services.add_rule_version(actor=officer, body=ROW, supersedes=row_of("truck_scale/1").public_id)


@pytest.mark.parametrize(
    ("changes", "where", "reason"),
    [
        ({"key": "sundial"}, "sundial", "没有“sundial”这一种类。"),
        ({"clause": None}, "price_scale", "没有写条款，也没有注明缺少条款。"),
        ({"in_force_to": "2026-01-01"}, "price_scale", "2026-01-01 失效，却在 2027-01-08 才施行。"),
        ({"terms": [{"mode": "yearly", "months": 1}]}, "price_scale.terms.0.mode", "不在可选值之内。"),
    ],
)
def test_a_wrong_version_is_refused_with_its_place(
    loaded: None, officer: User, changes: dict[str, Any], where: str, reason: str
) -> None:
    before = RuleVersion.objects.count()
    with pytest.raises(BadRuleFile) as refused:
        services.add_rule_version(actor=officer, body=ROW | changes)
    assert (refused.value.details["where"], refused.value.details["reason"]) == (where, reason)
    assert RuleVersion.objects.count() == before
    assert logged("rule:added") == []


def test_the_same_version_twice_is_refused(loaded: None, officer: User) -> None:
    services.add_rule_version(actor=officer, body=ROW)
    with pytest.raises(RuleKnown, match="price_scale/3"):
        services.add_rule_version(actor=officer, body=ROW)


def test_a_rule_file_is_added_whole_or_not_at_all(loaded: None, officer: User) -> None:
    data = (ROOT / "examples/rules/jjg-1204-2025.yaml").read_bytes()
    assert [row.rule_id for row in services.add_rule_file(actor=officer, data=data)] == ["price_scale/3"]
    bad = json.dumps({"rules": [ROW, ROW | {"key": "sundial"}]}).encode()
    with pytest.raises(BadRuleFile):
        services.add_rule_file(actor=officer, data=bad)
    with pytest.raises(BadRuleFile, match="不是 YAML"):
        services.add_rule_file(actor=officer, data=b"{")
    assert not RuleVersion.objects.filter(number=4).exists()


def test_a_confirmation_says_who_when_against_what_and_keeps_the_file(
    loaded: None, officer: User, home: Path
) -> None:
    row = confirm(officer, "truck_scale/1", data=b"%PDF scan", filename="李某扫描.pdf")
    digest = hashlib.sha256(b"%PDF scan").hexdigest()
    assert (row.confirmed_by, row.confirmed_sha256, row.revision) == (officer, digest, 2)
    assert row.confirmed_at is not None
    assert stored_path(digest).read_bytes() == b"%PDF scan"
    version = rule_set().version("truck_scale/1")
    assert (version.is_confirmed, version.clause, version.lacks) == (True, "7.5", frozenset())
    found = due(rule_set(), Facts("truck_scale", "trade", last_verified_on=date(2026, 6, 1)), ON)
    assert found.is_confirmed
    leaf = logged("rule:confirmed")[0]
    assert (leaf["against"], leaf["clause"], leaf["file_sha256"]) == ("JJG 539-2016 正式文本", "7.5", digest)
    assert "李某" not in json.dumps(leaf, ensure_ascii=False)
    assert set(leaf["by"]) == {"commitment"}


@pytest.mark.parametrize(
    ("rule_id", "changes", "refusal"),
    [
        ("truck_scale/1", {"against": " "}, BadConfirmation),
        ("truck_scale/1", {"clause": ""}, BadConfirmation),
        ("truck_scale/1", {"against": "文" * 301}, BadConfirmation),
        ("truck_scale/1", {"clause": "7" * 101}, BadConfirmation),
        ("truck_scale/1", {"revision": 7}, StaleRevision),
        ("price_scale/2", {}, BadConfirmation),  # its period was not found: there is nothing to confirm
    ],
)
def test_a_confirmation_that_says_too_little_is_refused(
    loaded: None, officer: User, rule_id: str, changes: dict[str, Any], refusal: type[BureauError]
) -> None:
    with pytest.raises(refusal):
        confirm(officer, rule_id, **changes)
    assert not row_of(rule_id).is_confirmed
    assert logged("rule:confirmed") == []


def test_a_too_large_file_is_refused(loaded: None, officer: User, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 4
    with pytest.raises(BadConfirmation):
        confirm(officer, "truck_scale/1", data=b"12345", filename="x")


def test_a_rule_is_confirmed_once_and_only_one_that_exists(loaded: None, officer: User) -> None:
    confirm(officer, "truck_scale/1")
    with pytest.raises(AlreadyConfirmed):
        confirm(officer, "truck_scale/1")
    with pytest.raises(RuleNotFound):
        services.confirm_rule(actor=officer, public_id=uuid4(), revision=1, against="x", clause="1")


def test_the_list_of_unconfirmed_rules_holds_what_acts_now_or_later(loaded: None, officer: User) -> None:
    names = {row.rule_id for row in unconfirmed_rules(on=date(2027, 1, 8))}
    assert "price_scale/2" in names
    assert "price_scale/1" not in names
    confirm(officer, "truck_scale/1")
    assert "truck_scale/1" in names
    assert "truck_scale/1" not in {row.rule_id for row in unconfirmed_rules(on=date(2027, 1, 8))}


def test_rows_are_found_by_kind_and_id(loaded: None) -> None:
    rows = list(rule_rows(kind="price_scale"))
    assert [row.rule_id for row in rows] == ["price_scale/1", "price_scale/2"]
    assert rule_row(rows[0].public_id) == rows[0]
    with pytest.raises(RuleNotFound):
        rule_row(uuid4())


def test_the_rules_are_read_once_until_something_changes(loaded: None, officer: User) -> None:
    first = rule_set()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert rule_set() is first
    assert len(queries) == 1
    confirm(officer, "truck_scale/1")
    second = rule_set()
    confirm(officer, "crane_scale/1")
    assert second is not first
    assert rule_set().version("crane_scale/1").is_confirmed


def test_a_stamp_with_equal_counts_does_not_hide_another_confirmation(loaded: None, officer: User) -> None:
    before = transaction.savepoint()
    confirm(officer, "truck_scale/1")
    assert rule_set().version("truck_scale/1").is_confirmed
    transaction.savepoint_rollback(before)
    confirm(officer, "crane_scale/1")
    rules = rule_set()
    assert [v.id for v in rules.versions if v.is_confirmed] == ["crane_scale/1"]


def test_the_database_refuses_a_confirmation_without_document_and_a_reversed_term(loaded: None) -> None:
    for change in ({"is_confirmed": True}, {"in_force_to": date(2000, 1, 1)}, {"origin": "hearsay"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            RuleVersion.objects.filter(key="truck_scale").update(**change)


def test_everyone_sees_the_rules_and_only_an_officer_changes_them(people: dict[str, User]) -> None:
    assert all(scope_of(person, "regulations.view") for person in people.values())
    assert [n for n, person in people.items() if scope_of(person, "regulations.change")] == ["officer"]
