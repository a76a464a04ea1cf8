"""A county at work, small: a plan adopted, a draft waiting, evidence, instruments, a county day, a log."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from quanheng.base import clock
from quanheng.core.models import OrgUnit, User
from quanheng.evaluations.models import MeasurementModel
from quanheng.evaluations.services import save_model
from quanheng.instruments.due import WEEK, monday
from quanheng.instruments.enums import Setting, Use
from quanheng.instruments.models import (
    Appointment,
    CalendarFeed,
    Comparison,
    ImportBatch,
    Instrument,
    Place,
    SavedFilter,
)
from quanheng.instruments.services.appointments import Asked, make_appointments
from quanheng.instruments.services.comparisons import compare_ledger
from quanheng.instruments.services.feeds import open_owner_feed
from quanheng.instruments.services.filing import file_instruments
from quanheng.instruments.services.filters import save_filter
from quanheng.instruments.services.importing.batches import (
    answer_headings,
    confirm_import,
    receive_ledger,
    try_import,
)
from quanheng.instruments.services.importing.rows import Defaults
from quanheng.instruments.services.importing.running import run_import
from quanheng.instruments.services.places import PlaceDetails, save_place
from quanheng.instruments.services.registry import InstrumentDetails, register_instrument
from quanheng.parties.enums import PartyKind
from quanheng.parties.models import Party
from quanheng.parties.services import PartyDetails, open_account_unit, save_party
from quanheng.regulations.models import RuleVersion
from quanheng.regulations.services import confirm_rule, load_packaged_rules
from quanheng.taskboard.models import DayRun, Evidence, Plan, PlanVersion, Task
from quanheng.taskboard.services.evidence import file_evidence
from quanheng.taskboard.services.measures import measure_task_by
from quanheng.taskboard.services.plans import adopt_version, receive_document
from quanheng.transparency.sequencer import sequence
from tests.evaluations.making import MODEL, laboratory
from tests.plans import PLAN, REVISED
from tests.web.certificate_world import make_certificates
from tests.web.fleet_world import make_fleet
from tests.web.followup_world import make_follow_ups
from tests.web.laboratory_world import make_laboratory
from tests.web.lots_world import make_lots
from tests.web.manufacturer_world import make_manufacturer
from tests.web.verification_world import make_recall

STRANGER = "别处演示"  # begins the names of what is not the owner's and not in the clerk's town


@dataclass(frozen=True)
class World:
    """What the tests of pages and operations find."""

    people: dict[str, User]
    plan: Plan
    version: PlanVersion
    draft: PlanVersion
    task: Task  # the water bureau's and the market bureau's; no town takes part in it
    evidence: Evidence  # filed by the liaison of the water bureau
    day: DayRun
    unit: OrgUnit  # the water bureau
    party: Party  # the owner's shop, in the clerk's town
    place: Place  # a market of that town
    instrument: Instrument  # filed; this and the next two stand in that market and are the owner's
    submitted: Instrument
    draft_instrument: Instrument
    rule: RuleVersion  # of price scales, confirmed against a scan
    coming_rule: RuleVersion  # not confirmed
    comparison: Comparison  # with the e-CQS ledger, one difference open
    feed: CalendarFeed  # of the owner's shop
    appointment: Appointment  # of that market, next week, with the filed instrument
    saved_filter: SavedFilter  # the officer's
    tried_batch: ImportBatch  # a ledger that waits for confirmation
    imported_batch: ImportBatch  # another one, imported, one row left out
    laboratory: OrgUnit  # of verifier, checker and signatory
    model: MeasurementModel  # of that laboratory, saved by the verifier


def build_world(people: dict[str, User]) -> World:
    """Make it.  The county must be loaded, ``people`` be its cast."""
    officer, liaison = people["officer"], people["liaison"]
    version = receive_document(actor=officer, data=PLAN.encode(), filename="plan.txt")
    plan = adopt_version(actor=officer, public_id=version.public_id)
    draft = receive_document(actor=officer, data=REVISED.encode(), filename="revised.txt")
    water = OrgUnit.objects.get(name="区水务局")
    task = plan.tasks.get(title="公布供水计量信息")
    task = measure_task_by(
        actor=officer,
        task_id=task.public_id,
        revision=task.revision,
        targets={"task.units_filing_percent": Decimal("99.5"), "task.evidence": None},
    )
    evidence = file_evidence(
        actor=liaison,
        task_id=task.public_id,
        unit_id=water.pk,
        happened_on=clock.today(),
        data=b"%PDF-1.7 meters of the second quarter",
        filename="二季度水表.pdf",
    )
    line = {"text": "日志 9 条。", "command": "quanheng log check log", "is_ok": True}
    day = DayRun.objects.create(
        state="done",
        started_at=clock.now(),
        finished_at=clock.now(),
        steps_total=1,
        steps=[{"name": "日志", "lines": [line]}],
    )
    rule, coming_rule = _rules(officer)
    party, place = _shop(officer)
    instrument, submitted, draft_instrument = _instruments(officer, party, place)
    ledger = "出厂编号,器具名称,规格型号\nSN2024999,电子计价秤,ACS-30\n".encode()
    comparison = compare_ledger(actor=officer, data=ledger, filename="ecqs.csv")
    feed = open_owner_feed(actor=officer, public_id=party.public_id)
    visit = Asked(monday(clock.today()) + WEEK, (instrument.pk,), place_id=place.pk)
    [appointment] = make_appointments(actor=officer, asked=[visit])
    saved_filter = save_filter(user=officer, name="逾期的秤", query="kind=price_scale&due=overdue")
    tried_batch, imported_batch = _batches(officer)
    unit_id = laboratory().pk
    model = save_model(actor=people["verifier"], unit_id=unit_id, name="演示模型", text=MODEL).model
    make_laboratory(people)
    make_certificates(people, instrument, submitted)
    make_recall(people)
    make_fleet(people["officer"])
    make_manufacturer(people)
    make_lots(people["officer"])
    make_follow_ups(people)
    sequence()
    plan.refresh_from_db()
    version.refresh_from_db()
    return World(
        people,
        plan,
        version,
        draft,
        task,
        evidence,
        day,
        water,
        party,
        place,
        instrument,
        submitted,
        draft_instrument,
        rule,
        coming_rule,
        comparison,
        feed,
        appointment,
        saved_filter,
        tried_batch,
        imported_batch,
        laboratory(),
        model,
    )


def _rules(officer: User) -> tuple[RuleVersion, RuleVersion]:
    load_packaged_rules()
    rule, coming_rule = RuleVersion.objects.filter(key="price_scale").order_by("number")
    rule = confirm_rule(
        actor=officer,
        public_id=rule.public_id,
        revision=rule.revision,
        against="JJG 539-2016",
        clause="7.5",
        data=b"%PDF-1.7 page 9",
        filename="规程.pdf",
    )
    return rule, coming_rule


def _shop(officer: User) -> tuple[Party, Place]:
    town = OrgUnit.objects.get(name="亭子镇")
    shop = PartyDetails(name="达川演示超市", kind=PartyKind.BUSINESS, town=town)
    party = save_party(actor=officer, public_id=None, revision=0, details=shop)
    party = open_account_unit(actor=officer, public_id=party.public_id)
    market = PlaceDetails(
        name="亭子镇演示集贸市场",
        setting=Setting.MARKET,
        town=town,
        longitude=Decimal("107.52"),
        latitude=Decimal("31.21"),
    )
    return party, save_place(actor=officer, public_id=None, revision=0, details=market)


def elsewhere(world: World) -> World:
    """Return the same county with the things of somebody else, in another town, in place of those at hand."""
    officer = world.people["officer"]
    town = OrgUnit.objects.get(name="石桥镇")
    shop = PartyDetails(name=f"{STRANGER}商行", kind=PartyKind.BUSINESS, town=town)
    party = save_party(actor=officer, public_id=None, revision=0, details=shop)
    market = PlaceDetails(name=f"{STRANGER}市场", setting=Setting.MARKET, town=town)
    place = save_place(actor=officer, public_id=None, revision=0, details=market)
    instrument, submitted, draft = _instruments(officer, party, place, first_serial=901)
    make_certificates(world.people, instrument, submitted)
    visit = Asked(monday(clock.today()) + WEEK, (instrument.pk,), place_id=place.pk)
    [appointment] = make_appointments(actor=officer, asked=[visit])
    return replace(
        world,
        party=party,
        place=place,
        instrument=instrument,
        submitted=submitted,
        draft_instrument=draft,
        appointment=appointment,
        feed=open_owner_feed(actor=officer, public_id=party.public_id),
    )


def _instruments(officer: User, party: Party, place: Place, *, first_serial: int = 101) -> list[Instrument]:
    """A filed one, a submitted one and a draft."""
    made = []
    for number, submit in enumerate((True, True, False), first_serial):
        details = InstrumentDetails(
            name="电子计价秤",
            model="ACS-30",
            serial_no=f"SN2024{number}",
            manufacturer="演示衡器厂",
            accuracy_class="Ⅲ",
            measuring_range="0～30 kg",
            use=Use.TRADE,
            owner=party,
            place=place,
            spot=f"{number} 号摊位",
        )
        made.append(register_instrument(actor=officer, details=details, submit=submit))
    file_instruments(actor=officer, public_ids=[made[0].public_id])
    for instrument in made:
        instrument.refresh_from_db()
    return made


def _batches(officer: User) -> tuple[ImportBatch, ImportBatch]:
    heading, made = "使用单位,器具名称,出厂编号,制造单位\n", []
    for text in (
        "演示粮站,电子计价秤,SN2025001,演示衡器厂\n",
        "演示诊所,血压计,SN2025002,演示医疗\n,血压计,SN2,\n",
    ):
        batch = receive_ledger(actor=officer, data=(heading + text).encode(), filename="演示台账.csv")
        batch = answer_headings(actor=officer, public_id=batch.public_id, revision=batch.revision, answers={})
        made.append(
            try_import(public_id=batch.public_id, revision=batch.revision, defaults=Defaults(use=Use.TRADE))
        )
    tried, confirmed = made
    confirm_import(actor=officer, public_id=confirmed.public_id, revision=confirmed.revision)
    return tried, run_import(confirmed.public_id)
