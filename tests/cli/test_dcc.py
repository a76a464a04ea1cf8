"""`quanheng dcc …` as a person and as a program use it."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from quanheng.cli.dcc import app
from quanheng.cli.dcc_text import clean
from tests.kernels.dcc.sample import sample, signed

KEYS = [
    "well_formed",
    "schema_version",
    "xsd_valid",
    "xsd_errors",
    "schematron_errors",
    "schematron_warnings",
]


@pytest.fixture(autouse=True)
def _no_schemas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUANHENG_DCC_SCHEMAS", raising=False)
    monkeypatch.setenv("QUANHENG_SHARED", str(tmp_path / "shared"))
    monkeypatch.setenv("QUANHENG_HOME", str(tmp_path / "home"))


@pytest.fixture
def write(tmp_path: Path):
    def written(data: bytes) -> Path:
        file = tmp_path / "certificate.xml"
        file.write_bytes(data)
        return file

    return written


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_answer_has_the_keys_of_the_contract(write) -> None:
    answer = json.loads(run("validate", write(sample()), "--json").stdout)
    assert list(answer)[:7] == [*KEYS, "signature"]
    assert list(answer["signature"])[:3] == ["present", "valid", "reason"]
    assert answer["xsd_valid"] is None
    assert any("未做 XSD 校验" in note for note in answer["notes"])


def test_a_valid_certificate_ends_with_0_and_a_changed_one_with_1(
    write, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUANHENG_DCC_SCHEMAS", str(shared / "dcc/xsd"))
    done = run("validate", write(signed()))
    assert done.exit_code == 0, done.output
    assert "XSD：符合" in done.stdout
    assert "签名：有效" in done.stdout
    assert "到期" in done.stdout  # the certificate of the test ended; it decides nothing
    done = run("validate", write(signed().replace(b"0.80", b"0.10")))
    assert done.exit_code == 1
    assert "签名：无效。第 1 个引用（整个文件）的摘要不符" in done.stdout


@pytest.mark.parametrize(
    ("data", "code", "refusal"),
    [
        (b"<a>", 1, "not_well_formed"),
        (b"", 1, "not_well_formed"),
        (b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", 2, "doctype"),
        (b"<a>" * 300 + b"</a>" * 300, 2, "too_deep"),
    ],
)
def test_a_file_that_is_not_read_is_said_to_be_so(data: bytes, code: int, refusal: str, write) -> None:
    done = run("validate", write(data), "--json")
    answer = json.loads(done.stdout)
    assert (done.exit_code, answer["well_formed"], answer["refusal"]) == (code, False, refusal)
    assert answer["xsd_valid"] is None
    assert answer["notes"]
    assert run("show", write(data)).exit_code == 2


def test_a_file_of_500_mb_is_refused_by_its_size_without_being_read(tmp_path: Path) -> None:
    file = tmp_path / "big.xml"
    with file.open("wb") as stream:
        stream.truncate(500 * 10**6)
    run("validate", file)  # what is imported once is not counted below
    tracemalloc.start()
    done = run("validate", file, "--json")
    shown = run("show", file, "--json")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (done.exit_code, shown.exit_code) == (2, 2)
    assert json.loads(done.stdout)["refusal"] == "too_large"
    assert json.loads(shown.stdout)["error"]["code"] == "dcc.too_large"
    assert peak < 5 * 2**20


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    for missing in (tmp_path / "none.xml", tmp_path):
        done = run("validate", missing, "--json")
        answer = json.loads(done.stdout)
        assert (done.exit_code, answer["well_formed"], answer["refusal"]) == (2, False, "not_found")
        assert "无法读取" in answer["notes"][0]
        shown = run("show", missing, "--json")
        assert shown.exit_code == 2
        assert "无法读取" in shown.stderr
        assert json.loads(shown.stdout)["error"]["code"] == "dcc.not_found"


def test_a_misspelt_folder_of_schemas_is_told(write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANHENG_DCC_SCHEMAS", "/nowhere")
    assert "所指的文件夹不存在" in run("validate", write(sample())).stdout


def test_a_certificate_is_shown_as_a_table(write) -> None:
    shown = run("show", write(sample()))
    assert shown.exit_code == 0
    for words in (
        "S-2026-0001",
        "质量实验室，代码 L1，某市",
        "砝码，F1，制造厂 W-7",
        "证书 UP-1（SHA-256：ab12）",
        "温度：20.1 °C",
        "比较法（JJG 99）",
        "1 kg／误差  0.80  mg    U = 0.30  2  符合",
    ):
        assert words in shown.stdout, words
    row = json.loads(run("show", write(sample()), "--json").stdout)
    amount = row["measurement_results"][0]["results"][0]["quantities"][0]["amounts"][0]
    assert (amount["values"], amount["readable_units"]) == (["0.80"], ["mg"])
    assert amount["uncertainty"]["values"] == ["0.30"]


def test_each_value_is_shown_with_what_every_statement_says_of_it(write) -> None:
    single = "<si:real><si:value>0.80</si:value><si:unit>\\milli\\gram</si:unit>"
    data = sample().decode()
    start, end = data.index(single), data.index("</si:real>", data.index(single)) + len("</si:real>")
    values = "<si:realListXMLList><si:valueXMLList>1 2</si:valueXMLList><si:unitXMLList>\\gram</si:unitXMLList></si:realListXMLList>"
    relative = (
        "<dcc:relativeUncertainty><dcc:relativeUncertaintySingle><si:value>0.003</si:value>"
        "<si:unit>\\one</si:unit></dcc:relativeUncertaintySingle></dcc:relativeUncertainty>"
    )
    several = "<dcc:metaData><dcc:conformityXMLList>pass fail</dcc:conformityXMLList></dcc:metaData></dcc:measurementMetaData>"
    changed = data[:start] + values + relative + data[end:]
    shown = run("show", write(changed.replace("</dcc:measurementMetaData>", several).encode())).stdout
    rows = [line.split() for line in shown.splitlines()]
    assert ["1", "kg／误差", "1", "g", "符合"] in rows
    assert ["2", "g", "符合、不符合"] in rows
    assert "1 kg／误差　相对不确定度：0.003" in shown


def test_lists_in_one_unit_are_not_shown_as_another_unit(write) -> None:
    single = "<si:real><si:value>0.80</si:value>"
    data = sample().decode()
    start, end = data.index(single), data.index("</si:real>", data.index(single)) + len("</si:real>")
    u = "<si:expandedUnc><si:uncertainty>0.2</si:uncertainty></si:expandedUnc>"
    interval = "<si:coverageInterval><si:standardUnc>0.1</si:standardUnc></si:coverageInterval>"
    reals = "".join(f"<si:real><si:value>1</si:value>{each}</si:real>" for each in (u, interval))
    listed = f"<si:list><si:listUnit>\\gram</si:listUnit>{reals}</si:list>"
    shown = run("show", write((data[:start] + listed + data[end:]).encode())).stdout
    assert "换一单位" not in shown
    assert ["1", "g", "u", "=", "0.1", "符合"] in [line.split() for line in shown.splitlines()]


def test_an_endless_message_is_cut_for_people_and_whole_for_programs(
    write, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUANHENG_DCC_SCHEMAS", str(shared / "dcc/xsd"))
    file = write(sample(("S-2026-0001", "x" * 20000), ("<dcc:issueDate>", "<dcc:issueDate>" + "x" * 20000)))
    assert len(run("validate", file).stdout) < 5000
    assert len(json.loads(run("validate", file, "--json").stdout)["xsd_errors"][0]) > 10000


def test_another_document_is_not_shown(write) -> None:
    done = run("show", write(b"<a/>"))
    assert done.exit_code == 2
    assert "不是数字校准证书" in done.stderr


def test_what_is_written_in_a_certificate_cannot_steer_the_terminal(write) -> None:
    shown = run("show", write(sample(("质量实验室", "质量\u009b31m\u202e实验室")))).stdout
    assert "\u009b" not in shown
    assert "\u202e" not in shown
    assert clean("a\u009bb") == "a�b"


def test_every_example_can_be_shown_in_both_ways(shared: Path) -> None:
    for file in sorted((shared / "dcc/examples").glob("*.xml")):
        code = 2 if file.name == "dcclib_invalid_syntax.xml" else 0
        assert run("show", file).exit_code == code, file
        assert run("show", file, "--json").exit_code == code, file


def test_fetching_says_what_has_no_pin(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(address: str, timeout: float) -> None:
        raise OSError("no network")

    monkeypatch.setattr("urllib.request.urlopen", answer)
    done = run("fetch-schemas")
    assert done.exit_code == 1
    assert "无法下载" in done.stderr
    assert "没有可核对的固定值" in done.stdout
