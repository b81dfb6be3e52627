#!/bin/sh
# supervise.sh COMMAND [ARGUMENT…]: runs a keeper and starts it again when that may help, which Docker's restart policies cannot tell.
#
# Started again: exit code 75 (failed for now), and an end by a signal (128 and above: out of memory, a crash of the runtime). Every other code is handed on: 0 is
# done, and at 1 a person has something to change or to look at first. SIGTERM and SIGINT go to the keeper, and then nothing is started again.
set -u

child=
stopping=
stop() {
  stopping=1
  [ -z "$child" ] || kill -TERM "$child" 2>/dev/null
}
trap stop TERM INT

# seconds; doubled up to the longest, and begun anew after a run that lasted
pause=${SUPERVISE_PAUSE:-1}
first=$pause
longest=60

while :; do
  started=$(date +%s)
  "$@" &
  child=$!
  wait "$child"
  code=$?
  # a signal to us ends the wait, and not the keeper
  while kill -0 "$child" 2>/dev/null; do
    wait "$child"
    code=$?
  done
  child=
  [ -z "$stopping" ] || exit "$code"
  [ "$code" -eq 75 ] || [ "$code" -ge 128 ] || exit "$code"
  [ $(($(date +%s) - started)) -lt "$longest" ] || pause=$first
  echo "supervise: ended with $code, again in $pause s" >&2
  # in the background, so that a signal is heard at once
  sleep "$pause" &
  child=$!
  wait "$child"
  child=
  [ -z "$stopping" ] || exit 0
  pause=$((pause * 2 < longest ? pause * 2 : longest))
done
