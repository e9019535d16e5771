"""Every address of the portal, and what each kind of person gets there.

An address that isn't here fails a test. A row is a route as the URL resolver has it, the method,
the address, and the answers in the order of `PEOPLE`: a status, or `in` for the way to the
sign-in; 401 is the sign-in within the page, with what was posted, or a script's sign to load it.
`{own}` is the reporter's public declaration, `{private}` the support agent's private one, `{draft}`
a draft of the reporter's, `{nowhere}` what doesn't exist, `{me}` the person's own id.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

PEOPLE = (
    "reporter", "colleague", "support", "responder", "admin", "auditor", "superuser", "holder",
    "stranger",
)  # fmt: skip
"""The colleague is another reporter; the superuser is in no group; the holder is a reporter with
`declarations.view_private`.
"""
ALL = "200 200 200 200 200 200 200 200 in"
ADMINS = "404 404 404 404 200 404 200 404 in"
NOBODY = "404 404 404 404 404 404 404 404 in"
EVERYONE = "200 200 200 200 200 200 200 200 200"
EVERYONE_NOTHING = "404 404 404 404 404 404 404 404 404"
RESET = "accounts/^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$"
READ_ONLY = "405 405 405 405 405 405 405 405 in"

ADMINS = "404 404 404 404 200 404 200 404 in"
OPERATED = "operations/declarations/<uuid:pk>/"

ONE = "declarations/<uuid:pk>/"
DRAFT = "drafts/<uuid:pk>/"
PORTAL = f"""
                        | GET  | /                           | {ALL}
                        | POST | /                           | {ALL}
incidents/new/          | GET  | /incidents/new/             | {ALL}
incidents/new/          | POST | /incidents/new/             | 422 422 422 422 422 422 422 422 401
incidents/new/          | GET  | /incidents/new/?private=true | 403 403 200 403 200 403 200 403 in
incidents/new/preview/  | POST | /incidents/new/preview/     | {ALL}
incidents/new/preview/  | GET  | /incidents/new/preview/     | {READ_ONLY}
incidents/new/options/  | POST | /incidents/new/options/     | 400 400 400 400 400 400 400 400 in
incidents/new/options/  | GET  | /incidents/new/options/     | {READ_ONLY}
incidents/new/draft/    | GET  | /incidents/new/draft/       | 302 302 302 302 302 302 302 302 in
incidents/new/draft/    | POST | /incidents/new/draft/       | 303 303 303 303 303 303 303 303 401
{DRAFT}                 | GET  | /drafts/{{draft}}/          | 200 404 404 404 404 404 404 404 in
{DRAFT}                 | GET  | /drafts/{{nowhere}}/        | {NOBODY}
{DRAFT}delete/          | GET  | /drafts/{{draft}}/delete/   | {READ_ONLY}
{DRAFT}delete/          | POST | /drafts/{{nowhere}}/delete/ | {NOBODY}
declarations/           | GET  | /declarations/              | {ALL}
declarations/           | GET  | /declarations/?whose=everyone | {ALL}
declarations/           | POST | /declarations/              | {ALL}
declarations/           | GET  | /declarations/?state=rejected&page=2 | {ALL}
{ONE}                   | GET  | /declarations/{{own}}/      | 200 404 404 200 200 404 200 404 in
{ONE}                   | POST | /declarations/{{own}}/      | 422 404 404 404 404 404 404 404 401
{ONE}                   | HTMX | /declarations/{{own}}/      | 200 404 404 200 200 404 200 404 401
{ONE}                   | GET  | /declarations/{{private}}/  | 404 404 200 404 404 404 404 200 in
{ONE}                   | POST | /declarations/{{private}}/  | 404 404 422 404 404 404 404 404 401
{ONE}                   | HTMX | /declarations/{{private}}/  | 404 404 200 404 404 404 404 200 401
{ONE}                   | GET  | /declarations/{{nowhere}}/  | {NOBODY}
{ONE}                   | POST | /declarations/{{nowhere}}/  | 404 404 404 404 404 404 404 404 401
{ONE}act/               | GET  | /declarations/{{own}}/act/  | {READ_ONLY}
{ONE}act/               | POST | /declarations/{{own}}/act/  | 422 404 404 404 422 404 422 404 401
{ONE}act/ | POST | /declarations/{{private}}/act/ | 404 404 422 404 404 404 404 404 401
{ONE}act/ | POST | /declarations/{{nowhere}}/act/ | 404 404 404 404 404 404 404 404 401
operations/doctor/      | GET  | /operations/doctor/         | {ADMINS}
operations/doctor/      | POST | /operations/doctor/         | {ADMINS}
operations/             | GET  | /operations/                | {ADMINS}
operations/             | POST | /operations/                | 404 404 404 404 405 404 405 404 in
operations/act/         | GET  | /operations/act/            | 404 404 404 404 405 404 405 404 in
operations/act/         | POST | /operations/act/            | 404 404 404 404 422 404 422 404 in
{OPERATED} | GET  | /operations/declarations/{{own}}/     | {ADMINS}
{OPERATED} | GET  | /operations/declarations/{{private}}/ | {ADMINS}
{OPERATED} | POST | /operations/declarations/{{own}}/     | 404 404 404 404 422 404 422 404 in
{OPERATED} | GET  | /operations/declarations/{{nowhere}}/ | {NOBODY}
{OPERATED} | POST | /operations/declarations/{{nowhere}}/ | {NOBODY}
operations/configuration/ | GET | /operations/configuration/ | {ADMINS}
presets/preview/        | GET  | /presets/preview/           | 404 404 404 404 200 404 200 404 in
presets/preview/        | GET  | /presets/preview/?of=none   | {NOBODY}
presets/preview/        | POST | /presets/preview/           | 404 404 404 404 422 404 422 404 401
presets/link/           | GET  | /presets/link/              | 404 404 404 404 200 404 200 404 in
presets/link/           | GET  | /presets/link/?of=none      | {NOBODY}
presets/link/           | POST | /presets/link/              | 404 404 404 404 200 404 200 404 401
accounts/login/         | GET  | /accounts/login/            | 302 302 302 302 302 302 302 302 200
accounts/logout/        | GET  | /accounts/logout/           | 200 200 200 200 200 200 200 200 302
accounts/signup/        | GET  | /accounts/signup/           | {EVERYONE_NOTHING}
accounts/signup/        | POST | /accounts/signup/           | {EVERYONE_NOTHING}
accounts/inactive/      | GET  | /accounts/inactive/         | {EVERYONE}
accounts/password/change/ | GET  | /accounts/password/change/ | {ALL}
accounts/password/change/ | POST | /accounts/password/change/ | {ALL}
accounts/password/set/  | GET  | /accounts/password/set/     | 302 302 302 302 302 302 302 302 in
accounts/password/reset/ | GET | /accounts/password/reset/   | {EVERYONE}
accounts/password/reset/ | POST | /accounts/password/reset/  | {EVERYONE}
accounts/password/reset/sent/ | GET | /accounts/password/reset/sent/ | {EVERYONE}
accounts/password/reset/done/ | GET | /accounts/password/reset/done/ | {EVERYONE}
{RESET} | GET | /accounts/password/reset/1-x/ | {EVERYONE}
admin/login/            | GET  | /admin/login/               | 404 404 404 404 in 404 in 404 in
"""

ADMIN = """
                                          | /admin/                          | 200
logout/                                   | /admin/logout/                   | 405
password_change/                          | /admin/password_change/          | 200
password_change/done/                     | /admin/password_change/done/     | 200
autocomplete/                             | /admin/autocomplete/             | 403
jsi18n/                                   | /admin/jsi18n/                   | 200
r/<path:content_type_id>/<path:object_id>/ | /admin/r/{kind}/{own}/          | 404
^(?P<app_label>…)/$  | /admin/accounts/                 | 200
presets/sitedefault/                      | /admin/presets/sitedefault/      | 200
presets/sitedefault/add/                  | /admin/presets/sitedefault/add/  | 200
presets/sitedefault/history/ | /admin/presets/sitedefault/history/ | 200
presets/sitedefault/history/<int:pk>/ | /admin/presets/sitedefault/history/{was_default}/ | 200
presets/sitedefault/history/<int:pk>/ | /admin/presets/sitedefault/history/0/ | 404
presets/sitedefault/<path:object_id>/history/ | /admin/presets/sitedefault/{default}/history/ | 200
presets/sitedefault/<path:object_id>/delete/  | /admin/presets/sitedefault/{default}/delete/  | 200
presets/sitedefault/<path:object_id>/change/  | /admin/presets/sitedefault/{default}/change/  | 200
presets/sitedefault/<path:object_id>/         | /admin/presets/sitedefault/{default}/         | 302
presets/groupdefault/                     | /admin/presets/groupdefault/     | 200
presets/groupdefault/add/                 | /admin/presets/groupdefault/add/ | 200
presets/groupdefault/history/ | /admin/presets/groupdefault/history/ | 200
presets/groupdefault/history/<int:pk>/ | /admin/presets/groupdefault/history/{was_theirs}/ | 200
presets/groupdefault/history/<int:pk>/ | /admin/presets/groupdefault/history/0/ | 404
presets/groupdefault/<path:object_id>/history/ | /admin/presets/groupdefault/{theirs}/history/ | 200
presets/groupdefault/<path:object_id>/delete/  | /admin/presets/groupdefault/{theirs}/delete/  | 200
presets/groupdefault/<path:object_id>/change/  | /admin/presets/groupdefault/{theirs}/change/  | 200
presets/groupdefault/<path:object_id>/         | /admin/presets/groupdefault/{theirs}/         | 302
presets/preset/                           | /admin/presets/preset/           | 200
presets/preset/add/                       | /admin/presets/preset/add/       | 200
presets/preset/history/ | /admin/presets/preset/history/ | 200
presets/preset/history/<int:pk>/ | /admin/presets/preset/history/{was_preset}/ | 200
presets/preset/history/<int:pk>/ | /admin/presets/preset/history/0/ | 404
presets/preset/<int:pk>/field/            | /admin/presets/preset/{preset}/field/?field=title | 200
presets/preset/<int:pk>/field/            | /admin/presets/preset/{preset}/field/ | 404
presets/preset/<path:object_id>/history/  | /admin/presets/preset/{preset}/history/ | 200
presets/preset/<path:object_id>/delete/   | /admin/presets/preset/{preset}/delete/  | 200
presets/preset/<path:object_id>/change/   | /admin/presets/preset/{preset}/change/  | 200
presets/preset/<path:object_id>/          | /admin/presets/preset/{preset}/         | 302
(?P<url>.*)$                              | /admin/declarations/declaration/ | 404
auth/group/                               | /admin/auth/group/               | 200
auth/group/add/                           | /admin/auth/group/add/           | 200
auth/group/<path:object_id>/history/      | /admin/auth/group/{group}/history/ | 200
auth/group/<path:object_id>/delete/       | /admin/auth/group/{group}/delete/  | 200
auth/group/<path:object_id>/change/       | /admin/auth/group/{group}/change/  | 200
auth/group/<path:object_id>/              | /admin/auth/group/{group}/         | 302
accounts/user/                            | /admin/accounts/user/            | 200
accounts/user/add/                        | /admin/accounts/user/add/        | 200
accounts/user/<id>/password/              | /admin/accounts/user/{me}/password/ | 200
accounts/user/<path:object_id>/history/   | /admin/accounts/user/{me}/history/  | 200
accounts/user/<path:object_id>/delete/    | /admin/accounts/user/{me}/delete/   | 403
accounts/user/<path:object_id>/change/    | /admin/accounts/user/{me}/change/   | 200
accounts/user/<path:object_id>/           | /admin/accounts/user/{me}/          | 302
account/emailaddress/                     | /admin/account/emailaddress/     | 200
account/emailaddress/add/                 | /admin/account/emailaddress/add/ | 200
account/emailaddress/<path:object_id>/history/ | /admin/account/emailaddress/{email}/history/ | 200
account/emailaddress/<path:object_id>/delete/  | /admin/account/emailaddress/{email}/delete/  | 200
account/emailaddress/<path:object_id>/change/  | /admin/account/emailaddress/{email}/change/  | 200
account/emailaddress/<path:object_id>/         | /admin/account/emailaddress/{email}/         | 302
"""
"""The admin site: what admins get; all others find nothing there."""


@dataclass(frozen=True)
class Row:
    """What everyone gets at an address."""

    route: str
    method: str
    address: str
    answers: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.method} {self.address}"


def cells() -> Iterator[Row]:
    """All rows."""
    for line in filter(None, PORTAL.splitlines()):
        route, method, address, answers = (part.strip() for part in line.split(" | "))
        yield Row(route, method, address, tuple(answers.split()))
    for line in filter(None, ADMIN.splitlines()):
        route, address, status = (part.strip() for part in line.rsplit(" | ", 2))
        answers = f"404 404 404 404 {status} 404 {status} 404 in"
        yield Row(f"admin/{route}", "GET", address, tuple(answers.split()))
