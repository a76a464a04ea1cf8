"""The ledgers and the heading sets of the reference data, read exactly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from quanheng.kernels.ledger import FIELDS, propose_mapping, read_ledger
from tests.kernels.ledger.sheets import csv_bytes, xlsx

RENAMED = {
    "cert_no": "certificate_no",
    "lab": "institution",
    "next_date": "valid_until",
    "interval": "interval_months",
    "interval_days": "interval_months",
    "model_and_accuracy": "model",
}
ASKED = {"unit_or_owner"}


@pytest.mark.parametrize("name", ["made_a_v2_titles", "made_b_v12_repeated_headers", "made_c_v5_plain"])
def test_every_row_and_field_of_the_made_workbooks_is_exact(shared: Path, name: str) -> None:
    truth = json.loads((shared / f"ledgers/{name}.truth.json").read_text(encoding="utf-8"))
    read = read_ledger((shared / f"ledgers/{name}.xlsx").read_bytes(), filename=f"{name}.xlsx").to_dict()
    known = {"row": "excel_row", "certificate_no": "cert_no"}
    records = [
        {known.get(k, k): v for k, v in r.items() if k not in ("other", "institution")}
        for r in read["records"]
    ]
    assert read["header_row"] == truth["header_row"]
    assert records == truth["records"]
    assert (read["rejected"], read["findings"], read["unknown_headings"]) == ([], [], [])


@pytest.mark.parametrize("as_csv", [False, True])
def test_every_heading_of_the_variants_is_mapped_as_read_by_hand(shared: Path, as_csv: bool) -> None:
    variants = json.loads((shared / "ledgers/zh_header_variants.json").read_text(encoding="utf-8"))[
        "variants"
    ]
    for variant in variants:
        rows = [variant["headers"]]
        data = csv_bytes(rows, "gb18030") if as_csv else xlsx(rows)
        mapping = propose_mapping(data, filename="a.csv" if as_csv else "a.xlsx").to_dict()
        for heading, hand in variant["canonical"].items():
            name = RENAMED.get(hand, hand)
            assert mapping["mapping"][heading] == (name if name in FIELDS else None), (
                variant["key"],
                heading,
            )
            assert (heading in mapping["unknown_headings"]) == (hand in ASKED), (variant["key"], heading)


def test_the_english_register_is_exact(shared: Path) -> None:
    data = (shared / "ledgers/idealeeu_EQUIPMENT_REGISTER.csv").read_bytes()
    read = read_ledger(data, filename="EQUIPMENT_REGISTER.csv").to_dict()
    lines = [line.split(",") for line in data.decode().splitlines()[1:]]
    fields = ("name", "manufacturer", "serial_no", "place", "interval_months", "last_date", "valid_until")
    assert [tuple(str(r[f]) for f in fields) for r in read["records"]] == [tuple(x[1:8]) for x in lines]
    assert [r["other"] for r in read["records"]] == [{"Equipment_ID": x[0], "Status": x[8]} for x in lines]
    assert (read["rejected"], read["findings"], read["unknown_headings"]) == ([], [], [])


def test_the_english_schedule_is_exact(shared: Path) -> None:
    data = (shared / "ledgers/idealeeu_CAL_SCHEDULE.csv").read_bytes()
    read = read_ledger(data, filename="CAL_SCHEDULE.csv").to_dict()
    lines = [line.split(",") for line in data.decode().splitlines()[1:]]
    assert [(r["name"], r["valid_until"]) for r in read["records"]] == [(x[2], x[3]) for x in lines]
    assert read["mapping"] == {
        "Month": None,
        "Equipment_ID": None,
        "Description": "name",
        "Due_Date": "valid_until",
        "Assigned_To": None,
        "Lab_Type": None,
        "Status": None,
    }
    assert read["unknown_headings"] == []
