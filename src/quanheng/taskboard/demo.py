"""The demonstration county: seeded, marked as demonstration everywhere, the same on every machine."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import yaml
from django.db import transaction
from pydantic import BaseModel, ConfigDict, ValidationError

from quanheng.base import clock
from quanheng.certificates.demo.file import read_institute
from quanheng.certificates.demo.load import load_institute
from quanheng.core.county import load_county, read_county
from quanheng.core.enums import Role
from quanheng.core.models import County, OrgUnit, User
from quanheng.core.services import create_user, set_roles
from quanheng.followups.demo import load_demo_followups
from quanheng.instruments.demo.load import load_instruments
from quanheng.manufacturers.demo import load_demo_manufacturer
from quanheng.regulations.services import load_packaged_rules
from quanheng.taskboard.errors import BadDemo
from quanheng.taskboard.intake import intake_folder
from quanheng.taskboard.models import Plan, Task
from quanheng.taskboard.services.evidence import file_evidence
from quanheng.taskboard.services.measures import measure_task_by
from quanheng.taskboard.services.plans import adopt_version, receive_document


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DemoPerson(_Strict):
    """An account that everybody may use."""

    username: str
    name: str
    role: Role
    unit: str


class DemoIndicator(_Strict):
    """An indicator linked to a task."""

    task: str
    name: str
    target: Decimal | None = None


class DemoEvidence(_Strict):
    """Made-up evidence of some units for one task, on seeded days before today."""

    task: str
    units: list[str]
    within_days: int = 0
    older_than_days: int = 0


class DemoFile(_Strict):
    """examples/…/demo.yaml."""

    password: str
    people: list[DemoPerson]
    indicators: list[DemoIndicator]
    seed: int
    evidence: list[DemoEvidence]
    instruments: bool = False  # whether ledgers of invented instruments are put into the intake folder


def load_demo(folder: Path) -> DemoFile:
    """Make the demonstration county of ``folder``; what is there already stays as it is.

    Raises
    ------
    BadDemo, BadCountyFile
        A file is missing or wrong, or the county is not marked as a demonstration.
    """
    county = read_county(folder / "county.yaml")
    if not county.is_demo:
        raise BadDemo(reason="county.yaml 没有标明 is_demo: true。")
    demo = read_demo(folder / "demo.yaml")
    with transaction.atomic():
        load_county(county)
        if not County.objects.get().is_demo:
            raise BadDemo(reason="本系统装的是正式县区，不能载入口令公开的演示账号。")
        for person in demo.people:
            _make_account(person, demo.password)
        if not Plan.objects.exists():
            _make_work(folder / "plan.yaml", demo)
    return demo


def load_demo_instruments(demo: DemoFile) -> int:
    """Load the rules, and put the ledgers of the demonstration into the intake; return how many.

    None where the county has instruments: a demonstration is made once.
    """
    load_packaged_rules()
    if not demo.instruments:
        return 0
    return load_instruments(officer=_officer(demo), seed=demo.seed, intake=intake_folder())


def load_demo_institute(demo: DemoFile, folder: Path) -> int:
    """Make the institute of ``folder``, where it has one; return how many work order files wait in the intake.

    Raises
    ------
    BadDemo
        institute.yaml is wrong.
    """
    path = folder / "institute.yaml"
    if not path.exists():
        return 0
    try:
        file = read_institute(path)
    except ValueError as error:
        raise BadDemo(reason=str(error)) from error
    return load_institute(file, officer=_officer(demo), intake=intake_folder())


def load_demo_follow_ups(demo: DemoFile) -> int:
    """Follow the suspects of the demonstration's supply areas; return how many meters are followed."""
    return load_demo_followups(officer=_officer(demo))


def load_demo_maker(demo: DemoFile) -> int:
    """Authorise the demonstration's maker of meters; return how many meters it has delivered."""
    return load_demo_manufacturer(_officer(demo))


def _officer(demo: DemoFile) -> User:
    name = next(person.username for person in demo.people if person.role is Role.METROLOGY_OFFICER)
    return User.objects.get(username=name)


def read_demo(path: Path) -> DemoFile:
    """Read demo.yaml.  BadDemo if it is missing or wrong."""
    try:
        return DemoFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise BadDemo(reason=str(error)) from error


def _make_account(person: DemoPerson, password: str) -> None:
    if User.objects.filter(username=person.username).exists():
        return
    user = create_user(
        actor=None, username=person.username, display_name=person.name, password=password, is_demo=True
    )
    unit = OrgUnit.objects.get(name=person.unit)
    set_roles(actor=None, public_id=user.public_id, revision=user.revision, roles=[(person.role, unit.pk)])


def _make_work(plan_file: Path, demo: DemoFile) -> None:
    officer = _officer(demo)
    draft = receive_document(actor=officer, data=plan_file.read_bytes(), filename=plan_file.name)
    plan = adopt_version(actor=officer, public_id=draft.public_id, is_demo=True)
    tasks = {task.label: task for task in plan.tasks.all()}
    for label in dict.fromkeys(link.task for link in demo.indicators):
        task = tasks[label]
        targets = {link.name: link.target for link in demo.indicators if link.task == label}
        measure_task_by(actor=officer, task_id=task.public_id, revision=task.revision, targets=targets)
    dice = random.Random(demo.seed)  # noqa: S311  seeded on purpose: the same county everywhere
    for entry in demo.evidence:
        for name in entry.units:
            _make_evidence(tasks[entry.task], name, entry, dice, officer)


def _make_evidence(
    task: Task, unit_name: str, entry: DemoEvidence, dice: random.Random, officer: User
) -> None:
    age = entry.older_than_days + dice.randint(1, entry.within_days or 30)
    happened_on = clock.today() - timedelta(days=age)
    text = (
        f"演示数据，不是真实材料。\n任务：{task.label} {task.title}\n单位：{unit_name}\n日期：{happened_on}\n"
    )
    file_evidence(
        actor=officer,
        task_id=task.public_id,
        unit_id=OrgUnit.objects.get(name=unit_name).pk,
        happened_on=happened_on,
        data=text.encode(),
        filename=f"演示佐证-{unit_name}.txt",
        is_demo=True,
    )
