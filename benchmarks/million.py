"""A county of a million instruments with invented owners, for the benchmarks that need a large one.

    python benchmarks/million.py [--instruments 1000000] [--home DIR]

fills the empty database of that home folder (or of QUANHENG_DATABASE_URL) and says how long it took.
The same seed and day give the same instruments.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import Model

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "dachuan"
INSTRUMENTS = 1_000_000
OWNERS_PER_INSTRUMENT, PLACES_PER_INSTRUMENT = 0.06, 0.02
KINDS = 60
SEED = 20261123
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
_GIVEN = (
    "安邦诚达恩丰福广国海恒宏鸿华辉吉嘉建锦久聚凯康乐利隆茂民宁鹏启庆荣瑞盛顺泰通万旺祥新信兴旭裕源远泽正志中"
)
_TRADES = ("商行", "超市", "粮油店", "水果店", "药房", "饭店", "加油站", "诊所", "建材有限公司", "食品厂")
_MAKERS = ("演示衡器厂", "示例仪表有限公司", "样板计量设备厂", "范本仪器有限公司", "演示电子有限公司")
_NEVER, _REJECTED, _LATE_SHARE = 0.03, 0.01, 1.03  # shares; verifications reach this far back of the period


@contextmanager
def started(home: str = "") -> Iterator[str]:
    """Start Django in ``home``, or in a folder that is removed afterwards, with all tables made."""
    with tempfile.TemporaryDirectory() as other:
        os.environ |= {
            "QUANHENG_HOME": home or other,
            "QUANHENG_INSECURE_HTTP": "1",
            "QUANHENG_ALLOWED_HOSTS": "testserver",
            "DJANGO_SETTINGS_MODULE": "quanheng.config.settings",
        }
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        try:
            yield connection.vendor
        finally:
            connection.close()


def make(instruments: int = INSTRUMENTS) -> None:
    """Fill an empty database; standings are left to the sweep.  Harmless where it is filled already."""
    from django.db import transaction

    from quanheng.core.county import load_county, read_county
    from quanheng.core.models import OrgUnit
    from quanheng.instruments.models import Instrument, Place, VerificationRecord
    from quanheng.parties.models import Party

    if Instrument.objects.exists():
        return
    load_county(read_county(EXAMPLE / "county.yaml"))
    _person()
    dice = random.Random(SEED)
    towns = list(OrgUnit.objects.filter(kind__in=("town", "subdistrict")).values_list("pk", flat=True))
    owners = [_owner(dice, n, towns) for n in range(1, max(2, int(instruments * OWNERS_PER_INSTRUMENT)))]
    places = [_place(dice, n, towns) for n in range(1, max(2, int(instruments * PLACES_PER_INSTRUMENT)))]
    with transaction.atomic():
        _fill(Party, owners)
        _fill(Place, places)
        _fill(Instrument, (_instrument(dice, n, owners, places) for n in range(1, instruments + 1)))
        _fill(VerificationRecord, _records(dice, instruments))
    analyse()


def analyse() -> None:
    """Let the database count what it has, as it does by itself when it has been up for a while."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _person() -> None:
    from quanheng.core.enums import Role
    from quanheng.core.models import OrgUnit, RoleAssignment, User

    user = User.objects.create_user("officer", display_name="计量股甲")
    RoleAssignment.objects.create(
        user=user, role=Role.METROLOGY_OFFICER, unit=OrgUnit.objects.get(name="区市场监管局")
    )


def _identity(dice: random.Random) -> str:
    return uuid.UUID(int=dice.getrandbits(128), version=4).hex


def _owner(dice: random.Random, number: int, towns: Sequence[int]) -> dict[str, Any]:
    from quanheng.kernels.credit_code import check_character
    from quanheng.kernels.text_keys import initials, name_key

    given = "".join(dice.choices(_GIVEN, k=3))
    name = f"{dice.choice(_SURNAMES)}{given}{dice.choice(_TRADES)}{number}"
    body = f"92511703MA{number:07d}"
    return {
        "id": number,
        "public_id": _identity(dice),
        "kind": "business",
        "name": name,
        "name_key": name_key(name),
        "initials": initials.__wrapped__(name),
        "credit_code": body + check_character(body),
        "town_id": dice.choice(towns),
        "address": "",
        "contact_name": "",
        "contact_phone": "",
        "is_demo": True,
        "revision": 1,
    }


def _place(dice: random.Random, number: int, towns: Sequence[int]) -> dict[str, Any]:
    from quanheng.kernels.text_keys import initials, name_key

    setting, word = dice.choices(
        (
            ("market", "集贸市场"),
            ("shop", "商店"),
            ("fuel_station", "加油站"),
            ("health", "卫生院"),
            ("industry", "厂区"),
            ("utility", "小区"),
        ),
        weights=(4, 40, 6, 10, 20, 20),
    )[0]
    name = f"{''.join(dice.choices(_GIVEN, k=2))}{word}{number}"
    return {
        "id": number,
        "public_id": _identity(dice),
        "setting": setting,
        "name": name,
        "name_key": name_key(name),
        "initials": initials.__wrapped__(name),
        "town_id": dice.choice(towns),
        "address": "",
        "is_demo": True,
        "revision": 1,
    }


def _kinds() -> list[tuple[str, str, str, int]]:
    """Return code, name, use and period [months] of the kinds that the county has."""
    from quanheng.base import clock
    from quanheng.regulations.packaged import packaged_kinds, packaged_rules

    rules, found = packaged_rules(), []
    for kind in list(packaged_kinds())[:KINDS]:
        rule = rules.version_on(kind.code, clock.today())
        use = min(rule.verified_uses, default="other") if rule else "other"
        months = next((term.months for term in rule.terms if term.months), 12) if rule else 12
        found.append((kind.code, kind.name, use, months or 12))
    return found


def _instrument(
    dice: random.Random,
    number: int,
    owners: Sequence[dict[str, Any]],
    places: Sequence[dict[str, Any]],
    kinds: list[tuple[str, str, str, int]] = [],  # noqa: B006  worked out once
) -> dict[str, Any]:
    if not kinds:
        kinds += _kinds()
    code, name, use, _months = kinds[min(int(dice.expovariate(6 / len(kinds))), len(kinds) - 1)]
    place = places[dice.randrange(len(places))]
    serial = f"{dice.randrange(10**6):06d}{number:07d}"
    chance = dice.random()
    maker = dice.choice(_MAKERS)
    return {
        "id": number,
        "public_id": _identity(dice),
        "label_code": f"{number:010d}",
        "name": name,
        "kind": code,
        "model": f"M-{dice.randrange(1, 200)}",
        "serial_no": serial,
        "serial_key": serial,
        "serial_tail": serial[::-1],
        "lookalike_key": serial.lstrip("0"),
        "manufacturer": maker,
        "maker_key": maker,
        "accuracy_class": "" if chance > 0.9 else "Ⅲ",
        "measuring_range": "",
        "details": "{}",
        "parameters": '{"dn_mm": 20}' if code.endswith("water_meter") else "{}",
        "use": use if dice.random() > 0.02 else "unknown",
        "owner_id": owners[dice.randrange(len(owners))]["id"],
        "place_id": place["id"],
        "town_id": place["town_id"],
        "spot": "",
        "filing": "filed" if chance < 0.95 else "submitted" if chance < 0.97 else "draft",
        "condition": "in_use" if chance > 0.03 else "stopped" if chance > 0.01 else "scrapped",
        "condition_evidence": "" if chance > 0.02 else "0" * 64,
        "registered_on": "2024-01-01",
        "is_demo": True,
        "revision": 1,
        "_months": _months,
    }


def _records(dice: random.Random, instruments: int) -> Iterator[dict[str, Any]]:
    """The last verification of each, spread over its period and a little beyond."""
    from quanheng.base import clock
    from quanheng.instruments.models import Instrument

    months = {code: period for code, _name, _use, period in _kinds()}
    today, at = clock.today(), clock.now().isoformat()
    kinds = dict(Instrument.objects.values_list("pk", "kind"))
    for number in range(1, instruments + 1):
        chance = dice.random()
        if chance < _NEVER:
            continue
        back = dice.randrange(1, int(months[kinds[number]] * 30.4 * _LATE_SHARE))
        yield {
            "id": number,
            "instrument_id": number,
            "verified_on": (today - timedelta(days=back)).isoformat(),
            "certificate_no": f"Z{number:08d}",
            "institution": "",
            "verdict": "rejected" if chance < _NEVER + _REJECTED else "passed",
            "recorded_at": at,
        }


def _fill(model: type[Model], rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows that bear their own ids, as fast as the database takes them."""
    from django.db import connection

    table = model._meta.db_table
    rows = iter(rows)
    first = next(rows)
    columns = [name for name in first if not name.startswith("_")]
    names = ", ".join(f'"{name}"' for name in columns)
    values = ([row[name] for name in columns] for row in _again(first, rows))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for line in values:
                    copy.write_row(line)
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
            )
        else:
            marks = ", ".join("?" for _ in columns)
            connection.connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)


def _again(first: dict[str, Any], rest: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield first
    yield from rest


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--instruments", type=int, default=INSTRUMENTS)
    parser.add_argument("--home", default="")
    given = parser.parse_args()
    with started(given.home) as vendor:
        start = time.perf_counter()
        make(given.instruments)
        print(f"{vendor}: {given.instruments} instruments in {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
