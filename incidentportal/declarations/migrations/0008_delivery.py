"""What the delivery keeps: decisions, workers, the breaker, the write budget, twins."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.db.models.lookups
import incidentportal.accounts.sealed
import incidentportal.declarations.states
import uuid
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Now


def tidy(apps, schema_editor):
    """Make older rows fit the new constraints."""
    rows = apps.get_model("declarations", "Declaration").objects
    for row in rows.filter(private=True).iterator():
        row.save(update_fields=["twins"])  # seals it
    rows.filter(state="queued", due_at=None).update(due_at=Now())
    rows.filter(state="queued").exclude(claimed_until=None).update(claimed_until=None)
    held = rows.filter(state="delivering")
    held.filter(due_at=None).update(due_at=Now())
    held.filter(claimed_until=None).update(claimed_until=Now())
    idle = rows.filter(state__in=["rejected", "unconfirmed", "failed", "withdrawn"])
    idle.update(due_at=None, claimed_until=None)


class Migration(migrations.Migration):

    dependencies = [
        ('declarations', '0007_drafts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Beat',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('host', models.CharField(max_length=255)),
                ('process', models.PositiveBigIntegerField()),
                ('started_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('seen_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('stands_by', models.BooleanField(default=False)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('action', models.CharField(max_length=16)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('before', models.CharField(choices=[('queued', 'queued'), ('delivering', 'delivering'), ('delivered', 'delivered'), ('rejected', 'rejected'), ('unconfirmed', 'unconfirmed'), ('failed', 'failed'), ('withdrawn', 'withdrawn')], max_length=16)),
                ('after', models.CharField(choices=[('queued', 'queued'), ('delivering', 'delivering'), ('delivered', 'delivered'), ('rejected', 'rejected'), ('unconfirmed', 'unconfirmed'), ('failed', 'failed'), ('withdrawn', 'withdrawn')], max_length=16)),
                ('private', models.BooleanField(default=False)),
                ('reason', incidentportal.accounts.sealed.SealableTextField(blank=True, sealed_by='private')),
            ],
            options={
                'ordering': ('pk',),
                'default_permissions': (),
            },
        ),
        migrations.RemoveConstraint(
            model_name='declaration',
            name='declaration_private_is_sealed',
        ),
        migrations.RemoveIndex(
            model_name='declaration',
            name='declaration_due',
        ),
        migrations.AddField(
            model_name='attempt',
            name='next',
            field=models.CharField(blank=True, max_length=16),
        ),
        migrations.AddField(
            model_name='attempt',
            name='next_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='declaration',
            name='is_mistaken_real',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='declaration',
            name='mismatches',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='declaration',
            name='queued_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.AddField(
            model_name='declaration',
            name='second_look_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='declaration',
            name='told_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='declaration',
            name='twins',
            field=incidentportal.accounts.sealed.SealableJSONField(default=list, sealed_by='private'),
        ),
        migrations.AddField(
            model_name='draft',
            name='beside',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='upstream',
            name='failed_id',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='upstream',
            name='failed_several',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='upstream',
            name='failures',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='upstream',
            name='held_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='upstream',
            name='held_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='upstream',
            name='held_for',
            field=models.CharField(blank=True, max_length=16),
        ),
        migrations.AddField(
            model_name='upstream',
            name='probed_id',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='upstream',
            name='rate_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='upstream',
            name='write_limit',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddIndex(
            model_name='declaration',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['upstream', 'severity_rank', 'queued_at'], name='declaration_due'),
        ),
        migrations.AddIndex(
            model_name='declaration',
            index=models.Index(condition=models.Q(('is_mistaken_real', True)), fields=['upstream', '-delivered_at'], name='declaration_mistaken'),
        ),
        migrations.AddIndex(
            model_name='declaration',
            index=models.Index(condition=models.Q(('state__in', ['rejected', 'unconfirmed'])), fields=['author', 'state'], name='declaration_to_decide'),
        ),
        migrations.AddIndex(
            model_name='draft',
            index=models.Index(condition=models.Q(('beside__isnull', False)), fields=['beside'], name='draft_beside'),
        ),
        migrations.RunPython(tidy, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='declaration',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', incidentportal.declarations.states.State['QUEUED']), _negated=True), models.Q(('claimed_until', None), ('due_at__isnull', False)), _connector='OR'), name='declaration_queued_is_due_and_free'),
        ),
        migrations.AddConstraint(
            model_name='declaration',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', incidentportal.declarations.states.State['DELIVERING']), _negated=True), models.Q(('claimed_until__isnull', False), ('due_at__isnull', False)), _connector='OR'), name='declaration_delivering_is_claimed'),
        ),
        migrations.AddConstraint(
            model_name='declaration',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['rejected', 'unconfirmed', 'failed', 'withdrawn']), _negated=True), models.Q(('claimed_until', None), ('due_at', None)), _connector='OR'), name='declaration_idle_is_not_due'),
        ),
        migrations.AddConstraint(
            model_name='declaration',
            constraint=models.CheckConstraint(condition=models.Q(('private', False), models.Q(django.db.models.lookups.Exact(django.db.models.functions.text.Left(models.F('title'), 7), 'sealed:'), django.db.models.lookups.Exact(django.db.models.functions.text.Left(models.F('answers'), 7), 'sealed:'), django.db.models.lookups.Exact(django.db.models.functions.text.Left(models.F('labels'), 7), 'sealed:'), django.db.models.lookups.Exact(django.db.models.functions.text.Left(models.F('payload'), 7), 'sealed:'), django.db.models.lookups.Exact(django.db.models.functions.text.Left(models.F('sentence'), 7), 'sealed:'), django.db.models.lookups.Exact(django.db.models.functions.text.Left(models.F('errors'), 7), 'sealed:'), django.db.models.lookups.Exact(django.db.models.functions.text.Left(models.F('incident'), 7), 'sealed:'), django.db.models.lookups.Exact(django.db.models.functions.text.Left(models.F('open_values'), 7), 'sealed:'), django.db.models.lookups.Exact(django.db.models.functions.text.Left(models.F('open_steps'), 7), 'sealed:'), django.db.models.lookups.Exact(django.db.models.functions.text.Left(models.F('twins'), 7), 'sealed:')), _connector='OR'), name='declaration_private_is_sealed'),
        ),
        migrations.AddField(
            model_name='decision',
            name='declaration',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='decisions', to='declarations.declaration'),
        ),
        migrations.AddField(
            model_name='decision',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('private', False), django.db.models.lookups.Exact(django.db.models.functions.text.Left(models.F('reason'), 7), 'sealed:'), _connector='OR'), name='decision_private_is_sealed'),
        ),
    ]
