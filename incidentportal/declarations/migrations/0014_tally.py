from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('declarations', '0013_operations'),
    ]

    operations = [
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(max_length=32)),
                ('dialect', models.CharField(max_length=16)),
                ('attempts', models.PositiveBigIntegerField(default=0)),
                ('seconds', models.FloatField(default=0)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('outcome', 'dialect'), name='tally_one_each')],
            },
        ),
    ]
