"""What was issued is never edited: the database itself refuses it.

A certificate is numbered once, signed once and withdrawn at most once; it is never deleted, and a series of
numbers only goes up.  SQLite also needs a trigger on INSERT: ``INSERT OR REPLACE`` deletes the old row without
telling the DELETE trigger.  A later migration that makes Django rebuild one of these tables on SQLite loses its
triggers and must make them again (tests/certificates/test_append_only.py notices).
"""

from django.db import migrations

CERTIFICATE = "certificates_certificate"
SERIES = "certificates_numberseries"
KEY = "certificates_signingcertificate"
FORGOTTEN = "已删除"
ALWAYS = (
    "public_id",
    "number",
    "institute_id",
    "year",
    "sequence",
    "kind",
    "verification_id",
    "instrument_id",
    "content",
    "content_sha256",
    "issued_on",
    "valid_until",
    "prepared_at",
    "prepared_by_id",
    "supersedes_id",
    "is_demo",
)
ONCE_ISSUED = ("state", "signing_certificate_id", "issued_at", "xml_sha256", "pdf_sha256")
ONCE_WITHDRAWN = ("withdrawn_at", "withdrawn_by_id")
KEY_ALWAYS = (
    "public_id",
    "institute_id",
    "pem",
    "fingerprint",
    "subject",
    "not_before",
    "not_after",
    "is_demo",
    "registered_by_id",
    "registered_at",
)
KEY_ONCE_REVOKED = ("revoked_at", "revoked_by_id", "distrusted_from")


def _differ(columns, differs):
    return " OR ".join(f"OLD.{name} {differs} NEW.{name}" for name in columns)


def conditions(vendor):
    """Return, for each table, when an update is refused."""
    differs = "IS DISTINCT FROM" if vendor == "postgresql" else "IS NOT"
    erased = f"NEW.{{0}} = '{FORGOTTEN}'"  # the text of an erased person
    return {
        CERTIFICATE: (
            f"({_differ(ALWAYS, differs)})"
            f" OR OLD.state = 'issued' AND ({_differ(ONCE_ISSUED, differs)})"
            f" OR OLD.withdrawn_at IS NOT NULL AND ({_differ(ONCE_WITHDRAWN, differs)}"
            f" OR OLD.withdrawal_reason <> NEW.withdrawal_reason AND NOT {erased.format('withdrawal_reason')})"
        ),
        SERIES: f"({_differ(('institute_id', 'year'), differs)}) OR NEW.last < OLD.last",
        KEY: (
            f"({_differ(KEY_ALWAYS, differs)})"
            f" OR OLD.revoked_at IS NOT NULL AND ({_differ(KEY_ONCE_REVOKED, differs)}"
            f" OR OLD.revocation_reason <> NEW.revocation_reason AND NOT {erased.format('revocation_reason')})"
        ),
    }


SAME_ROW = {
    CERTIFICATE: (
        "id = NEW.id OR number = NEW.number OR public_id = NEW.public_id"
        " OR institute_id = NEW.institute_id AND year = NEW.year AND sequence = NEW.sequence"
        " OR NEW.supersedes_id IS NULL AND supersedes_id IS NULL AND verification_id = NEW.verification_id"
        " OR supersedes_id = NEW.supersedes_id"
    ),
    SERIES: "id = NEW.id OR institute_id = NEW.institute_id AND year = NEW.year",
    KEY: "id = NEW.id OR fingerprint = NEW.fingerprint OR public_id = NEW.public_id",
}


def create_statements(vendor):
    """Return the SQL that makes the triggers; used by the tests too, which must empty tables."""
    if vendor == "postgresql":
        return [
            "CREATE FUNCTION certificates_refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME "
            "USING ERRCODE = 'integrity_constraint_violation'; END $$",
            *(
                f"CREATE TRIGGER {table}_refuse_{name} BEFORE {event} ON {table} "
                f"FOR EACH {scope} EXECUTE FUNCTION certificates_refuse_change()"
                for table, refused in conditions(vendor).items()
                for name, event, scope in (
                    ("update", "UPDATE", f"ROW WHEN ({refused})"),
                    ("delete", "DELETE", "ROW"),
                    ("truncate", "TRUNCATE", "STATEMENT"),
                )
            ),
        ]
    refuse = "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    return [
        f"CREATE TRIGGER {table}_refuse_{event.lower()} BEFORE {event} ON {table} {when} "
        + refuse.format(table=table)
        for table, refused in conditions(vendor).items()
        for event, when in (
            ("UPDATE", f"WHEN {refused}"),
            ("DELETE", ""),
            ("INSERT", f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {SAME_ROW[table]})"),
        )
    ]


def drop_statements(vendor):
    """Return the SQL that removes them."""
    if vendor == "postgresql":
        return ["DROP FUNCTION certificates_refuse_change() CASCADE"]
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
        ("certificates", "0002_initial"),
    ]

    operations = [
        migrations.RunPython(_run(create_statements), _run(drop_statements)),
    ]
