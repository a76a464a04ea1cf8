"""Messy ledgers of instruments: .xlsx, .xls, .csv → records.  Nothing is guessed; what is lost is said."""

from __future__ import annotations

from quanheng.kernels.ledger.dictionary import FIELDS
from quanheng.kernels.ledger.model import Column, Ledger, Record, Rejected, SheetMapping, Value
from quanheng.kernels.ledger.read import OpenLedger, open_ledger, propose_mapping, read_ledger
from quanheng.kernels.ledger.refusals import UnreadableLedger

__all__ = [
    "FIELDS",
    "Column",
    "Ledger",
    "OpenLedger",
    "Record",
    "Rejected",
    "SheetMapping",
    "UnreadableLedger",
    "Value",
    "open_ledger",
    "propose_mapping",
    "read_ledger",
]
