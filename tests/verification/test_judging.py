"""What is filled in from the registry and the standards, and what papers say of the surroundings."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from quanheng.core.models import User
from quanheng.instruments.models import Instrument
from quanheng.kernels.procedures import Outcome, packaged_procedures
from quanheng.kernels.procedures.readings import BadReadings
from quanheng.standards.models import MeasurementStandard
from quanheng.verification.enums import WorkKind
from quanheng.verification.judging import (
    completed,
    edition_for,
    files_of,
    judge_document,
    registered_fields,
    surroundings_of,
)
from quanheng.verification.models import Verification
from tests.instruments.making import TODAY
from tests.verification.making import draft, good, opened

People = dict[str, User]
LAW = packaged_procedures().find("price_scale", TODAY)


@pytest.fixture
def drafted(people: People, one: Instrument) -> Verification:
    return draft(people, opened(people, one), good())


def _known(one: Instrument, **details: str) -> dict[str, str]:
    Instrument.objects.update(details=details)
    return registered_fields(Verification.objects.get(), LAW)


def test_the_registry_fills_class_and_scale_intervals(drafted: Verification, one: Instrument) -> None:
    assert registered_fields(drafted, LAW) == {"class": "Ⅲ", "e": "10 g", "max": "30 kg"}
    assert completed(drafted, {}, LAW).document["standard"] == {"standard_mpe": "0.5 g"}


@pytest.mark.parametrize(
    ("details", "known"),
    [
        ({"e": "10"}, {}),  # kg or g? nobody knows
        ({"e": ""}, {}),
        ({"e": "10 L"}, {}),
        ({"e": "很小"}, {}),
        ({"最大秤量": "30 kg", "产地": "某地"}, {"max": "30 kg"}),
        ({"e": "0.01 千克"}, {"e": "0.01 千克"}),
    ],
)
def test_a_figure_of_the_registry_counts_only_with_its_unit(
    drafted: Verification, one: Instrument, details: dict[str, str], known: dict[str, str]
) -> None:
    found = _known(one, **details)
    assert {name: text for name, text in found.items() if name != "class"} == known


def test_what_the_registry_does_not_say_is_typed(drafted: Verification, one: Instrument) -> None:
    Instrument.objects.update(details={}, accuracy_class="")
    verification = Verification.objects.get()
    assert judge_document(verification)[1].outcome(0) is Outcome.UNDETERMINED

    typed = {"器具": {"准确度等级": "III", "e": "10 g", "Max": "30 kg"}}
    assert judge_document(verification, good() | typed)[1].outcome(0) is Outcome.PASSED


def test_what_is_typed_against_the_registry_is_told_and_not_used(drafted: Verification) -> None:
    done = completed(drafted, good() | {"instrument": {"e": "100 g", "d": "10 g"}}, LAW)

    assert [(one.label, one.typed, one.registered) for one in done.differences] == [
        ("检定分度值", "100 g", "10 g")
    ]
    assert done.document["instrument"] == {"class": "Ⅲ", "e": "10 g", "max": "30 kg", "d": "10 g"}


def test_a_row_may_name_its_own_weights(drafted: Verification) -> None:
    document = good()
    document["readings"]["weighing"][0]["standard_mpe"] = "4 g"
    said = judge_document(drafted, document)[1]

    assert said.outcome(0) is Outcome.UNDETERMINED


@pytest.mark.parametrize(
    "document",
    [
        {"instrument": {"e": "10 g"}, "器具": {"e": "1 kg"}},
        {"standard": {}, "标准器": {}},
        {"instruments": [good(), good()]},
        {"各台器具": [good()]},
        {"instrument": ["e"]},
        {"environment": "热"},
        [good()],
    ],
)
def test_a_part_written_twice_or_several_instruments_are_refused(
    drafted: Verification, document: Any
) -> None:
    with pytest.raises(BadReadings):
        judge_document(drafted, document)


def test_the_work_says_the_stage_whatever_is_typed(people: People, one: Instrument) -> None:
    verification = opened(people, one, kind=WorkKind.INITIAL)
    assert judge_document(verification, good() | {"stage": "使用中检查"})[1].stage == "first"


def test_surroundings_that_the_regulation_does_not_ask_for_stand_on_the_paper(drafted: Verification) -> None:
    assert judge_document(drafted)[1].outcome(0) is Outcome.PASSED
    assert surroundings_of(drafted.as_found, LAW) == [
        ("环境温度", Decimal("22.5"), "℃"),
        ("相对湿度", Decimal(55), "%"),
    ]


def test_surroundings_are_read_in_any_unit_and_left_out_where_they_are_none() -> None:
    gas = packaged_procedures().find("gas_meter_diaphragm", TODAY)
    document = {"环境": {"温度": "293.15 K", "pressure": "1 bar", "湿度": "很湿"}}

    assert [(one.name, one.value, one.unit) for one in surroundings_of(document, gas)] == [
        ("检定温度", Decimal("20.00"), "℃"),
        ("大气压力", Decimal(100), "kPa"),
    ]


@pytest.mark.parametrize(
    ("named", "cell", "told"),
    [
        ("temperature", "热", "环境温度：没有读到数值"),
        ("温度", "-300 ℃", "环境温度：超出范围：-300 ℃"),
        ("humidity", "1e9", "相对湿度：超出范围：1000000000 %"),
        ("气压", "101325 kPa", "大气压力：超出范围"),
    ],
)
def test_what_cannot_stand_on_the_paper_as_a_condition_is_refused(
    drafted: Verification, named: str, cell: str, told: str
) -> None:
    with pytest.raises(BadReadings, match=told):
        judge_document(drafted, good() | {"environment": {named: cell}})


def test_conditions_in_full_width_digits_and_other_units_are_read(drafted: Verification) -> None:
    document = good() | {"environment": {"温度": "２２.５", "湿度": "0", "气压": "1 bar"}}

    assert judge_document(drafted, document)[1].outcome(0) is Outcome.PASSED


def test_a_condition_nobody_knows_is_refused(drafted: Verification) -> None:
    with pytest.raises(BadReadings, match="风向"):
        judge_document(drafted, good() | {"environment": {"风向": "东"}})


def test_the_hashes_are_of_a_file_and_of_those_it_is_based_on() -> None:
    edition = packaged_procedures().edition("price_scale", TODAY.replace(year=2027))

    assert list(files_of(edition)) == ["jjg_1204_2025", "jjg_539_2016"]


def test_a_draft_without_day_is_judged_by_the_edition_of_today(drafted: Verification) -> None:
    drafted.performed_on = None
    assert edition_for(drafted).file == "jjg_539_2016"


def test_the_worse_of_two_standards_is_taken(drafted: Verification) -> None:
    first = MeasurementStandard.objects.get()
    second = MeasurementStandard.objects.create(
        unit=first.unit, level=first.level, name="砝码", serves=first.serves, fields={"standard_mpe": "0.9 g"}
    )
    drafted.work_order.standards.add(second)

    assert completed(drafted, {}, LAW).document["standard"] == {"standard_mpe": "0.9 g"}
