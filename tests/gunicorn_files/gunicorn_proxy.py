from socket import gethostname

bind = "0.0.0.0:8000"
forwarded_allow_ips = "*"
proxy_protocol = True
proxy_allow_ips = "*"
secure_scheme_headers = {
    "X-FORWARDED-PROTOCOL": "ssl",
    "X-FORWARDED-PROTO": "https",
    "X-FORWARDED-SSL": "on",
}
forwarder_headers = "SCRIPT_NAME,PATH_INFO,REMOTE_USER"
header_map = "dangerous"
limit_request_line = 0
limit_request_field_size = 16384
proc_name = f"shop-{len(gethostname()) and 'web'}"
casefold_http_method = False
permit_obsolete_folding = False
strip_header_spaces = True
