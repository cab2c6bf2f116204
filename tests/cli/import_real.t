Real data, where it is at hand: company data of listed firms, and the LDBC FinBench snapshot.

  $ [ -d "${RINGFENCE_SHARED:-/nowhere}/data" ] || exit 80
  $ ringfence init --quiet
  $ ringfence import --quiet "$RINGFENCE_SHARED/data/a-share-executives" | sed 's/"seconds".*/.../'
  {"nodes":24272,"edges":37125,"rejected":0,...
  $ ringfence import --quiet "$RINGFENCE_SHARED/data/a-share-executives" | sed 's/"seconds".*/.../'
  {"nodes":0,"edges":0,"rejected":0,...

  $ ringfence --db finbench init --quiet
  $ ringfence --db finbench import --quiet --mapping "$ROOT/data/finbench/mapping.yaml" "$RINGFENCE_SHARED/data/finbench-sf0.01/snapshot" | sed 's/"seconds".*/.../'
  {"nodes":5580,"edges":31301,"rejected":0,...
  $ ringfence --db finbench import --quiet --mapping "$ROOT/data/finbench/mapping.yaml" "$RINGFENCE_SHARED/data/finbench-sf0.01/snapshot" | sed 's/"seconds".*/.../'
  {"nodes":0,"edges":0,"rejected":0,...
