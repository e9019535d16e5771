"""The portal's own settings, as tests run them: nothing comes from a developer's `.env`."""

import os
import re
import tempfile

from incidentportal.env import SETTINGS


def redis_of_this_process(url: str) -> str:
    """Tests empty the cache: each process of a run has a Redis database of its own, from the one
    that is given downwards.
    """
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return re.sub(r"/(\d+)$", lambda found: f"/{(int(found[1]) - process) % 16}", url)


GIVEN = {
    "SECRET_KEY": "a secret for tests, long enough to be taken for a real one: 0123456789",
    "HTTPS_ONLY": "false",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "DATABASE_URL": os.environ.get("STORE_DATABASE_URL", ""),
    "CACHE_URL": redis_of_this_process(os.environ.get("STORE_REDIS_URL", "")),
}
for setting in SETTINGS:
    os.environ[setting.name] = GIVEN.get(setting.name, "")
    os.environ.pop(f"{setting.name}_FILE", None)

from incidentportal.settings import *  # noqa: E402, F403  # after its environment is set

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {  # noqa: F405  # pages are tested without a collectstatic before
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
# A file, not memory: deliveries run in threads of their own, with connections of their own. One
# for each process, so that two runs at once don't share it.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    DATABASES["default"]["TEST"] = {  # noqa: F405
        "NAME": os.path.join(tempfile.gettempdir(), f"portal-test-{os.getpid()}.sqlite3")
    }
