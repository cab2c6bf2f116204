# SPDX-License-Identifier: GPL-2.0-or-later
Feature: What the language does beyond the kit at hand

  Scenario Outline: Values
    Given an empty graph
    When executing query:
      """
      RETURN <expression> AS result
      """
    Then the result should be, in any order:
      | result   |
      | <result> |
    And no side effects

    Examples:
      | expression | result |
      | percentileDisc(2, 0.5) | 2 |
      | round(2.5) | 3.0 |
      | round(-2.5) | -2.0 |
      | round(1.249, 1) | 1.2 |
      | split('a,b,c', ',') | ['a', 'b', 'c'] |
      | split('abc', '') | ['a', 'b', 'c'] |
      | trim('  x ') | 'x' |
      | ltrim('  x ') | 'x ' |
      | rtrim('  x ') | '  x' |
      | left('hello', 2) | 'he' |
      | right('hello', 2) | 'lo' |
      | replace('hello', 'l', 'L') | 'heLLo' |
      | substring('hello', 1, 3) | 'ell' |
      | reverse('abc') | 'cba' |
      | toUpper('abc') | 'ABC' |
      | sign(-3) | -1 |
      | abs(-3) | 3 |
      | sqrt(16) | 4.0 |
      | 7 / 2 | 3 |
      | -7 % 3 | -1 |
      | 2 ^ 3 | 8.0 |
      | 1 + 2 * 3 | 7 |
      | 'a' + 1 | 'a1' |
      | [1, 2] + 3 | [1, 2, 3] |
      | 0 + [1, 2] | [0, 1, 2] |
      | NOT true | false |
      | NOT null | null |
      | [1, 2, 3][1] | 2 |
      | [1, 2, 3][-1] | 3 |
      | [1, 2, 3, 4][1..3] | [2, 3] |
      | {a: 1, b: 2}.b | 2 |
      | {a: 1}['a'] | 1 |
      | 1 IN [1, 2] | true |
      | null IN [] | false |
      | 3 IN [1, null] | null |
      | [1] IN [[1], [2]] | true |
      | [null] = [null] | null |
      | [1, null] = [2, null] | false |
      | {a: null} = {a: null} | null |
      | 1 = 1.0 | true |
      | 'abc' =~ 'a.c' | true |
      | 'abcd' =~ 'a.c' | false |
      | reduce(s = 0, x IN [1, 2, 3] \| s + x) | 6 |
      | [x IN range(1, 4) WHERE x % 2 = 0 \| x * x] | [4, 16] |
      | none(x IN [1, 2] WHERE x > 2) | true |
      | single(x IN [1, 2] WHERE x > 1) | true |
      | any(x IN [] WHERE x) | false |
      | all(x IN [] WHERE x) | true |
      | CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END | 'b' |
      | CASE WHEN false THEN 1 ELSE 2 END | 2 |
      | toBoolean('true') | true |
      | toBoolean(' x') | null |
      | coalesce(null, 3) | 3 |
      | keys({a: 1, b: null}) | ['a', 'b'] |
      | size('héllo') | 5 |
      | tail([1, 2, 3]) | [2, 3] |
      | head([]) | null |
      | last([1, 2]) | 2 |
      | 0x1F | 31 |
      | 0o17 | 15 |
      | 1_000 | 1000 |
      | .5e1 | 5.0 |
      | date('2020-01-31') + duration('P1M') | '2020-02-29' |
      | duration('P1DT2H') * 2 | 'P2DT4H' |
      | duration({hours: 3}) / 2 | 'PT1H30M' |
      | date('2020-02-01') > date('2020-01-01') | true |
      | datetime('2020-01-01T12:00+01:00') = datetime('2020-01-01T11:00Z') | true |
      | date('2020-03-01') - duration({days: 1}) | '2020-02-29' |
      | localdatetime('2020-01-01T00:00') - duration({seconds: 1}) | '2019-12-31T23:59:59' |
      | date({year: 2020, month: 5, day: 6}).dayOfWeek | 3 |
      | valueType(1) | 'integer' |
      | 1 < 2 < 3 | true |
      | 1 < 'a' | null |
      | null + 1 | null |
      | exists({a: 1}.a) | true |
      | toString(1.0) | '1.0' |
      | toInteger('0042') | 42 |
      | toInteger('4.7') | 4 |
      | toFloat('1e3') | 1000.0 |
      | isEmpty([]) | true |
      | char_length('abc') | 3 |

  Scenario: Shortest paths
    Given an empty graph
    And having executed:
      """
      CREATE (a:A {n: 1})-[:R]->(b:B {n: 2})-[:R]->(c:C {n: 3}), (a)-[:R]->(d:D {n: 4})-[:R]->(c),
             (c)-[:R]->(e:E {n: 5})
      """
    When executing query:
      """
      MATCH (a:A), (e:E), p = shortestPath((a)-[:R*]->(e))
      RETURN length(p) AS n, [x IN nodes(p) | x.n] AS ns
      """
    Then the result should be, in any order:
      | n | ns           |
      | 3 | [1, 2, 3, 5] |

  Scenario: All shortest paths
    Given an empty graph
    And having executed:
      """
      CREATE (a:A {n: 1})-[:R]->(b:B {n: 2})-[:R]->(c:C {n: 3}), (a)-[:R]->(d:D {n: 4})-[:R]->(c)
      """
    When executing query:
      """
      MATCH (a:A), (c:C)
      MATCH p = allShortestPaths((a)-[:R*..4]-(c))
      RETURN [x IN nodes(p) | x.n] AS ns
      """
    Then the result should be, in any order:
      | ns        |
      | [1, 2, 3] |
      | [1, 4, 3] |

  Scenario: Shortest path as a value
    Given an empty graph
    And having executed:
      """
      CREATE (a:A)-[:R]->(:B)-[:R]->(c:C), (:Z)
      """
    When executing query:
      """
      MATCH (a:A), (x) WHERE NOT x:A
      RETURN labels(x) AS l, length(shortestPath((a)-[*]->(x))) AS n
      """
    Then the result should be, in any order:
      | l     | n    |
      | ['B'] | 1    |
      | ['C'] | 2    |
      | ['Z'] | null |

  Scenario: COUNT and COLLECT subqueries
    Given an empty graph
    And having executed:
      """
      CREATE (a:A {n: 1})-[:R]->(:B {n: 2}), (a)-[:R]->(:B {n: 3}), (:A {n: 4})
      """
    When executing query:
      """
      MATCH (a:A)
      RETURN a.n AS n, COUNT { (a)-->(:B) } AS c, COLLECT { MATCH (a)-->(b) RETURN b.n ORDER BY b.n } AS l,
             EXISTS { (a)-->() WHERE a.n > 0 } AS e
      """
    Then the result should be, in any order:
      | n | c | l      | e     |
      | 1 | 2 | [2, 3] | true  |
      | 4 | 0 | []     | false |

  Scenario: Map projection
    Given an empty graph
    And having executed:
      """
      CREATE (:A {x: 1, y: 2})
      """
    When executing query:
      """
      MATCH (a:A) WITH a, 5 AS z RETURN a {.x, .missing, z, w: 7} AS m, a {.*} AS n
      """
    Then the result should be, in any order:
      | m                                | n            |
      | {x: 1, missing: null, z: 5, w: 7} | {x: 1, y: 2} |

  Scenario: Conditions inside patterns
    Given an empty graph
    And having executed:
      """
      CREATE (a:A {n: 1})-[:R {w: 1}]->(:B {n: 2})-[:R {w: 5}]->(:B {n: 3})
      """
    When executing query:
      """
      MATCH (a:A WHERE a.n = 1)-[r:R*1..2 WHERE r.w < 3]->(b:B|C) RETURN b.n AS n
      """
    Then the result should be, in any order:
      | n |
      | 2 |

  Scenario: Aggregation over nothing
    Given an empty graph
    When executing query:
      """
      MATCH (n) RETURN count(*) AS c, sum(n.x) AS s, avg(n.x) AS a, min(n.x) AS m, collect(n.x) AS l,
                       stDev(n.x) AS d, percentileCont(n.x, 0.5) AS p
      """
    Then the result should be, in any order:
      | c | s | a    | m    | l  | d   | p    |
      | 0 | 0 | null | null | [] | 0.0 | null |

  Scenario: Aggregates
    Given an empty graph
    When executing query:
      """
      UNWIND [1, 2, 3, 4, null] AS x
      RETURN count(x) AS c, sum(x) AS s, avg(x) AS a, percentileCont(x, 0.5) AS p,
             percentileDisc(x, 0.5) AS d, count(DISTINCT x % 2) AS k, round(stDevP(x), 3) AS v
      """
    Then the result should be, in any order:
      | c | s  | a   | p   | d | k | v     |
      | 4 | 10 | 2.5 | 2.5 | 2 | 2 | 1.118 |

  Scenario: Extremes of mixed types
    Given an empty graph
    When executing query:
      """
      UNWIND [1, 'a', null, [1, 2], 0.2, 'b'] AS x RETURN min(x) AS low, max(x) AS high
      """
    Then the result should be, in any order:
      | low    | high |
      | [1, 2] | 1    |

  Scenario Outline: Errors found before the query runs
    Given any graph
    When executing query:
      """
      <query>
      """
    Then a <type> should be raised at compile time: <detail>

    Examples:
      | query                                               | type           | detail                   |
      | MATCH (a) CREATE (a)                                | SyntaxError    | VariableAlreadyBound     |
      | CREATE (a) CREATE (a {x: 1})-[:T]->()               | SyntaxError    | VariableAlreadyBound     |
      | CREATE (n:Foo)-[:T1]->(), (n:Bar)-[:T2]->()         | SyntaxError    | VariableAlreadyBound     |
      | CREATE (b {name: missing})                          | SyntaxError    | UndefinedVariable        |
      | MERGE (n) ON CREATE SET x.num = 1                   | SyntaxError    | UndefinedVariable        |
      | MATCH (a) SET a.name = missing                      | SyntaxError    | UndefinedVariable        |
      | CREATE (a) SET a.maplist = [{num: 123}]             | TypeError      | InvalidPropertyType      |
      | MATCH ()-[r:FOO $param]->() RETURN r                | SyntaxError    | InvalidParameterUse      |
      | MATCH (r), ()-[r]->() RETURN r                      | SyntaxError    | VariableTypeConflict     |
      | MATCH (n) RETURN n.name, count(*) LIMIT n.x         | SyntaxError    | NonConstantExpression    |
      | CALL no.such.procedure()                            | ProcedureError | ProcedureNotFound        |
      | CALL db.labels(1)                                   | SyntaxError    | InvalidNumberOfArguments |
      | RETURN NOT 1                                        | SyntaxError    | InvalidArgumentType      |
      | RETURN 1 IN 'foo'                                   | SyntaxError    | InvalidArgumentType      |
      | WITH 1 AS x RETURN x.y                              | TypeError      | InvalidArgumentType      |
      | RETURN none(x IN ['a'] WHERE x % 2 = 0)             | SyntaxError    | InvalidArgumentType      |
      | MATCH (n)                                           | SyntaxError    | InvalidClauseComposition |
      | RETURN 1 RETURN 2                                   | SyntaxError    | InvalidClauseComposition |
      | RETURN 1 AS x UNION RETURN 2 AS y                   | SyntaxError    | DifferentColumnsInUnion  |
      | RETURN foo(1)                                       | SyntaxError    | UnknownFunction          |
      | RETURN sqrt(1, 2)                                   | SyntaxError    | InvalidNumberOfArguments |
      | MATCH p = (a)-->(b) DELETE p:X                      | SyntaxError    | InvalidDelete            |
      | UNWIND [1] AS a UNWIND [2] AS a RETURN a            | SyntaxError    | VariableAlreadyBound     |
      | MATCH (a) WHERE max(a.x) > 1 RETURN a               | SyntaxError    | InvalidAggregation       |

  Scenario Outline: Errors met while the query runs
    Given an empty graph
    When executing query:
      """
      <query>
      """
    Then a <type> should be raised at runtime: <detail>

    Examples:
      | query                                              | type            | detail              |
      | UNWIND [1, []] AS x RETURN percentileCont(1, x)    | TypeError       | InvalidArgumentType |
      | RETURN percentileCont(1, 1.1)                      | ArgumentError   | NumberOutOfRange    |
      | UNWIND [1, 2] AS x CREATE (n {v: [x, {a: x}]})     | TypeError       | InvalidPropertyType |
      | RETURN 1 / 0                                       | ArithmeticError | DivisionByZero      |
      | RETURN 9223372036854775807 + 1                     | ArithmeticError | IntegerOverflow     |

  Scenario: Parallel relationships stay apart, and deleting shows
    Given an empty graph
    And having executed:
      """
      CREATE (a:A), (b:B), (a)-[:R]->(b), (a)-[:R]->(b), (a)-[:S {x: 1}]->(b)
      """
    When executing query:
      """
      MATCH (:A)-[r:R]->(:B) WITH r LIMIT 1 DELETE r
      WITH 1 AS one MATCH (a:A)-[x]->(b) RETURN type(x) AS t, count(*) AS n ORDER BY t
      """
    Then the result should be, in order:
      | t   | n |
      | 'R' | 1 |
      | 'S' | 1 |
    And the side effects should be:
      | -relationships | 1 |

  Scenario: Merging keeps what is there
    Given an empty graph
    And having executed:
      """
      CREATE (:P {n: 1})
      """
    When executing query:
      """
      UNWIND [1, 2, 2] AS n
      MERGE (p:P {n: n}) ON CREATE SET p.made = true ON MATCH SET p.seen = coalesce(p.seen, 0) + 1
      RETURN p.n AS n, p.made AS made, p.seen AS seen
      """
    Then the result should be, in any order:
      | n | made | seen |
      | 1 | null | 1    |
      | 2 | true | 1    |
      | 2 | true | 1    |
    And the side effects should be:
      | +nodes      | 1 |
      | +properties | 4 |

  Scenario: Bounds of a pattern cut it
    Given an empty graph
    And having executed:
      """
      CREATE (a:A) WITH a UNWIND range(1, 10) AS i CREATE (a)-[:R {i: i}]->(:B)
      """
    When executing query:
      """
      MATCH (:A)-[r:R]->() USING DEGREE LIMIT 3 RETURN count(r) AS n
      """
    Then the result should be, in any order:
      | n |
      | 3 |

  Scenario: Procedures of every graph
    Given an empty graph
    And having executed:
      """
      CREATE (a:A {n: 1})-[:R]->(b:B {n: 2})-[:R]->(a), (:C {n: 3})
      """
    When executing query:
      """
      MATCH (a:A) CALL ringfence.cycles(a, 'R', null) YIELD nodes, length
      WITH [x IN nodes | x.n] AS cycle, length
      CALL ringfence.components(null) YIELD size, member
      RETURN cycle, length, size, collect(member.n) AS members
      """
    Then the result should be, in any order:
      | cycle  | length | size | members |
      | [1, 2] | 2      | 2    | [1, 2]  |
