"""Rootly's official SDK, pointed at the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rootly_sdk import AuthenticatedClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.sandbox import Sandbox


@pytest.fixture
def sdk(sandbox: Sandbox) -> Iterator[AuthenticatedClient]:
    """A client of the SDK with the sandbox's token; it raises on a status it doesn't know."""
    client = AuthenticatedClient(
        base_url=sandbox.url, token=sandbox.token, raise_on_unexpected_status=True
    )
    with client:
        yield client
