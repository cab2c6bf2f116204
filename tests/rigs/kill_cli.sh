#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kills the command itself (SIGKILL) during apply, import, retag and backup, and looks at what it left:
# every acknowledged event is there, an import is there whole or not at all, a backup that got its
# name restores, tags can be listed, and check is clean.
#
#     kill_cli.sh RINGFENCE [KILLS] [SEED]
set -u
ringfence=$1 kills=${2:-24} RANDOM=${3:-1}
place=$(mktemp -d) || exit 1
trap 'rm -rf "$place"' EXIT
cd "$place" || exit 1
export RINGFENCE_DB=$place/db
bad=0 total_acked=0

complain() { echo "kill $i ($mode): $*"; bad=$((bad + 1)); }
nodes() { "$ringfence" stats --format csv | sed -n 's/^total,nodes,\([0-9]*\),.*/\1/p'; }

# Runs a command and kills it after up to $1 milliseconds.
kill_during() {
    local most=$1
    shift
    "$@" > out 2> err &
    local victim=$!
    sleep "0.$(printf %03d $((RANDOM % most)))"
    kill -9 "$victim" 2> /dev/null
    wait "$victim" 2> /dev/null
}

"$ringfence" generate --enterprises 500 --seed 1 book > /dev/null 2>&1 &&
    "$ringfence" init --quiet && "$ringfence" import --quiet book > /dev/null || exit 1
for ((i = 1; i <= kills; i++)); do
    before=$(nodes)
    case $((i % 4)) in
    0)  mode=apply
        seq 1 40000 | sed "s/.*/{\"op\":\"node\",\"label\":\"Device\",\"key\":\"new-$i-&\",\"properties\":{\"n\":&}}/" > events
        kill_during 400 "$ringfence" apply events
        acked=$(grep -c '"status":"ok"}$' out)
        total_acked=$((total_acked + acked)) after=$(nodes)
        [ "$((after - before))" -ge "$acked" ] ||
            complain "$acked events were acknowledged, $((after - before)) nodes are there" ;;
    1)  mode=import
        { echo ':ID(Device),:LABEL'; seq 1 60000 | sed "s/.*/import-$i-&,Device/"; } > more.csv
        kill_during 300 "$ringfence" import --quiet more.csv
        added=$(($(nodes) - before))
        [ "$added" = 0 ] || [ "$added" = 60000 ] || complain "$added of 60000 nodes are there" ;;
    2)  mode=retag
        kill_during 200 "$ringfence" retag --force --as-of "2026-$(printf %02d $((1 + RANDOM % 12)))-01"
        "$ringfence" tag list --all > /dev/null || complain "tags can't be listed" ;;
    3)  mode=backup
        kill_during 300 "$ringfence" backup saved
        if [ -e saved ]; then
            "$ringfence" --db back restore saved > /dev/null || complain "a named backup is not whole"
        fi
        rm -rf saved back saved.partial ;;
    esac
    "$ringfence" check --quiet > findings || { complain "check:"; head -3 findings; }
done
echo "$total_acked acknowledged events"; echo "$kills kills of the command: $bad bad"
[ "$bad" = 0 ]
