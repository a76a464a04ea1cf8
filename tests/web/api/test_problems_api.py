"""Every refusal is application/problem+json with a stable code."""

from __future__ import annotations

import pytest
from django.test import Client

PROBLEM = "application/problem+json"
FIELDS = {"type", "title", "status", "detail", "code", "errors"}


def _assert_problem(answer, status: int, code: str) -> None:
    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM)
    body = answer.json()
    assert set(body) == FIELDS
    assert (body["status"], body["code"], body["type"]) == (status, code, f"urn:quanheng:error:{code}")


@pytest.mark.django_db
def test_a_visitor_is_told_to_sign_in():
    _assert_problem(Client().get("/api/plans"), 401, "core.not_signed_in")


def test_a_person_without_the_permission_is_told_so(as_person):
    _assert_problem(as_person("owner").get("/api/users"), 403, "core.not_permitted")


def test_an_unknown_path_and_an_unknown_thing_are_not_found(as_person):
    _assert_problem(as_person("officer").get("/api/nothing/here"), 404, "web.no_such_operation")
    _assert_problem(as_person("officer").get("/api/"), 404, "web.no_such_operation")
    nobody = "/api/plans/00000000-0000-4000-8000-000000000000"
    _assert_problem(as_person("officer").get(nobody), 404, "taskboard.plan_not_found")


def test_a_method_that_is_not_there_is_named_with_those_that_are(as_person):
    answer = as_person("officer").delete("/api/county")
    _assert_problem(answer, 405, "web.method_not_allowed")
    assert answer["Allow"] == "GET"


def test_bad_input_names_every_field(as_person):
    body = {"kind": "castle", "name": "", "revision": -1}
    answer = as_person("officer").send("PUT", "/api/units/1", body)
    _assert_problem(answer, 422, "web.bad_request")
    assert set(answer.json()["errors"]) == {"body.kind", "body.name", "body.revision"}


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[]", b'{"name": "a\\u0000b"}'])
def test_a_body_that_cannot_be_read_is_bad_input(as_person, body):
    answer = as_person("officer").generic("POST", "/api/units/1/aliases", body, "application/json")
    _assert_problem(answer, 422, "web.bad_request")


def test_a_broken_multipart_body_is_bad_input(as_person):
    client = as_person("officer")
    answer = client.generic("POST", "/api/drafts", b"--x\r\n", "multipart/form-data; boundary=")
    _assert_problem(answer, 422, "web.bad_request")
    _assert_problem(client.post("/api/drafts", {}), 422, "web.bad_request")


def test_a_document_that_is_none_is_refused_in_the_compilers_words(dachuan, as_person, tmp_path):
    from django.core.files.uploadedfile import SimpleUploadedFile

    binary = SimpleUploadedFile("plan.docx", b"\x00\x01\x02 no document")
    answer = as_person("officer").post("/api/drafts", {"file": binary})
    _assert_problem(answer, 422, "taskboard.document_not_read")
    assert answer.json()["errors"]["reason_code"]


def test_a_write_without_the_csrf_token_is_refused(dachuan, as_person):
    client = as_person("officer")
    del client.cookies["csrftoken"]
    answer = Client.request(client, PATH_INFO="/api/days", REQUEST_METHOD="POST")
    _assert_problem(answer, 403, "web.csrf_refused")


def test_answers_are_not_kept_by_caches_and_chinese_is_readable(dachuan, as_person):
    answer = as_person("owner").get("/api/county")
    assert answer["Cache-Control"] == "no-store"
    assert "达川区" in answer.content.decode()
