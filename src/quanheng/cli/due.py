"""`quanheng due …`: what is due, when, and who could come when; each number of the pages once more."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import typer

from quanheng.cli.django import with_database

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from quanheng.instruments.models import Standing
    from quanheng.instruments.waves import WavePlan

app = typer.Typer(help="检定到期：清单、日历、预测、约检计划。", no_args_is_help=True)

_TOWN = typer.Option("", "--town", help="乡镇街道全称")
_KIND = typer.Option("", "--kind", help="种类代码，如 price_scale")
_SETTING = typer.Option("", "--setting", help="场所类型代码，如 market")
_FROM = typer.Option(None, "--from", formats=["%Y-%m-%d"], help="到期日不早于")
_TO = typer.Option(None, "--to", formats=["%Y-%m-%d"], help="到期日不晚于")
_JSON = typer.Option(False, "--json", help="输出 JSON")
_STATES = ("", "overdue", "soon", "later", "never")


@app.command("list")
@with_database
def list_due(
    state: str = typer.Option(
        "", "--due", help="overdue 逾期、soon 即将到期、later 有效期内、never 从未检定"
    ),
    town: str = _TOWN,
    kind: str = _KIND,
    setting: str = _SETTING,
    first: datetime | None = _FROM,
    last: datetime | None = _TO,
    count: bool = typer.Option(False, "--count", help="只输出台数"),
    as_json: bool = _JSON,
) -> None:
    """列出有到期日的器具，先到期的在前。"""
    from quanheng.instruments.selectors import with_rows

    if state not in _STATES:
        raise typer.BadParameter(f"应为 overdue、soon、later 或 never，不是 {state}", param_hint="--due")
    rows = _rows(town, kind, setting, first=_day(first), last=_day(last), due=state)
    if count:
        number = rows.count()
        typer.echo(json.dumps({"count": number}) if as_json else f"{number} 台")
        return
    found = [
        {
            "name": row.instrument.name,
            "serial_no": row.instrument.serial_no,
            "owner": str(row.instrument.owner or ""),
            "place": str(row.instrument.place or ""),
            "town": str(row.instrument.town or ""),
            "due_on": str(row.due_on),
            "rule": row.rule_id,
        }
        for row in with_rows(rows).order_by("due_on", "pk").iterator(chunk_size=2000)
    ]
    _print(found, as_json=as_json, end=f"{len(found)} 台")


@app.command("calendar")
@with_database
def calendar(
    town: str = _TOWN,
    kind: str = _KIND,
    setting: str = _SETTING,
    first: datetime | None = _FROM,
    last: datetime | None = _TO,
    as_json: bool = _JSON,
) -> None:
    """按到期日计数；不给起止日期则从今天起一年。"""
    from quanheng.base import clock
    from quanheng.instruments.due import due_by_day
    from quanheng.kernels.dates import add_months

    begin = _day(first) or clock.today()
    end = _day(last) or add_months(begin, 12)
    by_day = due_by_day(_rows(town, kind, setting), begin, end)
    found = [{"due_on": day.isoformat(), "count": by_day[day]} for day in sorted(by_day)]
    _print(found, as_json=as_json, end=f"合计 {sum(by_day.values())} 台")


@app.command("forecast")
@with_database
def forecast(
    months: int = typer.Option(24, "--months", min=1, max=600, help="多少个月"),
    town: str = _TOWN,
    kind: str = _KIND,
    setting: str = _SETTING,
    as_json: bool = _JSON,
) -> None:
    """按种类和月份预测要检定的台次：现在的到期日，以及其后每个周期。"""
    from quanheng.base import clock
    from quanheng.instruments.columns import kind_name
    from quanheng.instruments.due import forecast as expiries

    by_key = expiries(_rows(town, kind, setting), clock.today(), months)
    found: list[dict[str, Any]] = [
        {"month": f"{month:%Y-%m}", "kind": code, "first": one.first, "again": one.again}
        for (code, month), one in sorted(by_key.items(), key=lambda item: (item[0][1], item[0][0]))
    ]
    shown = [
        {
            "month": row["month"],
            "kind": kind_name(row["kind"]),
            "first": f"到期 {row['first']} 台",
            "again": f"其后再到期 {row['again']} 台次" if row["again"] else "",
        }
        for row in found
    ]
    end = f"合计 {sum(one.total for one in by_key.values())} 台次"
    _print(found if as_json else shown, as_json=as_json, end=end)


@app.command("places")
@with_database
def places(town: str = _TOWN, kind: str = _KIND, setting: str = _SETTING, as_json: bool = _JSON) -> None:
    """按场所计数：逾期、即将到期、有效期内，有没有经纬度。"""
    from quanheng.base import clock
    from quanheng.instruments.columns import STATE_WORDS
    from quanheng.instruments.due_map import due_map

    drawn = due_map(_rows(town, kind, setting), clock.today())
    found = [
        {
            "place": one.place.name,
            "status": one.status,
            "overdue": one.counts.overdue,
            "soon": one.counts.soon,
            "later": one.counts.later,
            "has_coordinates": one.east is not None,
        }
        for one in drawn.places
    ]
    shown = [
        {
            "place": row["place"],
            "counts": "，".join(
                f"{STATE_WORDS[state]} {row[state]}" for state in ("overdue", "soon", "later")
            ),
            "coordinates": "" if row["has_coordinates"] else "没有经纬度",
        }
        for row in found
    ]
    end = f"{len(found)} 处，{drawn.count('overdue')} 处有逾期，{drawn.missing} 处没有经纬度"
    _print(found if as_json else shown, as_json=as_json, end=end)


@app.command("waves")
@with_database
def waves(
    capacity: int | None = typer.Option(None, "--capacity", min=1, help="每周能检多少台；不给则取最低够用的"),
    weeks: int | None = typer.Option(None, "--weeks", min=1, max=104, help="安排几周"),
    town: str = _TOWN,
    kind: str = _KIND,
    setting: str = _SETTING,
    as_json: bool = _JSON,
) -> None:
    """把到期高峰摊平：每周多少台，请谁哪一周来。"""
    from quanheng.base import clock
    from quanheng.instruments.waves import wave_plan
    from quanheng.regulations.packaged import working_calendar

    rows = _rows(town, kind, setting)
    plan = wave_plan(rows, clock.today(), calendar=working_calendar(), weeks=weeks, capacity=capacity)
    if as_json:
        typer.echo(json.dumps(_plan_dict(plan), ensure_ascii=False, indent=1))
        return
    for week in plan.weeks:
        sure = "" if week.is_certain else "（节假日未公布）"
        typer.echo(
            f"{week.on} 工作日 {week.workdays}{sure}：到期 {week.due}，约检后 {week.load}，能检 {week.capacity}"
        )
    for ask in plan.asks:
        typer.echo(f"{ask.week_on} {ask.name} {len(ask.instruments)} 台，最早 {ask.due_on} 到期")
    for ask in plan.unplaced:
        typer.echo(f"排不进去：{ask.name} {len(ask.instruments)} 台，最早 {ask.due_on} 到期")
    typer.echo(
        f"每周 {plan.capacity} 台，最低够用 {plan.least} 台；提前 {plan.lost_days} 台·天；"
        f"排不进去 {len(plan.unplaced)} 家，无人可约 {plan.unreachable} 台"
    )


@app.command("sweep")
@with_database
def sweep_all(as_json: bool = _JSON) -> None:
    """按今天的规则重算每台器具的到期日。"""
    from quanheng.instruments.services.standing import sweep

    done = sweep()
    if as_json:
        typer.echo(json.dumps({"instruments": done.instruments, "changed": done.changed}))
        return
    typer.echo(f"重算 {done.instruments} 台，{done.changed} 台有变化")


def _rows(
    town: str,
    kind: str,
    setting: str,
    *,
    first: date | None = None,
    last: date | None = None,
    due: str = "",
) -> QuerySet[Standing]:
    from quanheng.base import clock
    from quanheng.instruments.due import due_rows
    from quanheng.instruments.enums import Setting
    from quanheng.instruments.selectors import ListQuery
    from quanheng.regulations.selectors import rule_set

    if kind and kind not in rule_set().kinds:
        raise typer.BadParameter(f"没有 {kind} 这个种类", param_hint="--kind")
    if setting and setting not in Setting.values:
        raise typer.BadParameter(f"没有 {setting} 这个场所类型", param_hint="--setting")
    query = ListQuery(town=_town(town), kind=kind, setting=setting, due=due, due_from=first, due_to=last)
    return due_rows(None, query, clock.today())


def _town(name: str) -> int | None:
    from quanheng.core.models import OrgUnit

    if not name:
        return None
    found = OrgUnit.objects.filter(name=name).first()
    if found is None:
        raise typer.BadParameter(f"没有名为 {name} 的单位", param_hint="--town")
    return found.pk


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _print(rows: list[dict[str, Any]], *, as_json: bool, end: str) -> None:
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        typer.echo(" ".join(str(value) for value in row.values() if value != ""))
    typer.echo(end)


def _plan_dict(plan: WavePlan) -> dict[str, Any]:
    visits: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for name, asks in (("asks", plan.asks), ("unplaced", plan.unplaced)):
        for ask in asks:
            visits[name].append(
                {
                    "who": ask.name,
                    "town": ask.town,
                    "week_on": ask.week_on.isoformat() if ask.week_on else None,
                    "instruments": len(ask.instruments),
                    "due_on": ask.due_on.isoformat(),
                    "lost_days": ask.lost_days,
                }
            )
    return {
        "on": plan.on.isoformat(),
        "capacity": plan.capacity,
        "least": plan.least,
        "behind": plan.behind,
        "lost_days": plan.lost_days,
        "unreachable": plan.unreachable,
        "weeks": [
            {
                "on": week.on.isoformat(),
                "workdays": week.workdays,
                "is_certain": week.is_certain,
                "capacity": week.capacity,
                "due": week.due,
                "load": week.load,
            }
            for week in plan.weeks
        ],
        "asks": visits["asks"],
        "unplaced": visits["unplaced"],
    }
