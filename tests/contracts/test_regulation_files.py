"""The catalogue's rules and the regulation files speak of the same documents, on the same days, with the same periods."""

from __future__ import annotations

from datetime import date

import pytest

from quanheng.kernels.procedures import packaged_procedures
from quanheng.regulations.packaged import packaged_rules

FIRST_RULES = date(2020, 10, 26)
LAST = date(2030, 1, 1)
NO_KIND_OF_THE_REGISTRY = {"glassware"}


def served():
    for edition in packaged_procedures().editions:
        days = {max(edition.from_ or FIRST_RULES, FIRST_RULES), edition.to or LAST}
        for day in sorted(day for day in days if day >= FIRST_RULES):
            yield pytest.param(edition, day, id=f"{edition.served.kind}-{day}")


def months(texts):
    return {term.months for term in texts if term.months is not None}


@pytest.mark.parametrize(("edition", "day"), served())
def test_a_kind_has_one_regulation_and_one_period_on_a_day_wherever_it_is_written(edition, day):
    rules, regulation = packaged_rules(), edition.procedure.regulation
    kind = edition.served.kind
    assert (kind in rules.kinds) != (kind in NO_KIND_OF_THE_REGISTRY)
    if kind in NO_KIND_OF_THE_REGISTRY:
        return
    rule = rules.version_on(kind, day)
    if not rule.verified_uses:
        return

    assert (rule.regulation, rule.edition) == (regulation.number, regulation.edition)
    of_file, of_rule = months(edition.procedure.period), months(rule.terms)
    assert of_file & of_rule or not (of_file and of_rule)
