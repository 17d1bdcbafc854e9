"""Invoices as HTML or PDF."""
import os

from flask import request
from jinja2 import Environment, FileSystemLoader, Template

from .. import db

env = Environment(loader=FileSystemLoader("/var/shop/invoice-templates"), autoescape=False)


def render(number, template):
    order = db.row(f"SELECT * FROM orders WHERE number = '{number}'")
    page = env.get_template(template + ".html").render(order=order)
    if request.args.get("format") == "pdf":
        html = f"/dev/shm/exports/{number}.html"
        with open(html, "w") as handle:
            handle.write(page)
        os.system("wkhtmltopdf " + html + " /dev/shm/exports/" + number + ".pdf")
    return page


def footer(text):
    return Template(text).render()
