import os
import subprocess
import sys

try:
    import setproctitle
except ImportError:
    setproctitle = None

raw_env = [
    "DJANGO_SETTINGS_MODULE=shop.settings",
    "DATABASE_URL=" + os.environ.get("DATABASE_URL", "postgres://shop:hunter2@db/shop"),
]
for name in ("LANG", "TZ"):
    raw_env.append(f"{name}=C")

print("reading the configuration")
print("and complaining", file=sys.stderr)
subprocess.run(["echo", "from a subprocess"], check=True)


def on_starting(server):
    print("starting", server.address)
