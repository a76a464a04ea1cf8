"""Which columns say whose and of which test a row is, and what they say."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

import numpy as np

from quanheng.kernels.procedures.model import Procedure, Stage
from quanheng.kernels.procedures.readings.cells import read_texts
from quanheng.kernels.procedures.readings.fields import Fields, UnknownHeading
from quanheng.kernels.procedures.readings.grids import Grid
from quanheng.kernels.procedures.readings.places import Problems
from quanheng.kernels.procedures.sheet import Indices
from quanheng.kernels.procedures.words import STAGES

OWNER, TEST, STAGE, LAW, IGNORED = "owner", "test", "stage", "regulation", "ignored"
_SPECIAL: Mapping[str, str] = {
    **dict.fromkeys(("instrument", "id", "器具", "器具编号", "编号", "出厂编号"), OWNER),
    **dict.fromkeys(("test", "项目", "检定项目", "试验"), TEST),
    **dict.fromkeys(("stage", "检定类别"), STAGE),
    **dict.fromkeys(("regulation", "检定规程", "规程"), LAW),
    **dict.fromkeys(("序号", "检定点", "应检的点", "备注", "说明", "note"), IGNORED),
}
_DASHES = re.compile("[-‐-―−]+")


def role(heading: str, fields: Fields) -> str:
    """Return what a column is for that holds none of the fields of the procedure; "" for all others."""
    found = _SPECIAL.get(_plain(heading).casefold(), "")
    return "" if found and fields.knows_anywhere(heading) else found


def texts(grid: Grid, roles: Sequence[str], wanted: str, problems: Problems) -> list[str] | None:
    """Return the texts of the column of a role; None where there is none."""
    found = [at for at, one in enumerate(roles) if one == wanted]
    for at in found[1:]:
        problems.add(grid.place(None, at), f"与“{grid.columns[found[0]].heading}”重复，只能有一列。")
    return read_texts(grid.columns[found[0]].cells) if found else None


def owners(
    grids: Sequence[Grid], said: Sequence[list[str] | None], problems: Problems
) -> tuple[list[str], list[Indices]]:
    """Return the names of all instruments, and for each grid whose each row is: -1 where that is not said."""
    ids = _names(grids, said, problems)
    index = {name: at for at, name in enumerate(ids)}
    whose: list[Indices] = []
    for grid, names in zip(grids, said, strict=True):
        if len(ids) <= 1 and not (names and any(name and name not in index for name in names)):
            whose.append(np.zeros(grid.size, dtype=np.intp))
            continue
        rows = np.array([index.get(name, -1) for name in names or [""] * grid.size], dtype=np.intp)
        for at in np.flatnonzero(rows < 0):
            name = names[at] if names else ""
            why = f"没有登记“{name}”这台器具。" if name else "没有写明是哪一台器具。"
            problems.add(grid.place(int(at), -1), why)
        whose.append(rows)
    return ids or [""], whose


def _names(grids: Sequence[Grid], said: Sequence[list[str] | None], problems: Problems) -> list[str]:
    """Return the instruments in the order in which they are named; a grid that declares them names them all."""
    declares = any(grid.declares for grid in grids)
    names: dict[str, None] = {}
    for grid, texts_ in zip(grids, said, strict=True):
        if grid.declares:
            for at, name in enumerate(texts_ or [""] * grid.size):
                if name in names:
                    why = f"器具“{name}”重复。" if name else "有几台器具时，每台都要写编号。"
                    problems.add(grid.place(at, -1), why)
                names[name] = None
        elif not declares:
            names.update(dict.fromkeys(name for name in texts_ or () if name))
    return list(names)


def main_test(procedure: Procedure) -> str:
    """Return the test that readings belong to where none is named: the first one that is required."""
    return next(
        (key for key, test in procedure.tests.items() if test.required), next(iter(procedure.tests), "")
    )


def tests_of(
    grid: Grid, said: list[str] | None, fields: Fields, main: str, problems: Problems
) -> Mapping[str, Indices]:
    """Return the rows of each test in a grid whose rows are of several."""
    if said is None:
        return {main: np.arange(grid.size)}
    keys: dict[str, str] = {}
    rows: dict[str, list[int]] = {}
    for at, text in enumerate(said):
        if text not in keys:
            try:
                keys[text] = fields.test(text) if text else ""
            except UnknownHeading as error:
                problems.add(grid.place(at, -1), str(error))
                keys[text] = ""
        if not text:
            problems.add(grid.place(at, -1), "没有写明检定项目。")
        if keys[text]:
            rows.setdefault(keys[text], []).append(at)
    return {key: np.array(found, dtype=np.intp) for key, found in rows.items()}


def stage_of(text: str) -> Stage:
    """Return the stage that a text names: first, in-service, 首次检定, 后续检定, 使用中检查.

    Raises
    ------
    ValueError
        It names none; the text is Chinese.
    """
    plain = _plain(text).casefold().replace("-", "_")
    for stage, label in STAGES.items():
        if plain in {stage.value, label, label.removesuffix("检定").removesuffix("检查")}:
            return stage
    raise ValueError(f"没有“{text[:40]}”这一检定类别。应为：{'、'.join(STAGES.values())}。")


def same_document(one: str, other: str) -> bool:
    """Whether two texts name the same edition: JJG 539-2016, JJG539—2016; a trial edition also without （试行）."""
    return _edition(one) == _edition(other)


def _edition(text: str) -> str:
    return _DASHES.sub("-", _plain(text)).removesuffix("(试行)")


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())
