"""The Celery app: `celery -A nightdesk worker|beat|inspect|status|events|purge`."""

from celery import Celery
from celery.signals import worker_shutdown

from nightdesk.config.startup import choose_settings

choose_settings()  # before anything reads them, and before the app is made: its Django fixup looks for the name

from nightdesk.config.celery_options import configure  # noqa: E402
from nightdesk.engine.worker_step import KeeperStep, say_goodbye  # noqa: E402

app = Celery("nightdesk", task_cls="nightdesk.engine.task:DurableTask", control="nightdesk.engine.remote:RowControl")
configure(app)
app.set_default()
app.steps["worker"].add(KeeperStep)
worker_shutdown.connect(say_goodbye, weak=False)
