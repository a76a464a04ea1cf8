from __future__ import annotations

import pytest

from quanheng.core.models import User
from quanheng.instruments.errors import BadFilter, FilterNotFound
from quanheng.instruments.models import SavedFilter
from quanheng.instruments.services import filters
from quanheng.instruments.services.filters import delete_filter, save_filter
from quanheng.transparency.models import PendingLeaf

pytestmark = pytest.mark.django_db


def test_a_filter_is_kept_for_its_person_and_replaced_under_its_name(people: dict[str, User]) -> None:
    officer, clerk = people["officer"], people["clerk"]
    before = PendingLeaf.objects.count()
    save_filter(user=officer, name=" 逾期的秤 ", query="?due=overdue")
    save_filter(user=officer, name="逾期的秤", query="due=overdue&kind=price_scale")
    save_filter(user=clerk, name="逾期的秤", query="due=soon")
    assert list(SavedFilter.objects.filter(user=officer).values_list("name", "query")) == [
        ("逾期的秤", "due=overdue&kind=price_scale")
    ]
    assert PendingLeaf.objects.count() == before  # a preference is no fact of the house


def test_a_filter_needs_a_name_and_there_is_an_end_to_them(
    people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = people["officer"]
    for name, query in (("", "a=1"), ("字" * 51, "a=1"), ("长", "a" * 1001)):
        with pytest.raises(BadFilter):
            save_filter(user=officer, name=name, query=query)
    monkeypatch.setattr(filters, "MOST_FILTERS", 1)
    save_filter(user=officer, name="一", query="a=1")
    save_filter(user=officer, name="一", query="a=2")
    with pytest.raises(BadFilter):
        save_filter(user=officer, name="二", query="a=1")


def test_only_its_person_deletes_a_filter(people: dict[str, User]) -> None:
    kept = save_filter(user=people["officer"], name="一", query="a=1")
    with pytest.raises(FilterNotFound):
        delete_filter(user=people["clerk"], filter_id=kept.pk)
    delete_filter(user=people["officer"], filter_id=kept.pk)
    assert not SavedFilter.objects.exists()
