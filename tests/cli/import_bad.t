What is wrong with a file is said with its place and what to do; nothing of it is stored, and what
was stored before stays as it was.

  $ ringfence init --quiet
  $ printf ':ID(Enterprise),name,:LABEL\nE1,远图贸易,Enterprise\n' > good.csv
  $ ringfence import good.csv | sed 's/"seconds".*/.../'
  {"nodes":1,"edges":0,"rejected":0,...
  $ count() { ringfence stats --format csv | grep -E '^total,(nodes|edges)'; }

A file cut off inside a quoted field.

  $ printf ':ID(Enterprise),name,:LABEL\nE2,Two,Enterprise\nE3,"Thr' > cut.csv
  $ ringfence import cut.csv | sed 's/"seconds".*/.../'
  warning: cut.csv:3: the quote opened at line 3, byte 49 is not closed within 65536 bytes
  ringfence import: 1 row was rejected and --max-errors allows 0: nothing was stored; correct them (--rejects FILE lists all) or allow more
  {"nodes":0,"edges":0,"rejected":1,...
  $ ringfence import cut.csv > /dev/null 2>&1; echo $?
  4

A wrong number of columns.

  $ printf ':ID(Enterprise),name,:LABEL\nE2,Two\nE3,Three,Enterprise,more\n' > columns.csv
  $ ringfence import columns.csv > /dev/null
  warning: columns.csv:2: 2 columns instead of 3
  warning: columns.csv:3: 4 columns instead of 3
  ringfence import: 2 rows were rejected and --max-errors allows 0: nothing was stored; correct them (--rejects FILE lists all) or allow more
  [4]

A NUL byte, invalid UTF-8, and a field of 1 MiB.

  $ printf ':ID(Enterprise),name,:LABEL\nE2,T\0wo,Enterprise\n' > nul.csv
  $ ringfence import nul.csv > /dev/null
  warning: nul.csv:2: the record holds a NUL byte
  ringfence import: 1 row was rejected and --max-errors allows 0: nothing was stored; correct them (--rejects FILE lists all) or allow more
  [4]
  $ printf ':ID(Enterprise),name,:LABEL\nE2,T\xffwo,Enterprise\n' > utf8.csv
  $ ringfence import utf8.csv > /dev/null
  warning: utf8.csv:2: byte 32 is not UTF-8
  ringfence import: 1 row was rejected and --max-errors allows 0: nothing was stored; correct them (--rejects FILE lists all) or allow more
  [4]
  $ (printf ':ID(Enterprise),name,:LABEL\nE2,'; head -c 1048576 /dev/zero | tr '\0' x; printf ',Enterprise\n') > long.csv
  $ ringfence import long.csv > /dev/null
  warning: long.csv:2: the record is longer than 65536 bytes
  ringfence import: 1 row was rejected and --max-errors allows 0: nothing was stored; correct them (--rejects FILE lists all) or allow more
  [4]

Files that are missing, empty, or no data at all.

  $ ringfence import nowhere.csv
  ringfence import: nothing was imported: nowhere.csv: No such file or directory
  [1]
  $ ringfence import
  ringfence import: something is missing: usage: ringfence import [options] PATH...
  ringfence import --help explains its options.
  [2]
  $ : > empty.csv
  $ ringfence import empty.csv > /dev/null
  $ printf 'just,some,columns\n1,2,3\n' > plain.csv
  $ ringfence import plain.csv > /dev/null
  ringfence import: plain.csv:1: no column is :ID or :START_ID: give the file a typed header (also as NAME-header.csv beside it), or a --mapping
  [4]

A value that does not fit its type; an edge whose end is not there.

  $ printf ':ID(Enterprise),n:long,:LABEL\nE2,many,Enterprise\n' > type.csv
  $ ringfence import type.csv > /dev/null
  warning: type.csv:2: n: "many" is not a whole number
  ringfence import: 1 row was rejected and --max-errors allows 0: nothing was stored; correct them (--rejects FILE lists all) or allow more
  [4]
  $ printf ':START_ID(Enterprise),:END_ID(Enterprise),:TYPE\nE1,E77,GUARANTEES\n' > edges.csv
  $ ringfence import edges.csv > /dev/null
  warning: edges.csv:2: to: there is no Enterprise "E77"; its node must come before the edge
  ringfence import: 1 row was rejected and --max-errors allows 0: nothing was stored; correct them (--rejects FILE lists all) or allow more
  [4]
  $ printf ':START_ID(Enterprise),:END_ID(Enterprise),valid_from:datetime,:TYPE\nE1,E1,yesterday,GUARANTEES\n' > when.csv
  $ ringfence import when.csv > /dev/null
  warning: when.csv:2: valid_from: "yesterday" is not a time: expected RFC 3339, as in 2026-11-21T08:00:00Z, or a date, as in 2026-11-21
  ringfence import: 1 row was rejected and --max-errors allows 0: nothing was stored; correct them (--rejects FILE lists all) or allow more
  [4]

A mapping that names a column that is not there, and one that is no mapping.

  $ printf 'id,name\nE2,Two\n' > mapped.csv
  $ printf 'files:\n  - file: mapped.csv\n    node: {label: Enterprise, key: number}\n    columns:\n      - {column: number}\n      - {column: name}\n' > mapping.yaml
  $ ringfence import --mapping mapping.yaml mapped.csv > /dev/null
  ringfence import: mapping.yaml:3: mapped.csv has no column "number"; it has 2: id, name
  [4]
  $ ringfence import --mapping missing.yaml mapped.csv > /dev/null
  ringfence import: missing.yaml: no such file
  [1]

NDJSON with a line that is no JSON, one without a key, and one with an unknown operation.

  $ printf '{"op":"node","label":"Enterprise","key":"E2"}\nnonsense\n{"op":"node","label":"Enterprise"}\n{"op":"fly"}\n' > bad.ndjson
  $ ringfence import bad.ndjson > /dev/null
  warning: bad.ndjson:2: column 8: invalid token near 'nonsense'
  warning: bad.ndjson:3: a node needs "key"
  warning: bad.ndjson:4: "op" must be node, edge or close
  ringfence import: 3 rows were rejected and --max-errors allows 0: nothing was stored; correct them (--rejects FILE lists all) or allow more
  [4]

With room for errors the good rows are taken, and the bad ones go to the reject file.

  $ ringfence import --max-errors 5 --rejects rejects.csv bad.ndjson | sed 's/"seconds".*/.../'
  warning: bad.ndjson:2: column 8: invalid token near 'nonsense'
  warning: bad.ndjson:3: a node needs "key"
  warning: bad.ndjson:4: "op" must be node, edge or close
  {"nodes":1,"edges":0,"rejected":3,...
  $ cat rejects.csv
  {"file":"bad.ndjson","line":2,"reason":"column 8: invalid token near 'nonsense'"}
  {"file":"bad.ndjson","line":3,"reason":"a node needs \"key\""}
  {"file":"bad.ndjson","line":4,"reason":"\"op\" must be node, edge or close"}
  $ stat -c %a rejects.csv
  600

Nothing but that was stored, and the graph is in order.

  $ count
  total,nodes,2,\r
  total,edges,0,\r
  $ ringfence check
  note: 2 nodes, 0 edges, 0 replaced versions of commit 3 checked


What comes through a pipe can be read once only: that is said, and nothing is taken for empty.

  $ mkfifo pipe
  $ ringfence import pipe
  ringfence import: pipe: this is no file, and what comes through a pipe can be read only once, import needs it more often: write it to a file first, or send events to ringfence apply
  [4]
  $ cat good.csv | ringfence import /dev/stdin 2>&1 | cut -c1-40
  ringfence import: /dev/stdin: this is no

A reject file is no input: in the folder it is left out the next time, and it never goes over one.

  $ mkdir folder; cp bad.ndjson folder/
  $ ringfence import --quiet --max-errors 5 --rejects folder/rejects.ndjson folder > /dev/null 2>&1; echo $?
  0
  $ ringfence import --max-errors 5 --rejects folder/rejects.ndjson folder 2>&1 | grep -E 'note|"rejected"' | sed 's/"seconds".*/.../'
  note: folder/rejects.ndjson: skipped, it is the reject file
  {"nodes":0,"edges":0,"rejected":3,...
  $ ringfence import --max-errors 5 --rejects ./folder/bad.ndjson folder
  ringfence import: --rejects: ./folder/bad.ndjson is one of the files to import: name another one
  ringfence import --help explains its options.
  [2]
  $ cmp bad.ndjson folder/bad.ndjson

Labels and types may have spaces around them and labels may come twice; only names count.

  $ printf ':ID(P),name,:LABEL\nE8,Eight,Enterprise; Enterprise ;Exporter\nE9,Nine, Enterprise\n' > spaces.csv
  $ printf ':START_ID(P),:END_ID(P),:TYPE\nE8,E9, GUARANTEES \n' > spaces_edges.csv
  $ ringfence import --quiet spaces.csv spaces_edges.csv | sed 's/"seconds".*/.../'
  {"nodes":2,"edges":1,"rejected":0,...
  $ ringfence query 'MATCH (a)-[r]->(b) RETURN labels(a), type(r), labels(b)'
  {"labels(a)":["Enterprise","Exporter"],"type(r)":"GUARANTEES","labels(b)":["Enterprise"]}
  $ ringfence import 'nowhere.csv' spaces.csv
  ringfence import: nothing was imported: nowhere.csv: No such file or directory
  [1]

An amount that is none is named whole.

  $ printf ':ID(Enterprise),:LABEL,net_assets_minor:minor\nE7,Enterprise,"12,345.67"\n' > amount.csv
  $ ringfence import amount.csv 2>&1 | head -1
  warning: amount.csv:2: net_assets_minor: "12,345.67" is not a decimal amount of 64 bits, such as 12.34, without separators

A node that was deleted has no edges: it must come again before one.

  $ ringfence --db gone init --quiet
  $ printf '{"op":"node","label":"Enterprise","key":"E1"}\n{"op":"node","label":"Enterprise","key":"E2"}\n' > nodes.ndjson
  $ echo '{"op":"edge","type":"GUARANTEES","from":{"label":"Enterprise","key":"E1"},"to":{"label":"Enterprise","key":"E2"}}' > edge.ndjson
  $ (cat edge.ndjson; sed 's/"op":"edge"/"op":"close","valid_to":"2026-01-01"/' edge.ndjson) > close.ndjson
  $ ringfence --db gone import --quiet nodes.ndjson edge.ndjson | sed 's/"seconds".*/.../'
  {"nodes":2,"edges":1,"rejected":0,...
  $ ringfence --db gone query --quiet --write 'MATCH (n) DETACH DELETE n'
  $ ringfence --db gone import --max-errors 1 edge.ndjson | sed 's/"seconds".*/.../'
  warning: edge.ndjson:1: from: there is no Enterprise "E1"; its node must come before the edge
  {"nodes":0,"edges":0,"rejected":1,...
  $ ringfence --db gone import --quiet --max-errors 2 close.ndjson | sed 's/"seconds".*/.../'
  warning: close.ndjson:1: from: there is no Enterprise "E1"; its node must come before the edge
  warning: close.ndjson:2: from: there is no Enterprise "E1"; its node must come before the edge
  {"nodes":0,"edges":0,"rejected":2,...
  $ ringfence --db gone apply --quiet edge.ndjson
  {"line":1,"error":"from: there is no Enterprise \"E1\"; its node must come before the edge"}
  [4]
  $ ringfence --db gone import --quiet nodes.ndjson edge.ndjson | sed 's/"seconds".*/.../'
  {"nodes":2,"edges":1,"rejected":0,...
  $ ringfence --db gone check --quiet

A file in another encoding.

  $ printf ':ID,:LABEL,\xc3\xfb\xb3\xc6\nE7,Enterprise,\xd5\xc5\n' > gbk.csv
  $ ringfence import gbk.csv
  ringfence import: gbk.csv:1: byte 11 is not UTF-8: convert the file, for instance with iconv -f GB18030 -t UTF-8
  [4]

An ID that a person and an enterprise have in one space: which of them an edge means is said by its type
in the schema, else not guessed.

  $ printf ':ID,:LABEL\n7,Person\n7,Enterprise\n8,Enterprise\n' > both.csv
  $ printf ':START_ID,:END_ID,:TYPE\n7,8,SHAREHOLDER\n7,8,SUPPLIES\n7,8,LEGAL_REP\n' > holds.csv
  $ ringfence import --quiet both.csv holds.csv 2>&1 | grep warning
  warning: holds.csv:2: from: several nodes with other labels have the key "7": give the ID spaces of each label a name, as in :ID(Person)
  $ printf ':START_ID(Person),:END_ID(Enterprise),:TYPE\n7,8,SHAREHOLDER\n' > holds.csv
  $ ringfence import --quiet both.csv holds.csv | sed 's/"seconds".*/.../'
  {"nodes":3,"edges":1,"rejected":0,...
