"""The portal's addresses and the bare view's."""

from django.urls import include, path

from benchmarks import bare

urlpatterns = [*bare.urlpatterns, path("", include("incidentportal.urls"))]
