"""Signs of life of workers, and counts of what they have done."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('detector', '0007_api'),
    ]

    operations = [
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('worker', models.CharField(max_length=100, primary_key=True, serialize=False)),
                ('at', models.DateTimeField(db_index=True)),
                ('processes', models.PositiveIntegerField(help_text='Analysis processes that run.')),
            ],
            options={
                'ordering': ['-at'],
            },
        ),
        migrations.CreateModel(
            name='EventCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.CharField(max_length=20)),
                ('label', models.CharField(max_length=100)),
                ('count', models.PositiveBigIntegerField(default=0)),
            ],
            options={
                'ordering': ['event', 'label'],
                'constraints': [models.UniqueConstraint(fields=('event', 'label'), name='event_count_once')],
            },
        ),
    ]
