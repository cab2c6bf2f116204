  $ ringfence init --quiet --open-schema
  $ printf ':ID(Party),name,age:long,:LABEL\nP1,"深圳, <A> & ""B""",7,Party\nP2,Two,,Party\nP3,Three,3,Party\n' > n.csv
  $ printf ':START_ID(Party),:END_ID(Party),:TYPE,valid_from:datetime,valid_to:datetime,amount:double\nP1,P2,PAYS,2026-01-01,,1.5\nP2,P3,PAYS,2026-02-01,2026-03-01,2\n' > e.csv
  $ ringfence import --quiet n.csv e.csv | sed 's/"seconds.*//'
  {"nodes":3,"edges":2,"rejected":0,

Events, as import reads them: a graph made of them exports the same.

  $ ringfence export | tee events.ndjson
  {"op":"node","labels":["Party"],"key":"P1","properties":{"age":7,"name":"深圳, <A> & \"B\""}}
  {"op":"node","labels":["Party"],"key":"P2","properties":{"name":"Two"}}
  {"op":"node","labels":["Party"],"key":"P3","properties":{"age":3,"name":"Three"}}
  {"op":"edge","type":"PAYS","from":{"label":"Party","key":"P1"},"to":{"label":"Party","key":"P2"},"valid_from":"2026-01-01T00:00:00Z","properties":{"amount":1.5}}
  {"op":"edge","type":"PAYS","from":{"label":"Party","key":"P2"},"to":{"label":"Party","key":"P3"},"valid_from":"2026-02-01T00:00:00Z","valid_to":"2026-03-01T00:00:00Z","properties":{"amount":2.0}}
  $ ringfence --db two.db init --quiet --open-schema && ringfence --db two.db import --quiet events.ndjson | sed 's/"seconds.*//'
  {"nodes":3,"edges":2,"rejected":0,
  $ ringfence --db two.db export | cmp - events.ndjson

Files with typed headers, as import and neo4j-admin read them.

  $ ringfence export --as neo4j out && head out/*
  ==> out/nodes-001-Party.csv <==
  :ID(Party),:LABEL,age:long,name:string
  P1,Party,7,"深圳, <A> & ""B"""
  P2,Party,,Two
  P3,Party,3,Three
  
  ==> out/relationships-002-PAYS.csv <==
  :START_ID(Party),:END_ID(Party),:TYPE,valid_from:datetime,valid_to:datetime,amount:double
  P1,P2,PAYS,2026-01-01T00:00:00Z,,1.5
  P2,P3,PAYS,2026-02-01T00:00:00Z,2026-03-01T00:00:00Z,2.0
  $ ringfence --db three.db init --quiet --open-schema && ringfence --db three.db import --quiet out | sed 's/"seconds.*//'
  {"nodes":3,"edges":2,"rejected":0,
  $ ringfence --db three.db export | cmp - events.ndjson
  $ ringfence export --as neo4j out
  ringfence export: out is there already; choose another name
  [1]

An empty text is not an absent one.

  $ printf '{"op":"node","label":"Party","key":"P1","properties":{"name":""}}\n{"op":"node","label":"Party","key":"P2"}\n' > empty.ndjson
  $ ringfence --db empty.db init --quiet --open-schema && ringfence --db empty.db import --quiet empty.ndjson > /dev/null
  $ ringfence --db empty.db export --as neo4j empty && cat empty/*
  :ID(Party),:LABEL,name:string
  P1,Party,""
  P2,Party,
  $ ringfence --db again.db init --quiet --open-schema && ringfence --db again.db import --quiet empty > /dev/null
  $ ringfence --db empty.db export > one; ringfence --db again.db export | cmp - one

An edge that has a key of its own keeps it, so that a later row still finds it.

  $ printf '{"op":"edge","type":"GUARANTEES","edge_key":"G-7","from":{"label":"Party","key":"P1"},"to":{"label":"Party","key":"P3"},"properties":{"amount_minor":5}}\n' > key.ndjson
  $ ringfence --db four.db init --quiet --open-schema && ringfence --db four.db import --quiet events.ndjson key.ndjson | sed 's/"seconds.*//'
  {"nodes":3,"edges":3,"rejected":0,
  $ ringfence --db four.db export --as neo4j keyed && head keyed/*GUARANTEES.csv
  :START_ID(Party),:END_ID(Party),:TYPE,valid_from:datetime,valid_to:datetime,edge_key:string,amount_minor:long
  P1,P3,GUARANTEES,,,G-7,5
  $ ringfence --db five.db init --quiet --open-schema && ringfence --db five.db import --quiet keyed | sed 's/"seconds.*//'
  {"nodes":3,"edges":3,"rejected":0,
  $ ringfence --db five.db export | grep -c '"edge_key":"G-7"'
  1
  $ ringfence --db five.db import --quiet key.ndjson | sed 's/"seconds.*//'
  {"nodes":0,"edges":0,"rejected":0,

One XML document.

  $ ringfence export --as graphml > g.xml && cat g.xml
  <?xml version="1.0" encoding="UTF-8"?>
  <graphml xmlns="http://graphml.graphdrawing.org/xmlns">
    <key id="labels" for="node" attr.name="labels" attr.type="string"/>
    <key id="key" for="node" attr.name="key" attr.type="string"/>
    <key id="type" for="edge" attr.name="type" attr.type="string"/>
    <key id="valid_from" for="edge" attr.name="valid_from" attr.type="string"/>
    <key id="valid_to" for="edge" attr.name="valid_to" attr.type="string"/>
    <key id="n.age" for="node" attr.name="age" attr.type="long"/>
    <key id="n.name" for="node" attr.name="name" attr.type="string"/>
    <key id="e.amount" for="edge" attr.name="amount" attr.type="double"/>
    <graph edgedefault="directed">
      <node id="n1"><data key="labels">Party</data><data key="key">P1</data><data key="n.age">7</data><data key="n.name">深圳, &lt;A&gt; &amp; &quot;B&quot;</data></node>
      <node id="n2"><data key="labels">Party</data><data key="key">P2</data><data key="n.name">Two</data></node>
      <node id="n3"><data key="labels">Party</data><data key="key">P3</data><data key="n.age">3</data><data key="n.name">Three</data></node>
      <edge id="e1" source="n1" target="n2"><data key="type">PAYS</data><data key="valid_from">2026-01-01T00:00:00Z</data><data key="e.amount">1.5</data></edge>
      <edge id="e2" source="n2" target="n3"><data key="type">PAYS</data><data key="valid_from">2026-02-01T00:00:00Z</data><data key="valid_to">2026-03-01T00:00:00Z</data><data key="e.amount">2.0</data></edge>
    </graph>
  </graphml>
  $ python3 -c 'import xml.dom.minidom as m; print(len(m.parse("g.xml").getElementsByTagName("edge")), "edges")'
  2 edges

What lies around one, and what held at a time.

  $ ringfence export --around P1 --hops 1 | cut -c1-60
  {"op":"node","labels":["Party"],"key":"P1","properties":{"ag
  {"op":"node","labels":["Party"],"key":"P2","properties":{"na
  {"op":"edge","type":"PAYS","from":{"label":"Party","key":"P1
  $ ringfence export --as-of 2026-02-15T00:00:00Z | grep -c '"op":"edge"'
  2
  $ ringfence export --as-of 2026-04-01 | grep -c '"op":"edge"'
  1
  $ ringfence export --around P1 --hops 5 --limit 2 | wc -l
  warning: more than 2 nodes lie within 5 hops; the nearest are exported (--limit)
  3
  $ ringfence export --around P9
  ringfence export: nobody and nothing has the key "P9"; a label may stand before it, as in Enterprise:KEY
  [1]
  $ ringfence export --as pdf
  ringfence export: --as: "pdf" is no format: expected ndjson, graphml or neo4j
  ringfence export --help explains its options.
  [2]
  $ ringfence export --as neo4j
  ringfence export: --as neo4j writes files: name the new directory for them
  ringfence export --help explains its options.
  [2]
  $ ringfence export --ring R-000001
  ringfence export: there is no ring R-000001; `ring list` shows those there are
  [1]
