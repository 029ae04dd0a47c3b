"""Shapes of the image endpoints."""
