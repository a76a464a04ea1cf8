"""Due dates as a calendar to subscribe to (RFC 5545): what an owner or an institute sees on a telephone."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Event

from quanheng.base import clock
from quanheng.core.models import User
from quanheng.core.permissions import own_units, scope_of
from quanheng.instruments.due_choices import due_choices
from quanheng.instruments.errors import FeedNotFound
from quanheng.instruments.models import CalendarFeed, Standing
from quanheng.instruments.selectors import ListQuery, narrowed

# What lies further ahead nobody plans yet; a telephone need not carry it.
HORIZON = timedelta(days=400)
# A description longer than this is cut, and says by how much.
MOST_LINES = 60
# Reminders of a whole day count from its midnight; people want them in the morning.
_MORNING = timedelta(hours=9)
_REFRESH = timedelta(hours=12)
_CHUNK = 2000
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_READ = (
    "due_on",
    "place__public_id",
    "place__name",
    "place__address",
    "owner__public_id",
    "owner__name",
    "owner__address",
    "instrument__name",
    "instrument__serial_no",
    "instrument__spot",
    "changed_at",
)


@dataclass
class _Group:
    """What one event tells of; of many rows only those that it shows are kept."""

    shown: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0
    changed_at: datetime | None = None

    def add(self, row: dict[str, Any]) -> None:
        """Count a row, and keep it while there is room."""
        self.count += 1
        if len(self.shown) < MOST_LINES:
            self.shown.append(row)
        if row["changed_at"] is not None and (self.changed_at is None or row["changed_at"] > self.changed_at):
            self.changed_at = row["changed_at"]


def feed_by_token(token: str) -> CalendarFeed:
    """Return the feed of a secret address.  FeedNotFound for whatever else, always the same."""
    if not _TOKEN.fullmatch(token):
        raise FeedNotFound()
    found = CalendarFeed.objects.filter(token=token).select_related("unit", "owner").first()
    if found is None:
        raise FeedNotFound()
    return found


def feeds_visible(user: User) -> QuerySet[CalendarFeed]:
    """Return the feeds whose secret this person may read: all for who plans due work, else one's own."""
    rows = CalendarFeed.objects.select_related("unit", "owner", "made_by").order_by("-made_at", "-pk")
    if scope_of(user, "instruments.plan_due").is_all:
        return rows
    own = own_units(user)
    return rows.filter(Q(unit__in=own) | Q(owner__unit__in=own))


def feed_rows(feed: CalendarFeed, on: date) -> QuerySet[Standing]:
    """Return what a feed tells of: the owner's and its branches' instruments, or those of an institute."""
    whose = Q(institute=feed.unit) if feed.unit else Q(owner=feed.owner) | Q(owner__parent=feed.owner)
    rows = Standing.objects.filter(whose, due_on__lte=on + HORIZON)
    return narrowed(rows, ListQuery(), on)


def feed_calendar(feed: CalendarFeed, *, base_url: str) -> bytes:
    """Return the calendar: an event of a whole day for each day and place, and one for what is overdue."""
    on = clock.today()
    calendar = Calendar()
    calendar.add("prodid", "-//quanheng//due dates//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    # A line break of a ledger's cell may stand in a name; the library escapes none in these two.
    name = _("强制检定到期：%(who)s") % {"who": " ".join(str(feed).split())}
    calendar.add("name", name)  # RFC 7986; the next line is what most telephones read instead
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT12H")
    rows = feed_rows(feed, on).annotate(changed_at=Max("instrument__events__at"))
    groups: dict[tuple[Any, Any], _Group] = {}
    overdue = _Group()
    ordered = rows.order_by("due_on", "place__name", "instrument__spot", "pk").values(*_READ)
    for row in ordered.iterator(chunk_size=_CHUNK):
        key = (row["due_on"], row["place__public_id"] or row["owner__public_id"])
        (overdue if row["due_on"] < on else groups.setdefault(key, _Group())).add(row)
    if overdue.count:
        calendar.add_component(_overdue_event(feed, overdue, on, base_url))
    for (due_on, where), group in groups.items():
        calendar.add_component(_event(feed, due_on, where, group, base_url))
    return bytes(calendar.to_ical())


def _event(feed: CalendarFeed, due_on: date, where: Any, group: _Group, base_url: str) -> Event:
    first = group.shown[0]
    place = first["place__name"] or first["owner__name"] or ""
    words = {"count": group.count, "place": place}
    summary = _("强制检定最迟今日：%(place)s %(count)s 台") % words
    event = _day_event(
        feed, f"{due_on}|{where}", due_on, group.changed_at or feed.made_at, summary, group, base_url
    )
    event.add("location", first["place__address"] or first["owner__address"] or place)
    for days in due_choices().reminder_days[-2:]:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", _("%(days)s 天后到期：%(place)s %(count)s 台") % (words | {"days": days}))
        alarm.add("trigger", _MORNING - timedelta(days=days))
        event.add_component(alarm)
    return event


def _overdue_event(feed: CalendarFeed, group: _Group, on: date, base_url: str) -> Event:
    """Return the event that stays on the present day until nothing is overdue."""
    begins = timezone.make_aware(datetime.combine(on, time())).astimezone(UTC)
    summary = _("已过最迟检定日期：%(count)s 台，请尽快申请检定") % {"count": group.count}
    return _day_event(feed, "overdue", on, begins, summary, group, base_url)


def _day_event(
    feed: CalendarFeed,
    key: str,
    on: date,
    changed_at: datetime,
    summary: str,
    group: _Group,
    base_url: str,
) -> Event:
    whose = f"unit:{feed.unit_id}" if feed.unit else f"party:{feed.owner.public_id}" if feed.owner else ""
    event = Event()
    # The same for as long as day and place are: a telephone then moves nothing and doubles nothing.
    event.add("uid", f"{uuid5(NAMESPACE_URL, f'urn:quanheng:due:{whose}|{key}')}")
    event.add("dtstamp", changed_at)
    event.add("last-modified", changed_at)
    event.add("dtstart", on)
    event.add("dtend", on + timedelta(days=1))
    event.add("summary", summary)
    event.add("description", _description(group))
    event.add("transp", "TRANSPARENT")
    event.add("url", base_url)
    return event


def _description(group: _Group) -> str:
    lines = [
        " ".join(
            filter(None, (row["instrument__name"], row["instrument__serial_no"], row["instrument__spot"]))
        )
        for row in group.shown
    ]
    if group.count > len(lines):
        lines.append(_("另有 %(count)s 台") % {"count": group.count - len(lines)})
    return "\n".join(lines)
