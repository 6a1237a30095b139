import multiprocessing

bind = ["0.0.0.0:8000", "[::]:8000"]
workers = multiprocessing.cpu_count() * 2 + 1
worker_class = "egg:gunicorn#gevent"
worker_connections = 2000
threads = 8
max_requests = 1000
max_requests_jitter = 50
timeout = 30
keepalive = 2
accesslog = errorlog = "-"
preload_app = True
worker_tmp_dir = None
