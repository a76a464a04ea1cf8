"""`quanheng`: one command, one module per area.  A module imports Django only inside its commands."""

from __future__ import annotations

import typer

from quanheng.cli import (
    certificate,
    conformity,
    county,
    day,
    dcc,
    demo,
    due,
    ecqs,
    fetch,
    fleet,
    followups,
    imports,
    indicator,
    lifetime,
    log,
    lots,
    manufacturers,
    notices,
    opendata,
    plan,
    procedure,
    registry,
    registry_list,
    rules,
    sampling,
    sampling_variables,
    server,
    traceability,
    uncertainty,
    user,
    whatif,
    witness,
    work,
)

app = typer.Typer(
    help="权衡：县级计量监管平台。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(plan.app, name="plan")
registry.app.command("list")(registry_list.list_instruments)
registry.app.command("import")(imports.import_ledger)
registry.app.command("batches")(imports.batches)
registry.app.command("resume")(imports.resume)
registry.app.command("undo")(imports.undo)
registry.app.command("ecqs-export")(ecqs.export)
registry.app.command("ecqs-compare")(ecqs.compare)
app.add_typer(registry.app, name="registry")
log.app.command("fetch")(fetch.fetch)
log.app.command("add-witness")(witness.add_witness)
app.add_typer(log.app, name="log")
app.add_typer(indicator.app, name="indicator")
rules.app.command("what-if")(whatif.what_if)
app.add_typer(rules.app, name="rules")
app.add_typer(procedure.app, name="procedure")
app.add_typer(due.app, name="due")
app.add_typer(fleet.app, name="fleet")
app.add_typer(followups.app, name="followups")
app.add_typer(lots.app, name="lots")
app.command("lifetime")(lifetime.lifetime_command)
app.add_typer(manufacturers.app, name="manufacturers")
app.add_typer(uncertainty.app, name="uncertainty")
app.add_typer(conformity.app, name="conformity")
sampling.app.command("variables")(sampling_variables.variables_command)
app.add_typer(sampling.app, name="sampling")
app.add_typer(traceability.app, name="traceability")
app.add_typer(dcc.app, name="dcc")
app.add_typer(certificate.app, name="certificate")
app.command("notices")(notices.notices)
app.add_typer(county.app, name="county")
app.add_typer(user.app, name="user")
app.add_typer(demo.app, name="demo")
app.command("day")(day.day)
app.command("work")(work.work)
app.command("open-data")(opendata.open_data)
app.command("migrate")(server.migrate)
app.command("serve")(server.serve)
app.command("worker")(server.worker)


def main() -> None:
    """Entry point of the console script."""
    app()


if __name__ == "__main__":
    main()
