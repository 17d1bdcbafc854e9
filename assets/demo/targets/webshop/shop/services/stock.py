"""Client of the warehouse's stock service."""
import ssl
import telnetlib
from ftplib import FTP
from urllib import request as urlrequest

import requests

from .. import settings


def level(sku):
    answer = requests.get(settings.STOCK_ENDPOINT + "/level/" + sku, auth=("shop", "stock-2020"))
    return answer.json()["level"]


def reserve(sku, quantity):
    return requests.post(
        "http://stock.warehouse.example/api/reserve", json={"sku": sku, "qty": quantity}, verify=False
    ).ok


def price_list():
    context = ssl._create_unverified_context()
    return urlrequest.urlopen("https://stock.warehouse.example/prices.csv", context=context).read()


def nightly_file(name):
    ftp = FTP("ftp.warehouse.example")
    ftp.login("shop", "shop")
    with open("/dev/shm/" + name, "wb") as handle:
        ftp.retrbinary("RETR " + name, handle.write)


def label_printer(text):
    printer = telnetlib.Telnet("10.20.0.15", 9100)
    printer.write(text.encode())
    printer.close()
