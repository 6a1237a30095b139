"""Settings for tests: no database; sessions and uploads lie in the server's directory."""

from __future__ import annotations

from pathlib import Path

# no secret: it signs what tests put into their sessions
SECRET_KEY = "for tests"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "shop.example"]
ROOT_URLCONF = "tests.apps.django_site.urls"
INSTALLED_APPS = ["django.contrib.sessions", "django.contrib.messages"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.middleware.gzip.GZipMiddleware",
]
SESSION_ENGINE = "django.contrib.sessions.backends.file"
SESSION_FILE_PATH = str(Path.cwd())
FILE_UPLOAD_TEMP_DIR = str(Path.cwd())
DATA_UPLOAD_MAX_MEMORY_SIZE = None
USE_TZ = True
LOGGING_CONFIG = None
