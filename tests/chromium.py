"""Debian's Chromium for the tests and the screenshots; Playwright's own browsers are never fetched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
# The first line is ours: with these every window loads two pages of the address bar and a spare process, which is
# more work than ours.  The others are Playwright's own; of two such switches Chromium heeds the last.
WITHOUT = (
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "SpareRendererForSitePerProcess"),
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades"),
    *("HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding"),
    *("ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect", "TcpPortRandomizationWin"),
    *("OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled", "PreconnectToSearch"),
)
SWITCHES = [
    f"--disable-features={','.join(WITHOUT)}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
]
MISSING = "Chromium not found: apt-get install chromium, or set CHROMIUM"

IN_BROWSER = [pytest.mark.browser]


def find_chromium() -> str | None:
    """Return the path of a Chromium, the one named by CHROMIUM first."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start the Chromium of this machine; where there is none, skip (or fail where that is forbidden)."""
    path = find_chromium()
    if path is None:
        (pytest.fail if os.environ.get("QUANHENG_TEST_STRICT") == "1" else pytest.skip)(MISSING)
    # Playwright keeps an event loop in this thread; Django would refuse the database to every later test.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    return {**browser_type_launch_args, "executable_path": path, "args": SWITCHES}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell of a missing browser once: skips at one place make one line of the summary."""
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple) and MISSING in report.longrepr[2]:
        report.longrepr = (__file__, 1, report.longrepr[2])
    return report
