"""Django's settings. What the variants differ in stands in weak.py and repaired.py."""

import os
import secrets
from pathlib import Path

from kit.variant import variant

DEBUG = False
# One process, one key: sessions survive a restart, open forms do not.
SECRET_KEY = os.environ.get("MANTLET_LAB_KEY") or secrets.token_hex(32)
# Not "*": answering to any name would let a page bound to this address by its own DNS entry call itself same-origin.
ALLOWED_HOSTS = ["127.0.0.1", "localhost", ".localhost"]
ROOT_URLCONF = "urls"
INSTALLED_APPS = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages",
]
MIDDLEWARE = variant.MIDDLEWARE
if os.environ.get("PRINCIPAL_KEY"):
    from recipes import notebook

    MIDDLEWARE = ["recipes.django_guard.GuardMiddleware", *MIDDLEWARE]
    GUARD_KEYS, GUARD_AUDIENCE = notebook.KEYS, notebook.AUDIENCE
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ.get("CLINIC_DATABASE", ":memory:"), "OPTIONS": {"timeout": 20}}}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
PASSWORD_HASHERS = ["hashers.QuickHasher"]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "DIRS": [Path(__file__).parent / "templates"],
    "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages"]},
}]
USE_TZ = True
STATIC_URL = "static/"
SESSION_ENGINE = "dynamo_sessions"
SESSION_COOKIE_AGE = 3600
SESSION_COOKIE_SECURE = True  # Chromium takes Secure cookies over http from loopback hosts.
CSRF_COOKIE_SECURE = True
globals().update(variant.SETTINGS)
LOGGING = {"version": 1, "disable_existing_loggers": False, "handlers": {"console": {"class": "logging.StreamHandler", "level": "ERROR"}},
           "loggers": {"django": {"handlers": ["console"], "propagate": False}}}
