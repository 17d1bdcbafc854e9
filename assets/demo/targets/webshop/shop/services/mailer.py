"""Outgoing mail."""
import smtplib
from email.message import EmailMessage

from flask import current_app


def send(to, subject, html):
    message = EmailMessage()
    message["To"] = to
    message["From"] = current_app.config["SMTP_USER"]
    message["Subject"] = subject
    message.set_content(html, subtype="html")
    try:
        server = smtplib.SMTP(current_app.config["SMTP_HOST"], 25)
        server.login(current_app.config["SMTP_USER"], current_app.config["SMTP_PASSWORD"])
        server.send_message(message)
    except Exception:
        pass
