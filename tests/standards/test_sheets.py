"""Standards as a workbook: good rows are taken, bad ones told by row and column."""

from __future__ import annotations

from datetime import date

from quanheng.base.sheets import SheetReport, write_sheet
from quanheng.core.models import User
from quanheng.standards.models import MeasurementStandard, StandardCertificate
from quanheng.standards.sheets import READ, import_standards, standards_workbook
from tests.standards.making import make_certificate, make_standard
from tests.workforce.making import laboratory


def test_good_rows_are_taken_and_bad_ones_told(people: dict[str, User]) -> None:
    rows = [
        ("工作标准器", "砝码", "W-1", "", "", "", "M1", "JJG 539、jjg99", 12, "", ""),
        ("社会公用计量标准", "装置", "L-1", "", "", "", "", "JJG 443", "", "考 1", "2027年3月4日"),
        ("别的", "砝码", "W-2", "", "", "", "", "", "", "", ""),
        ("工作标准器", "砝码", "W-3", "", "", "", "", "", "一年", "", ""),
        ("工作标准器", "砝码", "W-1", "", "", "", "", "", "", "", ""),
        ("社会公用计量标准", "装置", "L-2", "", "", "", "", "", "", "", ""),
    ]
    data = write_sheet("a", READ, rows).read()
    report = import_standards(actor=people["verifier"], unit_id=laboratory().pk, data=data, filename="a.xlsx")
    assert report.accepted == 2
    assert [(one.row, one.column) for one in report.rejected] == [
        (4, "类别"),
        (5, "复校间隔（月）"),
        (6, ""),
        (7, ""),
    ]
    weights, device = MeasurementStandard.objects.order_by("pk")
    assert (weights.serves, weights.interval_months) == (["JJG 539", "JJG 99"], 12)
    assert device.examination_until == date(2027, 3, 4)


def test_what_goes_out_comes_in_again(people: dict[str, User]) -> None:
    make_certificate(make_standard(laboratory(), fields={}))
    make_standard(laboratory(), serial_no="W-02", fields={})
    book = standards_workbook(people["officer"]).read()
    StandardCertificate.objects.all().delete()
    MeasurementStandard.objects.all().delete()
    report = import_standards(actor=people["officer"], unit_id=laboratory().pk, data=book, filename="a.xlsx")
    assert report == SheetReport(2, ())
    assert [row.serial_no for row in MeasurementStandard.objects.all()] == ["W-01", "W-02"]
