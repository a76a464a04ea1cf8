from __future__ import annotations

import pytest
from django.urls import reverse

from quanheng.core.enums import Role, UnitKind
from quanheng.core.models import OrgUnit, User
from quanheng.core.services import save_unit, set_roles
from quanheng.taskboard.models import Plan
from quanheng.transparency.models import Opening
from tests.people import PASSWORD
from tests.web.staff.conftest import As, text_of

pytestmark = pytest.mark.django_db


def _unit_form(unit: OrgUnit, **changes: object) -> dict[str, object]:
    form = {
        "revision": unit.revision,
        "name": unit.name,
        "kind": unit.kind,
        "code": unit.code,
        "is_active": "on",
    }
    return form | changes


def _roles(user: User, *pairs: tuple[str, int], active: bool = True) -> dict[str, object]:
    form: dict[str, object] = {
        "revision": user.revision,
        "form-TOTAL_FORMS": len(pairs),
        "form-INITIAL_FORMS": 0,
    }
    for n, (role, unit) in enumerate(pairs):
        form |= {f"form-{n}-role": role, f"form-{n}-unit": unit}
    return form | ({"is_active": "on"} if active else {})


def test_the_list_of_units_filters_by_kind_and_counts_tasks_through_groups(as_: As, plan: Plan) -> None:
    page = as_("officer").get(reverse("staff:units"), {"kind": "town"}).context["page"]
    lines = {line.unit.name: line.tasks for line in page}
    assert len(lines) == OrgUnit.objects.filter(kind="town").count()
    assert lines["亭子镇"] == 1


def test_a_unit_is_edited_with_its_aliases(as_: As) -> None:
    officer, unit = as_("officer"), OrgUnit.objects.get(name="区水务局")
    url = reverse("staff:unit_edit", args=[unit.pk])
    assert officer.post(url, _unit_form(unit, aliases="区水利局\n\n 区水务和水利局 ")).status_code == 302
    assert {alias.name for alias in unit.aliases.all()} == {"区水利局", "区水务和水利局"}
    taken = officer.post(reverse("staff:unit_new"), {"revision": 0, "name": "区水利局", "kind": "department"})
    assert taken.status_code == 409
    assert "名称“区水利局”已被“区水务局”使用" in text_of(taken)


def test_the_second_editor_of_a_unit_is_told_what_changed_and_overwrites_nothing(as_: As) -> None:
    officer, unit = as_("officer"), OrgUnit.objects.get(name="区水务局")
    mine = _unit_form(unit, name="区水务局", aliases="我的别名")
    save_unit(
        actor=None,
        unit_id=unit.pk,
        revision=unit.revision,
        kind=UnitKind.DEPARTMENT,
        name="区水利局",
        aliases=["乙"],
    )
    answer = officer.post(reverse("staff:unit_edit", args=[unit.pk]), mine)
    assert answer.status_code == 409
    shown = {(d.label, d.present, d.yours) for d in answer.context["differences"]}
    assert shown == {("名称", "区水利局", "区水务局"), ("别名", "乙", "我的别名")}
    assert "我的别名</textarea>" in answer.content.decode()
    unit.refresh_from_db()
    assert unit.name == "区水利局"


def test_an_auditor_reads_units_and_people_without_buttons(as_: As, people) -> None:
    auditor, unit = as_("auditor"), OrgUnit.objects.get(name="区水务局")
    for url in (
        reverse("staff:unit_edit", args=[unit.pk]),
        reverse("staff:user_edit", args=[people["clerk"].public_id]),
    ):
        main = auditor.get(url).content.decode().split("<main", 1)[1].split("</main>", 1)[0]
        assert "<form" not in main, url
        assert "<button" not in main, url
    assert (
        auditor.post(reverse("staff:unit_edit", args=[unit.pk]), _unit_form(unit, name="改名")).status_code
        == 403
    )


def test_a_person_is_made_then_given_a_role_and_can_do_the_work(as_: As, plan: Plan) -> None:
    admin = as_("admin")
    form = {"username": "chen", "display_name": "陈联络", "password": PASSWORD}
    made = admin.post(reverse("staff:user_new"), form)
    user = User.objects.get(username="chen")
    assert made.url == reverse("staff:user_edit", args=[user.public_id])
    assert "1 名还没有岗位" in text_of(admin.get(reverse("staff:users")))
    water = OrgUnit.objects.get(name="区水务局")
    saved = admin.post(made.url, _roles(user, (Role.DEPARTMENT_LIAISON, water.pk), ("", "")))
    assert saved.status_code == 302
    assert [(a.role, a.unit) for a in user.assignments.all()] == [(Role.DEPARTMENT_LIAISON, water)]
    listed = admin.get(reverse("staff:users"), {"role": Role.DEPARTMENT_LIAISON}).context["page"]
    assert {person.username for person in listed} == {"liaison", "chen"}


def test_a_weak_password_or_taken_name_is_refused_with_the_input_kept(as_: As) -> None:
    admin = as_("admin")
    weak = admin.post(
        reverse("staff:user_new"), {"username": "chen", "display_name": "陈", "password": "12345"}
    )
    assert weak.status_code == 409
    assert 'value="chen"' in weak.content.decode()
    assert "12345" not in weak.content.decode()
    taken = {"username": "officer", "display_name": "陈", "password": PASSWORD}
    assert "用户名已被使用" in text_of(admin.post(reverse("staff:user_new"), taken))


def test_a_role_needs_its_unit_and_the_last_administrator_stays(as_: As, people) -> None:
    admin, clerk = as_("admin"), people["clerk"]
    url = reverse("staff:user_edit", args=[clerk.public_id])
    half = admin.post(url, _roles(clerk, (Role.TOWN_CLERK, "")))
    assert half.status_code == 422
    assert "请选择岗位所在的单位" in text_of(half)
    own = reverse("staff:user_edit", args=[people["admin"].public_id])
    refused = admin.post(own, _roles(people["admin"]))
    assert refused.status_code == 409
    assert "最后一名系统管理员" in text_of(refused)
    assert people["admin"].assignments.count() == 1


def test_two_administrators_on_one_person_the_second_is_told(as_: As, people) -> None:
    admin, clerk = as_("admin"), people["clerk"]
    town, water = (OrgUnit.objects.get(name=name) for name in ("福善镇", "区水务局"))
    mine = _roles(clerk, (Role.TOWN_CLERK, town.pk))
    set_roles(
        actor=None,
        public_id=clerk.public_id,
        revision=clerk.revision,
        roles=[(Role.DEPARTMENT_LIAISON, water.pk)],
    )
    answer = admin.post(reverse("staff:user_edit", args=[clerk.public_id]), mine)
    assert answer.status_code == 409
    page = text_of(answer)
    assert "部门联络员：区水务局" in page
    assert "乡镇街道经办人：福善镇" in page
    assert [a.role for a in clerk.assignments.all()] == [Role.DEPARTMENT_LIAISON]


def test_erasing_a_person_says_how_much_needs_a_reason_and_leaves_no_name(as_: As, people) -> None:
    admin, user = as_("admin"), people["liaison"]
    Opening.objects.create(commitment="c" * 64, salt=b"s" * 32, value="水务联络员", person=user.person)
    url = reverse("staff:user_erase", args=[user.public_id])
    assert "1 个岗位，并销毁日志中 1 处承诺的开启值" in text_of(admin.get(url))
    assert admin.post(url, {"revision": user.revision, "reason": ""}).status_code == 422
    stale = admin.post(url, {"revision": user.revision + 5, "reason": "本人要求"})
    assert stale.status_code == 409
    assert "本人要求</textarea>" in stale.content.decode()
    page = text_of(admin.post(url, {"revision": user.revision, "reason": "本人要求"}, follow=True))
    assert "个人信息已于" in page
    assert "水务联络员" not in page
    assert not Opening.objects.filter(person=user.person).exists()
    assert "水务联络员" not in text_of(admin.get(reverse("staff:users")))
