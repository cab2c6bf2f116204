A dump is text; loaded and dumped again it is the same.

  $ ringfence init --quiet --open-schema
  $ printf ':ID(Party),name,:LABEL\nP1,深圳,Party\nP2,Two,Party\n' > n.csv
  $ printf ':START_ID(Party),:END_ID(Party),:TYPE,amount:long\nP1,P2,PAYS,7\n' > e.csv
  $ ringfence import --quiet n.csv e.csv | sed 's/"seconds.*//'
  {"nodes":2,"edges":1,"rejected":0,
  $ ringfence dump --quiet > a
  $ grep -E '"(node|edge|end)"' a
  {"node":1,"born":2,"labels":["Party"],"keyed":"Party","key":"P1","properties":{"name":"深圳"}}
  {"edge":1,"type":"PAYS","from":1,"to":2,"born":2,"properties":{"amount":7}}
  {"node":2,"born":2,"labels":["Party"],"keyed":"Party","key":"P2","properties":{"name":"Two"}}
  {"end":13}
  $ ringfence --db b.db load a
  note: loaded 2 nodes, 1 edge, 0 replaced versions, 2 other rows
  $ ringfence --db b.db dump --quiet | cmp - a && ringfence --db b.db check
  note: 2 nodes, 1 edge, 0 replaced versions of commit 2 checked
  $ ringfence --db c.db load --quiet - < a && ringfence --db c.db dump --quiet | cmp - a

Never over what is there; what is cut or no dump leaves nothing behind.

  $ ringfence --db b.db load a
  ringfence load: there is a graph at b.db already; choose another directory
  [1]
  $ head -n 5 a > cut && ringfence --db d.db load cut
  ringfence load: cut: the dump is cut short after 5 lines
  [4]
  $ grep -v '"node":2' a > less && ringfence --db d.db load less
  ringfence load: less:12: the dump had 13 lines and 12 were read
  [4]
  $ echo '{"x":1}' > other && ringfence --db d.db load other
  ringfence load: other:1: this is no dump: the first line says {"dump":1,...}
  [4]
  $ ringfence --db d.db load missing
  ringfence load: missing: no such file
  [1]
  $ ls d.db
  ls: cannot access 'd.db': No such file or directory
  [2]
