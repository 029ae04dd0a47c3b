"""A trigger writes the `JobChange` of every new version: no transition can forget it."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

_COLUMNS = "engine_jobchange (job_id, version, owner_id, changed_at)"
_POSTGRES = f"""
CREATE FUNCTION engine_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO {_COLUMNS} VALUES (NEW.id, NEW.version, NEW.owner_id, statement_timestamp());
    RETURN NULL;
END $$;
CREATE TRIGGER engine_job_inserted AFTER INSERT ON engine_job
    FOR EACH ROW EXECUTE FUNCTION engine_note_change();
CREATE TRIGGER engine_job_changed AFTER UPDATE OF version ON engine_job
    FOR EACH ROW EXECUTE FUNCTION engine_note_change();
ALTER TABLE engine_job SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
ALTER TABLE engine_jobchange SET (autovacuum_vacuum_scale_factor = 0.02);
"""
_POSTGRES_BACK = """
DROP TRIGGER engine_job_changed ON engine_job;
DROP TRIGGER engine_job_inserted ON engine_job;
DROP FUNCTION engine_note_change();
"""
_VALUES = "(NEW.id, NEW.version, NEW.owner_id, strftime('%Y-%m-%d %H:%M:%f', 'now'))"
_SQLITE = (
    f"CREATE TRIGGER engine_job_inserted AFTER INSERT ON engine_job BEGIN "
    f"INSERT INTO {_COLUMNS} VALUES {_VALUES}; END",
    f"CREATE TRIGGER engine_job_changed AFTER UPDATE OF version ON engine_job BEGIN "
    f"INSERT INTO {_COLUMNS} VALUES {_VALUES}; END",
)
_SQLITE_BACK = ("DROP TRIGGER engine_job_changed", "DROP TRIGGER engine_job_inserted")


def add(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Create the triggers."""
    for statement in [_POSTGRES] if editor.connection.vendor == "postgresql" else _SQLITE:
        editor.execute(statement, params=None)


def remove(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Drop them."""
    for statement in [_POSTGRES_BACK] if editor.connection.vendor == "postgresql" else _SQLITE_BACK:
        editor.execute(statement, params=None)


class Migration(migrations.Migration):
    """Adds the triggers on `engine_job`."""

    dependencies = [("engine", "0001_initial")]
    operations = [migrations.RunPython(add, remove)]
