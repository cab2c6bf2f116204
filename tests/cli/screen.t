Applications in, decisions out.

  $ ringfence --quiet init
  $ cat > book.py <<'END'
  > import json
  > def edge(type, a, b, at):
  >     print(json.dumps({"op": "edge", "type": type, "from": {"label": a[0], "key": a[1]},
  >                       "to": {"label": b[0], "key": b[1]}, "edge_key": "k", "valid_from": at}))
  > for i in range(1, 7):
  >     print(json.dumps({"op": "node", "label": "Enterprise", "key": f"E{i}"}))
  > for a, b in ((1, 2), (2, 3), (3, 4)):
  >     edge("GUARANTEES", ("Enterprise", f"E{a}"), ("Enterprise", f"E{b}"), "2026-01-05")
  > END
  $ python3 book.py > book.ndjson
  $ ringfence --quiet import book.ndjson | sed 's/,"seconds".*//'
  {"nodes":6,"edges":3,"rejected":0
  $ ringfence --quiet retag --as-of 2026-11-20 --detectors D7
  {"code":"CIRCULAR_GUARANTEE","found":0,"added":0,"kept":0,"changed":0,"withdrawn":0}
  {"code":"MUTUAL_GUARANTEE","found":0,"added":0,"kept":0,"changed":0,"withdrawn":0}

What is wrong with a line is its answer, and the rest goes on.

  $ cat > lines <<'END'
  > {"application_id":"A-1","time":"2026-11-21T08:00:00Z","enterprise":{"key":"E5"}}
  > not json
  > 
  > {"application_id":"A-2","time":"2026-11-21T08:00:00Z"}
  > {"application_id":"A-3","time":"yesterday","enterprise":"E5"}
  > {"time":"2026-11-21T08:00:00Z","enterprise":"E5"}
  > {"application_id":"A-4","time":"2026-11-21T08:00:00Z","enterprise":"E5","devices":"d1"}
  > {"application_id":"A-5","time":"2026-11-21T08:00:00Z","enterprise":"E5","amount_minor":-1}
  > END
  $ ringfence screen --no-record lines | sed 's/"elapsed_us":.*/.../; s/"decision_id":"[0-9a-f]*"/"decision_id":"-"/; s/@[0-9a-f]*/@-/'
  {"decision_id":"-","application_id":"A-1","decision":"pass","score":0,"natural_score":0,"level":null,"reasons":[],"allowed":[],"suppressed_hubs":[],"truncated":false,"partial":false,"commit_seq":3,"publication":1,"as_of":"2026-11-21T08:00:00Z","known_at":null,"policy":"sme-default@-","build":"0.1.0",...
  {"line":2,"error":"column 3: invalid token near 'not'"}
  {"line":4,"error":"no principal: give enterprise or persons"}
  {"line":5,"error":"time: \"yesterday\" is not a time: expected RFC 3339, as in 2026-11-21T08:00:00Z, or a date, as in 2026-11-21"}
  {"line":6,"error":"application_id is missing"}
  {"line":7,"error":"devices: expected a list, found string"}
  {"line":8,"error":"amount_minor: -1 is below zero"}
  $ ringfence screen --no-record lines > /dev/null
  [4]
  $ (python3 -c 'print("{\"a\":\"" + "x" * 9000000 + "\"}")'; head -1 lines) | ringfence screen --no-record | cut -c1-80 | sed 's/"decision_id":"[0-9a-f]*"/.../'
  {"line":1,"error":"the JSON text has 9000008 bytes, 8388608 are allowed"}
  {...,"application_id":"A-1","decisi
  $ ringfence screen --no-record no-such-file
  ringfence screen: no-such-file: No such file or directory
  [1]
  $ ringfence decision list

An application that closes a ring names its enterprises in order; it becomes part of the graph.

  $ cat > ring <<'END'
  > {"application_id":"A-9","idempotency_key":"A-9/1","time":"2026-11-21T08:00:00Z","enterprise":{"key":"E1"},"devices":["D9"],"phones":[{"key":"13800000000","role":"contact"}],"guarantors":[{"key":"E4","amount_minor":500}],"amount_minor":500,"currency":"CNY"}
  > END
  $ ringfence screen ring > first
  $ python3 -c "
  > import json
  > a = json.load(open('first'))
  > print(a['decision'], a['score'], a['level'], a['commit_seq'], a['publication'])
  > for r in a['reasons']:
  >     print(r['code'], r['level'], r['points'], r['source'], r['ring'])
  >     print([n['key'] for n in r['evidence']['nodes']], [e['type'] for e in r['evidence']['edges']])
  > "
  review 45 attention 3 1
  CIRCULAR_GUARANTEE attention 45 live None
  ['E1', 'E2', 'E3', 'E4'] ['GUARANTEES', 'GUARANTEES', 'GUARANTEES', 'GUARANTEES']
  $ ringfence entity A-9 --format csv | cut -d, -f1-3
  type,direction,other
  APPLIED,in,Enterprise E1
  SUBMITTED_FROM,out,Device d9
  STATES_PHONE,out,Phone +8613800000000

On a terminal it is told in words, also later; what a field misspelt means is said, too.

  $ timeless() { sed 's/made at [^ ]*:/made at .../; s/decision [0-9a-f]* by .*/.../; s/ at 2[^ ]*:/ at .../'; }
  $ sed 's/A-9/A-90/g; s/"devices"/"device"/; s/E4/E3/' ring | ringfence screen --no-record --format table | timeless
  A-90: review, score 45, attention
     +45  attention  CIRCULAR_GUARANTEE: guarantees come back: E1 -> E2 -> E3 -> E1
          evidence (live): 3 nodes, 3 edges
            Enterprise E1, E2, E3
    ignored, for there is no such field: device
    ...
  $ ringfence decision show --format table A-9 | timeless
  record 1, made at ... the graph as of 2026-11-21T08:00:00Z, commit 3, publication 1, overlay 0, policy sme-default@84c800c27311b1dc
  application: {"application_id":"A-9","idempotency_key":"A-9/1","time":"2026-11-21T08:00:00Z","enterprise":{"key":"E1"},"devices":["D9"],"phones":[{"key":"13800000000","role":"contact"}],"guarantors":[{"key":"E4","amount_minor":500}],"amount_minor":500,"currency":"CNY"}
  A-9: review, score 45, attention
     +45  attention  CIRCULAR_GUARANTEE: guarantees come back: E1 -> E2 -> E3 -> E4 -> E1
          evidence (live): 4 nodes, 4 edges
            Enterprise E1, E2, E3, E4
    ...

The same idempotency key gives the same bytes; for another request it is refused.

  $ ringfence screen ring | cmp - first
  $ sed 's/"amount_minor":500,"currency"/"amount_minor":501,"currency"/' ring | ringfence screen
  {"line":1,"error":"idempotency_key A-9/1 was used for another request; use a new key for a new attempt"}
  [4]
  $ ringfence decision list --format csv | cut -d, -f1,3,5-
  seq,application_id,decision,score,level,by\r
  1,A-9,review,45,attention,engine\r

Told again with one device more, it states nothing twice that is recorded.

  $ sed 's/"D9"/"D9","D10"/; s,A-9/1,A-9/2,' ring | ringfence screen --no-record | python3 -c "
  > import json, sys
  > for edge in json.load(sys.stdin)['reasons'][0]['evidence']['edges']:
  >     print(edge['from'], edge['to'], edge['valid_from'])"
  E1 E2 2026-01-05T00:00:00Z
  E2 E3 2026-01-05T00:00:00Z
  E3 E4 2026-01-05T00:00:00Z
  E4 E1 2026-11-21T08:00:00Z

A decision can be made again, whatever happened since.

  $ id=$(python3 -c "import json; print(json.load(open('first'))['decision_id'])")
  $ ringfence --quiet retag --as-of 2026-11-22 --detectors D7
  {"code":"CIRCULAR_GUARANTEE","found":4,"added":4,"kept":0,"changed":0,"withdrawn":0}
  {"code":"MUTUAL_GUARANTEE","found":0,"added":0,"kept":0,"changed":0,"withdrawn":0}
  $ ringfence --quiet block add --by "Li Na" --reason "fraud" E4 > /dev/null
  $ ringfence replay $id | sed 's/"decision_id":"[0-9a-f]*"/"decision_id":"-"/'
  {"decision_id":"-","identical":true}
  $ ringfence replay --all | grep -c '"identical":true'
  1 decision made again, 1 identical
  1
  $ ringfence replay --all $id
  ringfence replay: name decisions, or give --all
  ringfence replay --help explains its options.
  [2]
  $ ringfence replay --all --since 2100-01-01
  0 decisions made again, 0 identical
  $ ringfence replay 00
  ringfence replay: no decision 00; `decision list` shows their names
  [1]
  $ sed 's/A-9/A-10/g' ring | ringfence screen --no-record | python3 -c "
  > import json, sys
  > a = json.loads(sys.stdin.readline())
  > print(a['decision'], [(r['code'], r['source']) for r in a['reasons']])"
  reject [('BLOCKED', 'block'), ('CIRCULAR_GUARANTEE', 'live'), ('RISK_CONTAGION', 'live')]

A person's decision stands beside the engine's; the log is a chain.

  $ ringfence decision override $id pass
  ringfence decision override: say who decides: --by NAME
  ringfence decision override --help explains its options.
  [2]
  $ ringfence decision override --by "Wang Wei" --reason "parent company guarantees" $id pass
  $ ringfence decision list --format csv | cut -d, -f1,3,5-
  seq,application_id,decision,score,level,by\r
  1,A-9,review,45,attention,engine\r
  2,A-9,pass,,,Wang Wei\r
  $ ringfence decision show --format table A-9 | tail -1 | timeless
  Wang Wei decided pass at ... parent company guarantees
  $ ringfence decision show A-9 | python3 -c "
  > import json, sys
  > d = json.loads(sys.stdin.readline())
  > print(d['seq'], d['answer']['decision'], [(p['kind'], p['decision'], p['person']) for p in d['by_hand']])"
  1 review [('override', 'pass', 'Wang Wei')]
  $ ringfence decision verify
  2 records agree
  $ ringfence decision export > log
  $ point=$(ringfence decision export --checkpoint)
  $ ringfence decision verify --checkpoint $point log
  2 records agree
  $ sed 's/parent company/parents company/' log > forged; ringfence decision verify forged
  decision record 2 was changed: its hash does not agree with its text
  [3]
  $ head -1 log > cut; ringfence decision verify --checkpoint $point cut
  the log ends at record 1, before the checkpoint's 2: its tail was cut
  [3]
  $ sed -n 2p log > late; ringfence decision verify late
  note: the file begins with record 2: those before it are not looked at
  1 record agrees
  $ first=1:$(head -1 log | sed 's/.*"hash":"\([0-9a-f]*\)".*/\1/'); ringfence decision verify --checkpoint $first log
  2 records agree
  $ ringfence decision verify --checkpoint $first late
  the file begins with record 2, behind the checkpoint's 1: export it from there, or give a newer checkpoint
  [3]

An allow entry keeps a signal from counting, but not from being seen.

  $ ringfence --quiet allow add --by "Li Na" --reason "known circle" --code CIRCULAR_GUARANTEE E1 > /dev/null
  $ sed 's/A-9/A-11/g; s/E4/E3/' ring > allowed; ringfence screen --no-record allowed | python3 -c "
  > import json, sys
  > a = json.loads(sys.stdin.readline())
  > print(a['score'], a['natural_score'], [r['code'] for r in a['reasons']])
  > for w in a['allowed']: print(w['code'], w['subject']['key'], w['by'], w['reason'])"
  10 45 ['CIRCULAR_GUARANTEE', 'RISK_CONTAGION']
  CIRCULAR_GUARANTEE E1 Li Na known circle

And nothing is wrong in the store.

  $ ringfence --quiet check

What came in can be erased; the log says by whom, and stays whole.

  $ ringfence decision erase $id
  ringfence decision erase: say who decides: --by NAME
  ringfence decision erase --help explains its options.
  [2]
  $ ringfence --quiet decision erase --by "Li Na" --reason "asked for by the applicant" $id
  $ ringfence --quiet decision erase --by "Li Na" --reason again $id 2>&1 | sed "s/$id/ID/"
  ringfence decision erase: decision ID: its input was erased before
  $ ringfence decision show $id | python3 -c "
  > import json, sys
  > d = json.loads(sys.stdin.readline()); print(d['record']['decision'], d['input'], d['answer'])"
  review None None
  $ ringfence decision list --format csv | tail -1 | cut -d, -f1,3,5-
  3,A-9,erased,,,Li Na\r
  $ ringfence decision verify
  3 records agree
  $ ringfence replay $id 2>&1 | sed "s/$id/ID/"
  ringfence replay: decision ID: its input was erased, so it can't be made again
  $ ringfence replay --all
  0 decisions made again, 0 identical
  note: left out: 1 whose input was erased, 2 records by people
