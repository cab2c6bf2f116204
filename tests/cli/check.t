A new graph is clean.

  $ ringfence init --quiet && ringfence check
  note: 0 nodes, 0 edges, 0 replaced versions of commit 1 checked

A file that was cut short does not open; that is a finding.

  $ cp -r ringfence.db short.db && truncate -s 8192 short.db/data.mdb
  $ ringfence --db short.db check
  {"id":"open","severity":"damage","place":"short.db","what":"short.db/data.mdb is cut short: 8192 bytes of 57344; restore a backup","remedy":"restore a backup"}
  [3]

A root page that names another transaction.

  $ cp -r ringfence.db root.db
  $ printf '\377' | dd of=root.db/data.mdb bs=1 seek=4241 conv=notrunc status=none
  $ ringfence --db root.db check --format csv
  note: 0 nodes, 0 edges, 0 replaced versions of commit 1 checked
  id,severity,place,what,remedy\r
  page-roots,damage,root pages,"they name the transactions 2 and 65283, which do not follow one another",restore a backup\r
  [3]

What is not there is no finding.

  $ ringfence --db nowhere.db check
  ringfence check: no graph at nowhere.db: make one with `ringfence --db nowhere.db init`, or name another with --db or RINGFENCE_DB
  [1]
