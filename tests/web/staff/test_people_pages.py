from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
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


def test_a_new_subdistrict_is_told_its_group_at_once(as_: As) -> None:
    officer, group = as_("officer"), OrgUnit.objects.get(name="各街道办事处")
    new = reverse("staff:unit_new")
    assert "所属统称" in text_of(officer.get(new))
    form = {"revision": 0, "name": "新城街道", "kind": "subdistrict", "is_active": "on", "groups": [group.pk]}
    assert officer.post(new, form).status_code == 302
    assert group.members.filter(name="新城街道").exists()


def test_the_members_of_a_group_are_ticked_under_their_kinds(as_: As) -> None:
    officer, group = as_("officer"), OrgUnit.objects.get(name="各街道办事处")
    url = reverse("staff:unit_edit", args=[group.pk])
    lists = dict(officer.get(url).context["form"].lists())
    assert set(lists) == {"部门", "乡镇", "街道", "技术机构", "使用单位", "制造企业"}
    ticked = [box.choice_label for boxes in lists.values() for box in boxes if box.data["selected"]]
    assert ticked == [unit.name for unit in group.members.all()]
    two = list(group.members.values_list("pk", flat=True)[:2])
    assert officer.post(url, _unit_form(group, members=two)).status_code == 302
    assert set(group.members.values_list("pk", flat=True)) == set(two)
    wrong = officer.post(url, _unit_form(OrgUnit.objects.get(pk=group.pk), members=[group.pk]))
    assert wrong.status_code == 422


def test_a_member_that_is_switched_off_stays_in_the_form_of_its_group(as_: As) -> None:
    group = OrgUnit.objects.get(name="各街道办事处")
    OrgUnit.objects.filter(name="翠屏街道").update(is_active=False)
    OrgUnit.objects.filter(name="区水务局").update(is_active=False)
    page = text_of(as_("officer").get(reverse("staff:unit_edit", args=[group.pk])))
    assert "翠屏街道" in page
    assert "区水务局" not in page


def test_a_group_is_made_on_a_form_of_its_own(as_: As) -> None:
    officer, police = as_("officer"), OrgUnit.objects.get(name="区公安分局")
    url = f"{reverse('staff:unit_new')}?kind=group"
    form = {"revision": 0, "name": "各执法单位", "kind": "group", "is_active": "on", "members": [police.pk]}
    assert officer.post(url, form).status_code == 302
    assert list(OrgUnit.objects.get(name="各执法单位").members.all()) == [police]
    assert officer.post(reverse("staff:unit_new"), form | {"name": "另一统称"}).status_code == 422


def test_who_lost_a_race_about_members_sees_both_lists(as_: As) -> None:
    officer, group = as_("officer"), OrgUnit.objects.get(name="各街道办事处")
    first, second = group.members.all()[:2]
    mine = _unit_form(group, members=[first.pk])
    save_unit(
        actor=None,
        unit_id=group.pk,
        revision=group.revision,
        kind=UnitKind.GROUP,
        name=group.name,
        members=[second.pk],
    )
    answer = officer.post(reverse("staff:unit_edit", args=[group.pk]), mine)
    assert answer.status_code == 409
    shown = {(d.label, d.present, d.yours) for d in answer.context["differences"]}
    assert shown == {("成员", second.name, first.name)}
    assert list(group.members.all()) == [second]


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


def test_an_administrator_is_not_offered_to_erase_themselves_and_is_refused(as_: As, people) -> None:
    admin = as_("admin")
    for username, is_offered in (("admin", False), ("clerk", True)):
        page = admin.get(reverse("staff:user_edit", args=[people[username].public_id]))
        erase = reverse("staff:user_erase", args=[people[username].public_id])
        assert (erase in page.content.decode()) is is_offered
    url = reverse("staff:user_erase", args=[people["admin"].public_id])
    refused = admin.post(url, {"revision": 1, "reason": "离职"})
    assert refused.status_code == 409
    assert "另一名系统管理员" in text_of(refused)
    assert admin.get(url).status_code == 200  # still signed in


def test_a_forgotten_password_is_reset_on_a_page_that_says_what_ends(as_: As, people) -> None:
    admin, clerk = as_("admin"), people["clerk"]
    url = reverse("staff:user_password", args=[clerk.public_id])
    assert url in admin.get(reverse("staff:user_edit", args=[clerk.public_id])).content.decode()
    page = admin.get(url)
    assert "此人在各处的登录立即失效" in text_of(page)
    assert "remove_second_factor" not in page.content.decode()  # there is none to remove
    weak = admin.post(url, {"revision": clerk.revision, "password": "12345"})
    assert (weak.status_code, "12345" in weak.content.decode()) == (409, False)
    done = admin.post(url, {"revision": clerk.revision, "password": f"{PASSWORD}-2"}, follow=True)
    assert "密码已重设" in text_of(done)
    assert "管理员重设密码" in text_of(done)
    clerk.refresh_from_db()
    assert clerk.check_password(f"{PASSWORD}-2")


def test_a_lost_second_factor_is_removed_with_the_password(as_: As, people) -> None:
    admin, clerk = as_("admin"), people["clerk"]
    Authenticator.objects.create(user=clerk, type=Authenticator.Type.TOTP, data={})
    url = reverse("staff:user_password", args=[clerk.public_id])
    assert "同时取消两步验证" in text_of(admin.get(url))
    form = {"revision": clerk.revision, "password": f"{PASSWORD}-2", "remove_second_factor": "on"}
    assert admin.post(url, form).status_code == 302
    assert not Authenticator.objects.filter(user=clerk).exists()


def test_ones_own_password_is_not_reset_there(as_: As, people) -> None:
    admin, me = as_("admin"), people["admin"]
    own = admin.get(reverse("staff:user_edit", args=[me.public_id]))
    url = reverse("staff:user_password", args=[me.public_id])
    assert url not in own.content.decode()
    refused = admin.post(url, {"revision": me.revision, "password": f"{PASSWORD}-2"})
    assert refused.status_code == 409
    assert "凭原密码" in text_of(refused)


def test_the_name_in_the_head_leads_to_ones_own_account_with_or_without_a_role(as_: As, people) -> None:
    url = reverse("staff:account")
    clerk = as_("clerk")
    assert f'<a href="{url}">亭子镇经办</a>' in clerk.get(reverse("staff:today")).content.decode()
    page = clerk.get(url)
    assert "乡镇街道经办人 · 亭子镇" in text_of(page)
    assert reverse("account_change_password") in page.content.decode()
    assert reverse("mfa_activate_totp") in page.content.decode()
    people["clerk"].assignments.all().delete()
    assert "没有岗位" in text_of(clerk.get(url))
