"""The rules of the work are dated data with their source, marked unconfirmed."""

from __future__ import annotations

from datetime import date

import pytest

from quanheng.base import dated_rules
from quanheng.base.dated_rules import Rule, packaged_rules
from quanheng.verification.enums import Conclusion
from quanheng.verification.rules import rule_on, working_days
from tests.instruments.making import TODAY


def test_every_row_says_where_it_is_from_and_that_nobody_confirmed_it() -> None:
    for rule in packaged_rules("quanheng.verification"):
        assert rule.source
        assert rule.what
        assert "clause" in rule.lacks or rule.clause
        assert not rule.is_confirmed


def test_the_rule_of_the_day_is_the_one_that_began_last(monkeypatch: pytest.MonkeyPatch) -> None:
    first = rule_on("finish_work", TODAY)
    parts = {"key": "finish_work", "what": "…", "source": "…", "confidence": first.confidence}
    later = Rule(**parts, value=15, in_force_from=date(2026, 6, 1), in_force_to=date(2026, 12, 31))
    monkeypatch.setattr(dated_rules, "packaged_rules", lambda _package: (first, later))

    days = [date(2026, 5, 31), date(2026, 6, 1), date(2026, 12, 31), date(2027, 1, 1)]
    assert [working_days("finish_work", on) for on in days] == [20, 15, 15, 20]


def test_an_unknown_rule_is_an_error_not_a_default() -> None:
    with pytest.raises(LookupError):
        rule_on("no_such_rule", TODAY)


def test_signatures_are_said_for_every_conclusion() -> None:
    assert set(rule_on("signatory_may_also_be", TODAY).value) == set(Conclusion.values)
