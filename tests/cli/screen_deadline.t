A deadline leaves out whole probes, which are named: such an answer is never pass.

  $ ringfence --quiet init
  $ echo '{"application_id":"A-1","time":"2026-11-21T08:00:00Z","enterprise":{"key":"E1"},"devices":["D9"]}' > one
  $ ringfence screen --no-record --deadline 1h one | python3 -c "
  > import json, sys
  > a = json.loads(sys.stdin.readline())
  > print(a['decision'], a['partial'], 'skipped' in a)"
  pass False False
  $ ringfence screen --no-record --deadline 0.000001 one | python3 -c "
  > import json, sys
  > a = json.loads(sys.stdin.readline())
  > print(a['decision'], a['score'], a['partial'], a['truncated'], a['skipped'])"
  review 0 True False ['D18', 'D5', 'D1', 'D2', 'D3', 'D7', 'D11', 'D13', 'D14', 'D16', 'D17', 'D9', 'D4', 'D12', 'D8']
  $ ringfence screen --no-record --deadline 0.000001 --format table one | sed 's/decision [0-9a-f]* by .*/.../'
  A-1: review, score 0
    partial: the deadline left out D18, D5, D1, D2, D3, D7, D11, D13, D14, D16, D17, D9, D4, D12, D8
    ...
  $ ringfence screen --deadline soon one
  ringfence screen: --deadline: "soon" is not a duration: expected 500ms, 2s, 5m or 1h
  ringfence screen --help explains its options.
  [2]

What was left out is in the log, so that the decision can be made again.

  $ ringfence screen --deadline 0.000001 one > partly
  $ ringfence replay $(python3 -c "import json; print(json.load(open('partly'))['decision_id'])") | sed 's/"decision_id":"[0-9a-f]*"/"decision_id":"-"/'
  {"decision_id":"-","identical":true}

What the policy says of it holds.

  $ ringfence --quiet policy show | sed 's/on_partial: review/on_partial: reject/' > hard.yaml
  $ ringfence screen --no-record --deadline 0.000001 --policy hard.yaml --format table one | head -1
  A-1: reject, score 0
