import time
from functools import partial

workers = 3
worker_class = "gthread"
threads = 4

started = {}


def announce(word, server):
    server.log.info("%s: pid %s, %s workers at %s", word, server.pid, server.num_workers, server.address)


on_starting = partial(announce, "starting")
on_exit = partial(announce, "ending")
when_ready = "shop.hooks.when_ready"


def post_fork(server, worker):
    server.log.info("worker %s (age %s) of %s", worker.pid, worker.age, worker.ppid)
    started[worker.pid] = time.time()


def pre_request(worker, req):
    req.began = time.time()


def post_request(worker, req, environ):
    worker.log.info("%s %s took %.3f s", req.method, req.uri, time.time() - req.began)


worker_exit = lambda server, worker: server.log.info("worker %s left", worker.pid)
