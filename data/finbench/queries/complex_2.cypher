// Complex read 2: loans whose money lies on accounts from which a person's accounts were reached.
MATCH (:Person {key: $id})-[:OWNS]->(own:Account)<-[t:TRANSFERRED*1..3 WHERE t.valid_from > datetime.fromepochmillis($start)
                                                  AND t.valid_from < datetime.fromepochmillis($end)]-(other:Account)
WHERE all(i IN range(1, size(t) - 1) WHERE t[i - 1].valid_from > t[i].valid_from)
WITH DISTINCT other
MATCH (other)<-[d:DEPOSITED]-(loan:Loan)
WHERE d.valid_from > datetime.fromepochmillis($start) AND d.valid_from < datetime.fromepochmillis($end)
WITH other, collect(DISTINCT loan) AS loans
RETURN toInteger(other.key) AS otherId,
       round(reduce(s = 0.0, l IN loans | s + l.loanAmount), 3) AS sumLoanAmount,
       round(reduce(s = 0.0, l IN loans | s + l.balance), 3) AS sumLoanBalance
ORDER BY sumLoanAmount DESC, otherId
