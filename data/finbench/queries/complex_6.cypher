// Complex read 6: accounts with more than 3 incoming transfers above a threshold that withdraw more
// than another threshold to a given card account.
MATCH (mid:Account)-[w:WITHDREW]->(:Account {key: $id})
WHERE w.amount > $threshold2
  AND w.valid_from > datetime.fromepochmillis($start) AND w.valid_from < datetime.fromepochmillis($end)
WITH mid, sum(w.amount) AS withdrawn
MATCH (mid)<-[t:TRANSFERRED]-(:Account)
WHERE t.amount > $threshold1
  AND t.valid_from > datetime.fromepochmillis($start) AND t.valid_from < datetime.fromepochmillis($end)
WITH mid, withdrawn, count(t) AS n, sum(t.amount) AS transferred
WHERE n > 3
RETURN toInteger(mid.key) AS midId, round(transferred, 3) AS sumEdge1Amount,
       round(withdrawn, 3) AS sumEdge2Amount
ORDER BY sumEdge2Amount DESC, midId
