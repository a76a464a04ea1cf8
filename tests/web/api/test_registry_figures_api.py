"""The figures of the registry through the API: as of the last county day, also of one town."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from quanheng.instruments.services.opendata import publish_registry
from tests.web.world import World

SignIn = Callable[[str], Client]


def test_a_figure_of_the_registry_needs_no_plan_and_may_be_of_one_town(
    world: World, as_person: SignIn
) -> None:
    tally = publish_registry()
    in_town = tally.narrowed(town="亭子镇").total.known
    client = as_person("officer")
    whole = client.get("/api/indicators/registry.instruments").json()
    town = client.get("/api/indicators/registry.instruments", {"town": "亭子镇"}).json()
    none = client.get("/api/indicators/registry.instruments", {"kind": "taximeter"}).json()

    assert (whole["value"], town["value"], none["value"]) == (str(tally.total.known), str(in_town), "0")
    assert in_town > 0
    assert town["command"] == "quanheng indicator show registry.instruments --town '亭子镇'"


@pytest.mark.parametrize(
    "query", ["registry.overdue?task={task}", "registry.overdue?plan={plan}", "plan.tasks?town=亭子镇"]
)
def test_what_an_indicator_does_not_depend_on_is_refused(world: World, as_person: SignIn, query: str) -> None:
    asked = query.format(task=world.task.public_id, plan=world.plan.public_id)
    assert as_person("officer").get(f"/api/indicators/{asked}").status_code == 422
