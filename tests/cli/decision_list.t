The log's records, and those that are asked for.

  $ ringfence --quiet init
  $ for i in 1 2 3 4 5; do echo "{\"application_id\":\"A-$((i % 2))\",\"idempotency_key\":\"$i\",\"time\":\"2026-11-21T08:00:0${i}Z\",\"enterprise\":\"E$i\"}"; done | ringfence screen > answers
  $ seqs() { ringfence decision list --format csv "$@" | tail -n +2 | cut -d, -f1,3 | xargs; }
  $ seqs
  1,A-1 2,A-0 3,A-1 4,A-0 5,A-1

A limit shows the newest, in the same order.

  $ seqs --limit 2
  note: only the newest 2 are shown (--limit)
  4,A-0 5,A-1
  $ seqs --limit 5
  1,A-1 2,A-0 3,A-1 4,A-0 5,A-1
  $ seqs --limit 9
  1,A-1 2,A-0 3,A-1 4,A-0 5,A-1
  $ seqs --application A-1
  1,A-1 3,A-1 5,A-1
  $ seqs --application A-1 --limit 1
  note: only the newest 1 are shown (--limit)
  5,A-1
  $ seqs --application A-1 --limit 3
  1,A-1 3,A-1 5,A-1
  $ seqs --application A-7
  
  $ seqs --decision reject --limit 1
  
  $ since=$(ringfence decision list --format csv | sed -n '5s/.*,\(20[^,]*\),.*/\1/p')
  $ seqs --since "$since" --limit 2
  4,A-0 5,A-1
  $ seqs --decision pass --limit 1
  note: only the newest 1 are shown (--limit)
  5,A-1
  $ seqs --since 2100-01-01
  
  $ ringfence decision list --decision maybe
  ringfence decision list: --decision: "maybe" is not a decision: expected pass, review or reject
  ringfence decision list --help explains its options.
  [2]
  $ ringfence decision override --by me --reason because A-1 maybe
  ringfence decision override: "maybe" is not a decision: expected pass, review or reject
  ringfence decision override --help explains its options.
  [2]
