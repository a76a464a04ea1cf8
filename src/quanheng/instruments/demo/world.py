"""What stands in the demonstration county: invented owners, places and instruments from a seed.

Pure: the same seed, day and towns give the same county on every machine.  All names begin with 演示 or
contain it, credit codes are of a series marked DEM, coordinates are dice throws within the district.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from quanheng.instruments.demo.makes import (
    BARCODE,
    CHARGER_AC,
    CHARGER_DC,
    FUEL,
    GAUGE,
    HEALTH,
    PLATFORM,
    POWER,
    PRICE,
    TAXI,
    TRUCK,
    WARD,
    WATER,
    Make,
)
from quanheng.kernels.credit_code import check_character
from quanheng.kernels.dates import ValidityConvention, last_valid_day

# The district from south-west to north-east [degree, WGS 84], roughly; towns are thrown into it.
WEST, EAST, SOUTH, NORTH = 107.15, 107.70, 30.85, 31.30
CENTRE = (107.512, 31.196)
TOWN_RADIUS, CENTRE_RADIUS = 0.012, 0.03
OVERDUE_SHARE = 0.04
NEVER_SHARE = 0.012
# Charging operators from this number on have filed nothing yet: their ledger brings them to light.
FIRST_UNKNOWN_CHARGING = 12


# As ledgers write the county's institute: an alias in county.yaml.
INSTITUTE = "演示计量检定所"


@dataclass(frozen=True)
class DemoPlace:
    """A place with its town and coordinates [degree]."""

    name: str
    setting: str
    town: str
    longitude: Decimal
    latitude: Decimal


@dataclass(frozen=True)
class DemoOwner:
    """A user of instruments; ``parent`` is the chain that it belongs to, by name."""

    name: str
    kind: str
    town: str
    credit_code: str
    parent: str = ""


@dataclass(frozen=True)
class Item:
    """An instrument as its ledger knows it.  Dates may be missing: never verified, or not told."""

    name: str
    model: str
    serial: str
    maker: str
    accuracy: str
    range: str
    use: str
    owner: str
    place: str
    spot: str
    town: str
    months: int
    last_on: date | None
    valid_until: date | None
    certificate: str
    installed_on: date | None = None
    bore_mm: int | None = None


@dataclass
class DemoWorld:
    """The county: places and owners that the bureau knows, instruments by the ledger they stand in."""

    places: list[DemoPlace] = field(default_factory=list)
    owners: list[DemoOwner] = field(default_factory=list)
    items: dict[str, list[Item]] = field(default_factory=dict)


MARKETS = (
    ("三里坪街道", 62),
    ("翠屏街道", 55),
    ("石桥镇", 48),
    ("麻柳镇", 40),
    ("亭子镇", 36),
    ("石梯镇", 32),
    ("管村镇", 27),
)
_AREAS = ("蔬菜区", "肉类区", "水产区", "干货区", "水果区")


def make_world(*, seed: int, today: date, towns: Sequence[str], streets: Sequence[str]) -> DemoWorld:
    """Return the county as it is on ``today``; ``towns`` and ``streets`` are those of the county file."""
    return _Maker(seed, today, tuple(towns), tuple(streets)).world()


class _Maker:
    """Throws the dice.  Each sector has its own, so that a change of one leaves the others as they are."""

    def __init__(self, seed: int, today: date, towns: tuple[str, ...], streets: tuple[str, ...]) -> None:
        self.seed, self.today, self.towns, self.streets = seed, today, towns, streets
        self.dice = random.Random(seed)  # noqa: S311  seeded on purpose
        self.made = DemoWorld()
        self._codes = 0
        self._serials: set[tuple[str, str]] = set()
        self._certificates = 10000

    def world(self) -> DemoWorld:
        sectors = (
            self._markets,
            self._fuel,
            self._health,
            self._taxis,
            self._charging,
            self._gauges,
            self._shops,
            self._weighbridges,
            self._water,
            self._power,
            self._works,
        )
        for sector in sectors:
            name = sector.__name__.strip("_")
            self.dice = random.Random(f"{self.seed}:{name}")  # noqa: S311
            self.made.items[name] = sector()
        return self.made

    # ---- sectors ------------------------------------------------------------------------------------------

    def _markets(self) -> list[Item]:
        items, stall = [], 0
        for number, (town, count) in enumerate(MARKETS):
            place = self._place(f"演示{_short(town)}农贸市场", "market", town)
            due_in = (12, 26, 41, 75, 112, 190, 300)[number]
            for at in range(1, count + 1):
                stall += at % 4 != 0  # every fourth scale is the second of its stall
                spot = f"{_AREAS[at * len(_AREAS) // (count + 1)]}{at}号"
                items.append(self._item(PRICE, f"演示商户{stall:03d}", place, spot, due_in))
        return items

    def _fuel(self) -> list[Item]:
        items = []
        for number in range(1, 29):
            town = self._town(number)
            place = self._place(f"演示{_short(town)}{number}号加油站", "fuel_station", town)
            owner = self._owner(
                f"演示能源{_short(town)}{number}号站", "business", town, parent="演示能源销售公司"
            )
            due_in = self.dice.randint(20, 34) if number % 5 in {0, 1, 2} else self.dice.randint(95, 130)
            items += [
                self._item(FUEL, owner, place, f"{pump}号机", due_in)
                for pump in range(1, self.dice.randint(6, 10) + 1)
            ]
        return items

    def _health(self) -> list[Item]:
        homes = [("演示区第一医院", "三里坪街道", 62), ("演示区第二医院", "翠屏街道", 58)]
        homes += [(f"演示{_short(town)}卫生院", town, self.dice.randint(11, 16)) for town in self.towns]
        homes += [(f"演示{number:02d}诊所", self._town(number), 4) for number in range(1, 61)]
        items = []
        for name, town, count in homes:
            place, owner = self._place(name, "health", town), self._owner(name, "institution", town)
            wave = self.dice.randint(45, 75) if self.dice.random() < 0.6 else self.dice.randint(3, 170)  # noqa: PLR2004
            for at in range(1, count + 1):
                make = HEALTH[self.dice.choice(WARD) if count > 4 else at % 3]  # noqa: PLR2004
                items.append(self._item(make, owner, place, f"{1 + at % 3}楼{at}室", wave))
        return items

    def _taxis(self) -> list[Item]:
        items = []
        for company, town, count in (("甲", "三里坪街道", 160), ("乙", "翠屏街道", 130)):
            owner = self._owner(f"演示出租汽车{company}公司", "business", town)
            place = self._place(f"演示出租汽车{company}公司停车场", "transport", town)
            for at in range(1, count + 1):
                due_in = self.dice.randint(8, 30) if at % 5 == 0 else self.dice.randint(3, 360)
                items.append(self._item(TAXI, owner, place, f"演示车{at:03d}", due_in))
        return items

    def _charging(self) -> list[Item]:
        items = []
        for number in range(1, 21):
            town = self.streets[number % len(self.streets)] if number % 2 else self._town(number)
            name = f"演示充电运营{number:02d}公司"
            place, owner = _nowhere(town), name
            if number < FIRST_UNKNOWN_CHARGING:
                place = self._place(f"演示{_short(town)}{number}号充电站", "charging", town)
                owner = self._owner(name, "business", town)
            due_in = self.dice.randint(10, 1000)
            for at in range(1, self.dice.randint(6, 16) + 1):
                make = CHARGER_AC if at % 3 else CHARGER_DC
                items.append(self._item(make, owner, place, f"{at}号桩", due_in))
        return items

    def _gauges(self) -> list[Item]:
        items = []
        for number in range(1, 25):
            town = self._town(number)
            name = f"演示{number:02d}{('食品厂', '水泥厂', '化工厂', '加工厂')[number % 4]}"
            owner, place = self._owner(name, "business", town), self._place(name, "industry", town)
            due_in = self.dice.randint(5, 170)
            for at in range(1, self.dice.randint(22, 36) + 1):
                spot = f"{('锅炉房', '空压站', '反应釜', '储罐区')[at % 4]}{at}号"
                item = self._item(GAUGE, owner, place, spot, due_in)
                # Not every gauge guards safety: the others need no verification.
                items.append(replace(item, use="其他用途") if at % 12 == 0 else item)
        return items

    def _shops(self) -> list[Item]:
        items = []
        for number in range(1, 111):
            town = self._town(number)
            chain = "演示惠民超市公司" if number % 6 == 0 else ""
            name = f"演示惠民{number // 6:02d}超市" if chain else f"演示便民{number:03d}商店"
            owner = self._owner(name, "business" if chain else "individual", town, parent=chain)
            place = self._place(name, "shop", town)
            due_in = self.dice.randint(4, 355)
            makes = (
                [BARCODE, BARCODE, PRICE, PRICE, PLATFORM, PRICE]
                if chain
                else [PRICE, PRICE, PLATFORM, PRICE]
            )
            for at, make in enumerate(makes, 1):
                item = self._item(make, owner, place, f"{at}号台", due_in)
                items.append(replace(item, use="") if number % 11 == 0 and at == 1 else item)
        return items

    def _weighbridges(self) -> list[Item]:
        items = []
        for number in range(1, 31):
            town = self._town(number + 3)
            name = f"演示{number:02d}粮站" if number % 2 else f"演示石料{number:02d}场"
            owner = self._owner(name, "business", town)
            place = self._place(name, "depot" if number % 2 else "industry", town)
            due_in = self.dice.randint(4, 355)
            items += [self._item(TRUCK, owner, place, f"{at}号磅", due_in) for at in (1, 2)]
        return items

    def _water(self) -> list[Item]:
        return self._meters(WATER, "供水", 48, 24, (15, 20))

    def _power(self) -> list[Item]:
        return self._meters(POWER, "供电", 40, 21, ())

    def _meters(self, make: Make, what: str, batches: int, size: int, bores: tuple[int, ...]) -> list[Item]:
        """Batches of meters of a supplier's branches, each put up within a week in one housing estate."""
        items = []
        for batch in range(batches):
            town = self._town(batch * 2)
            place = self._place(f"演示{_short(town)}{1 + batch % 3}号小区", "utility", town)
            branch = f"演示{what}公司{_short(town)}所"
            owner = self._owner(branch, "business", town, parent=f"演示{what}总公司")
            due_in = 55 if batch == 0 else self.dice.randint(30, make.months * 30 - 60)
            bore = bores[batch % len(bores)] if bores else None
            for at in range(1, size + self.dice.randint(0, 4)):
                spot = f"{1 + at // 12}栋{1 + at // 4}单元{101 + at}室"
                items.append(self._item(make, owner, place, spot, due_in, bore=bore))
        return items

    def _works(self) -> list[Item]:
        owner = self._owner("演示精密制造公司", "business", "河市镇")
        place = self._place("演示精密制造公司厂区", "industry", "河市镇")
        makes = (GAUGE, PLATFORM, GAUGE, TRUCK)
        return [
            self._item(makes[at % 4], owner, place, f"{1 + at % 5}号车间", self.dice.randint(10, 150))
            for at in range(36)
        ]

    # ---- parts --------------------------------------------------------------------------------------------

    def _item(
        self, make: Make, owner: str, place: DemoPlace, spot: str, due_in: int, *, bore: int | None = None
    ) -> Item:
        maker = self.dice.choice(make.makers)
        last_on, valid_until = self._dates(make.months, due_in)
        rotates = make in (WATER, POWER)
        self._certificates += 1
        year = last_on.year if last_on else self.today.year
        return Item(
            name=self.dice.choice(make.names),
            model=make.models[(bore or 15) // 5 % len(make.models) - 1]
            if bore
            else self.dice.choice(make.models),
            serial=self._serial(maker),
            maker=maker,
            accuracy=make.accuracy,
            range=make.range,
            use=make.use,
            owner=owner,
            place=place.name,
            spot=spot,
            town=place.town,
            months=make.months,
            last_on=last_on,
            valid_until=valid_until,
            certificate=f"演示检{year}-{self._certificates}" if last_on else "",
            installed_on=last_on if rotates else None,
            bore_mm=bore,
        )

    def _dates(self, months: int, due_in: int) -> tuple[date | None, date | None]:
        """Return last verification and last valid day; a few are overdue, a few were never verified."""
        throw = self.dice.random()
        if throw < NEVER_SHARE:
            return None, None
        if throw < NEVER_SHARE + OVERDUE_SHARE:
            due_in = -self.dice.randint(2, 150)
        due_on = self.today + timedelta(days=min(due_in, months * 30 - 3) + self.dice.randint(-2, 2))
        last_on = _months_before(due_on, months)
        return last_on, last_valid_day(last_on, months=months, convention=ValidityConvention.DAY_BEFORE)

    def _serial(self, maker: str) -> str:
        while True:
            throw = self.dice.random()
            if throw < 0.4:  # noqa: PLR2004  shares of nameplates
                serial = f"{self.dice.randrange(10**7):07d}"
            elif throw < 0.7:  # noqa: PLR2004
                serial = f"SN{self.dice.randrange(10**6):06d}"
            else:
                serial = f"{self.dice.randint(19, 26)}{self.dice.choice('ABCDEFGH')}{self.dice.randrange(10**5):05d}"
            # Also no two that only look alike: those are planted, and counted.
            if (serial.lstrip("0").replace("B", "8"), maker) not in self._serials:
                self._serials.add((serial.lstrip("0").replace("B", "8"), maker))
                return serial

    def _town(self, number: int) -> str:
        """Towns and streets in turn, the streets a little more often: more people live there."""
        ring = self.streets[:4] + self.towns + self.streets
        return ring[number * 7 % len(ring)]

    def _place(self, name: str, setting: str, town: str) -> DemoPlace:
        found = next((place for place in self.made.places if place.name == name), None)
        if found is not None:
            return found
        longitude, latitude = self._point(town)
        place = DemoPlace(name, setting, town, longitude, latitude)
        self.made.places.append(place)
        return place

    def _point(self, town: str) -> tuple[Decimal, Decimal]:
        own = random.Random(f"{self.seed}:{town}")  # noqa: S311
        middle, radius = (own.uniform(WEST, EAST), own.uniform(SOUTH, NORTH)), TOWN_RADIUS
        if town in self.streets:
            middle, radius = CENTRE, CENTRE_RADIUS
        east, north = self.dice.uniform(-radius, radius), self.dice.uniform(-radius, radius)
        return Decimal(f"{middle[0] + east:.5f}"), Decimal(f"{middle[1] + north:.5f}")

    def _owner(self, name: str, kind: str, town: str, *, parent: str = "") -> str:
        known = {owner.name for owner in self.made.owners}
        if parent and parent not in known:
            self.made.owners.append(DemoOwner(parent, "business", "三里坪街道", self._code("91")))
        if name not in known:
            prefix = {"institution": "12", "individual": "92"}.get(kind, "91")
            self.made.owners.append(DemoOwner(name, kind, town, self._code(prefix), parent))
        return name

    def _code(self, prefix: str) -> str:
        self._codes += 1
        return demo_credit_code(prefix, self._codes)


def _nowhere(town: str) -> DemoPlace:
    """Return the place of instruments whose owner and site the bureau does not know yet."""
    return DemoPlace("", "other", town, Decimal(0), Decimal(0))


def _short(town: str) -> str:
    """Return the name of a town without 镇, 乡 or 街道."""
    return town[:-1].removesuffix("街")


def demo_credit_code(prefix: str, number: int) -> str:
    """Return a code that GB 32100 accepts, of a series that no authority gives out: DEM and five digits.

    >>> demo_credit_code("91", 1)
    '91511703DEM00001XU'
    """
    body = f"DEM{number:05d}"
    body += _organisation_check(body)
    code = f"{prefix}511703{body}"
    return code + check_character(code)


def _organisation_check(body: str) -> str:
    """Return the check character of an organisation code (GB 11714: weights 3 7 9 10 5 8 4 2, modulo 11)."""
    values = [int(c) if c.isdigit() else ord(c) - ord("A") + 10 for c in body]
    rest = (
        11 - sum(value * weight for value, weight in zip(values, (3, 7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
    )
    return {10: "X", 11: "0"}.get(rest, str(rest))


def _months_before(day: date, months: int) -> date:
    """Return a verification day after which ``months`` end at about ``day``."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, 28)) + timedelta(days=1)
