"""A narrowed list in words, and as the command that counts or lists it again."""

from __future__ import annotations

import shlex
from dataclasses import fields
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import scope_of
from quanheng.instruments.columns import DUE_WORDS, kind_name
from quanheng.instruments.enums import Condition, Filing, Obligation, Setting, Use
from quanheng.instruments.models import ImportBatch, Place
from quanheng.instruments.selectors import ListQuery, places_visible
from quanheng.parties.models import Party
from quanheng.parties.selectors import parties_visible

VOCABULARIES: dict[str, Any] = {
    "use": Use,
    "setting": Setting,
    "filing": Filing,
    "condition": Condition,
    "obligation": Obligation,
}
# Options of the command whose name is not that of the field.
_OPTIONS = {"due_from": "from", "due_to": "to"}
_RECORDS: dict[str, type[Model]] = {"town": OrgUnit, "place": Place, "owner": Party, "batch": ImportBatch}


def identity_words() -> dict[str, str]:
    """Return what the values of ``identity`` mean."""
    return {"full": _("齐全"), "missing": _("不齐全")}


def described(query: ListQuery, user: User) -> list[tuple[str, str, str]]:
    """Return what narrows a list as (field, its label, the chosen word), in the order of the fields.

    A record that ``user`` may not read stays a number, like one that is not there.
    """
    labels = {
        "text": _("搜索"),
        "kind": _("种类"),
        "use": _("用途"),
        "town": _("乡镇街道"),
        "place": _("场所"),
        "owner": _("使用单位"),
        "setting": _("场所类型"),
        "filing": _("备案"),
        "condition": _("使用状态"),
        "obligation": _("检定义务"),
        "due": _("到期"),
        "due_from": _("到期日不早于"),
        "due_to": _("到期日不晚于"),
        "identity": _("身份信息"),
        "rule": _("规则"),
        "batch": _("导入"),
        "unconfirmed": _("规则核对"),
    }
    return [(name, label, _word(query, name, user)) for name, label in labels.items() if getattr(query, name)]


def command(query: ListQuery, *flags: str) -> str:
    """Return ``quanheng registry list …`` for what ``query`` narrows, county-wide."""
    parts = ["quanheng", "registry", "list"]
    for field in fields(query):
        name, value = field.name, getattr(query, field.name)
        if not value:
            continue
        option = f"--{_OPTIONS.get(name, name)}"
        if name == "unconfirmed":
            parts.append(option)
        elif name in _RECORDS:
            record = _RECORDS[name]._default_manager.filter(pk=value).first()
            said = record if name == "town" else getattr(record, "public_id", None)
            parts += [option, shlex.quote(str(said or value))]
        else:
            parts += [option, shlex.quote(str(value))]
    return " ".join([*parts, *flags])


def _word(query: ListQuery, name: str, user: User) -> str:
    value = getattr(query, name)
    if name in VOCABULARIES:
        words = dict(VOCABULARIES[name].choices)
        return str(words.get(value, value))
    if name in _RECORDS:
        return str(_visible(name, user).filter(pk=value).first() or value)
    if name == "kind":
        return kind_name(value)
    if name == "due":
        return str(DUE_WORDS.get(value, value))
    if name == "identity":
        return identity_words().get(value, str(value))
    return _("未核对") if name == "unconfirmed" else str(value)


def _visible(name: str, user: User) -> QuerySet[Any]:
    if name == "owner":
        return parties_visible(user)
    if name == "place":
        return places_visible(user)
    rows = _RECORDS[name]._default_manager.all()
    return rows if name == "town" or scope_of(user, "instruments.import") else rows.none()
