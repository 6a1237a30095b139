# Completion for wsgid-paster; made by `python -m docs.completion`; `wsgid-paster --print-completion fish` prints it.

function _shtab_wsgid_paster_scan
  set -g _shtab_wsgid_paster_cmdpath ''
  set -g _shtab_wsgid_paster_npos 0
  set -l tokens (commandline -opc)
  set -e tokens[1]
  set -l expect_value 0
  for t in $tokens
    if test $expect_value -eq 1
      set expect_value 0
      continue
    end
    switch "$t"
      case '--*=*'
        continue
      case '-*'
        if contains -- $t $_shtab_wsgid_paster_opts_with_value
          set expect_value 1
        end
        continue
      case '*'
        if test $_shtab_wsgid_paster_npos -eq 0
          set -l candidate $t
          if test -n "$_shtab_wsgid_paster_cmdpath"
            set candidate "$_shtab_wsgid_paster_cmdpath $t"
          end
          if contains -- $candidate $_shtab_wsgid_paster_commands
            set -g _shtab_wsgid_paster_cmdpath $candidate
            continue
          end
        end
        set -g _shtab_wsgid_paster_npos (math $_shtab_wsgid_paster_npos + 1)
    end
  end
end

# Condition helper: true if the current (sub)command path equals the given one.
function _shtab_wsgid_paster_using
  _shtab_wsgid_paster_scan
  test "$_shtab_wsgid_paster_cmdpath" = "$argv"
end

set -g _shtab_wsgid_paster_commands
set -g _shtab_wsgid_paster_opts_with_value --access-log-skip --access-logfile --access-logformat --asgi-lifespan --backlog --bind --body-memory --body-timeout --boot-timeout --ca-certs --cert-reqs --certfile --chdir --ciphers --config --control-socket --django --dogstatsd-tags --env --error-logfile --explain --forwarded-allow-ips --forwarder-headers --graceful-timeout --group --header-map --header-timeout --instance --keep-alive --keyfile --limit-request-body --limit-request-field-size --limit-request-fields --limit-request-line --log-config --log-config-json --log-file --log-format --log-level --log-syslog-facility --log-syslog-prefix --log-syslog-to --max-requests --max-requests-jitter --max-worker-age --max-worker-memory --name --output-format --paste-global --pid --print-completion --print-unit --proxy-allow-from --proxy-headers --proxy-protocol --pythonpath --reload-engine --reload-extra-file --request-timeout --root-path --send-timeout --server-header --socket-mode --spool-limit --statsd-host --statsd-prefix --threads --timeout --tls-minimum --tmp-upload-dir --umask --upgrade --user --virtualenv --worker-class --worker-connections --workers -b -c -e -g -k -m -n -p -t -u -w

complete -c wsgid-paster -e
complete -c wsgid-paster -f

complete -c wsgid-paster -n _shtab_wsgid_paster_using -s c -l config -xka "(__fish_complete_path (commandline -ct))" -d 'read this TOML, YAML or Python file; without it the start directory'"'"'s wsgid.toml, wsgid.yaml, wsgid.conf.py or gunicorn.conf.py is read, if it is there. Also file:PATH and python:MODULE'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l instance -xka "(command ls /etc/wsgid 2>/dev/null | command sed -n -E '/^wsgid[.]|~|rpm|dpkg/d; s/[.](toml|yaml|yml|py|d)//p')" -d 'read /etc/wsgid/wsgid.toml, /etc/wsgid/NAME.toml (.yaml, .py) and the files in NAME.d, as wsgid@NAME.service does'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -s h -l help -d 'print this and exit'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -s v -l version -d 'print the version and exit'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l check-config -d 'print every mistake in the settings, and what would keep the server from serving'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l no-app -d 'with --check-config: look at the settings alone, and do not import the application'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l strict -d 'with --check-config: a warning is an error'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l all -d 'with --check-config: every instance, and what clashes between them'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l output-format -xka "full concise json" -d 'with --check-config: full (as a person reads it), concise (a line a mistake) or json'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l show-config -l print-config -d 'print the settings in force, as TOML, each with its place'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l json -d 'with --show-config: as JSON'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l explain -xka "app chdir pythonpath virtualenv env preload_app django paste paste_global bind backlog reuse_port socket_mode socket_user socket_group workers worker_class threads worker_connections max_requests max_requests_jitter max_worker_memory max_worker_age timeout request_timeout graceful_timeout boot_timeout keepalive limit_request_line limit_request_fields limit_request_field_size limit_request_body body_memory spool_limit request_buffering tmp_upload_dir header_timeout body_timeout send_timeout forwarded_allow_ips secure_scheme_headers proxy_headers forwarder_headers header_map proxy_protocol proxy_allow_ips daemon pidfile user group initgroups umask upgrade control_socket proc_name accesslog access_log_format access_log_skip errorlog loglevel log_format capture_output logconfig logconfig_json logconfig_dict syslog syslog_addr syslog_prefix syslog_facility enable_stdio_inheritance statsd_host statsd_prefix dogstatsd_tags certfile keyfile keyfile_password ca_certs cert_reqs ciphers tls_minimum reload reload_engine reload_extra_files sendfile server_header asgi_lifespan root_path hooks" -d 'print what is known of a setting, and every place that gave it a value'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l init -d 'print a configuration file to begin with'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l print-schema -d 'print the JSON Schema of a configuration file, for editors'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l print-completion -xka "bash zsh fish" -d 'print the completion script for bash, zsh or fish'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l print-unit -xka "service socket target" -d 'print the systemd unit for instances, service, socket or target, with this interpreter'"'"'s path'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l chdir -xka "(__fish_complete_directories)" -d 'directory to enter, and to put on sys.path, before the application is loaded [default: the start directory] [env: WSGID_CHDIR]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l pythonpath -xka "(__fish_complete_directories)" -d 'directories to put on sys.path [env: WSGID_PYTHONPATH]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l virtualenv -xka "(__fish_complete_directories)" -d 'virtual environment whose Python runs the server [env: WSGID_VIRTUALENV]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -s e -l env -x -d 'a variable for the environment of the application; may be repeated [env: WSGID_ENV]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l preload -l no-preload -d 'load the application once a generation, in a process that workers are forked from [default: off] [env: WSGID_PRELOAD_APP]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l django -xka "(__fish_complete_path (commandline -ct))" -d 'Django project to serve: its settings module, its settings.py, or the directory that has it [env: WSGID_DJANGO]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l paste-global -x -d 'a variable for the PasteDeploy configuration; may be repeated [env: WSGID_PASTE_GLOBAL]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -s b -l bind -x -d 'where to listen: HOST:PORT, [V6]:PORT, :PORT, unix:PATH, fd://N, systemd:NAME; may be repeated [default: 127.0.0.1:8000] [env: WSGID_BIND]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l backlog -x -d 'connections that may wait to be accepted [default: 2048] [env: WSGID_BACKLOG]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l reuse-port -l no-reuse-port -d 'let other servers listen at the same port (SO_REUSEPORT) [default: off] [env: WSGID_REUSE_PORT]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l socket-mode -x -d 'mode of Unix sockets; where umask is set and this is not, 0666 less what it takes [default: 0660] [env: WSGID_SOCKET_MODE]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -s w -l workers -x -d 'worker processes; "auto" looks at CPUs and memory [default: 1] [env: WSGID_WORKERS]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -s k -l worker-class -xka "sync gthread gevent eventlet tornado asgi" -d 'kind of worker: sync, gthread (or threads), gevent, eventlet, tornado, asgi, module:Class [default: sync] [env: WSGID_WORKER_CLASS]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l threads -x -d 'threads a worker [default: 1] [env: WSGID_THREADS]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l worker-connections -x -d 'open connections a worker [default: 1000] [env: WSGID_WORKER_CONNECTIONS]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l max-requests -x -d 'replace a worker after so many requests; 0: never [default: 0] [env: WSGID_MAX_REQUESTS]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l max-requests-jitter -x -d 'and up to so many more, by chance, so that workers are not replaced together [default: 0] [env: WSGID_MAX_REQUESTS_JITTER]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l max-worker-memory -x -d 'replace a worker whose private memory is larger; 0: never [default: 0] [env: WSGID_MAX_WORKER_MEMORY]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l max-worker-age -x -d 'replace a worker after so long; 0: never [default: 0] [env: WSGID_MAX_WORKER_AGE]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -s t -l timeout -x -d 'kill a worker whose application makes no progress for so long; 0: never [default: 30s] [env: WSGID_TIMEOUT]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l request-timeout -x -d 'longest time that one call of the application may take, progress or not; 0: any [default: 0] [env: WSGID_REQUEST_TIMEOUT]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l graceful-timeout -x -d 'how long a worker that stops may finish what it has begun [default: 30s] [env: WSGID_GRACEFUL_TIMEOUT]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l boot-timeout -x -d 'how long a new worker may take to load the application [default: 60s] [env: WSGID_BOOT_TIMEOUT]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l keep-alive -x -d 'how long a connection may be idle between two requests [default: 75s] [env: WSGID_KEEPALIVE]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l limit-request-line -x -d 'longest request line; 0: only the bound of the whole head [default: 8190] [env: WSGID_LIMIT_REQUEST_LINE]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l limit-request-fields -x -d 'most header fields in a request [default: 100] [env: WSGID_LIMIT_REQUEST_FIELDS]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l limit-request-field-size -x -d 'longest header field; 0: only the bound of the whole head [default: 8190] [env: WSGID_LIMIT_REQUEST_FIELD_SIZE]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l limit-request-body -x -d 'longest request body; 0: any [default: 1G] [env: WSGID_LIMIT_REQUEST_BODY]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l body-memory -x -d 'a longer request body goes to a temporary file [default: 64K] [env: WSGID_BODY_MEMORY]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l spool-limit -x -d 'most octets in all temporary files of a worker together [default: 2G] [env: WSGID_SPOOL_LIMIT]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l request-buffering -l no-request-buffering -d 'read a request'"'"'s body before the application is called [default: on] [env: WSGID_REQUEST_BUFFERING]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l tmp-upload-dir -xka "(__fish_complete_directories)" -d 'directory of the temporary files [default: the system'"'"'s] [env: WSGID_TMP_UPLOAD_DIR]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l header-timeout -x -d 'how long the head of a request may take [default: 10s] [env: WSGID_HEADER_TIMEOUT]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l body-timeout -x -d 'how long a client may send nothing of a request'"'"'s body [default: 30s] [env: WSGID_BODY_TIMEOUT]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l send-timeout -x -d 'how long a client may take nothing of a response [default: 60s] [env: WSGID_SEND_TIMEOUT]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l forwarded-allow-ips -x -d 'addresses and networks of proxies that are believed; *: all [default: 127.0.0.1,::1] [env: WSGID_FORWARDED_ALLOW_IPS]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l proxy-headers -xka "off x-forwarded forwarded" -d 'headers of a believed proxy that name client and host: off, x-forwarded, forwarded [default: off] [env: WSGID_PROXY_HEADERS]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l forwarder-headers -x -d 'names that a believed proxy may set in the environ though they have an underscore [default: SCRIPT_NAME,PATH_INFO] [env: WSGID_FORWARDER_HEADERS]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l header-map -xka "drop refuse dangerous" -d 'header names with an underscore: drop, refuse or (dangerous) pass on [default: drop] [env: WSGID_HEADER_MAP]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l proxy-protocol -xka "off v1 v2 auto" -d 'expect the PROXY protocol before each connection: off, v1, v2, auto [default: off] [env: WSGID_PROXY_PROTOCOL]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l proxy-allow-from -x -d 'addresses and networks whose PROXY protocol is believed; *: all [default: 127.0.0.1,::1] [env: WSGID_PROXY_ALLOW_IPS]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -s D -l daemon -l no-daemon -d 'leave the terminal and run in the background [default: off] [env: WSGID_DAEMON]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -s p -l pid -xka "(__fish_complete_path (commandline -ct))" -d 'file for the arbiter'"'"'s pid [env: WSGID_PIDFILE]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -s u -l user -x -d 'user that workers run as: a name or a number [default: the one that starts the server] [env: WSGID_USER]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -s g -l group -x -d 'group that workers run as: a name or a number [default: the one that starts the server] [env: WSGID_GROUP]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l initgroups -l no-initgroups -d 'give workers all groups of their user [default: off] [env: WSGID_INITGROUPS]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -s m -l umask -x -d 'permissions that new files do not get [default: inherited] [env: WSGID_UMASK]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l upgrade -xka "auto manual" -d 'when the successor serves that SIGUSR2 started: auto, we leave; manual, both serve on [default: auto under systemd, else manual] [env: WSGID_UPGRADE]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l control-socket -x -d 'Unix socket for wsgidctl [default: $RUNTIME_DIRECTORY/control, else PIDFILE.control, else none] [env: WSGID_CONTROL_SOCKET]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -s n -l name -x -d 'name of the processes in ps and top [env: WSGID_PROC_NAME]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l access-logfile -xka "(__fish_complete_path (commandline -ct))" -d 'access log: a file, or "-" for standard output [env: WSGID_ACCESSLOG]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l access-logformat -x -d 'format of the access log, with gunicorn'"'"'s atoms, or "json" [default: %(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s"] [env: WSGID_ACCESS_LOG_FORMAT]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l access-log-skip -x -d 'paths that the access log leaves out, such as /healthz, /static/* [env: WSGID_ACCESS_LOG_SKIP]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l error-logfile -l log-file -xka "(__fish_complete_path (commandline -ct))" -d 'error log: a file, or "-" for standard error [default: -] [env: WSGID_ERRORLOG]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l log-level -xka "debug info warning error critical" -d 'least level of what the error log takes: debug, info, warning, error, critical [default: info] [env: WSGID_LOGLEVEL]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l log-format -xka "auto text json" -d 'form of the error log: text, json; auto is text, with priorities where the journal reads it [default: auto] [env: WSGID_LOG_FORMAT]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l capture-output -l no-capture-output -d 'send what the application prints to the error log [default: off] [env: WSGID_CAPTURE_OUTPUT]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l log-config -xka "(__fish_complete_path (commandline -ct))" -d 'file for logging.config.fileConfig [env: WSGID_LOGCONFIG]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l log-config-json -xka "(__fish_complete_path (commandline -ct))" -d 'JSON file for logging.config.dictConfig [env: WSGID_LOGCONFIG_JSON]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l log-syslog -l no-log-syslog -d 'send the logs to syslog [default: off] [env: WSGID_SYSLOG]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l log-syslog-to -x -d 'where syslog listens: udp://HOST:PORT, tcp://HOST:PORT, unix://PATH#dgram, unix://PATH#stream [default: udp://localhost:514] [env: WSGID_SYSLOG_ADDR]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l log-syslog-prefix -x -d 'name of the program in syslog [env: WSGID_SYSLOG_PREFIX]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l log-syslog-facility -xka "auth authpriv cron daemon ftp kern lpr mail news security syslog user uucp local0 local1 local2 local3 local4 local5 local6 local7" -d 'facility in syslog: user, daemon, local0 to local7, ... (syslog(3)) [default: user] [env: WSGID_SYSLOG_FACILITY]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -s R -l enable-stdio-inheritance -l no-enable-stdio-inheritance -d 'keep standard output and error of the command that was typed, with --daemon [default: off] [env: WSGID_ENABLE_STDIO_INHERITANCE]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l statsd-host -x -d 'where statsd listens: HOST:PORT or unix://PATH [env: WSGID_STATSD_HOST]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l statsd-prefix -x -d 'what the names of metrics begin with [env: WSGID_STATSD_PREFIX]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l dogstatsd-tags -x -d 'tags of metrics, for DogStatsD [env: WSGID_DOGSTATSD_TAGS]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l certfile -xka "(__fish_complete_path (commandline -ct))" -d 'certificate, and its chain, as PEM [env: WSGID_CERTFILE]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l keyfile -xka "(__fish_complete_path (commandline -ct))" -d 'private key of the certificate, as PEM [env: WSGID_KEYFILE]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l ca-certs -xka "(__fish_complete_path (commandline -ct))" -d 'authorities whose client certificates are believed, as PEM [env: WSGID_CA_CERTS]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l cert-reqs -xka "none optional required" -d 'whether clients show a certificate: none, optional, required [default: none] [env: WSGID_CERT_REQS]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l ciphers -x -d 'ciphers of TLS 1.2, as OpenSSL writes them [default: those of Python'"'"'s ssl] [env: WSGID_CIPHERS]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l tls-minimum -xka "1.2 1.3" -d 'oldest version of TLS: 1.2, 1.3 [default: 1.2] [env: WSGID_TLS_MINIMUM]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l reload -l no-reload -d 'start new workers when the application'"'"'s code changes [default: off] [env: WSGID_RELOAD]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l reload-engine -xka "auto inotify poll" -d 'how changes are noticed: auto, inotify, poll [default: auto] [env: WSGID_RELOAD_ENGINE]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l reload-extra-file -x -d 'further files and patterns to watch; may be repeated [env: WSGID_RELOAD_EXTRA_FILES]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l sendfile -l no-sendfile -d 'let the kernel send files (sendfile(2)) [default: on] [env: WSGID_SENDFILE]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l server-header -x -d 'value of the Server header; "" leaves it out [default: wsgid] [env: WSGID_SERVER_HEADER]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l asgi-lifespan -xka "auto on off" -d 'tell an ASGI application of start and end: auto, on, off [default: auto] [env: WSGID_ASGI_LIFESPAN]'
complete -c wsgid-paster -n _shtab_wsgid_paster_using -l root-path -x -d 'path below which a proxy mounts an ASGI application [env: WSGID_ROOT_PATH]'
complete -c wsgid-paster -n '_shtab_wsgid_paster_using; and test $_shtab_wsgid_paster_npos -eq 0' -ka "(__fish_complete_path (commandline -ct))" -d 'PasteDeploy configuration that names the application [env: WSGID_PASTE]'
