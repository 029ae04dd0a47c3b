"""How long things are kept that grow by themselves."""

from dataclasses import dataclass

from nightdesk.config.environment import Environment, Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Days that each is kept."""

    activity_days: int
    mail_days: int
    export_days: int
    health_days: int


def read_records(environment: Environment) -> Records:
    """Read how many days things are kept."""
    topic = environment.topic("Records")
    return Records(
        activity_days=_read_days(topic, "NIGHTDESK_ACTIVITY_DAYS", 365, "the log of who did what is kept"),
        mail_days=_read_days(topic, "NIGHTDESK_MAIL_DAYS", 90, "mails of the outbox are kept once they have ended"),
        export_days=_read_days(topic, "NIGHTDESK_EXPORT_DAYS", 7, "files of exports and reports can be downloaded"),
        health_days=_read_days(topic, "NIGHTDESK_HEALTH_DAYS", 30, "results of health checks are kept"),
    )


def _read_days(topic: Topic, name: str, default: int, what: str) -> int:
    return topic.integer(name, default=default, least=1, most=3_650, meaning=f"Days that {what}.")
