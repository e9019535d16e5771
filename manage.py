#!/usr/bin/env python
"""Run the portal's commands: `manage.py serve`, `worker`, `sync_catalog`, `sandbox`, …"""

import os
import sys


def main() -> None:
    """Hand the command line to Django."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "incidentportal.settings")
    from django.core.management import execute_from_command_line  # noqa: PLC0415 (Django's own order)

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
