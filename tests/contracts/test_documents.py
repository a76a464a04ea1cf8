"""What the documents say is what the code does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("tool", ["tools/reference.py", "tools/messages.py"])
def test_what_is_derived_from_the_code_is_up_to_date(tool: str) -> None:
    done = _run(tool, "--check")

    assert done.returncode == 0, done.stdout + done.stderr


def test_error_codes_are_given_once() -> None:
    from quanheng.base.errors import BureauError

    def below(parent: type[BureauError]) -> list[type[BureauError]]:
        return [item for child in parent.__subclasses__() for item in (child, *below(child))]

    codes = [item.code for item in below(BureauError) if "code" in vars(item)]
    assert len(codes) == len(set(codes))


@pytest.mark.django_db
def test_no_model_change_lacks_its_migration() -> None:
    from django.core.management import call_command

    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
