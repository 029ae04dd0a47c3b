"""What can go wrong with webhooks."""

from nightdesk.core.errors import Conflict, NotFound


class EndpointNotFound(NotFound):
    """There is no endpoint with this id."""

    public_message = "There is no such webhook. It may have been deleted; look at the list."


class DeliveryNotFound(NotFound):
    """The endpoint has no delivery with this id."""

    public_message = "There is no such delivery. Deliveries are kept for 30 days; look at the list."


class EndpointAsleep(Conflict):
    """It is switched off."""

    code = "webhook_inactive"
    public_message = "This webhook is switched off. Switch it on first, then try again."


class StillOnItsWay(Conflict):
    """It is being delivered."""

    code = "delivery_under_way"
    public_message = "This delivery is still on its way. Wait until it has ended, then send it again."
