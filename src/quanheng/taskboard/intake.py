"""The intake folder: files dropped there become drafts; each leaves with a report beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from quanheng.base.disk import write_atomic
from quanheng.base.errors import BureauError
from quanheng.taskboard.errors import BadEvidence
from quanheng.taskboard.services.plans import receive_document


@dataclass(frozen=True)
class Taken:
    """What became of one file of the intake folder."""

    name: str
    is_accepted: bool
    text: str


def intake_folder() -> Path:
    """Return the folder where files wait, made if it is missing."""
    folder = Path(settings.HOME) / "intake"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def waiting() -> list[Path]:
    """Return the files that wait, oldest name first; hidden files are half-copied ones."""
    return sorted(
        path for path in intake_folder().iterdir() if path.is_file() and not path.name.startswith(".")
    )


def take_in() -> list[Taken]:
    """Receive every waiting file and move it to ``done`` or ``rejected`` with a report.

    A crash between receiving and moving does no harm: the next run finds the file known.
    """
    return [_take(path) for path in waiting()]


def _take(path: Path) -> Taken:
    try:
        if path.stat().st_size > settings.MAX_UPLOAD_BYTES:
            raise BadEvidence(reason=f"文件超过 {settings.MAX_UPLOAD_BYTES // 2**20} MiB。")
        version = receive_document(actor=None, data=path.read_bytes(), filename=path.name)
        taken = Taken(path.name, True, f"已编译：{len(version.compiled['items'])} 项任务，待采用。")
    except BureauError as error:
        taken = Taken(path.name, error.code == "taskboard.document_known", f"{error.text}［{error.code}］")
    folder = path.parent / ("done" if taken.is_accepted else "rejected")
    folder.mkdir(exist_ok=True)
    write_atomic(folder / f"{path.name}.txt", f"{taken.text}\n".encode())
    path.replace(folder / path.name)
    return taken
