"""How long the pages of a registry of a million instruments take, and the export of 100,000 rows.

    python benchmarks/registry_pages.py [--instruments 1000000] [--times 10] [--home DIR]
    python tools/on_postgres.py python benchmarks/registry_pages.py

The server's work for a page, without the network; the first visit of each page is left out.
Claims: list with filters and search p95 ≤ 150 ms, record ≤ 80 ms, export of 100,000 rows ≤ 20 s.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import million

if TYPE_CHECKING:
    from django.test import Client

EXPORTED = 100_000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--instruments", type=int, default=million.INSTRUMENTS)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--home", default="")
    given = parser.parse_args()
    with million.started(given.home) as vendor:
        from quanheng.instruments.models import Standing
        from quanheng.instruments.services.standing import sweep

        million.make(given.instruments)
        if not Standing.objects.exists():
            sweep()
            million.analyse()
        print(f"{vendor}, {given.instruments} instruments")
        measure_pages(given.times)
        measure_exports(min(EXPORTED, given.instruments))


def measure_pages(times: int) -> None:
    """Print p50 and p95 of each page, and of all list pages together."""
    client = _client()
    print(f"{'page':<38}{'p50 ms':>9}{'p95 ms':>9}{'max ms':>9}")
    every: list[float] = []
    for name, url in _lists().items():
        spent = _spent(client, url, times)
        every += spent
        _print(name, spent)
    _print("ALL LISTS", every)
    for name, url in _records().items():
        _print(name, _spent(client, url, times))


def _lists() -> dict[str, str]:
    from quanheng.core.models import OrgUnit
    from quanheng.instruments.models import Instrument, Place
    from quanheng.parties.models import Party

    some = Instrument.objects.select_related("owner", "place").order_by("-pk")[10]
    owner, place = some.owner or Party(), some.place or Place()
    town = OrgUnit.objects.get(name="亭子镇").pk
    queries = {
        "all": "",
        "page 150 of all": "page=150",
        "overdue": "due=overdue",
        "soon": "due=soon",
        "valid": "due=later",
        "never verified": "due=never",
        "no due date": "due=none",
        "town": f"town={town}",
        "town, kind": f"town={town}&kind=price_scale",
        "town, kind, overdue, by owner": f"town={town}&kind=price_scale&due=overdue&sort=owner",
        "markets, overdue": "setting=market&due=overdue",
        "submitted": "filing=submitted",
        "stopped": "condition=stopped",
        "incomplete identity, medical": "identity=missing&use=medical",
        "unconfirmed rule, health": "unconfirmed=yes&setting=health",
        "nothing fits": "use=environment&setting=market&obligation=unknown&condition=sealed",
        "serial, beginning": f"text={some.serial_no[:7]}",
        "serial, end": f"text={some.serial_no[-7:]}",
        "label": f"text={some.label_code}",
        "kind by name": "text=汽车衡",
        "owner by name": f"text={owner.name}",
        "owner by initials": f"text={owner.initials[:4]}",
        "word of many owners": "text=超市",
        "place by name, overdue": f"text={place.name}&due=overdue",
        "town by name": "text=福善镇",
        "nobody": "text=没有这样的东西",
    }
    return {name: f"/staff/instruments/?{query}" for name, query in queries.items()}


def _records() -> dict[str, str]:
    from django.urls import reverse

    from quanheng.instruments.models import Instrument

    some = Instrument.objects.select_related("owner", "place").order_by("-pk")[20]
    assert some.owner is not None
    assert some.place is not None
    return {
        "record": reverse("staff:instrument", args=[some.public_id]),
        "place": reverse("staff:place", args=[some.place.public_id]),
        "owner": reverse("staff:party", args=[some.owner.public_id]),
        "places": reverse("staff:places"),
        "owners": reverse("staff:parties"),
        "search of the house": f"{reverse('staff:search')}?q={some.serial_no[-6:]}",
    }


def measure_exports(rows: int) -> None:
    """Print the time of each kind of file, and the memory that the process grew by."""
    from quanheng.base import clock
    from quanheng.instruments.columns import COLUMNS, chosen_columns
    from quanheng.instruments.exports import ListFile, csv_lines, workbook
    from quanheng.instruments.listing import ordered
    from quanheng.instruments.models import Standing

    kinds: dict[str, tuple[Callable[[ListFile], object], Any]] = {
        "xlsx, usual columns": (lambda made: workbook(made).close(), chosen_columns(())),
        "xlsx, all columns": (lambda made: workbook(made).close(), COLUMNS),
        "csv, all columns": (lambda made: sum(map(len, csv_lines(made))), COLUMNS),
    }
    for name, (make, columns) in kinds.items():
        made = ListFile(ordered(Standing.objects.all())[:rows], columns, clock.today(), "", ())
        before, start, cpu = _memory_mib(), time.perf_counter(), time.process_time()
        make(made)
        spent, used = time.perf_counter() - start, time.process_time() - cpu
        print(
            f"{name:<38}{spent:>8.1f} s (CPU {used:.1f} s) for {rows} rows, +{_memory_mib() - before:.0f} MiB"
        )


def _client() -> Client:
    from django.test import Client

    from quanheng.core.models import User

    client = Client()
    client.force_login(
        User.objects.get(username="officer"), "allauth.account.auth_backends.AuthenticationBackend"
    )
    return client


def _spent(client: Client, url: str, times: int) -> list[float]:
    return [_one(client, url) for _ in range(times + 1)][1:]


def _one(client: Client, url: str) -> float:
    start = time.perf_counter()
    response = client.get(url)
    assert response.status_code == 200, (url, response.status_code)
    return (time.perf_counter() - start) * 1000


def _print(name: str, spent: list[float]) -> None:
    p95 = statistics.quantiles(spent, n=20, method="inclusive")[-1]
    print(f"{name:<38}{statistics.median(spent):>9.0f}{p95:>9.0f}{max(spent):>9.0f}", flush=True)


def _memory_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
