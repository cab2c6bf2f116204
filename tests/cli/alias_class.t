A second key leads to the same node; two nodes become one party.

  $ export RINGFENCE_DB=g.db
  $ ringfence init -q
  $ cat > e.ndjson <<'X'
  > {"op":"node","label":"Enterprise","key":"91350100M000100Y43","properties":{"name":"A"}}
  > {"op":"node","label":"Enterprise","key":"cust-7","properties":{"name":"a","industry":"F51"}}
  > {"op":"node","label":"Enterprise","key":"b"}
  > {"op":"node","label":"Phone","key":"13800000000"}
  > {"op":"edge","type":"GUARANTEES","from":{"label":"Enterprise","key":"cust-7"},"to":{"label":"Enterprise","key":"b"},"edge_key":"c1","valid_from":"2025-01-01","properties":{"amount_minor":5}}
  > {"op":"edge","type":"INVESTS","from":{"label":"Enterprise","key":"cust-7"},"to":{"label":"Enterprise","key":"91350100M000100Y43"},"properties":{"ratio":0.5}}
  > {"op":"edge","type":"HAS_PHONE","from":{"label":"Enterprise","key":"91350100M000100Y43"},"to":{"label":"Phone","key":"13800000000"}}
  > X
  $ ringfence apply -q e.ndjson | grep -c ok
  7
  $ ringfence alias 91350100m000100y43 old-1
  $ ringfence alias cust-7 old-7
  $ ringfence alias 91350100M000100Y43 cust-7
  note: two nodes became one: 1 edge went over, 1 between the two ended
  $ for k in 91350100M000100Y43 CUST-7 old-1 old-7; do ringfence entity Enterprise:$k | md5sum; done | sort -u | wc -l
  1
  $ ringfence entity old-7
  {"labels":["Enterprise"],"key":"91350100M000100Y43","properties":{"industry":"F51","name":"A"},"tags":[],"edges":[{"type":"HAS_PHONE","direction":"out","other":{"key":"+8613800000000","label":"Phone"},"valid_from":null,"valid_to":null,"properties":{}},{"type":"GUARANTEES","direction":"out","other":{"key":"B","label":"Enterprise"},"valid_from":"2025-01-01T00:00:00Z","valid_to":null,"properties":{"amount_minor":5}}],"truncated":false}
  $ ringfence alias cust-7 91350100M000100Y43
  $ ringfence check -q && echo sound
  sound
  $ echo '{"op":"node","label":"Enterprise","key":"cust-7","properties":{"status":"x"}}' | ringfence apply -q
  {"line":1,"status":"ok"}
  $ ringfence stats --format csv | grep ',Enterprise,'
  label,Enterprise,2,\r
  $ ringfence alias b 13800000000
  ringfence alias: only two nodes with keys of one label can be one party
  [4]
  $ ringfence alias nobody b
  ringfence alias: nobody and nothing has the key "nobody"; a label may stand before it, as in Enterprise:KEY
  [1]
  $ ringfence alias b Phone:+8613900000000
  ringfence alias: Phone:+8613900000000 has another label than the node it should lead to
  [4]

Classes, and the caps that hold.

  $ ringfence class set 13800000000 accounting_firm
  $ ringfence class set 13800000000 accounting_firm
  note: nothing changed
  $ ringfence class set b guarantee_company
  note: the schema gives the class guarantee_company no caps: those of its kind hold
  $ ringfence class list --format csv
  subject,class,candidate_cap,evidence_cap\r
  Enterprise B,guarantee_company,,\r
  Phone +8613800000000,accounting_firm,0,0\r
  $ ringfence class end 13800000000
  $ ringfence class list --format ndjson
  {"subject":{"key":"B","label":"Enterprise"},"class":"guarantee_company","candidate_cap":null,"evidence_cap":null}
  $ ringfence check -q && echo sound
  sound

Who was deleted keeps the key, but has no class and is no party with another.

  $ echo '{"op":"node","label":"Enterprise","key":"GONE","properties":{"gone":1}}' | ringfence -q apply - > answers
  $ ringfence -q query --write 'MATCH (n:Enterprise {gone: 1}) DELETE n'
  $ ringfence class set gone guarantee_company
  ringfence class set: "gone" was deleted; an event or import that names it brings it back
  [1]
  $ ringfence alias gone NEW
  ringfence alias: "gone" was deleted; an event or import that names it brings it back
  [1]
  $ ringfence alias b gone
  ringfence alias: "gone" was deleted; an event or import that names it brings it back
  [1]
