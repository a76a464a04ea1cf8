"""What the page "judge a measurement" is asked: by its form, by a link, by a file of readings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from importlib.resources import files
from urllib.parse import urlencode

import yaml
from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.evaluations.errors import TooMuchWork
from quanheng.evaluations.sharing import share_code, shared_text
from quanheng.evaluations.turns import turn
from quanheng.kernels.procedures import Procedure, Stage, UnknownKind, packaged_procedures
from quanheng.kernels.procedures.library import Edition
from quanheng.kernels.procedures.readings import BadReadings, Readings, documents_of, read_readings
from quanheng.regulations.packaged import packaged_kinds
from quanheng.web.judging.form import Document, Told, Typed, typed_of

MOST_CHARACTERS = 60_000
"""Of everything typed: two hundred rows for each of some ten tests."""
MOST_BYTES = 256 * 1024
"""Of a file: the template of one instrument has 25 KiB; reading so much takes a second at most."""
_FILE_NAME = "readings.yaml"
_MOST_NAME = 100


@dataclass(frozen=True)
class Asked:
    """One instrument to be judged; ``is_filled``: by a link or a file, not by the person at the form."""

    kind: str
    on: date
    stage: Stage
    edition: Edition
    typed: Typed
    told: Told = field(default_factory=Told)
    is_sent: bool = False
    is_filled: bool = False
    is_example: bool = False

    @property
    def procedure(self) -> Procedure:
        """The edition that decides."""
        return self.edition.procedure

    @property
    def shown(self) -> str:
        """What the fields depend on: the form is made anew when this changes."""
        return f"{self.edition.file}:{self.stage.value}"

    @property
    def has_example(self) -> bool:
        """Whether a filled-in example can be shown."""
        return example_of(self.edition.file) is not None

    @property
    def query(self) -> str:
        """The same question without readings."""
        return urlencode({"kind": self.kind, "on": self.on.isoformat(), "stage": self.stage.value})

    @property
    def command(self) -> str:
        """The command that judges the downloaded readings."""
        stage = self.stage.value.replace("_", "-")
        return f"quanheng procedure run {self.kind} {_FILE_NAME} --on {self.on} --stage {stage} --explain"

    def link(self, document: Document) -> str:
        """Return the path that asks the same again; empty where the readings are too many for a link."""
        code = share_code(text_of(document))
        return "" if code is None else f"{reverse('portal:judge')}?{self.query}&{urlencode({'m': code})}"


def text_of(document: Document) -> str:
    """Return the text of a readings file."""
    text: str = yaml.safe_dump(
        document, allow_unicode=True, sort_keys=False, default_flow_style=None, width=200
    )
    return text


def asked_by(data: Mapping[str, str], sent: MultiValueDict[str, UploadedFile] | None = None) -> Asked:
    """Return what a form or a link asks; ``sent`` are the files of a form, None for a link.

    What makes no sense as a date or a stage is told; the form is that of today or of the first stage.

    Raises
    ------
    UnknownKind, NoEditionInForce
        There is no regulation for that kind, or none that holds on that day.
    TooMuchWork
        More was sent than a page takes.
    BadShareLink
        The readings in the link are damaged.
    BenchBusy
        Others are being served.
    """
    if sum(len(value) for value in data.values()) > MOST_CHARACTERS:
        raise TooMuchWork(
            reason=_("内容超过 %(n)s 个字符，请下载模板，用命令判定。") % {"n": MOST_CHARACTERS}
        )
    told = Told()
    kind = data.get("kind", "").strip()
    on = _day(data.get("on", ""), told)
    edition = _edition(kind, on)
    stage = _stage(data.get("stage", ""), edition.procedure, told)
    asked = Asked(edition.served.kind, on, stage, edition, data, told, is_sent=sent is not None)
    if sent and (file := sent.get("file")):
        return _of_file(asked, file)
    if sent is None and (code := data.get("m", "")):
        return _of_text(asked, shared_text(code).encode(), _FILE_NAME)
    if sent is None and data.get("example") and (example := example_of(edition.file)):
        return replace(_of_text(asked, example, _FILE_NAME), is_example=True)
    return asked


def example_of(file: str) -> bytes | None:
    """Return the text of the filled-in example for a procedure file; None where there is none."""
    found = files("quanheng.web.judging").joinpath("examples", f"{file}.yaml")
    return found.read_bytes() if found.is_file() else None


def _edition(asked: str, on: date) -> Edition:
    """Return the edition for a kind, asked for by its code, by a name of the regulation, or as ledgers call it."""
    library = packaged_procedures()
    try:
        return library.edition(asked, on)
    except UnknownKind:
        kind = None if asked.isascii() else packaged_kinds().kind_of(asked)  # "CT" stands in "electronic"
        if kind is None:
            raise
        return library.edition(kind, on)


def _of_file(asked: Asked, file: UploadedFile) -> Asked:
    if (file.size or 0) > MOST_BYTES:
        raise TooMuchWork(reason=_("文件超过 %(n)s KiB，请用命令判定。") % {"n": MOST_BYTES // 1024})
    return _of_text(asked, file.read(), (file.name or "")[:_MOST_NAME])


def _of_text(asked: Asked, data: bytes, name: str) -> Asked:
    """Return the question with the readings of a file in the fields; what is wrong with the file is told."""
    told = asked.told
    typed: Typed = {}
    stage = asked.stage
    try:
        with turn():
            readings = read_readings(data, name, asked.procedure)
    except BadReadings as error:
        told.general += [str(problem) for problem in error.problems]
    else:
        refusal = _refusal(readings, asked.procedure)
        if refusal:
            told.general.append(refusal)
        else:
            typed = typed_of(asked.procedure, documents_of(asked.procedure, readings)[0])
            stage = readings.stage or stage
    return Asked(asked.kind, asked.on, stage, asked.edition, typed, told, is_sent=True, is_filled=bool(typed))


def _refusal(readings: Readings, procedure: Procedure) -> str:
    if len(readings.names) > 1:
        return _("文件里有 %(n)s 台器具，本页一次判一台；请用命令判定。") % {"n": len(readings.names)}
    for name, rows in readings.sheet.tests.items():
        if set(rows.columns) - set(procedure.tests[name].readings):
            return _("文件逐行写了标准器的数据，本页只能填一次；请用命令判定。")
    return ""


def _day(text: str, told: Told) -> date:
    if not text.strip():
        return clock.today()
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        told.fields["on"] = _("“%(text)s”不是日期，应写成 2026-11-23。") % {"text": text[:20]}
        return clock.today()


def _stage(text: str, procedure: Procedure, told: Told) -> Stage:
    asked = text.strip().replace("-", "_")
    if asked in {stage.value for stage in procedure.stages}:
        return Stage(asked)
    if asked:
        told.fields["stage"] = _("这个规程没有“%(text)s”这一检定类别。") % {"text": text[:20]}
    return procedure.usual_stage
