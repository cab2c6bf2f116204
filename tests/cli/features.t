Features of parties, as of a moment.

  $ ringfence init --quiet
  $ cat > book.ndjson <<'END'
  > {"op":"node","label":"Enterprise","key":"E1","observed_at":"2026-01-01","properties":{"net_assets_minor":1000,"registered_on":"2020-01-01"}}
  > {"op":"node","label":"Enterprise","key":"E2","observed_at":"2026-01-01","properties":{}}
  > {"op":"node","label":"Enterprise","key":"E3","observed_at":"2026-01-01","properties":{}}
  > {"op":"node","label":"Device","key":"d1","observed_at":"2026-01-01"}
  > {"op":"node","label":"Application","key":"A1","observed_at":"2026-05-01","properties":{"lender":"B1","amount_minor":50}}
  > {"op":"node","label":"Application","key":"A2","observed_at":"2026-05-10","properties":{"lender":"B2","amount_minor":70}}
  > {"op":"node","label":"Loan","key":"L1","observed_at":"2026-02-01","properties":{"amount_minor":500,"overdue_since":"2026-04-01"}}
  > {"op":"edge","type":"APPLIED","from":{"label":"Enterprise","key":"E1"},"to":{"label":"Application","key":"A1"},"valid_from":"2026-05-01","observed_at":"2026-05-01"}
  > {"op":"edge","type":"SUBMITTED_FROM","from":{"label":"Application","key":"A1"},"to":{"label":"Device","key":"d1"},"valid_from":"2026-05-01","observed_at":"2026-05-01"}
  > {"op":"edge","type":"APPLIED","from":{"label":"Enterprise","key":"E2"},"to":{"label":"Application","key":"A2"},"valid_from":"2026-05-10","observed_at":"2026-05-10"}
  > {"op":"edge","type":"SUBMITTED_FROM","from":{"label":"Application","key":"A2"},"to":{"label":"Device","key":"d1"},"valid_from":"2026-05-10","observed_at":"2026-05-10"}
  > {"op":"edge","type":"GUARANTEES","from":{"label":"Enterprise","key":"E1"},"to":{"label":"Enterprise","key":"E3"},"valid_from":"2026-03-01","observed_at":"2026-05-05","properties":{"amount_minor":250,"currency":"CNY"}}
  > {"op":"edge","type":"BORROWED","from":{"label":"Enterprise","key":"E3"},"to":{"label":"Loan","key":"L1"},"valid_from":"2026-02-01","observed_at":"2026-02-01"}
  > END
  $ ringfence import --quiet book.ndjson | sed 's/,"seconds.*//'
  {"nodes":7,"edges":6,"rejected":0

  $ pick() { python3 -c "import csv,sys
  > for r in csv.DictReader(sys.stdin): print(*(f'{n}={r[n]}' for n in sys.argv[1:]))" "$@"; }
  $ ringfence features --as-of 2026-05-15 --format csv | tee all.csv | pick key applications_30d applied_minor_90d device_sharers_30d neighbours_365d distance_overdue_365d contagion_score_365d
  key=E1 applications_30d=1 applied_minor_90d=50 device_sharers_30d=1 neighbours_365d=2 distance_overdue_365d=1 contagion_score_365d=0.699166
  key=E2 applications_30d=1 applied_minor_90d=70 device_sharers_30d=1 neighbours_365d=1 distance_overdue_365d=2 contagion_score_365d=0.477244
  key=E3 applications_30d=0 applied_minor_90d=0 device_sharers_30d=0 neighbours_365d=1 distance_overdue_365d=0 contagion_score_365d=1.0
  $ pick key guarantees_out guarantee_out_minor guarantee_to_assets guarantee_depth_in age_days loans_overdue overdue_days < all.csv
  key=E1 guarantees_out=1 guarantee_out_minor=250 guarantee_to_assets=0.25 guarantee_depth_in=0 age_days=2326 loans_overdue=0 overdue_days=
  key=E2 guarantees_out=0 guarantee_out_minor=0 guarantee_to_assets= guarantee_depth_in=0 age_days= loans_overdue=0 overdue_days=
  key=E3 guarantees_out=0 guarantee_out_minor=0 guarantee_to_assets= guarantee_depth_in=1 age_days= loans_overdue=1 overdue_days=44

A row of one party is its row among all.

  $ ringfence features --as-of 2026-05-15 --format csv E2 | cmp - <(grep -e ^label -e ,E2, all.csv)

Per application: A1 came before E2's, and before the guarantee was known, though it is dated earlier.

  $ printf 'A1\n\n{"application_id":"A2","lender":"B2"}\n' > list
  $ ringfence features --applications list --format csv | pick key application as_of known_at device_sharers_30d guarantees_out distance_overdue_365d
  key=E1 application=A1 as_of=2026-05-01T00:00:00Z known_at=2026-05-01T00:00:00Z device_sharers_30d=0 guarantees_out=0 distance_overdue_365d=
  key=E2 application=A2 as_of=2026-05-10T00:00:00Z known_at=2026-05-10T00:00:00Z device_sharers_30d=1 guarantees_out=0 distance_overdue_365d=2
  $ echo A1 | ringfence features --applications - --known-at 2026-06-01 --format csv | pick device_sharers_30d guarantees_out distance_overdue_365d
  note: 1 of 1 application was learnt of more than a day late (a history loaded later): such rows know what was loaded by then; --known-at sets another moment
  device_sharers_30d=0 guarantees_out=1 distance_overdue_365d=1

Tags and rings count once they were published for a moment that is not later.

  $ ringfence retag --as-of 2026-05-12 --set D1.min_principals=2 --set D1.window_days=14 --detectors D1 --quiet > /dev/null
  $ ringfence features --as-of 2026-05-15 --format csv | pick key level_shared_device rings ring_size_max
  key=E1 level_shared_device=2 rings=1 ring_size_max=2
  key=E2 level_shared_device=2 rings=1 ring_size_max=2
  key=E3 level_shared_device=0 rings=0 ring_size_max=
  $ ringfence features --as-of 2026-05-11 --format csv E1 | pick level_shared_device rings
  level_shared_device=0 rings=0
  $ ringfence tag add --by Li --note seen --level alert E2 SHARED_DEVICE > /dev/null
  entry 1
  $ ringfence features --as-of 2026-05-15 --format csv E2 E3 | pick key level_shared_device blocked distance_blocked_365d
  key=E2 level_shared_device=3 blocked=1 distance_blocked_365d=0
  key=E3 level_shared_device=0 blocked=0 distance_blocked_365d=2
  $ ringfence features --as-of 2026-05-15 --known-at 2026-05-15 --format csv E2 | pick key level_shared_device blocked
  key=E2 level_shared_device=0 blocked=0

What can not be had is said.

  $ printf 'A9\n{"x":1}\nA2\n' | ringfence features --applications - --format csv | pick key
  warning: standard input:1: there is no application "A9"; the line is left out
  warning: standard input:2: the object has no text "application_id"; the line is left out
  key=E2
  $ echo A9 | ringfence features --applications - --format csv > /dev/null
  warning: standard input:1: there is no application "A9"; the line is left out
  [4]
  $ ringfence features --as-of 2026-05-15 --max-reads 2 --format csv E2 | pick truncated
  warning: 1 row was cut by a bound: truncated is 1 there
  truncated=1
  $ ringfence features --quiet --as-of 2026-05-15 --max-reads 2 --strict E2 > /dev/null
  warning: 1 row was cut by a bound: truncated is 1 there
  [6]
  $ ringfence features --label Device
  ringfence features: --label Device: not a label of principals in this graph's schema
  ringfence features --help explains its options.
  [2]
  $ ringfence features --applications list E1
  ringfence features: --applications and ENTITY exclude each other
  ringfence features --help explains its options.
  [2]
  $ ringfence features --dictionary --format csv | sed -n '1p; /contagion/p'
  name,type,unit,window_days,meaning\r
  contagion_score_365d,share,probability,365,"probability that a walk over neighbours, by weight of the tie and going on with 0.85, meets a bad party within 3 hops; 1 where it is bad itself"\r
  level_risk_contagion,whole,level,,"its live tag RISK_CONTAGION: 0 none, 1 hint, 2 attention, 3 alert"\r

An application that was deleted is no application.

  $ echo '{"op":"node","label":"Application","key":"GONE","properties":{"gone":1}}' | ringfence -q apply - > answers
  $ ringfence -q query --write 'MATCH (n:Application {gone: 1}) DELETE n'
  $ echo GONE | ringfence features --applications -
  warning: standard input:1: application "GONE" has no applicant with a date; the line is left out
  [4]
