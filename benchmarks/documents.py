"""Label sheets and notices: how fast they are set, and how much memory that takes.

    python benchmarks/documents.py [--labels 300 3000] [--notices 20 200]

Each notice lists ten instruments.  Nothing is read from a database but the county's name.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date

ON = date(2026, 11, 23)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=int, nargs="+", default=[300, 3000])
    parser.add_argument("--notices", type=int, nargs="+", default=[20, 200])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {
            "QUANHENG_HOME": home,
            "QUANHENG_INSECURE_HTTP": "1",
            "DJANGO_SETTINGS_MODULE": "quanheng.config.settings",
        }
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        _measure(arguments)


def _measure(arguments: argparse.Namespace) -> None:
    from quanheng.instruments.documents.labels import label_sheet
    from quanheng.instruments.documents.notices import notices_pdf, notices_zip

    print(f"{'what':24}{'count':>8}{'seconds':>10}{'per second':>12}{'MiB':>8}{'peak MiB':>10}")
    _run("first page (fonts read)", 1, lambda: label_sheet(_instruments(1), base_url="https://a.example"))
    for count in arguments.labels:
        rows = _instruments(count)
        _run("labels", count, lambda rows=rows: label_sheet(rows, base_url="https://metrology.example"))
    for again in range(5):  # memory must not grow with every sheet that a server sets
        rows = _instruments(300)
        _run(
            f"labels again, {again + 1}",
            300,
            lambda rows=rows: label_sheet(rows, base_url="https://a.example"),
        )
    for count in arguments.notices:
        made = _notices(count)
        _run("notices, PDF pages", count, lambda made=made: notices_pdf(made, on=ON))
        _run("notices, Word files", count, lambda made=made: notices_zip(made))


def _run(what: str, count: int, work: Callable[[], bytes]) -> None:
    begin = time.perf_counter()
    size = len(work())
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what:24}{count:8}{seconds:10.2f}{count / seconds:12.0f}{size / 2**20:8.1f}{peak:10.0f}")


def _instruments(count: int) -> list[object]:
    from quanheng.instruments.models import Instrument, Place
    from quanheng.instruments.services.registry import new_label_code

    market = Place(name="亭子镇演示集贸市场")
    return [
        Instrument(
            label_code=new_label_code(),
            name="电子计价秤",
            model="ACS-30",
            serial_no=f"SN{number:06}",
            place=market,
            spot=f"{number} 号摊位",
        )
        for number in range(count)
    ]


def _notices(count: int) -> list[object]:
    from quanheng.instruments.documents.notices import Notice, NoticeLine

    line = NoticeLine(
        1,
        "电子计价秤",
        "ACS-30",
        "SN000001",
        "亭子镇演示集贸市场 1 号摊位",
        "2026-12-01",
        "将到期",
        "JJG 539-2016",
        "",
    )
    lines = tuple(replace(line, number=n, serial_no=f"SN{n:06}") for n in range(1, 11))
    notice = Notice(
        addressee="",
        sentence="下列 10 台计量器具按现行规则应当强制检定，请在最迟检定日期当日或之前申请检定。",
        lines=lines,
        basis=("电子计价秤，市场监管总局公告2020年第42号，JJG 539-2016",),
        has_unconfirmed=False,
        has_appointments=False,
        is_demo=True,
        issuer="区市场监管局",
        county="达川区",
        on="2026年11月23日",
        command="quanheng notices --until 2026-12-23",
    )
    return [replace(notice, addressee=f"演示使用单位 {number}") for number in range(count)]


if __name__ == "__main__":
    main()
