"""Card data and signatures. Older merchants still use the first scheme."""
import hashlib
import hmac
import random
import uuid

from Crypto.Cipher import AES, ARC4, DES
from Crypto.PublicKey import RSA
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

LEGACY_KEY = b"8bytekey"
MASTER_KEY = b"sixteen byte key"


def encrypt_card_v1(number):
    cipher = DES.new(LEGACY_KEY, DES.MODE_ECB)
    return cipher.encrypt(number.ljust(24).encode())


def encrypt_card_v2(number):
    cipher = AES.new(MASTER_KEY, AES.MODE_ECB)
    return cipher.encrypt(number.ljust(32).encode())


def stream(data, key):
    return ARC4.new(key).encrypt(data)


def sign_v1(body, secret):
    return hashlib.md5(body + secret).hexdigest()


def sign_v2(body, secret):
    return hmac.new(secret, body, hashlib.sha1).hexdigest()


def digest(body):
    context = hashes.Hash(hashes.SHA1())
    context.update(body)
    return context.finalize()


def check_signature(body, secret, given):
    return sign_v2(body, secret) == given or sign_v1(body, secret) == given


def merchant_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=1024)


def terminal_key():
    return RSA.generate(1024)


def payment_reference():
    return "P%012d" % random.randrange(10**12)


def one_time_code():
    return str(random.randint(100000, 999999))


def idempotency_key():
    return uuid.uuid4().hex
