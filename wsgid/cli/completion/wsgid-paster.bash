# Completion for wsgid-paster; made by `python -m docs.completion`; `wsgid-paster --print-completion bash` prints it.

_shtab_wsgid_paster_option_strings=(-c --config --instance -h --help -v --version --check-config --no-app --strict --all --output-format --show-config --print-config --json --explain --init --print-schema --print-completion --print-unit --chdir --pythonpath --virtualenv -e --env --preload --no-preload --django --paste-global -b --bind --backlog --reuse-port --no-reuse-port --socket-mode -w --workers -k --worker-class --threads --worker-connections --max-requests --max-requests-jitter --max-worker-memory --max-worker-age -t --timeout --request-timeout --graceful-timeout --boot-timeout --keep-alive --limit-request-line --limit-request-fields --limit-request-field-size --limit-request-body --body-memory --spool-limit --request-buffering --no-request-buffering --tmp-upload-dir --header-timeout --body-timeout --send-timeout --forwarded-allow-ips --proxy-headers --forwarder-headers --header-map --proxy-protocol --proxy-allow-from -D --daemon --no-daemon -p --pid -u --user -g --group --initgroups --no-initgroups -m --umask --upgrade --control-socket -n --name --access-logfile --access-logformat --access-log-skip --error-logfile --log-file --log-level --log-format --capture-output --no-capture-output --log-config --log-config-json --log-syslog --no-log-syslog --log-syslog-to --log-syslog-prefix --log-syslog-facility -R --enable-stdio-inheritance --no-enable-stdio-inheritance --statsd-host --statsd-prefix --dogstatsd-tags --certfile --keyfile --ca-certs --cert-reqs --ciphers --tls-minimum --reload --no-reload --reload-engine --reload-extra-file --sendfile --no-sendfile --server-header --asgi-lifespan --root-path)

_shtab_wsgid_paster_pos_0_COMPGEN=_shtab_compgen_files
_shtab_wsgid_paster__c_COMPGEN=_shtab_compgen_files
_shtab_wsgid_paster___config_COMPGEN=_shtab_compgen_files
_shtab_wsgid_paster___instance_COMPGEN=_wsgid_instances
_shtab_wsgid_paster___chdir_COMPGEN=_shtab_compgen_dirs
_shtab_wsgid_paster___pythonpath_COMPGEN=_shtab_compgen_dirs
_shtab_wsgid_paster___virtualenv_COMPGEN=_shtab_compgen_dirs
_shtab_wsgid_paster___django_COMPGEN=_shtab_compgen_files
_shtab_wsgid_paster___tmp_upload_dir_COMPGEN=_shtab_compgen_dirs
_shtab_wsgid_paster__p_COMPGEN=_shtab_compgen_files
_shtab_wsgid_paster___pid_COMPGEN=_shtab_compgen_files
_shtab_wsgid_paster___access_logfile_COMPGEN=_shtab_compgen_files
_shtab_wsgid_paster___error_logfile_COMPGEN=_shtab_compgen_files
_shtab_wsgid_paster___log_file_COMPGEN=_shtab_compgen_files
_shtab_wsgid_paster___log_config_COMPGEN=_shtab_compgen_files
_shtab_wsgid_paster___log_config_json_COMPGEN=_shtab_compgen_files
_shtab_wsgid_paster___certfile_COMPGEN=_shtab_compgen_files
_shtab_wsgid_paster___keyfile_COMPGEN=_shtab_compgen_files
_shtab_wsgid_paster___ca_certs_COMPGEN=_shtab_compgen_files

_shtab_wsgid_paster___output_format_choices=(full concise json)
_shtab_wsgid_paster___explain_choices=(app chdir pythonpath virtualenv env preload_app django paste paste_global bind backlog reuse_port socket_mode socket_user socket_group workers worker_class threads worker_connections max_requests max_requests_jitter max_worker_memory max_worker_age timeout request_timeout graceful_timeout boot_timeout keepalive limit_request_line limit_request_fields limit_request_field_size limit_request_body body_memory spool_limit request_buffering tmp_upload_dir header_timeout body_timeout send_timeout forwarded_allow_ips secure_scheme_headers proxy_headers forwarder_headers header_map proxy_protocol proxy_allow_ips daemon pidfile user group initgroups umask upgrade control_socket proc_name accesslog access_log_format access_log_skip errorlog loglevel log_format capture_output logconfig logconfig_json logconfig_dict syslog syslog_addr syslog_prefix syslog_facility enable_stdio_inheritance statsd_host statsd_prefix dogstatsd_tags certfile keyfile keyfile_password ca_certs cert_reqs ciphers tls_minimum reload reload_engine reload_extra_files sendfile server_header asgi_lifespan root_path hooks)
_shtab_wsgid_paster___print_completion_choices=(bash zsh fish)
_shtab_wsgid_paster___print_unit_choices=(service socket target)
_shtab_wsgid_paster__k_choices=(sync gthread gevent eventlet tornado asgi)
_shtab_wsgid_paster___worker_class_choices=(sync gthread gevent eventlet tornado asgi)
_shtab_wsgid_paster___proxy_headers_choices=(off x-forwarded forwarded)
_shtab_wsgid_paster___header_map_choices=(drop refuse dangerous)
_shtab_wsgid_paster___proxy_protocol_choices=(off v1 v2 auto)
_shtab_wsgid_paster___upgrade_choices=(auto manual)
_shtab_wsgid_paster___log_level_choices=(debug info warning error critical)
_shtab_wsgid_paster___log_format_choices=(auto text json)
_shtab_wsgid_paster___log_syslog_facility_choices=(auth authpriv cron daemon ftp kern lpr mail news security syslog user uucp local0 local1 local2 local3 local4 local5 local6 local7)
_shtab_wsgid_paster___cert_reqs_choices=(none optional required)
_shtab_wsgid_paster___tls_minimum_choices=(1.2 1.3)
_shtab_wsgid_paster___reload_engine_choices=(auto inotify poll)
_shtab_wsgid_paster___asgi_lifespan_choices=(auto on off)

_shtab_wsgid_paster__h_nargs=0
_shtab_wsgid_paster___help_nargs=0
_shtab_wsgid_paster__v_nargs=0
_shtab_wsgid_paster___version_nargs=0
_shtab_wsgid_paster___check_config_nargs=0
_shtab_wsgid_paster___no_app_nargs=0
_shtab_wsgid_paster___strict_nargs=0
_shtab_wsgid_paster___all_nargs=0
_shtab_wsgid_paster___show_config_nargs=0
_shtab_wsgid_paster___print_config_nargs=0
_shtab_wsgid_paster___json_nargs=0
_shtab_wsgid_paster___init_nargs=0
_shtab_wsgid_paster___print_schema_nargs=0
_shtab_wsgid_paster___preload_nargs=0
_shtab_wsgid_paster___no_preload_nargs=0
_shtab_wsgid_paster___reuse_port_nargs=0
_shtab_wsgid_paster___no_reuse_port_nargs=0
_shtab_wsgid_paster___request_buffering_nargs=0
_shtab_wsgid_paster___no_request_buffering_nargs=0
_shtab_wsgid_paster___proxy_protocol_nargs='?'
_shtab_wsgid_paster__D_nargs=0
_shtab_wsgid_paster___daemon_nargs=0
_shtab_wsgid_paster___no_daemon_nargs=0
_shtab_wsgid_paster___initgroups_nargs=0
_shtab_wsgid_paster___no_initgroups_nargs=0
_shtab_wsgid_paster___capture_output_nargs=0
_shtab_wsgid_paster___no_capture_output_nargs=0
_shtab_wsgid_paster___log_syslog_nargs=0
_shtab_wsgid_paster___no_log_syslog_nargs=0
_shtab_wsgid_paster__R_nargs=0
_shtab_wsgid_paster___enable_stdio_inheritance_nargs=0
_shtab_wsgid_paster___no_enable_stdio_inheritance_nargs=0
_shtab_wsgid_paster___reload_nargs=0
_shtab_wsgid_paster___no_reload_nargs=0
_shtab_wsgid_paster___sendfile_nargs=0
_shtab_wsgid_paster___no_sendfile_nargs=0

# Custom Preamble
_wsgid_instances() {
  compgen -W "$(command ls /etc/wsgid 2>/dev/null | command sed -n -E '/^wsgid[.]|~|rpm|dpkg/d; s/[.](toml|yaml|yml|py|d)//p')" -- "$1"
}

# End Custom Preamble

# $1=COMP_WORDS[1]
_shtab_compgen_files() {
  compgen -f -- $1  # files
}

# $1=COMP_WORDS[1]
_shtab_compgen_dirs() {
  compgen -d -- $1  # recurse into subdirs
}

# $1=COMP_WORDS[1]
_shtab_replace_nonword() {
  echo "${1//[^[:word:]]/_}"
}

# set default values (called for the initial parser & any subparsers)
_set_parser_defaults() {
  local subparsers_var="${prefix}_subparsers[@]"
  sub_parsers=${!subparsers_var-}

  local current_option_strings_var="${prefix}_option_strings[@]"
  current_option_strings=${!current_option_strings_var}

  completed_positional_actions=0

  _set_new_action "pos_$completed_positional_actions" true
}

# $1=action identifier
# $2=positional action (bool)
# set all identifiers for an action's parameters
_set_new_action() {
  current_action="${prefix}_$(_shtab_replace_nonword $1)"

  local current_action_compgen_var=${current_action}_COMPGEN
  current_action_compgen="${!current_action_compgen_var-}"

  local current_action_choices_var="${current_action}_choices[@]"
  current_action_choices="${!current_action_choices_var-}"

  local current_action_nargs_var="${current_action}_nargs"
  if [ -n "${!current_action_nargs_var-}" ]; then
    current_action_nargs="${!current_action_nargs_var}"
  else
    current_action_nargs=1
  fi

  current_action_args_start_index=$(( $word_index + 1 - $pos_only ))

  current_action_is_positional=$2
}

# Notes:
# `COMPREPLY`: what will be rendered after completion is triggered
# `completing_word`: currently typed word to generate completions for
# `${!var}`: evaluates the content of `var` and expand its content as a variable
#     hello="world"
#     x="hello"
#     ${!x} -> ${hello} -> "world"
_shtab_wsgid_paster() {
  local completing_word="${COMP_WORDS[COMP_CWORD]}"
  local previous_word="${COMP_WORDS[COMP_CWORD-1]}"
  local completed_positional_actions
  local current_action
  local current_action_args_start_index
  local current_action_choices
  local current_action_compgen
  local current_action_is_positional
  local current_action_nargs
  local current_option_strings
  local sub_parsers
  COMPREPLY=()

  local prefix=_shtab_wsgid_paster
  local word_index=0
  local pos_only=0 # "--" delimiter not encountered yet
  _set_parser_defaults
  word_index=1

  # determine what arguments are appropriate for the current state
  # of the arg parser
  while [ $word_index -ne $COMP_CWORD ]; do
    local this_word="${COMP_WORDS[$word_index]}"

    if [[ $pos_only = 1 || " $this_word " != " -- " ]]; then
      if [[ -n $sub_parsers && " ${sub_parsers[@]} " == *" $this_word "* ]]; then
        # valid subcommand: add it to the prefix & reset the current action
        prefix="${prefix}_$(_shtab_replace_nonword $this_word)"
        _set_parser_defaults
      fi

      if [[ " ${current_option_strings[@]} " == *" $this_word "* ]]; then
        # a new action should be acquired (due to recognised option string or
        # no more input expected from current action);
        # the next positional action can fill in here
        _set_new_action $this_word false
      fi

      if [[ "$current_action_nargs" != "*" ]] && \
         [[ "$current_action_nargs" != "+" ]] && \
         [[ "$current_action_nargs" != "?" ]] && \
         [[ "$current_action_nargs" != *"..." ]] && \
         (( $word_index + 1 - $current_action_args_start_index - $pos_only >= \
            $current_action_nargs )); then
        $current_action_is_positional && let "completed_positional_actions += 1"
        _set_new_action "pos_$completed_positional_actions" true
      fi
    else
      pos_only=1 # "--" delimiter encountered
    fi

    let "word_index+=1"
  done

  # Generate the completions

  COMPREPLY=()
  if [[ $pos_only = 0 && "$completing_word" == -* &&
        ( -z "$current_action_compgen" || "$current_action_is_positional" = true ) ]]; then
    # optional argument started: use option strings
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(
      compgen -W "${current_option_strings[*]}" -- "$completing_word")
  elif [[ "$previous_word" =~ ^[0-9\&]*[\<\>]\>?$ ]]; then
    # handle redirection operators
    compopt -o filenames 2>/dev/null || : # bash>=4
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$completing_word")
  else
    # use choices & compgen
    local action_compgen_word="$completing_word"
    # handle tab-completing in the middle of a line (#248 <- #116)
    [[ -n "$current_action_compgen" && "$completing_word" == -* ]] && action_compgen_word=""
    [ -n "$current_action_compgen" ] && {
      [[ "$current_action_compgen" =~ _(file|dir|glob|FILE|DIR|GLOB)|File|Dir|Glob ]] &&
        compopt -o filenames 2>/dev/null || : # bash>=4
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(
        "$current_action_compgen" "$action_compgen_word")
    }
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(
      compgen -W "${current_action_choices[*]}" -- "$completing_word")
  fi

  if [[ ${#COMPREPLY[@]} = 0 ]]; then
    # native fallback matches are not necessarily filenames (e.g. variables)
    compopt +o filenames 2>/dev/null || : # bash>=4
  fi

  return 0
}

complete -o bashdefault -F _shtab_wsgid_paster wsgid-paster
