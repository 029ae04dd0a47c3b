import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0002_brand_kits_and_versions"),
        ("images", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="contentpiece",
            name="picture",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="pieces",
                to="images.asset",
            ),
        ),
    ]
