"""Tokens, batches, keys and messages of the API, and the indexes that its lists are read by."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('detector', '0006_no_detection'),
    ]

    operations = [
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=100, unique=True)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('scope', models.CharField(choices=[('read', 'Read'), ('write', 'Write')], default='write', max_length=5)),
                ('owner', models.UUIDField(default=uuid.uuid4, editable=False, help_text='Owns its uploads.')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('owner', models.UUIDField(db_index=True, help_text='The token that may see it.')),
                ('created_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now, editable=False)),
                ('name', models.CharField(max_length=200)),
                ('size', models.PositiveIntegerField(help_text='How many pictures will be sent.', null=True)),
                ('sent', models.PositiveIntegerField(default=0, help_text='How many pictures were sent.')),
            ],
            options={
                'verbose_name_plural': 'batches',
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('url', models.URLField(max_length=2000)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_at', models.DateTimeField(help_text='When it arrived or was given up.', null=True)),
                ('error', models.CharField(blank=True, help_text='Why the last one failed.', max_length=200)),
            ],
            options={
                'verbose_name_plural': 'deliveries',
            },
        ),
        migrations.CreateModel(
            name='IdempotencyKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.UUIDField(help_text='Whose key it is.')),
                ('key', models.CharField(max_length=255)),
                ('digest', models.CharField(help_text='Of the request.', max_length=64)),
                ('made', models.JSONField(help_text='None while the request is at work.', null=True)),
                ('created_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now, editable=False)),
            ],
        ),
        migrations.AlterField(
            model_name='upload',
            name='owner',
            field=models.UUIDField(db_index=True, help_text='The session or token that may see it.'),
        ),
        migrations.AddField(
            model_name='upload',
            name='batch',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='uploads', to='detector.batch'),
        ),
        migrations.AddIndex(
            model_name='upload',
            index=models.Index(fields=['owner', 'created_at', 'id'], name='upload_of_owner'),
        ),
        migrations.AddIndex(
            model_name='upload',
            index=models.Index(fields=['batch', 'created_at', 'id'], name='upload_of_batch'),
        ),
        migrations.AddField(
            model_name='delivery',
            name='batch',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='detector.batch'),
        ),
        migrations.AddField(
            model_name='delivery',
            name='token',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='detector.apitoken'),
        ),
        migrations.AddField(
            model_name='delivery',
            name='upload',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='detector.upload'),
        ),
        migrations.AddConstraint(
            model_name='idempotencykey',
            constraint=models.UniqueConstraint(fields=('scope', 'key'), name='idempotency_key_once'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['ended_at', 'next_at'], name='delivery_due'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(('upload__isnull', True), ('batch__isnull', True), _connector='XOR'), name='delivery_of_one'),
        ),
    ]
