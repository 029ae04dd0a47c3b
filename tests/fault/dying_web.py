"""What kills a web process at the worst moment: after its commit, before its ring. Named in `extra_tasks`.

The hook is called when the campaign's row is written, so before the service asks for its job: what it does after the
commit comes before the ring.
"""

import os
import signal
from typing import Any

from django.db import transaction
from django.db.models.signals import post_save

#: A campaign of this name is the last thing that its web process accepts.
LAST_WORDS = "Last words"


def _die_after_commit(instance: Any, **_: Any) -> None:
    if instance.name == LAST_WORDS:
        transaction.on_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))


post_save.connect(_die_after_commit, sender="campaigns.Campaign", weak=False)
