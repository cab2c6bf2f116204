A new graph; a second one is not made over it.

  $ ringfence init
  note: created an empty graph in ringfence.db
  $ stat -c '%a %n' ringfence.db ringfence.db/*
  700 ringfence.db
  600 ringfence.db/data.mdb
  600 ringfence.db/lock.mdb
  $ ringfence init
  ringfence init: there is a graph at ringfence.db already; choose another directory
  [1]
  $ ringfence stats | head -3
  {"kind":"total","name":"nodes","count":0,"bytes":null}
  {"kind":"total","name":"edges","count":0,"bytes":null}
  {"kind":"total","name":"commits","count":1,"bytes":null}

Another directory, by option or by environment.

  $ RINGFENCE_DB=other.db ringfence init --quiet
  $ ringfence --db other.db stats --format csv | grep total
  total,nodes,0,\r
  total,edges,0,\r
  total,commits,1,\r

A schema with a mistake leaves nothing behind.

  $ printf 'name: mine\nlabels:\n  - {nam: X}\n' > bad.yaml
  $ ringfence --db mine.db init --schema bad.yaml
  ringfence init: bad.yaml:3: unknown key "nam"; known here: name, role, key, sensitive_key, index
  [4]
  $ ls mine.db
  ls: cannot access 'mine.db': No such file or directory
  [2]
  $ ringfence --db mine.db init --schema missing.yaml
  ringfence init: missing.yaml: no such file
  [1]
  $ ringfence --db mine.db init --schema bad.yaml --open-schema
  ringfence init: --schema and --open-schema exclude each other
  ringfence init --help explains its options.
  [2]
  $ ringfence --db mine.db init --open-schema
  note: created an empty graph in mine.db
  $ ringfence --db third.db init --map-size 12Q
  ringfence init: --map-size: "12Q" is not a size: expected bytes, as in 4096, 64K, 16M, 2G
  ringfence init --help explains its options.
  [2]
  $ ringfence --db third.db init now
  ringfence init: "now" is one too many: usage: ringfence init [--schema FILE or --open-schema] [--map-size SIZE]
  ringfence init --help explains its options.
  [2]

What is not there.

  $ ringfence --db nowhere.db stats
  ringfence stats: no graph at nowhere.db: make one with `ringfence --db nowhere.db init`, or name another with --db or RINGFENCE_DB
  [1]
  $ ringfence entity 91440300MA5F
  ringfence entity: nobody and nothing has the key "91440300MA5F"; a label may stand before it, as in Enterprise:KEY
  [1]
  $ ringfence entity Enterprise:E1
  ringfence entity: nobody and nothing has the key "Enterprise:E1"; without the label, the key is looked for under all
  [1]
  $ ringfence entity Firm:E1
  ringfence entity: nobody and nothing has the key "Firm:E1"; what stands before the colon is no label: `ringfence stats` lists those in use
  [1]
  $ ringfence tag list --level high
  ringfence tag list: --level: "high" is not a level: expected alert, attention or hint
  ringfence tag list --help explains its options.
  [2]
  $ ringfence entity
  ringfence entity: something is missing: usage: ringfence entity [--as-of T] [--known-at T] [--limit N] KEY
  ringfence entity --help explains its options.
  [2]
