"""Django settings. The only file that reads the environment; every variable is optional.

The promise: check out, install, run works, with SQLite and a local folder. Everything that the
running program writes goes below `.local/` (DATA_DIR).
"""

from __future__ import annotations

import ipaddress
import os
import warnings
from datetime import timedelta
from pathlib import Path
from typing import Any, overload

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

from . import scale
from .private_files import make_private_file

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

BASE_DIR = Path(__file__).resolve().parent.parent


def env_bool(name: str, default: bool) -> bool:
    value = os.environ.get(name, str(default)).strip().lower()
    if value not in ("true", "false", "1", "0", ""):
        raise ImproperlyConfigured(f"{name} is {value!r}; accepted are true and false.")
    return value in ("true", "1")


def env_int(name: str, default: int) -> int:
    value = os.environ.get(name) or str(default)
    if not (value.isdecimal() and len(value) < 10 and int(value) > 0):
        sentence = f"{name} is {value[:20]!r}; accepted are whole numbers from 1 to 999999999."
        raise ImproperlyConfigured(sentence)
    return int(value)


def env_list(name: str, default: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def env_networks(name: str) -> list[Network]:
    """Addresses and networks, separated by commas."""
    try:
        return [ipaddress.ip_network(part) for part in env_list(name, "")]
    except ValueError as error:
        sentence = f"{name}: {error}; accepted are addresses and networks such as 10.0.0.0/8."
        raise ImproperlyConfigured(sentence) from error


def env_choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    value = (os.environ.get(name) or default).strip().upper()
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}; accepted are {', '.join(choices)}.")
    return value


@overload
def env_path(name: str, default: Path) -> Path: ...
@overload
def env_path(name: str, default: None) -> Path | None: ...
def env_path(name: str, default: Path | None) -> Path | None:
    value = os.environ.get(name) or default
    try:
        return Path(value).expanduser().resolve() if value else None
    except (RuntimeError, OSError) as error:  # a home of nobody, links in a circle
        raise ImproperlyConfigured(f"{name} is {str(value)!r}: {error}") from error


def make_folder(name: str, path: Path, mode: int = 0o777) -> Path:
    """The folder, made if need be; `name` is the setting that says where it is."""
    try:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        sentence = f"{name}: {path} cannot be made a folder: {error.strerror}."
        raise ImproperlyConfigured(sentence) from error
    return path


def secret_key(path: Path) -> str:
    """The key in SECRET_KEY, else one made on the first start and kept in a file."""
    if key := os.environ.get("SECRET_KEY"):
        return key
    try:
        if not path.exists():
            _make_key(path)
        return path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        sentence = f"DATA_DIR: the secret key in {path} can be neither made nor read: {error}."
        raise ImproperlyConfigured(sentence) from error


def _make_key(path: Path) -> None:
    make_private_file(path, get_random_secret_key().encode())


# Sessions and previews are private.
DATA_DIR = make_folder("DATA_DIR", env_path("DATA_DIR", BASE_DIR / ".local"), 0o700)

DEBUG = env_bool("DEBUG", False)
SECRET_KEY = secret_key(DATA_DIR / "secret_key")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", "")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    # Before staticfiles: `runserver` then serves static files as the real server does.
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "ninja",  # for the files of /api/v1/docs
    "axes",  # locks the log-in of the administrators for who guesses passwords
    "detector",
]

MIDDLEWARE = [
    # The first two: they see what any other refuses.
    "detector.web.operation.observe",
    # Around the error pages, which speak it too.
    "detector.web.languages.speak",
    "detector.web.errors.answer_errors",
    "detector.web.protection.add_headers",
    # Before anything that looks at the host or needs the database: probes know neither.
    "detector.web.operation.answer_probes",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "detector.web.protection.hide_admin",
    "detector.web.compression.CompressText",
    "django.contrib.sessions.middleware.SessionMiddleware",
    # Before the body is read.
    "detector.web.limits.limit_posts",
    "detector.web.limits.name_sender",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    # After the CSRF middleware, whose cookie the page needs, which reads no body before the view.
    "detector.web.middleware.limit_body",
    "detector.web.middleware.refuse_foreign_pages",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # The last: it answers in the place of a log-in that is locked.
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "ai_image_detector.urls"
WSGI_APPLICATION = "ai_image_detector.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "libraries": {"detector_extras": "detector.web.templatetags.detector_extras"},
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "detector.web.upload_limits.upload_limits",
            ],
        },
    },
]

# How long a statement waits for what another program keeps locked.
LOCK_SECONDS = env_int("LOCK_SECONDS", 20)
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "db.sqlite3",
        "OPTIONS": {
            # Readers and a writer do not block one another; a second writer waits for its turn.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            "transaction_mode": "IMMEDIATE",
            "timeout": LOCK_SECONDS,
        },
        # To open a connection costs more than what most requests ask of it.
        "CONN_MAX_AGE": 10,
    }
}
if url := os.environ.get("DATABASE_URL"):
    DATABASES["default"] = scale.database(url, LOCK_SECONDS)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en-gb"
# The languages of the pages, each by its own name; JSON, API and commands are English.
LANGUAGES = [
    ("en-gb", "English"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("es", "Español"),
    ("fi", "Suomi"),
]
LOCALE_PATHS = [BASE_DIR / "detector" / "locale"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = make_folder("DATA_DIR", DATA_DIR / "static")  # WhiteNoise warns where it is missing
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "ai_image_detector.static.HashedNames"},
}
if STORAGE_URL := os.environ.get("STORAGE_URL"):
    STORAGES["default"] = scale.storage(STORAGE_URL)
# Uploads on their way; `detector.sweep` finds here what a killed process has left.
TEMP_DIR = FILE_UPLOAD_TEMP_DIR = make_folder("DATA_DIR", DATA_DIR / "tmp", 0o700)
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"{VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{VALIDATION}.NumericPasswordValidator"},
]
# By address alone: a lock of a name would let anybody lock the administrator out. The sweep deletes
# what was noted of attempts.
AXES_FAILURE_LIMIT, AXES_COOLOFF_TIME = 5, timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = ["ip_address"]
AXES_CLIENT_IP_CALLABLE = "detector.web.visitors.find_visitor"
AXES_LOCKOUT_CALLABLE = "detector.web.limits.refuse_login"
AXES_VERBOSE = AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True

SESSION_COOKIE_AGE = 30 * 24 * 3600
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Behind a proxy that ends TLS: HTTPS=true marks the cookies and trusts its X-Forwarded-Proto.
HTTPS = env_bool("HTTPS", False)
# Whose X-Forwarded-For is believed. With HTTPS alone it is that of whoever connects.
TRUSTED_PROXIES = env_networks("TRUSTED_PROXIES")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
# Other hosts of the domain, and lists that browsers ship, are for the domain's owner to decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# The form over a full batch has a box, a mark and a note for each of 500 pictures.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1600
# Without a script, all pictures of a batch come in one form.
DATA_UPLOAD_MAX_NUMBER_FILES = 500

# What is accepted, and for how long results are kept.
MAX_UPLOAD_MB = env_int("MAX_UPLOAD_MB", 32)
MAX_MEGAPIXELS = env_int("MAX_MEGAPIXELS", 120)
RETENTION_HOURS = env_int("RETENTION_HOURS", 24)
# How often a server looks for what has expired.
SWEEP_SECONDS = env_int("SWEEP_SECONDS", 600)
# Whether bytes that anybody has uploaded before are answered from the database: faster, but the
# time of the answer tells that somebody has.
SHARE_RESULTS = env_bool("SHARE_RESULTS", False)

# What pages keep of themselves stays in the process, whatever keeps the counts of requests.
IN_MEMORY = "django.core.cache.backends.locmem.LocMemCache"
CACHES = {
    "default": {"BACKEND": IN_MEMORY},
    "template_fragments": {"BACKEND": IN_MEMORY, "LOCATION": "template_fragments"},
}

# Who analyses pictures: a worker beside the web process, Celery workers where there is a broker, or
# (for tests) the process of the request.
CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL", "")
ENGINE = "CELERY" if CELERY_BROKER_URL else "EMBEDDED"
ANALYSIS_ENGINE = env_choice("ANALYSIS_ENGINE", ENGINE, ("EMBEDDED", "INLINE", "CELERY"))
# A worker has processes of its own: how many there are, how many pictures may wait for them while
# somebody waits for the answer, and how many seconds and megabytes (on top of the models) one
# picture may take.
ANALYSIS_PROCESSES = env_int("ANALYSIS_PROCESSES", 1)
ANALYSIS_QUEUE = env_int("ANALYSIS_QUEUE", 64)
ANALYSIS_TIMEOUT = env_int("ANALYSIS_TIMEOUT", 30)
ANALYSIS_MEMORY_MB = env_int("ANALYSIS_MEMORY_MB", 1024)
# Whether these processes are confined by what the kernel has, only then used, or not confined.
ANALYSIS_SANDBOX = env_choice("ANALYSIS_SANDBOX", "AUTO", ("AUTO", "REQUIRED", "OFF"))
if CELERY_BROKER_URL:
    # The names are Celery's. What a worker has not finished goes back to the broker at its end.
    CELERY_TASK_ACKS_LATE = CELERY_TASK_REJECT_ON_WORKER_LOST = CELERY_TASK_IGNORE_RESULT = True
    CELERY_WORKER_PREFETCH_MULTIPLIER = 1
    CELERY_WORKER_HIJACK_ROOT_LOGGER = False
    CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
    CELERY_BROKER_CONNECTION_MAX_RETRIES = None
    CELERY_BROKER_TRANSPORT_OPTIONS = scale.transport_options(ANALYSIS_TIMEOUT)
    CACHES["default"] = scale.cache(CELERY_BROKER_URL)
# How many seconds a page waits for the result before it shows that there is none yet, and the API
# at most.
PAGE_WAIT_SECONDS = env_int("PAGE_WAIT_SECONDS", 8)
API_WAIT_SECONDS = env_int("API_WAIT_SECONDS", 120)

# Who may use the API without a token beside scripts of the same machine, how many requests a token
# and an address have in a minute, and whether messages go to private addresses.
API_OPEN = env_bool("API_OPEN", False)
API_TOKEN_RATE = env_int("API_TOKEN_RATE", 600)
API_ADDRESS_RATE = env_int("API_ADDRESS_RATE", 600)
WEBHOOKS_PRIVATE = env_bool("WEBHOOKS_PRIVATE", False)

# Whether the server fetches a picture from a web address that a visitor gives.
ALLOW_URLS = env_bool("ALLOW_URLS", False)

# How many forms a session and an address may post in a minute; programs of the same machine may
# post as many as they like.
PAGE_SESSION_RATE = env_int("PAGE_SESSION_RATE", 300)
PAGE_ADDRESS_RATE = env_int("PAGE_ADDRESS_RATE", 600)

# Who may read the metrics beside programs of the same machine: whoever sends this token.
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")

# What the page of the methods says about accuracy: written by `manage.py evaluate --report`.
ACCURACY_REPORT = BASE_DIR / "docs" / "accuracy" / "report.json"

# The private key (PEM, Ed25519) that signs reports. Without it, a key in DATA_DIR is made at the
# first report; several machines of one installation need the same.
REPORT_KEY = env_path("REPORT_KEY", None)

# How the machine is used.
FORCE_CPU = env_bool("FORCE_CPU", False)
MEMORY_CONSTRAINED = env_bool("MEMORY_CONSTRAINED", False)
FINETUNED_DIR = env_path("FINETUNED_DIR", BASE_DIR / "hf_finetuned_models")
COMPILED_DIR = DATA_DIR / "openvino"
# The lists of the C2PA with the authorities whose signers of Content Credentials are trusted, those
# that `manage.py update_trust_list` puts in their place, and further ones (PEM) of the operator.
C2PA_TRUST_LIST = env_choice("C2PA_TRUST_LIST", "ON", ("ON", "OFF")) == "ON"
TRUST_DIR = DATA_DIR / "trust"
C2PA_TRUST_ANCHORS = env_path("C2PA_TRUST_ANCHORS", None)
# Empty: the library's own default, which follows HF_HOME.
HUB_CACHE = os.environ.get("HF_HUB_CACHE") or None
HUB_ENDPOINT = os.environ.get("HF_ENDPOINT") or None

# Damaged files make Pillow warn, each with a new text: uploads could fill the log.
warnings.filterwarnings("ignore", module=r"PIL\.")

LOG_LEVEL = env_choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
# Lines for people or for programs, and whether these hold digests of files and addresses of
# visitors; the access log has a line for each request.
LOG_FORMAT = env_choice("LOG_FORMAT", "PLAIN", ("PLAIN", "JSON"))
LOG_DETAILS = env_bool("LOG_DETAILS", False)
ACCESS_LOG = env_bool("ACCESS_LOG", False)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "PLAIN": {"()": "ai_image_detector.log.PlainFormatter", "details": LOG_DETAILS},
        "JSON": {"()": "ai_image_detector.log.JsonFormatter", "details": LOG_DETAILS},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    # Warnings and errors of everything, failed requests with their traceback among them.
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "detector": {"level": LOG_LEVEL},
        "detector.access": {"level": "INFO" if ACCESS_LOG else "CRITICAL"},
        # No handler of its own: Django's would be silent, or say everything twice under DEBUG.
        "django": {"handlers": [], "level": "WARNING"},
        # Its warnings are how many requests wait, and one for each.
        "waitress.queue": {"level": "ERROR"},
    },
}
