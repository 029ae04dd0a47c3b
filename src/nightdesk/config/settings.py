"""The settings, in the form Django reads: what the environment says, plus what is nobody's to choose."""

import os
from dataclasses import replace

from nightdesk.config.environment import Environment
from nightdesk.config.keys import keep_encryption_keys, keep_secret_key
from nightdesk.config.topics.logs import build_logging
from nightdesk.config.topics.reading import read_all
from nightdesk.config.topics.web import APPS, MIDDLEWARE_ORDER, STATIC_MAX_AGE_S, build_cookie_rules, build_templates
from nightdesk.core.errors import Misconfigured
from nightdesk.providers.images import registry as image_providers
from nightdesk.providers.mail import registry as senders
from nightdesk.providers.publishing import registry as publishers
from nightdesk.providers.text import registry as text_writers

try:
    _env = Environment(os.environ)
    _read = read_all(_env)
    _env.warn_of_strangers()
    SECRET_KEY = _read.security.secret_key or keep_secret_key(_read.places.data_dir)
    _read.storage.make_folders()
    ENCRYPTION_KEYS = _read.security.encryption_keys or keep_encryption_keys(_read.places.data_dir)
except Misconfigured as wrong:
    # A plain sentence instead of a traceback, whoever loads the settings: our commands, celery, uvicorn or manage.py.
    raise SystemExit(f"Nightdesk cannot start: {wrong}") from None

# Libraries of models never look anything up on the net: what they may use lies in NIGHTDESK_MODELS_DIR.
os.environ["HF_HUB_OFFLINE"] = "1"

# ---- ours

DATA_DIR = _read.places.data_dir
ROLE = _read.places.role
BASE_URL = _read.security.base_url
SITE_NAME = _read.places.site_name
JOURNAL_TITLE = _read.journal_title
ACTIVITY_DAYS = _read.records.activity_days
MAIL_DAYS = _read.records.mail_days
EXPORT_DAYS = _read.records.export_days
HEALTH_DAYS = _read.records.health_days
TRUSTED_PROXIES = _read.security.trusted_proxies
API_RATE = _read.limits.api
API_ANONYMOUS_RATE = _read.limits.anonymous
SIGN_IN_RATE = _read.limits.sign_in
MAIL_RATE = _read.limits.mail
# By this name Django's error pages hide it.
MAIL_HOOK_SECRET = _read.mail_hook_secret
BROKER_URL = _read.broker.url
BROKER_DIR = _read.broker.folder
RESULT_EXPIRES_S = _read.broker.result_expires_s
EXTRA_TASK_MODULES = _read.broker.extra_tasks
ENGINE_CELERY_MODULE = "nightdesk.celery"
WORKER_MAX_TASKS_PER_CHILD = _read.broker.max_tasks_per_child
WORKER_NICENESS = _read.broker.niceness
# Handed on, not kept here: providers know no Django, and Django's error pages show what is kept here.
text_writers.configure(_read.text)
image_providers.configure(replace(_read.images, models=_read.image_models))
publishers.configure(_read.publishing)
senders.configure(_read.mail)

# ---- Django's

DEBUG = _read.places.debug
ALLOWED_HOSTS = list(_read.security.allowed_hosts)
ROOT_URLCONF = "nightdesk.config.urls"
ASGI_APPLICATION = "nightdesk.asgi.application"
INSTALLED_APPS = APPS
MIDDLEWARE = MIDDLEWARE_ORDER
TEMPLATES = build_templates(debug=DEBUG)
DATABASES = {"default": _read.database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
globals().update(build_cookie_rules(BASE_URL))

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = _read.places.time_zone
# The scheduler table keeps its own zone per schedule; what it falls back to is ours.
CELERY_TIMEZONE = TIME_ZONE
DJANGO_CELERY_BEAT_TZ_AWARE = True

STORAGES = {
    "default": _read.storage.describe(),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
FILE_UPLOAD_TEMP_DIR = str(_read.storage.temporary_dir)
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # served from the packages themselves: nothing to collect before the first start
WHITENOISE_MAX_AGE = STATIC_MAX_AGE_S
WHITENOISE_ALLOW_ALL_ORIGINS = False

LOGGING_CONFIG = "nightdesk.config.log_lines.configure"
LOGGING = {**build_logging(_read.logs), "warnings": _env.warnings}
