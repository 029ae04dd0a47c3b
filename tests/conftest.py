"""What every floor shares: the database that was chosen for this run, private servers, whole installations.

`--database` must be known before Django is set up, and Django before a deeper conftest imports a model. So this file
sets Django up itself while its options are added, and pyproject.toml names no DJANGO_SETTINGS_MODULE.
"""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, Page
from pytest_django import DjangoDbBlocker

from tests.support import environment
from tests.support.chromium import open_browser, open_page
from tests.support.ghost import GhostServer
from tests.support.nightdesk import Installation, MakeInstallation
from tests.support.pds import PdsServer
from tests.support.postgres import Postgres
from tests.support.rabbitmq import RabbitMQ
from tests.support.redis import Redis
from tests.support.run import DATABASES, Run
from tests.support.wordpress import WordPressServer

# How fast an example runs says how busy the machine is, not whether the code is right.
settings.register_profile("nightdesk", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("nightdesk")

#: Fixtures by which a test comes to the database of the run.
_OF_THE_DATABASE = {"db", "transactional_db", "django_db_setup", "run"}

RUN = pytest.StashKey[Run]()
FAILED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    parser.addoption(
        "--database", choices=DATABASES, default="sqlite", help="what unit, integration and contract tests run on"
    )
    parser.addoption(
        "--only-database", action="store_true", help="leave out what does not use the database that was chosen"
    )
    config = pluginmanager.get_plugin("pytestconfig")
    assert isinstance(config, pytest.Config)
    if config.getini("DJANGO_SETTINGS_MODULE"):
        raise pytest.UsageError("remove DJANGO_SETTINGS_MODULE from pyproject.toml: tests/conftest.py sets Django up")
    options = parser.parse_known_args(config.invocation_params.args)
    run = Run(options.database)
    config.stash[RUN] = run
    run.configure_django()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--only-database"):
        return
    outside = [item for item in items if not _uses_database(item)]
    config.hook.pytest_deselected(items=outside)
    items[:] = [item for item in items if _uses_database(item)]


def _uses_database(item: pytest.Item) -> bool:
    """Whether the chosen database makes a difference to a test: others start servers of their own, or need none."""
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or not fixtures.isdisjoint(_OF_THE_DATABASE)


def pytest_report_header(config: pytest.Config) -> str:
    return f"database: {config.stash[RUN].database}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: "pytest.CallInfo[None]") -> Generator[None, Any, Any]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def run(request: pytest.FixtureRequest) -> Run:
    """Give the run itself: `run.database` is "sqlite" or "postgres", `run.folder` its temporary folder."""
    return request.config.stash[RUN]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(run: Run, django_db_blocker: DjangoDbBlocker) -> None:
    """Keep the SQLite test database in a file: one in memory locks differently and no thread could share it."""
    from django.db import connections

    if run.database == "sqlite":
        connections["default"].settings_dict["TEST"]["NAME"] = str(run.folder / "test.sqlite3")


@pytest.fixture(scope="session")
def postgres(run: Run) -> Postgres:
    """Give the run's PostgreSQL, to be shared: never kill it, take `private_postgres` for that."""
    return run.start_postgres()


@pytest.fixture(scope="session")
def redis() -> Iterator[Redis]:
    """Give the run's Redis, to be shared: never kill it, take `private_redis` for that."""
    with Redis() as server:
        yield server


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[RabbitMQ]:
    """Give the run's RabbitMQ; only tests marked `real_server` ask for it."""
    with RabbitMQ() as server:
        yield server


@pytest.fixture(scope="session")
def wordpress() -> Iterator[WordPressServer]:
    """Give the run's WordPress; only tests marked `real_server` ask for it."""
    with WordPressServer() as server:
        yield server


@pytest.fixture(scope="session")
def ghost() -> Iterator[GhostServer]:
    """Give the run's Ghost; only tests marked `real_server` ask for it. Not every system can have one."""
    try:
        server = GhostServer()
    except LookupError as error:
        pytest.skip(str(error))
    with server:
        yield server


@pytest.fixture(scope="session")
def pds() -> Iterator[PdsServer]:
    """Give the run's Bluesky server; only tests marked `real_server` ask for it. Not every system can have one."""
    try:
        server = PdsServer()
    except LookupError as error:
        pytest.skip(str(error))
    with server:
        yield server


@pytest.fixture
def private_postgres() -> Iterator[Postgres]:
    """Give a PostgreSQL of this test's own, to be killed, frozen and restarted."""
    with Postgres() as server:
        yield server


@pytest.fixture
def private_redis() -> Iterator[Redis]:
    """Give a Redis of this test's own, to be killed, frozen and restarted."""
    with Redis() as server:
        yield server


@pytest.fixture
def make_installation(request: pytest.FixtureRequest) -> Iterator[MakeInstallation]:
    """Make migrated installations, with the arguments of `Installation`; each ends with the test, its logs shown if that failed.

    On PostgreSQL it is the run's server unless the test hands in another; Redis is the installation's own.
    """
    made: list[Installation] = []

    def make(**arguments: Any) -> Installation:
        if arguments.get("database") == "postgres" and "postgres" not in arguments:
            arguments["postgres"] = request.getfixturevalue("postgres")
        installation = Installation(**arguments)
        made.append(installation)
        installation.migrate()
        return installation

    yield make
    for installation in reversed(made):
        installation.close(show_logs=request.node.stash.get(FAILED, False))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give a running headless Chromium, gone before the next module: while it lives, Django's ORM refuses this thread."""
    with open_browser() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Give an empty page in a fresh profile; the test fails if the page's console showed an error."""
    with open_page(browser) as opened:
        yield opened


@pytest.fixture
def clean_environment() -> dict[str, str]:
    """Give this machine's environment without anything that steers Nightdesk."""
    return environment.clean_environment()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Give an empty data folder of this test's own."""
    folder = tmp_path / "data"
    folder.mkdir()
    return folder
