"""Scoring of payments; models come from the data team."""
import marshal
import pickle
import shelve
import subprocess

import dill
import jsonpickle
import pandas
import torch

MODEL = "/var/payments/model.bin"


def load_model(kind="pickle"):
    with open(MODEL, "rb") as handle:
        if kind == "dill":
            return dill.load(handle)
        if kind == "marshal":
            return marshal.load(handle)
        return pickle.load(handle)


def load_net():
    return torch.load("/var/payments/net.pt")


def load_history(path):
    return pandas.read_pickle(path)


def from_json(text):
    return jsonpickle.decode(text)


def cache():
    return shelve.open("/dev/shm/fraud-cache")


def train(dataset):
    subprocess.Popen("python train.py " + dataset, shell=True)
    subprocess.call(["nice", "python", "evaluate.py", dataset])


def rule(expression, payment):
    exec("result = " + expression, payment)
    return payment["result"]


def score(payment, model=load_model()):
    try:
        return model.predict([payment])[0]
    except Exception as problem:
        raise RuntimeError("scoring failed")
