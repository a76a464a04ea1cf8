"""`quanheng fleet …`: readings in, meters that measure wrong out; without a database, except `take`."""

from __future__ import annotations

import typer

from quanheng.cli import fleet_spool
from quanheng.cli.fleet_county import county_command
from quanheng.cli.fleet_estimate import estimate_command
from quanheng.cli.fleet_import import import_command
from quanheng.cli.fleet_listen import listen_command
from quanheng.cli.fleet_score import score_command
from quanheng.cli.fleet_show import show_command
from quanheng.cli.fleet_simulate import simulate_command
from quanheng.cli.fleet_take import take_command
from quanheng.cli.fleet_update import update_command
from quanheng.cli.fleet_water import water_command

app = typer.Typer(help="电表群：从读数找出计量失准的电能表和水表。", no_args_is_help=True)

app.command("import")(import_command)
app.command("estimate")(estimate_command)
app.command("show")(show_command)
app.command("update")(update_command)
app.command("county")(county_command)
app.command("simulate")(simulate_command)
app.command("score")(score_command)
app.command("take")(take_command)
app.command("water")(water_command)
app.command("listen")(listen_command)
app.add_typer(fleet_spool.app, name="spool")
