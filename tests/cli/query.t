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

What the planner chose: joins, ends found once, conditions checked on the way, an index.

  $ ringfence query "EXPLAIN MATCH (a:Enterprise)-[:GUARANTEES*1..4]->(b) WHERE NOT (b)-[:INVESTS]->() RETURN DISTINCT b.key"
  Scan :Enterprise, about 2 rows
  Reach :GUARANTEES, about 10.2 rows
  AntiJoin, about 5.1 rows
    Expand :INVESTS, about 0.1 rows
    Subquery, about 0.1 rows
  Project, about 5.1 rows
  Distinct, about 5.1 rows
  Result, about 5.1 rows
  $ ringfence query "EXPLAIN MATCH (a:Enterprise {key: 'E1'})-[t:GUARANTEES*1..4]->(b) WHERE all(r IN t WHERE r.amount_minor > 5) AND all(i IN range(1, size(t) - 1) WHERE t[i - 1].valid_from < t[i].valid_from) RETURN t"
  KeySeek :Enterprise, 1 condition, about 0.5 rows
  VarLengthExpand, checked on the way :GUARANTEES, about 2.55 rows
  Project, about 2.55 rows
  Result, about 2.55 rows
  $ ringfence query "EXPLAIN MATCH (a:Application) WHERE date('2026-01-01') <= a.applied_at < date('2026-02-01') RETURN a.key ORDER BY a.key LIMIT 3"
  Scan :Application, 1 condition, about 0.4 rows
  Project, about 0.4 rows
  Sort, top, about 0.4 rows
  Limit, about 0.4 rows
  Result, about 0.4 rows
  $ ringfence query "EXPLAIN MATCH (a:Enterprise {key: 'E1'})-[r:TRANSFERRED]->(b) WHERE r.valid_from >= datetime('2026-01-01') RETURN b"
  KeySeek :Enterprise, 1 condition, about 0.5 rows
  Expand within times :TRANSFERRED, 1 condition, about 0.02 rows
  Project, about 0.02 rows
  Result, about 0.02 rows

Many keys are as many seeks, each normalised as its label says; each node comes once.

  $ ringfence query "EXPLAIN MATCH (p:Phone) WHERE p.key IN ['13800000000', '+8613800000000', 7, null] RETURN p.key"
  KeySeek list :Phone, 1 condition, about 5 rows
  Project, about 5 rows
  Result, about 5 rows
  $ ringfence query "MATCH (p:Phone) WHERE p.key IN ['13800000000', '+8613800000000', 7, null] RETURN p.key"
  {"p.key":"+8613800000000"}

Memory of one expression is bounded, too.

  $ ringfence query --max-memory 16M 'RETURN reduce(s = "a", x IN range(1, 40) | s + s)'
  ringfence query: the query needs more than 16 MiB of memory; return less, or raise --max-memory
  [5]

  $ ringfence query --max-memory 16M "RETURN size(replace(reduce(s = 'a', x IN range(1, 16) | s + s), 'a', 'thousands'))"
  {"size(replace(reduce(s = 'a', x IN range(1, 16) | s + s), 'a', 'thousands'))":589824}
  $ ringfence query --max-memory 16M "WITH reduce(s = 'a', x IN range(1, 16) | s + s) AS s RETURN size(replace(s, 'a', left(s, 40000)))"
  ringfence query: the query needs more than 16 MiB of memory; return less, or raise --max-memory
  [5]
  $ ringfence query --max-memory 16M "RETURN size(COLLECT { UNWIND range(1, 1000) AS i RETURN i + reduce(s = 'a', x IN range(1, 16) | s + s) })"
  ringfence query: the query needs more than 16 MiB of memory; return less, or raise --max-memory
  [5]

A list that holds another one sixty times over counts as what it would be written out; nesting has an end.

  $ ringfence query --max-memory 16M 'RETURN reduce(t = [1], x IN range(1, 60) | [t, t]) = [1]'
  ringfence query: the query needs more than 16 MiB of memory; return less, or raise --max-memory
  [5]
  $ ringfence query --max-memory 16M 'RETURN reduce(t = {a: 1}, x IN range(1, 60) | {a: t, b: t}) = {a: 1}'
  ringfence query: the query needs more than 16 MiB of memory; return less, or raise --max-memory
  [5]
  $ ringfence query --max-memory 16M 'RETURN reduce(t = [1], x IN range(1, 60) | [y IN [1, 2] | t]) = [1]'
  ringfence query: the query needs more than 16 MiB of memory; return less, or raise --max-memory
  [5]
  $ ringfence query 'RETURN size(reduce(t = [1], x IN range(1, 100000) | [t]))'
  ringfence query: ArgumentError: NumberOutOfRange: a list or map nested deeper than 1000 levels (line 1, column 53)
    RETURN size(reduce(t = [1], x IN range(1, 100000) | [t]))
                                                        ^^^
  [4]

Few rows with large values are many as to the time-out; planning has an end, too.

  $ ringfence query --timeout 1ms "WITH reduce(s = 'a', x IN range(1, 20) | s + s) AS s UNWIND range(1, 400) AS i WITH toUpper(s) AS t RETURN count(t)"
  ringfence query: the query took longer than 0.001 s; ask for less, or raise --timeout
  [5]
  $ (echo MATCH; seq -f '(a%.0f),' 301; echo '(b) RETURN b') > long.cypher
  $ ringfence query --file long.cypher
  ringfence query: one MATCH has more than 300 paths or 1000 nodes; split it
  [5]

A statement in another encoding is none: its names and texts would be stored as what is no text.

  $ printf 'CREATE (n:`L\xff` {p: 1})' | ringfence query --write
  ringfence query: SyntaxError: InvalidEncoding: byte 13 of the query is no UTF-8 text: set the terminal, or save the file, so
  [4]
  $ printf 'RETURN 1\0 AS x' | ringfence query
  ringfence query: SyntaxError: InvalidEncoding: byte 9 of the query is no UTF-8 text: set the terminal, or save the file, so
  [4]
  $ ringfence query --param "$(printf 'k=\xff')" 'RETURN $k' 2>&1 | head -1
  ringfence query: --param: its argument is not UTF-8: set the terminal so

Rows of a statement that fails are dropped where none is out yet; JSON is whole in any case.

  $ ringfence query --format json 'UNWIND [1, 0] AS x RETURN 1 / x AS y'
  ringfence query: ArithmeticError: DivisionByZero: division by zero (line 1, column 27)
    UNWIND [1, 0] AS x RETURN 1 / x AS y
                              ^^^^^
  [4]
  $ ringfence query --format json 'UNWIND range(1, 100000) AS x RETURN 1 / (99999 - x) AS y' 2> error | tail -c 11
  ,
  {"y":1}]
  $ cat error
  ringfence query: ArithmeticError: DivisionByZero: division by zero (line 1, column 37)
    UNWIND range(1, 100000) AS x RETURN 1 / (99999 - x) AS y
                                        ^^^^^^^^^^^^^^^


The label that gives a node its key is there from its first day to its last, once, and the key stays as
it is: a statement that says otherwise is refused, and what is stored stays whole.

  $ ringfence --db keyed.db init --quiet
  $ export RINGFENCE_DB=keyed.db
  $ ringfence query --quiet --write "CREATE (p:Person {key: 'P1'})-[:KIN {valid_from: date('2026-01-01')}]->(:Person:Guest {key: 'P2'})"
  $ ringfence query --quiet --write "MATCH (p:Person {key: 'P1'}) REMOVE p:Person"
  ringfence query: ConstraintVerificationFailed: KeyLabel: the label that gives this node its key can't be removed (line 1, column 37)
    MATCH (p:Person {key: 'P1'}) REMOVE p:Person
                                        ^
  [4]
  $ ringfence query --write "MATCH (p:Person {key: 'P1'}) SET p:Enterprise" 2>&1 | head -1
  ringfence query: ConstraintVerificationFailed: KeyLabel: a label that gives a node its key can't be added later; create the node with it (line 1, column 34)
  $ ringfence query --write "CREATE (p:Person:Enterprise {key: 'P3'})" 2>&1 | head -1
  ringfence query: ConstraintVerificationFailed: KeyLabel: at most one label of a node may give its key (line 1, column 29)
  $ ringfence query --write "MATCH (p:Person {key: 'P1'}) SET p.key = 'P4'" 2>&1 | head -1
  ringfence query: ConstraintVerificationFailed: KeyChange: the key of a node stays as it is; ringfence alias makes another key lead to it (line 1, column 42)
  $ ringfence query --quiet --write "MATCH (p:Person {key: 'P2'}) REMOVE p:Guest SET p = {key: p.key, name: 'Zhang Wei'} RETURN p"
  {"p":{"key":"P2","labels":["Person"],"properties":{"name":"Zhang Wei"}}}
  $ ringfence query --quiet --write "CREATE (e:Enterprise {key: '91440300MA5FXXXXX1'}) RETURN e"
  {"e":{"key":"91440300MA5FXXXXX1","labels":["Enterprise"],"properties":{"key_valid":false}}}

So are a relationship's times.

  $ ringfence query --write "MATCH (:Person)-[r:KIN]->() SET r.valid_to = date('2026-02-01')" 2>&1 | head -1
  ringfence query: ConstraintVerificationFailed: TimeChange: valid_to of a relationship is not set: end it with a close event (ringfence apply), or delete it and create another (line 1, column 46)
  $ ringfence query --write "MATCH (p:Person) CREATE (p)-[:KIN {valid_from: date('2026-02-01'), valid_to: date('2026-01-01')}]->(p)" 2>&1 | head -1
  ringfence query: ArgumentError: NumberOutOfRange: valid_to lies before valid_from (line 1, column 35)
  $ ringfence query --write "MATCH (p:Person) CREATE (p)-[:KIN {valid_from: '2026-02-01'}]->(p)" 2>&1 | head -1
  ringfence query: TypeError: InvalidPropertyType: valid_from of a relationship is a time, as in datetime('2026-11-21') (line 1, column 35)

What is stored comes back from an export and a dump: larger and deeper values are refused.

  $ ringfence query --write "MATCH (p:Person {key: 'P1'}) SET p.x = reduce(s = 'a', x IN range(1, 16) | s + s)" 2>&1 | head -1
  ringfence query: ArgumentError: NumberOutOfRange: a property has at most 56 KiB and is nested at most 14 deep (line 1, column 40)
  $ ringfence query --write "MATCH (p:Person {key: 'P1'}) SET p.x = reduce(t = [1], x IN range(1, 14) | [t])" 2>&1 | head -1
  ringfence query: ArgumentError: NumberOutOfRange: a property has at most 56 KiB and is nested at most 14 deep (line 1, column 40)
  $ ringfence query --quiet --write "MATCH (p:Person {key: 'P1'}) SET p.x = reduce(t = [1], x IN range(1, 13) | [t]), p.y = left(reduce(s = 'a', x IN range(1, 16) | s + s), 57344)"
  $ ringfence export --quiet > all.ndjson; ringfence --db again.db init --quiet; ringfence --db again.db import all.ndjson | sed 's/"seconds".*/.../'
  {"nodes":3,"edges":1,"rejected":0,...
  $ ringfence check --quiet

What a statement deleted is given no relationship by it.

  $ ringfence --db gone init --quiet
  $ ringfence --db gone query --quiet --write "CREATE (:Enterprise {key: 'E1'})"
  $ ringfence --db gone query --write "MATCH (a) DETACH DELETE a CREATE (a)-[:TRADES]->(:Enterprise {key: 'E2'})"
  ringfence query: EntityNotFound: DeletedEntityAccess: a relationship needs two nodes; one of them was deleted
  [4]
  $ ringfence --db gone query --write "MATCH (a) DETACH DELETE a MERGE (a)-[:TRADES]->(a)"
  ringfence query: EntityNotFound: DeletedEntityAccess: a relationship needs two nodes; one of them was deleted
  [4]
  $ ringfence --db gone check --quiet

A map that an import stored stays where other properties are set; one that is given is refused.

  $ ringfence --db map init --quiet
  $ echo '{"op":"node","label":"Person","key":"P1","properties":{"where":{"city":"X"},"n":1}}' | ringfence --db map apply --quiet
  {"line":1,"status":"ok"}
  $ ringfence --db map query --quiet --write 'MATCH (p:Person) SET p.n = 2, p += {m: 3} REMOVE p.o'
  $ ringfence --db map query 'MATCH (p:Person) RETURN properties(p) AS p'
  {"p":{"m":3,"n":2,"where":{"city":"X"}}}
  $ ringfence --db map query --write 'MATCH (p:Person) SET p += {n: {a: 1}}' 2>&1 | head -1
  ringfence query: TypeError: InvalidPropertyType: maps, nodes, relationships and paths can't be stored as a property (line 1, column 27)
