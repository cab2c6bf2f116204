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
