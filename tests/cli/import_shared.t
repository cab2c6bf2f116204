Real files that nobody here wrote, imported as they are.

  $ [ -n "$RINGFENCE_SHARED" ] || exit 80
  $ export RINGFENCE_DB=g.db
  $ ringfence init -q
  $ ringfence import -q "$RINGFENCE_SHARED/data/a-share-executives" | sed 's/"seconds":.*//'
  {"nodes":24272,"edges":37125,"rejected":0,
  $ ringfence import -q "$RINGFENCE_SHARED/data/a-share-executives" | sed 's/"seconds":.*//'
  {"nodes":0,"edges":0,"rejected":0,
  $ ringfence entity 601058 | grep -o '"name":"[^"]*"' | head -1
  "name":"赛轮金宇"

FinBench through its mapping: all 18 files, every column.

  $ export RINGFENCE_DB=f.db
  $ ringfence init -q
  $ ringfence import --mapping "$ROOT/data/finbench/mapping.yaml" "$RINGFENCE_SHARED/data/finbench-sf0.01/snapshot" | sed 's/"seconds":.*//'
  {"nodes":5580,"edges":31301,"rejected":0,
  $ ringfence import --mapping "$ROOT/data/finbench/mapping.yaml" "$RINGFENCE_SHARED/data/finbench-sf0.01/snapshot" | sed 's/"seconds":.*//'
  {"nodes":0,"edges":0,"rejected":0,
