"""The portal's own settings, with a bare view added behind the whole of its middleware."""

from incidentportal.settings import *  # noqa: F403  # all of them, that is the point

ROOT_URLCONF = "benchmarks.urls"
