A graph with something in it.

  $ ringfence init --quiet
  $ printf ':ID(Enterprise),name,:LABEL\nE1,One,Enterprise\nE2,Two,Enterprise\n' > n.csv
  $ ringfence import --quiet n.csv | sed 's/"seconds.*//'
  {"nodes":2,"edges":0,"rejected":0,

A backup carries its manifest and is for its owner only.

  $ ringfence backup saved | sed -E 's/"bytes":[0-9]+,"sha256":"[0-9a-f]{64}"/"bytes":N,"sha256":"HASH"/'
  {"commit_seq":2,"nodes":2,"edges":0,"bytes":N,"sha256":"HASH"}
  $ stat -c '%a %n' saved saved/*
  700 saved
  600 saved/data.mdb
  600 saved/manifest.json
  $ grep -c "$(sha256sum saved/data.mdb | cut -d' ' -f1)" saved/manifest.json
  1
  $ ringfence backup saved
  ringfence backup: saved is there already; choose another name
  [1]

Restored under another name, never over what is there.

  $ ringfence --db again.db restore saved/ > /dev/null && ringfence --db again.db check
  note: 2 nodes, 0 edges, 0 replaced versions of commit 2 checked
  $ ringfence --db again.db stats | head -2
  {"kind":"total","name":"nodes","count":2,"bytes":null}
  {"kind":"total","name":"edges","count":0,"bytes":null}
  $ ringfence --db again.db restore saved
  ringfence restore: again.db is there already; restore does not overwrite: name another with --db, or move it away
  [1]

A backup that was touched, cut, or is none.

  $ cp -r saved touched && printf x | dd of=touched/data.mdb bs=1 seek=9000 conv=notrunc status=none
  $ ringfence --db t.db restore touched 2>&1 | sed -E 's/[0-9]+ bytes of [0-9]+/N bytes of N/'
  ringfence restore: touched/data.mdb is not the file its manifest describes (N bytes of N); nothing was restored
  $ cp -r saved cut && truncate -s 8192 cut/data.mdb && ringfence --db t.db restore cut 2>&1 | sed -E 's/bytes of [0-9]+/bytes of N/'
  ringfence restore: cut/data.mdb is not the file its manifest describes (8192 bytes of N); nothing was restored
  $ ringfence --db t.db restore again.db
  ringfence restore: again.db is no backup: it has no manifest.json
  [1]
  $ ringfence --db t.db restore nowhere
  ringfence restore: nowhere is no backup: it has no manifest.json
  [1]
  $ ls -d t.db* 2>/dev/null
  [2]
  $ ringfence backup no/such/place
  ringfence backup: no/such/place.partial: No such file or directory
  [1]
  $ ringfence --db nowhere.db backup other
  ringfence backup: no graph at nowhere.db: make one with `ringfence --db nowhere.db init`, or name another with --db or RINGFENCE_DB
  [1]

Compaction swaps the file.

  $ ringfence compact | sed -E 's/[0-9]+/N/g'
  {"bytes_before":N,"bytes_after":N}
  $ ringfence check && ls ringfence.db
  note: 2 nodes, 0 edges, 0 replaced versions of commit 2 checked
  data.mdb
  lock.mdb
  $ ringfence --db nowhere.db compact
  ringfence compact: no graph at nowhere.db: name another with --db or RINGFENCE_DB
  [1]
