"""The Celery app: `celery -A nightdesk worker|beat|inspect|status|events|purge`."""

import os

from celery import Celery
from celery.signals import worker_shutdown

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nightdesk.config.settings")

from nightdesk.config.celery_options import configure
from nightdesk.engine.worker_step import KeeperStep, say_goodbye

app = Celery("nightdesk", task_cls="nightdesk.engine.task:DurableTask", control="nightdesk.engine.remote:RowControl")
configure(app)
app.set_default()
app.steps["worker"].add(KeeperStep)
worker_shutdown.connect(say_goodbye, weak=False)
