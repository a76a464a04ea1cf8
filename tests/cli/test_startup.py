"""Every command begins with the models; what only computing needs is loaded by whoever computes."""

from __future__ import annotations

import subprocess
import sys

from quanheng.fleet.enums import AreaStatus, MeterStatus
from quanheng.followups.enums import Selection
from quanheng.kernels.fleet import results
from quanheng.kernels.scoring.report import CONTROL, SUSPECT

HEAVY = ("numpy", "scipy", "pyarrow", "lxml", "pyhanko", "typst", "quanheng.kernels.procedures")


def test_the_models_load_no_library_for_computing_and_no_documents() -> None:
    code = f"import django; django.setup(); import sys; print([one for one in {HEAVY} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_the_words_of_the_models_are_those_of_the_kernels() -> None:
    assert set(AreaStatus.values) == {results.JUDGED, results.WITHHELD, results.UNUSABLE}
    assert set(MeterStatus.values) == {results.OUT_OF_TOLERANCE, results.UNDETERMINED, results.CONFORMING}
    assert set(Selection.values) == {SUSPECT, CONTROL}
