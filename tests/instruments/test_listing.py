"""What narrows a list, what a word finds, and pages at a bounded cost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db.models import QuerySet

from quanheng.core.models import User
from quanheng.instruments import listing, selectors
from quanheng.instruments.enums import EventKind
from quanheng.instruments.errors import PlaceNotFound
from quanheng.instruments.listing import SORTS, Bounded, exact_counts, ordered, read_listing
from quanheng.instruments.models import Instrument, Place, Standing
from quanheng.instruments.selectors import ListQuery, found_by, listed, narrowed, place_for
from quanheng.parties.models import Party
from tests.instruments.due_making import due_scale
from tests.instruments.making import PHOTO, TODAY, act, make_party, make_place, make_scale, unit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_one_day")]
DAY = timedelta(days=1)
People = dict[str, User]


@pytest.fixture
def stock(people: People, shop: Party, market: Place) -> dict[str, Instrument]:
    """One instrument of each sort that a filter tells from the others."""
    officer = people["officer"]
    other = make_party("石桥粮油店", town="石桥镇", account=False, credit_code="92511703MADEM0001F")
    [overdue] = due_scale(officer, TODAY - DAY, owner=shop, place=market)
    [soon] = due_scale(officer, TODAY + 5 * DAY, owner=shop)
    [later] = due_scale(officer, TODAY + 300 * DAY, owner=shop)
    never = make_scale(officer, filed_by=officer, serial_no="NV-0001", owner=other)
    draft = make_scale(officer, serial_no="DR-0002", owner=shop, accuracy_class="")
    unclear = make_scale(officer, name="某种怪表", serial_no="UC-0003", owner=other, submit=True)
    scrapped = make_scale(officer, filed_by=officer, serial_no="SC-0004", owner=shop)
    act(officer, scrapped, EventKind.SCRAPPED, data=PHOTO)
    return {
        "overdue": overdue,
        "soon": soon,
        "later": later,
        "never": never,
        "draft": draft,
        "unclear": unclear,
        "scrapped": scrapped,
    }


def names(rows: QuerySet[Standing], stock: dict[str, Instrument]) -> set[str]:
    by_key = {instrument.pk: name for name, instrument in stock.items()}
    return {by_key[pk] for pk in rows.values_list("pk", flat=True)}


LIVE = {"overdue", "soon", "later", "never", "draft", "unclear"}
OF_THE_SHOP = {"overdue", "soon", "later", "draft"}


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, LIVE),
        ({"due": "overdue"}, {"overdue"}),
        ({"due": "soon"}, {"soon", "never"}),  # what was never verified is due since it was registered: today
        ({"due": "later"}, {"later"}),
        ({"due": "never"}, {"never"}),
        ({"due": "none"}, {"draft", "unclear"}),
        ({"due_from": TODAY, "due_to": TODAY + 5 * DAY}, {"soon", "never"}),
        ({"kind": "price_scale"}, LIVE - {"unclear"}),
        ({"use": "medical"}, set()),
        ({"setting": "market"}, {"overdue"}),
        ({"filing": "submitted"}, {"unclear"}),
        ({"condition": "scrapped"}, {"scrapped"}),
        ({"obligation": "unknown"}, {"unclear"}),
        ({"identity": "missing"}, {"draft", "unclear"}),
        ({"rule": "price_scale/1"}, LIVE - {"unclear"}),
        ({"unconfirmed": "yes"}, LIVE - {"unclear"}),
        ({"due": "overdue", "setting": "market"}, {"overdue"}),
    ],
)
def test_each_filter_narrows_to_what_it_says(
    stock: dict[str, Instrument], given: dict[str, object], found: set[str]
) -> None:
    query = ListQuery(**given)  # type: ignore[arg-type]
    assert names(narrowed(Standing.objects.all(), query, TODAY), stock) == found


def test_a_list_is_narrowed_to_a_town_a_place_and_an_owner_with_its_branches(
    stock: dict[str, Instrument], shop: Party, market: Place
) -> None:
    def found(**given: int) -> set[str]:
        return names(narrowed(Standing.objects.all(), ListQuery(**given), TODAY), stock)  # type: ignore[arg-type]

    assert found(town=unit("石桥镇").pk) == {"never", "unclear"}
    assert found(place=market.pk) == {"overdue"}
    assert found(owner=shop.pk) == OF_THE_SHOP
    head = make_party("演示连锁总店", account=False)
    Party.objects.filter(pk=shop.pk).update(parent=head)
    assert found(owner=head.pk) == OF_THE_SHOP


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("NV-0001", {"never"}),
        ("nv0", {"never"}),  # the beginning
        ("0003", {"unclear"}),  # the end
        ("03", set()),  # too short an end
        ("电子台秤", set()),
        ("计价", LIVE - {"unclear"}),  # the kind
        ("怪表", {"unclear"}),  # a name that says no kind
        ("粮油", {"never", "unclear"}),
        ("sqlyd", {"never", "unclear"}),  # initials of the owner
        ("92511703MADEM0001F", {"never", "unclear"}),
        ("集贸", {"overdue"}),
        ("tzzjm", {"overdue"}),  # initials of the place
        ("石桥", {"never", "unclear"}),  # the town as well
    ],
)
def test_a_word_finds_serial_kind_owner_place_and_town(
    stock: dict[str, Instrument], text: str, found: set[str]
) -> None:
    rows = narrowed(Standing.objects.all(), ListQuery(text=text), TODAY)
    assert names(rows, stock) == found
    along_due = narrowed(Standing.objects.all(), ListQuery(), TODAY).filter(found_by(text).along_due())
    assert names(along_due, stock) == found


def test_a_label_finds_its_instrument_also_when_scrapped(stock: dict[str, Instrument]) -> None:
    code = stock["scrapped"].label_code
    assert names(Standing.objects.filter(found_by(code.lower()).by_key()), stock) == {"scrapped"}


def test_a_word_of_very_many_owners_still_finds_them(
    stock: dict[str, Instrument], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "MOST_NAMES", 0)
    for condition in (found_by("粮油").by_key(), found_by("粮油").along_due()):
        assert names(Standing.objects.filter(condition), stock) == {"never", "unclear"}


def test_a_serial_number_of_very_many_is_counted_exactly(stock: dict[str, Instrument]) -> None:
    many = 1200
    batch = [
        Instrument(
            label_code=f"BULK{n:06}",
            name="电子计价秤",
            serial_key=f"2023{n:06}",
            serial_tail=f"2023{n:06}"[::-1],
            registered_on=TODAY,
        )
        for n in range(many)
    ]
    made = Instrument.objects.bulk_create(batch)
    like = stock["never"].standing
    fields = {field.attname: getattr(like, field.attname) for field in Standing._meta.concrete_fields}
    Standing.objects.bulk_create([Standing(**fields | {"instrument_id": one.pk}) for one in made])
    for condition in (found_by("2023").by_key(), found_by("2023").along_due()):
        assert Standing.objects.filter(condition).count() == many
    assert narrowed(Standing.objects.all(), ListQuery(text="2023"), TODAY).count() == many


def test_everybody_sees_their_own_scope(stock: dict[str, Instrument], people: People) -> None:
    assert names(listed(people["officer"], ListQuery()), stock) == LIVE
    assert names(listed(people["owner"], ListQuery()), stock) == OF_THE_SHOP
    assert names(listed(people["clerk"], ListQuery()), stock) == OF_THE_SHOP
    assert names(listed(people["liaison"], ListQuery()), stock) == set()


def test_a_place_is_read_by_who_has_to_do_with_it(stock: dict[str, Instrument], people: People) -> None:
    far = make_place("石桥镇市场", town="石桥镇")
    near = stock["overdue"].place
    assert near is not None
    for name in ("clerk", "owner"):
        assert place_for(people[name], near.public_id) == near
        with pytest.raises(PlaceNotFound):
            place_for(people[name], far.public_id)
    assert place_for(people["inspector"], far.public_id) == far


def test_a_short_list_is_counted_exactly(stock: dict[str, Instrument]) -> None:
    rows = narrowed(Standing.objects.all(), ListQuery(), TODAY)
    found = read_listing(rows, TODAY)
    assert (found.total, found.overdue, found.worst) == (Bounded(6), Bounded(1), ("market", 1))
    assert exact_counts(rows, TODAY) == (6, {"market": 1})


@pytest.mark.parametrize("sort", sorted(SORTS))
@pytest.mark.parametrize("descending", [False, True])
def test_a_page_has_the_order_of_the_file(stock: dict[str, Instrument], sort: str, descending: bool) -> None:
    rows = narrowed(Standing.objects.all(), ListQuery(), TODAY)
    page = read_listing(rows, TODAY, sort=sort, descending=descending)
    assert page.ids == list(ordered(rows, sort, descending=descending).values_list("pk", flat=True))


def test_what_has_no_due_date_comes_last_in_both_directions(stock: dict[str, Instrument]) -> None:
    rows = narrowed(Standing.objects.all(), ListQuery(), TODAY)
    for descending in (False, True):
        last = read_listing(rows, TODAY, descending=descending).ids[-2:]
        assert set(last) == {stock["draft"].pk, stock["unclear"].pk}


@pytest.fixture
def cap_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    def cap(number: int) -> None:
        monkeypatch.setattr(listing, "CAP", number)
        monkeypatch.setattr(listing, "ROWS_A_PAGE", 2)
        monkeypatch.setattr(listing, "LAST_PAGE", number // 2)

    return cap


def test_a_list_beyond_the_cap_says_more_and_keeps_the_order(
    stock: dict[str, Instrument], cap_of: Callable[[int], None]
) -> None:
    rows = narrowed(Standing.objects.all(), ListQuery(), TODAY)
    whole = list(ordered(rows).values_list("pk", flat=True))
    cap_of(5)
    first, last = read_listing(rows, TODAY), read_listing(rows, TODAY, page=99)
    assert first.total == Bounded(5, is_more=True)
    assert (first.overdue, first.worst) == (Bounded(1), ("market", 1))
    assert (first.ids, last.ids) == (whole[:2], whole[2:4])
    cap_of(2)
    late = read_listing(rows, date(2027, 12, 31))
    assert (late.overdue, late.worst) == (Bounded(2, is_more=True), None)


def test_exactly_the_cap_is_not_more(stock: dict[str, Instrument], cap_of: Callable[[int], None]) -> None:
    cap_of(6)
    assert read_listing(narrowed(Standing.objects.all(), ListQuery(), TODAY), TODAY).total == Bounded(6)


def test_a_page_that_is_not_there_gives_the_nearest(stock: dict[str, Instrument]) -> None:
    rows = narrowed(Standing.objects.all(), ListQuery(), TODAY)
    assert read_listing(rows, TODAY, page=7).page == 1
    assert read_listing(rows.none(), TODAY, page=7).ids == []


def test_the_day_decides_what_is_overdue(stock: dict[str, Instrument]) -> None:
    query = ListQuery(due="overdue")
    later = date(2027, 12, 31)
    assert names(narrowed(Standing.objects.all(), query, later), stock) == LIVE - {"draft", "unclear"}
