"""The pages about rules: what acts, who compared it with the text, what a new one would change."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from quanheng.core.models import OrgUnit, User
from quanheng.instruments.enums import Use
from quanheng.instruments.services.registry import InstrumentDetails, register_instrument
from quanheng.parties.services import PartyDetails, save_party
from quanheng.regulations.models import RuleVersion
from quanheng.regulations.selectors import unconfirmed_rules
from quanheng.regulations.services import load_packaged_rules
from quanheng.transparency.models import PendingLeaf


@pytest.fixture
def loaded(people: dict[str, User]) -> dict[str, User]:
    load_packaged_rules()
    return people


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def price_scale() -> RuleVersion:
    return RuleVersion.objects.get(key="price_scale", number=1)


VERSION = {
    "regulation": "JJG 1204",
    "edition": "2025（试行）",
    "in_force_from": "2027-01-08",
    "control": "both",
    "uses": ["trade"],
    "validity": "day_before",
    "transition": "at_once",
    "source": "演示用的出处",
    "clause": "7.5",
    "months_0": "6",
}


def test_the_list_says_how_many_rules_nobody_compared_and_marks_them(loaded: dict[str, User]) -> None:
    page = text_of(signed_in(loaded["officer"]), reverse("staff:rules"))
    acting = len(unconfirmed_rules())  # nothing is confirmed yet
    assert f"规则 {acting} 条" in " ".join(page.split())
    assert page.count("未核对") > 10
    assert "JJG 539-2016" in page


def test_the_words_above_the_table_narrow_it_down(loaded: dict[str, User]) -> None:
    page = text_of(signed_in(loaded["officer"]), reverse("staff:rules") + "?stands=coming")
    assert "JJG 1204" in page
    assert "JJG 443" not in page


def test_without_rules_the_page_says_how_to_load_them(people: dict[str, User]) -> None:
    assert "quanheng rules load" in text_of(signed_in(people["officer"]), reverse("staff:rules"))


def test_an_officer_confirms_a_rule_and_its_mark_goes(loaded: dict[str, User]) -> None:
    row = price_scale()
    url = reverse("staff:rule", args=[row.public_id])
    client = signed_in(loaded["officer"])
    scan = SimpleUploadedFile("规程.pdf", b"%PDF-1.7 page 9")
    sent = {"revision": row.revision, "against": "JJG 539-2016", "clause": "7.5", "file": scan}

    response = client.post(url, sent)

    assert response.status_code == 302
    row.refresh_from_db()
    assert (row.is_confirmed, row.confirmed_clause) == (True, "7.5")
    assert PendingLeaf.objects.filter(kind="rule:confirmed").count() == 1
    page = text_of(client, url)
    assert "JJG 539-2016 7.5" in page
    assert client.get(reverse("staff:rule_file", args=[row.public_id])).content == b"%PDF-1.7 page 9"
    # Confirming again, from a page opened before, is refused.
    assert client.post(url, sent | {"file": ""}).status_code == 409


def test_a_confirmation_without_the_text_is_refused_beside_the_field(loaded: dict[str, User]) -> None:
    row = price_scale()
    url = reverse("staff:rule", args=[row.public_id])
    response = signed_in(loaded["officer"]).post(url, {"revision": row.revision, "against": "", "clause": ""})
    assert response.status_code == 422
    row.refresh_from_db()
    assert not row.is_confirmed


def test_only_an_officer_confirms(loaded: dict[str, User]) -> None:
    row = price_scale()
    url = reverse("staff:rule", args=[row.public_id])
    sent = {"revision": row.revision, "against": "JJG 539-2016", "clause": "7.5"}
    for name in ("owner", "auditor", "admin", "inspector"):
        assert signed_in(loaded[name]).post(url, sent).status_code == 403, name
    row.refresh_from_db()
    assert not row.is_confirmed


def test_a_new_version_is_tried_before_it_is_added(loaded: dict[str, User]) -> None:
    officer = loaded["officer"]
    town = OrgUnit.objects.get(name="亭子镇")
    details = PartyDetails(name="演示卫生院", town=town)
    owner = save_party(actor=officer, public_id=None, revision=0, details=details)
    register_instrument(
        actor=officer,
        details=InstrumentDetails(name="电子计价秤", use=Use.MEDICAL, serial_no="1", owner=owner),
        submit=True,
    )
    row = RuleVersion.objects.get(key="price_scale", number=2)
    url = reverse("staff:rule_new", args=[row.public_id])
    before = RuleVersion.objects.count()
    client = signed_in(officer)

    tried = client.post(url, VERSION | {"try": "1"})
    assert "不再强检" in tried.content.decode()
    assert RuleVersion.objects.count() == before

    added = client.post(url, VERSION | {"add": "1"})
    assert added.status_code == 302
    new = RuleVersion.objects.get(key="price_scale", number=3)
    assert new.body["terms"] == [{"when": {}, "mode": "periodic", "months": 6}]
    assert new.in_force_from == date(2027, 1, 8)
    assert (new.is_confirmed, new.body["lacks"]) == (False, [])


def test_a_version_without_clause_and_period_carries_the_marks(loaded: dict[str, User]) -> None:
    row = price_scale()
    url = reverse("staff:rule_new", args=[row.public_id])
    sent = VERSION | {"clause": "", "months_0": "", "add": "1"}
    assert signed_in(loaded["officer"]).post(url, sent).status_code == 302
    assert RuleVersion.objects.get(key="price_scale", number=3).body["lacks"] == ["clause", "period"]


def test_a_rule_file_is_tried_and_then_added(loaded: dict[str, User]) -> None:
    client = signed_in(loaded["officer"])
    url = reverse("staff:rules_what_if")
    text = "format: 1\nrules:\n- {key: load_cell, number: 2, control: type_approval, confidence: found, source: 演示, clause: '1', in_force_from: 2027-03-01, catalogue: 演示目录}\n"
    sent = {"on": "2027-03-01", "file": SimpleUploadedFile("r.yaml", text.encode())}
    assert client.post(url, sent).status_code == 200
    assert client.post(reverse("staff:rules_add_file"), {"text": text}).status_code == 302
    assert RuleVersion.objects.filter(key="load_cell", origin="county").count() == 1


def test_what_is_no_rule_file_is_told_and_nothing_is_added(loaded: dict[str, User]) -> None:
    client = signed_in(loaded["officer"])
    before = RuleVersion.objects.count()
    sent = {"on": "2027-03-01", "file": SimpleUploadedFile("r.yaml", b"rules: 7")}
    response = client.post(reverse("staff:rules_what_if"), sent)
    assert response.status_code == 422
    assert "规则文件有误" in response.content.decode()
    assert client.post(reverse("staff:rules_add_file"), {"text": "rules: 7"}).status_code == 422
    assert RuleVersion.objects.count() == before
