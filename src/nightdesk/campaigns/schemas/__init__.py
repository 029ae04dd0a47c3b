"""Shapes of the endpoints of campaigns, their pieces and brand kits."""
