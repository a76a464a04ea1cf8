"""The intake folder: documents become drafts, ledgers are imported, readings judged; each file leaves with a report."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from quanheng.base.disk import write_atomic
from quanheng.base.errors import BureauError, NotStored
from quanheng.base.files import shown
from quanheng.instruments.errors import FileKnown
from quanheng.taskboard.errors import DocumentKnown, DocumentNotRead
from quanheng.taskboard.ledgers import import_ledger
from quanheng.taskboard.readings import take_readings
from quanheng.taskboard.services.plans import receive_document

# Plans come as text, Word or PDF: a workbook in the folder is a ledger of instruments.
LEDGERS = {".xlsx", ".xlsm", ".xls", ".csv"}
# Work order files with readings: docs/reference/work-order-file.md.
READINGS = (".readings.yaml", ".readings.yml")


@dataclass(frozen=True)
class Taken:
    """What became of one file of the intake folder, and where it lies now."""

    path: Path
    is_accepted: bool
    text: str
    # Readings that became certificates are issued again, to the same numbers; drafts wait for their people.
    has_certificates: bool = False

    @property
    def command(self) -> str:
        """Return the command that reads the file again."""
        if is_readings(self.path):
            again = f"quanheng certificate issue {shown(self.path)} -o certificates"
            return again if self.has_certificates else "quanheng work"
        return f"quanheng {'registry read' if is_ledger(self.path) else 'plan compile'} {shown(self.path)}"


def intake_folder() -> Path:
    """Return the folder where files wait, made if it is missing."""
    folder = Path(settings.HOME) / "intake"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def waiting() -> list[Path]:
    """Return the files that wait, by name.  Hidden files are half-copied ones; links are not followed."""
    return sorted(
        path
        for path in intake_folder().iterdir()
        if path.is_file() and not path.is_symlink() and not path.name.startswith(".")
    )


def is_ledger(path: Path) -> bool:
    """Whether a file is taken for a ledger of instruments."""
    return path.suffix.lower() in LEDGERS


def is_readings(path: Path) -> bool:
    """Whether a file is taken for a work order file with readings."""
    return path.name.lower().endswith(READINGS)


def take_in() -> list[Taken]:
    """Receive every waiting file and move it to ``done`` or ``rejected`` with a report.

    A crash between receiving and moving does no harm: the next run finds the file known.  A file that
    cannot be read or moved, or not be stored, stays where it is and stops no other.
    """
    return [_taken(path) for path in waiting()]


def _taken(path: Path) -> Taken:
    try:
        return _take(path)
    except OSError as error:
        return Taken(path, is_accepted=False, text=f"未能处理（{error.strerror}），留在收件夹，下次再试。")
    except NotStored as error:
        return Taken(path, is_accepted=False, text=f"{error.text}［{error.code}］")


def _take(path: Path) -> Taken:
    rows: list[str] = []
    is_accepted, has_certificates = True, False
    try:
        if is_readings(path):
            text, rows, is_accepted, has_certificates = take_readings(path)
        elif is_ledger(path):
            text, rows = import_ledger(path)
        else:
            text = _draft(path)
    except NotStored:
        raise  # the fault is not the file's: it must not be rejected for it
    except BureauError as error:
        is_accepted, text = isinstance(error, DocumentKnown | FileKnown), f"{error.text}［{error.code}］"
    target = _free_name(path.parent / ("done" if is_accepted else "rejected"), path.name)
    report = "\n".join([text, *rows])
    write_atomic(target.with_name(f"{target.name}.txt"), f"{report}\n".encode())
    path.replace(target)
    return Taken(target, is_accepted, text, has_certificates)


def _draft(path: Path) -> str:
    if path.stat().st_size > settings.MAX_UPLOAD_BYTES:
        raise DocumentNotRead(
            reason=_("文件超过 %(size)s MiB。") % {"size": settings.MAX_UPLOAD_BYTES // 2**20}
        )
    version = receive_document(actor=None, data=path.read_bytes(), filename=path.name)
    return f"已编译：{len(version.compiled['items'])} 项任务，待采用。"


def _free_name(folder: Path, name: str) -> Path:
    """Return a path in ``folder`` that nothing has yet: a file of the same name is never overwritten."""
    folder.mkdir(exist_ok=True)
    candidates = (folder / (f"{count}-{name}" if count else name) for count in itertools.count())
    return next(path for path in candidates if not path.exists())
