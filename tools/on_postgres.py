"""Run a command with a private PostgreSQL database in QUANHENG_DATABASE_URL.

    python tools/on_postgres.py pytest tests/core

Where there is no PostgreSQL the command is not run: one line says so, and with QUANHENG_TEST_STRICT=1
that is a failure.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.postgres import ABSENT, database, server


def main() -> int:
    with server() as url:
        if url is None:
            print(f"SKIPPED on PostgreSQL: {' '.join(sys.argv[1:])}: {ABSENT}")
            return int(os.environ.get("QUANHENG_TEST_STRICT") == "1")
        with database(url) as own:
            environment = os.environ | {"QUANHENG_DATABASE_URL": own, "TEST_DATABASE_URL": url}
            return subprocess.run(sys.argv[1:], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
