"""The same settings as Python, for what has to be computed: `wsgid -c computed.py`.

A name that is assigned here and is a setting's name is that setting; all others are ordinary variables.
Types are as strict as in TOML. The file is run at the start and at each reload: it should do nothing else.
"""

import os

processors = len(os.sched_getaffinity(0))

app = "shop:app"
bind = ["127.0.0.1:8000"]

workers = min(2 * processors + 1, 8)
threads = 8
timeout = "30s"

accesslog = "-"

env = {"FLASK_DEBUG": "0"}
