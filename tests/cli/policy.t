Policies: checked as a whole, compared, chosen by what an application is.

  $ ringfence --quiet policy show > base.yaml
  $ ringfence policy check base.yaml
  base.yaml: sme-default@84c800c27311b1dc is good
  $ ringfence policy diff base.yaml
  both decide alike
  $ sed 's/overrides: \[\]/overrides:/' base.yaml > own.yaml
  $ cat >> own.yaml <<'END'
  >   - name: quick
  >     product: 'quick-.*'
  >     thresholds: {review: 20, reject: 90}
  >     codes:
  >       - {code: CIRCULAR_GUARANTEE, attention: 25}
  >   - name: quick-hotels
  >     product: 'quick-.*'
  >     industry: 'H6[0-9]'
  >     codes:
  >       - {code: CIRCULAR_GUARANTEE, block_at: attention}
  > END
  $ ringfence policy check own.yaml
  own.yaml: sme-default@fbadcf8010f2d9d4 is good
  $ ringfence --quiet policy diff own.yaml
  overrides quick CIRCULAR_GUARANTEE attention: (not given) -> 25
  overrides quick product: (not given) -> quick-.*
  overrides quick thresholds reject: (not given) -> 90
  overrides quick thresholds review: (not given) -> 20
  overrides quick-hotels CIRCULAR_GUARANTEE block_at: (not given) -> attention
  overrides quick-hotels industry: (not given) -> H6[0-9]
  overrides quick-hotels product: (not given) -> quick-.*

What is wrong is named with its line.

  $ sed 's/review: 40, reject: 80/review: 90, reject: 80/' base.yaml > bad.yaml; ringfence policy check bad.yaml
  ringfence policy check: bad.yaml:8: thresholds: review 90 must be above 0 and not above reject 80
  [4]
  $ sed 's/^default: {hint: 5/default: {hint: -5/' base.yaml > bad.yaml; ringfence policy check bad.yaml
  ringfence policy check: bad.yaml:24: default: points must be 0..1000, not -5
  [4]
  $ sed 's/attention: 40, alert: 70/attention: 4000, alert: 70/' base.yaml > bad.yaml; ringfence policy check bad.yaml
  ringfence policy check: bad.yaml:26: SHARED_DEVICE: points must be 0..1000, not 4000
  [4]
  $ sed 's/code: DENSE_BLOCK/code: dense/' base.yaml > bad.yaml; ringfence policy check bad.yaml
  ringfence policy check: bad.yaml:31: "dense" is not a signal code: expected capitals, digits and _, as in SHARED_DEVICE
  [4]
  $ sed 's/H6\[0-9\]/H6[0-9/' own.yaml > bad.yaml; ringfence policy check bad.yaml
  ringfence policy check: bad.yaml:59: override quick-hotels: pattern "H6[0-9": missing terminating ] for character class at offset 6
  [4]
  $ sed 's/, block_at: attention/, limits: [{number: length, at_least: 1}]/' own.yaml > bad.yaml; ringfence policy check bad.yaml
  ringfence policy check: bad.yaml:63: CIRCULAR_GUARANTEE compares no number "length"; `ringfence detectors` lists what it compares
  [4]
  $ sed 's/code: SHARED_DEVICE, hint: 10/code: SHARED_DEVICE, limits: [{number: principals, at_least: 2}], hint: 10/' base.yaml > bad.yaml; ringfence policy check bad.yaml
  ringfence policy check: bad.yaml:26: SHARED_DEVICE: at_least 2 is looser than detection itself, which needs principals of 3; lower it in `settings` instead
  [4]
  $ sed 's/settings: \[\]/settings: [SHARED_DEVICE.nothing=1]/' base.yaml > bad.yaml; ringfence policy check bad.yaml
  ringfence policy check: bad.yaml:20: settings: SHARED_DEVICE.nothing: no such parameter; there are: window_days, min_principals, alert_window_hours, alert_min_principals
  [4]
  $ sed 's/settings: \[\]/settings: [SHARED_DEVICE.min_principals=10,\n  SHARED_DEVICE.min_principals=1]/' base.yaml > bad.yaml; ringfence policy check bad.yaml
  ringfence policy check: bad.yaml:21: settings: SHARED_DEVICE.min_principals: '1' is not a whole number in 2..1000000
  [4]
  $ sed 's/max_reads: 20000/max_reads: 0/' base.yaml > bad.yaml; ringfence policy check bad.yaml
  ringfence policy check: bad.yaml:17: max_reads: 0 must be above 0
  [4]
  $ sed 's/on_partial: review/on_partial: pass/' base.yaml > bad.yaml; ringfence policy check bad.yaml
  ringfence policy check: bad.yaml:12: on_partial: "pass" is not one of default, review, reject
  [4]
  $ ringfence policy check no-such.yaml
  ringfence policy check: no-such.yaml: No such file or directory
  [1]

The most specific override applies, and the answer names it.

  $ ringfence --quiet init
  $ for i in 1 2 3; do echo "{\"op\":\"node\",\"label\":\"Enterprise\",\"key\":\"E$i\"}"; done > book.ndjson
  $ for p in "1 2" "2 3"; do set -- $p; echo "{\"op\":\"edge\",\"type\":\"GUARANTEES\",\"from\":{\"label\":\"Enterprise\",\"key\":\"E$1\"},\"to\":{\"label\":\"Enterprise\",\"key\":\"E$2\"},\"valid_from\":\"2026-01-05\"}"; done >> book.ndjson
  $ ringfence --quiet import book.ndjson > /dev/null
  $ apply() { echo "{\"application_id\":\"A-1\",\"time\":\"2026-11-21\",\"product\":\"$1\",\"enterprise\":{\"key\":\"E1\",\"industry\":\"$2\"},\"guarantors\":[\"E3\"]}" | ringfence screen --no-record --policy own.yaml | python3 -c "
  > import json, sys
  > a = json.loads(sys.stdin.readline()); print(a['decision'], a['score'], a.get('override'))"; }
  $ apply slow-loan H61
  review 45 None
  $ apply quick-loan F51
  review 25 quick
  $ apply quick-loan H61
  reject 45 quick-hotels

A pattern that costs too much for a text is named with its override, and nothing passes by it.

  $ ringfence --quiet policy show | sed "s/overrides: \[\]/overrides: [{name: greedy, product: '(a+)+', allow_pass: yes}]/" > greedy.yaml
  $ echo '{"application_id":"A-2","time":"2026-11-21","product":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab","enterprise":"E1"}' | ringfence screen --no-record --policy greedy.yaml
  {"line":1,"error":"policy sme-default, override greedy: matching a pattern: the pattern is too expensive for this text: make it more specific, for instance without nested repetition"}
  [4]

What is sound but hardly meant is noted: a code misspelt, two overrides of one name.

  $ sed 's/code: SHARED_DEVICE/code: SHARED_DEVCE/; s/name: quick-hotels/name: quick/' own.yaml > odd.yaml
  $ ringfence policy check odd.yaml 2>&1 >odd.out
  note: odd.yaml:26: SHARED_DEVCE is no detector's code: it counts where tags of people or imports have it; `ringfence detectors` lists the others
  note: odd.yaml:59: override quick has the name of that in line 54: an answer will not say which of them applied
