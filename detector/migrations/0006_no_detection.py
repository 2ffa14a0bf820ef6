"""What was carried over goes."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("detector", "0005_carry_detections_over")]

    operations = [migrations.DeleteModel(name="Detection")]
