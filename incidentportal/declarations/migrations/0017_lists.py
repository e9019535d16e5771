from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('declarations', '0016_told_marks'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='declaration',
            index=models.Index(fields=['-submitted_at', '-id'], name='declaration_newest'),
        ),
    ]
