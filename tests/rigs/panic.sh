#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A write to a root page fails: whether its commit is stored is not known, and nothing more can be
# begun in that process (MDB_PANIC). The command must end with 75 and a message, having acknowledged
# nothing that is not there; what is started next goes on. Unharmed (the control) it ends with 0.
#
#     panic.sh RINGFENCE PRELOAD
set -u
ringfence=$1 preload=$(realpath "$2") bad=0
place=$(mktemp -d) || exit 1
trap 'rm -rf "$place"' EXIT
cd "$place" || exit 1

complain() { echo "after $n events: $*"; bad=$((bad + 1)); }
fault() { printf %s "$1" | dd of=control conv=notrunc 2> /dev/null; }
event() { echo "{\"op\":\"node\",\"label\":\"Enterprise\",\"key\":\"e$1\"}"; }
nodes() { "$ringfence" --db "$1" stats --format csv | sed -n 's/^total,nodes,\([0-9]*\),.*/\1/p'; }

# Sends $1 events one by one, then another under the fault $2; sets n_acked and code.
session() {
    local answer child i
    n_acked=0
    fault 0
    coproc LD_PRELOAD=$preload FAULT_CONTROL=control ASAN_OPTIONS=verify_asan_link_order=0 \
        "$ringfence" --db "db$1$2" apply -q 2> err
    child=$COPROC_PID
    exec 8<&"${COPROC[0]}" 9>&"${COPROC[1]}"
    eval "exec ${COPROC[1]}>&-"
    for ((i = 1; i <= $1 + 1; i++)); do
        [ "$i" -le "$1" ] || fault "$2"
        event "$i" >&9
        read -r -t 30 answer <&8 && [[ $answer == *'"ok"'* ]] && n_acked=$((n_acked + 1))
    done
    exec 9>&- 8<&-
    wait "$child"
    code=$?
}

for n in 0 1 5; do
    "$ringfence" --db "db${n}r" init -q && "$ringfence" --db "db${n}0" init -q || exit 1
    session "$n" r
    found=$(nodes "db${n}r")
    [ "$code" -eq 75 ] || complain "exit code $code, not 75: $(cat err)"
    grep -q 'start anew' err || complain "no message: $(cat err)"
    [ "$n_acked" -eq "$n" ] || complain "$n_acked acknowledged"
    [ "$found" -ge "$n" ] || complain "$n_acked acknowledged, $found there"
    "$ringfence" --db "db${n}r" check -q > findings || complain "check: $(cat findings)"
    event last | "$ringfence" --db "db${n}r" apply -q | grep -q '"ok"' || complain "it does not go on"
    session "$n" 0
    [ "$code" -eq 0 ] && [ "$n_acked" -eq $((n + 1)) ] ||
        complain "control: exit code $code, $n_acked acknowledged"
done
echo "3 failing writes to a root page: $bad bad"
[ "$bad" -eq 0 ]
