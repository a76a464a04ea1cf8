"""People and qualifications as a workbook: good rows are taken, bad ones told by row and column."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from quanheng.base.sheets import BadSheet, SheetReport, write_sheet
from quanheng.core.models import User
from quanheng.workforce.models import Metrologist, Qualification
from quanheng.workforce.sheets import READ, import_qualifications, qualifications_workbook
from tests.workforce.making import FROM, UNTIL, laboratory, qualify, register

DAYS = (str(FROM), str(UNTIL))


def taken(actor: User, *rows: Sequence[object]) -> SheetReport:
    data = write_sheet("a", READ, rows).read()
    return import_qualifications(actor=actor, unit_id=laboratory().pk, data=data, filename="a.xlsx")


def test_people_are_registered_with_their_first_row_and_each_row_is_a_qualification(
    people: dict[str, User],
) -> None:
    report = taken(
        people["signatory"],
        ("verifier", "二级注册计量师", "R-1", *DAYS, "数字指示秤", "JJG 539", *DAYS),
        ("verifier", "", "", "", "", "加油机", "JJG 443", *DAYS),
        ("checker", "一级注册计量师", "R-2", *DAYS, "", "", "", ""),
    )
    assert report == SheetReport(3, ())
    assert [row.regulation for row in Qualification.objects.all()] == ["JJG 443", "JJG 539"]
    assert Metrologist.objects.count() == 2


def test_a_bad_row_leaves_nothing_and_the_others_are_taken(people: dict[str, User]) -> None:
    good = ("checker", "一级注册计量师", "R-2", *DAYS, "数字指示秤", "JJG 539", *DAYS)
    report = taken(
        people["signatory"],
        ("nobody", "一级注册计量师", "R-1", *DAYS, "", "", "", ""),
        ("verifier", "三级", "R-1", *DAYS, "", "", "", ""),
        ("verifier", "一级注册计量师", "R-1", "明天", str(UNTIL), "", "", "", ""),
        ("verifier", "一级注册计量师", "R-1", *DAYS, "数字指示秤", "秤", *DAYS),
        good,
        good,
        ("checker", "", "", "", "", "", "", "", ""),
    )
    assert report.accepted == 1
    assert [(one.row, one.column) for one in report.rejected] == [
        (2, "用户名"),
        (3, "级别"),
        (4, "注册有效期自"),
        (5, ""),
        (7, ""),
        (8, "规程"),
    ]
    assert Metrologist.objects.get().user == people["checker"]


def test_what_goes_out_comes_in_again(people: dict[str, User]) -> None:
    person = register(people["verifier"], laboratory())
    qualify(person)
    register(people["checker"], laboratory())
    book = qualifications_workbook(people["officer"]).read()
    Qualification.objects.all().delete()
    Metrologist.objects.all().delete()
    report = import_qualifications(
        actor=people["officer"], unit_id=laboratory().pk, data=book, filename="a.xlsx"
    )
    assert report == SheetReport(2, ())
    assert Qualification.objects.get().metrologist.user == people["verifier"]


def test_nobody_imports_without_the_right_to_write(people: dict[str, User]) -> None:
    report = taken(people["verifier"], ("checker", "一级注册计量师", "R-2", *DAYS, "", "", "", ""))
    assert (report.accepted, "没有此项权限" in report.rejected[0].reason) == (0, True)
    with pytest.raises(BadSheet):
        import_qualifications(
            actor=people["signatory"], unit_id=laboratory().pk, data=b"x", filename="a.xlsx"
        )
