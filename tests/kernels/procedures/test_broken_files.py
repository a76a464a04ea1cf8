"""Whatever is done to a file, `check` answers; and what it finds good can be judged by and explained."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from quanheng.kernels.procedures import About, explain, judge, read_procedure
from quanheng.kernels.procedures.checking import check
from quanheng.kernels.procedures.judge import BadSheet
from tests.kernels.procedures.making import TOY, sheet

WORDS = [
    *sorted(set(re.findall(r"[\w.]+", TOY))),
    "null",
    "[]",
    "{}",
    "-1",
    "1/0",
    "0",
    "e/0",
    "99999",
    "true",
]
PLACES = [match.span() for match in re.finditer(r"[\w.]+", TOY)]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PLACES), st.sampled_from(WORDS))
def test_a_file_with_one_word_changed_is_refused_or_works(place: tuple[int, int], word: str) -> None:
    text = TOY[: place[0]] + word + TOY[place[1] :]
    if check(text):
        return
    procedure = read_procedure(text)
    for stage in procedure.stages:
        try:
            judged = judge(procedure, sheet(), stage)
        except BadSheet:
            continue  # a column was renamed
        assert all(isinstance(text, str) for about in About for text in judged.said(0, about))
        assert len(list(judged.points(0))) <= len(explain(judged, 0))
        judged.decided_by(0), judged.unconfirmed(0), judged.period(0)


@settings(max_examples=100, deadline=None)
@given(st.text() | st.binary())
def test_what_is_no_procedure_is_refused(text: str | bytes) -> None:
    assert check(text)
