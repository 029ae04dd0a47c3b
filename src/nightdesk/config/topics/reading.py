"""Read every topic, in the order of the settings page."""

from dataclasses import dataclass

from nightdesk.config.environment import Environment
from nightdesk.config.topics.broker import Broker, read_broker
from nightdesk.config.topics.database import Database, read_database
from nightdesk.config.topics.image_models import read_image_models
from nightdesk.config.topics.images import read_images
from nightdesk.config.topics.limits import Limits, read_limits
from nightdesk.config.topics.logs import Logs, read_logs
from nightdesk.config.topics.mail import read_mail, read_mail_hook_secret
from nightdesk.config.topics.places import Places, read_places
from nightdesk.config.topics.publishing import read_journal_title, read_publishing
from nightdesk.config.topics.records import Records, read_records
from nightdesk.config.topics.security import Security, read_security
from nightdesk.config.topics.storage import Storage, read_storage
from nightdesk.config.topics.text import read_text
from nightdesk.providers.images.models.options import ModelOptions
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.mail.options import MailOptions
from nightdesk.providers.publishing.options import PublishingOptions
from nightdesk.providers.text.options import TextOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an environment says, topic by topic."""

    places: Places
    logs: Logs
    database: Database
    broker: Broker
    security: Security
    limits: Limits
    text: TextOptions
    image_models: ModelOptions
    storage: Storage
    images: ImageOptions
    publishing: PublishingOptions
    journal_title: str
    mail: MailOptions
    mail_hook_secret: str
    records: Records


def read_all(environment: Environment) -> Reading:
    """Read all topics; nothing is written, so the settings page may call this too.

    Raises:
        Misconfigured: the first setting whose value cannot be used.
    """
    places = read_places(environment)
    return Reading(
        places=places,
        logs=read_logs(environment, data_dir=places.data_dir, role=places.role),
        database=read_database(environment, data_dir=places.data_dir, role=places.role),
        broker=read_broker(environment, data_dir=places.data_dir),
        security=read_security(environment),
        limits=read_limits(environment),
        text=read_text(environment),
        image_models=read_image_models(environment, data_dir=places.data_dir),
        storage=read_storage(environment, data_dir=places.data_dir),
        images=read_images(environment),
        publishing=read_publishing(environment),
        journal_title=read_journal_title(environment),
        mail=read_mail(environment),
        mail_hook_secret=read_mail_hook_secret(environment),
        records=read_records(environment),
    )
