openCypher on the command line.

  $ ringfence init --quiet
  $ ringfence query "CREATE (:Phone {key: '13800000000'})"
  ringfence query: this statement changes the graph: allow it with --write
  [4]
  $ ringfence query --quiet --write "CREATE (a:Enterprise {key: 'E1', name: 'Alpha'})-[:HAS_PHONE {role: 'contact'}]->(p:Phone {key: '13800000000'})<-[:HAS_PHONE]-(b:Enterprise {key: 'E2'})"
  $ ringfence query 'MATCH (a:Enterprise {key: $k})-->(x)<--(b) RETURN b.key AS other, x.key AS phone' -P k=E1
  {"other":"E2","phone":"+8613800000000"}
  $ ringfence query "MATCH (a:Enterprise {key: 'E1'}) RETURN a"
  {"a":{"key":"E1","labels":["Enterprise"],"properties":{"name":"Alpha"}}}
  $ echo "MATCH p = (:Enterprise {key: 'E1'})-[r]->() RETURN p" | ringfence query --format table
  p
  ------------------------------------------------------------
  <(:Enterprise E1 {name: 'Alpha'})-[:HAS_PHONE {role: 'contact'}]->(:Phone +8613800000000)>

Numbers stay numbers, everything else is text; quotes make text of a number.

  $ ringfence query 'RETURN $n + 1 AS n, $t AS t, $q AS q' -P n=41 -P t=abc -P 'q="7"'
  {"n":42,"t":"abc","q":"7"}

Mistakes show their place.

  $ ringfence query 'MATCH (a) RETURN b'
  ringfence query: SyntaxError: UndefinedVariable: variable `b` is not defined (line 1, column 18)
    MATCH (a) RETURN b
                     ^
  [4]
  $ ringfence query 'MATCH (a RETURN a'
  ringfence query: SyntaxError: UnexpectedSyntax: expected ')' that ends the node, found 'RETURN' (line 1, column 10)
    MATCH (a RETURN a
             ^^^^^^
  [4]

Bounds: a cut answer is said to be one, time is up with code 5.

  $ ringfence query --max-rows 2 --strict 'UNWIND range(1, 5) AS x RETURN x'
  note: the answer is cut: the bound on rows (--max-rows)
  {"x":1}
  {"x":2}
  [6]
  $ ringfence query --timeout 50ms 'UNWIND range(1, 10000000) AS x UNWIND range(1, 10000000) AS y RETURN count(*)'
  ringfence query: the query took longer than 0.05 s; ask for less, or raise --timeout
  [5]
  $ ringfence query --format csv "MATCH (e:Enterprise) RETURN e.key AS key, e.name AS name ORDER BY key"
  key,name\r
  E1,Alpha\r
  E2,\r
