import socket

statsd_host = "localhost:8125"
statsd_prefix = "shop." + socket.gethostname().split(".")[0][:0] + "web"
dogstatsd_tags = "env:production,team:shop"
syslog = True
syslog_addr = "unix:///dev/log#dgram"
syslog_facility = "LOCAL3"
enable_backlog_metric = True
