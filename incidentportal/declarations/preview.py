"""How a rich text will look: safe HTML of what stands in one box of the form."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers

from incidentportal.accounts import throttle
from incidentportal.accounts.roles import person
from incidentportal.formengine import richtext
from incidentportal.formengine.kinds import CONTROLS

LIMIT = CONTROLS["rich_text"].limit


@never_cache
@vary_on_headers("HX-Request")
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """The text of the control named by `preview`, as HTML: a fragment for htmx, else a page."""
    text = request.POST.get(request.POST.get("preview", ""), "").replace("\r\n", "\n")
    context: dict[str, object] = {}
    seconds = throttle.wait("searches", person(request))
    if seconds:
        context["problem"] = f"Too many previews in this minute: wait {seconds} seconds."
    elif len(text) > LIMIT:
        context["problem"] = f"Only {LIMIT:,} characters fit here; this has {len(text):,}."
    elif text.strip():
        # Safe: made by nh3 from an allow-list.
        context["html"] = SafeString(richtext.to_html(text, new_tab=True))
    fragment = "#text" if request.headers.get("HX-Request") else ""
    template = "declarations/preview.html" + fragment
    response = render(request, template, context, status=429 if seconds else 200)
    if seconds:
        response["Retry-After"] = str(seconds)
    return response
