"""Saved filters: how one person likes to see the list.  A preference, no fact of the house: not logged."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from quanheng.core.models import User
from quanheng.instruments.errors import BadFilter, FilterNotFound
from quanheng.instruments.models import SavedFilter

MOST_FILTERS = 30
LONGEST_NAME, LONGEST_QUERY = 50, 1000  # as the columns


@transaction.atomic
def save_filter(*, user: User, name: str, query: str) -> SavedFilter:
    """Keep a list under a name; a name that this person has used is given the new list.

    Raises
    ------
    BadFilter
        No name, or one too long; a query too long; too many filters already.
    """
    name, query = name.strip(), query.removeprefix("?")
    for value, limit in ((name, LONGEST_NAME), (query, LONGEST_QUERY)):
        if len(value) > limit:
            raise BadFilter(reason=_("最多 %(limit)s 个字符。") % {"limit": limit})
    if not name:
        raise BadFilter(reason=_("请写一个名称。"))
    # Two saves of one person at once must not make one more than the limit.
    User.objects.select_for_update().get(pk=user.pk)
    others = SavedFilter.objects.filter(user=user).exclude(name=name)
    if others.count() >= MOST_FILTERS:
        raise BadFilter(reason=_("最多保存 %(most)s 个，请先删去不用的。") % {"most": MOST_FILTERS})
    kept, _created = SavedFilter.objects.update_or_create(user=user, name=name, defaults={"query": query})
    return kept


@transaction.atomic
def delete_filter(*, user: User, filter_id: int) -> None:
    """Forget a filter of this person.  FilterNotFound where it is not theirs."""
    deleted, _rows = SavedFilter.objects.filter(user=user, pk=filter_id).delete()
    if not deleted:
        raise FilterNotFound(filter_id=filter_id)
