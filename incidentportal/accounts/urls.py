"""Sign-in, sign-out, sign-up and passwords, by django-allauth, under the names that it knows."""

from allauth.account import views
from django.urls import path, re_path

from incidentportal.accounts import views as own

urlpatterns = [
    path("login/", own.sign_in, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("signup/", own.sign_up, name="account_signup"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/set/", views.password_set, name="account_set_password"),
    path("password/reset/", own.reset_password, name="account_reset_password"),
    path("password/reset/sent/", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/done/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]
