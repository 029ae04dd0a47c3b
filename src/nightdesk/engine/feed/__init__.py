"""The live feed: what changed, told to every reader of this process within a second, with nothing lost in silence."""

from nightdesk.engine.feed.events import Batch, JobEvent
from nightdesk.engine.feed.subscription import Subscription
from nightdesk.engine.feed.tail import Tail, shared_tail

__all__ = ["Batch", "JobEvent", "Subscription", "Tail", "shared_tail"]
