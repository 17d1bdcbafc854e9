from django.db import models
from django.utils.safestring import mark_safe


class Merchant(models.Model):
    name = models.CharField(max_length=120)
    country = models.CharField(max_length=2, null=True)
    api_key = models.CharField(max_length=64)
    webhook_url = models.CharField(max_length=400, blank=True)
    notes = models.TextField(default="")

    def badge(self):
        return mark_safe("<b class='badge'>%s</b>" % self.name)

    def notes_html(self):
        return mark_safe(self.notes)


class Payment(models.Model):
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3, default="EUR")
    card_number = models.CharField(max_length=19)
    state = models.CharField(max_length=12, default="new")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created"]

    @classmethod
    def for_merchant(cls, merchant_id, state):
        return cls.objects.raw("SELECT * FROM ledger_payment WHERE merchant_id = %s AND state = '%s'" % (merchant_id, state))

    @classmethod
    def search(cls, text):
        return cls.objects.extra(where=["card_number LIKE '%" + text + "%'"])

    def mask(self):
        assert len(self.card_number) >= 12, "short card number"
        return self.card_number[:6] + "******" + self.card_number[-4:]


class Settlement(models.Model):
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT)
    total = models.DecimalField(max_digits=14, decimal_places=2)
    file = models.CharField(max_length=200)
