"""Readings of a scale and of a fuel dispenser as they are typed into the page."""

from __future__ import annotations

SCALE = {
    "kind": "electronic_scale",
    "on": "2026-11-23",
    "stage": "in_service",
    "instrument-class": "III",
    "instrument-e": "5",
    "instrument-max": "15 kg",
    "rows-weighing": "100\t100\t2.5\n1000\t1000\t1.5\n2500\t2500\t2\n7500\t7500\t3\n15000\t15000\t2.5",
    "checks-seal": "合格",
    "checks-self_locking": "合格",
    "checks-no_cheating": "合格",
}
# The worked examples of the notes on the regulations: +0.20 % passes, +0.40 % fails.
FUEL = {
    "kind": "fuel_dispenser",
    "on": "2026-11-23",
    "stage": "in_service",
    "rows-delivery": "最大\t20.04\t20.00\t20\t20\n最大\t20.08\t20.00\t20\t20",
}
