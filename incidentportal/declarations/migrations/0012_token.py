"""Whose eyes a look had: what another token could see is forgotten."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("declarations", "0011_twins_at"),
    ]

    operations = [
        migrations.AddField(
            model_name="upstream",
            name="token",
            field=models.CharField(blank=True, max_length=64),
        ),
    ]
