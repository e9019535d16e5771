"""httpx's exceptions, sorted into our classes: each one by name, so that none is forgotten.

What fails before the request leaves is `NotSent`. Everything after that is `OutcomeUnknown`,
also where the body was still being sent: the server may have had enough of it.
"""

from __future__ import annotations

import httpx

from incidentportal.rootly.errors import Misconfigured, NotSent, OutcomeUnknown, RootlyError

MEANING: dict[type[Exception], type[RootlyError]] = {
    httpx.HTTPError: OutcomeUnknown,
    httpx.RequestError: OutcomeUnknown,
    httpx.TransportError: OutcomeUnknown,
    httpx.TimeoutException: OutcomeUnknown,
    httpx.ConnectTimeout: NotSent,
    httpx.ReadTimeout: OutcomeUnknown,
    httpx.WriteTimeout: OutcomeUnknown,
    httpx.PoolTimeout: NotSent,
    httpx.NetworkError: OutcomeUnknown,
    httpx.ConnectError: NotSent,
    httpx.ReadError: OutcomeUnknown,
    httpx.WriteError: OutcomeUnknown,
    httpx.CloseError: OutcomeUnknown,
    httpx.ProtocolError: OutcomeUnknown,
    httpx.LocalProtocolError: OutcomeUnknown,
    httpx.RemoteProtocolError: OutcomeUnknown,
    httpx.ProxyError: NotSent,
    httpx.UnsupportedProtocol: Misconfigured,
    httpx.DecodingError: OutcomeUnknown,
    httpx.TooManyRedirects: Misconfigured,
    httpx.HTTPStatusError: OutcomeUnknown,
    httpx.InvalidURL: Misconfigured,
    httpx.StreamError: OutcomeUnknown,
    httpx.StreamConsumed: OutcomeUnknown,
    httpx.StreamClosed: OutcomeUnknown,
    httpx.ResponseNotRead: OutcomeUnknown,
    httpx.RequestNotRead: OutcomeUnknown,
}

SENTENCES: dict[type[RootlyError], str] = {
    NotSent: "Rootly could not be reached",
    OutcomeUnknown: "The connection to Rootly ended before its answer was there",
    Misconfigured: "Rootly's address can't be used",
}


def failure_for(error: Exception) -> RootlyError:
    """Our error for what httpx, or what lies beneath it, raised.

    Of the original only its class and, where no connection came about, the system's words are
    kept. What nobody foresaw counts as `OutcomeUnknown`: that loses nothing and doubles nothing.
    """
    kinds = (MEANING[kind] for kind in type(error).__mro__ if kind in MEANING)
    meaning = next(kinds, OutcomeUnknown)
    cause = type(error).__name__
    if meaning is NotSent and str(error):
        cause = f"{cause}: {str(error)[:200]}"
    return meaning(f"{SENTENCES[meaning]} ({cause}).")
