Tags from birth to withdrawal: found, judged by people, published, taken back.

  $ ringfence --quiet init
  $ cat > book.py <<'END'
  > import json
  > def node(label, key, **properties):
  >     print(json.dumps({"op": "node", "label": label, "key": key, "properties": properties}))
  > def edge(type, a, b, at, **properties):
  >     print(json.dumps({"op": "edge", "type": type, "from": {"label": a[0], "key": a[1]},
  >                       "to": {"label": b[0], "key": b[1]}, "edge_key": "k", "valid_from": at,
  >                       "properties": properties}))
  > for i in range(1, 7):
  >     node("Enterprise", f"E{i}", name=f"Company {i}")
  > node("Device", "d1")
  > for i in range(1, 5):
  >     node("Application", f"A{i}")
  >     edge("APPLIED", ("Enterprise", f"E{i}"), ("Application", f"A{i}"), f"2026-11-0{i}")
  >     edge("SUBMITTED_FROM", ("Application", f"A{i}"), ("Device", "d1"), f"2026-11-0{i}")
  > for a, b in ((4, 5), (5, 6), (6, 4)):
  >     edge("GUARANTEES", ("Enterprise", f"E{a}"), ("Enterprise", f"E{b}"), "2026-01-05",
  >          amount_minor=100, currency="CNY")
  > END
  $ python3 book.py > book.ndjson
  $ ringfence --quiet import book.ndjson | sed 's/,"seconds".*//'
  {"nodes":11,"edges":11,"rejected":0

A dry run writes nothing; a run publishes; the next one keeps.

  $ ringfence --quiet retag --detectors D1,D7 --as-of 2026-11-21 --dry-run
  {"code":"SHARED_DEVICE","found":4,"added":4,"kept":0,"changed":0,"withdrawn":0}
  {"code":"CIRCULAR_GUARANTEE","found":3,"added":3,"kept":0,"changed":0,"withdrawn":0}
  {"code":"MUTUAL_GUARANTEE","found":0,"added":0,"kept":0,"changed":0,"withdrawn":0}
  $ ringfence tag list
  $ ringfence --quiet retag --detectors D1,D7 --as-of 2026-11-21
  {"code":"SHARED_DEVICE","found":4,"added":4,"kept":0,"changed":0,"withdrawn":0}
  {"code":"CIRCULAR_GUARANTEE","found":3,"added":3,"kept":0,"changed":0,"withdrawn":0}
  {"code":"MUTUAL_GUARANTEE","found":0,"added":0,"kept":0,"changed":0,"withdrawn":0}
  $ ringfence tag list
  {"subject":{"key":"E4","label":"Enterprise"},"code":"CIRCULAR_GUARANTEE","level":"attention","score":0.571428,"ring":"R-000002","state":"proposed","origin":"detector","first_seen":"2026-11-21T00:00:00Z"}
  {"subject":{"key":"E5","label":"Enterprise"},"code":"CIRCULAR_GUARANTEE","level":"attention","score":0.571428,"ring":"R-000002","state":"proposed","origin":"detector","first_seen":"2026-11-21T00:00:00Z"}
  {"subject":{"key":"E6","label":"Enterprise"},"code":"CIRCULAR_GUARANTEE","level":"attention","score":0.571428,"ring":"R-000002","state":"proposed","origin":"detector","first_seen":"2026-11-21T00:00:00Z"}
  {"subject":{"key":"E1","label":"Enterprise"},"code":"SHARED_DEVICE","level":"attention","score":0.475,"ring":"R-000001","state":"proposed","origin":"detector","first_seen":"2026-11-21T00:00:00Z"}
  {"subject":{"key":"E2","label":"Enterprise"},"code":"SHARED_DEVICE","level":"attention","score":0.475,"ring":"R-000001","state":"proposed","origin":"detector","first_seen":"2026-11-21T00:00:00Z"}
  {"subject":{"key":"E3","label":"Enterprise"},"code":"SHARED_DEVICE","level":"attention","score":0.475,"ring":"R-000001","state":"proposed","origin":"detector","first_seen":"2026-11-21T00:00:00Z"}
  {"subject":{"key":"E4","label":"Enterprise"},"code":"SHARED_DEVICE","level":"attention","score":0.475,"ring":"R-000001","state":"proposed","origin":"detector","first_seen":"2026-11-21T00:00:00Z"}
  $ ringfence tag list --code SHARED_DEVICE --format ndjson --limit 1
  note: only the first 1 are shown (--limit)
  {"subject":{"key":"E1","label":"Enterprise"},"code":"SHARED_DEVICE","level":"attention","score":0.475,"ring":"R-000001","state":"proposed","origin":"detector","first_seen":"2026-11-21T00:00:00Z"}
  $ ringfence tag export --canonical > first
  $ ringfence --quiet retag --detectors D1,D7 --as-of 2026-11-21
  {"code":"SHARED_DEVICE","found":4,"added":0,"kept":4,"changed":0,"withdrawn":0}
  {"code":"CIRCULAR_GUARANTEE","found":3,"added":0,"kept":3,"changed":0,"withdrawn":0}
  {"code":"MUTUAL_GUARANTEE","found":0,"added":0,"kept":0,"changed":0,"withdrawn":0}
  $ ringfence tag export --canonical | cmp - first
  $ ringfence --quiet retag --as-of 2026-11-20
  ringfence retag: T is 2026-11-20T00:00:00Z, and the published tags stand for 2026-11-21T00:00:00Z, which is later; --force goes back
  [1]
  $ ringfence --quiet retag --detectors D99
  ringfence retag: --detectors: there is no detector "D99"; ringfence detectors lists them
  ringfence retag --help explains its options.
  [2]
  $ ringfence --quiet retag --set SHARED_DEVICE.no_such=1
  ringfence retag: --set SHARED_DEVICE.no_such: no such parameter; there are: window_days, min_principals, alert_window_hours, alert_min_principals
  ringfence retag --help explains its options.
  [2]

Evidence is drawn as paths, a ring as a picture.

  $ ringfence tag show --format table E4
  Enterprise E4: CIRCULAR_GUARANTEE, attention, score 0.571, proposed, ring R-000002
    guarantees come back: E4 -> E5 -> E6 -> E4
    numbers: {"amount_min_minor_CNY":100,"amount_sum_minor_CNY":300,"length":3,"limit":6}
    by D7@3, run 1, seen from 2026-11-21 to 2026-11-21
      Enterprise E4 -[GUARANTEES 2026-01-05]-> Enterprise E5 -[GUARANTEES 2026-01-05]-> Enterprise E6 -[GUARANTEES 2026-01-05]-> Enterprise E4
  Enterprise E4: SHARED_DEVICE, attention, score 0.475, proposed, ring R-000001
    device d1 used by 4 unrelated applicants within 7 days (limit 3)
    numbers: {"limit":3,"principals":4,"window_days":7}
    by D1@2, run 1, seen from 2026-11-21 to 2026-11-21
      Enterprise E1 -[APPLIED 2026-11-01]-> Application A1 -[SUBMITTED_FROM 2026-11-01]-> Device d1
      Enterprise E2 -[APPLIED 2026-11-02]-> Application A2 -[SUBMITTED_FROM 2026-11-02]-> Device d1
      Enterprise E3 -[APPLIED 2026-11-03]-> Application A3 -[SUBMITTED_FROM 2026-11-03]-> Device d1
      Enterprise E4 -[APPLIED 2026-11-04]-> Application A4 -[SUBMITTED_FROM 2026-11-04]-> Device d1
  $ ringfence ring list --format table
  ring      code                size  event  run  numbers
  --------  ------------------  ----  -----  ---  -------
  R-000001  SHARED_DEVICE          4  born     1  {}
  R-000002  CIRCULAR_GUARANTEE     3  born     1  {}
  $ ringfence ring draw R-000002
  R-000002 CIRCULAR_GUARANTEE: 3 members in [ ], what ties them in ( )
  
  [Enterprise E4]
   |-- - GUARANTEES 2026-01-05 -> [Enterprise E5]
   `-- <- GUARANTEES 2026-01-05 - [Enterprise E6]
  [Enterprise E5]
   `-- - GUARANTEES 2026-01-05 -> [Enterprise E6]
  $ ringfence ring draw --as dot R-000002 | head -3
  digraph "R-000002" {
    rankdir=LR;
    n4 [label="Enterprise E4", shape=box, style=bold];
  $ ringfence ring show R-000009
  ringfence ring show: there is no ring R-000009; `ring list` shows those there are
  [1]
  $ ringfence ring show X
  ringfence ring show: there is no ring X; `ring list` shows those there are
  [1]
  $ ringfence tag list --ring R-000009
  ringfence tag list: there is no ring R-000009; `ring list` shows those there are
  [1]
  $ ringfence tag list --changed-in 99
  ringfence tag list: --changed-in: there is no run 99; `retag runs` lists them
  [1]
  $ ringfence ring list --code GUARANTEE_LOOPS
  ringfence ring list: no detector finds the code "GUARANTEE_LOOPS" and no tag has it; `ringfence detectors` lists the codes
  [1]
  $ ringfence ring list --limit 1 --format csv
  note: only the first 1 are shown (--limit)
  ring,code,size,event,run,numbers\r
  R-000001,SHARED_DEVICE,4,born,1,{}\r
  $ ringfence tag list --code SHARED
  ringfence tag list: no detector finds the code "SHARED" and no tag has it; `ringfence detectors` lists the codes
  [1]
  $ ringfence tag show --format json E4 | python3 -c 'import json, sys; print([tag["code"] for tag in json.load(sys.stdin)])'
  ['CIRCULAR_GUARANTEE', 'SHARED_DEVICE']
  $ ringfence tag show --code SHARED E4
  ringfence tag show: no detector finds the code "SHARED" and no tag has it; `ringfence detectors` lists the codes
  [1]
  $ ringfence tag show --code DENSE_BLOCK E4
  note: E4 has no tag DENSE_BLOCK
  $ ringfence tag history E4 SHARED
  ringfence tag history: no detector finds the code "SHARED" and no tag has it; `ringfence detectors` lists the codes
  [1]

People decide; a retag does not overwrite them.

  $ ringfence tag dismiss E1 SHARED_DEVICE
  ringfence tag dismiss: say who decides: --by NAME
  ringfence tag dismiss --help explains its options.
  [2]
  $ ringfence --quiet tag dismiss --by "Li Na" --note "shop counter tablet" E1 SHARED_DEVICE
  $ ringfence --quiet tag confirm --by "Li Na" --note "same handset" E2 SHARED_DEVICE
  $ ringfence --quiet tag confirm --by "Li Na" --note "no" E6 SHARED_DEVICE
  ringfence tag confirm: E6 has no tag SHARED_DEVICE; `tag show E6` lists those it has
  [1]
  $ ringfence tag dismiss --by "Li Na" --note "no" E1 SHARED_DEVICES
  ringfence tag dismiss: no detector finds the code "SHARED_DEVICES" and no tag has it; `ringfence detectors` lists the codes
  [1]
  $ ringfence tag confirm --by "Li Na" --note "no" E99 SHARED_DEVICE
  ringfence tag confirm: nobody and nothing has the key "E99"; a label may stand before it, as in Enterprise:KEY
  [1]
  $ ringfence --quiet retag --detectors D1 --as-of 2026-11-21
  {"code":"SHARED_DEVICE","found":4,"added":0,"kept":4,"changed":0,"withdrawn":0}
  $ ringfence tag list --code SHARED_DEVICE --all --format csv | cut -d, -f1,6
  subject,state
  Enterprise E1,dismissed
  Enterprise E2,confirmed
  Enterprise E3,proposed
  Enterprise E4,proposed

When evidence goes the tag is withdrawn, and says why.

  $ cat > close.ndjson <<'END'
  > {"op":"close","type":"GUARANTEES","from":{"label":"Enterprise","key":"E6"},"to":{"label":"Enterprise","key":"E4"},"edge_key":"k","valid_to":"2026-11-10"}
  > END
  $ ringfence --quiet import close.ndjson | sed 's/,"seconds".*//'
  {"nodes":0,"edges":0,"rejected":0
  $ ringfence --quiet retag --detectors D7 --as-of 2026-11-21 --max-change 10
  {"code":"CIRCULAR_GUARANTEE","found":0,"added":0,"kept":0,"changed":0,"withdrawn":3}
  {"code":"MUTUAL_GUARANTEE","found":0,"added":0,"kept":0,"changed":0,"withdrawn":0}
  ringfence retag: 3 of 3 tags (100.0 %) would change, more than --max-change 10; nothing was published
  [5]
  $ ringfence --quiet retag --detectors D7 --as-of 2026-11-21
  {"code":"CIRCULAR_GUARANTEE","found":0,"added":0,"kept":0,"changed":0,"withdrawn":3}
  {"code":"MUTUAL_GUARANTEE","found":0,"added":0,"kept":0,"changed":0,"withdrawn":0}
  $ ringfence tag list --code CIRCULAR_GUARANTEE
  $ ringfence tag history E5 CIRCULAR_GUARANTEE --format csv | cut -d, -f2-
  what,level,score,ring,run,by,why\r
  found,attention,0.571428,R-000002,1,D7@3,guarantees come back: E4 -> E5 -> E6 -> E4\r
  withdrawn,attention,0.571428,R-000002,4,D7@3,1 of the 3 relations that supported it went: GUARANTEES E6 -> E4 ended on 2026-11-10\r
  $ ringfence tag history E5 --format csv | cut -d, -f1,3-
  code,what,level,score,ring,run,by,why\r
  CIRCULAR_GUARANTEE,found,attention,0.571428,R-000002,1,D7@3,guarantees come back: E4 -> E5 -> E6 -> E4\r
  CIRCULAR_GUARANTEE,withdrawn,attention,0.571428,R-000002,4,D7@3,1 of the 3 relations that supported it went: GUARANTEES E6 -> E4 ended on 2026-11-10\r
  $ ringfence ring history R-000002 --format csv | cut -d, -f1,3-
  run,event,size,joined,left,relatives\r
  1,born,3,"[""Enterprise E4"",""Enterprise E5"",""Enterprise E6""]",[],[]\r
  4,dissolved,0,[],"[""Enterprise E4"",""Enterprise E5"",""Enterprise E6""]",[]\r
  $ ringfence ring history R-000002 --format table | grep -v ^- | sed 's/20[^ ]*/AT/; s/ *$//' | tr -s ' '
  run at event size joined left relatives
   1 AT born 3 Enterprise E4, Enterprise E5, Enterprise E6
   4 AT dissolved 0 Enterprise E4, Enterprise E5, Enterprise E6

What a terminal of another encoding sends is refused, not stored: a dump of it could not be loaded.

  $ ringfence tag dismiss --by "Wang Wei" --note "$(printf '\xcd\xac\xd2\xe2')" E4 CIRCULAR_GUARANTEE
  ringfence tag dismiss: --note: its argument is not UTF-8: set the terminal so
  ringfence tag dismiss --help explains its options.
  [2]
  $ ringfence class set E4 "$(printf 'caf\xe9')" 2>&1 | head -1
  ringfence class set: argument 2 is not UTF-8: set the terminal so

A tag by hand that would never hold, and slips in what it says.

  $ ringfence tag add --by "Li Na" --note "late" --expires 2020-01-01 E3 EMPTY_OFFICE 2>&1 | head -1
  ringfence tag add: --expires lies in the past
  $ ringfence tag add --by "Li Na" --note "slip" --level big E3 EMPTY_OFFICE
  ringfence tag add: --level: "big" is not a level: expected alert, attention or hint
  ringfence tag add --help explains its options.
  [2]
  $ ringfence tag add --by "Li Na" --note "slip" E3 "empty office" 2>&1 | head -1
  ringfence tag add: CODE: "empty office" is not a signal code: expected capitals, digits and _, as in SHARED_DEVICE

A share of changes is 0 or more: a slip of the pen does not lift the limit.

  $ ringfence retag --as-of 2026-11-01 --max-change -10
  ringfence retag: --max-change: -10 is no share: expected a number of per cent, 0 or more
  ringfence retag --help explains its options.
  [2]

A run can be taken back; what people said stays.

  $ ringfence --quiet retag undo 4
  {"code":"CIRCULAR_GUARANTEE","found":3,"added":3,"kept":0,"changed":0,"withdrawn":0}
  $ ringfence --quiet retag undo --by "Wang Wei" 4
  ringfence retag undo: run 4 was followed by others up to 5; --force takes them all back
  [1]
  $ ringfence --quiet retag undo 6
  ringfence retag undo: there is no run 6; `retag runs` lists them
  [1]
  $ ringfence tag list --code CIRCULAR_GUARANTEE --format csv | cut -d, -f1-6
  subject,code,level,score,ring,state
  Enterprise E4,CIRCULAR_GUARANTEE,attention,0.571428,R-000002,proposed
  Enterprise E5,CIRCULAR_GUARANTEE,attention,0.571428,R-000002,proposed
  Enterprise E6,CIRCULAR_GUARANTEE,attention,0.571428,R-000002,proposed
  $ ringfence tag list --state dismissed --format csv | cut -d, -f1-6
  subject,code,level,score,ring,state
  Enterprise E1,SHARED_DEVICE,attention,0.475,R-000001,dismissed
  $ ringfence retag runs --format csv | cut -d, -f1-3,7-12
  run,kind,as_of,found,added,kept,changed,withdrawn,undoes
  1,retag,2026-11-21T00:00:00Z,7,7,0,0,0,
  2,retag,2026-11-21T00:00:00Z,7,0,7,0,0,
  3,retag,2026-11-21T00:00:00Z,4,0,4,0,0,
  4,retag,2026-11-21T00:00:00Z,0,0,0,0,3,
  5,undo,2026-11-21T00:00:00Z,3,3,0,0,0,4

Labels of other systems, and a person's own.

  $ cat > court.csv <<'END'
  > label,key,note,expires
  > Enterprise,E6,judgement 2026-117,2999-01-01
  > Enterprise,E5,old matter,2020-01-01
  > END
  $ ringfence tag import --source court --code COURT_LIST court.csv
  {"added":2,"changed":0,"kept":0,"rejected":0,"run":6}
  $ ringfence tag import --source court --code COURT_LIST court.csv
  {"added":0,"changed":0,"kept":2,"rejected":0,"run":null}
  $ ringfence tag list --code COURT_LIST --all --format csv | cut -d, -f1-7
  subject,code,level,score,ring,state,origin
  Enterprise E5,COURT_LIST,alert,1.0,,expired,import
  Enterprise E6,COURT_LIST,alert,1.0,,confirmed,import
  $ echo '{"subject":{"label":"Enterprise","key":"E99"},"code":"X"}' > bad.ndjson
  $ ringfence tag import --source other bad.ndjson
  warning: bad.ndjson:1: the graph has no Enterprise E99
  ringfence tag import: bad.ndjson: 1 row was rejected, more than --max-errors 0; nothing was published
  [4]
  $ printf 'label,\377\n' > bad.csv
  $ ringfence tag import --source other --code X bad.csv
  ringfence tag import: bad.csv:1: byte 6 is not UTF-8
  [4]
  $ ringfence --quiet tag add --by "Li Na" --note "site visit: empty office" --level alert E3 EMPTY_OFFICE
  $ ringfence tag show --code EMPTY_OFFICE --format table E3 | sed 's/20[0-9-]*/DATE/g'
  Enterprise E3: EMPTY_OFFICE, alert, score 0.500, confirmed
    by Li Na: site visit: empty office, seen from DATE to DATE

Allow and block entries.

  $ ringfence allow add --by "Li Na" --reason "branch tablet" --code shared_device E3
  ringfence allow add: --code: "shared_device" is not a signal code: expected capitals, digits and _, as in SHARED_DEVICE
  ringfence allow add --help explains its options.
  [2]
  $ ringfence allow add --by "Li Na" --reason "branch tablet" --code SHARED_DEVICE E3
  {"entry":4}
  $ ringfence block add --by "Li Na" --reason "forged papers" E2
  {"entry":5}
  $ ringfence allow list --format csv | cut -d, -f1-5,7-
  entry,subject,code,by,reason,until,state\r
  4,Enterprise E3,SHARED_DEVICE,Li Na,branch tablet,,in force\r
  $ ringfence block end --by "Li Na" --reason "cleared" 99
  ringfence block end: there is no block entry 99; `block list` shows them
  [1]
  $ ringfence block end --by "Li Na" --reason "cleared" 6
  ringfence block end: there is no block entry 6; `block list` shows them
  [1]
  $ ringfence block list --all --format csv | cut -d, -f1-5,7-
  entry,subject,code,by,reason,until,state\r
  5,Enterprise E2,all,Li Na,forged papers,,in force\r

And nothing is wrong in the store.

  $ ringfence --quiet check
  $ ringfence allow add --by "Li Na" --reason "new list" --code NEW_LIST E3
  warning: no detector finds the code "NEW_LIST" and no tag has it; `ringfence detectors` lists the codes
  {"entry":6}

Who is deleted keeps his tags, under the last name that was known.

  $ cat > gone.ndjson <<'END'
  > {"op":"node","label":"Person","key":"G1","valid_from":"2020-01-01","properties":{"gone":1}}
  > {"op":"node","label":"Person","key":"G1","valid_from":"2021-01-01","properties":{"gone":2}}
  > END
  $ ringfence --quiet apply gone.ndjson > answers && grep -c '"ok"' answers
  2
  $ ringfence --quiet tag add --by "Li Na" --note "seen" G1 GONE_NOW
  $ ringfence --quiet query --write 'MATCH (n:Person {gone: 2}) DELETE n'
  $ ringfence tag list --code GONE_NOW --label Person | cut -d, -f1-4
  {"subject":{"key":"G1","label":"Person"},"code":"GONE_NOW","level":"attention"
  $ ringfence --quiet check
