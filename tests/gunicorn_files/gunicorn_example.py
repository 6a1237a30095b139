# Everything that a commented example shows, uncommented: each setting at gunicorn's default, and every hook.
import sys
import threading
import traceback

bind = "127.0.0.1:8000"
backlog = 2048

workers = 1
worker_class = "sync"
worker_connections = 1000
timeout = 30
keepalive = 2

spew = False

daemon = False
raw_env = [
    "DJANGO_SECRET_KEY=something",
    "SPAM=eggs",
]
pidfile = None
umask = 0
user = None
group = None
tmp_upload_dir = None

errorlog = "-"
loglevel = "info"
accesslog = None
access_log_format = '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s"'

proc_name = None


def on_starting(server):
    pass


def on_reload(server):
    pass


def when_ready(server):
    server.log.info("Server is ready. Spawning workers")


def pre_fork(server, worker):
    pass


def post_fork(server, worker):
    server.log.info("Worker spawned (pid: %s)", worker.pid)


def post_worker_init(worker):
    pass


def worker_int(worker):
    worker.log.info("worker received INT or QUIT signal")
    id2name = {th.ident: th.name for th in threading.enumerate()}
    for thread_id, stack in sys._current_frames().items():
        worker.log.debug("%s(%d)", id2name.get(thread_id, ""), thread_id)
        worker.log.debug("".join(traceback.format_stack(stack)))


def worker_abort(worker):
    worker.log.info("worker received SIGABRT signal")


def pre_exec(server):
    server.log.info("Forked child, re-executing.")


def pre_request(worker, req):
    worker.log.debug("%s %s" % (req.method, req.path))


def post_request(worker, req, environ, resp):
    pass


def child_exit(server, worker):
    pass


def worker_exit(server, worker):
    pass


def nworkers_changed(server, new_value, old_value):
    pass


def on_exit(server):
    pass


def ssl_context(config, default_ssl_context_factory):
    return default_ssl_context_factory()
