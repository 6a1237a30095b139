import os

workers = os.environ.get("GUNICORN_PROCESSES", "2")
threads = os.environ.get("GUNICORN_THREADS", " 4 ")
timeout = "0x1e"
graceful_timeout = "15"
backlog = "1_024"
bind = os.environ.get("GUNICORN_BIND", "0.0.0.0:8081, [::]:8081")
forwarded_allow_ips = "10.0.0.0/8,127.0.0.1"
raw_env = "GREETING=hello, world"
pythonpath = "/srv/lib,/srv/more"
reload = "False"
preload_app = "true"
loglevel = "WARNING"
umask = "0o27"
capture_output = True
