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
