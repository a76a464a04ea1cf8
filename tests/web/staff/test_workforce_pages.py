"""People and qualifications: the list with its lights, one person, forms, withdrawing, Excel."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from quanheng.base.sheets import write_sheet
from quanheng.core.models import User
from quanheng.workforce.models import Authorisation, Metrologist, Qualification, Training
from quanheng.workforce.sheets import READ
from tests.web.staff.conftest import TODAY, As, text_of
from tests.workforce.making import FROM, UNTIL, authorise, laboratory, other_laboratory, qualify, register

LIST = "/staff/workforce/"


@pytest.fixture
def person(people: dict[str, User]) -> Metrologist:
    return register(people["verifier"], laboratory())


def url(name: str, *args: Any) -> str:
    return reverse(f"staff:{name}", args=args)


def pdf() -> SimpleUploadedFile:
    return SimpleUploadedFile("证书.pdf", b"%PDF-1.7", "application/pdf")


def test_the_list_says_first_who_may_not_work_and_who_soon_may_not(
    as_: As, people: dict[str, User], person: Metrologist
) -> None:
    qualify(person, valid_until=date(2026, 5, 19))
    soon = register(people["checker"], laboratory(), registered_until=date(2026, 8, 18))
    qualify(soon)
    gone = register(people["signatory"], laboratory(), left_on=TODAY)
    qualify(gone)
    client = as_("officer")
    text = text_of(client.get(LIST))
    assert "在岗 2 人，1 人的注册或资质已过期，1 人在 90 天内到期。" in text
    late, off = (text_of(client.get(LIST, {"state": state})) for state in ("late", "off"))
    rows = late.split("90 天内到期和已过期")[0]
    assert "张检定" in rows
    assert "李核验" not in rows
    assert "王签字" in off


def test_all_valid_is_said_too(as_: As, person: Metrologist) -> None:
    qualify(person)
    assert "在岗 1 人，注册和资质都有效。" in text_of(as_("auditor").get(LIST))


def test_an_empty_list_teaches_the_one_way_to_begin(as_: As) -> None:
    text = text_of(as_("signatory").get(LIST))
    assert "还没有登记检定人员" in text
    assert "登记人员" in text
    assert "登记人员" not in text_of(as_("auditor").get(LIST))


def test_a_laboratory_sees_only_its_own_people(as_: As, people: dict[str, User]) -> None:
    other = register(people["officer"], other_laboratory())
    authorise(other_laboratory(), number="别的授权")
    client = as_("signatory")
    assert "别的授权" not in text_of(client.get(LIST))
    assert client.get(url("metrologist", other.public_id)).status_code == 404
    assert client.get(url("metrologist_edit", other.public_id)).status_code == 404
    assert "别的授权" in text_of(as_("officer").get(LIST))


def test_a_person_is_registered_and_qualified_from_the_pages(as_: As, people: dict[str, User]) -> None:
    client = as_("signatory")
    assert "有 3 人可以登记。" in text_of(client.get(url("metrologist_new")))
    given = {"unit": laboratory().pk, "person": people["verifier"].public_id, "grade": "first"}
    given |= {"registration_number": "R-1", "registered_from": FROM, "registered_until": UNTIL}
    page = text_of(client.post(url("metrologist_new"), given, follow=True))
    assert "已登记 张检定。" in page
    assert "没有有效的检定资质，不能检定。" in page
    person = Metrologist.objects.get()
    given = {"regulation": "jjg539", "valid_from": FROM, "valid_until": UNTIL, "file": pdf()}
    page = text_of(client.post(url("qualification_new", person.public_id), given, follow=True))
    assert "可以检定 1 个项目，最早 2026-12-31 到期。" in page
    # The item was not typed: the regulation has a name.
    assert Qualification.objects.get().item == "数字指示秤"
    given = {"title": "衡器检定", "held_on": FROM, "hours": "16", "file": pdf()}
    page = text_of(client.post(url("training_new", person.public_id), given, follow=True))
    assert "2026 年 16 学时。" in page
    assert "登记继续教育：衡器检定" in page


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"registration_number": ""}, 422, "有 1 处需要改正"),
        ({"registered_until": "2025-01-01"}, 409, "早于开始日期"),
        ({"registration_number": "R-taken"}, 409, "已经登记给李核验"),
    ],
)
def test_what_cannot_be_registered_is_refused_in_place(
    as_: As, people: dict[str, User], changes: dict[str, str], status: int, words: str
) -> None:
    register(people["checker"], laboratory(), registration_number="R-taken")
    given = {"unit": laboratory().pk, "person": people["verifier"].public_id, "grade": "first"}
    given |= {"registration_number": "R-1", "registered_from": FROM, "registered_until": UNTIL}
    answer = as_("officer").post(url("metrologist_new"), given | changes)
    assert answer.status_code == status
    assert words in text_of(answer)
    assert Metrologist.objects.count() == 1


def test_who_saves_second_is_told_and_may_decide_anew(as_: As, person: Metrologist) -> None:
    client, edit = as_("signatory"), url("metrologist_edit", person.public_id)
    given = {"grade": "first", "registration_number": "R-1", "registered_from": FROM, "revision": 1}
    given |= {"registered_until": UNTIL}
    assert client.post(edit, given).status_code == 302
    answer = client.post(edit, given | {"registration_number": "R-2"})
    assert answer.status_code == 409
    assert "该记录已被他人修改" in text_of(answer)
    assert 'name="revision" value="2"' in answer.content.decode()
    assert client.post(edit, given | {"registration_number": "R-2", "revision": 2}).status_code == 302


def test_leaving_says_what_it_does_and_ends_the_forms(as_: As, person: Metrologist) -> None:
    client, leave = as_("signatory"), url("metrologist_leave", person.public_id)
    assert "不能再派其检定、核验或签字" in text_of(client.get(leave))
    page = client.post(leave, {"revision": 1, "left_on": TODAY}, follow=True)
    assert f"{TODAY} 起已离岗，不能再派检定工作。" in text_of(page)
    assert "变更登记" not in text_of(page)
    assert client.post(leave, {"revision": 2, "left_on": TODAY}).status_code == 409


def test_withdrawing_asks_why_and_says_so_ever_after(as_: As, person: Metrologist) -> None:
    row = qualify(person)
    client, withdraw = as_("signatory"), url("qualification_withdraw", row.public_id)
    assert "将撤销 张检定 的数字指示秤（JJG 539）资质。" in text_of(client.get(withdraw))
    assert client.post(withdraw, {"reason": " "}).status_code == 422
    page = text_of(client.post(withdraw, {"reason": "登错了人"}, follow=True))
    assert "登错了人" in page
    assert client.post(withdraw, {"reason": "又"}).status_code == 409
    training = Training.objects.create(
        metrologist=person, title="甲", held_on=FROM, hours=8, recorded_at=row.recorded_at
    )
    again = url("training_withdraw", training.pk)
    assert "（8 学时）" in text_of(client.get(again))
    assert "已撤销：不是本人" in text_of(client.post(again, {"reason": "不是本人"}, follow=True))


def test_an_authorisation_is_recorded_shown_and_withdrawn(as_: As, people: dict[str, User]) -> None:
    client = as_("signatory")
    given = {"unit": laboratory().pk, "number": "法计 01", "regulations": "JJG 539\njjg443", "city": "达州"}
    given |= {"valid_from": FROM, "valid_until": UNTIL, "file": pdf()}
    page = text_of(client.post(url("authorisation_new"), given, follow=True))
    assert "JJG 443、JJG 539" in page
    row = Authorisation.objects.get()
    file = client.get(url("workforce_file", "authorisation", row.pk))
    assert b"".join(file.streaming_content) == b"%PDF-1.7"  # type: ignore[attr-defined]
    assert file["Content-Disposition"].startswith("attachment")
    assert client.get(url("workforce_file", "other", row.pk)).status_code == 404
    withdraw = url("authorisation_withdraw", row.public_id)
    assert "已撤销" in text_of(client.post(withdraw, {"reason": "编号有误"}, follow=True))


def test_rows_of_excel_are_taken_and_the_others_named(as_: As) -> None:
    days = (str(FROM), str(UNTIL))
    rows = [
        ("verifier", "一级注册计量师", "R-1", *days, "数字指示秤", "JJG 539", *days),
        ("nobody", "一级注册计量师", "R-2", *days, "", "", "", ""),
    ]
    client = as_("signatory")
    data = write_sheet("a", READ, rows).read()
    given = {"unit": laboratory().pk, "file": SimpleUploadedFile("a.xlsx", data)}
    page = text_of(client.post(url("workforce_import"), given))
    assert "登记了 1 行，1 行没有登记。" in page
    assert "没有这个用户。" in page
    given = {"unit": laboratory().pk, "file": SimpleUploadedFile("a.xlsx", b"x")}
    answer = client.post(url("workforce_import"), given)
    assert answer.status_code == 409
    assert "表格没有读取" in text_of(answer)
    assert client.post(url("workforce_import"), {"unit": laboratory().pk}).status_code == 422


def test_where_one_acts_for_one_institute_it_is_not_asked(as_: As, people: dict[str, User]) -> None:
    other_laboratory()
    own = as_("signatory").get(url("authorisation_new")).content.decode()
    all_ = as_("officer").get(url("authorisation_new")).content.decode()
    assert f'type="hidden" name="unit" value="{laboratory().pk}"' in own
    assert '<select name="unit"' in all_
