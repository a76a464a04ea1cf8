"""Write the tables of the documents that the code already knows.

python tools/reference.py            write them
python tools/reference.py --check    change nothing; fail if one is stale
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent.parent / "docs"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"


def settings_table() -> str:
    from quanheng.config.env import SETTINGS

    rows = [
        f"| `{item.name}` | {f'`{item.default}`' if item.default else '–'} | {item.help} |"
        for item in SETTINGS
    ]
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows])


def errors_table() -> str:
    import quanheng
    from quanheng.base.errors import BureauError

    for module in pkgutil.walk_packages(quanheng.__path__, "quanheng."):
        if module.name.endswith(".errors"):
            importlib.import_module(module.name)
    rows = [
        f"| `{item.code}` | {item.kind} | {item.message} |" for item in sorted(_all(BureauError), key=_code)
    ]
    return "\n".join(["| code | kind | message |", "|---|---|---|", *rows])


def indicators_table() -> str:
    from quanheng.taskboard.indicators import REGISTRY

    rows = [
        f"| `{item.name}` | {item.label} | {item.unit} | {item.formula} | {item.source} |"
        for item in REGISTRY.values()
    ]
    return "\n".join(["| name | label | unit | formula | source |", "|---|---|---|---|---|", *rows])


def regulations_table() -> str:
    """Return every packaged regulation, then every requirement that has a clause or a source of its own."""
    from quanheng.kernels.procedures import packaged_procedures
    from quanheng.kernels.procedures.words import LACKS
    from quanheng.kernels.rules import CONFIDENCES

    procedures = list(packaged_procedures().procedures.values())
    laws = [procedure.regulation for procedure in procedures]
    rows = [
        f"| {law.document} | {law.title} | {law.basis or '–'} | {law.in_force_from or '未查到'} "
        f"| {CONFIDENCES[law.confidence]} | {'、'.join(LACKS[word] for word in sorted(law.lacks)) or '–'} | {law.source} |"
        for law in laws
    ]
    own = [
        f"| {procedure.regulation.document} | {what} | {one.clause or '–'} "
        f"| {CONFIDENCES[one.confidence or procedure.regulation.confidence]} | {one.source or '同上表'} |"
        for procedure in procedures
        for what, one in _requirements(procedure)
        if (one.clause or one.source) and one.regulation in {None, procedure.regulation.document}
    ]
    return "\n".join(
        [
            "| 规程 | 名称 | 依据 | 施行 | 把握 | 未查到 | 出处 |", "|---|---|---|---|---|---|---|", *rows, "",
            "| 规程 | 要求 | 条款 | 把握 | 出处 |", "|---|---|---|---|---|", *dict.fromkeys(own),
        ]
    )  # fmt: skip


def _requirements(procedure: Any) -> Iterator[tuple[str, Any]]:
    """Yield what each requirement is about, and where it stands."""
    yield from ((one.text, one) for one in (*procedure.require, *procedure.standard.require))
    yield from ((one.label, one) for one in procedure.environment.values())
    for table in procedure.tables.values():
        yield table.label, table
        yield from ((table.label, row) for row in table.rows)
    for test in procedure.tests.values():
        yield from ((test.title, one) for one in test.judge if one.table is None)
    yield from ((one.text, one) for one in procedure.checks.values())
    yield from ((one.text or "检定周期", one) for one in procedure.period)


def _all(parent: type) -> list[type]:
    return [parent, *(item for child in parent.__subclasses__() for item in _all(child))]


def _code(item: type) -> str:
    return str(getattr(item, "code", ""))


TABLES = {
    "reference/settings.md": settings_table,
    "reference/errors.md": errors_table,
    "reference/indicators.md": indicators_table,
    "sources.md": regulations_table,
}


def main() -> int:
    os.environ.setdefault("QUANHENG_HOME", tempfile.mkdtemp())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quanheng.config.settings")
    import django

    django.setup()
    stale = []
    for name, make in TABLES.items():
        path = DOCS / name
        text = path.read_text(encoding="utf-8")
        wanted = text[: text.index(BEGIN)] + f"{BEGIN}\n{make()}\n{END}" + text[text.index(END) + len(END) :]
        if wanted != text and "--check" in sys.argv:
            stale.append(name)
        path.write_text(wanted if "--check" not in sys.argv else text, encoding="utf-8")
    print("".join(f"stale: docs/{name} (run tools/reference.py)\n" for name in stale), end="")
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main())
