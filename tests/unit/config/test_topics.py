"""What each topic makes of an environment."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from nightdesk.config.environment import Environment
from nightdesk.config.topics.reading import Reading, read_all
from nightdesk.core.errors import Misconfigured
from nightdesk.providers.text.options import Structure, TextOptions


def read(tmp_path: Path, **values: str) -> Reading:
    return read_all(Environment({"NIGHTDESK_DATA_DIR": str(tmp_path), **values}))


def refuse(tmp_path: Path, **values: str) -> str:
    with pytest.raises(Misconfigured) as caught:
        read(tmp_path, **values)
    return str(caught.value)


def test_reading_writes_nothing(tmp_path: Path) -> None:
    read(tmp_path / "data")
    assert list(tmp_path.iterdir()) == []


def test_database_is_sqlite_in_the_data_folder_when_nothing_is_set(tmp_path: Path) -> None:
    database = read(tmp_path).database
    assert (database["ENGINE"], database["NAME"]) == ("nightdesk.engine.sqlite", str(tmp_path / "nightdesk.sqlite3"))
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert database["OPTIONS"]["timeout"] == 20


def place(database: dict[str, Any]) -> tuple[object, ...]:
    return tuple(database[name] for name in ("ENGINE", "USER", "PASSWORD", "HOST", "PORT", "NAME"))


POSTGRES = ("django.db.backends.postgresql", "ann", "p@ss/word", "db.example", 6543, "desk")


def test_database_address_and_its_parts_mean_the_same(tmp_path: Path) -> None:
    url = read(tmp_path, DATABASE_URL="postgres://ann:p%40ss%2Fword@db.example:6543/desk").database
    parts = {
        "DB_HOST": "db.example",
        "DB_PORT": "6543",
        "DB_NAME": "desk",
        "DB_USER": "ann",
        "DB_PASSWORD": "p@ss/word",
    }
    assert place(url) == place(read(tmp_path, **parts).database) == POSTGRES


def test_postgres_never_waits_for_long(tmp_path: Path) -> None:
    options = read(tmp_path, DATABASE_URL="postgres://ann@db/desk", NIGHTDESK_ROLE="worker").database["OPTIONS"]
    assert options == {
        "connect_timeout": 2,
        "options": "-c statement_timeout=30000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=15000",
        "application_name": "nightdesk-worker",
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
    }


def test_web_takes_postgres_connections_from_a_pool_and_workers_keep_theirs(tmp_path: Path) -> None:
    ages = {}
    for role in ("web", "worker"):
        database = read(tmp_path, DATABASE_URL="postgres://ann@db/desk", NIGHTDESK_ROLE=role).database
        ages[role] = (database["CONN_MAX_AGE"], "pool" in database["OPTIONS"], database["CONN_HEALTH_CHECKS"])
    assert ages == {"web": (0, True, True), "worker": (None, False, True)}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"DATABASE_URL": "mysql://x"},
            "DATABASE_URL must begin with postgres:// or sqlite://. No other database is supported.",
        ),
        (
            {"DATABASE_URL": "sqlite:///x", "DB_HOST": "db"},
            "DATABASE_URL and DB_HOST are both set. Keep one of the two.",
        ),
        ({"DB_NAME": "desk"}, "DB_HOST is missing although DB_NAME is set. Set it, or remove DB_NAME to use SQLite."),
        (
            {"DATABASE_URL": "postgres://ann:pw@db:port/desk"},
            "DATABASE_URL cannot be read. Write it like postgres://user:password@host:5432/name.",
        ),
        ({"NIGHTDESK_TIME_ZONE": "Mars"}, "NIGHTDESK_TIME_ZONE must be a zone like Europe/Berlin or UTC, not 'Mars'."),
        (
            {"NIGHTDESK_ROLE": "../up"},
            "NIGHTDESK_ROLE must be a short name in lower-case letters, digits and hyphens.",
        ),
        ({"NIGHTDESK_SECRET_KEY": "short"}, "NIGHTDESK_SECRET_KEY must have at least 50 characters."),
        (
            {"NIGHTDESK_ENCRYPTION_KEYS": f"{Fernet.generate_key().decode()},abc"},
            "NIGHTDESK_ENCRYPTION_KEYS holds a key that is not a Fernet key (number 2).",
        ),
        (
            {"NIGHTDESK_TRUSTED_PROXIES": "10.0.0.1/8"},
            "NIGHTDESK_TRUSTED_PROXIES holds '10.0.0.1/8', which is not a network like 10.0.0.0/8.",
        ),
        (
            {"NIGHTDESK_EXTRA_TASKS": "desk.tasks,a b"},
            "NIGHTDESK_EXTRA_TASKS holds 'a b', which is not a module like desk_extras.tasks.",
        ),
        ({"NIGHTDESK_BASE_URL": "https://"}, "NIGHTDESK_BASE_URL must name a host, like https://desk.example.org."),
        (
            {"NIGHTDESK_LOG_LEVEL": "loud"},
            "NIGHTDESK_LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR, not 'loud'.",
        ),
    ],
)
def test_value_that_cannot_be_used_is_refused_by_name(tmp_path: Path, values: dict[str, str], sentence: str) -> None:
    assert refuse(tmp_path, **values) == sentence


def test_broker_is_a_folder_of_the_data_folder_when_nothing_is_set(tmp_path: Path) -> None:
    broker = read(tmp_path).broker
    assert (broker.url, broker.folder) == ("files://", tmp_path / "broker")
    assert (broker.result_expires_s, broker.max_tasks_per_child, broker.niceness) == (3600, None, 5)


def test_file_broker_may_name_its_folder(tmp_path: Path) -> None:
    assert read(tmp_path, CELERY_BROKER_URL="files:///srv/bells%20here").broker.folder == Path("/srv/bells here")


def test_settings_that_the_engine_decides_are_answered_with_one_warning_each(tmp_path: Path) -> None:
    environment = Environment({"CELERY_RESULT_BACKEND": "redis://", "CELERY_TASK_ACKS_LATE": "1"})
    read_all(environment)
    assert environment.warnings == [
        "CELERY_RESULT_BACKEND is set and changes nothing: results live in the database, beside their jobs. Remove it.",
        "CELERY_TASK_ACKS_LATE is set and changes nothing: messages are only doorbells: a lost one is rung again. Remove it.",
    ]


def test_host_of_the_base_address_is_allowed(tmp_path: Path) -> None:
    security = read(tmp_path, NIGHTDESK_BASE_URL="https://desk.example.org/").security
    assert security.base_url == "https://desk.example.org"
    assert security.allowed_hosts == ("localhost", "127.0.0.1", "[::1]", "desk.example.org")


def test_encryption_keys_are_kept_in_their_order(tmp_path: Path) -> None:
    keys = [Fernet.generate_key().decode() for _ in range(2)]
    assert read(tmp_path, NIGHTDESK_ENCRYPTION_KEYS=", ".join(keys)).security.encryption_keys == tuple(keys)


def test_log_goes_to_standard_output_except_for_commands(tmp_path: Path) -> None:
    streams = {role: read(tmp_path, NIGHTDESK_ROLE=role).logs.stream for role in ("manage", "web", "worker")}
    assert streams == {"manage": "stderr", "web": "stdout", "worker": "stdout"}


def test_text_is_written_by_templates_when_nothing_is_set(tmp_path: Path) -> None:
    text = read(tmp_path).text
    assert (text.is_chosen, text.at_once, text.timeout_s, text.structure) == (False, 6, 120, "auto")


def test_text_reads_server_model_and_prices(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3cret-key\n", encoding="utf-8")
    text = read(
        tmp_path,
        NIGHTDESK_TEXT_URL="http://localhost:8080/v1",
        NIGHTDESK_TEXT_KEY_FILE=str(tmp_path / "key"),
        NIGHTDESK_TEXT_MODEL="m-1",
        NIGHTDESK_TEXT_STRUCTURE="JSON",
        NIGHTDESK_TEXT_AT_ONCE="2",
        NIGHTDESK_TEXT_TIMEOUT="3m",
        NIGHTDESK_TEXT_PRICE_IN="0.15",
        NIGHTDESK_TEXT_PRICE_OUT="0.6",
        NIGHTDESK_TEXT_CURRENCY="eur",
    ).text
    assert text == TextOptions(
        url="http://localhost:8080/v1",
        key="s3cret-key",
        model="m-1",
        structure=Structure.JSON,
        at_once=2,
        timeout_s=180,
        price_in_micros=150_000,
        price_out_micros=600_000,
        currency="EUR",
    )


@pytest.mark.parametrize(
    ("name", "raw", "complaint"),
    [
        ("URL", "localhost:8080", "must be an address like http://localhost:8080/v1 or https://host/v1."),
        ("URL", "http://", "must be an address like http://localhost:8080/v1 or https://host/v1."),
        ("URL", "ftp://ann:hunter2@host", "must be an address like http://localhost:8080/v1 or https://host/v1."),
        ("URL", "http://host:99999", "has a host or port that cannot be read."),
        ("URL", "http://host/v1?key=hunter2", "must end with its path: nothing after ? or #."),
        ("URL", "http://host/v1/chat/completions", "must be the address that comes before /chat/completions."),
        ("KEY", "sk-\u201chunter2\u201d", "holds characters that no key has. Copy it again."),
        ("MODEL", "m" * 101, "must be one line of at most 100 characters."),
        ("STRUCTURE", "firm", "must be one of auto, schema, json, prompt, not 'firm'."),
        ("AT_ONCE", "0", "must be a whole number from 1 to 64, not '0'."),
        ("PRICE_IN", "cheap", "must be a price like 0.15, from 0 to 1000000, not 'cheap'."),
        ("PRICE_IN", "-1", "must be a price like 0.15, from 0 to 1000000, not '-1'."),
        ("PRICE_OUT", "NaN", "must be a price like 0.15, from 0 to 1000000, not 'NaN'."),
        ("CURRENCY", "Euro", "must be three letters like USD or EUR, not 'EURO'."),
    ],
)
def test_text_setting_that_cannot_be_used_is_refused(tmp_path: Path, name: str, raw: str, complaint: str) -> None:
    said = refuse(tmp_path, **{f"NIGHTDESK_TEXT_{name}": raw})
    assert said == f"NIGHTDESK_TEXT_{name} {complaint}"
    assert "hunter2" not in said


def test_text_price_without_its_twin_is_refused(tmp_path: Path) -> None:
    assert refuse(tmp_path, NIGHTDESK_TEXT_PRICE_IN="1") == (
        "NIGHTDESK_TEXT_PRICE_OUT is missing: set both prices, or none."
    )


def test_text_key_beside_a_user_name_is_refused(tmp_path: Path) -> None:
    said = refuse(tmp_path, NIGHTDESK_TEXT_URL="http://ann:hunter2@host", NIGHTDESK_TEXT_KEY="hunter2-key")
    assert said == "NIGHTDESK_TEXT_URL holds a user name, and NIGHTDESK_TEXT_KEY is set as well. Keep one of the two."


BUCKET = {
    "NIGHTDESK_S3_BUCKET": "pictures",
    "NIGHTDESK_S3_ENDPOINT": "http://127.0.0.1:9000/",
    "NIGHTDESK_S3_KEY_ID": "key-id",
    "NIGHTDESK_S3_SECRET": "key-secret",
    "NIGHTDESK_S3_PREFIX": "/team/",
}


def test_pictures_lie_in_the_data_folder_when_nothing_is_set(tmp_path: Path) -> None:
    storage = read(tmp_path).storage
    assert (storage.bucket, storage.media_dir) == (None, tmp_path / "media")
    assert storage.describe()["OPTIONS"]["location"] == str(tmp_path / "media")
    assert read(tmp_path, NIGHTDESK_MEDIA_DIR="/srv/pictures").storage.media_dir == Path("/srv/pictures")


def test_bucket_is_described_whole_and_keeps_its_secret(tmp_path: Path) -> None:
    storage = read(tmp_path, **BUCKET).storage
    assert storage.describe() == {
        "BACKEND": "nightdesk.images.stores.open_bucket",
        "OPTIONS": {
            "bucket_name": "pictures",
            "endpoint_url": "http://127.0.0.1:9000",
            "region_name": "us-east-1",
            "access_key": "key-id",
            "secret_key": "key-secret",
            "location": "team",
            "addressing_style": "path",
        },
    }
    assert "key-secret" not in repr(storage)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"NIGHTDESK_S3_BUCKET": ""}, "NIGHTDESK_S3_BUCKET is missing although NIGHTDESK_S3_ENDPOINT is set"),
        ({"NIGHTDESK_S3_KEY_ID": ""}, "NIGHTDESK_S3_KEY_ID is missing: NIGHTDESK_S3_BUCKET is set"),
        ({"NIGHTDESK_S3_SECRET": ""}, "NIGHTDESK_S3_SECRET is missing: NIGHTDESK_S3_BUCKET is set"),
        ({"NIGHTDESK_S3_ENDPOINT": "s3.example.org"}, "NIGHTDESK_S3_ENDPOINT must be an address"),
        ({"NIGHTDESK_S3_ENDPOINT": "https://ann:secret@s3.example.org"}, "without a user name"),
        ({"NIGHTDESK_S3_PREFIX": "a/../b"}, "NIGHTDESK_S3_PREFIX must be a plain path"),
    ],
)
def test_half_a_bucket_is_refused(tmp_path: Path, changes: dict[str, str], said: str) -> None:
    complaint = refuse(tmp_path, **{**BUCKET, **changes})
    assert said in complaint
    assert "key-secret" not in complaint


@pytest.mark.parametrize(
    "secret", ["short:one", "no-colon-but-long-enough", "two:colons:and-long-enough", "name:with blanks in between it"]
)
def test_secret_of_the_mail_hook_can_stand_in_an_address(tmp_path: Path, secret: str) -> None:
    good = "postmark:made-up-for-the-tests"
    assert read(tmp_path, NIGHTDESK_MAIL_HOOK_SECRET=good).mail_hook_secret == good
    assert read(tmp_path).mail_hook_secret == ""
    said = refuse(tmp_path, NIGHTDESK_MAIL_HOOK_SECRET=secret)
    assert (said.startswith("NIGHTDESK_MAIL_HOOK_SECRET must be name:password"), secret in said) == (True, False)
