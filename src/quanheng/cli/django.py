"""Start Django for a command that needs the database; commands that do not never import this."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

import typer

P = ParamSpec("P")
R = TypeVar("R")


def start() -> None:
    """Make the models importable.  Idempotent.  A bad setting is told in one line."""
    import django
    from django.core.exceptions import ImproperlyConfigured

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quanheng.config.settings")
    try:
        django.setup()
    except (ValueError, OSError, ImproperlyConfigured) as error:
        typer.echo(f"设置有误，未启动：{error}", err=True)
        raise typer.Exit(2) from error


def start_without_database() -> None:
    """Make code that only translates usable: no settings are read, no folder is made."""
    from django.conf import settings

    if not settings.configured:
        settings.configure(USE_I18N=False)


@contextmanager
def refusals() -> Iterator[None]:
    """Print a refusal as one Chinese line on stderr and leave with exit code 2."""
    from django.db import OperationalError, ProgrammingError

    from quanheng.base.errors import BureauError

    try:
        yield
    except BureauError as error:
        typer.echo(f"{error.text}［{error.code}］", err=True)
        raise typer.Exit(2) from error
    except (OperationalError, ProgrammingError) as error:
        typer.echo(f"数据库不可用：{str(error).splitlines()[0]}", err=True)
        typer.echo(
            "新建或升级后，请先运行 quanheng migrate；并核对 QUANHENG_HOME 和 QUANHENG_DATABASE_URL。",
            err=True,
        )
        raise typer.Exit(2) from error


def with_database(command: Callable[P, R]) -> Callable[P, R]:
    """Decorate a command: Django is started before it, refusals are printed."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        start()
        with refusals():
            return command(*args, **kwargs)

    return run
