Each line is answered after its commit; a wrong one changes nothing and the others go on.

  $ export RINGFENCE_DB=g.db
  $ ringfence init -q
  $ cat > e.ndjson <<'X'
  > {"op":"node","label":"Enterprise","key":"e1","event_id":"n1","properties":{"industry":"F51","status":"active"}}
  > {"op":"node","label":"Enterprise","key":"e2","event_id":"n2"}
  > {"op":"edge","event_id":"g1","type":"GUARANTEES","from":{"label":"Enterprise","key":"e1"},"to":{"label":"Enterprise","key":"e2"},"edge_key":"c-1","valid_from":"2025-01-01","properties":{"amount_minor":500}}
  > {"op":"edge","type":"GUARANTEES","from":{"label":"Enterprise","key":"e1"},"to":{"label":"Enterprise","key":"e9"}}
  > 
  > {"op":"node","label":"Enterprise","key":"e1","event_id":"n1-2","valid_from":"2025-06-01","properties":{"industry":"C13","status":null}}
  > {"op":"close","event_id":"g1-2","type":"GUARANTEES","from":{"label":"Enterprise","key":"e1"},"to":{"label":"Enterprise","key":"e2"},"edge_key":"c-1","valid_to":"2025-07-01"}
  > X
  $ ringfence apply e.ndjson
  {"line":1,"status":"ok"}
  {"line":2,"status":"ok"}
  {"line":3,"status":"ok"}
  {"line":4,"error":"to: there is no Enterprise \"e9\"; its node must come before the edge"}
  {"line":6,"status":"ok"}
  {"line":7,"status":"ok"}
  note: 6 lines: 5 applied, 0 known before, 1 wrong, in 1 commit
  [4]
  $ ringfence entity e1 --as-of 2025-03-01
  {"labels":["Enterprise"],"key":"E1","properties":{"industry":"F51","status":"active"},"tags":[],"edges":[{"type":"GUARANTEES","direction":"out","other":{"key":"E2","label":"Enterprise"},"valid_from":"2025-01-01T00:00:00Z","valid_to":"2025-07-01T00:00:00Z","properties":{"amount_minor":500}}],"truncated":false}
  $ ringfence entity e1 --as-of 2025-08-01
  {"labels":["Enterprise"],"key":"E1","properties":{"industry":"C13"},"tags":[],"edges":[],"truncated":false}

An event_id takes effect once; where a run stopped another goes on.

  $ ringfence apply -q --from-line 6 - < e.ndjson
  {"line":6,"status":"ok","duplicate":true}
  {"line":7,"status":"ok","duplicate":true}
  $ head -3 e.ndjson | ringfence apply -q --batch 1 | tail -1
  {"line":3,"status":"ok","duplicate":true}
  $ printf '{"op":"node","label":"Device","key":"D1"}\nnonsense\n' | ringfence apply -q
  {"line":1,"status":"ok"}
  {"line":2,"error":"column 8: invalid token near 'nonsense'"}
  [4]

A sender that waits for each answer gets it at once.

  $ coproc ringfence apply -q
  $ echo '{"op":"node","label":"Device","key":"d2"}' >&"${COPROC[1]}"; read -r -t 10 answer <&"${COPROC[0]}"; echo "$answer"
  {"line":1,"status":"ok"}
  $ echo '{"op":"node","label":"Device","key":"d3"}' >&"${COPROC[1]}"; read -r -t 10 answer <&"${COPROC[0]}"; echo "$answer"
  {"line":2,"status":"ok"}
  $ eval "exec ${COPROC[1]}>&-"; wait

  $ ringfence apply nothing.ndjson
  ringfence apply: nothing.ndjson: No such file or directory
  [1]
  $ ringfence apply --batch 0 e.ndjson
  ringfence apply: --batch must be 1 to 100000
  ringfence apply --help explains its options.
  [2]

Versions that one commit brings are all kept, and sound.

  $ cat > v.ndjson <<'X'
  > {"op":"node","label":"Person","key":"p","properties":{"n":1}}
  > {"op":"node","label":"Person","key":"p","valid_from":"2025-06-01","properties":{"n":2}}
  > {"op":"node","label":"Person","key":"p","valid_from":"2025-08-01","properties":{"n":3}}
  > X
  $ ringfence apply v.ndjson | grep -c ok
  note: 3 lines: 3 applied, 0 known before, 0 wrong, in 1 commit
  3
  $ for t in 2025-01-01 2025-07-01 2025-09-01; do ringfence entity Person:p --as-of $t | grep -o '"n":.'; done
  "n":1
  "n":2
  "n":3
  $ ringfence check -q && echo sound
  sound

What is no JSON is told by its column.

  $ printf '{"op":"node"}\nnonsense\n' | ringfence apply -q -
  {"line":1,"error":"a node needs \"key\""}
  {"line":2,"error":"column 8: invalid token near 'nonsense'"}
  [4]
