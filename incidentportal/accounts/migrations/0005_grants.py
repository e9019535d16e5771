"""What admins and auditors may do, and what admins may change in the admin site."""

from django.db import migrations

from incidentportal.accounts.grants import grant

ADMIN = ("admin",)


def give(apps, schema_editor):
    database = schema_editor.connection.alias
    grant(
        apps,
        database,
        "accounts.user",
        {
            "administer: Runs the portal: presets, defaults, operations, the admin site": ADMIN,
            "read_audit: Reads the audit trail": ("auditor",),
        },
    )
    for model, name, actions in (
        ("accounts.user", "user", ("add", "change", "view")),
        ("auth.group", "group", ("add", "change", "delete", "view")),
        ("account.emailaddress", "email address", ("add", "change", "delete", "view")),
    ):
        codename = model.partition(".")[2]
        grant(
            apps,
            database,
            model,
            {
                f"{action}_{codename}: Can {action} {name}": ADMIN
                for action in actions
            },
        )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_roles"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
