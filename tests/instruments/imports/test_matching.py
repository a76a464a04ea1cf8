"""Which instrument a row speaks of, and what it may change."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quanheng.core.models import OrgUnit, User
from quanheng.instruments.enums import Condition, EventKind, Filing, Outcome, Setting, Use, Verdict
from quanheng.instruments.models import Instrument, Place, VerificationRecord
from quanheng.instruments.services.conditions import change_condition, merge_instruments
from quanheng.parties.enums import PartyKind
from quanheng.parties.models import Party
from quanheng.parties.services import PartyDetails, save_party
from tests.instruments.imports.conftest import TODAY, imported, ledger, numbered, outcomes, row, said

pytestmark = pytest.mark.django_db
CODE = "92511703MADEM0001F"  # made up, with its check character


def test_a_row_becomes_an_instrument_with_owner_place_verification_and_history() -> None:
    batch = imported(ledger(row()), use="safety", reason="", filing=Filing.SUBMITTED)
    one = Instrument.objects.get()
    assert (one.name, one.kind, one.model, one.serial_no) == (
        "电子计价秤",
        "price_scale",
        "ACS-30",
        "SN0000001",
    )
    assert one.use == Use.TRADE  # the ledger's own word, not what was said of all rows
    assert one.owner is not None
    assert (one.owner.name, one.owner.town) == ("示例粮油店", OrgUnit.objects.get(name="百节镇"))
    assert one.place is not None
    assert (one.place.name, one.place.setting, one.spot) == ("百节镇农贸市场", Setting.MARKET, "12号摊")
    assert one.town == one.place.town == OrgUnit.objects.get(name="百节镇")
    assert (one.filing, one.condition, one.batch) == (Filing.SUBMITTED, Condition.IN_USE, batch)
    record = one.verification_records.get()
    assert (str(record.verified_on), str(record.valid_until)) == ("2026-03-05", "2027-03-04")
    assert (record.certificate_no, record.verdict, record.batch) == ("示检2026-1", Verdict.PASSED, batch)
    assert [event.kind for event in one.events.all()] == [EventKind.REGISTERED]
    assert str(one.standing.verified_on) == "2026-03-05"
    assert one.standing.has_full_identity


def test_what_holds_for_all_rows_fills_only_what_the_ledger_leaves_blank(
    town: Callable[[str], OrgUnit],
) -> None:
    blank = row(使用单位="", 用途="", 安装地点="3号柜")
    imported(
        ledger(blank),
        owner="示例卫生院",
        place="示例卫生院",
        setting=Setting.HEALTH,
        town=town("石桥镇").pk,
        use=Use.MEDICAL,
    )
    one = Instrument.objects.select_related("owner", "place", "town").get()
    assert (str(one.owner), str(one.place), one.spot, one.use) == (
        "示例卫生院",
        "示例卫生院",
        "3号柜",
        "medical",
    )
    assert one.town == town("石桥镇")
    assert one.place is not None
    assert one.place.setting == Setting.HEALTH


def test_the_same_maker_and_serial_is_the_same_instrument_however_it_is_written() -> None:
    imported(ledger(row()))
    again = imported(ledger(row(出厂编号="No. sn-0000001", 制造单位="示例衡器厂 "), title="另一份"))
    assert outcomes(again) == ["unchanged"]
    assert Instrument.objects.count() == 1


def test_blanks_are_filled_and_what_differs_is_noted_and_kept() -> None:
    imported(ledger(row(型号规格="", 准确度等级="", 用途="")))
    again = imported(ledger(row(测量范围="0～60kg", 使用单位="别的店"), title="另一份"))
    one = Instrument.objects.select_related("owner").get()
    assert (one.model, one.accuracy_class, one.use) == ("ACS-30", "Ⅲ级", Use.TRADE)
    assert (one.measuring_range, str(one.owner)) == ("0～30kg", "示例粮油店")
    made = again.rows.get()
    assert (made.outcome, made.code) == (Outcome.UPDATED, "ledger.differs")
    assert "测量范围：台账“0～60kg”，登记“0～30kg”" in made.text
    assert "使用单位：台账“别的店”，登记“示例粮油店”" in made.text
    assert made.before["model"] == ""
    assert not Party.objects.filter(name="别的店").exists()
    assert one.events.get(kind=EventKind.CHANGED).changes["model"] == ["", "ACS-30"]


def test_ranges_that_differ_in_writing_only_do_not_differ() -> None:
    imported(ledger(row(测量范围="0～30kg")))
    again = imported(ledger(row(测量范围="(0-30)kg"), title="另一份"))
    assert said(again) == [(3, "unchanged", "")]


def test_a_later_ledger_adds_its_verification_and_nothing_is_doubled() -> None:
    imported(ledger(row()))
    newer = row(检定日期="2026-05-02", 有效期至="2027-05-01", 证书编号="示检2026-88")
    assert outcomes(imported(ledger(newer, title="二"))) == ["updated"]
    assert outcomes(imported(ledger(newer, title="三"))) == ["unchanged"]
    one = Instrument.objects.get()
    assert one.verification_records.count() == 2
    assert str(one.standing.verified_on) == "2026-05-02"
    assert one.events.filter(kind=EventKind.VERIFIED).count() == 1


def test_an_institute_of_the_county_is_remembered_for_its_calendar() -> None:
    institute = OrgUnit.objects.get(name="达川区计量检定所（演示）")
    imported(ledger(row(检定机构=institute.name), row(出厂编号="SN0000002")))
    by_serial = dict(Instrument.objects.values_list("serial_no", "institute"))
    assert by_serial == {"SN0000001": institute.pk, "SN0000002": None}
    imported(ledger(row(出厂编号="SN0000002", 检定机构=institute.name), title="二"))
    assert Instrument.objects.get(serial_no="SN0000002").institute == institute


def test_an_older_verification_is_added_and_the_latest_still_stands() -> None:
    imported(ledger(row()))
    imported(ledger(row(检定日期="2025-03-01", 有效期至="2026-02-28", 证书编号="示检2025-9"), title="二"))
    one = Instrument.objects.get()
    assert (one.verification_records.count(), str(one.standing.verified_on)) == (2, "2026-03-05")


def test_without_a_maker_serial_and_user_and_model_decide() -> None:
    imported(ledger(row(制造单位="")))
    assert outcomes(imported(ledger(row(制造单位=""), title="二"))) == ["unchanged"]
    assert outcomes(imported(ledger(row(制造单位="", 型号规格=""), title="三"))) == ["unchanged"]
    # Another user, another model, another kind: another instrument.
    others = [
        row(制造单位="", 使用单位="别的店"),
        row(制造单位="", 型号规格="ACS-15"),
        row(制造单位="", 型号规格="", 计量器具名称="压力表"),
    ]
    assert outcomes(imported(ledger(*others, title="四"))) == ["created"] * 3
    assert Instrument.objects.count() == 4


def test_a_maker_that_was_missing_is_filled_in() -> None:
    imported(ledger(row(制造单位="")))
    assert outcomes(imported(ledger(row(), title="二"))) == ["updated"]
    assert Instrument.objects.get().maker_key == "示例衡器厂"


def test_two_that_fit_are_not_chosen_between() -> None:
    imported(ledger(row(制造单位="甲厂"), row(制造单位="乙厂")))
    again = imported(ledger(row(制造单位=""), title="二"))
    assert said(again) == [(3, "rejected", "import.several_matches")]


def test_the_same_maker_and_serial_as_another_kind_is_rejected() -> None:
    imported(ledger(row()))
    again = imported(ledger(row(计量器具名称="压力表"), title="二"))
    assert said(again) == [(3, "rejected", "import.other_kind")]


def test_rows_without_a_serial_are_the_same_where_they_say_the_same() -> None:
    two = [row(出厂编号=""), row(出厂编号="")]
    assert outcomes(imported(ledger(*two), chunk=1)) == ["created", "created"]
    assert outcomes(imported(ledger(*two, title="二"), chunk=1)) == ["unchanged", "unchanged"]
    three = imported(ledger(*two, row(出厂编号=""), title="三"), chunk=1)
    assert outcomes(three) == ["unchanged", "unchanged", "created"]
    assert Instrument.objects.count() == 3


def test_rows_without_a_serial_of_two_owners_are_never_one() -> None:
    bare = row(出厂编号="", 使用单位="")
    imported(ledger(bare), owner="甲厂")
    assert outcomes(imported(ledger(bare, title="二"), owner="乙厂")) == ["created"]
    assert outcomes(imported(ledger(bare, title="三"), owner="甲厂")) == ["unchanged"]


def test_one_serial_twice_in_a_file_with_other_content_is_rejected_with_the_first_row() -> None:
    for chunk in (1, 10):
        batch = imported(ledger(row(), row(), row(测量范围="0～60kg"), title=f"每块{chunk}"), chunk=chunk)
        assert outcomes(batch)[1:] == ["unchanged", "rejected"]
        left = batch.rows.get(row=5)
        assert (left.column, left.text) == ("出厂编号", "与本表第 3 行的出厂编号相同，而测量范围不同。")


def test_a_register_of_certificates_names_one_instrument_many_times() -> None:
    batch = imported(ledger(row(), row(检定日期="2025-03-05", 有效期至="2026-03-04", 证书编号="示检2025-1")))
    assert outcomes(batch) == ["created", "updated"]
    assert VerificationRecord.objects.filter(instrument=Instrument.objects.get()).count() == 2


def test_a_user_of_that_name_in_another_town_is_another_user() -> None:
    imported(ledger(row()))
    imported(ledger(row(出厂编号="SN2", 安装地点="石桥镇农贸市场"), title="二"))
    assert sorted(str(p.town) for p in Party.objects.filter(name="示例粮油店")) == ["百节镇", "石桥镇"]
    nowhere = imported(ledger(row(出厂编号="SN3", 安装地点=""), title="三"))
    assert said(nowhere) == [(3, "rejected", "import.owner_ambiguous")]


def test_the_only_user_of_a_name_is_found_without_a_town() -> None:
    imported(ledger(row()))
    imported(ledger(row(出厂编号="SN2", 安装地点=""), title="二"))
    assert Party.objects.filter(name="示例粮油店").count() == 1


def test_a_credit_code_is_checked_kept_and_not_given_to_two() -> None:
    imported(ledger(row(统一社会信用代码=CODE)))
    assert Party.objects.get().credit_code == CODE
    wrong = imported(
        ledger(
            row(出厂编号="SN2", 统一社会信用代码=CODE[:-1] + "H"),
            row(出厂编号="SN3", 使用单位="别的店", 统一社会信用代码=CODE),
            title="二",
        )
    )
    assert [code for _row, _outcome, code in said(wrong)] == [
        "import.bad_credit_code",
        "import.credit_code_taken",
    ]


def test_a_user_with_another_code_is_not_that_user(people: dict[str, User]) -> None:
    town = OrgUnit.objects.get(name="百节镇")
    details = PartyDetails(name="示例粮油店", kind=PartyKind.BUSINESS, credit_code=CODE, town=town)
    save_party(actor=people["officer"], public_id=None, revision=0, details=details)
    other = "91511703MA6000001" + _check("91511703MA6000001")
    batch = imported(ledger(row(统一社会信用代码=other)))
    assert said(batch) == [(3, "rejected", "import.other_credit_code")]


def _check(body: str) -> str:
    from quanheng.kernels.credit_code import check_character

    return check_character(body)


def test_a_registered_place_is_found_by_its_bare_name() -> None:
    place = Place.objects.create(name="翠屏里", name_key="翠屏里", initials="cpl", setting=Setting.OTHER)
    imported(ledger(row(安装地点="翠屏里"), row(出厂编号="SN2", 安装地点="翠屏外")))
    assert [(i.place, i.spot) for i in Instrument.objects.all()] == [(place, ""), (None, "翠屏外")]


def test_an_owner_that_is_a_place_is_where_its_instruments_stand() -> None:
    imported(ledger(row(使用单位="石桥镇加油站", 安装地点="2号机")))
    one = Instrument.objects.select_related("place").get()
    assert (str(one.place), one.spot) == ("石桥镇加油站", "2号机")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"使用单位": ""}, "import.no_owner"),
        ({"数量": "3"}, "import.several_instruments"),
        ({"使用单位": "长" * 201}, "import.too_long"),
        ({"检定日期": "2026-05-21", "有效期至": ""}, "import.future_date"),
        ({"状态": "报废"}, "import.scrapped_row"),
        ({"检定结论": "不合格"}, "import.rejected_with_validity"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_row_that_cannot_be_right_is_left_out_whole(changed: dict[str, str], code: str) -> None:
    good = row(出厂编号="SN2")
    batch = imported(ledger(row(**changed), good))
    assert [c for _row, _outcome, c in said(batch)] == [code, ""]
    assert Instrument.objects.get().serial_no == "SN2"
    assert Party.objects.count() == 1


@pytest.mark.parametrize("day", ["2026-02-30", "2026.13.01", "某天", "1066-10-14"])
def test_an_impossible_date_leaves_its_row_out_with_the_column(day: str) -> None:
    batch = imported(ledger(row(检定日期=day), row(出厂编号="SN2")))
    left = batch.rows.get(outcome=Outcome.REJECTED)
    assert (left.row, left.column) == (3, "检定日期")
    assert left.text


def test_a_rejection_notice_is_kept_as_one_and_gives_no_validity() -> None:
    imported(ledger(row(检定结论="不合格", 有效期至="")))
    assert VerificationRecord.objects.get().verdict == Verdict.REJECTED


def test_a_stopped_instrument_without_evidence_is_stopped_and_stays_due() -> None:
    imported(ledger(row(使用状态="停用")))
    one = Instrument.objects.get()
    assert (one.condition, one.condition_evidence) == (Condition.STOPPED, "")
    assert one.standing.due_on is not None


def test_who_looks_after_an_instrument_is_not_kept() -> None:
    imported(ledger(row(联系人="王某某", 联系电话="13800000000.0", 资产编号="ZC-7")))
    assert Instrument.objects.get().details == {"资产编号": "ZC-7"}


def test_a_validity_without_a_verification_is_noted_and_kept_as_text() -> None:
    batch = imported(ledger(row(检定日期="")))
    assert said(batch) == [(3, "created", "import.no_verified_on")]
    assert Instrument.objects.get().details["valid_until"] == "2027-03-04"
    assert not VerificationRecord.objects.exists()


def test_filed_at_once_only_where_somebody_says_where_it_stands() -> None:
    rows = [row(), row(出厂编号="SN2", 安装地点="")]
    batch = imported(ledger(*rows[::-1]), filing=Filing.FILED, reason="2025 年普查")
    # The second row finds the user of the first... who has no town either.
    assert [i.filing for i in Instrument.objects.order_by("serial_no")] == [Filing.FILED, Filing.SUBMITTED]
    assert batch.rows.get(row=3).code == "import.no_place"
    event = Instrument.objects.get(serial_no="SN0000001").events.get()
    assert (event.kind, event.reason.split("；")[0]) == (EventKind.FILED, "2025 年普查")


def test_a_scrapped_instrument_is_not_brought_back(people: dict[str, User]) -> None:
    imported(ledger(row()))
    one = Instrument.objects.get()
    change_condition(
        actor=people["officer"],
        public_id=one.public_id,
        revision=one.revision,
        act=EventKind.SCRAPPED,
        happened_on=TODAY,
        reason="损坏",
        data=b"photo",
        filename="a.jpg",
    )
    assert said(imported(ledger(row(), title="二"))) == [(3, "rejected", "import.scrapped")]


def test_a_merged_record_leads_to_the_kept_one(people: dict[str, User]) -> None:
    imported(ledger(row(出厂编号="SN100"), row(出厂编号="SNIOO")))
    kept, merged = Instrument.objects.order_by("pk")
    merge_instruments(actor=people["officer"], keep=kept.public_id, merge=merged.public_id, reason="同一台")
    again = imported(ledger(row(出厂编号="SNIOO"), title="二"))
    assert again.rows.get().instrument == kept
    assert Instrument.objects.count() == 2


def test_the_number_of_queries_of_a_chunk_does_not_grow_with_its_rows(
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    few, many = ledger(*numbered(3), title="少"), ledger(*numbered(120, 制造单位="乙厂"), title="多")
    with django_assert_max_num_queries(90):
        imported(few, chunk=500)
    with django_assert_max_num_queries(90):
        imported(many, chunk=500)
