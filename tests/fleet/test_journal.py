"""The journal of a run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanheng.fleet.journal import Journal
from quanheng.fleet.run_errors import CannotRun
from quanheng.kernels.fleet.results import AreaEstimate
from tests.fleet.making import METERS, estimate, unusable

_FLOATS = st.floats(allow_nan=True, allow_infinity=False, allow_subnormal=True)


def _is_same(one: AreaEstimate, other: AreaEstimate) -> bool:
    return all(
        np.array_equal(a, b, equal_nan=True) if isinstance(a, np.ndarray | float) else a == b
        for a, b in ((getattr(one, name), getattr(other, name)) for name in AreaEstimate.__dataclass_fields__)
    )


@settings(max_examples=30, deadline=None)
@given(numbers=st.lists(st.tuples(_FLOATS, _FLOATS, _FLOATS, _FLOATS), max_size=4), text=st.text())
def test_an_area_is_read_back_bit_by_bit(tmp_path_factory, numbers, text):
    text = text.encode(errors="replace").decode()
    found = estimate(text, [(f"m{at}", METERS[0][1], *four, text) for at, four in enumerate(numbers)])
    with Journal(tmp_path_factory.mktemp("j") / "j") as journal:
        journal.append("k", found)
        assert _is_same(journal.read("k"), found)
        assert journal.area_of("k") == text


def test_a_finished_line_survives_a_kill_and_a_torn_one_is_as_if_it_were_not_there(tmp_path):
    path = tmp_path / "j"
    first = Journal(path)
    first.append("a", estimate("A"))
    first.append("b", unusable("B"))
    whole = path.read_bytes()  # while it is open: nothing waits in memory
    first.__exit__(None, None, None)
    for end in (len(whole) - 1, len(whole) // 2 + 200, whole.index(b"\n") + 1, 3, 0):
        path.write_bytes(whole[:end])
        with Journal(path) as journal:
            assert ("a" in journal, "b" in journal) == (end > whole.index(b"\n"), False)
            journal.append("b", unusable("B"))
            assert _is_same(journal.read("b"), unusable("B"))
        if end > whole.index(b"\n"):
            assert path.read_bytes() == whole


@pytest.mark.parametrize("line", [b"[]\n", b"{}\n", b'{"key": {}, "area_id": "x"}\n', b"\xff\x00\n", b"1\n"])
def test_what_is_no_journal_is_begun_anew(tmp_path, line):
    (tmp_path / "j").write_bytes(line)
    with Journal(tmp_path / "j") as journal:
        journal.append("a", estimate("A"))
    with Journal(tmp_path / "j") as journal:
        assert "a" in journal


def test_a_removed_journal_begins_empty(tmp_path):
    with Journal(tmp_path / "j") as journal:
        journal.append("a", estimate("A"))
        journal.remove()
    with Journal(tmp_path / "j") as journal:
        assert "a" not in journal


def test_two_processes_do_not_write_one_journal(tmp_path: Path):
    code = (
        "import sys; from pathlib import Path; from quanheng.fleet.journal import Journal\n"
        "held = Journal(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    path = tmp_path / "o.parquet.journal"
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout.readline() == "held\n"
        path.write_bytes(b"torn")
        with pytest.raises(CannotRun, match="另一个进程正在写 o.parquet"):
            Journal(path)
        assert path.read_bytes() == b"torn"
    finally:
        other.kill()
        other.communicate()
    with Journal(path) as journal:
        journal.append("a", estimate("A"))
