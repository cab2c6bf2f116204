A synthetic book is the same bytes for the same seed, on every machine.

  $ ringfence generate --enterprises 300 --seed 7 --as-of 2026-11-01 one --format csv | sed 's/[0-9.]*.$//'
  nodes,edges,rings,traps,screenings,seconds
  1983,2957,26,9,3,
  $ ringfence generate --enterprises 300 --seed 7 --as-of 2026-11-01 two | wc -l
  1
  $ diff -r one two && echo same
  same
  $ ringfence generate --enterprises 300 --seed 8 --as-of 2026-11-01 two > /dev/null
  $ cmp -s one/guarantees.csv two/guarantees.csv || echo another book
  another book
  $ ls one | wc -l
  37
  $ wc -l < one/screenings.ndjson
  3
  $ grep -c '"trap"' one/truth.ndjson
  9

With a stream, the last days are events: applied after the import they give the same graph.

  $ ringfence generate --enterprises 300 --seed 7 --as-of 2026-11-01 --stream 60 cut | wc -l
  1
  $ head -c 14 cut/stream.ndjson; echo
  {"op":"edge","
  $ for db in whole cut; do ringfence --quiet --db $db.db init; done
  $ ringfence --quiet --db whole.db import one > /dev/null; ringfence --quiet --db cut.db import cut > /dev/null
  $ ringfence --quiet --db cut.db apply cut/stream.ndjson | grep -vc '"ok"'
  0
  [1]
  $ ringfence --db whole.db export | sort > whole.txt; ringfence --db cut.db export | sort | cmp - whole.txt && echo same
  same
  $ ringfence generate --enterprises 300 --stream 2000 cut 2>&1 | head -1
  ringfence generate: --stream must be at most 1095, the days of a book

Schemes and traps can be weighed anew, or left out.

  $ ringfence generate --enterprises 300 --seed 7 --mix gang=90,shell=0 mixed > /dev/null
  $ grep -c '"ring":"shell' one/truth.ndjson mixed/truth.ndjson
  one/truth.ndjson:1
  mixed/truth.ndjson:0
  $ ringfence generate --enterprises 300 --mix gangs=1 mixed 2>&1 | cut -c 1-60
  ringfence generate: --mix: 'gangs' is not NAME=WEIGHT with a
  ringfence generate --help explains its options.

What is not a book is not written over, and numbers have their range.

  $ mkdir mine && touch mine/notes.txt
  $ ringfence generate --enterprises 300 mine
  ringfence generate: mine holds files that are not a generated book: name a new or empty folder
  [1]
  $ ringfence generate --enterprises 10 small
  ringfence generate: --enterprises must be 200 to 50000000
  ringfence generate --help explains its options.
  [2]
  $ ringfence generate --enterprises many small
  ringfence generate: --enterprises: "many" is not a whole number of 0 or more
  ringfence generate --help explains its options.
  [2]
  $ ringfence generate
  ringfence generate: something is missing: usage: ringfence generate [--enterprises N] [--seed S] [options] OUT
  ringfence generate --help explains its options.
  [2]
  $ ls small
  ls: cannot access 'small': No such file or directory
  [2]
