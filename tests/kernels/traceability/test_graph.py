"""A chain holds on the day of use, or says where it does not; and its picture."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree

import pytest

from quanheng.kernels.traceability import (
    BadTraceability,
    Certificate,
    Chain,
    RatioLimits,
    Standard,
    Verification,
    chain,
    picture,
)

NATIONAL = Standard("N", "国家基准器", is_national=True)
UPPER = Certificate("U-1", "省院", date(2024, 5, 1), date(2026, 4, 30), ("N",), "a" * 64, "a" * 64, 0.1, "g")
LOWER = Certificate("L-1", "市所", date(2025, 5, 1), date(2026, 4, 30), ("U",), "", "", 0.25, "g")
WORK = Verification("V-1", date(2026, 4, 30), "台秤", ("L",), 1.0, "g")


def graph(upper: Certificate | None = UPPER, lower: Certificate | None = LOWER) -> dict[str, Standard]:
    return {
        "N": NATIONAL,
        "U": Standard("U", "上级砝码", () if upper is None else (upper,)),
        "L": Standard("L", "工作砝码", () if lower is None else (lower,)),
    }


def codes(found: Chain) -> list[str]:
    return [each.code for each in found.findings]


def test_a_chain_to_a_national_standard_is_complete() -> None:
    found = chain(graph(), WORK, RatioLimits(1 / 3, 0.5))
    assert found.is_complete
    assert [(node.standard.code, node.level) for node in found.nodes] == [("L", 1), ("U", 2), ("N", 3)]
    assert [edge.ratio for edge in found.edges] == [0.25, 0.4, None]


@pytest.mark.parametrize(
    ("standards", "code"),
    [
        (graph(lower=None), "certificate_missing"),
        (graph(lower=replace(LOWER, valid_until=date(2026, 4, 29))), "not_valid"),
        (
            graph(lower=replace(LOWER, calibrated_on=date(2026, 5, 1), valid_until=None)),
            "calibrated_after_use",
        ),
        (graph(upper=replace(UPPER, valid_until=date(2025, 4, 30))), "not_valid"),
        (graph(upper=replace(UPPER, calibrated_on=date(2025, 5, 2))), "calibrated_after_use"),
        (graph(upper=replace(UPPER, file_sha256="b" * 64)), "hash_mismatch"),
        (graph(upper=replace(UPPER, standards=())), "unknown_upstream"),
        (graph(upper=replace(UPPER, standards=("L",))), "cycle"),
        (graph(lower=replace(LOWER, standards=("X",))), "unknown_standard"),
    ],
)
def test_a_gap_is_found(standards: dict[str, Standard], code: str) -> None:
    assert code in codes(chain(standards, WORK))


def test_the_last_day_of_validity_is_valid_and_so_is_the_day_of_the_calibration() -> None:
    assert chain(graph(), WORK).is_complete
    assert chain(graph(), replace(WORK, on=LOWER.calibrated_on)).is_complete


def test_a_verification_without_standards_rests_on_nothing() -> None:
    assert codes(chain(graph(), replace(WORK, standards=()))) == ["no_standard"]


def test_the_certificate_of_the_time_counts_and_not_a_later_one() -> None:
    later = replace(LOWER, number="L-2", calibrated_on=date(2026, 5, 2), valid_until=date(2027, 5, 1))
    standards = graph() | {"L": Standard("L", "工作砝码", (later, LOWER))}
    found = chain(standards, WORK)
    assert found.is_complete
    assert found.nodes[0].certificate == LOWER


@pytest.mark.parametrize(
    ("limits", "lower", "code"),
    [
        (RatioLimits(of_instrument=0.2), LOWER, "ratio_exceeded"),
        (RatioLimits(of_standard=0.3), LOWER, "ratio_exceeded"),
        (RatioLimits(of_instrument=0.5), replace(LOWER, unit="kg"), "ratio_unknown"),
        (RatioLimits(of_instrument=0.5), replace(LOWER, expanded_uncertainty=None), "ratio_unknown"),
    ],
)
def test_an_uncertainty_that_is_too_large_or_not_known_is_found(
    limits: RatioLimits, lower: Certificate, code: str
) -> None:
    assert codes(chain(graph(lower=lower), WORK, limits)) == [code]


def test_a_standard_shared_by_many_is_one_node_however_deep_the_chain_is() -> None:
    first = date(2000, 1, 1)
    standards = {"S0": Standard("S0", "国家", is_national=True)}
    for level in range(1, 60):
        for side in "ab":
            above = ("S0",) if level == 1 else (f"{level - 1}a", f"{level - 1}b")
            known = Certificate(f"C{level}{side}", "所", first, None, above)
            standards[f"{level}{side}"] = Standard(f"{level}{side}", f"{level}{side}", (known,))
    found = chain(standards, replace(WORK, standards=("59a", "59b")))
    assert found.is_complete
    assert len(found.nodes) == 2 * 59 + 1


def test_impossible_certificates_are_refused() -> None:
    with pytest.raises(BadTraceability, match="早于校准日期"):
        replace(LOWER, valid_until=date(2025, 4, 1))
    with pytest.raises(BadTraceability, match="应当大于零"):
        replace(LOWER, expanded_uncertainty=-0.1)


def test_the_picture_is_xml_with_a_title_and_the_whole_chain_in_words() -> None:
    found = chain(graph(upper=replace(UPPER, standards=())), replace(WORK, instrument='<秤 & "台">\x01'))
    root = ElementTree.fromstring(picture(found))
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert root.findtext(f"{space}title") == '<秤 & "台"> 的溯源链：有 1 处问题'
    words = root.findtext(f"{space}desc")
    assert words is not None
    assert "检定用 工作砝码；工作砝码用 上级砝码" in words
    assert "没有追到国家基准" in words


def test_what_is_doubtful_shows_without_colour() -> None:
    whole, broken = picture(chain(graph(), WORK)), picture(chain(graph(lower=None), WORK))
    assert "dasharray" not in whole
    assert "dasharray" in broken
    assert "(1)" in broken
    assert set(re.findall(r'"(#[0-9a-f]+)"', broken)) == {"#000", "#fff"}


def test_before_there_is_a_paper_the_picture_names_no_number() -> None:
    assert "证书编号" in picture(chain(graph(), WORK))
    assert "证书编号" not in picture(chain(graph(), replace(WORK, number="")))


def test_no_line_of_a_picture_begins_with_a_closing_mark() -> None:
    for letters in range(1, 40):
        work = replace(WORK, instrument="秤" * letters + "。")
        assert not re.search(r">[。，、；：）]", picture(chain(graph(), work)))


def test_a_picture_of_a_cycle_ends() -> None:
    assert "溯源成环" in picture(chain(graph(upper=replace(UPPER, standards=("L",))), WORK))
