One node with all that is known of it.

  $ ringfence init --quiet
  $ cat > book.ndjson <<'END'
  > {"op":"node","label":"Enterprise","key":"C1","properties":{"name":"深圳远图","net_assets_minor":5000}}
  > {"op":"node","label":"Enterprise","key":"C2"}
  > {"op":"node","label":"Phone","key":"138 0000 0000"}
  > {"op":"node","label":"Loan","key":"C1"}
  > {"op":"edge","type":"HAS_PHONE","from":{"label":"Enterprise","key":"C1"},"to":{"label":"Phone","key":"13800000000"},"valid_from":"2024-01-01","properties":{"role":"legal_rep"}}
  > {"op":"edge","type":"GUARANTEES","from":{"label":"Enterprise","key":"C2"},"to":{"label":"Enterprise","key":"C1"},"valid_from":"2024-03-01","valid_to":"2025-03-01","properties":{"amount_minor":100}}
  > END
  $ ringfence import --quiet book.ndjson | sed 's/"seconds".*/.../'
  {"nodes":4,"edges":2,"rejected":0,...
  $ ringfence entity --as-of 2024-06-01 Enterprise:C1
  {"labels":["Enterprise"],"key":"C1","properties":{"name":"深圳远图","net_assets_minor":5000},"tags":[],"edges":[{"type":"HAS_PHONE","direction":"out","other":{"key":"+8613800000000","label":"Phone"},"valid_from":"2024-01-01T00:00:00Z","valid_to":null,"properties":{"role":"legal_rep"}},{"type":"GUARANTEES","direction":"in","other":{"key":"C2","label":"Enterprise"},"valid_from":"2024-03-01T00:00:00Z","valid_to":"2025-03-01T00:00:00Z","properties":{"amount_minor":100}}],"truncated":false}
  $ ringfence entity --as-of 2024-06-01 --format table Enterprise:C1
  Enterprise C1
  
  property          value
  ----------------  --------
  name              深圳远图
  net_assets_minor  5000
  
  no tags
  
  type        direction  other                 valid_from            valid_to              properties
  ----------  ---------  --------------------  --------------------  --------------------  --------------------
  HAS_PHONE   out        Phone +8613800000000  2024-01-01T00:00:00Z                        {"role":"legal_rep"}
  GUARANTEES  in         Enterprise C2         2024-03-01T00:00:00Z  2025-03-01T00:00:00Z  {"amount_minor":100}

Later the guarantee is over; before it began it was not there either.

  $ ringfence entity --as-of 2026-01-01 --format csv Enterprise:C1
  type,direction,other,valid_from,valid_to,properties\r
  HAS_PHONE,out,Phone +8613800000000,2024-01-01T00:00:00Z,,"{""role"":""legal_rep""}"\r
  $ ringfence entity --as-of 2024-02-01 --format csv Enterprise:C1
  type,direction,other,valid_from,valid_to,properties\r
  HAS_PHONE,out,Phone +8613800000000,2024-01-01T00:00:00Z,,"{""role"":""legal_rep""}"\r

A phone in any of its spellings, two nodes with one key, a limit, and nobody.

  $ ringfence entity --as-of 2024-06-01 '+86 (138) 0000-0000' | grep -o '"key":"+[0-9]*"' | head -1
  "key":"+8613800000000"
  $ ringfence entity --as-of 2024-06-01 C1 | cut -c 1-40
  {"labels":["Enterprise"],"key":"C1","pro
  {"labels":["Loan"],"key":"C1","propertie

With --format json they are one document, a list, also where there is one.

  $ ringfence entity --as-of 2024-06-01 --format json C1 | python3 -c 'import json,sys; print([n["labels"][0] for n in json.load(sys.stdin)])'
  ['Enterprise', 'Loan']
  $ ringfence entity --as-of 2024-06-01 --format json Loan:C1
  [{"labels":["Loan"],"key":"C1","properties":{},"tags":[],"edges":[],"truncated":false}]
  $ ringfence entity --as-of 2024-06-01 --limit 1 Enterprise:C1 | grep -o '"truncated":[a-z]*'
  "truncated":true
  $ ringfence entity Loan:C2
  ringfence entity: nobody and nothing has the key "Loan:C2"; without the label, the key is looked for under all
  [1]
  $ ringfence entity --as-of yesterday C1
  ringfence entity: --as-of: "yesterday" is not a time: expected RFC 3339, as in 2026-11-21T08:00:00Z, or a date, as in 2026-11-21
  ringfence entity --help explains its options.
  [2]
