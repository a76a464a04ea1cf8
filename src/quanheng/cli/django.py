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
    """Make the models importable.  Idempotent."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quanheng.config.settings")
    django.setup()


@contextmanager
def refusals() -> Iterator[None]:
    """Print a refusal as one Chinese line on stderr and leave with exit code 2."""
    from quanheng.base.errors import BureauError

    try:
        yield
    except BureauError as error:
        typer.echo(f"{error.text}［{error.code}］", err=True)
        raise typer.Exit(2) from error


def with_database(command: Callable[P, R]) -> Callable[P, R]:
    """Decorate a command: Django is started before it, refusals are printed."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        start()
        with refusals():
            return command(*args, **kwargs)

    return run
