#!/usr/bin/env bash
# The front door: one command for each thing that a person or CI does with this project. `./run.sh help` lists them.
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
python=.venv/bin/python
host=${HOST:-127.0.0.1}
port=${PORT:-8000}
# Whatever the locale is: files are UTF-8, and the demo prints Polish.
export PYTHONUTF8=1
# Outside the project, so that a second clone, or a rebuilt .venv, needs no network.
wheels=${XDG_CACHE_HOME:-${HOME:-$PWD}/.cache}/certify/wheels

# Ctrl+C ends everything: a program that was interrupted did not fail, and what follows it is not tried.
trap 'exit 130' INT

usage() {
  cat <<'TEXT'
./run.sh COMMAND
  setup           make .venv, install what is missing, compile the translations, bring the database up to date
  demo [--fresh]  set up, fill a demo region, print its logins and serve it (--fresh builds it anew)
  serve           serve on HOST (127.0.0.1) and PORT (8000)
  worker          background work: webhooks, malware checks and the sweep of the store, until Ctrl+C
  test [ARGS]     set up for tests and run them: the whole suite on SQLite with the gates of coverage, then what differs by
                  database on PostgreSQL (TEST_SCALE=full: everything). With ARGS: only one pytest, with them
  check           every static check; all failures are listed at the end
  bench [PART…]   measure pages, API, start, memory, saving and scoring against bare floors and print the ratios (some minutes)
  fix             let ruff mend and format the Python code
  lock [ARGS]     write both lock files anew; --upgrade takes newer versions
TEXT
}

say() { printf '%s\n' "$@"; }
die() { printf 'run.sh: %s\n' "$*" >&2; exit 1; }
# 2 as of every program that was called wrongly; 1 is for work that failed.
refuse() { printf 'run.sh: %s\n' "$*" >&2; exit 2; }

may_install() {
  command -v apt-get >/dev/null || return 1
  [ "$(id -u)" -eq 0 ] || { command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; }
}

has_no_arguments() { [ "$2" -eq 0 ] || refuse "$1 takes no arguments; ./run.sh help says more."; }

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

refresh_package_lists() {
  [ -z "${lists_are_fresh:-}" ] || return 0
  say "Reading the lists of system packages (apt-get update)"
  as_root apt-get update -qq && lists_are_fresh=yes
}

# Ubuntu's chromium is an empty package that asks for a snap: no candidate for us.
is_offered() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | grep 'Candidate: [^(]' | grep -qv snap; }

has_candidate() {
  if is_offered "$1"; then return; fi
  # The lists may be old or, on a new system, absent; without a network what is known has to do.
  if may_install; then refresh_package_lists 2>/dev/null || true; fi
  is_offered "$1"
}

# install_packages WHAT PACKAGE…: install, or name the command and stop.
install_packages() {
  local what=$1; shift
  local mend="sudo apt-get update && sudo apt-get install -y --no-install-recommends $*"
  command -v apt-get >/dev/null ||
    die "$what is missing and this system has no apt-get. Install it with the system's own packages; on Debian or Ubuntu: $mend"
  may_install || die "$what is missing and this user may not install it. Run: $mend"
  say "Installing $what: $*"
  refresh_package_lists || die "The lists of packages could not be read, so $what could not be installed. With a network, run: $mend"
  # Hundreds of lines that matter only when it fails. The lock may be held by the system's own updates for a while.
  local output
  output=$(as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 \
    --no-install-recommends "$@" 2>&1 </dev/null) ||
    { say "$output"; die "apt-get could not install $what; its own message stands above. To try by hand: $mend"; }
}

system_python() {
  local name
  for name in python3 python3.{14,13,12,11}; do
    "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v "$name" && return
  done
  die "Python 3.11 or newer is needed, and this system has $(python3 --version 2>/dev/null || echo none)." \
    "On Debian 12, 13 or Ubuntu 24.04: sudo apt-get update && sudo apt-get install -y python3"
}

ensure_pango() {
  local load='import ctypes, sys; [ctypes.CDLL(name) for name in sys.argv[1:]]'
  "$python" -c "$load" libpango-1.0.so.0 libpangoft2-1.0.so.0 libharfbuzz-subset.so.0 2>/dev/null ||
    install_packages "Pango (WeasyPrint writes the PDFs with it)" libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0
}

# The second PDF engine is an extra: its absence is said once and stops nothing.
ensure_wkhtmltopdf() {
  if command -v wkhtmltopdf >/dev/null || [ -e .venv/.wkhtmltopdf-asked ]; then return; fi
  if ! has_candidate wkhtmltopdf; then
    say "This system offers no wkhtmltopdf: the second PDF engine (PDF_ENGINE=pdfkit) is absent, WeasyPrint does the work."
  elif may_install; then
    install_packages "wkhtmltopdf (the second PDF engine)" wkhtmltopdf
  else
    say "No wkhtmltopdf, so PDF_ENGINE=pdfkit is absent. To have it: sudo apt-get install -y wkhtmltopdf"
  fi
  touch .venv/.wkhtmltopdf-asked
}

ensure_browser() {
  if command -v chromium >/dev/null; then return; fi
  if command -v apt-get >/dev/null && ! has_candidate chromium; then
    say "No Chromium was found and this system's packages have none; the browser tests need it: sudo snap install chromium"
  else
    install_packages "Chromium (for the browser tests)" chromium
  fi
}

# The tests start a scanner of their own with one signature of their own; no list of signatures is fetched.
ensure_clamav() {
  command -v clamd >/dev/null || [ -x /usr/sbin/clamd ] ||
    install_packages "ClamAV (the tests start a throw-away scanner)" clamav-daemon
}

# The tests put it in front of the service, with the configuration that deploy/ ships.
ensure_nginx() {
  command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || install_packages "nginx (the tests try deploy/nginx.conf)" nginx-light
}

ensure_postgresql() {
  command -v pg_ctl >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/pg_ctl' >/dev/null ||
    install_packages "PostgreSQL (the tests start a throw-away server)" postgresql
}

# The tools that check the API's description and the client that is generated from it; Debian 12's Node runs them.
ensure_node() {
  command -v node >/dev/null && command -v npm >/dev/null ||
    install_packages "Node.js (checks of the API's description)" nodejs npm
  local folder=tests/openapi
  if [ "$(cat $folder/node_modules/.lock.sha256 2>/dev/null)" = "$(sha256sum <$folder/package-lock.json)" ]; then return; fi
  say "Installing the packages of $folder/package-lock.json"
  # Beside the kept wheels, so that a second clone needs no network.
  (cd $folder && npm ci --prefer-offline --loglevel=error --cache "$(dirname "$wheels")/npm") ||
    die "The packages of $folder could not be installed; npm's message stands above. With a network, run this command again."
  sha256sum <$folder/package-lock.json >$folder/node_modules/.lock.sha256
}

# A copied or moved folder leaves scripts that name the old place; such an environment is built anew.
venv_works() {
  [ -x "$python" ] && "$python" -m pip --version >/dev/null 2>&1 && grep -qsF "$(pwd -P)/.venv/bin/" .venv/bin/pip
}

ensure_venv() {
  if venv_works; then return; fi
  local base version
  base=$(system_python)
  version=$("$base" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  "$base" -c 'import ensurepip, venv' 2>/dev/null || install_packages "Python's venv" "python$version-venv"
  say "Making .venv with Python $version"
  "$base" -m venv --clear .venv && venv_works ||
    die "$base could not make a working .venv; its message stands above. On Debian or Ubuntu: sudo apt-get install --reinstall python$version-venv"
}

is_installed() { [ "$(cat ".venv/.$1.sha256" 2>/dev/null)" = "$(sha256sum <"$1")" ]; }

# install_lock LOCK: exactly what the lock names, from the kept wheels if they suffice, so that a rebuild needs no network.
install_lock() {
  local lock=$1 pip=("$python" -m pip -qq --disable-pip-version-check) kept
  if is_installed "$lock"; then return; fi
  # Some services have no home, or one that they may not write to.
  { mkdir -p -- "$wheels" && [ -w "$wheels" ]; } 2>/dev/null || wheels=.venv/wheels
  mkdir -p -- "$wheels"
  # The lock is complete: pip before 23.3 would resolve extras anew and stop at a release newer than the lock.
  kept=(--require-hashes --no-deps --no-index --find-links "$wheels" -r "$lock")
  say "Installing the Python packages of $lock"
  if ! "${pip[@]}" install "${kept[@]}" 2>/dev/null; then
    say "Downloading them first; this takes a few minutes once"
    "${pip[@]}" download --require-hashes --no-deps --prefer-binary --dest "$wheels" -r "$lock" ||
      die "The packages of $lock could not be downloaded; pip's message stands above. With a network, run this command again."
    "${pip[@]}" install "${kept[@]}" || die "The packages of $lock could not be installed; pip's message stands above."
  fi
  sha256sum <"$lock" >".venv/.$lock.sha256"
}

compile_translations() {
  local po stale=""
  while IFS= read -r -d '' po; do
    [ "${po%.po}.mo" -nt "$po" ] || stale=yes
  done < <(find certify/translations -name '*.po' -print0 2>/dev/null)
  [ -z "$stale" ] || "$python" -m babel.messages.frontend --quiet compile -d certify/translations
}

prepare() {
  ensure_venv; ensure_pango; ensure_wkhtmltopdf
  # The development lock holds all of the other one, in the same versions.
  is_installed requirements-dev.lock || install_lock requirements.lock
  compile_translations
}

prepare_development() {
  ensure_venv
  install_lock requirements-dev.lock
  prepare
}

setup() {
  prepare
  "$python" -m flask --app wsgi db upgrade
  say "Ready. ./run.sh serve starts it, ./run.sh demo shows it with invented data. The first time, publish a standard and"
  say "make the first account: $python -m flask --app wsgi rubric publish rubrics/osl/1.0.yaml"
  say "                        $python -m flask --app wsgi user create YOU@EXAMPLE.ORG --name 'First Last' --role admin --role coordinator"
}

# Asked of the system by opening it, as the server will: it may be taken, kept for root, or of another machine.
port_must_be_free() {
  [[ $port =~ ^[0-9]{1,5}$ ]] && ((10#$port >= 1 && 10#$port <= 65535)) || die "PORT=$port is not a number from 1 to 65535."
  local base why
  base=$(system_python)
  why=$("$base" - "$host" "$port" 2>/dev/null <<'PYTHON'
import errno, socket, sys
host, port = sys.argv[1], int(sys.argv[2])
try:
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as opened:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen()
except OSError as fault:
    print(errno.errorcode.get(fault.errno, fault))
PYTHON
  ) || return 0
  case $why in
    '') ;;
    EADDRINUSE) die "Port $port on $host is taken. Stop the program that has it, or choose another port: PORT=$((10#$port % 65535 + 1)) ./run.sh …" ;;
    EACCES) die "This user may not open port $port on $host. Choose one above 1023: PORT=8000 ./run.sh …" ;;
    *) die "HOST=$host is no address of this machine ($why). 127.0.0.1 serves this machine alone, 0.0.0.0 the network: HOST=127.0.0.1 ./run.sh …" ;;
  esac
}

is_own_machine() { case $host in localhost | 127.* | ::1) ;; *) return 1 ;; esac; }

# gunicorn speaks no TLS. Who opens the port to others says under which https address they come, by a proxy.
refuse_plain_http() {
  is_own_machine || [[ ${PUBLIC_URL:-} == https://* ]] || {
    printf 'run.sh: %s\n' "HOST=$host opens the service to others without TLS: set PUBLIC_URL=https://… and put a proxy in front (deploy/nginx.conf), or leave HOST out." >&2
    exit 78
  }
}

# For the demo, whose data is nobody's: it answers under all names and addresses of this machine.
trust_own_names() {
  is_own_machine || [ -n "${PUBLIC_URL:-}${TRUSTED_HOSTS:-}" ] || {
    TRUSTED_HOSTS=$({ hostname; hostname -I; } 2>/dev/null | tr -s ' \n' ',,' | sed 's/,*$//')
    export TRUSTED_HOSTS
    say "Everybody in the network can open this demo, without TLS. It answers to: ${TRUSTED_HOSTS//,/, }"
  }
}

# How gunicorn serves; --preload: a start that the settings or a broken standard forbid ends at once, instead of being
# tried again for ever. No header is believed: what a proxy says is counted by PROXIES (docs/operators.md).
web_options() {
  # glibc would keep freed memory for each of the eight threads apart.
  export MALLOC_ARENA_MAX=${MALLOC_ARENA_MAX:-2}
  export GUNICORN_CMD_ARGS="--preload --workers ${WEB_CONCURRENCY:-1} --worker-class gthread --threads 8 --timeout 60 \
--graceful-timeout 20 --keep-alive 5 --no-control-socket --forwarded-allow-ips= --forwarder-headers= ${GUNICORN_CMD_ARGS:-}"
}

serve() {
  port_must_be_free
  local bind=$host:$port
  [[ $host != *:* ]] || bind="[$host]:$port"
  [ -x "$python" ] || die "Nothing is installed yet: run ./run.sh setup first."
  # A database of an older version, or none yet, must not be served.
  "$python" -m flask --app wsgi db upgrade
  say "Serving on http://$bind (stop with Ctrl+C)"
  web_options
  exec "$python" -m gunicorn wsgi:app --bind "$bind"
}

worker() {
  # An older database is the business of `serve`, or of `setup`: two programs must not bring it up to date at once.
  say "Working in the background (stop with Ctrl+C)"
  exec "$python" -m certify.worker
}

bench() {
  ensure_venv; ensure_browser; prepare_development
  web_options
  "$python" -m tests.scale.bench "$@"
}

demo() {
  # Now, because the rest takes minutes; `serve` asks again.
  port_must_be_free
  trust_own_names
  prepare
  # A folder of its own for database, files and keys: the demo never meets the data of a real installation.
  export CERTIFY_DEMO=1 CERTIFY_INSTANCE=${CERTIFY_INSTANCE:-instance/demo}
  "$python" -m flask --app wsgi demo "$@"
  serve
}

# suite DATABASE ARGS…: one run of pytest; its failure is kept in `status`. An interrupted run ends everything.
suite() {
  local database=$1 code=0; shift
  TEST_DATABASE=$database "$python" -m pytest -n 2 --dist loadgroup "$@" || code=$?
  [ $code -ne 2 ] || exit 2
  [ $code -eq 0 ] || status=1
}

covered() {
  local report=("$python" -m coverage report --skip-covered --show-missing)
  say "Branch coverage of domain/ and workflows/ must be 100 %, of everything 95 %:"
  "${report[@]}" --include='certify/domain/*,certify/workflows/*' --fail-under=100 || status=1
  "${report[@]}" --fail-under=95 || status=1
}

run_tests() {
  ensure_venv; ensure_browser; ensure_postgresql; ensure_clamav; ensure_nginx; ensure_node; prepare_development
  local status=0 on_postgresql=(tests/workflows)
  if [ $# -gt 0 ]; then suite "${TEST_DATABASE:-sqlite}" "$@"; return $status; fi
  say "The whole suite on SQLite"
  suite sqlite --cov=certify --cov-branch --cov-report=
  covered
  # The verbs are what writes; the other tests reach the database through them.
  if [ "${TEST_SCALE:-}" = full ]; then on_postgresql=(tests); fi
  say "On PostgreSQL: ${on_postgresql[*]}"
  suite postgresql "${on_postgresql[@]}"
  [ $status -eq 0 ] || say "A run or a gate above failed."
  return $status
}

# verify NAME COMMAND…: run it quietly; show its output only when it fails.
verify() {
  local name=$1 output
  shift; count=$((count + 1))
  if output=$("$@" 2>&1); then
    say "ok    $name"
  else
    failed+=("$name")
    printf 'FAIL  %s\n%s\n' "$name" "$output"
  fi
}

# The description as it is served, for tools that read files.
describe_api() { mkdir -p tests/openapi/build && "$python" -m tests.openapi.describe >tests/openapi/build/openapi.json; }

check() {
  ensure_node; prepare_development
  local failed=() count=0
  verify "ruff: rules" "$python" -m ruff check .
  verify "ruff: format (mend with ./run.sh fix)" "$python" -m ruff format --check .
  verify "mypy: types" "$python" -m mypy
  verify "import-linter: direction of imports" .venv/bin/lint-imports
  verify "djlint: templates" "$python" -m djlint --quiet --lint templates
  verify "pytest: house rules and translations" "$python" -m pytest -q tests/test_conventions.py
  verify "the API's description" describe_api
  verify "Spectral: the API's description" npm --prefix tests/openapi run --silent spectral
  verify "Redocly: the API's description" npm --prefix tests/openapi run --silent redocly
  verify "bash: syntax of the scripts" bash -n run.sh .ci/run
  if [ ${#failed[@]} -eq 0 ]; then say "All $count checks passed."; return; fi
  say "" "${#failed[@]} of $count checks failed:"
  printf '  %s\n' "${failed[@]}"
  return 1
}

fix() {
  prepare_development
  "$python" -m ruff check --fix . || say "What stands above needs a person."
  "$python" -m ruff format .
}

lock() {
  prepare_development
  export UV_CUSTOM_COMPILE_COMMAND="./run.sh lock"
  local compile=("$python" -m uv --no-config pip compile --quiet --universal --generate-hashes --python-version 3.11 pyproject.toml)
  "${compile[@]}" --output-file requirements.lock "$@"
  "${compile[@]}" --group dev --constraint requirements.lock --output-file requirements-dev.lock "$@"
  say "Wrote requirements.lock and requirements-dev.lock."
}

command=${1:-help}; [ $# -eq 0 ] || shift
case $command in
  setup | check | fix) has_no_arguments "$command" $#; "$command" ;;
  demo | lock | bench) "$command" "$@" ;;
  serve) has_no_arguments serve $#; port_must_be_free; refuse_plain_http; prepare; serve ;;
  test) run_tests "$@" ;;
  worker) has_no_arguments worker $#; prepare; worker ;;
  help | -h | --help) usage ;;
  *) refuse "There is no command '$command'; ./run.sh help lists them." ;;
esac
