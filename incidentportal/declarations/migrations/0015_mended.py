"""Looks that are refused, mails whose sender died, and incidents that two declarations have."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('declarations', '0014_tally'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='declaration',
            name='look_refused_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='declaration',
            name='shared_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='declaration',
            name='teller_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='upstream',
            name='refused_at',
            field=models.JSONField(default=dict),
        ),
        migrations.AddIndex(
            model_name='declaration',
            index=models.Index(condition=models.Q(('shared_at__isnull', False)), fields=['upstream', '-shared_at'], name='declaration_shared'),
        ),
        migrations.AddIndex(
            model_name='declaration',
            index=models.Index(fields=['incident_id'], name='declaration_incident'),
        ),
    ]
