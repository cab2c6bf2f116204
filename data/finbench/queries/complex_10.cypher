// Complex read 10: Jaccard similarity of what two persons invest in.
MATCH (a:Person {key: $id1}), (b:Person {key: $id2})
WITH COLLECT { MATCH (a)-[i:INVESTS]->(c:Enterprise)
               WHERE i.valid_from > datetime.fromepochmillis($start) AND i.valid_from < datetime.fromepochmillis($end)
               RETURN DISTINCT c.key } AS x,
     COLLECT { MATCH (b)-[i:INVESTS]->(c:Enterprise)
               WHERE i.valid_from > datetime.fromepochmillis($start) AND i.valid_from < datetime.fromepochmillis($end)
               RETURN DISTINCT c.key } AS y
WITH size([k IN x WHERE k IN y]) AS both, size(x) AS n, size(y) AS m
RETURN CASE WHEN n + m = 0 THEN 0.0 ELSE round(toFloat(both) / (n + m - both), 3) END AS jaccardSimilarity
