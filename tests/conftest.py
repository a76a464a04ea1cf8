from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from hypothesis import HealthCheck, settings
from whitenoise.middleware import WhiteNoiseMiddleware

from tests.chromium import browser_type_launch_args, pytest_runtest_makereport  # noqa: F401  for all below

_HOME = tempfile.mkdtemp(prefix="quanheng-test-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
os.environ |= {
    "QUANHENG_HOME": _HOME,
    "QUANHENG_INSECURE_HTTP": "1",
    "QUANHENG_SECRET_KEY": "only-for-tests",
    "QUANHENG_ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
    "DJANGO_SETTINGS_MODULE": "quanheng.config.settings",
}
django.setup()  # other conftest files import models
settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")  # how fast a loaded machine is says nothing of the code

from tests.append_only import flush_empties_append_only_tables  # noqa: E402, F401  a fixture of all
from tests.demonstration import make_demonstration, make_migrated  # noqa: E402
from tests.prepared import made_once  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("QUANHENG_SHARED", ROOT.parent / "shared"))


# Minutes of the run: at its end one of them would keep one worker busy and the others waiting.
LONGEST = (
    "tests/web/test_every_route.py",
    "tests/docs/test_commands.py",
    "tests/e2e/",
    "tests/cli/test_house_cli.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest; all others keep their order."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Reference data made by others; never part of this repository."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"reference data not found: set QUANHENG_SHARED (looked in {SHARED})")
    return SHARED / "data"


@pytest.fixture
def home(settings: object, tmp_path: Path) -> Path:
    """A home folder of this test alone: files, log and intake of others are not seen."""
    settings.HOME = tmp_path  # type: ignore[attr-defined]
    return tmp_path


@pytest.fixture(scope="session")
def migrated_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with an empty SQLite database; to be copied."""
    return made_once(tmp_path_factory, "migrated-home", make_migrated)


@pytest.fixture(scope="session")
def demonstration_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home folder of the demonstration county after its day; to be copied."""
    return made_once(tmp_path_factory, "demonstration-home", make_demonstration)


@pytest.fixture
def dachuan(db: None, home: Path) -> object:
    """The demonstration county, loaded."""
    from quanheng.core.county import load_county, read_county

    return load_county(read_county(ROOT / "examples/dachuan/county.yaml"))


@pytest.fixture
def people(dachuan: object) -> dict[str, object]:
    """One person for each role."""
    from tests.people import make_people

    return make_people()


@pytest.fixture(autouse=True, scope="session")
def _quick_passwords() -> None:
    """Hashing for real costs a second a person; how passwords are hashed is Django's to test."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True, scope="session")
def _static_files_are_listed_once() -> Iterator[None]:
    """Every test client makes the middleware anew, and WhiteNoise then looks at each static file."""
    listed: dict[str, object] = {}
    look = WhiteNoiseMiddleware.add_files_from_finders

    def add(self: WhiteNoiseMiddleware) -> None:
        if not listed:
            look(self)
            listed.update(self.files)
        self.files.update(listed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", add)
        yield


collect_ignore = [] if os.environ.get("QUANHENG_DATABASE_URL") else ["races"]
