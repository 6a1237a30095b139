timeout_s = 5
TIMEOUT = 90
tiemout = 90
worker = 4
log_level = "debug"
threads: 4
app = "shop:app"
env = "production"
release = "2026-11"


def post_fork_(server, worker):
    pass


def post_frok(server, worker):
    pass
