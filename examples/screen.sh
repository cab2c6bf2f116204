#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Screens one application with curl and prints pass, review or reject.
# usage: RINGFENCE_TOKEN=rf_... screen.sh FILE    (RINGFENCE_URL: http://127.0.0.1:8080)
# No answer in time, or any answer but 200, means: review, or reject where it says so. Never pass.
set -u
answer=$(curl --silent --fail-with-body --max-time 0.5 \
    --header "Content-Type: application/json" \
    --header "Authorization: Bearer ${RINGFENCE_TOKEN:?}" \
    --data-binary "@${1:?a file with one application}" \
    "${RINGFENCE_URL:-http://127.0.0.1:8080}/v1/screenings")
code=$?
decision=$(printf %s "$answer" | sed -n 's/.*"decision":"\([a-z]*\)".*/\1/p')
case $code:$decision in
0:pass | 0:review | 0:reject | 22:reject) echo "$decision" ;; # 22: any status but 200
*) echo review ;;
esac
