// Complex read 7: money in and out of an account within the window: senders, receivers, ratio.
MATCH (mid:Account {key: $id})
OPTIONAL MATCH (src:Account)-[t1:TRANSFERRED]->(mid)
WHERE t1.amount > $threshold
  AND t1.valid_from > datetime.fromepochmillis($start) AND t1.valid_from < datetime.fromepochmillis($end)
WITH mid, count(DISTINCT src) AS numSrc, sum(t1.amount) AS inflow
OPTIONAL MATCH (mid)-[t2:TRANSFERRED]->(dst:Account)
WHERE t2.amount > $threshold
  AND t2.valid_from > datetime.fromepochmillis($start) AND t2.valid_from < datetime.fromepochmillis($end)
WITH numSrc, inflow, count(DISTINCT dst) AS numDst, sum(t2.amount) AS outflow
RETURN numSrc, numDst,
       CASE WHEN outflow = 0 THEN -1.0 ELSE round(toFloat(inflow) / outflow, 3) END AS inOutRatio
