"""Leaves and checkpoints cannot be changed, whatever the code above the database does."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from quanheng.transparency.models import Leaf, SignedCheckpoint
from quanheng.transparency.sequencer import sequence
from tests.transparency.making import stage

CHANGES = [
    "UPDATE transparency_leaf SET kind = 'test:other'",
    'UPDATE transparency_leaf SET entry = leaf_hash WHERE "index" = 1',
    'DELETE FROM transparency_leaf WHERE "index" = 2',
    "DELETE FROM transparency_leaf",
    "UPDATE transparency_signedcheckpoint SET root_hash = root_hash",
    "DELETE FROM transparency_signedcheckpoint",
]
REPLACEMENTS = {
    "sqlite": [
        'REPLACE INTO transparency_leaf SELECT * FROM transparency_leaf WHERE "index" = 1',
        "INSERT OR REPLACE INTO transparency_signedcheckpoint"
        " SELECT tree_size + 1, previous_size, root_hash, note, signed_at FROM transparency_signedcheckpoint",
    ],
    "postgresql": [
        "TRUNCATE transparency_leaf",
        "TRUNCATE transparency_signedcheckpoint CASCADE",
        'INSERT INTO transparency_leaf SELECT * FROM transparency_leaf WHERE "index" = 1'
        " ON CONFLICT (\"index\") DO UPDATE SET kind = 'test:other'",
    ],
}


@pytest.fixture
def three_leaves(db: None, home: Path) -> None:
    stage(3)
    sequence()


def _everything() -> list[object]:
    return [*Leaf.objects.values_list(), *SignedCheckpoint.objects.values_list()]


@pytest.mark.usefixtures("three_leaves")
def test_the_database_refuses_every_change_of_leaf_or_checkpoint() -> None:
    before = _everything()
    for change in [*CHANGES, *REPLACEMENTS[connection.vendor]]:
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            connection.cursor().execute(change)
    assert _everything() == before


@pytest.mark.usefixtures("three_leaves")
def test_the_orm_is_refused_too() -> None:
    leaf = Leaf.objects.get(index=0)
    leaf.kind = "test:other"
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        leaf.save()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Leaf.objects.all().delete()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", [1, 2])
def test_tables_are_empty_again_after_a_test_that_commits(home: Path, time: int) -> None:
    assert not Leaf.objects.exists()
    stage(1)
    sequence()
    with pytest.raises(IntegrityError, match="append-only"):  # the triggers are back the second time
        Leaf.objects.all().delete()
