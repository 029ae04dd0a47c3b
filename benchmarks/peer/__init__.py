"""The peer: Django with Celery and django-celery-results, results in the database, late acknowledgement."""
