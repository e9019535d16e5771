"""`python -m incidentportal.sandbox`: a pretend Rootly on this machine."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from typing import TYPE_CHECKING, Any

from incidentportal.sandbox.data.company import filling
from incidentportal.sandbox.faults import Fault
from incidentportal.sandbox.server import run
from incidentportal.sandbox.state import State
from incidentportal.sandbox.switches import CHOICES, Switches

if TYPE_CHECKING:
    from collections.abc import Sequence


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sandbox", description="A pretend Rootly, on 127.0.0.1 only, with made-up data."
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--services", type=int, help="how many services (default 40)")
    parser.add_argument("--size", choices=("small", "large"), default="small")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="JSON",
        help="as POST /_control/faults; a reset forgets it",
    )
    for name, value in Switches().plain().items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            parser.add_argument(flag, action=argparse.BooleanOptionalAction)
        elif isinstance(value, list):
            parser.add_argument(flag, type=lambda text: text.split(","), metavar="A,B")
        else:
            parser.add_argument(flag, type=type(value), choices=CHOICES.get(name))
    return parser


def _switches(arguments: argparse.Namespace) -> Switches:
    given = {name: getattr(arguments, name) for name in Switches().plain()}
    changes: dict[str, Any] = {name: each for name, each in given.items() if each is not None}
    return Switches().changed(changes)


def _leave(*_: object) -> None:
    sys.exit(0)


def main(argv: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or Ctrl-C. The first line printed is the address."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    try:
        switches = _switches(arguments)
        faults = [Fault.read(json.loads(each)) for each in arguments.fault]
    except (ValueError, TypeError) as error:
        parser.error(str(error))
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    state = State(filling(size=arguments.size, services=arguments.services), switches)

    def announce(address: str) -> None:
        state.faults.waiting.extend(faults)
        print(address, flush=True)  # noqa: T201 - the address is this command's output
        print(f"API: {address}/v1 and {address}/api/v1, token {switches.token}", flush=True)  # noqa: T201 - as above

    run(arguments.port, state, announce)


if __name__ == "__main__":
    main()
