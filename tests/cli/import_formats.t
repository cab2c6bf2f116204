Typed headers, in the file or beside it; what was there already is not counted again.

  $ export RINGFENCE_DB=g.db
  $ ringfence init -q
  $ mkdir in
  $ printf 'uscc:ID(Enterprise),name,registered_on:date,:LABEL\r\n91350100M000100Y43,"厦门, ""一""号",2015-03-01,Enterprise\r\nc2,,,Enterprise\r\n' > in/enterprises.csv
  $ printf ':ID(Person),tags:string[],:LABEL\n' > in/persons-header.csv
  $ printf '11010519491231002x,a;b,Person\n' > in/persons.csv
  $ printf ':START_ID(Person)|role|valid_from|:END_ID(Enterprise)|:TYPE|note:IGNORE\n11010519491231002X|ceo|2020-01-02|91350100m000100y43|LEGAL_REP|x\n' > in/rep.csv
  $ touch in/README.md
  $ ringfence import in | sed 's/"seconds":.*//'
  note: in/README.md: skipped, of a folder only *.csv and *.ndjson are read
  {"nodes":3,"edges":1,"rejected":0,
  $ ringfence import in -q | sed 's/"seconds":.*//'
  {"nodes":0,"edges":0,"rejected":0,
  $ ringfence entity 91350100M000100Y43
  {"labels":["Enterprise"],"key":"91350100M000100Y43","properties":{"name":"厦门, \"一\"号","registered_on":"2015-03-01","uscc":"91350100M000100Y43"},"tags":[],"edges":[{"type":"LEGAL_REP","direction":"in","other":{"key":"11010519491231002X","label":"Person"},"valid_from":"2020-01-02T00:00:00Z","valid_to":null,"properties":{"role":"ceo"}}],"truncated":false}
  $ printf '110101199003070012,,Person\n' > more.csv
  $ ringfence import in/persons-header.csv,more.csv | sed 's/"seconds":.*//'
  {"nodes":1,"edges":0,"rejected":0,
  $ ringfence entity 110101199003070012
  {"labels":["Person"],"key":"110101199003070012","properties":{"key_valid":false},"tags":[],"edges":[],"truncated":false}

Events: nodes come before edges whatever their order; a close ends an edge.

  $ cat > e.ndjson <<'X'
  > {"op":"edge","type":"HAS_PHONE","from":{"label":"Enterprise","key":"c2"},"to":{"label":"Phone","key":"138 0000 0000"},"valid_from":"2024-01-01"}
  > {"op":"node","label":"Phone","key":"+8613800000000","properties":{"class":"agent"}}
  > X
  $ ringfence import --source crm e.ndjson | sed 's/"seconds":.*//'
  {"nodes":1,"edges":1,"rejected":0,
  $ echo '{"op":"close","type":"HAS_PHONE","from":{"label":"Enterprise","key":"c2"},"to":{"label":"Phone","key":"13800000000"},"valid_to":"2025-01-01"}' > c.ndjson
  $ ringfence import c.ndjson | sed 's/"seconds":.*//'
  note: closings and several versions of a node depend on the order of rows: other writers wait until all are read; beside a service use `ringfence apply`
  note: 0 nodes and 1 edge were changed
  {"nodes":0,"edges":0,"rejected":0,
  $ ringfence import c.ndjson | sed 's/"seconds":.*//'
  note: closings and several versions of a node depend on the order of rows: other writers wait until all are read; beside a service use `ringfence apply`
  {"nodes":0,"edges":0,"rejected":0,
  $ ringfence entity c2
  {"labels":["Enterprise"],"key":"C2","properties":{"uscc":"c2"},"tags":[],"edges":[],"truncated":false}
  $ ringfence entity c2 --as-of 2024-06-01 | grep -c HAS_PHONE
  1

Bad rows are named; more than allowed, and nothing is stored.

  $ printf ':ID(Enterprise),age:int,:LABEL\nx1,5,Enterprise\nx2,five,Enterprise\nx3,6\nx4,7,Enterprise\n' > bad.csv
  $ ringfence import bad.csv --rejects r.ndjson > out; echo $?; sed 's/"seconds":.*//' out; cat r.ndjson; stat -c %a r.ndjson
  warning: bad.csv:3: age: "five" is not a whole number
  warning: bad.csv:4: 2 columns instead of 3
  ringfence import: 2 rows were rejected and --max-errors allows 0: nothing was stored; correct them (--rejects FILE lists all) or allow more
  4
  {"nodes":0,"edges":0,"rejected":2,
  {"file":"bad.csv","line":3,"reason":"age: \"five\" is not a whole number"}
  {"file":"bad.csv","line":4,"reason":"2 columns instead of 3"}
  600
  $ ringfence entity x1
  ringfence entity: nobody and nothing has the key "x1"; a label may stand before it, as in Enterprise:KEY
  [1]
  $ ringfence import bad.csv --max-errors 2 -q | sed 's/"seconds":.*//'
  warning: bad.csv:3: age: "five" is not a whole number
  warning: bad.csv:4: 2 columns instead of 3
  {"nodes":2,"edges":0,"rejected":2,

What else can be wrong with a file.

  $ try() { ringfence import "$@" > out; echo "$? $(sed 's/,"seconds":.*/}/' out)"; }
  $ printf ':ID(Enterprise),name,:LABEL\ny1,"open,Enterprise\ny2,b,Enterprise\n' > cut.csv; try cut.csv 2>&1 | head -1
  warning: cut.csv:2: the quote opened at line 2, byte 31 is not closed within 65536 bytes
  $ printf ':ID(Enterprise),name,:LABEL\ny1,a\0b,Enterprise\n' > nul.csv; try nul.csv 2>&1 | head -1
  warning: nul.csv:2: the record holds a NUL byte
  $ printf ':ID(Enterprise),name,:LABEL\ny1,\xff,Enterprise\n' > utf.csv; try utf.csv 2>&1 | head -1
  warning: utf.csv:2: byte 31 is not UTF-8
  $ (printf ':ID(Enterprise),name,:LABEL\ny1,'; head -c 1048576 /dev/zero | tr '\0' x; printf ',Enterprise\n') > big.csv; try big.csv 2>&1 | head -1
  warning: big.csv:2: the record is longer than 65536 bytes
  $ printf ':START_ID(Enterprise),:END_ID(Enterprise),:TYPE\nx1,nobody,GUARANTEES\n,x1,GUARANTEES\n' > edge.csv; try edge.csv 2>&1 | head -2
  warning: edge.csv:2: to: there is no Enterprise "nobody"; its node must come before the edge
  warning: edge.csv:3: from: the key is empty
  $ try none.csv
  ringfence import: nothing was imported: none.csv: No such file or directory
  1 
  $ printf 'name,age\na,5\n' > plain.csv; try plain.csv
  ringfence import: plain.csv:1: no column is :ID or :START_ID: give the file a typed header (also as NAME-header.csv beside it), or a --mapping
  4 
  $ (printf ':ID(Enterprise)'; printf ',p%d:int' $(seq 300); echo) > wide.csv; try wide.csv
  ringfence import: wide.csv:1: the header can't be read: it has more than 256 columns, a name of more than 8192 bytes, or a quote that does not end
  4 
  $ printf 'x:ID(Enterprise),age:number,:LABEL\n' > type.csv; try type.csv
  ringfence import: type.csv:1: column 2: there is no type "number"; write string, long, double, boolean, date, datetime, ... or :IGNORE
  4 
  $ printf ':START_ID(Enterprise),:TYPE\n' > end.csv; try end.csv
  ringfence import: end.csv:1: the header has no :END_ID column
  4 
  $ printf ':ID(Enterprise),:LABEL\ny1,Enterprise;Person\ny2,\n' > labels.csv; try labels.csv 2>&1 | head -2
  warning: labels.csv:2: labels "Enterprise;Person": at most one may give the key
  warning: labels.csv:3: the node has no label
  $ cat > bad.ndjson <<'X'
  > {"op":"node","label":"Enterprise"}
  > {"op":"node","label":"Enterprise","key":"a","colour":1}
  > {"op":"drop"}
  > {"op":"edge","type":"KIN","from":"a","to":"b"}
  > {"op":"node","label":"Enterprise","key":"a","key":"b"}
  > not json
  > X
  $ try bad.ndjson
  warning: bad.ndjson:1: a node needs "key"
  warning: bad.ndjson:2: unknown field "colour"
  warning: bad.ndjson:3: "op" must be node, edge or close
  warning: bad.ndjson:4: "from" must be an object {"label":..,"key":..}
  warning: bad.ndjson:5: * (glob)
  warning: bad.ndjson:6: * (glob)
  ringfence import: 6 rows were rejected and --max-errors allows 0: nothing was stored; correct them (--rejects FILE lists all) or allow more
  4 {"nodes":0,"edges":0,"rejected":6}

Labels and types that the schema does not declare are added and said, or refused.

  $ printf ':ID(Boat),:LABEL\nb1,Boat;Old\n' > boat.csv
  $ try --strict-schema boat.csv
  warning: boat.csv:2: the schema has no label Boat, and --strict-schema refuses others
  ringfence import: 1 row was rejected and --max-errors allows 0: nothing was stored; correct them (--rejects FILE lists all) or allow more
  4 {"nodes":0,"edges":0,"rejected":1}
  $ try boat.csv
  note: label Boat is not in the schema: added
  note: label Old is not in the schema: added
  0 {"nodes":1,"edges":0,"rejected":0}

A mapping names columns by name or position, and every column must be spoken of.

  $ printf 'a7;"x ""y""";12.345\nA8;;\n' > firms.txt
  $ cat > m.yaml <<'X'
  > delimiter: ";"
  > header: no
  > files:
  >   - file: "firms*"
  >     node: {label: Enterprise, key: "#1"}
  >     columns:
  >       - {column: "#2", property: name}
  >       - {column: "#3", property: net_assets_minor, type: minor}
  > X
  $ try --mapping m.yaml firms.txt
  0 {"nodes":2,"edges":0,"rejected":0}
  $ ringfence entity a7
  {"labels":["Enterprise"],"key":"A7","properties":{"name":"x \"y\"","net_assets_minor":1235},"tags":[],"edges":[],"truncated":false}
  $ sed -i 's/"#3"/"#4"/' m.yaml; try --mapping m.yaml firms.txt
  ringfence import: m.yaml:8: firms.txt has no column "#4"; it has 3 (write #1 for the first)
  4 
  $ sed -i '/#4/d' m.yaml; try --mapping m.yaml firms.txt
  ringfence import: m.yaml:4: column 3 of firms.txt is not mapped: list it under columns or ignore, or say `others: keep`
  4 
  $ sed -i 's/header: no/header: yes/' m.yaml; sed -i 's/"#1"/id/' m.yaml; printf 'uid;name\na9;n\n' > firms.txt; try --mapping m.yaml firms.txt
  ringfence import: m.yaml:5: firms.txt has no column "id"; it has 2: uid, name
  4 
  $ sed -i 's/type: minor/type: money/; s/label:/lable:/' m.yaml; try --mapping m.yaml firms.txt
  ringfence import: m.yaml:5: unknown key "lable"; known here: label, label_column, key
  4 
  $ try --mapping m.yaml plain.csv 2>&1 | tail -1; try --mapping none.yaml firms.txt
  4 
  ringfence import: none.yaml: * (glob)
  1 
