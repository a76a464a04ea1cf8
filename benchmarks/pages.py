"""How long the server works on a page of the demonstration county, without the network.

python benchmarks/pages.py [--times 20] [--evidence 6000]
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quanheng.taskboard.models import Plan

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "dachuan"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--evidence", type=int, default=0, help="files more than the demonstration has")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {
            "QUANHENG_HOME": home,
            "QUANHENG_INSECURE_HTTP": "1",
            "QUANHENG_ALLOWED_HOSTS": "testserver",
            "DJANGO_SETTINGS_MODULE": "quanheng.config.settings",
        }
        measure(given.times, given.evidence)


def measure(times: int, evidence: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import Client
    from django.urls import reverse

    from quanheng.core.models import User
    from quanheng.taskboard.day import run_day
    from quanheng.taskboard.demo import load_demo
    from quanheng.taskboard.models import Plan

    call_command("migrate", verbosity=0)
    load_demo(EXAMPLE)
    run_day()
    plan = Plan.objects.get()
    task = plan.tasks.get(label="（四）1")
    _file(plan, evidence)
    pages = {name: reverse(name) for name in ("portal:home", "portal:plan", "portal:figures", "staff:today")}
    pages |= {
        name: reverse(name)
        for name in ("staff:plan_board", "staff:board_by_town", "staff:units", "staff:log")
    }
    pages["staff:task"] = reverse("staff:task", kwargs={"public_id": task.public_id})
    pages["staff:document"] = reverse("staff:document", kwargs={"public_id": plan.public_id})
    client = Client()
    client.force_login(
        User.objects.get(username="officer"), "allauth.account.auth_backends.AuthenticationBackend"
    )
    print(f"{'page':<22}{'median ms':>10}{'max ms':>10}")
    for name, url in pages.items():
        spent = [_one(client, url) for _ in range(times + 1)][1:]
        print(f"{name:<22}{statistics.median(spent):>10.0f}{max(spent):>10.0f}")


def _file(plan: Plan, count: int) -> None:
    """Put so many files more under the tasks, one a unit in turn: more than any year of a county."""
    from quanheng.base import clock
    from quanheng.core.models import OrgUnit, User
    from quanheng.taskboard.models import Evidence

    tasks, units = list(plan.tasks.all()), list(OrgUnit.objects.filter(kind__in=["town", "department"]))
    officer = User.objects.get(username="officer")
    Evidence.objects.bulk_create(
        Evidence(
            task=tasks[number % len(tasks)],
            unit=units[number % len(units)],
            happened_on=clock.today(),
            file_sha256=f"{number:064x}",
            file_name=f"{number}.txt",
            file_size=1,
            filed_by=officer,
            filed_at=clock.now(),
        )
        for number in range(count)
    )


def _one(client: object, url: str) -> float:
    start = time.perf_counter()
    response = client.get(url)  # type: ignore[attr-defined]
    assert response.status_code == 200, (url, response.status_code)
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
