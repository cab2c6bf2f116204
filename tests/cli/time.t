Three clocks: true in the world (--as-of), observed (--known-at), committed. Each event here says when
it became known.

  $ export RINGFENCE_DB=g.db
  $ ringfence init -q
  $ cat > e.ndjson <<'X'
  > {"op":"node","label":"Enterprise","key":"e1","observed_at":"2024-01-01","properties":{"name":"One","registered_on":"2020-05-01"}}
  > {"op":"node","label":"Enterprise","key":"e2","observed_at":"2024-01-01","valid_from":"2024-03-01","properties":{"name":"Two"}}
  > {"op":"node","label":"Enterprise","key":"e3","observed_at":"2025-01-01","properties":{"name":"Three"}}
  > {"op":"node","label":"Enterprise","key":"cust-7","observed_at":"2024-01-01","properties":{"name":"Seven"}}
  > {"op":"node","label":"Device","key":"d1","observed_at":"2024-01-01"}
  > {"op":"edge","type":"USES_DEVICE","observed_at":"2024-02-01","from":{"label":"Enterprise","key":"e1"},"to":{"label":"Device","key":"d1"},"valid_from":"2024-01-15"}
  > {"op":"edge","type":"USES_DEVICE","observed_at":"2024-02-01","from":{"label":"Enterprise","key":"cust-7"},"to":{"label":"Device","key":"d1"},"valid_from":"2024-01-15"}
  > {"op":"edge","type":"GUARANTEES","observed_at":"2025-02-01","from":{"label":"Enterprise","key":"e1"},"to":{"label":"Enterprise","key":"e2"},"edge_key":"c-1","valid_from":"2024-06-01","valid_to":"2025-06-01"}
  > X
  $ ringfence apply -q e.ndjson | grep -c ok
  8

A node that was not valid yet, or that nobody knew of yet, is told apart from one that never was.

  $ ringfence entity e2 --as-of 2024-02-01
  ringfence entity: "e2" is not valid yet at 2024-02-01T00:00:00Z; ask --as-of a later time
  [1]
  $ ringfence entity e3 --known-at 2024-12-01
  ringfence entity: "e3" had not been observed by 2024-12-01T00:00:00Z; ask --known-at a later time
  [1]
  $ ringfence entity e3 --as-of 2024-02-01 --known-at 2024-12-01
  ringfence entity: "e3" had not been observed by 2024-12-01T00:00:00Z; ask --known-at a later time
  [1]
  $ ringfence entity e9 --known-at 2024-12-01
  ringfence entity: nobody and nothing has the key "e9"; a label may stand before it, as in Enterprise:KEY
  [1]
  $ ringfence entity e1 --as-of 2024-07-01 --known-at 2024-12-01
  {"labels":["Enterprise"],"key":"E1","properties":{"name":"One","registered_on":"2020-05-01"},"tags":[],"edges":[{"type":"USES_DEVICE","direction":"out","other":{"key":"d1","label":"Device"},"valid_from":"2024-01-15T00:00:00Z","valid_to":null,"properties":{}}],"truncated":false}
  $ ringfence entity e1 --as-of 2024-07-01
  {"labels":["Enterprise"],"key":"E1","properties":{"name":"One","registered_on":"2020-05-01"},"tags":[],"edges":[{"type":"USES_DEVICE","direction":"out","other":{"key":"d1","label":"Device"},"valid_from":"2024-01-15T00:00:00Z","valid_to":null,"properties":{}},{"type":"GUARANTEES","direction":"out","other":{"key":"E2","label":"Enterprise"},"valid_from":"2024-06-01T00:00:00Z","valid_to":"2025-06-01T00:00:00Z","properties":{}}],"truncated":false}

Counts of a moment; without one, of all that is stored.

  $ ringfence stats --format csv | grep -E '^(total|label|type)'
  total,nodes,5,\r
  total,edges,3,\r
  total,commits,2,\r
  label,Enterprise,4,\r
  label,Device,1,\r
  type,USES_DEVICE,2,\r
  type,GUARANTEES,1,\r
  $ ringfence stats --format csv --known-at 2024-12-01
  kind,name,count,bytes\r
  total,nodes,4,\r
  total,edges,2,\r
  label,Enterprise,3,\r
  label,Device,1,\r
  type,USES_DEVICE,2,\r
  $ ringfence stats --format csv --as-of 2024-02-01
  kind,name,count,bytes\r
  total,nodes,4,\r
  total,edges,2,\r
  label,Enterprise,3,\r
  label,Device,1,\r
  type,USES_DEVICE,2,\r
  $ ringfence stats --format csv --as-of 2025-07-01 --known-at 2025-07-01
  kind,name,count,bytes\r
  total,nodes,5,\r
  total,edges,2,\r
  label,Enterprise,4,\r
  label,Device,1,\r
  type,USES_DEVICE,2,\r

Exports of a moment.

  $ ringfence export --known-at 2024-01-15 | grep -c '"op":"edge"'
  0
  [1]
  $ ringfence export --known-at 2024-12-01 | grep -c '"op":"edge"'
  2
  $ ringfence export --as-of 2024-07-01 | grep -c '"op":"edge"'
  3
  $ ringfence export --as-of 2025-07-01 --known-at 2024-12-01 | grep -c '"op":"edge"'
  2

Queries of a moment.

  $ ringfence query --as-of 2024-07-01 --known-at 2024-12-01 'MATCH (:Enterprise {key: "E1"})-[r]->(o) RETURN type(r), o.key'
  {"type(r)":"USES_DEVICE","o.key":"d1"}
  $ ringfence query --as-of 2024-07-01 'MATCH (:Enterprise {key: "E1"})-[r]->(o) RETURN type(r), o.key'
  {"type(r)":"USES_DEVICE","o.key":"d1"}
  {"type(r)":"GUARANTEES","o.key":"E2"}

A retag and a screening that look back neither publish nor record.

  $ ringfence retag --known-at 2024-12-01
  ringfence retag: --known-at needs --dry-run: what is published is found in everything that is known
  ringfence retag --help explains its options.
  [2]
  $ ringfence retag --as-of 2024-07-01 --known-at 2024-12-01 --dry-run | grep -c .
  dry run at T 2024-07-01T00:00:00Z: nothing was written
  22
  $ cat > a.ndjson <<'X'
  > {"application_id":"A-1","time":"2024-07-01T08:00:00Z","enterprise":{"key":"e9"},"devices":["d1"]}
  > X
  $ ringfence screen --known-at 2024-12-01 a.ndjson
  ringfence screen: --known-at needs --no-record: what is recorded is decided on everything that is known
  ringfence screen --help explains its options.
  [2]
  $ ringfence screen --no-record --known-at 2024-12-01 a.ndjson | grep -o '"as_of":.*"known_at":[^,]*'
  "as_of":"2024-07-01T08:00:00Z","known_at":"2024-12-01T00:00:00Z"
  $ ringfence screen --no-record a.ndjson | grep -o '"known_at":[^,]*'
  "known_at":null

Two nodes become one. A second key leads to what it is now, and, asked about before, to what it was.

  $ ringfence alias e1 cust-7
  note: two nodes became one: 1 edge went over, 0 between the two ended
  $ ringfence entity cust-7 --as-of 2024-07-01
  {"labels":["Enterprise"],"key":"E1","properties":{"name":"One","registered_on":"2020-05-01"},"tags":[],"edges":[{"type":"USES_DEVICE","direction":"out","other":{"key":"d1","label":"Device"},"valid_from":"2024-01-15T00:00:00Z","valid_to":null,"properties":{}},{"type":"GUARANTEES","direction":"out","other":{"key":"E2","label":"Enterprise"},"valid_from":"2024-06-01T00:00:00Z","valid_to":"2025-06-01T00:00:00Z","properties":{}}],"truncated":false}
  $ ringfence entity cust-7 --as-of 2024-07-01 --known-at 2025-12-01
  {"labels":["Enterprise"],"key":"CUST-7","properties":{"name":"Seven"},"tags":[],"edges":[{"type":"USES_DEVICE","direction":"out","other":{"key":"d1","label":"Device"},"valid_from":"2024-01-15T00:00:00Z","valid_to":null,"properties":{}}],"truncated":false}
  $ ringfence entity e1 --as-of 2024-07-01 --known-at 2025-12-01
  {"labels":["Enterprise"],"key":"E1","properties":{"name":"One","registered_on":"2020-05-01"},"tags":[],"edges":[{"type":"USES_DEVICE","direction":"out","other":{"key":"d1","label":"Device"},"valid_from":"2024-01-15T00:00:00Z","valid_to":null,"properties":{}},{"type":"GUARANTEES","direction":"out","other":{"key":"E2","label":"Enterprise"},"valid_from":"2024-06-01T00:00:00Z","valid_to":"2025-06-01T00:00:00Z","properties":{}}],"truncated":false}
  $ ringfence entity d1 --as-of 2024-07-01 --known-at 2025-12-01
  {"labels":["Device"],"key":"d1","properties":{},"tags":[],"edges":[{"type":"USES_DEVICE","direction":"in","other":{"key":"E1","label":"Enterprise"},"valid_from":"2024-01-15T00:00:00Z","valid_to":null,"properties":{}},{"type":"USES_DEVICE","direction":"in","other":{"key":"CUST-7","label":"Enterprise"},"valid_from":"2024-01-15T00:00:00Z","valid_to":null,"properties":{}}],"truncated":false}
  $ ringfence alias e3 cust-7
  note: two nodes became one: 2 edges went over, 0 between the two ended
  $ ringfence entity Enterprise:cust-7 --known-at 2025-12-01 --as-of 2024-01-10
  {"labels":["Enterprise"],"key":"CUST-7","properties":{"name":"Seven"},"tags":[],"edges":[],"truncated":false}
  $ ringfence entity Enterprise:e1 --known-at 2025-12-01 --as-of 2024-01-10
  {"labels":["Enterprise"],"key":"E1","properties":{"name":"One","registered_on":"2020-05-01"},"tags":[],"edges":[],"truncated":false}
  $ ringfence entity Enterprise:e1 --as-of 2024-01-10
  {"labels":["Enterprise"],"key":"E3","properties":{"name":"Three","registered_on":"2020-05-01"},"tags":[],"edges":[],"truncated":false}
  $ ringfence check -q && echo sound
  sound
  $ ringfence dump -q > d1 && ringfence --db h.db load -q d1 && ringfence --db h.db dump -q | cmp - d1 && echo alike
  alike
  $ ringfence --db h.db entity Enterprise:cust-7 --known-at 2025-12-01 --as-of 2024-01-10
  {"labels":["Enterprise"],"key":"CUST-7","properties":{"name":"Seven"},"tags":[],"edges":[],"truncated":false}

What was deleted says so.

  $ ringfence query --write 'MATCH (e:Enterprise {key: "E2"}) DETACH DELETE e'
  note: 1 node deleted
  note: 1 relationship deleted
  $ ringfence entity e2
  ringfence entity: "e2" has ended; --known-at an earlier time shows it
  [1]
  $ ringfence entity e2 --known-at 2025-01-01
  {"labels":["Enterprise"],"key":"E2","properties":{"name":"Two"},"tags":[],"edges":[],"truncated":false}

An edge that ended and begins anew has no end until one is stated, whether the rows come as events or in
one load, and loading them again changes nothing. An end alone, before the start that was there, is one
of a time whose start nobody knows.

  $ ringfence --db anew.db init --quiet && ringfence --db bulk.db init --quiet
  $ g() { echo '{"op":"edge","type":"GUARANTEES","from":{"label":"Enterprise","key":"E1"},"to":{"label":"Enterprise","key":"E2"},"edge_key":"G1",'"$1}"; }
  $ (echo '{"op":"node","label":"Enterprise","key":"E1"}'; echo '{"op":"node","label":"Enterprise","key":"E2"}'; g '"valid_from":"2020-01-01","valid_to":"2022-01-01"'; g '"valid_from":"2023-01-01"') > anew.ndjson
  $ times() { ringfence --db $1 query --all-times 'MATCH ()-[r:GUARANTEES]->() RETURN r.valid_from AS since, r.valid_to AS until'; }
  $ ringfence --db anew.db apply --quiet anew.ndjson > /dev/null; times anew.db
  {"since":"2023-01-01T00:00:00Z","until":null}
  $ ringfence --db anew.db apply --quiet anew.ndjson > /dev/null; times anew.db
  {"since":"2023-01-01T00:00:00Z","until":null}
  $ ringfence --db bulk.db import --quiet anew.ndjson > /dev/null; times bulk.db
  {"since":"2023-01-01T00:00:00Z","until":null}
  $ ringfence --db bulk.db import --quiet anew.ndjson > /dev/null; times bulk.db
  {"since":"2023-01-01T00:00:00Z","until":null}
  $ g '"valid_to":"2024-01-01"' | ringfence --db anew.db apply --quiet > /dev/null; times anew.db
  {"since":"2023-01-01T00:00:00Z","until":"2024-01-01T00:00:00Z"}
  $ g '"valid_from":"2023-01-01"' | ringfence --db anew.db apply --quiet > /dev/null; times anew.db
  {"since":"2023-01-01T00:00:00Z","until":"2024-01-01T00:00:00Z"}
  $ g '"valid_to":"2021-01-01"' | ringfence --db anew.db apply --quiet > /dev/null; times anew.db
  {"since":null,"until":"2021-01-01T00:00:00Z"}

What was not observed yet is not met: neither by its key nor at the end of an edge that was.

  $ ringfence --db known.db init --quiet
  $ printf '{"op":"node","label":"Enterprise","key":"E1","observed_at":"2020-02-01"}\n{"op":"node","label":"Enterprise","key":"E2","observed_at":"2020-05-01"}\n' > known.ndjson
  $ g '"valid_from":"2020-01-01","observed_at":"2020-03-01"' >> known.ndjson
  $ ringfence --db known.db apply --quiet known.ndjson > /dev/null
  $ ringfence --db known.db query --known-at 2020-01-15 'MATCH (e:Enterprise {key: "E1"}) RETURN e.key'
  $ ringfence --db known.db query --known-at 2020-04-01 'MATCH (e:Enterprise {key: "E1"})-->(o) RETURN e.key, o.key'
  $ ringfence --db known.db entity --known-at 2020-04-01 --format csv E1
  type,direction,other,valid_from,valid_to,properties\r
  $ ringfence --db known.db query --known-at 2020-06-01 'MATCH (e:Enterprise {key: "E1"})-->(o) RETURN e.key, o.key'
  {"e.key":"E1","o.key":"E2"}

A node that was deleted is there at no time, also not before its last change became true; who looks back
to what was known before finds it.

  $ ringfence --db gone.db init --quiet
  $ printf '{"op":"node","label":"Person","key":"P1","observed_at":"2020-01-01","properties":{"n":1}}\n{"op":"node","label":"Person","key":"P1","observed_at":"2020-01-01","valid_from":"2025-06-01","properties":{"n":2}}\n' > gone.ndjson
  $ ringfence --db gone.db apply --quiet --batch 1 gone.ndjson > /dev/null
  $ ringfence --db gone.db query --as-of 2025-01-01 'MATCH (p:Person) RETURN p.n'
  {"p.n":1}
  $ ringfence --db gone.db query --quiet --write 'MATCH (p:Person) DELETE p'
  $ ringfence --db gone.db query --as-of 2025-01-01 'MATCH (p:Person) RETURN p.n'
  $ ringfence --db gone.db query --as-of 2025-07-01 'MATCH (p:Person) RETURN p.n'
  $ ringfence --db gone.db stats --as-of 2025-01-01 --format csv
  kind,name,count,bytes\r
  total,nodes,0,\r
  total,edges,0,\r
  $ ringfence --db gone.db query --as-of 2025-01-01 --known-at 2024-01-01 'MATCH (p:Person) RETURN p.n'
  {"p.n":1}
  $ ringfence --db gone.db check --quiet && echo sound
  sound

An edge that holds before the node at its end does leads nowhere yet, and is not counted.

  $ ringfence --db early.db init --quiet
  $ printf '{"op":"node","label":"Person","key":"P1"}\n{"op":"node","label":"Person","key":"P2","valid_from":"2025-06-01"}\n' > early.ndjson
  $ echo '{"op":"edge","type":"KIN","from":{"label":"Person","key":"P1"},"to":{"label":"Person","key":"P2"},"valid_from":"2025-01-01"}' >> early.ndjson
  $ ringfence --db early.db apply --quiet early.ndjson > /dev/null
  $ ringfence --db early.db query --as-of 2025-02-01 'MATCH (p:Person)-[r]->(o) RETURN p.key, type(r), o.key'
  $ ringfence --db early.db query --as-of 2025-07-01 'MATCH (p:Person)-[r]->(o) RETURN p.key, type(r), o.key'
  {"p.key":"P1","type(r)":"KIN","o.key":"P2"}
  $ echo '{"op":"node","label":"Person","key":"P3"}{"op":"edge","type":"KIN","from":{"label":"Person","key":"P3"},"to":{"label":"Person","key":"P2"},"valid_from":"2025-01-01"}' | sed 's/}{"op/}\n{"op/' > third.ndjson
  $ ringfence --db early.db apply --quiet third.ndjson > /dev/null
  $ for t in 2025-02-01 2025-07-01; do ringfence --db early.db query --as-of $t 'MATCH (p:Person {key: "P1"}) CALL ringfence.neighbourhood(p, 2) YIELD member RETURN collect(member.key) AS members'; done
  {"members":["P1"]}
  {"members":["P1","P2","P3"]}
  $ for t in 2025-02-01 2025-07-01; do ringfence --db early.db query --as-of $t 'CALL ringfence.components("KIN") YIELD size, member RETURN size, count(member) AS n'; done
  {"size":3,"n":3}
  $ for t in 2025-02-01 2025-07-01; do ringfence --db early.db query --as-of $t 'CALL db.schema()'; done
  {"from":"Person","type":"KIN","to":"Person","count":2}
  $ ringfence --db early.db stats --as-of 2025-02-01 --format csv
  kind,name,count,bytes\r
  total,nodes,2,\r
  total,edges,0,\r
  label,Person,2,\r

Who begins in the future is not met today either, from whichever way he came.

  $ ringfence --db ahead.db init --quiet
  $ sed 's/2025-06-01/2199-06-01/' early.ndjson > ahead.ndjson
  $ printf 'id,since\nP3,2199-06-01\n' > ahead.csv
  $ cat > ahead.yaml <<'X'
  > files:
  >   - file: "ahead.csv"
  >     node: {label: Person, key: id}
  >     valid_from: {column: since, type: datetime}
  > X
  $ ringfence --db ahead.db import --quiet --mapping ahead.yaml ahead.csv | grep -o '"nodes":.'
  "nodes":1
  $ echo '{"op":"edge","type":"KIN","from":{"label":"Person","key":"P1"},"to":{"label":"Person","key":"P3"}}' >> ahead.ndjson
  $ grep -v P2 ahead.ndjson | ringfence --db ahead.db apply --quiet > /dev/null
  $ ringfence --db ahead.db query 'MATCH (p:Person)-[r]->(o) RETURN p.key, type(r), o.key'
  $ ringfence --db ahead.db apply --quiet ahead.ndjson > /dev/null
  $ ringfence --db ahead.db dump --quiet > ahead.dump
  $ ringfence --db again.db load --quiet ahead.dump
  $ for db in ahead again; do ringfence --db $db.db query 'MATCH (p:Person)-[r]->(o) RETURN p.key, type(r), o.key'; ringfence --db $db.db check --quiet; done
  $ ringfence --db again.db query --as-of 2199-07-01 'MATCH (p:Person)-[r]->(o) RETURN p.key, type(r), o.key ORDER BY o.key'
  {"p.key":"P1","type(r)":"KIN","o.key":"P2"}
  {"p.key":"P1","type(r)":"KIN","o.key":"P3"}
  $ printf '{"op":"close","type":"KIN","from":{"label":"Person","key":"P1"},"to":{"label":"Person","key":"P3"},"valid_to":"2199-06-15"}\n' | ringfence --db ahead.db apply --quiet
  {"line":1,"status":"ok"}
  $ ringfence --db ahead.db query --as-of 2199-07-01 'MATCH (p:Person)-[r]->(o) RETURN o.key'
  {"o.key":"P2"}
  $ ringfence --db ahead.db entity Person:P3 2>&1 | sed 's/at .*Z/at NOW/'
  ringfence entity: "Person:P3" is not valid yet at NOW; ask --as-of a later time
  $ printf 'P4 P5 P6' | tr ' ' '\n' | sed 's/.*/{"op":"node","label":"Person","key":"&"}/' | ringfence --db ahead.db apply --quiet > /dev/null
  $ for e in P1:P4 P4:P5 P5:P6; do echo "{\"op\":\"edge\",\"type\":\"KIN\",\"from\":{\"label\":\"Person\",\"key\":\"${e%:*}\"},\"to\":{\"label\":\"Person\",\"key\":\"${e#*:}\"}}"; done > way.ndjson
  $ echo '{"op":"edge","type":"KIN","from":{"label":"Person","key":"P6"},"to":{"label":"Person","key":"P2"}}' >> way.ndjson
  $ ringfence --db ahead.db apply --quiet way.ndjson > /dev/null
  $ for t in 2198-01-01 2199-07-01; do ringfence --db ahead.db query --as-of $t 'MATCH (a {key: "P1"}), (b {key: "P6"}) MATCH p = shortestPath((a)-[*..5]-(b)) RETURN [n IN nodes(p) | n.key] AS way'; done
  {"way":["P1","P4","P5","P6"]}
  {"way":["P1","P2","P6"]}
  $ for t in 2198-01-01 2199-07-01; do ringfence --db ahead.db query --as-of $t 'MATCH (a {key: "P1"})-[*1..4]-(b) WHERE b.key = "P1" RETURN DISTINCT b.key AS comes_back'; done
  $ ringfence --db ahead.db class set Person:P3 incubator
  $ ringfence --db ahead.db alias Person:P3 P9
  $ ringfence --db ahead.db entity --as-of 2199-07-01 --format ndjson P9 | grep -o '"class":"[a-z]*"'
  "class":"incubator"
  $ ringfence --db ahead.db alias P6 P3
  note: two nodes became one: 1 edge went over, 0 between the two ended
  $ ringfence --db ahead.db query --as-of 2199-07-01 'MATCH (p {key: "P6"})--(o) RETURN o.key ORDER BY o.key'
  {"o.key":"P2"}
  {"o.key":"P5"}
  $ ringfence --db ahead.db check --quiet

A row without a date, and an application that is screened, let a node begin that is not there yet.

  $ ringfence --db begin.db init --quiet
  $ printf '{"op":"node","label":"Person","key":"P1","valid_from":"2199-01-01"}\n{"op":"node","label":"Device","key":"d1","valid_from":"2199-01-01"}\n' | ringfence --db begin.db apply --quiet > /dev/null
  $ ringfence --db begin.db query 'MATCH (n) RETURN n.key'
  $ for i in 1 2; do echo '{"op":"node","label":"Person","key":"P1"}' | ringfence --db begin.db apply --quiet > /dev/null; done
  $ ringfence --db begin.db query 'MATCH (n) RETURN n.key'
  {"n.key":"P1"}
  $ for i in 1 2 3; do echo '{"application_id":"A'$i'","time":"2026-11-21T08:0'$i':00Z","enterprise":{"key":"E'$i'"},"devices":["d1"]}'; done | ringfence --db begin.db screen --quiet | grep -o '"decision":"[a-z]*"'
  "decision":"pass"
  "decision":"pass"
  "decision":"review"
  $ ringfence --db begin.db query 'MATCH (d:Device)<--(a) RETURN count(a) AS filed'
  {"filed":3}
  $ ringfence --db begin.db check --quiet

Of two nodes that become one the earlier begin counts, and what the later one brings holds from its own.

  $ ringfence --db party.db init --quiet
  $ cat > party.ndjson <<'X'
  > {"op":"node","label":"Person","key":"P1","valid_from":"2199-01-01","properties":{"a":1}}
  > {"op":"node","label":"Person","key":"P2","properties":{"b":2}}
  > {"op":"node","label":"Person","key":"P3","valid_from":"2199-02-01","properties":{"c":3}}
  > X
  $ ringfence --db party.db apply --quiet party.ndjson > /dev/null
  $ ringfence --db party.db alias --quiet P1 P2
  $ ringfence --db party.db alias --quiet P1 P3
  $ for t in 2026-01-01 2199-03-01; do ringfence --db party.db query --as-of $t 'MATCH (p:Person) RETURN p.key, p.a, p.b, p.c'; done
  {"p.key":"P1","p.a":1,"p.b":2,"p.c":null}
  {"p.key":"P1","p.a":1,"p.b":2,"p.c":3}

A class is set on what a node is and on what it will be; that does not begin for it.

  $ ringfence --db plan.db init --quiet
  $ printf '{"op":"node","label":"Enterprise","key":"E1","properties":{"industry":"F51"}}\n{"op":"node","label":"Enterprise","key":"E1","valid_from":"2199-01-01","properties":{"industry":"K70"}}\n' | ringfence --db plan.db apply --quiet > /dev/null
  $ ringfence --db plan.db class set Enterprise:E1 incubator
  $ ringfence --db plan.db class set Enterprise:E1 incubator
  note: nothing changed
  $ for t in 2026-01-01 2199-03-01; do ringfence --db plan.db query --as-of $t 'MATCH (e) RETURN e.industry, e.class'; done
  {"e.industry":"F51","e.class":"incubator"}
  {"e.industry":"K70","e.class":"incubator"}
  $ ringfence --db plan.db class end Enterprise:E1
  $ for t in 2026-01-01 2199-03-01; do ringfence --db plan.db query --as-of $t 'MATCH (e) RETURN e.industry, e.class'; done
  {"e.industry":"F51","e.class":null}
  {"e.industry":"K70","e.class":null}
  $ ringfence --db plan.db check --quiet

An application that is yet to begin, or whose applicant is, is left out of features, and not those behind it.

  $ ringfence --db filed.db init --quiet
  $ cat > filed.ndjson <<'X'
  > {"op":"node","label":"Enterprise","key":"E1"}
  > {"op":"node","label":"Enterprise","key":"E2","valid_from":"2199-01-01"}
  > {"op":"node","label":"Application","key":"A1"}
  > {"op":"node","label":"Application","key":"A2","valid_from":"2199-01-01"}
  > {"op":"node","label":"Application","key":"A3"}
  > {"op":"edge","type":"APPLIED","from":{"label":"Enterprise","key":"E2"},"to":{"label":"Application","key":"A1"},"valid_from":"2026-01-01"}
  > {"op":"edge","type":"APPLIED","from":{"label":"Enterprise","key":"E1"},"to":{"label":"Application","key":"A2"},"valid_from":"2026-01-01"}
  > {"op":"edge","type":"APPLIED","from":{"label":"Enterprise","key":"E2"},"to":{"label":"Application","key":"A3"},"valid_from":"2026-01-01"}
  > {"op":"edge","type":"APPLIED","from":{"label":"Enterprise","key":"E1"},"to":{"label":"Application","key":"A3"},"valid_from":"2026-01-02"}
  > X
  $ ringfence --db filed.db apply --quiet filed.ndjson > /dev/null
  $ printf 'A1\nA2\nA3\n' | ringfence --db filed.db features --applications - --format csv 2> left-out | cut -d, -f1-4
  label,key,application,as_of
  Enterprise,E1,A3,2026-01-02T00:00:00Z
  $ grep warning left-out
  warning: standard input:1: application "A1" has no applicant with a date; the line is left out
  warning: standard input:2: application "A2" has no applicant with a date; the line is left out

Several dated rows of one node keep their order also where a mapping reads them.

  $ ringfence --db rows.db init --quiet
  $ printf 'id,since,n\nP1,,1\nP1,2025-06-01,2\n' > persons.csv
  $ cat > persons.yaml <<'X'
  > files:
  >   - file: "persons.csv"
  >     node: {label: Person, key: id}
  >     valid_from: {column: since, type: datetime}
  >     columns:
  >       - {column: n, type: int}
  > X
  $ ringfence --db rows.db import --quiet --mapping persons.yaml persons.csv | grep -o '"nodes":.'
  "nodes":1
  $ for t in 2025-01-01 2025-07-01; do ringfence --db rows.db query --as-of $t 'MATCH (p:Person) RETURN p.n'; done
  {"p.n":1}
  {"p.n":2}

A row that says what is so already changes nothing, also within one load: it was known since the first.

  $ ringfence --db since.db init --quiet
  $ cat > since.ndjson <<'X'
  > {"op":"node","label":"Person","key":"P1","properties":{"n":1},"observed_at":"2020-01-01"}
  > {"op":"node","label":"Person","key":"P2","observed_at":"2020-01-01"}
  > {"op":"node","label":"Person","key":"P1","properties":{"n":1},"observed_at":"2022-01-01"}
  > {"op":"edge","type":"KIN","from":{"label":"Person","key":"P1"},"to":{"label":"Person","key":"P2"},"edge_key":"k","properties":{"n":null},"observed_at":"2020-01-01"}
  > {"op":"edge","type":"KIN","from":{"label":"Person","key":"P1"},"to":{"label":"Person","key":"P2"},"edge_key":"k","properties":{"n":null},"observed_at":"2022-01-01"}
  > X
  $ ringfence --db since.db import --quiet since.ndjson | grep -o '"nodes":.*"edges":.'
  "nodes":2,"edges":1
  $ ringfence --db since.db query --known-at 2021-01-01 'MATCH (p:Person)-[r:KIN]->(o) RETURN p.n, o.key'
  {"p.n":1,"o.key":"P2"}

What is written is written now.

  $ ringfence --db since.db query --write --as-of 2021-01-01 'MATCH (p:Person) SET p.n = 2'
  ringfence query: --write changes what is now: it excludes --as-of and --known-at
  ringfence query --help explains its options.
  [2]
