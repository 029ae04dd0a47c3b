"""Rows by which the engine is steered: workers, queues, limits, leases, schedules."""

from django.db import models


class Worker(models.Model):
    """One boot of a worker; alive while `lease_until` lies ahead."""

    boot_id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=200)
    pid = models.IntegerField()
    pool = models.CharField(max_length=20)
    queues = models.JSONField()  # list of names
    kinds = models.JSONField()  # name -> highest version it can run
    slots = models.IntegerField()
    lost_slots = models.IntegerField(default=0)
    active = models.IntegerField(default=0)
    refused = models.BigIntegerField(default=0)  # writes of zombies that were refused
    dead_rings = models.BigIntegerField(default=0)  # rings that found nothing to run
    memory_bytes = models.BigIntegerField(default=0)
    draining = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    lease_until = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Queue(models.Model):
    """A queue that somebody paused, or the window of rings that the sweeper keeps for it."""

    name = models.CharField(max_length=50, primary_key=True)
    paused_at = models.DateTimeField(null=True)
    window = models.IntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class Limit(models.Model):
    """A concurrency limit (`slots`) or a rate (`interval_s` between starts) over all workers."""

    key = models.CharField(max_length=120, primary_key=True)
    slots = models.PositiveSmallIntegerField(null=True)
    interval_s = models.FloatField(null=True)
    next_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.key


class Lease(models.Model):
    """A duty that one process has at a time, such as sweeping."""

    name = models.CharField(max_length=50, primary_key=True)
    holder = models.CharField(max_length=200)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class ScheduleCursor(models.Model):
    """Up to which time a schedule has fired: any number of beats move it forward once."""

    schedule_id = models.BigIntegerField(primary_key=True)
    fired_for = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.schedule_id)
