import ssl
from pathlib import Path

BASE = Path("/etc/ssl/shop")

bind = "0.0.0.0:8443"
certfile = BASE / "cert.pem"
keyfile = str(BASE / "key.pem")
ca_certs = "/etc/ssl/clients.pem"
cert_reqs = ssl.CERT_REQUIRED
ciphers = "ECDHE+AESGCM"
ssl_version = ssl.PROTOCOL_TLS_SERVER
do_handshake_on_connect = True
suppress_ragged_eofs = True
