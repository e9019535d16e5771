"""The least that a view can do: what pages are measured against."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def bare(request: HttpRequest) -> HttpResponse:
    """Say one word."""
    return HttpResponse("bare")


urlpatterns = [path("bare/", bare)]
