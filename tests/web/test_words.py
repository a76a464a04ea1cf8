"""Stored codes and the words for them."""

from __future__ import annotations

import re
from pathlib import Path

from quanheng.instruments.enums import EventKind
from quanheng.kernels.tlog.entry import parse_leaf
from quanheng.taskboard.status import Status
from quanheng.transparency.models import Leaf, PendingLeaf
from quanheng.web.words import LEAF_FIELDS, STATUS_KIND, STATUS_ORDER, kind_words, value_words
from tests.conftest import ROOT
from tests.web.world import World

SOURCE = ROOT / "src/quanheng"


def _sources() -> list[Path]:
    apps = (
        "core",
        "parties",
        "regulations",
        "evaluations",
        "instruments",
        "taskboard",
        "transparency",
        "workforce",
        "standards",
        "fleet",
        "certificates",
        "verification",
    )
    return [path for app in apps for path in (SOURCE / app).rglob("*.py")]


def test_every_kind_of_leaf_that_the_house_writes_has_its_word_and_no_word_is_left_over() -> None:
    text = "".join(path.read_text("utf-8") for path in _sources())
    written = set(re.findall(r"(?<!subject=)\"([a-z]+(?:_[a-z]+)*:[a-z]+(?:_[a-z]+)*)\"", text))
    written |= {f"instrument:{kind}" for kind in EventKind.values}
    steps = "".join(path.read_text("utf-8") for path in (SOURCE / "verification/services").glob("*.py"))
    written |= {f"verification:{kind}" for kind in re.findall(r"\blog\(\s*\"([a-z]+)\"", steps)}
    follow_ups = "".join(path.read_text("utf-8") for path in (SOURCE / "followups/services").glob("*.py"))
    written |= {f"followup:{kind}" for kind in re.findall(r"\blog\(\s*\"([a-z_]+)\"", follow_ups)}
    for path in (SOURCE / "lots/services").glob("*.py"):
        name = "lot" if path.name == "lots.py" else "sample"
        written |= {
            f"{name}:{kind}" for kind in re.findall(r"\blog\(\s*\"([a-z_]+)\"", path.read_text("utf-8"))
        }
    makers = "".join(path.read_text("utf-8") for path in (SOURCE / "manufacturers/services").glob("*.py"))
    for kinds in re.findall(r"\blog\(\s*\"([a-z_]+)\"(?: if lot else \"([a-z_]+)\")?", makers):
        written |= {f"manufacturer:{kind}" for kind in kinds if kind}
    assert len(written) > 30
    assert written == set(kind_words())


def test_every_field_of_the_leaves_of_a_county_at_work_has_its_word(world: World) -> None:
    entries = [bytes(leaf.entry) for model in (Leaf, PendingLeaf) for leaf in model.objects.all()]
    fields = {name for entry in entries for name in parse_leaf(entry).data}
    assert len(fields) > 10
    assert {name for name in fields if name not in LEAF_FIELDS and "." not in name} == set()


def test_every_status_has_its_sign_and_its_place() -> None:
    assert set(STATUS_KIND) == set(STATUS_ORDER) == set(Status)


def test_values_are_read_as_words() -> None:
    assert value_words(True) == "是"
    assert value_words(["甲", "乙"]) == "甲、乙"
    assert (value_words([]), value_words(None), value_words("")) == ("（无）", "（空）", "（空）")
    assert value_words(0) == "0"
    assert value_words({"task.evidence": "3"}) == '{"task.evidence": "3"}'
