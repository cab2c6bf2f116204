// Complex read 8: where the money of a loan went, by up to 3 transfers or withdrawals.
MATCH (loan:Loan {key: $id})-[d:DEPOSITED]->(first:Account)
WHERE d.valid_from > datetime.fromepochmillis($start) AND d.valid_from < datetime.fromepochmillis($end)
MATCH (first)-[t:TRANSFERRED|WITHDREW*1..3 WHERE t.amount > $threshold
                AND t.valid_from > datetime.fromepochmillis($start)
                AND t.valid_from < datetime.fromepochmillis($end)]->(other:Account)
WITH loan, other, min(size(t)) + 1 AS distance, collect(DISTINCT t[size(t) - 1]) AS last
RETURN toInteger(other.key) AS dstId,
       round(reduce(s = 0.0, e IN last | s + e.amount) / loan.loanAmount, 3) AS ratio,
       distance AS minDistanceFromLoan
ORDER BY distance DESC, ratio DESC, dstId
