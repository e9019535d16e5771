"""Django's settings, made from the portal's own (`env.py`)."""

import logging
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.management.utils import get_random_secret_key
from django.urls import reverse_lazy

from incidentportal.env import Environment

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

_environment = Environment.load(BASE_DIR / ".env")
_values = _environment.values()
SETTINGS_WRONG = _environment.wrong
"""What the environment got wrong; reported by the checks in `portal/checks.py`."""

# --- Rootly -----------------------------------------------------------------------------------
ROOTLY_API_URL: str = _values["ROOTLY_API_URL"]
ROOTLY_API_TOKEN: str = _values["ROOTLY_API_TOKEN"]
ROOTLY_API_DIALECT: str = _values["ROOTLY_API_DIALECT"]
ROOTLY_FORM: str = _values["ROOTLY_FORM"]
ROOTLY_WEB_HOSTS: list[str] = _values["ROOTLY_WEB_HOSTS"]
INSECURE_HTTP_HOSTS: list[str] = _values["INSECURE_HTTP_HOSTS"]
SYNC_INTERVAL: float = _values["SYNC_INTERVAL"]

# --- Delivery ---------------------------------------------------------------------------------
DELIVERY_DEADLINE: float = _values["DELIVERY_DEADLINE"]
DELIVERY_TIMEOUT: float = _values["DELIVERY_TIMEOUT"]
DELIVERY_LEASE: float = _values["DELIVERY_LEASE"]
DELIVERY_BACKOFF: tuple[float, float] = _values["DELIVERY_BACKOFF"]
DELIVERY_LOOK: tuple[float, float] = _values["DELIVERY_LOOK"]
DELIVERY_PROBE: float = _values["DELIVERY_PROBE"]
DELIVERY_RATE_SHARE: float = _values["DELIVERY_RATE_SHARE"]
ALERT_STUCK_AFTER: float = _values["ALERT_STUCK_AFTER"]
DRAFT_DAYS: float = _values["DRAFT_DAYS"]
EMERGENCY_CONTACT: str = _values["EMERGENCY_CONTACT"]
METRICS_TOKEN: str = _values["METRICS_TOKEN"]

# --- The web ----------------------------------------------------------------------------------
DEBUG: bool = _values["DEBUG"]
HOST: str = _values["HOST"]
PORT: int = _values["PORT"]
ALLOWED_HOSTS: list[str] = _values["ALLOWED_HOSTS"]
CSRF_TRUSTED_ORIGINS: list[str] = _values["CSRF_TRUSTED_ORIGINS"]
TRUSTED_PROXIES: list[str] = _values["TRUSTED_PROXIES"]
HTTPS_ONLY: bool = (not DEBUG) if _values["HTTPS_ONLY"] is None else _values["HTTPS_ONLY"]

SECRET_KEY: str = _values["SECRET_KEY"]
SECRET_KEY_MISSING = not SECRET_KEY
if SECRET_KEY_MISSING:
    # Good for one process: commands that need no lasting secret run (`check`, `collectstatic`,
    # `sandbox`); `portal/checks.py` keeps the portal itself from starting, unless DEBUG is on.
    SECRET_KEY = get_random_secret_key()
SECRET_KEY_FALLBACKS: list[str] = _values["SECRET_KEY_FALLBACKS"]
FIELD_ENCRYPTION_KEYS: list[str] = _values["FIELD_ENCRYPTION_KEYS"]

ROOT_URLCONF = "incidentportal.urls"
WSGI_APPLICATION = "incidentportal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "incidentportal.accounts",
    "incidentportal.catalog",
    "incidentportal.presets",
    "incidentportal.declarations",
    "incidentportal.portal",
    "allauth",
    "allauth.account",
    "axes",
    "django_htmx",
    "template_partials.apps.SimpleAppConfig",
    "csp",
    "incidentportal.accounts.admin_config.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    # Around all others, and answers nothing itself: what it counts is what was answered.
    "incidentportal.portal.measuring.MeasuringMiddleware",
    # First to answer, so that no answer is without its headers.
    "incidentportal.portal.headers.HeadersMiddleware",
    # Then: these answer under any Host and over http, and decide which forwarded headers count.
    "incidentportal.portal.proxies.TrustedProxiesMiddleware",
    "incidentportal.portal.requests.RequestLogMiddleware",
    "incidentportal.portal.health.HealthMiddleware",
    "incidentportal.portal.limits.LimitsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Secrets in pages (form tokens) are masked anew each time, and Django pads at random: what
    # compression gives away of a page's length tells nothing of them.
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "incidentportal.accounts.sessions.SessionLimitsMiddleware",
    "incidentportal.accounts.kept.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "incidentportal.accounts.zones.TimeZoneMiddleware",
    "incidentportal.portal.unreadable.UnreadableMiddleware",
    # Last: it answers in the place of whatever view a locked out sign-in came through.
    "axes.middleware.AxesMiddleware",
]

_loaders = [
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "incidentportal.portal.context.page",
            ],
            "builtins": ["template_partials.templatetags.partials"],
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [("django.template.loaders.cached.Loader", _loaders)],
                )
            ],
        },
    }
]

# --- Data -------------------------------------------------------------------------------------
with suppress(OSError):
    VAR_DIR.mkdir(exist_ok=True)
DATABASES = {
    "default": _values["DATABASE_URL"]
    or {"ENGINE": "django.db.backends.sqlite3", "NAME": VAR_DIR / "portal.sqlite3"}
}
# Connections are kept per thread: opening SQLite anew costs more than the page's own queries.
DATABASES["default"] |= {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        # A write transaction takes its lock at the start, and waits for it: two that read first
        # and write later would fail at once. FULL, since a saved declaration must survive a
        # power cut. secure_delete, since what was encrypted afterwards must not stay in clear.
        # A web process waits less (declarations/patience.py).
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
        "PRAGMA secure_delete=ON;",
    }
elif DATABASES["default"]["ENGINE"].endswith("postgresql"):
    # A server that is gone without a word must cost seconds; the system's own patience is minutes.
    # What stands in DATABASE_URL (`?connect_timeout=2`) goes before.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 5,
        "tcp_user_timeout": 10_000,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 2,
    } | DATABASES["default"].get("OPTIONS", {})

CACHES = {
    "default": {
        "BACKEND": "incidentportal.accounts.cache.ForgivingRedisCache",
        "LOCATION": _values["CACHE_URL"],
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
    }
    if _values["CACHE_URL"]
    else {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        # Django keeps 300 unless told: then many names tried at once would push out the counts of
        # failed sign-ins.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# --- People -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "incidentportal.accounts.backend.Backend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = reverse_lazy("home")
ACCOUNT_ADAPTER = "incidentportal.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = reverse_lazy("account_login")
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # no mail to whatever address a stranger types
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Failed sign-ins are counted by django-axes alone; nothing is counted for an address by itself that
# a whole company may share.
ACCOUNT_RATE_LIMITS = {
    "login": "",
    "login_failed": "",
    "signup": "300/m/ip",
    "reset_password": "300/m/ip,5/m/key",
    "reset_password_from_key": "300/m/ip",
    "change_password": "5/m/user",
}
ALLOW_SIGNUP: bool = _values["ALLOW_SIGNUP"]

# Ten failures for one name from one address close that pair for five minutes: neither can a
# stranger lock somebody out from elsewhere, nor one person everybody behind the same address.
# Counted in the cache, where only digests stand; the library's tables stay empty.
AXES_HANDLER = "axes.handlers.cache.AxesCacheHandler"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=5)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "incidentportal.accounts.lockout.client_address"
AXES_USERNAME_CALLABLE = "incidentportal.accounts.lockout.name_tried"
AXES_LOCKOUT_CALLABLE = "incidentportal.accounts.lockout.locked_out"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

THROTTLE_DECLARATIONS: int = _values["THROTTLE_DECLARATIONS"]
THROTTLE_SEARCHES: int = _values["THROTTLE_SEARCHES"]

# --- Mail -------------------------------------------------------------------------------------
EMAIL_IS_ON: bool = _values["EMAIL_URL"] is not None
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL: str = _values["DEFAULT_FROM_EMAIL"]
globals().update(
    _values["EMAIL_URL"] or {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
)

# --- Language and time ------------------------------------------------------------------------
LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE: str = _values["TIME_ZONE"]

# --- Static files -----------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_ALLOW_ALL_ORIGINS = False  # they are the portal's own pages' alone
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- Security ---------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # no cookie of its own
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_IDLE: float = _values["SESSION_IDLE"]
SESSION_LIMIT: float = _values["SESSION_LIMIT"]
SESSION_COOKIE_AGE = max(1, int(SESSION_IDLE * 60 * 60))
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "incidentportal.portal.views.csrf_failure"
if HTTPS_ONLY:
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
# Whether HSTS covers sibling names too, and whether browsers preload it, is for the owner of the
# whole domain to decide, not for one application on it.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
# The counts of failed sign-ins stand in this process where there is no Redis: each web process then
# counts by itself.
SILENCED_SYSTEM_CHECKS += ["axes.W001"]
if not HTTPS_ONLY:
    # Chosen by whoever set HTTPS_ONLY=false; `portal.W003` says so once instead of four times.
    SILENCED_SYSTEM_CHECKS += ["security.W004", "security.W008", "security.W012", "security.W016"]

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
DATA_UPLOAD_MAX_NUMBER_FILES = 1  # no form has any

# --- Logs -------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "incidentportal.portal.logs.formatter", "readable": DEBUG}},
    "filters": {"without_context": {"()": "incidentportal.portal.logs.WithoutContext"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "stream": sys.stderr, "formatter": "line"}
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # Their debug lines hold whole requests, headers included.
        **{name: {"level": logging.WARNING} for name in ("httpx", "httpcore", "axes")},
        "django.template": {"filters": ["without_context"]},
    },
}
