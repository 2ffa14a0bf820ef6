"""A detection becomes an upload, which has an analysis: the new tables.

In three steps, since PostgreSQL changes no table that the same transaction has written into.
"""

import detector.models.analysis
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('detector', '0003_schema_1'),
    ]

    operations = [
        migrations.CreateModel(
            name='Analysis',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('sha256', models.CharField(max_length=64)),
                ('version', models.CharField(max_length=64)),
                ('scope', models.UUIDField(help_text="Whose uploads it answers; zeros: everybody's.")),
                ('with_stability', models.BooleanField(default=False)),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='queued', max_length=8)),
                ('priority', models.PositiveSmallIntegerField(choices=[(0, 'Interactive'), (1, 'Bulk')], default=0)),
                ('attempts', models.PositiveSmallIntegerField(default=0, help_text='How often it was begun.')),
                ('worker', models.CharField(blank=True, max_length=100)),
                ('lease_until', models.DateTimeField(help_text="Until then it is the worker's.", null=True)),
                ('queued_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now, editable=False)),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('size', models.PositiveIntegerField(help_text='Bytes of the file.')),
                ('original', models.FileField(blank=True, upload_to=detector.models.analysis.original_path)),
                ('format', models.CharField(blank=True, max_length=16)),
                ('width', models.PositiveIntegerField(null=True)),
                ('height', models.PositiveIntegerField(null=True)),
                ('preview', models.FileField(blank=True, upload_to=detector.models.analysis.preview_path)),
                ('error_levels', models.FileField(blank=True, upload_to=detector.models.analysis.error_levels_path)),
                ('label', models.CharField(blank=True, db_index=True, max_length=16)),
                ('outcome', models.CharField(blank=True, db_index=True, max_length=16)),
                ('score', models.FloatField(db_index=True, null=True)),
                ('result', models.JSONField(help_text="Verdict.to_dict(), without an upload's name.", null=True)),
                ('error', models.TextField(blank=True, help_text='Why there is no result.')),
                ('error_status', models.PositiveSmallIntegerField(null=True)),
                ('retry_after', models.PositiveIntegerField(help_text='Seconds.', null=True)),
            ],
            options={
                'verbose_name_plural': 'analyses',
                'ordering': ['-queued_at'],
            },
        ),
        migrations.CreateModel(
            name='Upload',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('owner', models.UUIDField(db_index=True, help_text='The browser session that may see it.')),
                ('created_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now, editable=False)),
                ('filename', models.CharField(max_length=255)),
                ('with_pictures', models.BooleanField(default=True)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.AddIndex(
            model_name='analysis',
            index=models.Index(fields=['state', 'priority', 'queued_at'], name='analysis_queue'),
        ),
        migrations.AddConstraint(
            model_name='analysis',
            constraint=models.UniqueConstraint(fields=('sha256', 'version', 'scope', 'with_stability'), name='analysis_once'),
        ),
        migrations.AddField(
            model_name='upload',
            name='analysis',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uploads', to='detector.analysis'),
        ),
    ]
