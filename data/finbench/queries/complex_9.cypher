// Complex read 9: loan money through an account: deposits to repayments, to transfers, and in to out.
MATCH (mid:Account {key: $id})
OPTIONAL MATCH (:Loan)-[e1:DEPOSITED]->(mid)
WHERE e1.amount > $threshold
  AND e1.valid_from > datetime.fromepochmillis($start) AND e1.valid_from < datetime.fromepochmillis($end)
WITH mid, sum(e1.amount) AS deposited
OPTIONAL MATCH (mid)-[e2:REPAID]->(:Loan)
WHERE e2.amount > $threshold
  AND e2.valid_from > datetime.fromepochmillis($start) AND e2.valid_from < datetime.fromepochmillis($end)
WITH mid, deposited, sum(e2.amount) AS repaid
OPTIONAL MATCH (:Account)-[e3:TRANSFERRED]->(mid)
WHERE e3.amount > $threshold
  AND e3.valid_from > datetime.fromepochmillis($start) AND e3.valid_from < datetime.fromepochmillis($end)
WITH mid, deposited, repaid, sum(e3.amount) AS inflow
OPTIONAL MATCH (mid)-[e4:TRANSFERRED]->(:Account)
WHERE e4.amount > $threshold
  AND e4.valid_from > datetime.fromepochmillis($start) AND e4.valid_from < datetime.fromepochmillis($end)
WITH deposited, repaid, inflow, sum(e4.amount) AS outflow
RETURN CASE WHEN repaid = 0 THEN -1.0 ELSE round(toFloat(deposited) / repaid, 3) END AS ratioRepay,
       CASE WHEN outflow = 0 THEN -1.0 ELSE round(toFloat(deposited) / outflow, 3) END AS ratioDeposit,
       CASE WHEN outflow = 0 THEN -1.0 ELSE round(toFloat(inflow) / outflow, 3) END AS ratioTransfer
