"""Campaigns, their pieces and brand kits over HTTP. All members see and edit all of them."""

from nightdesk.campaigns.api.brand_kits import router as brand_kits_router
from nightdesk.campaigns.api.campaigns import router as campaigns_router
from nightdesk.campaigns.api.pieces import router as pieces_router

__all__ = ["brand_kits_router", "campaigns_router", "pieces_router"]
