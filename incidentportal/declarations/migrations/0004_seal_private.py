"""Seal what was private before, then let the database refuse such texts in clear."""

import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models, transaction

from incidentportal.accounts import journal


def seal(apps, schema_editor):
    declarations = apps.get_model("declarations", "Declaration").objects
    attempts = apps.get_model("declarations", "Attempt").objects
    for declaration in declarations.iterator():
        incident = declaration.incident or {}
        if not declaration.payload.get("private") and incident.get("private") is not True:
            continue
        _save_private(declaration)
        for attempt in attempts.filter(declaration=declaration):
            _save_private(attempt)
        transaction.on_commit(journal.truncate, robust=True)


def _save_private(row):
    row.private = True
    row.save()


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0003_encryption_key"),
        ("declarations", "0003_private"),
    ]

    operations = [
        migrations.RunPython(seal, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.CheckConstraint(condition=models.Q(('private', False), django.db.models.lookups.Exact(django.db.models.functions.text.Left(models.F('sentence'), 7), 'sealed:'), _connector='OR'), name='attempt_private_is_sealed'),
        ),
        migrations.AddConstraint(
            model_name='declaration',
            constraint=models.CheckConstraint(condition=models.Q(('private', False), models.Q(django.db.models.lookups.Exact(django.db.models.functions.text.Left(models.F('title'), 7), 'sealed:'), django.db.models.lookups.Exact(django.db.models.functions.text.Left(models.F('answers'), 7), 'sealed:'), django.db.models.lookups.Exact(django.db.models.functions.text.Left(models.F('labels'), 7), 'sealed:'), django.db.models.lookups.Exact(django.db.models.functions.text.Left(models.F('payload'), 7), 'sealed:'), django.db.models.lookups.Exact(django.db.models.functions.text.Left(models.F('sentence'), 7), 'sealed:'), django.db.models.lookups.Exact(django.db.models.functions.text.Left(models.F('errors'), 7), 'sealed:'), django.db.models.lookups.Exact(django.db.models.functions.text.Left(models.F('incident'), 7), 'sealed:'), django.db.models.lookups.Exact(django.db.models.functions.text.Left(models.F('open_values'), 7), 'sealed:'), django.db.models.lookups.Exact(django.db.models.functions.text.Left(models.F('open_steps'), 7), 'sealed:')), _connector='OR'), name='declaration_private_is_sealed'),
        ),
    ]
