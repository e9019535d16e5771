"""The group `admin` may set presets and groups' defaults, and see what was changed."""

from django.db import migrations

GRANTED = (
    ("preset", "preset", ("add", "change", "delete", "view")),
    ("groupdefault", "default of a group", ("add", "change", "delete", "view")),
    ("change", "change", ("view",)),
)


def grant(apps, schema_editor):
    # Django makes content types and permissions only after all migrations; it keeps these.
    permissions = apps.get_model("auth", "Permission").objects
    admins, _ = apps.get_model("auth", "Group").objects.get_or_create(name="admin")
    for model, name, actions in GRANTED:
        content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
            app_label="presets", model=model
        )
        for action in actions:
            permission, _ = permissions.get_or_create(
                content_type=content_type,
                codename=f"{action}_{model}",
                defaults={"name": f"Can {action} {name}"},
            )
            admins.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("presets", "0003_presets"),
        ("accounts", "0002_groups"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
