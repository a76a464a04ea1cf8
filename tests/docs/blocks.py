"""What the documents ask a reader to type, and what they say comes back.

    ```console            run here; lines with "$ " are commands, the others what they print
    ```sh not-run: why    shown to the reader only; the reason stands in the source

"…" stands for anything within a line; a line "…" for any number of lines.  A document says in a
comment what its commands start from: <!-- starts: demo --> the demonstration county after its day,
<!-- starts: empty --> nothing, <!-- starts: spark --> a Spark cluster whose address is in $MASTER.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_STARTS = re.compile(r"^<!-- starts: (\w+) -->$", re.MULTILINE)


@dataclass(frozen=True)
class Command:
    """One command of a document, its line there, and the output that is shown; None where none is."""

    line: int
    text: str
    shown: str


def fences(document: Path) -> list[tuple[str, str, int]]:
    """Return (info string, content, line) of every fenced block."""
    text = document.read_text(encoding="utf-8")
    return [
        (match.group(1).strip(), match.group(2), text.count("\n", 0, match.start()) + 2)
        for match in _FENCE.finditer(text)
    ]


def commands(document: Path) -> list[Command]:
    """Return the commands of the console blocks, in order."""
    found = []
    for info, content, first in fences(document):
        if info != "console":
            continue
        for part in re.finditer(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", content, re.MULTILINE):
            line = first + content.count("\n", 0, part.start())
            found.append(Command(line, part.group(1), part.group(2)))
    return found


def starts_from(document: Path) -> str | None:
    """Return what the commands of a document start from."""
    match = _STARTS.search(document.read_text(encoding="utf-8"))
    return match.group(1) if match else None


def agrees(shown: str, printed: str) -> bool:
    """Whether ``printed`` is what the document shows."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + r"[ ]*\n"
        for line in shown.splitlines()
    )
    return re.fullmatch(pattern, printed if printed.endswith("\n") else f"{printed}\n") is not None


def follow(document: Path, folder: Path, environment: Mapping[str, str]) -> None:
    """Run the commands of a document in ``folder``; each must succeed and print what is shown."""
    for command in commands(document):
        done = subprocess.run(
            ["bash", "-c", command.text],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=300,
            check=False,
        )
        where = f"{document.relative_to(ROOT)}:{command.line}: {command.text}\n{done.stdout}"
        assert done.returncode == 0, where
        if command.shown:
            assert agrees(command.shown, done.stdout), f"{where}\nshown:\n{command.shown}"


def environment() -> dict[str, str]:
    """Return the environment of a reader who has activated the environment, and set nothing."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("QUANHENG_", "DJANGO_"))
    }
    bin_folder = str(Path(sys.executable).parent)
    return kept | {
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "QUANHENG_INSECURE_HTTP": "1",
        "LC_ALL": "C.UTF-8",
    }
