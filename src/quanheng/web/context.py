"""What every page knows: the county, the rail of this person, the size of the log."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from quanheng import __version__
from quanheng.core.models import User
from quanheng.core.permissions import permissions_of
from quanheng.core.selectors import county
from quanheng.transparency.models import SignedCheckpoint
from quanheng.transparency.selectors import latest_checkpoint

# Which entry of the rail is lit on a page that is not itself an entry.
_SECTION = {
    "board_by_department": "plan_board",
    "board_by_town": "plan_board",
    "plan_upload": "plan_board",
    "draft": "plan_board",
    "document": "plan_board",
    "versions": "plan_board",
    "task": "plan_board",
    "task_measure": "plan_board",
    "evidence_file": "plan_board",
    "evidence_withdraw": "plan_board",
    "imports": "instruments",
    "import_headings": "instruments",
    "import_batch": "instruments",
    "import_try": "instruments",
    "import_undo": "instruments",
    "leaf": "log",
    "instrument": "instruments",
    "instrument_new": "instruments",
    "instrument_edit": "instruments",
    "instruments_bulk": "instruments",
    "instruments_export": "instruments",
    "market_door": "instruments",
    "market_door_result": "instruments",
    "duplicates": "instruments",
    "instrument_submit": "instruments",
    "instrument_return": "instruments",
    "instrument_verify": "instruments",
    "instrument_act": "instruments",
    "places": "instruments",
    "place": "instruments",
    "place_new": "instruments",
    "parties": "instruments",
    "party": "instruments",
    "party_new": "instruments",
    "labels": "instruments",
    "comparisons": "instruments",
    "comparison": "instruments",
    "due_calendar": "due",
    "due_forecast": "due",
    "due_waves": "due",
    "due_appointment": "due",
    "due_appointment_cancel": "due",
    "due_map": "due",
    "notices": "due",
    "feeds": "due",
    "verification": "verifications",
    "verification_list": "verifications",
    "applications": "verifications",
    "application": "verifications",
    "application_new": "verifications",
    "work_orders": "verifications",
    "work_order": "verifications",
    "work_order_new": "verifications",
    "work_order_sheet": "verifications",
    "work_order_readings": "verifications",
    "readings": "verifications",
    "readings_submit": "verifications",
    "signing": "verifications",
    "marks": "verifications",
    "rejections": "verifications",
    "recalls": "verifications",
    "recall": "verifications",
    "recall_new": "verifications",
    "recall_notices": "verifications",
    "model": "models",
    "model_save": "models",
    "model_withdraw": "models",
    "metrologist": "workforce",
    "metrologist_new": "workforce",
    "metrologist_edit": "workforce",
    "metrologist_leave": "workforce",
    "qualification_new": "workforce",
    "qualification_withdraw": "workforce",
    "training_new": "workforce",
    "training_withdraw": "workforce",
    "authorisation_new": "workforce",
    "authorisation_withdraw": "workforce",
    "workforce_import": "workforce",
    "standard": "standards",
    "standard_new": "standards",
    "standard_edit": "standards",
    "standard_condition": "standards",
    "standard_certificate_new": "standards",
    "standard_certificate_withdraw": "standards",
    "standard_check_new": "standards",
    "standard_comparison_new": "standards",
    "standards_import": "standards",
    "certificate": "certificates",
    "certificate_withdraw": "certificates",
    "certificate_supersede": "certificates",
    "signing_keys": "certificates",
    "signing_key": "certificates",
    "signing_key_new": "certificates",
    "signing_key_revoke": "certificates",
    "rule": "rules",
    "rule_new": "rules",
    "rules_what_if": "rules",
    "rules_add_file": "rules",
    "unit_new": "units",
    "unit_edit": "units",
    "followup": "followups",
    "followup_new": "followups",
    "followup_result": "followups",
    "followup_compensation": "followups",
    "visits": "followups",
    "replacements": "followups",
    "replacement_done": "followups",
    "replacement_cancel": "followups",
    "replacements_upload": "followups",
    "fleet_area": "fleet",
    "fleet_map": "fleet",
    "fleet_intake": "fleet",
    "fleet_token_new": "fleet",
    "fleet_token_revoke": "fleet",
    "fleet_days": "fleet",
    "fleet_meter": "fleet",
    "lot": "lots",
    "lot_new": "lots",
    "lot_list": "lots",
    "lot_draw": "lots",
    "lot_results": "lots",
    "lot_decide": "lots",
    "lot_again": "lots",
    "rotation": "lots",
    "manufacturer": "manufacturers",
    "manufacturer_new": "manufacturers",
    "manufacturer_edit": "manufacturers",
    "manufacturer_suspend": "manufacturers",
    "manufacturer_lift": "manufacturers",
    "manufacturer_withdraw": "manufacturers",
    "factory_upload": "manufacturers",
    "factory_data": "manufacturers",
    "factory_draw": "manufacturers",
    "user_new": "users",
    "user_edit": "users",
    "user_erase": "users",
    "user_password": "users",
}


def house(request: HttpRequest) -> dict[str, Any]:
    """Context processor of all templates."""
    user = getattr(request, "user", None)
    head = latest_checkpoint()
    return {
        "county": _county(),
        "rail": _rail(request, permissions_of(user)) if isinstance(user, User) else [],
        "search_url": reverse("staff:search"),
        "checkpoint": head,
        "log_head": _log_head(head, is_staff=isinstance(user, User)),
        "version": __version__,
    }


def _county() -> dict[str, Any] | None:
    """Return the county with the short name that pages carry; None before one is loaded."""
    home = county()
    if home is None:
        return None
    return {
        "name": home.unit.name,
        "full_name": home.full_name,
        "code": home.unit.code,
        "is_demo": home.is_demo,
    }


def _log_head(head: SignedCheckpoint | None, *, is_staff: bool) -> dict[str, Any]:
    size = head.tree_size if head else 0
    return {"size": size, "url": reverse("staff:log" if is_staff else "portal:log")}


def _rail(request: HttpRequest, held: frozenset[str]) -> list[dict[str, Any]]:
    """Return the entries by the flow of work; a person sees only what they may use."""
    entries = [
        ("core.view_today", _("今日"), "today", "home-2"),
        ("taskboard.view", _("规划任务"), "plan_board", "list-check"),
        ("instruments.view", _("计量器具"), "instruments", "gauge"),
        ("instruments.view_due", _("检定到期"), "due", "clipboard-list"),
        ("workforce.view", _("人员与资质"), "workforce", "user"),
        ("standards.view", _("计量标准"), "standards", "affiliate"),
        ("verification.view", _("检定"), "verifications", "rosette-discount-check"),
        ("certificates.view", _("证书"), "certificates", "certificate"),
        ("fleet.view", _("电表群"), "fleet", "bolt"),
        ("lots.view", _("抽样与轮换"), "lots", "package"),
        ("followups.view", _("核实与更换"), "followups", "history"),
        ("manufacturers.view", _("制造企业"), "manufacturers", "shield-check"),
        ("taskboard.view_day", _("县区日"), "day", "calendar"),
        ("regulations.view", _("规则"), "rules", "scale"),
        ("evaluations.view", _("测量模型"), "models", "adjustments"),
        ("transparency.view", _("日志"), "log", "link"),
        ("core.view_units", _("单位"), "units", "building"),
        ("core.view_users", _("用户"), "users", "users"),
    ]
    match = request.resolver_match
    here = match.url_name or "" if match and match.namespace == "staff" else ""
    return [
        {
            "label": label,
            "url": reverse(f"staff:{name}"),
            "icon": icon,
            "active": name == _SECTION.get(here, here),
        }
        for permission, label, name, icon in entries
        if permission in held
    ]
