#!/bin/sh
# Make the environment from a lock file: hashes are checked, nothing is compiled.
# usage: environment.sh PYTHON VENV LOCK
set -eu
python=$1 venv=$2 lock=$3
"$python" - <<'PY' || { echo "需要 Python 3.11 或更新版本（PYTHON=… 可指定）。 Python >= 3.11 is needed." >&2; exit 1; }
import sys
sys.exit(sys.version_info < (3, 11))
PY
echo "正在按 $lock 准备运行环境，首次需要几分钟……" >&2
if command -v uv >/dev/null 2>&1; then
    [ -x "$venv/bin/python" ] || uv venv --quiet --python "$python" "$venv"
    uv pip sync --quiet --python "$venv/bin/python" --require-hashes "$lock"
    uv pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation -e .
else
    [ -x "$venv/bin/pip" ] || "$python" -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r "$lock"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
fi
