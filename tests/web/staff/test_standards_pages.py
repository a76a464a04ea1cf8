"""Measurement standards: the list with its lights, one with its history and pictures, forms, certificates."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from quanheng.base.sheets import write_sheet
from quanheng.core.models import User
from quanheng.standards.models import (
    Comparison,
    IntermediateCheck,
    MeasurementStandard,
    StandardCertificate,
)
from quanheng.standards.sheets import READ
from tests.kernels.dcc.sample import sample
from tests.standards.making import AT, CALIBRATED, POINT, UNTIL, make_certificate, make_standard
from tests.standards.test_reading import NOMINAL
from tests.web.staff.conftest import TODAY, As, text_of
from tests.workforce.making import laboratory, other_laboratory

LIST = "/staff/standards/"


@pytest.fixture
def standard(people: dict[str, User]) -> MeasurementStandard:
    return make_standard(laboratory())


def url(name: str, *args: Any) -> str:
    return reverse(f"staff:{name}", args=args)


def page_of(as_: As, standard: MeasurementStandard, username: str = "verifier") -> str:
    return text_of(as_(username).get(url("standard", standard.public_id)))


def spec(html: str, id_: str) -> dict[str, Any]:
    found = re.search(rf'<script id="{id_}-spec" type="application/json">(.*?)</script>', html, re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


def stated(**changes: Any) -> dict[str, Any]:
    given = {"number": "力-1", "issuer": "省计量院", "calibrated_on": CALIBRATED}
    given |= {"points": "10000\t0.05\t0.08\t2\tg\n20000, −0.1, 0.16, 2, g\n"}
    return given | {"file": SimpleUploadedFile("a.pdf", b"%PDF-1.7")} | changes


def test_the_list_says_first_what_may_not_be_used(as_: As, standard: MeasurementStandard) -> None:
    make_certificate(standard, valid_until=TODAY - timedelta(days=1))
    soon = make_standard(laboratory(), serial_no="W-02")
    make_certificate(soon, valid_until=TODAY + timedelta(days=90))
    make_standard(laboratory(), serial_no="W-03")
    make_standard(laboratory(), serial_no="W-04", condition="stopped", condition_reason="送修")
    client = as_("officer")
    assert "在用 3 件，1 件已过期，1 件没有证书，1 件在 90 天内到期。" in text_of(client.get(LIST))
    for state, serial in (("late", "W-01"), ("unsure", "W-02"), ("bad", "W-03"), ("off", "W-04")):
        shown = text_of(client.get(LIST, {"state": state}))
        assert re.findall(r"W-0\d", shown) == [serial]
    assert "没有符合这些条件的计量标准。" in text_of(client.get(LIST, {"level": "material"}))


def test_an_empty_list_teaches_the_one_way_to_begin(as_: As) -> None:
    reader, writer = (as_(name).get(LIST).content.decode() for name in ("auditor", "verifier"))
    assert "还没有登记计量标准" in reader
    assert url("standard_new") not in reader
    assert url("standard_new") in writer


def test_a_laboratory_sees_only_its_own_standards(as_: As, people: dict[str, User]) -> None:
    other = make_standard(other_laboratory(), name="别的砝码")
    row = make_certificate(other)
    client = as_("verifier")
    assert "别的砝码" not in text_of(client.get(LIST))
    for name, arg in (("standard", other), ("standard_edit", other), ("standard_certificate_file", row)):
        assert client.get(url(name, arg.public_id)).status_code == 404
    assert "别的砝码" in text_of(as_("officer").get(LIST))


def test_a_standard_is_registered_and_then_asked_what_its_regulation_asks(
    as_: As, people: dict[str, User]
) -> None:
    client = as_("verifier")
    given = {"unit": laboratory().pk, "level": "working", "name": "砝码", "serves": "jjg539"}
    page = text_of(client.post(url("standard_new"), given, follow=True))
    assert "请再填写规程要求的参数。" in page
    assert "标准砝码最大允许误差" in page
    standard = MeasurementStandard.objects.get()
    edit = url("standard_edit", standard.public_id)
    beside = client.post(edit, given | {"revision": 1, "serves": "JJG 539\n砝码"})
    assert (beside.status_code, "“砝码”不是规程或规范的编号" in text_of(beside)) == (422, True)
    wrong = client.post(edit, given | {"revision": 1, "answer_standard_mpe": "0.5 L"})
    assert (wrong.status_code, "不能换算" in text_of(wrong)) == (409, True)
    page = text_of(client.post(edit, given | {"revision": 1, "answer_standard_mpe": "0.5"}, follow=True))
    assert "0.5 g" in page
    # Another regulation asks for nothing of the kind: its answer goes.
    given |= {"serves": "JJG 99", "answer_standard_mpe": "0.5 g", "revision": 2}
    assert client.post(edit, given).status_code == 302
    standard.refresh_from_db()
    assert (standard.serves, standard.fields) == (["JJG 99"], {})
    assert client.post(edit, given).status_code == 409


def test_why_it_may_not_be_used_is_said_at_the_top(as_: As, standard: MeasurementStandard) -> None:
    page = page_of(as_, standard)
    assert "今天不能用于检定。" in page
    assert f"在 {TODAY} 没有可用的检定或校准证书" in page
    make_certificate(standard)
    assert f"今天可以用于检定，有效期至 {UNTIL}。" in page_of(as_, standard)
    MeasurementStandard.objects.update(serves=[])
    assert "没有登记用于哪些规程" in page_of(as_, standard)


def test_a_certificate_is_typed_from_paper(as_: As, standard: MeasurementStandard) -> None:
    client, new = as_("verifier"), url("standard_certificate_new", standard.public_id)
    page = text_of(client.post(new, stated(), follow=True))
    assert "已收下证书 力-1，有效期至 2026-12-31。" in page
    row = StandardCertificate.objects.get()
    assert [point["error"] for point in row.points] == ["0.05", "-0.1"]
    file = client.get(url("standard_certificate_file", row.public_id))
    assert b"".join(file.streaming_content) == b"%PDF-1.7"  # type: ignore[attr-defined]
    assert file["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"number": ""}, 422, "文件不是 XML，请按证书填写这一项。"),
        ({"calibrated_on": ""}, 422, "文件不是 XML，请按证书填写这一项。"),
        ({"points": "10000 0.05\n1 2 3 4 g"}, 422, "第 1 行不是五项：10000 0.05"),
        ({"points": "1 2 x 4 g"}, 422, "第 1 行不是五项"),
        ({"points": "1 2 3 4 斗"}, 409, "第 1 个测量点"),
        ({"calibrated_on": TODAY + timedelta(days=1)}, 409, "校准日期不能晚于今天"),
        ({"file": ""}, 422, "有 1 处需要改正"),
    ],
)
def test_a_certificate_that_cannot_be_kept_is_refused_in_place(
    as_: As, standard: MeasurementStandard, changes: dict[str, Any], status: int, words: str
) -> None:
    answer = as_("verifier").post(url("standard_certificate_new", standard.public_id), stated(**changes))
    assert answer.status_code == status
    assert words in text_of(answer)
    assert not StandardCertificate.objects.exists()


def test_of_a_dcc_nothing_is_typed(as_: As, people: dict[str, User]) -> None:
    standard = make_standard(laboratory(), serial_no="W-7")
    client, new = as_("verifier"), url("standard_certificate_new", standard.public_id)
    file = SimpleUploadedFile("a.xml", sample(NOMINAL))
    page = text_of(client.post(new, {"file": file}, follow=True))
    assert "已从文件读出证书 S-2026-0001，1 个测量点，有效期至 2027-03-01。" in page
    assert "DCC" in page
    assert "标准器“证书 UP-1”没有登记。" in page
    broken = client.post(new, {"file": SimpleUploadedFile("a.xml", b"<a")})
    assert (broken.status_code, "不是格式正确的 XML" in text_of(broken)) == (409, True)


def test_withdrawing_a_certificate_says_what_rests_on_it(as_: As, standard: MeasurementStandard) -> None:
    row = make_certificate(standard)
    client, withdraw = as_("verifier"), url("standard_certificate_withdraw", row.public_id)
    assert "有 0 次检定用过它。" in text_of(client.get(withdraw))
    assert client.post(withdraw, {"reason": ""}).status_code == 422
    page = text_of(client.post(withdraw, {"reason": "传错了"}, follow=True))
    assert "传错了" in page
    assert "今天不能用于检定。" in page
    assert client.post(withdraw, {"reason": "又"}).status_code == 409


def test_stopping_using_again_and_withdrawing_say_what_they_do(
    as_: As, standard: MeasurementStandard
) -> None:
    client = as_("verifier")
    stop = url("standard_condition", standard.public_id, "stopped")
    assert "由“在用”改为“停用”" in text_of(client.get(stop))
    assert "送修" in text_of(client.post(stop, {"revision": 1, "reason": "送修"}, follow=True))
    assert client.post(stop, {"revision": 2, "reason": "送修"}).status_code == 409
    gone = url("standard_condition", standard.public_id, "withdrawn")
    page = text_of(client.post(gone, {"revision": 2, "reason": "报废"}, follow=True))
    assert "上传证书" not in page
    assert client.get(url("standard_condition", standard.public_id, "other")).status_code == 404


def test_the_picture_of_drift_has_intervals_limits_and_the_prediction(
    as_: As, standard: MeasurementStandard
) -> None:
    for year, error in ((2024, "0.02"), (2025, "0.12"), (2026, "0.22")):
        make_certificate(
            standard,
            number=f"力-{year}",
            calibrated_on=date(year, 1, 1),
            valid_until=date(year, 12, 31),
            points=[POINT | {"error": error, "expanded_uncertainty": "0.02"}],
        )
    answer = as_("verifier").get(url("standard", standard.public_id))
    assert "10000 g：每年漂移 +0.1 g" in text_of(answer)
    drawn = spec(answer.content.decode(), "drift-0")
    assert drawn["band"]["high"] == [0.5] * 4
    assert drawn["categories"][-1] == "2026-12-31"
    known, predicted = drawn["series"]
    assert known["values"] == [0.02, 0.12, 0.22, None]
    assert known["low"][:3] == pytest.approx([0.0, 0.1, 0.2])
    assert predicted["values"][-1] == pytest.approx(0.32, abs=0.01)
    assert text_of(answer).count("以往") == 2


def test_a_control_chart_marks_what_is_out_of_control(as_: As, standard: MeasurementStandard) -> None:
    for at, value in enumerate(["10000.01", "10000.02"] * 10 + ["10000.5"]):
        IntermediateCheck.objects.create(
            standard=standard, series="F-07", unit="g", value=Decimal(value), recorded_at=AT,
            checked_on=CALIBRATED + timedelta(days=at),
        )  # fmt: skip
    answer = as_("verifier").get(url("standard", standard.public_id))
    assert "F-07：21 次核查中有 1 次异常，请查明原因" in text_of(answer)
    assert "第 21 点：超出 3σ 控制限。" in text_of(answer)
    drawn = spec(answer.content.decode(), "check-0")
    assert drawn["series"][1]["tone"] == "bad"
    assert drawn["series"][1]["values"][-1] == pytest.approx(0.485)


def test_a_check_keeps_series_and_unit_of_the_last(as_: As, standard: MeasurementStandard) -> None:
    client, new = as_("verifier"), url("standard_check_new", standard.public_id)
    given = {"series": "F-07", "checked_on": CALIBRATED, "value": "10000.02", "unit": "g"}
    page = text_of(client.post(new, given, follow=True))
    assert "F-07：已核查 1 次，满 5 次后计算控制限" in page
    assert 'value="F-07"' in client.get(new).content.decode()
    assert client.post(new, given | {"unit": "kg"}).status_code == 409


def test_a_comparison_says_its_en_number(as_: As, standard: MeasurementStandard) -> None:
    client, new = as_("verifier"), url("standard_comparison_new", standard.public_id)
    given = {"name": "砝码比对", "organiser": "省计量院", "held_on": CALIBRATED, "unit": "g"}
    given |= {"value": "10000.2", "expanded_uncertainty": "0.08"}
    given |= {"reference_value": "10000", "reference_expanded_uncertainty": "0.06"}
    given |= {"file": SimpleUploadedFile("报告.pdf", b"%PDF-1.7")}
    page = text_of(client.post(new, given, follow=True))
    assert re.search(r"2\.00 *不满意", page)
    row = Comparison.objects.get()
    file = client.get(url("standard_comparison_file", row.pk))
    assert b"".join(file.streaming_content) == b"%PDF-1.7"  # type: ignore[attr-defined]
    assert client.post(new, given | {"value": ""}).status_code == 422


def test_rows_of_excel_are_taken_and_the_others_named(as_: As, people: dict[str, User]) -> None:
    rows = [("工作标准器", "砝码", "W-1", *[""] * 8), ("别的", "砝码", "W-2", *[""] * 8)]
    data = write_sheet("a", READ, rows).read()
    given = {"unit": laboratory().pk, "file": SimpleUploadedFile("a.xlsx", data)}
    page = text_of(as_("verifier").post(url("standards_import"), given))
    assert "登记了 1 行，1 行没有登记。" in page
    assert "类别" in page
