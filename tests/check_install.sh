#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What `meson install` puts where: the program works from there, the unit starts that very program
# with settings it accepts, bash completes, and the manual is a page.
# usage: check_install.sh BUILD_FOLDER PREFIX
set -u
place=$(mktemp -d) || exit 1
trap 'rm -rf "$place"' EXIT
root=$place/root$2
fail() {
    echo "$1"
    exit 1
}

meson install -C "$1" --no-rebuild --quiet --destdir "$place/root" > "$place/log" 2>&1 || {
    cat "$place/log"
    fail "meson install failed"
}
for file in bin/ringfence lib/systemd/system/ringfence.service share/man/man1/ringfence.1 \
        share/bash-completion/completions/ringfence.bash share/doc/ringfence/examples/serve.yaml \
        share/doc/ringfence/examples/screen.c share/doc/ringfence/docs/integration.md; do
    [ -s "$root/$file" ] || fail "$file is not installed"
done

cd "$place" || exit 1
"$root/bin/ringfence" --quiet init || fail "the installed program does not work"
"$root/bin/ringfence" serve --print-config \
    --config "$root/share/doc/ringfence/examples/serve.yaml" > config ||
    fail "the installed settings are not good ones"
grep -q "^ExecStart=$2/bin/ringfence " "$root/lib/systemd/system/ringfence.service" ||
    fail "the unit starts another program than $2/bin/ringfence"
grep -q '^\.TH RINGFENCE 1 ' "$root/share/man/man1/ringfence.1" || fail "ringfence.1 is no manual page"
bash -n "$root/share/bash-completion/completions/ringfence.bash" || fail "bash can't read the completion"
