#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Screens one application with curl and prints pass, review or reject.
# usage: RINGFENCE_TOKEN=rf_... screen.sh FILE    (RINGFENCE_URL: http://127.0.0.1:8080)
# No answer in time, or any answer but 200, means: review. Never pass.
set -u
answer=$(curl --silent --fail --max-time 0.5 --retry 1 --retry-max-time 1 \
    --header "Content-Type: application/json" \
    --header "Authorization: Bearer ${RINGFENCE_TOKEN:?}" \
    --data-binary "@${1:?a file with one application}" \
    "${RINGFENCE_URL:-http://127.0.0.1:8080}/v1/screenings") || answer=
decision=$(printf %s "$answer" | sed -n 's/.*"decision":"\([a-z]*\)".*/\1/p')
echo "${decision:-review}"
