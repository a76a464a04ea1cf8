"""The named cast: one person for each role, as in a county of ours."""

from __future__ import annotations

from quanheng.core.enums import Role
from quanheng.core.models import OrgUnit, RoleAssignment, User

PASSWORD = "演示-only-7391"

# role: (username, display name, unit)
CAST: dict[Role, tuple[str, str, str]] = {
    Role.ADMINISTRATOR: ("admin", "系统管理员甲", "区市场监管局"),
    Role.METROLOGY_OFFICER: ("officer", "计量股甲", "区市场监管局"),
    Role.INSPECTOR: ("inspector", "检查员甲", "区市场监管局"),
    Role.DEPARTMENT_LIAISON: ("liaison", "水务联络员", "区水务局"),
    Role.TOWN_CLERK: ("clerk", "亭子镇经办", "亭子镇"),
    Role.VERIFIER: ("verifier", "张检定", "达川区计量检定所（演示）"),
    Role.CHECKER: ("checker", "李核验", "达川区计量检定所（演示）"),
    Role.SIGNATORY: ("signatory", "王签字", "达川区计量检定所（演示）"),
    Role.INSTRUMENT_OWNER: ("owner", "赵户", "达川演示超市"),
    Role.MANUFACTURER: ("maker", "制表企业经办", "演示电能表厂"),
    Role.AUDITOR: ("auditor", "审计甲", "达川区"),
}


def make_people() -> dict[str, User]:
    """Create the cast and return it by username.  The county must be loaded."""
    people = {}
    for role, (username, display_name, unit) in CAST.items():
        user = User.objects.create_user(username, password=PASSWORD, display_name=display_name)
        RoleAssignment.objects.create(user=user, role=role, unit=OrgUnit.objects.get(name=unit))
        people[username] = user
    return people
