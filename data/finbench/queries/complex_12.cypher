// Complex read 12: transfers from a person's accounts to accounts of companies.
MATCH (:Person {key: $id})-[:OWNS]->(:Account)-[t:TRANSFERRED]->(to:Account)<-[:OWNS]-(:Enterprise)
WHERE t.valid_from > datetime.fromepochmillis($start) AND t.valid_from < datetime.fromepochmillis($end)
RETURN toInteger(to.key) AS compAccountId, round(sum(t.amount), 3) AS sumEdge2Amount
ORDER BY sumEdge2Amount DESC, compAccountId
