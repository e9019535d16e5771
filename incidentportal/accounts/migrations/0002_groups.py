"""The groups by their names; what each may do is granted where that is decided."""

from django.db import migrations

NAMES = ("reporter", "support", "responder", "admin", "auditor")


def make(apps, schema_editor):
    group = apps.get_model("auth", "Group")
    for name in NAMES:
        group.objects.get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
