// Complex read 4: transfers that close a loop of three with the one from $id1 to $id2.
MATCH (src:Account {key: $id1})-[t1:TRANSFERRED]->(dst:Account {key: $id2})
WHERE t1.valid_from > datetime.fromepochmillis($start) AND t1.valid_from < datetime.fromepochmillis($end)
WITH DISTINCT src, dst
MATCH (src)<-[t2:TRANSFERRED]-(other:Account)
WHERE t2.valid_from > datetime.fromepochmillis($start) AND t2.valid_from < datetime.fromepochmillis($end)
WITH src, dst, other, count(t2) AS n2, sum(t2.amount) AS sum2, max(t2.amount) AS max2
MATCH (other)<-[t3:TRANSFERRED]-(dst)
WHERE t3.valid_from > datetime.fromepochmillis($start) AND t3.valid_from < datetime.fromepochmillis($end)
RETURN toInteger(other.key) AS otherId, n2 AS numEdge2, round(sum2, 3) AS sumEdge2Amount,
       round(max2, 3) AS maxEdge2Amount, count(t3) AS numEdge3, round(sum(t3.amount), 3) AS sumEdge3Amount,
       round(max(t3.amount), 3) AS maxEdge3Amount
ORDER BY sumEdge2Amount DESC, sumEdge3Amount DESC, otherId
