A generated book goes in as it is, and goes in once only.

  $ ringfence generate --enterprises 500 --seed 7 --as-of 2026-11-01 book | grep -o '"nodes":[0-9]*,"edges":[0-9]*' > made
  $ ringfence init --quiet
  $ ringfence import book 2> notes > summary
  $ grep -o '"nodes":[0-9]*,"edges":[0-9]*' summary | diff made - && echo all of it
  all of it
  $ grep -o '"rejected":[0-9]*' summary
  "rejected":0
  $ cat notes
  note: book/README.md: skipped, of a folder only *.csv and *.ndjson are read
  note: book/book.json: skipped, of a folder only *.csv and *.ndjson are read
  note: book/screenings.ndjson: skipped, it is not part of the book's graph
  note: book/truth.ndjson: skipped, it is not part of the book's graph
  $ ringfence import --quiet book | sed 's/"seconds".*/.../'
  {"nodes":0,"edges":0,"rejected":0,...
  $ ringfence stats --format csv | grep 'per edge' | sed 's/[0-9][0-9]*/N/g'
  store,"per edge, all in",,N.N\r
  $ ringfence stats --format csv | grep -E '^(label|type),(Enterprise|GUARANTEES)' | sed 's/[0-9].*/N/'
  label,Enterprise,N
  type,GUARANTEES,N

Chinese text comes back byte for byte, and an identity number written in full-width digits is the
same one.

  $ printf ':ID(Enterprise),name,:LABEL\n９１４４０３００ＭＡ５ＤＡ１２３４Ｘ,深圳市"远图"贸易有限公司,Enterprise\n' > one.csv
  $ ringfence import --quiet one.csv | sed 's/"seconds".*/.../'
  {"nodes":1,"edges":0,"rejected":0,...
  $ ringfence entity 91440300ma5da1234x
  {"labels":["Enterprise"],"key":"91440300MA5DA1234X","properties":{"key_valid":false,"name":"深圳市\"远图\"贸易有限公司"},"tags":[],"edges":[],"truncated":false}

Where several rows of a node say since when they hold, all are read again, and nothing is told twice.

  $ cat > dated.ndjson <<END
  > {"op":"node","label":"Wombat","key":"W1","valid_from":"2026-01-01","properties":{"size":1}}
  > {"op":"node","label":"Wombat","key":"W1","valid_from":"2026-02-01","properties":{"size":2}}
  > {"op":"node","label":"Wombat"}
  > {"op":"edge","type":"MET","from":{"label":"Wombat","key":"W1"},"to":{"label":"Wombat","key":"W2"}}
  > END
  $ ringfence --db dated init --quiet
  $ ringfence --db dated import --max-errors 2 --rejects bad dated.ndjson | sed 's/"seconds".*/.../'
  note: label Wombat is not in the schema: added
  warning: dated.ndjson:3: a node needs "key"
  note: type MET is not in the schema: added
  warning: dated.ndjson:4: to: there is no Wombat "W2"; its node must come before the edge
  note: 1 node and 0 edges were changed
  {"nodes":1,"edges":0,"rejected":2,...
  $ wc -l < bad
  2
