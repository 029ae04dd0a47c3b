"""Shapes of the endpoints of posts, their publishings and accounts on platforms."""
