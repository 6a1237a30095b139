#compdef wsgid
# Completion for wsgid; made by `python -m docs.completion`; `wsgid --print-completion zsh` prints it.

_shtab_wsgid_commands() {
  local _commands=(

  )
  _describe 'wsgid commands' _commands
}

_shtab_wsgid_options=(
  {-c,--config}"[read this TOML, YAML or Python file\; without it the start directory\'s wsgid.toml, wsgid.yaml, wsgid.conf.py or gunicorn.conf.py is read, if it is there. Also file\:PATH and python\:MODULE]:FILE:_files"
  "--instance[read \/etc\/wsgid\/wsgid.toml, \/etc\/wsgid\/NAME.toml (.yaml, .py) and the files in NAME.d, as wsgid\@NAME.service does]:NAME:_wsgid_instances"
  {-h,--help}"[print this and exit]"
  {-v,--version}"[print the version and exit]"
  "--check-config[print every mistake in the settings, and what would keep the server from serving]"
  "--no-app[with --check-config\: look at the settings alone, and do not import the application]"
  "--strict[with --check-config\: a warning is an error]"
  "--all[with --check-config\: every instance, and what clashes between them]"
  "--output-format[with --check-config\: full (as a person reads it), concise (a line a mistake) or json]:FORMAT:(full concise json)"
  {--show-config,--print-config}"[print the settings in force, as TOML, each with its place]"
  "--json[with --show-config\: as JSON]"
  "--explain[print what is known of a setting, and every place that gave it a value]:NAME:(app chdir pythonpath virtualenv env preload_app django paste paste_global bind backlog reuse_port socket_mode socket_user socket_group workers worker_class threads worker_connections max_requests max_requests_jitter max_worker_memory max_worker_age timeout request_timeout graceful_timeout boot_timeout keepalive limit_request_line limit_request_fields limit_request_field_size limit_request_body body_memory spool_limit request_buffering tmp_upload_dir header_timeout body_timeout send_timeout forwarded_allow_ips secure_scheme_headers proxy_headers forwarder_headers header_map proxy_protocol proxy_allow_ips daemon pidfile user group initgroups umask upgrade control_socket proc_name accesslog access_log_format access_log_skip errorlog loglevel log_format capture_output logconfig logconfig_json logconfig_dict syslog syslog_addr syslog_prefix syslog_facility enable_stdio_inheritance statsd_host statsd_prefix dogstatsd_tags certfile keyfile keyfile_password ca_certs cert_reqs ciphers tls_minimum reload reload_engine reload_extra_files sendfile server_header asgi_lifespan root_path hooks)"
  "--init[print a configuration file to begin with]"
  "--print-schema[print the JSON Schema of a configuration file, for editors]"
  "--print-completion[print the completion script for bash, zsh or fish]:SHELL:(bash zsh fish)"
  "--print-unit[print the systemd unit for instances, service, socket or target, with this interpreter\'s path]:UNIT:(service socket target)"
  "--chdir[directory to enter, and to put on sys.path, before the application is loaded \[default\: the start directory\] \[env\: WSGID_CHDIR\]]:DIR:_files -/"
  "--pythonpath[directories to put on sys.path \[env\: WSGID_PYTHONPATH\]]:DIR[,DIR]:_files -/"
  "--virtualenv[virtual environment whose Python runs the server \[env\: WSGID_VIRTUALENV\]]:DIR:_files -/"
  {-e,--env}"[a variable for the environment of the application\; may be repeated \[env\: WSGID_ENV\]]:NAME=VALUE:"
  {--preload,--no-preload}"[load the application once a generation, in a process that workers are forked from \[default\: off\] \[env\: WSGID_PRELOAD_APP\]]"
  "--django[Django project to serve\: its settings module, its settings.py, or the directory that has it \[env\: WSGID_DJANGO\]]:SETTINGS_PATH:_files"
  "--paste[PasteDeploy configuration that names the application \[env\: WSGID_PASTE\]]:FILE[#NAME]:_files"
  "--paste-global[a variable for the PasteDeploy configuration\; may be repeated \[env\: WSGID_PASTE_GLOBAL\]]:NAME=VALUE:"
  {-b,--bind}"[where to listen\: HOST\:PORT, \[V6\]\:PORT, \:PORT, unix\:PATH, fd\:\/\/N, systemd\:NAME\; may be repeated \[default\: 127.0.0.1\:8000\] \[env\: WSGID_BIND\]]:ADDRESS:"
  "--backlog[connections that may wait to be accepted \[default\: 2048\] \[env\: WSGID_BACKLOG\]]:N:"
  {--reuse-port,--no-reuse-port}"[let other servers listen at the same port (SO_REUSEPORT) \[default\: off\] \[env\: WSGID_REUSE_PORT\]]"
  "--socket-mode[mode of Unix sockets\; where umask is set and this is not, 0666 less what it takes \[default\: 0660\] \[env\: WSGID_SOCKET_MODE\]]:MODE:"
  {-w,--workers}"[worker processes\; \"auto\" looks at CPUs and memory \[default\: 1\] \[env\: WSGID_WORKERS\]]:N:"
  {-k,--worker-class}"[kind of worker\: sync, gthread (or threads), gevent, eventlet, tornado, asgi, module\:Class \[default\: sync\] \[env\: WSGID_WORKER_CLASS\]]:KIND:(sync gthread gevent eventlet tornado asgi)"
  "--threads[threads a worker \[default\: 1\] \[env\: WSGID_THREADS\]]:N:"
  "--worker-connections[open connections a worker \[default\: 1000\] \[env\: WSGID_WORKER_CONNECTIONS\]]:N:"
  "--max-requests[replace a worker after so many requests\; 0\: never \[default\: 0\] \[env\: WSGID_MAX_REQUESTS\]]:N:"
  "--max-requests-jitter[and up to so many more, by chance, so that workers are not replaced together \[default\: 0\] \[env\: WSGID_MAX_REQUESTS_JITTER\]]:N:"
  "--max-worker-memory[replace a worker whose private memory is larger\; 0\: never \[default\: 0\] \[env\: WSGID_MAX_WORKER_MEMORY\]]:SIZE:"
  "--max-worker-age[replace a worker after so long\; 0\: never \[default\: 0\] \[env\: WSGID_MAX_WORKER_AGE\]]:DURATION:"
  {-t,--timeout}"[kill a worker whose application makes no progress for so long\; 0\: never \[default\: 30s\] \[env\: WSGID_TIMEOUT\]]:DURATION:"
  "--request-timeout[longest time that one call of the application may take, progress or not\; 0\: any \[default\: 0\] \[env\: WSGID_REQUEST_TIMEOUT\]]:DURATION:"
  "--graceful-timeout[how long a worker that stops may finish what it has begun \[default\: 30s\] \[env\: WSGID_GRACEFUL_TIMEOUT\]]:DURATION:"
  "--boot-timeout[how long a new worker may take to load the application \[default\: 60s\] \[env\: WSGID_BOOT_TIMEOUT\]]:DURATION:"
  "--keep-alive[how long a connection may be idle between two requests \[default\: 75s\] \[env\: WSGID_KEEPALIVE\]]:DURATION:"
  "--limit-request-line[longest request line\; 0\: only the bound of the whole head \[default\: 8190\] \[env\: WSGID_LIMIT_REQUEST_LINE\]]:SIZE:"
  "--limit-request-fields[most header fields in a request \[default\: 100\] \[env\: WSGID_LIMIT_REQUEST_FIELDS\]]:N:"
  "--limit-request-field-size[longest header field\; 0\: only the bound of the whole head \[default\: 8190\] \[env\: WSGID_LIMIT_REQUEST_FIELD_SIZE\]]:SIZE:"
  "--limit-request-body[longest request body\; 0\: any \[default\: 1G\] \[env\: WSGID_LIMIT_REQUEST_BODY\]]:SIZE:"
  "--body-memory[a longer request body goes to a temporary file \[default\: 64K\] \[env\: WSGID_BODY_MEMORY\]]:SIZE:"
  "--spool-limit[most octets in all temporary files of a worker together \[default\: 2G\] \[env\: WSGID_SPOOL_LIMIT\]]:SIZE:"
  {--request-buffering,--no-request-buffering}"[read a request\'s body before the application is called \[default\: on\] \[env\: WSGID_REQUEST_BUFFERING\]]"
  "--tmp-upload-dir[directory of the temporary files \[default\: the system\'s\] \[env\: WSGID_TMP_UPLOAD_DIR\]]:DIR:_files -/"
  "--header-timeout[how long the head of a request may take \[default\: 10s\] \[env\: WSGID_HEADER_TIMEOUT\]]:DURATION:"
  "--body-timeout[how long a client may send nothing of a request\'s body \[default\: 30s\] \[env\: WSGID_BODY_TIMEOUT\]]:DURATION:"
  "--send-timeout[how long a client may take nothing of a response \[default\: 60s\] \[env\: WSGID_SEND_TIMEOUT\]]:DURATION:"
  "--forwarded-allow-ips[addresses and networks of proxies that are believed\; \*\: all \[default\: 127.0.0.1,\:\:1\] \[env\: WSGID_FORWARDED_ALLOW_IPS\]]:ADDRESS[,ADDRESS]:"
  "--proxy-headers[headers of a believed proxy that name client and host\: off, x-forwarded, forwarded \[default\: off\] \[env\: WSGID_PROXY_HEADERS\]]:WORD:(off x-forwarded forwarded)"
  "--forwarder-headers[names that a believed proxy may set in the environ though they have an underscore \[default\: SCRIPT_NAME,PATH_INFO\] \[env\: WSGID_FORWARDER_HEADERS\]]:NAME[,NAME]:"
  "--header-map[header names with an underscore\: drop, refuse or (dangerous) pass on \[default\: drop\] \[env\: WSGID_HEADER_MAP\]]:WORD:(drop refuse dangerous)"
  "--proxy-protocol[expect the PROXY protocol before each connection\: off, v1, v2, auto \[default\: off\] \[env\: WSGID_PROXY_PROTOCOL\]]:WORD:(off v1 v2 auto)"
  "--proxy-allow-from[addresses and networks whose PROXY protocol is believed\; \*\: all \[default\: 127.0.0.1,\:\:1\] \[env\: WSGID_PROXY_ALLOW_IPS\]]:ADDRESS[,ADDRESS]:"
  {-D,--daemon,--no-daemon}"[leave the terminal and run in the background \[default\: off\] \[env\: WSGID_DAEMON\]]"
  {-p,--pid}"[file for the arbiter\'s pid \[env\: WSGID_PIDFILE\]]:FILE:_files"
  {-u,--user}"[user that workers run as\: a name or a number \[default\: the one that starts the server\] \[env\: WSGID_USER\]]:USER:"
  {-g,--group}"[group that workers run as\: a name or a number \[default\: the one that starts the server\] \[env\: WSGID_GROUP\]]:GROUP:"
  {--initgroups,--no-initgroups}"[give workers all groups of their user \[default\: off\] \[env\: WSGID_INITGROUPS\]]"
  {-m,--umask}"[permissions that new files do not get \[default\: inherited\] \[env\: WSGID_UMASK\]]:MODE:"
  "--upgrade[when the successor serves that SIGUSR2 started\: auto, we leave\; manual, both serve on \[default\: auto under systemd, else manual\] \[env\: WSGID_UPGRADE\]]:WORD:(auto manual)"
  "--control-socket[Unix socket for wsgidctl \[default\: \$RUNTIME_DIRECTORY\/control, else PIDFILE.control, else none\] \[env\: WSGID_CONTROL_SOCKET\]]:PATH:"
  {-n,--name}"[name of the processes in ps and top \[env\: WSGID_PROC_NAME\]]:NAME:"
  "--access-logfile[access log\: a file, or \"-\" for standard output \[env\: WSGID_ACCESSLOG\]]:FILE:_files"
  "--access-logformat[format of the access log, with gunicorn\'s atoms, or \"json\" \[default\: \%(h)s \%(l)s \%(u)s \%(t)s \"\%(r)s\" \%(s)s \%(b)s \"\%(f)s\" \"\%(a)s\"\] \[env\: WSGID_ACCESS_LOG_FORMAT\]]:FORMAT:"
  "--access-log-skip[paths that the access log leaves out, such as \/healthz, \/static\/\* \[env\: WSGID_ACCESS_LOG_SKIP\]]:PATTERN[,PATTERN]:"
  {--error-logfile,--log-file}"[error log\: a file, or \"-\" for standard error \[default\: -\] \[env\: WSGID_ERRORLOG\]]:FILE:_files"
  "--log-level[least level of what the error log takes\: debug, info, warning, error, critical \[default\: info\] \[env\: WSGID_LOGLEVEL\]]:LEVEL:(debug info warning error critical)"
  "--log-format[form of the error log\: text, json\; auto is text, with priorities where the journal reads it \[default\: auto\] \[env\: WSGID_LOG_FORMAT\]]:WORD:(auto text json)"
  {--capture-output,--no-capture-output}"[send what the application prints to the error log \[default\: off\] \[env\: WSGID_CAPTURE_OUTPUT\]]"
  "--log-config[file for logging.config.fileConfig \[env\: WSGID_LOGCONFIG\]]:FILE:_files"
  "--log-config-json[JSON file for logging.config.dictConfig \[env\: WSGID_LOGCONFIG_JSON\]]:FILE:_files"
  {--log-syslog,--no-log-syslog}"[send the logs to syslog \[default\: off\] \[env\: WSGID_SYSLOG\]]"
  "--log-syslog-to[where syslog listens\: udp\:\/\/HOST\:PORT, tcp\:\/\/HOST\:PORT, unix\:\/\/PATH\#dgram, unix\:\/\/PATH\#stream \[default\: udp\:\/\/localhost\:514\] \[env\: WSGID_SYSLOG_ADDR\]]:ADDRESS:"
  "--log-syslog-prefix[name of the program in syslog \[env\: WSGID_SYSLOG_PREFIX\]]:NAME:"
  "--log-syslog-facility[facility in syslog\: user, daemon, local0 to local7, ... (syslog(3)) \[default\: user\] \[env\: WSGID_SYSLOG_FACILITY\]]:WORD:(auth authpriv cron daemon ftp kern lpr mail news security syslog user uucp local0 local1 local2 local3 local4 local5 local6 local7)"
  {-R,--enable-stdio-inheritance,--no-enable-stdio-inheritance}"[keep standard output and error of the command that was typed, with --daemon \[default\: off\] \[env\: WSGID_ENABLE_STDIO_INHERITANCE\]]"
  "--statsd-host[where statsd listens\: HOST\:PORT or unix\:\/\/PATH \[env\: WSGID_STATSD_HOST\]]:ADDRESS:"
  "--statsd-prefix[what the names of metrics begin with \[env\: WSGID_STATSD_PREFIX\]]:PREFIX:"
  "--dogstatsd-tags[tags of metrics, for DogStatsD \[env\: WSGID_DOGSTATSD_TAGS\]]:NAME:VALUE[,NAME:VALUE]:"
  "--certfile[certificate, and its chain, as PEM \[env\: WSGID_CERTFILE\]]:FILE:_files"
  "--keyfile[private key of the certificate, as PEM \[env\: WSGID_KEYFILE\]]:FILE:_files"
  "--ca-certs[authorities whose client certificates are believed, as PEM \[env\: WSGID_CA_CERTS\]]:FILE:_files"
  "--cert-reqs[whether clients show a certificate\: none, optional, required \[default\: none\] \[env\: WSGID_CERT_REQS\]]:WORD:(none optional required)"
  "--ciphers[ciphers of TLS 1.2, as OpenSSL writes them \[default\: those of Python\'s ssl\] \[env\: WSGID_CIPHERS\]]:CIPHERS:"
  "--tls-minimum[oldest version of TLS\: 1.2, 1.3 \[default\: 1.2\] \[env\: WSGID_TLS_MINIMUM\]]:VERSION:(1.2 1.3)"
  {--reload,--no-reload}"[start new workers when the application\'s code changes \[default\: off\] \[env\: WSGID_RELOAD\]]"
  "--reload-engine[how changes are noticed\: auto, inotify, poll \[default\: auto\] \[env\: WSGID_RELOAD_ENGINE\]]:WORD:(auto inotify poll)"
  "--reload-extra-file[further files and patterns to watch\; may be repeated \[env\: WSGID_RELOAD_EXTRA_FILES\]]:FILE[,FILE]:"
  {--sendfile,--no-sendfile}"[let the kernel send files (sendfile(2)) \[default\: on\] \[env\: WSGID_SENDFILE\]]"
  "--server-header[value of the Server header\; \"\" leaves it out \[default\: wsgid\] \[env\: WSGID_SERVER_HEADER\]]:TEXT:"
  "--asgi-lifespan[tell an ASGI application of start and end\: auto, on, off \[default\: auto\] \[env\: WSGID_ASGI_LIFESPAN\]]:WORD:(auto on off)"
  "--root-path[path below which a proxy mounts an ASGI application \[env\: WSGID_ROOT_PATH\]]:PATH:"
  ":the application\: module\:variable, or module\:factory(\'x\', n\=1) \[env\: WSGID_APP\]:"
)

# guard to ensure default positional specs are added only once per session
_shtab_wsgid_defaults_added=0

_shtab_wsgid() {
  local context state line curcontext="$curcontext" one_or_more='(*)' remainder='(-)*:' default='*::: :->wsgid'

  # Add default positional/remainder specs only if none exist, and only once per session
  if (( ! _shtab_wsgid_defaults_added )); then
    if (( ${_shtab_wsgid_options[(I)${(q)one_or_more}*]} +          ${_shtab_wsgid_options[(I)${(q)remainder}*]} +          ${_shtab_wsgid_options[(I)${(q)default}]} == 0 )); then
      _shtab_wsgid_options+=(': :_shtab_wsgid_commands' '*::: :->wsgid')
    fi
    _shtab_wsgid_defaults_added=1
  fi
  _arguments -C -s $_shtab_wsgid_options

  case $state in
    wsgid)
      words=($line[1] "${words[@]}")
      (( CURRENT += 1 ))
      curcontext="${curcontext%:*:*}:_shtab_wsgid-$line[1]:"
      case $line[1] in

      esac
  esac
}

# Custom Preamble
_wsgid_instances() {
  compadd -- ${(f)"$(command ls /etc/wsgid 2>/dev/null | command sed -n -E '/^wsgid[.]|~|rpm|dpkg/d; s/[.](toml|yaml|yml|py|d)//p')"}
}

# End Custom Preamble

typeset -A opt_args

if [[ $zsh_eval_context[-1] == eval ]]; then
  # eval/source/. command, register function for later
  compdef _shtab_wsgid -N wsgid
else
  # autoload from fpath, call function directly
  _shtab_wsgid "$@"
fi
