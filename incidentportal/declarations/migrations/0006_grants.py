"""What the groups may do with declarations. `view_private` is given to none of them."""

from django.db import migrations

from incidentportal.accounts.grants import grant

GIVEN = {
    "declare_private: Declares private incidents": ("support", "admin"),
    "view_others: Sees others' declarations that are not private": ("responder", "admin"),
    "view_private: Sees others' private declarations": (),
    "decide_unconfirmed: Decides others' unconfirmed declarations": ("admin",),
}


def give(apps, schema_editor):
    grant(apps, schema_editor.connection.alias, "declarations.declaration", GIVEN)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_grants"),
        ("declarations", "0005_roles"),
    ]
    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
