"""`quanheng user …`: the first administrator, before anyone can sign in."""

from __future__ import annotations

import typer

from quanheng.cli.django import with_database

app = typer.Typer(help="用户。", no_args_is_help=True)


@app.command("create-admin")
@with_database
def create_admin(
    username: str,
    display_name: str = typer.Option(..., prompt="姓名"),
    password: str = typer.Option(..., prompt="口令", hide_input=True, confirmation_prompt=True),
) -> None:
    """新建系统管理员；其余用户由管理员在页面上新建。"""
    from django.db import transaction

    from quanheng.core.enums import Role
    from quanheng.core.errors import BadUser
    from quanheng.core.selectors import county
    from quanheng.core.services import create_user, set_roles

    home = county()
    if home is None:
        raise BadUser(reason="请先用 quanheng county load 载入县区配置。")
    with transaction.atomic():
        user = create_user(actor=None, username=username, display_name=display_name, password=password)
        roles = [(Role.ADMINISTRATOR, home.unit_id)]
        set_roles(actor=None, public_id=user.public_id, revision=user.revision, roles=roles)
    typer.echo(f"已新建系统管理员 {username}。")
