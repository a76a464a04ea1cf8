"""Certificates and signing keys, for those who issue them, own the instruments, or look after them."""

from __future__ import annotations

import io
import shutil
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from quanheng.base import clock
from quanheng.certificates import selectors
from quanheng.certificates.enums import CertificateState
from quanheng.certificates.models import Certificate, SigningCertificate
from quanheng.certificates.services import issue_certificate
from quanheng.transparency.sequencer import sequence
from tests.certificates.issued import issue
from tests.certificates.making import NOW, TODAY, World, make_checked, make_world, rejected_readings
from tests.web.conftest import BACKEND, ApiClient
from tests.web.staff.conftest import text_of

LIST = "/staff/certificates/"
KEYS = f"{LIST}keys/"


@pytest.fixture
def institute(db: None, home: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """An institute that can issue, on the day of its work."""
    monkeypatch.setattr("quanheng.base.clock.today", lambda: TODAY)
    monkeypatch.setattr("quanheng.base.clock.now", lambda: NOW)
    return make_world()


@pytest.fixture
def two(institute: World) -> tuple[Certificate, Certificate]:
    """One that passed, one that was rejected."""
    (good,), (bad,) = (
        make_checked(institute, "G1"),
        make_checked(institute, "B1", readings=rejected_readings()),
    )
    return issue(institute, good), issue(institute, bad)


def signed_in(institute: World, username: str) -> ApiClient:
    client = ApiClient()
    client.cookies["csrftoken"] = "x" * 32
    client.force_login(institute.people[username], backend=BACKEND)
    return client


def streamed(response: Any) -> bytes:
    """Return a file that is sent bit by bit."""
    return b"".join(response.streaming_content)


def crash(institute: World) -> Certificate:
    """Leave a certificate in the making."""
    (verification,) = make_checked(institute, "C1")

    def stop(_step: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        issue_certificate(
            actor=institute.people["signatory"],
            public_id=verification.public_id,
            revision=verification.revision,
            after_step=stop,
        )
    return Certificate.objects.get(state=CertificateState.PREPARED)


def test_the_list_says_how_many_and_narrows_by_words_and_text(
    institute: World, two: tuple[Certificate, Certificate]
) -> None:
    client = signed_in(institute, "signatory")
    good, bad = two
    text = text_of(client.get(LIST))
    assert "共 2 份证书。" in text
    assert "合格 1" in text
    for query, shown, hidden in (
        ("?status=valid", good, bad),
        ("?status=rejected", bad, good),
        ("?kind=rejection", bad, good),
        ("?q=G1", good, bad),
        (f"?q={bad.number}", bad, good),
    ):
        text = text_of(client.get(f"{LIST}{query}"))
        assert shown.number in text
        assert hidden.number not in text
    assert "没有符合这些条件的证书" in text_of(client.get(f"{LIST}?q=nothing"))
    assert client.get(f"{LIST}?status=x&kind=x&sort=number&dir=down&page=9&q=%00").status_code == 200


def test_an_empty_list_says_what_will_be_here(institute: World) -> None:
    assert "还没有证书" in text_of(signed_in(institute, "signatory").get(LIST))


def test_files_of_the_list_hold_exactly_what_is_shown(
    institute: World, two: tuple[Certificate, Certificate]
) -> None:
    client = signed_in(institute, "signatory")
    good, bad = two
    crash(institute)
    lines = streamed(client.get(f"{LIST}certificates.csv?status=rejected")).decode("utf-8-sig")
    assert len(lines.splitlines()) == 2
    assert f"{bad.number},检定结果通知书,不合格" in lines
    packed = streamed(client.get(f"{LIST}certificates.zip"))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert len(archive.namelist()) == 4
        assert archive.read(f"{good.number}.pdf") == selectors.pdf_of(good)


def test_the_owner_sees_their_own_and_others_see_nothing(
    institute: World, two: tuple[Certificate, Certificate]
) -> None:
    good, _bad = two
    owner, liaison = signed_in(institute, "owner"), signed_in(institute, "liaison")
    assert good.number in text_of(owner.get(LIST))
    assert owner.get(f"{LIST}{good.number}/certificate.pdf").status_code == 200
    assert owner.get(f"{LIST}{good.number}/withdraw/").status_code == 403
    assert [liaison.get(f"{LIST}{path}").status_code for path in ("", f"{good.number}/")] == [403, 403]
    assert owner.get(f"{LIST}nothing/").status_code == 404


def test_the_pdf_opens_in_the_browser_and_the_xml_is_a_download(
    institute: World, two: tuple[Certificate, Certificate]
) -> None:
    client, (good, _bad) = signed_in(institute, "signatory"), two
    pdf, xml = (client.get(f"{LIST}{good.number}/certificate.{name}") for name in ("pdf", "xml"))
    assert (pdf["Content-Type"], pdf["Content-Disposition"].split(";")[0]) == ("application/pdf", "inline")
    assert xml["Content-Disposition"].startswith("attachment")


def test_the_record_is_checked_now_where_that_is_asked(
    institute: World, two: tuple[Certificate, Certificate]
) -> None:
    client, (good, _bad) = signed_in(institute, "signatory"), two
    assert "现在核对的结果" not in text_of(client.get(f"{LIST}{good.number}/"))
    assert "不能断定真伪" in text_of(client.get(f"{LIST}{good.number}/?check=1"))
    sequence()
    text = text_of(client.get(f"{LIST}{good.number}/?check=1"))
    assert "文件真实：由登记的机构签发，没有改动。" in text
    assert "签发证书" in text


def test_withdrawing_asks_why_and_cannot_be_done_twice(
    institute: World, two: tuple[Certificate, Certificate]
) -> None:
    client, (good, _bad) = signed_in(institute, "signatory"), two
    address = f"{LIST}{good.number}/withdraw/"
    assert client.post(address, {"reason": " "}).status_code == 422
    assert client.post(address, {"reason": "标准器超期"})["Location"] == f"{LIST}{good.number}/"
    assert "标准器超期" in text_of(client.get(f"{LIST}{good.number}/"))
    again = client.post(address, {"reason": "再撤一次"})
    assert (again.status_code, "现为“已撤回”" in text_of(again)) == (409, True)
    for page in ("withdraw", "supersede"):  # what can no longer be done is not offered
        assert client.get(f"{LIST}{good.number}/{page}/")["Location"] == f"{LIST}{good.number}/"


def test_superseding_issues_the_next_number_and_shows_both_versions(
    institute: World, two: tuple[Certificate, Certificate]
) -> None:
    client, (good, _bad) = signed_in(institute, "signatory"), two
    done = client.post(f"{LIST}{good.number}/supersede/", {"reason": "更正型号"})
    new = Certificate.objects.get(supersedes=good)
    assert done["Location"] == f"{LIST}{new.number}/"
    for number in (good.number, new.number):
        text = text_of(client.get(f"{LIST}{number}/"))
        assert "前后版本" in text
        assert good.number in text
        assert new.number in text


def test_only_the_signatory_of_the_institute_ends_a_certificate(
    institute: World, two: tuple[Certificate, Certificate]
) -> None:
    good, _bad = two
    for person in ("verifier", "checker", "officer", "admin", "auditor", "owner"):
        client = signed_in(institute, person)
        for act in ("withdraw", "supersede"):
            assert client.post(f"{LIST}{good.number}/{act}/", {"reason": "x"}).status_code == 403
    good.refresh_from_db()
    assert good.withdrawn_at is None


def test_what_a_crash_left_is_shown_and_finished_under_the_same_number(institute: World) -> None:
    stuck = crash(institute)
    client = signed_in(institute, "signatory")
    assert "1 份编了号还没有签发" in text_of(client.get(LIST))
    assert "继续出证" in text_of(client.get(f"{LIST}{stuck.number}/"))
    assert client.get(f"{LIST}{stuck.number}/certificate.pdf").status_code == 404
    assert signed_in(institute, "verifier").post(f"{LIST}{stuck.number}/resume/").status_code == 403
    for _twice in range(2):
        assert client.post(f"{LIST}{stuck.number}/resume/").status_code == 302
    assert [(one.number, one.state) for one in Certificate.objects.all()] == [(stuck.number, "issued")]


def test_keys_are_listed_with_a_light(institute: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in(institute, "signatory")
    assert "没有可用密钥的机构" in text_of(client.get(KEYS))
    (verification,) = make_checked(institute)
    issue(institute, verification)
    assert "1 把密钥现在可以签名。" in text_of(client.get(KEYS))
    until = SigningCertificate.objects.get().not_after
    for moment, word in ((until - timedelta(days=3), "将到期"), (until, "已过期")):
        monkeypatch.setattr("quanheng.base.clock.now", lambda moment=moment: moment)
        monkeypatch.setattr("quanheng.base.clock.today", lambda moment=moment: moment.date())
        assert word in text_of(client.get(KEYS))


def offered(institute: World) -> str:
    """Put a demonstration key where the administrator of the server would."""
    from quanheng.certificates.signing.demonstration import make_demonstration_key

    folder = Path(settings.HOME) / "keys" / "made"
    make_demonstration_key(
        folder, institute_name=institute.institute.name, now=clock.now().replace(microsecond=0), years=1
    )
    target = Path(settings.HOME) / "keys" / "signing" / "第二把.pem"
    target.parent.mkdir()
    shutil.move(folder / "key.pem", target)
    return "第二把"


def test_a_key_is_registered_by_the_name_under_which_the_server_offers_it(institute: World) -> None:
    client = signed_in(institute, "signatory")
    assert "服务器上有 0 把密钥可以登记" in text_of(client.get(f"{KEYS}new/"))
    form = {"institute": institute.institute.pk, "key": offered(institute)}
    made = client.post(f"{KEYS}new/", form)
    key = SigningCertificate.objects.get()
    assert made["Location"] == f"{KEYS}{key.public_id}/"
    again = client.post(f"{KEYS}new/", form)
    assert (again.status_code, "已登记过" in text_of(again)) == (409, True)


@pytest.mark.parametrize(
    "address", ["pkcs11:token=t;object=k?module-path=/tmp/evil.so&pin-source=/tmp/pin", "file:/etc/key.pem"]
)
def test_no_address_of_a_key_comes_from_a_page(institute: World, address: str) -> None:
    """It names a library that would be loaded into the server."""
    offered(institute)
    client = signed_in(institute, "signatory")
    form = {"institute": institute.institute.pk, "key": address}
    assert client.post(f"{KEYS}new/", form).status_code == 422
    assert not SigningCertificate.objects.exists()


def test_revoking_says_first_how_many_certificates_it_touches(
    institute: World, two: tuple[Certificate, Certificate]
) -> None:
    client, key = signed_in(institute, "signatory"), SigningCertificate.objects.get()
    address = f"{KEYS}{key.public_id}/revoke/"
    form: dict[str, Any] = {"distrusted_from": "2026-05-20T11:00:00", "reason": "设备遗失"}
    first = client.post(address, form)
    assert (first.status_code, "2 份证书将不再可信" in text_of(first)) == (200, True)
    key.refresh_from_db()
    assert key.revoked_at is None
    assert client.post(address, form | {"confirmed": "on"})["Location"] == f"{KEYS}{key.public_id}/"
    assert "不再可信的证书2" in text_of(client.get(f"{KEYS}{key.public_id}/"))
    assert client.post(address, form | {"confirmed": "on"}).status_code == 409


def test_who_does_not_look_after_keys_sees_none(
    institute: World, two: tuple[Certificate, Certificate]
) -> None:
    key = SigningCertificate.objects.get()
    for person in ("verifier", "owner", "auditor"):
        client = signed_in(institute, person)
        paths = ("", "new/", f"{key.public_id}/", f"{key.public_id}/revoke/")
        assert [client.get(f"{KEYS}{path}").status_code for path in paths] == [403] * 4
