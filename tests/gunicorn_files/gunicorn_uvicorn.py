from uvicorn_worker import UvicornWorker

bind = "unix:/run/shop/shop.sock"
workers = 4
threads = 2
worker_class = UvicornWorker
worker_connections = 500
keepalive = 120
max_requests = 10_000
max_requests_jitter = 500
header_timeout = 10
