#!/usr/bin/env python
"""Run the portal's commands: `manage.py serve`, `worker`, `sync_catalog`, `sandbox`, …"""

import os
import sys


def main() -> None:
    """Hand the command line to Django; `doctor` answers also where Django can't begin."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "incidentportal.settings")
    if sys.argv[1:2] == ["doctor"]:
        from incidentportal.portal.doctor import start  # noqa: PLC0415 (for this command alone)

        found = start.trouble()
        if found is not None:
            sys.exit(start.tell(found, sys.argv[2:]))
    from django.core.management import execute_from_command_line  # noqa: PLC0415 (Django's own order)

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
