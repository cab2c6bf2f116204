Past applications decided again under two policies, each at its own moment.

  $ ringfence --quiet init
  $ app() { echo "{\"op\":\"node\",\"label\":\"Enterprise\",\"key\":\"E$1\",\"observed_at\":\"$2\"}
  > {\"op\":\"node\",\"label\":\"Application\",\"key\":\"A$1\",\"observed_at\":\"$2\",\"properties\":{\"applied_at\":\"$2\",\"product\":\"quick\"$3}}
  > {\"op\":\"node\",\"label\":\"Device\",\"key\":\"d1\",\"observed_at\":\"$2\"}
  > {\"op\":\"edge\",\"type\":\"APPLIED\",\"from\":{\"label\":\"Enterprise\",\"key\":\"E$1\"},\"to\":{\"label\":\"Application\",\"key\":\"A$1\"},\"valid_from\":\"$2\",\"observed_at\":\"$2\"}
  > {\"op\":\"edge\",\"type\":\"SUBMITTED_FROM\",\"from\":{\"label\":\"Application\",\"key\":\"A$1\"},\"to\":{\"label\":\"Device\",\"key\":\"d1\"},\"valid_from\":\"$2\",\"observed_at\":\"$2\"}"; }
  $ (app 1 2026-03-01T08:00:00Z ',"outcome":"good"'; app 2 2026-03-02T08:00:00Z ',"outcome":"good"'
  > app 3 2026-03-03T08:00:00Z ',"outcome":"overdue"'; app 4 2026-03-04T08:00:00Z ',"outcome":"fraud"') > book.ndjson
  $ ringfence --quiet apply book.ndjson > /dev/null
  $ ringfence policy show 2> /dev/null | sed 's/review: 40, reject: 80/review: 20, reject: 40/' > strict.yaml

The third and fourth user of the device show it, the others could not have.

  $ ringfence backtest --format table strict.yaml
  4 applications, 4 with a known outcome, 2 of these bad
  kind      name              a  b  rate_a  rate_b  precision_a  precision_b  recall_a  recall_b
  --------  ----------------  -  -  ------  ------  -----------  -----------  --------  --------
  decision  pass              2  2     0.5     0.5          0.0          0.0       0.0       0.0
  decision  review            1  0    0.25     0.0          1.0                    0.5       0.0
  decision  reject            1  2    0.25     0.5          1.0          1.0       0.5       1.0
  decision  not pass          2  2     0.5     0.5          1.0          1.0       1.0       1.0
  change    review to reject  1       0.25                  1.0                    0.5
  code      GANG_APPLICATION  1  1    0.25    0.25          1.0          1.0       0.5       0.5
  code      SHARED_DEVICE     2  2     0.5     0.5          1.0          1.0       1.0       1.0
  $ ringfence --quiet backtest --format csv strict.yaml
  kind,name,a,b,rate_a,rate_b,precision_a,precision_b,recall_a,recall_b\r
  decision,pass,2,2,0.5,0.5,0.0,0.0,0.0,0.0\r
  decision,review,1,0,0.25,0.0,1.0,,0.5,0.0\r
  decision,reject,1,2,0.25,0.5,1.0,1.0,0.5,1.0\r
  decision,not pass,2,2,0.5,0.5,1.0,1.0,1.0,1.0\r
  change,review to reject,1,,0.25,,1.0,,0.5,\r
  code,GANG_APPLICATION,1,1,0.25,0.25,1.0,1.0,0.5,0.5\r
  code,SHARED_DEVICE,2,2,0.5,0.5,1.0,1.0,1.0,1.0\r
  $ ringfence --quiet backtest --format csv --since 2026-03-02 strict.yaml | sed -n 2,5p
  decision,pass,1,1,0.3333,0.3333,0.0,0.0,0.0,0.0\r
  decision,review,1,0,0.3333,0.0,1.0,,0.5,0.0\r
  decision,reject,1,2,0.3333,0.6667,1.0,1.0,0.5,1.0\r
  decision,not pass,2,2,0.6667,0.6667,1.0,1.0,1.0,1.0\r
  $ ringfence --quiet backtest --format csv --each strict.yaml
  application,time,outcome,a,score_a,b,score_b,codes_a,codes_b\r
  A1,2026-03-01T08:00:00Z,good,pass,0,pass,0,[],[]\r
  A2,2026-03-02T08:00:00Z,good,pass,0,pass,0,[],[]\r
  A3,2026-03-03T08:00:00Z,overdue,review,40,reject,40,"[""SHARED_DEVICE""]","[""SHARED_DEVICE""]"\r
  A4,2026-03-04T08:00:00Z,fraud,reject,100,reject,100,"[""GANG_APPLICATION"",""SHARED_DEVICE""]","[""GANG_APPLICATION"",""SHARED_DEVICE""]"\r

A shorter time, and fraud alone as what is bad.

  $ ringfence backtest --since 2026-03-03 --fraud-only --format csv strict.yaml
  2 applications, 2 with a known outcome, 1 of these bad
  kind,name,a,b,rate_a,rate_b,precision_a,precision_b,recall_a,recall_b\r
  decision,pass,0,0,0.0,0.0,,,0.0,0.0\r
  decision,review,1,0,0.5,0.0,0.0,,0.0,0.0\r
  decision,reject,1,2,0.5,1.0,1.0,0.5,1.0,1.0\r
  decision,not pass,2,2,1.0,1.0,0.5,0.5,1.0,1.0\r
  change,review to reject,1,,0.5,,0.0,,0.0,\r
  code,GANG_APPLICATION,1,1,0.5,0.5,1.0,1.0,1.0,1.0\r
  code,SHARED_DEVICE,2,2,1.0,1.0,0.5,0.5,1.0,1.0\r

What was learnt late is said; valid time sees it.

  $ echo '{"op":"node","label":"Application","key":"A9","properties":{"applied_at":"2026-03-05T08:00:00Z"}}
  > {"op":"edge","type":"APPLIED","from":{"label":"Enterprise","key":"E1"},"to":{"label":"Application","key":"A9"},"valid_from":"2026-03-05T08:00:00Z"}
  > {"op":"edge","type":"SUBMITTED_FROM","from":{"label":"Application","key":"A9"},"to":{"label":"Device","key":"d1"},"valid_from":"2026-03-05T08:00:00Z"}' | ringfence apply > /dev/null
  note: 3 lines: 3 applied, 0 known before, 0 wrong, in 1 commit
  $ ringfence backtest --since 2026-03-05 --each --format csv strict.yaml
  1 application, 0 with a known outcome, 0 of these bad
  warning: 1 was learnt of more than a day late, when hardly anything around was known; import with observed_at, or give --valid-time
  application,time,outcome,a,score_a,b,score_b,codes_a,codes_b\r
  A9,2026-03-05T08:00:00Z,,reject,100,reject,100,"[""GANG_APPLICATION"",""SHARED_DEVICE""]","[""GANG_APPLICATION"",""SHARED_DEVICE""]"\r
  $ ringfence backtest --since 2026-03-05 --valid-time --each --format csv strict.yaml
  1 application, 0 with a known outcome, 0 of these bad
  application,time,outcome,a,score_a,b,score_b,codes_a,codes_b\r
  A9,2026-03-05T08:00:00Z,,reject,100,reject,100,"[""GANG_APPLICATION"",""SHARED_DEVICE""]","[""GANG_APPLICATION"",""SHARED_DEVICE""]"\r
  $ ringfence backtest
  ringfence backtest: something is missing: usage: ringfence backtest [--since T] [--until T] [--each] [--fraud-only] [--valid-time] [POLICY_A] POLICY_B
  ringfence backtest --help explains its options.
  [2]
  $ ringfence backtest no-such.yaml
  ringfence backtest: no-such.yaml: No such file or directory
  [1]
