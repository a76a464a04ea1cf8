"""Processes that get killed.  Run by test_crash.py: one process for each database.

    python -m tests.certificates.crash

Database and home folder come from the environment; prints what was found as JSON.
"""

from __future__ import annotations

import json
import os
import signal
from functools import partial
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402

from quanheng.base import clock  # noqa: E402
from quanheng.certificates.checking import PublishedLog, check_file  # noqa: E402
from quanheng.certificates.models import Certificate  # noqa: E402
from quanheng.certificates.selectors import pdf_of  # noqa: E402
from quanheng.certificates.services import issue_certificate, resume_prepared  # noqa: E402
from quanheng.certificates.services.issuing import STEPS  # noqa: E402
from quanheng.instruments.models import VerificationRecord  # noqa: E402
from quanheng.transparency.models import Leaf  # noqa: E402
from quanheng.transparency.selectors import reader  # noqa: E402
from quanheng.transparency.sequencer import sequence  # noqa: E402
from quanheng.verification.models import Verification  # noqa: E402
from tests.certificates.making import NOW, TODAY, World, make_checked, make_world  # noqa: E402
from tests.transparency.crash import ending, fork  # noqa: E402


def _issue_until(world: World, verification: Verification, step: str) -> None:
    def die(name: str) -> None:
        if name == step:
            os.kill(os.getpid(), signal.SIGKILL)

    issue_certificate(
        actor=world.people["signatory"],
        public_id=verification.public_id,
        revision=verification.revision,
        after_step=die,
    )


def _together(count: int) -> list[str]:
    """Resume in several processes at once."""
    return [ending(pid) for pid in [fork(_resume) for _ in range(count)]]


def _resume() -> None:
    resume_prepared()


def main() -> None:
    """Kill the issuing after each step in turn, resume in three processes, and look at what is there."""
    clock.today, clock.now = (lambda: TODAY), (lambda: NOW)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    call_command("migrate", verbosity=0)
    world = make_world()
    found: dict[str, Any] = {"ends": [], "resumed": []}
    for step, verification in zip(STEPS, make_checked(world, *STEPS), strict=True):
        found["ends"].append(ending(fork(partial(_issue_until, world, verification, step))))
        found["resumed"] += _together(3)
    resume_prepared()  # where three were too busy with each other's lock
    sequence()
    log = PublishedLog(reader(Path(settings.HOME) / "log"))
    certificates = list(Certificate.objects.order_by("sequence"))
    found |= {
        "sequences": [one.sequence for one in certificates],
        "states": [one.state for one in certificates],
        "leaves": Leaf.objects.filter(kind="certificate:issued").count(),
        "records": VerificationRecord.objects.count(),
        "verdicts": [check_file(pdf_of(one), log=log, at=TODAY).verdict for one in certificates],
    }
    print(json.dumps(found))  # noqa: T201  the answer to test_crash.py


if __name__ == "__main__":
    main()
