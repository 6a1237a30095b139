import json
from pathlib import Path

from gunicorn_shared_base import *

globals().update(json.loads('{"backlog": 64}'))
for name, value in {"keepalive": 5}.items():
    globals()[name] = value
workers += 1
if workers > 2:
    timeout = 40
else:
    timeout = 20
with Path(__file__).open() as threads:
    threads = len(threads.readline().split())
