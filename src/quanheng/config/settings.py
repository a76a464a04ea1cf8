"""Django settings.  Values of one installation come from the environment (config/env.py)."""

from __future__ import annotations

from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from quanheng.config import env

env.refuse_unknown()
PACKAGE = Path(__file__).resolve().parent.parent
HOME = Path(env.text("QUANHENG_HOME")).absolute()
HOME.mkdir(parents=True, exist_ok=True)

SECRET_KEY = env.secret_key(HOME)
DEBUG = env.flag("QUANHENG_DEBUG")
ALLOWED_HOSTS = env.names("QUANHENG_ALLOWED_HOSTS")
PUBLIC_URL = env.public_url()
INSECURE_HTTP = env.flag("QUANHENG_INSECURE_HTTP")
ECQS_LAYOUT = env.text("QUANHENG_ECQS_LAYOUT")
MAX_UPLOAD_BYTES = env.whole("QUANHENG_MAX_UPLOAD_MIB") * 2**20
MAX_READINGS_BYTES = env.whole("QUANHENG_MAX_READINGS_MIB") * 2**20
READINGS_PER_MINUTE = env.whole("QUANHENG_READINGS_PER_MINUTE")
READINGS_FUTURE_MINUTES = env.whole("QUANHENG_READINGS_FUTURE_MINUTES")
READINGS_KEEP_DAYS = env.whole("QUANHENG_READINGS_KEEP_DAYS")
ESTIMATE_MINUTES = env.whole("QUANHENG_ESTIMATE_MINUTES")
NIGHTLY_AT = env.time_of_day("QUANHENG_NIGHTLY_AT")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_tasks",
    "django_tasks_db",
    "quanheng.transparency",
    "quanheng.core",
    "quanheng.regulations",
    "quanheng.parties",
    "quanheng.evaluations",
    "quanheng.instruments",
    "quanheng.workforce",
    "quanheng.standards",
    "quanheng.fleet",
    "quanheng.verification",
    "quanheng.certificates",
    "quanheng.lots",
    "quanheng.manufacturers",
    "quanheng.followups",
    "quanheng.taskboard",
    "quanheng.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "quanheng.web.problems.ProblemMiddleware",
    "quanheng.web.private.PrivatePages",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "quanheng.config.urls"
WSGI_APPLICATION = "quanheng.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web" / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "quanheng.web.context.house",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
        },
    }
]

_SQLITE_OPTIONS = {
    # IMMEDIATE: a transaction that will write says so at its start, instead of failing half-way.
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA cache_size=-65536;",  # [KiB]
    "timeout": 30,
}
if url := env.database_url():
    DATABASES = {"default": dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True)}
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(HOME / "quanheng.sqlite3"),
            "OPTIONS": _SQLITE_OPTIONS,
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "core.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # must stand first to refuse a locked-out name
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "quanheng.core.passwords.LongEnough", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "staff:today"
ACCOUNT_ADAPTER = "quanheng.web.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# Passwords: axes is stricter, per name and address.  This one is for the second factor.
ACCOUNT_RATE_LIMITS = {"login_failed": "10/15m/key"}
ACCOUNT_LOGOUT_REDIRECT_URL = "portal:home"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Quanheng"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # [h]
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "quanheng.web.accounts.client_username"
AXES_CLIENT_IP_CALLABLE = "quanheng.web.accounts.client_address"
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True  # who signed in when from where: nobody here needs it
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"  # no e-mail is sent by this platform

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("中文")), ("en", _("英文"))]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.text("QUANHENG_TIME_ZONE")

STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True  # serves from the package: nothing to collect on an old server
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_UPLOAD_BYTES
FILE_UPLOAD_MAX_MEMORY_SIZE = 2**20
# A bulk act sends back what it showed, up to views/instruments.MOST_AT_ONCE lines.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 3000

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = not INSECURE_HTTP
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SECURE_HSTS_SECONDS = 0 if INSECURE_HTTP else 31_536_000
BEHIND_PROXY = env.flag("QUANHENG_BEHIND_PROXY")
if BEHIND_PROXY:  # anyone could send this header to a server without a proxy
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"quanheng": {"level": "INFO"}},
}
