"""What the sandbox's own tests speak through: plain HTTP, as any client would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.support.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

JSONAPI = "application/vnd.api+json"


class Api:
    """Both dialects of a sandbox, with its token."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        headers = {"Authorization": f"Bearer {sandbox.token}"}
        # Reading the machine's certificates, which http:// needs none of, takes 40 ms.
        self.http = httpx.Client(base_url=sandbox.url, headers=headers, timeout=10, verify=False)

    def get(self, path: str, **query: Any) -> httpx.Response:
        """Read an address below the sandbox's root, such as `v1/services`."""
        return self.http.get(f"/{path}", params=query)

    def jsonapi(
        self,
        path: str = "incidents",
        type_: str = "incidents",
        method: str = "POST",
        key: str = "",
        **attributes: Any,
    ) -> httpx.Response:
        """Write in the API reference's dialect."""
        headers = {"Content-Type": JSONAPI, **({"Idempotency-Key": key} if key else {})}
        body = {"data": {"type": type_, "attributes": attributes}}
        return self.http.request(method, f"/v1/{path}", json=body, headers=headers)

    def plain(
        self, path: str = "incidents", method: str = "POST", key: str = "", **attributes: Any
    ) -> httpx.Response:
        """Write in the guide's dialect."""
        headers = {"Idempotency-Key": key} if key else {}
        return self.http.request(method, f"/api/v1/{path}", json=attributes, headers=headers)


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[Api]:
    """A client for a sandbox as if it had just started."""
    own = Api(sandbox)
    with own.http:
        yield own
