"""Settings of the peer, as its documentation proposes them."""

import os

import dj_database_url

from benchmarks.peer.mailing import django_settings

SECRET_KEY = os.environ["PEER_SECRET_KEY"]
INSTALLED_APPS = ["django_celery_results"]
DATABASES = {"default": dj_database_url.parse(os.environ["PEER_DATABASE_URL"], conn_max_age=600)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"

CELERY_BROKER_URL = os.environ["PEER_BROKER_URL"]
CELERY_RESULT_BACKEND = "django-db"
CELERY_TASK_ACKS_LATE = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True

if "PEER_SMTP_PORT" in os.environ:
    globals().update(django_settings(port=int(os.environ["PEER_SMTP_PORT"]), is_encrypted=False))
