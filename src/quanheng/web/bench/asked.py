"""What the bench is asked: by a link, or by its form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from quanheng.evaluations.evaluating import MAX_TRIALS
from quanheng.evaluations.sharing import MAX_TEXT_BYTES, share_code
from quanheng.web.bench.cells import merged
from quanheng.web.lists import whole

TRIALS, SEED = MAX_TRIALS, 1
CELL = "cell:"
_MAX_SEED = 2**32 - 1
_MAX_ASKED = 10**12  # beyond, it is a mistake of typing; what the page refuses is far below
_MAX_NAME = 200


@dataclass(frozen=True)
class Asked:
    """A model and how to look at it; ``point`` counts from 1, ``of`` is the saved model that the text comes from."""

    text: str
    trials: int = TRIALS
    seed: int = SEED
    output: str = ""
    point: int = 1
    of: UUID | None = None
    is_by_cells: bool = False

    @property
    def link(self) -> str:
        """Return the path that asks the same again; empty where the model is too long for one."""
        code = share_code(self.text)
        if code is None:
            return ""
        usual = {"trials": TRIALS, "seed": SEED, "output": "", "point": 1}
        changed = {name: getattr(self, name) for name, value in usual.items() if getattr(self, name) != value}
        return f"{reverse('portal:bench')}?{urlencode({'m': code, **changed})}"

    @property
    def command(self) -> str:
        """Return the command that computes the same from the downloaded file."""
        sampling = f" --monte-carlo {self.trials} --seed {self.seed}" if self.trials else ""
        return f"quanheng uncertainty eval model.yaml{sampling}"


class BenchForm(forms.Form):
    """The model and how to look at it.  ``base`` is the text that the cells showed."""

    text = forms.CharField(
        label=_("模型"),
        max_length=MAX_TEXT_BYTES,
        strip=False,
        error_messages={"max_length": _("模型超过 %(limit_value)s 个字符。"), "required": _("模型是空的。")},
    )
    base = forms.CharField(max_length=MAX_TEXT_BYTES, strip=False, required=False)
    trials = forms.IntegerField(label=_("试验次数"), min_value=0, max_value=_MAX_ASKED, required=False)
    seed = forms.IntegerField(label=_("种子"), min_value=0, max_value=_MAX_SEED, required=False)
    output = forms.CharField(max_length=_MAX_NAME, required=False)
    point = forms.IntegerField(label=_("校准点"), min_value=1, max_value=_MAX_ASKED, required=False)
    of = forms.UUIDField(required=False)


def sent(form: BenchForm) -> Asked:
    """Return what a form asks; a field that is wrong counts as empty, the form itself says so."""
    form.is_valid()
    given = form.cleaned_data
    text = changed = _lines(form.data.get("text", ""))
    if "text" in given and "base" in given:
        cells = {
            name.removeprefix(CELL): str(value) for name, value in form.data.items() if name.startswith(CELL)
        }
        changed = merged(text, _lines(given["base"]), cells)
    trials, seed = given.get("trials"), given.get("seed")
    return Asked(
        text=changed,
        trials=TRIALS if trials is None else trials,
        seed=SEED if seed is None else seed,
        output=given.get("output") or "",
        point=given.get("point") or 1,
        of=given.get("of"),
        is_by_cells=changed != text,
    )


def linked(text: str, query: QueryDict | Mapping[str, str]) -> Asked:
    """Return what a link asks; what makes no sense in it counts as not there."""
    trials, seed, point = (whole(query.get(name)) for name in ("trials", "seed", "point"))
    return Asked(
        text=text,
        trials=TRIALS if trials is None else min(trials, _MAX_ASKED),
        seed=SEED if seed is None else min(seed, _MAX_SEED),
        output=query.get("output", "")[:_MAX_NAME],
        point=point or 1,
    )


def _lines(text: str) -> str:
    """Return a text with the line ends of a file; browsers send those of mail."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
