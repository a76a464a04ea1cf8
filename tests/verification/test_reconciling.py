"""Numbers of seals received against numbers used."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from quanheng.verification.reconciling import Finding, Span, reconcile

_SPANS = st.builds(
    lambda prefix, first, size: Span(prefix, 3, first, first + size),
    st.sampled_from(["A", "B", "A1", ""]),
    st.integers(0, 300),
    st.integers(0, 60),
)
_TEXTS = st.builds(
    lambda prefix, number: f"{prefix}{number:03d}",
    st.sampled_from(["A", "B", "A1", "", "C"]),
    st.integers(0, 400),
)


def _by(found: list[Finding], code: str) -> list[Finding]:
    return [one for one in found if one.code == code]


def _texts(span: Span) -> set[str]:
    return {span.text(number) for number in range(span.first, span.last + 1)}


@given(st.lists(_SPANS, max_size=6), st.lists(_TEXTS, max_size=40))
def test_findings_are_those_of_counting_every_number(spans: list[Span], used: list[str]) -> None:
    found = reconcile(spans, used)

    times = Counter(used)
    assert {one.first: one.count for one in _by(found, "double")} == {t: n for t, n in times.items() if n > 1}
    known = set().union(*(_texts(span) for span in spans))
    assert {one.first for one in _by(found, "outside")} == set(used) - known
    missing = set()
    for span in spans:
        here = [text for text in _texts(span) if text in times]
        below = {text for text in _texts(span) if here and text < max(here)}
        missing |= below - set(here)
    told = set()
    for one in _by(found, "missing"):
        texts = next(
            chosen
            for span in spans
            if len(chosen := {t for t in _texts(span) if one.first <= t <= one.last}) == one.count
        )
        told |= texts
    assert told == missing
    twice = {text for text, n in Counter(t for span in spans for t in _texts(span)).items() if n > 1}
    is_overlap = any(
        a is not b and (a.prefix, a.digits) == (b.prefix, b.digits) and _texts(a) & _texts(b)
        for a in spans
        for b in spans
    )
    assert bool(_by(found, "overlap")) == is_overlap
    assert is_overlap <= bool(twice)


@given(_SPANS, st.data())
def test_using_a_range_in_order_leaves_nothing_to_find(span: Span, data: st.DataObject) -> None:
    upto = data.draw(st.integers(span.first, span.last))

    assert reconcile([span], [span.text(number) for number in range(span.first, upto + 1)]) == []


@given(_SPANS, st.data())
def test_taking_one_out_is_found_as_that_one(span: Span, data: st.DataObject) -> None:
    texts = sorted(_texts(span))
    lost = data.draw(st.sampled_from(texts))
    found = reconcile([span], [text for text in texts if text != lost])

    assert found == ([] if lost == texts[-1] else [Finding("missing", lost, lost, 1)])


def test_a_number_with_other_zeros_is_of_no_range() -> None:
    assert [one.code for one in reconcile([Span("A", 4, 1, 9)], ["A01"])] == ["outside"]


def test_numbers_that_grow_longer_belong_to_their_range() -> None:
    assert reconcile([Span("", 1, 8, 101)], ["8", "9", "10"]) == []


def test_a_hundred_thousand_numbers_are_compared_without_counting_them_out() -> None:
    span = Span("S", 6, 1, 100_000)
    found = reconcile([span], ["S000001", "S100000"])

    assert found == [Finding("missing", "S000002", "S099999", 99_998)]
    full = [span.text(number) for number in range(1, 100_001) if number != 50_000]
    assert reconcile([span], full) == [Finding("missing", "S050000", "S050000", 1)]


def test_ranges_received_twice_are_found() -> None:
    spans = [Span("S", 3, 1, 50), Span("S", 3, 40, 60), Span("S", 3, 1, 50)]

    assert {(one.first, one.last) for one in reconcile(spans, []) if one.code == "overlap"} == {
        ("S001", "S050"),
        ("S040", "S050"),
    }
