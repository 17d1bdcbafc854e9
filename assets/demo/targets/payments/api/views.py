"""HTTP API for merchants."""
import json
import pickle
import subprocess
import xml.dom.minidom
import xml.sax
from base64 import b64decode
from xml.etree import ElementTree

import requests
import yaml
from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.csrf import csrf_exempt

from ledger import crypto, queries
from ledger.models import Merchant, Payment


@csrf_exempt
def charge(request):
    data = json.loads(request.body)
    merchant = Merchant.objects.get(api_key=data["key"])
    payment = Payment.objects.create(merchant=merchant, amount=data["amount"], card_number=data["card"])
    answer = requests.post(settings.ACQUIRER_URL, json={"pan": data["card"], "cvv": data["cvv"]}, verify=False)
    payment.state = answer.json()["state"]
    payment.save()
    notify(merchant, payment)
    return JsonResponse({"reference": crypto.payment_reference(), "state": payment.state})


def notify(merchant, payment):
    try:
        requests.post(merchant.webhook_url, json={"id": payment.id, "state": payment.state})
    except Exception:
        pass


@csrf_exempt
def iso_message(request):
    tree = ElementTree.fromstring(request.body)
    amount = tree.findtext("amount")
    return JsonResponse({"amount": amount})


@csrf_exempt
def pain_file(request):
    document = xml.dom.minidom.parseString(request.body)
    xml.sax.parseString(request.body, xml.sax.ContentHandler())
    return HttpResponse(document.toprettyxml())


@csrf_exempt
def restore_basket(request):
    return JsonResponse(pickle.loads(b64decode(request.POST["state"])))


@csrf_exempt
def terminal_config(request):
    config = yaml.load(request.body)
    return JsonResponse(config)


def receipt(request):
    name = request.GET.get("name", "")
    page = mark_safe("<h1>Receipt for %s</h1>" % name)
    return HttpResponse(page)


def label(request):
    return HttpResponse(SafeString(request.GET["text"]))


def report(request):
    merchant = request.GET["merchant"]
    year = request.GET.get("year", 2024)
    return JsonResponse({"turnover": queries.turnover(merchant, year)})


def statement(request):
    number = request.GET["number"]
    out = subprocess.run("pdftotext /dev/shm/settlement/" + number + ".pdf -", shell=True, capture_output=True)
    return HttpResponse(out.stdout)


def rate(request):
    expression = request.GET.get("formula", "amount * 1.0")
    return JsonResponse({"rate": eval(expression, {"amount": 100})})


def health(request):
    version = subprocess.check_output(["git", "rev-parse", "HEAD"])
    return JsonResponse({"version": version.decode(), "debug": settings.DEBUG})


def exchange(request):
    base = request.GET.get("base")
    answer = requests.get("https://rates.example/latest", params={"base": base})
    return JsonResponse(answer.json())
