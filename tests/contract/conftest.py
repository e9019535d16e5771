"""Rootly's official SDK, pointed at the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from rootly_sdk import AuthenticatedClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.sandbox import Sandbox


@pytest.fixture
def sdk(sandbox: Sandbox) -> Iterator[AuthenticatedClient]:
    """A client of the SDK with the sandbox's token; it raises on a status it doesn't know."""
    client = AuthenticatedClient(
        base_url=sandbox.url,
        token=sandbox.token,
        raise_on_unexpected_status=True,
        verify_ssl=False,  # reading certificates, which http:// needs none of, takes 40 ms
    )
    with client:
        yield client


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """A bare client of the API reference's dialect, with the sandbox's token."""
    headers = {"Authorization": f"Bearer {sandbox.token}"}
    with httpx.Client(base_url=sandbox.jsonapi_url, headers=headers, verify=False) as client:
        yield client
