"""Runs the clinic: python serve.py [--port N] [--host H]

Django's own tables, with the people who may log in, are made anew at each start,
in a folder that goes with the process.
"""

import os
import signal
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

from kit.listener import listen
from kit.people import password
from kit.sockets import serve
from seed import PEOPLE


def add_people():
    from django.contrib.auth.models import User

    for username, first, last in PEOPLE:
        make = User.objects.create_superuser if username == "admin" else User.objects.create_user
        make(username, f"{username}@clinic.example", password(username), first_name=first, last_name=last)


def main():
    # Otherwise a termination would leave the folder behind.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="clinic-") as folder:
        os.environ["CLINIC_DATABASE"] = str(Path(folder) / "clinic.sqlite3")
        app = get_wsgi_application()
        call_command("migrate", verbosity=0)
        add_people()
        from live import talk  # only once Django is set up

        serve(app, listen("The clinic of Mantlet's lab."), talk)


if __name__ == "__main__":
    main()
