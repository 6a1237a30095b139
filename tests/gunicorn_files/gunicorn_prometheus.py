import os

from prometheus_client import multiprocess

os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", "/tmp/shop-metrics")

bind = ["0.0.0.0:8000"]
workers = 2


def child_exit(server, worker):
    multiprocess.mark_process_dead(worker.pid)
