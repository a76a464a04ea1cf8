"""A laboratory's own models: from the bench into the list, version by version, until one is withdrawn."""

from __future__ import annotations

import html
import re

import pytest
from django.urls import reverse

from quanheng.core.models import User
from quanheng.evaluations.models import MeasurementModel
from quanheng.evaluations.services import add_model_version, save_model, withdraw_model
from tests.evaluations.making import MODEL, WIDER, laboratory
from tests.web.staff.conftest import As, text_of

SAVE = "/staff/models/save/"


@pytest.fixture
def saved(people: dict[str, User]) -> MeasurementModel:
    unit_id = laboratory().pk
    return save_model(actor=people["verifier"], unit_id=unit_id, name="砝码", text=MODEL).model


def test_the_bench_offers_saving_to_those_whose_role_may(as_: As) -> None:
    for username in ("verifier", "checker", "signatory"):
        assert "保存为本机构的模型" in text_of(as_(username).get("/bench/"))
    for username in ("officer", "auditor", "owner"):
        assert "保存为本机构的模型" not in text_of(as_(username).get("/bench/"))


def test_before_saving_one_reads_what_will_be_saved(as_: As) -> None:
    answer = as_("verifier").post(SAVE, {"text": MODEL})
    assert answer.status_code == 200
    text = text_of(answer)
    assert "y = 12.00" in text.replace("\N{NO-BREAK SPACE}", " ")
    assert laboratory().name in text
    assert 'value="演示模型"' in answer.content.decode()
    assert not MeasurementModel.objects.exists()


def test_a_model_is_saved_and_then_a_version_of_it(as_: As) -> None:
    client = as_("verifier")
    unit = laboratory().pk
    first = client.post(SAVE, {"text": MODEL, "save": "new", "unit": unit, "name": "砝码"}, follow=True)
    assert "已保存为第 1 版，并记入日志。" in text_of(first)
    model = MeasurementModel.objects.get()
    again = {"text": WIDER, "of": str(model.public_id)}
    before = text_of(client.post(SAVE, again))
    assert "来自“砝码”第 1 版；以前的版本保留不变。" in before
    next_one = {**again, "save": "version", "revision": 1, "note": "半宽改大"}
    second = text_of(client.post(SAVE, next_one, follow=True))
    assert "已保存为第 2 版，并记入日志。" in second
    assert "半宽改大" in second
    assert [version.text for version in model.versions.all()] == [WIDER, MODEL]


def test_what_browsers_send_is_saved_with_the_line_ends_of_a_file(as_: As) -> None:
    unit = laboratory().pk
    text = MODEL.replace("\n", "\r\n")
    as_("verifier").post(SAVE, {"text": text, "save": "new", "unit": unit, "name": "砝码"})
    assert MeasurementModel.objects.get().versions.get().text == MODEL


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"name": ""}, 422, "有 1 处需要改正"),
        ({"name": "砝码"}, 409, "本机构已有名为“砝码”的模型"),
        ({"unit": "9" * 30}, 403, "您的岗位没有此项权限"),
        ({"unit": "1"}, 403, "您的岗位没有此项权限"),
        ({"text": MODEL.replace("a + b", "a + c")}, 422, "第 5 行"),
        ({"text": ""}, 422, "模型有误，不能保存。"),
    ],
)
def test_what_cannot_be_saved_is_refused_in_place(
    as_: As, saved: MeasurementModel, fields: dict[str, str], status: int, words: str
) -> None:
    given = {"text": MODEL, "save": "new", "unit": laboratory().pk, "name": "另一个"} | fields
    answer = as_("verifier").post(SAVE, given)
    assert answer.status_code == status
    assert words in text_of(answer)
    assert MeasurementModel.objects.count() == 1


def test_who_saves_second_is_told_and_may_decide_anew(
    as_: As, saved: MeasurementModel, people: dict[str, User]
) -> None:
    add_model_version(actor=people["checker"], public_id=saved.public_id, revision=1, text=WIDER)
    given = {
        "text": MODEL + "# 三\n",
        "of": str(saved.public_id),
        "save": "version",
        "revision": 1,
    }
    client = as_("verifier")
    answer = client.post(SAVE, given)
    assert answer.status_code == 409
    assert "该记录已被他人修改" in text_of(answer)
    [revision] = re.findall(r'name="revision" value="(\d+)"', answer.content.decode())
    assert client.post(SAVE, {**given, "revision": revision}).status_code == 302
    assert saved.versions.count() == 3


def test_a_model_that_is_withdrawn_meanwhile_is_not_found(
    as_: As, saved: MeasurementModel, people: dict[str, User]
) -> None:
    withdraw_model(actor=people["signatory"], public_id=saved.public_id, revision=1, reason="换了")
    given = {"text": WIDER, "of": str(saved.public_id), "save": "version", "revision": 1}
    assert as_("verifier").post(SAVE, given).status_code == 404


def test_the_list_counts_what_is_in_use_and_what_is_withdrawn(
    as_: As, saved: MeasurementModel, people: dict[str, User]
) -> None:
    verifier = people["verifier"]
    other = save_model(actor=verifier, unit_id=laboratory().pk, name="旧秤", text=MODEL).model
    withdraw_model(actor=verifier, public_id=other.public_id, revision=1, reason="标准已换")
    client = as_("checker")
    assert "在用 1 个，已撤下 1 个。" in text_of(client.get("/staff/models/"))
    used, withdrawn = (
        text_of(client.get(f"/staff/models/?state={state}")) for state in ("used", "withdrawn")
    )
    assert "砝码" in used
    assert "旧秤" not in used
    assert "旧秤" in withdrawn
    assert "砝码" not in withdrawn


def test_an_empty_list_teaches_the_one_way_to_begin(as_: As) -> None:
    text = text_of(as_("verifier").get("/staff/models/"))
    assert "还没有保存的模型" in text
    assert "打开评定台" in text


def test_one_model_shows_each_version_and_what_the_log_says(
    as_: As, saved: MeasurementModel, people: dict[str, User]
) -> None:
    add_model_version(
        actor=people["verifier"], public_id=saved.public_id, revision=1, text=WIDER, note="半宽改大"
    )
    client, url = as_("officer"), reverse("staff:model", args=[saved.public_id])
    last, first = text_of(client.get(url)), text_of(client.get(url, {"version": 1}))
    assert "第 2 版" in last
    assert "half_width: 0.5}" not in first
    assert "half_width: 0.5," in last
    assert "这不是最新版本。" in first
    assert last.count("保存测量模型") == 2
    for version in ("3", "0", "x", "9" * 25):
        assert client.get(url, {"version": version}).status_code == 404


def test_a_model_is_opened_in_the_bench_as_it_was_saved(as_: As, saved: MeasurementModel) -> None:
    page = as_("verifier").get(reverse("staff:model", args=[saved.public_id])).content.decode()
    [text] = re.findall(r'<textarea name="text" hidden[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert html.unescape(text) == MODEL
    bench = as_("verifier").post("/bench/", {"text": html.unescape(text), "of": str(saved.public_id)})
    assert f'name="of" value="{saved.public_id}"' in bench.content.decode()


def test_withdrawing_asks_why_and_says_so_ever_after(as_: As, saved: MeasurementModel) -> None:
    client, url = as_("signatory"), reverse("staff:model_withdraw", args=[saved.public_id])
    assert "将撤下“砝码”，它有 1 个版本。" in text_of(client.get(url))
    assert client.post(url, {"revision": 1, "reason": " "}).status_code == 422
    assert client.post(url, {"revision": 7, "reason": "标准已换"}).status_code == 409
    done = text_of(client.post(url, {"revision": 1, "reason": "标准已换"}, follow=True))
    assert "模型已撤下。" in done
    assert "撤下：标准已换" in done
    assert client.post(url, {"revision": 2, "reason": "又"}).status_code == 409


def test_only_the_house_that_looks_after_laboratories_sees_the_models_of_all(
    as_: As, saved: MeasurementModel
) -> None:
    for username, status in (("officer", 200), ("auditor", 200), ("owner", 403), ("liaison", 403)):
        assert as_(username).get("/staff/models/").status_code == status
    assert "在评定台新建" not in text_of(as_("auditor").get("/staff/models/"))
    assert "撤下" not in text_of(as_("officer").get(reverse("staff:model", args=[saved.public_id])))
