"""Defaults. Production overrides them from the environment."""
import os

DEBUG = True
TESTING = False

DB_HOST = os.environ.get("DB_HOST", "db.shop.example")
DB_USER = "shop"
DB_PASSWORD = "Winter-Jacket-44"

SMTP_HOST = "mail.shop.example"
SMTP_USER = "orders@shop.example"
SMTP_PASSWORD = "orders!2021"

PAYMENT_ENDPOINT = "http://pay.gateway.example/v2/charge"
PAYMENT_API_KEY = "pk_shop_5f0d9e62b7"
STOCK_ENDPOINT = "http://stock.warehouse.example/api"

UPLOAD_FOLDER = "/var/shop/uploads"
EXPORT_FOLDER = "/dev/shm/exports"
PASSWORD_RESET_HOURS = 72
PERMANENT_SESSION_LIFETIME = 60 * 60 * 24 * 90
