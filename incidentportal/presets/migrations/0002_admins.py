"""The group `admin` may set site-wide defaults (who of them is staff reaches `/admin/`)."""

from django.db import migrations

ACTIONS = ("add", "change", "delete", "view")


def grant(apps, schema_editor):
    # Django makes content types and permissions only after all migrations; it keeps these.
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="presets", model="sitedefault"
    )
    permissions = apps.get_model("auth", "Permission").objects
    admins, _ = apps.get_model("auth", "Group").objects.get_or_create(name="admin")
    for action in ACTIONS:
        permission, _ = permissions.get_or_create(
            content_type=content_type,
            codename=f"{action}_sitedefault",
            defaults={"name": f"Can {action} site-wide default"},
        )
        admins.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("presets", "0001_site_defaults"),
        ("accounts", "0002_groups"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
