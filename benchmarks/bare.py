"""A bare Django view on the portal's server: the floor that pages are measured against."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="bare", MIDDLEWARE=[])


def bare(request: HttpRequest) -> HttpResponse:
    """The least a view can do."""
    return HttpResponse("bare")


urlpatterns = [path("", bare)]
application = get_wsgi_application()
