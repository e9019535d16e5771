"""Every address of the portal, apart from the health checks (`portal/health.py`)."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path

from incidentportal.declarations import (
    acting,
    choosing,
    draft_views,
    link_builder,
    listing,
    preview,
    rehearsal,
)
from incidentportal.declarations import views as declarations
from incidentportal.portal import configuration, operations, operations_acting
from incidentportal.portal import views as portal
from incidentportal.portal.doctor import page as doctor

urlpatterns = [
    path("", portal.home, name="home"),
    path("incidents/new/", declarations.new, name="new"),
    path("incidents/new/options/", choosing.options, name="options"),
    path("incidents/new/preview/", preview.preview, name="preview"),
    path("incidents/new/draft/", draft_views.save, name="save_draft"),
    path("drafts/<uuid:pk>/", draft_views.opened, name="draft"),
    path("drafts/<uuid:pk>/delete/", draft_views.delete, name="delete_draft"),
    path("declarations/", listing.declarations, name="declarations"),
    path("declarations/<uuid:pk>/", declarations.detail, name="declaration"),
    path("declarations/<uuid:pk>/act/", acting.act, name="act"),
    path("operations/doctor/", doctor.doctor, name="doctor"),
    path("operations/", operations.operations, name="operations"),
    path("operations/act/", operations_acting.act, name="operations_act"),
    path(
        "operations/declarations/<uuid:pk>/", operations_acting.declaration,
        name="operations_declaration",
    ),
    path("operations/configuration/", configuration.configuration, name="configuration"),
    path("presets/preview/", rehearsal.preview, name="preview_form"),
    path("presets/link/", link_builder.build, name="link_builder"),
    path("accounts/", include("incidentportal.accounts.urls")),
    path("admin/login/", login_not_required(portal.to_sign_in)),
    path("admin/", admin.site.urls),
]  # fmt: skip

handler400 = "incidentportal.portal.views.bad_request"
handler403 = "incidentportal.portal.views.forbidden"
handler404 = "incidentportal.portal.views.not_found"
handler429 = "incidentportal.portal.views.too_many"  # allauth's, for what its limits refuse
handler500 = "incidentportal.portal.views.server_error"
