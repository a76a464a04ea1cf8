"""Write the tables of docs/reference that the code already knows.

python tools/reference.py            write them
python tools/reference.py --check    change nothing; fail if one is stale
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs" / "reference"
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


def _all(parent: type) -> list[type]:
    return [parent, *(item for child in parent.__subclasses__() for item in _all(child))]


def _code(item: type) -> str:
    return str(getattr(item, "code", ""))


TABLES = {"settings.md": settings_table, "errors.md": errors_table, "indicators.md": indicators_table}


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
    print("".join(f"stale: docs/reference/{name} (run tools/reference.py)\n" for name in stale), end="")
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main())
