"""What is signed is never edited: the database itself refuses to change leaves and checkpoints.

SQLite also needs a trigger on INSERT: ``INSERT OR REPLACE`` deletes the old row without telling the
DELETE trigger.  A later migration that makes Django rebuild one of these tables on SQLite loses its
triggers and must make them again (tests/transparency/test_append_only.py notices).
"""

from django.db import migrations

LEAF = "transparency_leaf"
CHECKPOINT = "transparency_signedcheckpoint"
SAME_ROW = {
    LEAF: '"index" = NEW."index"',
    CHECKPOINT: '"tree_size" = NEW."tree_size" OR "previous_size" = NEW."previous_size"',
}


def create_statements(vendor):
    """Return the SQL that makes the triggers; used by the tests too, which must empty tables."""
    if vendor == "postgresql":
        return [
            "CREATE FUNCTION transparency_refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME "
            "USING ERRCODE = 'integrity_constraint_violation'; END $$",
            *(
                f"CREATE TRIGGER {table}_refuse_{name} BEFORE {event} ON {table} "
                f"FOR EACH {scope} EXECUTE FUNCTION transparency_refuse_change()"
                for table in SAME_ROW
                for name, event, scope in (
                    ("change", "UPDATE OR DELETE", "ROW"),
                    ("truncate", "TRUNCATE", "STATEMENT"),
                )
            ),
        ]
    refuse = "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    return [
        f"CREATE TRIGGER {table}_refuse_{event.lower()} BEFORE {event} ON {table} {when} "
        + refuse.format(table=table)
        for table, same in SAME_ROW.items()
        for event, when in (
            ("UPDATE", ""),
            ("DELETE", ""),
            ("INSERT", f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})"),
        )
    ]


def drop_statements(vendor):
    """Return the SQL that removes them."""
    if vendor == "postgresql":
        return ["DROP FUNCTION transparency_refuse_change() CASCADE"]
    return [
        f"DROP TRIGGER {table}_refuse_{event}" for table in SAME_ROW for event in ("update", "delete", "insert")
    ]


def _run(statements):
    def run(apps, schema_editor):
        for statement in statements(schema_editor.connection.vendor):
            schema_editor.execute(statement, params=None)

    return run


class Migration(migrations.Migration):

    dependencies = [
        ("transparency", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(_run(create_statements), _run(drop_statements)),
    ]
